"""New data joined with what is there: newer wins, nothing is lost."""

from collections.abc import Iterable
from datetime import date

import msgspec

from schoten_ict.patch.data.msrc import settled
from schoten_ict.patch.data.tables import Cycle, Exploited, Release, Table, newest_cycles


def builds(known: Table[Release], new: Table[Release]) -> Table[Release]:
    """All releases of both. Where they give a KB another UBR, the newer of the two tables is right."""
    old, fresh = (known, new) if known.as_of <= new.as_of else (new, known)
    ubrs = {(row.server, row.build, row.kb, row.hotpatch): row.ubr for row in fresh.rows}
    kept = [
        row for row in old.rows if ubrs.get((row.server, row.build, row.kb, row.hotpatch), row.ubr) == row.ubr
    ]
    return msgspec.structs.replace(fresh, rows=settled([*kept, *fresh.rows]))


def lifecycle(known: Table[Cycle], new: Table[Cycle], *, force: bool) -> Table[Cycle]:
    """All release cycles of both; with `force` those of `new` win, however old."""
    if not force:
        return newest_cycles(known, new)
    replaced = {(row.product, row.cycle) for row in new.rows}
    kept = tuple(row for row in known.rows if (row.product, row.cycle) not in replaced)
    return newest_cycles(msgspec.structs.replace(known, rows=kept), new)


def exploited(known: Table[Exploited], new: Table[Exploited]) -> Table[Exploited]:
    """All entries of both, those of `new` where both have one; what CISA takes back stays."""
    found = {row.cve: row for row in (*known.rows, *new.rows)}
    as_of = max(known.as_of, new.as_of)
    return msgspec.structs.replace(new, as_of=as_of, rows=tuple(found[cve] for cve in sorted(found)))


def older_products(known: Table[Cycle], new: Table[Cycle]) -> list[tuple[str, date, date]]:
    """The products of `new` that are known by a newer day: name, that day, and the day of `new`."""
    have, told = _days(known.rows), _days(new.rows)
    return [(name, have[name], day) for name, day in told.items() if have.get(name, day) > day]


def _days(rows: Iterable[Cycle]) -> dict[str, date]:
    found: dict[str, date] = {}
    for row in rows:
        found[row.product] = max(row.as_of, found.get(row.product, row.as_of))
    return found
