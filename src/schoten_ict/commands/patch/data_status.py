"""`ict patch data status`."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import typer

from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.finding import Finding, apply_exceptions
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import counted
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from schoten_ict.patch.data.status import DataStatus

app = new_app()


@dataclass(frozen=True, slots=True)
class DataRow:
    """One kind of dated data: builds of Windows, lifecycles, what is exploited."""

    kind: str = column("Data")
    verdict: Verdict = column("Verdict")
    as_of: date = column("As of")
    age_days: int = column("Days old", right=True)
    rows: int = column("Rows", right=True)
    newest: str = column("Newest")
    origin: str = column("From")
    source: str = column("Source", show=Show.IF_ROOM)


@app.command("status")
def status(context: typer.Context) -> Result[DataRow]:
    """How old the data is on which verdicts rest.

    Old data on builds still proves that a Windows is behind; that it is up to date it proves no more, and
    such hosts are unknown.

    ict patch data status
    """
    from schoten_ict.patch.data.status import status_of_data
    from schoten_ict.patch.desk import FOLDER

    workspace = workspace_of(context)
    known = status_of_data(workspace.store.data / FOLDER, desk_of(workspace).today)
    found = [_finding(each, workspace.now) for each in known]
    shown = apply_exceptions(found, workspace.inventory.exceptions, workspace.today)
    rows = [
        DataRow(
            each.kind.value, finding.counted, each.as_of, each.age, each.rows, each.newest, each.origin.value,
            each.source,
        )
        for each, finding in zip(known, shown, strict=True)
    ]  # fmt: skip
    return Result("patch.data.status", DataRow, rows, findings=shown, judged=True)


def _finding(known: "DataStatus", now: "datetime") -> Finding:
    verdict = Verdict.OK if known.fresh else Verdict.WARN
    words = f"{known.kind} are of {known.as_of}, {known.age} days ago"
    if known.absent:
        words = f"{words}; nothing of {counted(len(known.absent), 'month')}: {', '.join(known.absent)}"
    remedy = "" if known.fresh else "ict patch data update --from FILE (see ict patch data update --help)"
    return Finding("patch.data", f"data:{known.kind}", verdict, words, now, remedy=remedy)
