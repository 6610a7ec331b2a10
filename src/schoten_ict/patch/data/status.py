"""How old each kind of data is, and whether it still proves that nothing is amiss."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from schoten_ict.patch.data import tables
from schoten_ict.patch.data.tables import Kind, Origin

FRESH_FOR = {Kind.BUILDS: 40, Kind.LIFECYCLE: 180, Kind.EXPLOITED: 40}
"""Days. Microsoft's updates come every 28 or 35 days, so that builds of 40 days ago miss a month; ends of
support are announced years before."""


@dataclass(frozen=True, slots=True)
class DataStatus:
    """One kind of data. `age` is in days; `newest` is its last month, release or entry, as text.

    Lifecycles are of the day of the product that was renewed longest ago. `absent` are the months between the
    first and the last of which there is nothing.
    """

    kind: Kind
    as_of: date
    age: int
    rows: int
    newest: str
    source: str
    origin: Origin
    fresh: bool
    absent: tuple[str, ...] = ()


def is_fresh(kind: Kind, as_of: date, today: date) -> bool:
    """Whether data of `as_of` still tells what there is today."""
    return (today - as_of).days <= FRESH_FOR[kind]


def status_of_data(folder: Path | None, today: date) -> tuple[DataStatus, ...]:
    """Every kind, from the workspace's `folder` or the package. Raises `IncompleteError` like the readers."""
    builds, cycles, exploited = tables.releases(folder), tables.cycles(folder), tables.exploited(folder)
    months = {row.month for row in builds.table.rows}
    last_build = max(months, default="")
    absent = tables.absent_between(min(months), last_build, months) if months else ()
    last_entry = max((row.added.isoformat() for row in exploited.table.rows), default="")
    oldest = tables.oldest_product(cycles.table)
    return (
        replace(_status(Kind.BUILDS, builds, last_build, builds.table.as_of, today), absent=absent),
        _status(Kind.LIFECYCLE, cycles, cycles.table.as_of.isoformat(), oldest, today),
        _status(Kind.EXPLOITED, exploited, last_entry, exploited.table.as_of, today),
    )


def _status(kind: Kind, known: tables.Known[tables.Row], newest: str, as_of: date, today: date) -> DataStatus:
    return DataStatus(
        kind=kind,
        as_of=as_of,
        age=(today - as_of).days,
        rows=len(known.table.rows),
        newest=newest,
        source=known.table.source,
        origin=known.origin,
        fresh=is_fresh(kind, as_of, today),
    )
