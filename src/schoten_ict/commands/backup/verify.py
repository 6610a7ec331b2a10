"""`ict backup verify`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.announcing import Announcer, Notify
from schoten_ict.commands.backup.desks import desk_of
from schoten_ict.commands.backup.rows import (
    JobRow,
    Jobs,
    checks_of,
    headline,
    limits_of,
    notes_on,
    services_table,
)
from schoten_ict.commands.inventory.selection import Deadline, seconds
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.commands.watching import terminable, watch
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding, apply_exceptions
from schoten_ict.core.result import Result
from schoten_ict.core.verdict import worst

if TYPE_CHECKING:
    from schoten_ict.backup.acts.desk import Desk
    from schoten_ict.backup.acts.verifying import Verified
    from schoten_ict.inventory.sections.backups import BackupJob
    from schoten_ict.workspace import Workspace

app = new_app()


@app.command("verify")
def verify(
    context: typer.Context,
    names: Jobs = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything, and restore everything.")] = False,
    deadline: Deadline = "8h",
    notify: Notify = False,
) -> Result[JobRow]:
    """Look at backup jobs, restore a sample, and judge.

    Opens each repository with its key, checks age, completeness and retention, reads a share of the data
    (another one each time), restores some files and compares them with the source. Writes nothing to a
    repository. A tool that ends with success proves nothing here.

    ict backup verify
    ict backup verify bestanden-nacht --full
    ict backup verify -q --notify
    """
    workspace = workspace_of(context)
    limit = seconds("--deadline", deadline)
    announcer = Announcer(workspace, "backup.verify", asked=notify, whole=not names)
    with terminable(), announcer as announce:
        desk = desk_of(workspace)
        jobs = desk.jobs(names or ())
        with locked(workspace, jobs):
            announce.start()
            result = _verified(workspace, desk, jobs, full=full, limit=limit)
        return announce(result)


def _verified(
    workspace: "Workspace", desk: "Desk", jobs: "Sequence[BackupJob]", *, full: bool, limit: float
) -> Result[JobRow]:
    from schoten_ict.backup.acts import verifying

    verifying.forget_undeclared(desk)
    fan = verifying.fan_out(desk, jobs, full=full, seconds=limit)
    broken_off: list[Problem] = []
    kept = verifying.verified(desk, jobs, fan, broken_off)
    done, left = watch(workspace, fan, kept, lambda each: (each.job.name, each.problem is not None))
    findings = {
        each.job.name: apply_exceptions(each.findings, workspace.inventory.exceptions, workspace.today)
        for each in done
    }
    rows = sorted((_row(each, findings[each.job.name]) for each in done), key=lambda row: row.job)
    return Result(
        "backup.verify",
        JobRow,
        rows,
        findings=[finding for of_job in findings.values() for finding in of_job],
        problems=[*_problems(done, findings), *broken_off, *left],
        judged=bool(jobs),
        tables={"services": services_table([each.job for each in done], findings)},
        interrupted=fan.stopped,
        notes=notes_on(workspace, rows),
    )


def _problems(done: "Sequence[Verified]", findings: Mapping[str, Sequence[Finding]]) -> Iterator[Problem]:
    """Why jobs could not be looked at, but for those of which that is accepted."""
    for each in done:
        accepted = any(
            finding.accepted for finding in findings[each.job.name] if finding.check == "backup.reachable"
        )
        if each.obstacle is not None and not accepted:
            yield each.obstacle


@contextmanager
def locked(workspace: "Workspace", jobs: "Sequence[BackupJob]") -> Iterator[None]:
    """Hold the locks of these jobs and of where their backups lie, however many jobs share a place.

    Raises `ConflictError` naming who works there.
    """
    from schoten_ict.core.actor import actor
    from schoten_ict.store.runlock import run_lock

    desk = desk_of(workspace)
    names = {f"backup-{job.name}": f"a look at {job.name}" for job in jobs}
    for place in {place for job in jobs for place in desk.places(job)}:
        names[f"repository-{sha256(place.encode()).hexdigest()[:16]}"] = f"a look at {place}"
    with ExitStack() as stack:
        for name, title in sorted(names.items()):
            stack.enter_context(run_lock(workspace.data, name, actor(), workspace.now, title=title))
        yield


def _row(verified: "Verified", findings: Sequence[Finding]) -> JobRow:
    return JobRow(
        job=verified.job.name,
        engine=verified.job.engine,
        verdict=worst(each.counted for each in findings),
        last_backup_at=verified.last_backup_at,
        verified_at=verified.case.now,
        seconds=round(verified.seconds, 1),
        told=headline(findings),
        checks=checks_of(findings),
        not_proven=limits_of(verified.not_proven),
    )
