"""What the commands of a count share."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.assets.judge.counting import Counted, Outcome
from schoten_ict.assets.records import counts
from schoten_ict.core.result import Show, Table, column

if TYPE_CHECKING:
    from schoten_ict.assets.records.counts import Count

Name = Annotated[str, typer.Argument(help="Name of the count.", metavar="NAME")]


@dataclass(frozen=True, slots=True)
class CountRow:
    """One count with its totals; `missing` is what a running count still looks for."""

    count: str = column("Count")
    state: str = column("State")
    site: str | None = column("Site", show=Show.IF_ANY)
    location: str | None = column("Location", show=Show.IF_ANY)
    category: str | None = column("Category", show=Show.IF_ANY)
    started_at: datetime = column("Started", show=Show.NEVER)
    finished_at: datetime | None = column("Finished", show=Show.NEVER)
    expected: int = column("Expected", right=True)
    found: int = column("Found", right=True)
    misplaced: int = column("Misplaced", right=True)
    unexpected: int = column("Unexpected", right=True)
    unknown: int = column("Unknown", right=True)
    missing: int = column("Missing", right=True)


@dataclass(frozen=True, slots=True)
class Total:
    """How many things turned out so."""

    outcome: Outcome = column("Outcome")
    number: int = column("Number", right=True)


def totals_of(rows: Iterable[Counted]) -> Table[Total]:
    """The totals by outcome, as a table."""
    return Table(Total, [Total(outcome, number) for outcome, number in counts.totals(rows).items()])


def count_row(connection: sqlite3.Connection, count: "Count", rows: Iterable[Counted]) -> CountRow:
    """A count and how its rows add up."""
    totals = counts.totals(rows)
    return CountRow(
        count=count.name,
        state="finished" if count.finished_at else "running",
        site=count.scope.site,
        location=count.scope.location,
        category=count.scope.category,
        started_at=count.started_at,
        finished_at=count.finished_at,
        expected=len(counts.expected(connection, count.name)),
        found=totals[Outcome.FOUND],
        misplaced=totals[Outcome.MISPLACED],
        unexpected=totals[Outcome.UNEXPECTED],
        unknown=totals[Outcome.UNKNOWN],
        missing=totals[Outcome.MISSING],
    )
