"""`ict backup status`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

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
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import Finding, apply_exceptions, subject
from schoten_ict.core.result import Result
from schoten_ict.core.verdict import Verdict, worst

if TYPE_CHECKING:
    from datetime import datetime

    from schoten_ict.backup.records.runs import Run
    from schoten_ict.inventory.sections.backups import BackupJob

app = new_app()


@app.command("status")
def status(context: typer.Context, names: Jobs = None) -> Result[JobRow]:
    """What is known of the jobs, from the store, at once.

    Asks no machine. A verdict that nobody renewed in time reads as unknown.

    ict backup status
    ict backup status bestanden-nacht -v
    """
    from schoten_ict.backup.judge import in_order
    from schoten_ict.backup.records import runs
    from schoten_ict.store import findings

    workspace = workspace_of(context)
    jobs = desk_of(workspace).jobs(names or ())
    reader = workspace.store.reader
    looks = runs.last_looks(reader)
    known: dict[str, list[Finding]] = {job.name: [] for job in jobs}
    for finding in findings.open_findings(reader, workspace.now, scope="backup.*"):
        kind, _, name = finding.subject.partition(":")
        if kind == "job" and name in known:
            known[name].append(finding)
    shown = {
        job.name: apply_exceptions(
            _led(in_order(known[job.name]), job, workspace.now) or [_never(job, workspace.now)],
            workspace.inventory.exceptions,
            workspace.today,
        )
        for job in jobs
    }
    rows = [_row(job, shown[job.name], looks.get(job.name)) for job in jobs]
    return Result(
        "backup.status",
        JobRow,
        rows,
        findings=[finding for of_job in shown.values() for finding in of_job],
        judged=bool(jobs),
        tables={"services": services_table(jobs, shown)},
        notes=notes_on(workspace, rows),
    )


def _led(found: list[Finding], job: "BackupJob", now: "datetime") -> list[Finding]:
    """The findings of a job, of which the first that nobody renewed in time says what to do, once."""
    stale = next((each for each in found if each.valid_until is not None and each.valid_until < now), None)
    again = f"ict backup verify {job.name}"
    return [
        replace(each, summary=f"run {again}: {each.summary}", remedy=again) if each is stale else each
        for each in found
    ]


def _never(job: "BackupJob", now: "datetime") -> Finding:
    return Finding(
        check="backup.reachable",
        subject=subject("job", job.name),
        verdict=Verdict.UNKNOWN,
        summary="never looked at",
        observed_at=now,
        remedy=f"ict backup verify {job.name}",
    )


def _row(job: "BackupJob", findings: Sequence[Finding], last: "Run | None") -> JobRow:
    return JobRow(
        job=job.name,
        engine=job.engine,
        verdict=worst(each.counted for each in findings),
        last_backup_at=last.last_at if last else None,
        verified_at=last.began_at if last else None,
        seconds=round(last.seconds, 1) if last else None,
        told=headline(findings),
        checks=checks_of(findings),
        not_proven=limits_of(last.not_proven) if last else (),
    )
