"""`ict backup history`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.backup.desks import desk_of
from schoten_ict.commands.backup.rows import job_names
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.amounts import size_text
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.backup.records.runs import Run

app = new_app()
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class RunRow:
    """One look, drill or backup that ict did."""

    began_at: datetime = column("When")
    act: str = column("Act")
    verdict: Verdict = column("Verdict")
    seconds: float | None = column("Seconds", right=True)
    files: int | None = column("Files", right=True)
    size: int | None = column("Bytes", right=True)
    last_backup_at: datetime | None = column("Last backup", show=Show.IF_ROOM)
    summary: str = column("Says")


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One measure over the looks that are shown, oldest first."""

    measure: str = column("Measure")
    trend: str = column("Trend")
    least: str = column("Least", right=True)
    usual: str = column("Usual", right=True)
    most: str = column("Most", right=True)


@app.command("history")
def history(
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="A backup job.", autocompletion=job_names)],
    most: Annotated[int, typer.Option("--most", min=1, help="How many at the most.")] = _SHOWN,
) -> Result[RunRow]:
    """Every look at a job, drill and backup, newest first.

    With the trend of files, size and duration. Also of a job that is no longer declared.

    ict backup history bestanden-nacht
    ict backup history bestanden-nacht -o csv
    """
    from schoten_ict.backup.records import runs

    workspace = workspace_of(context)
    found = runs.of_job(workspace.store.reader, job, most)
    if not found:
        desk_of(workspace).jobs([job])
    rows = [
        RunRow(
            each.began_at,
            each.act,
            each.verdict,
            round(each.took, 1) if each.took else None,
            each.files,
            each.size,
            each.last_at,
            each.summary,
        )
        for each in found
    ]
    notes = () if rows else (f"never looked at: {workspace.command(f'backup verify {job}')}",)
    return Result(
        "backup.history", RunRow, rows, tables={"trend": Table(TrendRow, _trends(found))}, notes=notes
    )


def _trends(found: "Sequence[Run]") -> list[TrendRow]:
    from schoten_ict.render.sparks import sparkline

    looks = [each for each in reversed(found) if each.act == "verify"]
    rows = []
    for measure, name in (("files", "files"), ("size", "size"), ("seconds", "duration")):
        values = [getattr(each, measure) for each in looks]
        present = [value for value in values if value is not None]
        if present:
            told = [_told(measure, each) for each in (min(present), median(present), max(present))]
            rows.append(TrendRow(name, sparkline(values), *told))
    return rows


def _told(measure: str, value: float) -> str:
    if measure == "size":
        return size_text(round(value))
    return f"{value:.1f} s" if measure == "seconds" else f"{value:.0f}"
