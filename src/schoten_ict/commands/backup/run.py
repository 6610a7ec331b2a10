"""`ict backup run`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.backup.desks import desk_of
from schoten_ict.commands.backup.rows import job_names
from schoten_ict.commands.backup.verify import locked
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.commands.watching import terminable
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import counted
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from schoten_ict.backup.acts.taking import TakenBackup

app = new_app()


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One backup that would be taken."""

    job: str = column("Job")
    engine: str = column("Engine")
    source: tuple[str, ...] = column("Source")
    repository: str = column("Repository")


@dataclass(frozen=True, slots=True)
class TakenRow:
    """One backup that was taken."""

    job: str = column("Job")
    engine: str = column("Engine")
    verdict: Verdict = column("Verdict")
    point: str = column("Backup", show=Show.NEVER)
    seconds: float = column("Seconds", right=True)
    told: str = column("Says")
    numbers: dict[str, int | float | str] = column("Numbers", show=Show.NEVER)


@app.command("run")
def run(
    context: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="JOB...", help="Backup jobs.", autocompletion=job_names)
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> Result[TakenRow] | Result[PlanRow]:
    """Take backups now: restic, borg, files, replica, sqlite, postgresql.

    A backup in which something of the source is missing is a failure, whatever the tool says. Prove it
    afterwards with `ict backup verify`.

    ict backup run intranet-nacht
    ict backup run intranet-nacht --yes
    """
    from schoten_ict.backup.acts import taking

    workspace = workspace_of(context)
    desk = desk_of(workspace)
    jobs = desk.jobs(names)
    taking.require_takers(jobs)
    rows = [
        PlanRow(job.name, job.engine, (*job.source.hosts, *job.source.paths), job.repository.url)
        for job in jobs
    ]
    plan = Result("backup.run", PlanRow, rows)
    if dry_run or not workspace.confirmed(plan, f"Take {counted(len(jobs), 'backup')}?", yes=yes):
        return plan
    with terminable(), locked(workspace, jobs):
        taken = [taking.take(desk, job) for job in jobs]
    return Result(
        "backup.run",
        TakenRow,
        [_row(each) for each in taken],
        findings=[_finding(each, workspace.now) for each in taken],
        judged=True,
        notes=[workspace.command(f"backup verify {' '.join(job.name for job in jobs)}") + " proves them"],
    )


def _row(each: "TakenBackup") -> TakenRow:
    return TakenRow(
        each.job.name,
        each.job.engine,
        each.verdict,
        each.taken.point_id,
        round(each.seconds, 1),
        each.summary,
        dict(each.taken.told),
    )


def _finding(each: "TakenBackup", now: "datetime") -> Finding:
    """How it went, for the exit code: it is not kept as a finding."""
    return Finding("backup.run", subject("job", each.job.name), each.verdict, each.summary, now)
