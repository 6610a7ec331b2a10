"""`ict patch sla`."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Annotated

import typer

from schoten_ict.commands.inventory.selection import Words
from schoten_ict.commands.patch.rows import desk_of
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.result import Result, Show, Table, column
from schoten_ict.core.times import add_months

app = new_app()


@dataclass(frozen=True, slots=True)
class SlaRow:
    """The updates of one grade that were due in one month. `share` is that in time, from 0 to 100."""

    month: str = column("Month")
    grade: str = column("Grade")
    due: int = column("Due", right=True)
    met: int = column("In time", right=True)
    late: int = column("Late", right=True)
    share: float = column("In time %", right=True, bar=True)
    median_days: float | None = column("Median days", right=True, show=Show.IF_ANY)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """The same of all grades together."""

    month: str = column("Month")
    due: int = column("Due", right=True)
    met: int = column("In time", right=True)
    late: int = column("Late", right=True)
    share: float = column("In time %", right=True, bar=True)
    median_days: float | None = column("Median days", right=True, show=Show.IF_ANY)


@app.command("sla")
def sla(
    context: typer.Context,
    words: Words = None,
    months: Annotated[int, typer.Option("--months", min=1, max=120, help="How many months back.")] = 12,
) -> Result[SlaRow]:
    """Were deadlines met? Month by month, by grade.

    An update counts in the month in which it was due, by the policy of now: in time when it was there by that
    day. What is not yet due counts nowhere, also where it is there already, and nor does what is held back.
    Reports that were imported count as scans do.

    ict patch sla
    ict patch sla windows-servers --months 3 -o csv
    """
    from schoten_ict.inventory.selecting import select
    from schoten_ict.patch.judge.keeping import ALL, by_month
    from schoten_ict.patch.lacking import lacked

    workspace = workspace_of(context)
    desk = desk_of(workspace)
    policies = desk.policies(select(workspace.inventory, words or ()))
    today, zone = desk.today, workspace.zone
    since = add_months(today.replace(day=1), 1 - months)
    begin = datetime.combine(since, time(), zone).astimezone(UTC)
    lengths = {length for policy in policies.values() for length in policy.deadlines.values()}
    # what was there long before it was due counts in the month in which it was
    first = min((length.before(begin) for length in lengths), default=begin)
    rows = [
        SlaRow(
            each.month,
            each.grade,
            each.due,
            each.met,
            each.late,
            round(each.share * 100, 1),
            each.median_days,
        )
        for each in by_month(lacked(desk, policies, first), today, zone)
        if each.month >= f"{since:%Y-%m}"
    ]
    notes = [] if rows else ["nothing was due yet: deadlines count from the first scan"]
    by_grade = [row for row in rows if row.grade != ALL]
    together = [
        MonthRow(row.month, row.due, row.met, row.late, row.share, row.median_days)
        for row in rows
        if row.grade == ALL
    ]
    return Result(
        "patch.sla", SlaRow, by_grade, tables={"all_grades": Table(MonthRow, together)}, notes=notes
    )
