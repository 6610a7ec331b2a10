"""A printer's consumables and pages (Printer-MIB, RFC 3805)."""

from schoten_ict.core.hostfacts import Supply
from schoten_ict.core.remote import Oid
from schoten_ict.fleet.ask.snmp import oids
from schoten_ict.fleet.ask.snmp.asking import Asker
from schoten_ict.fleet.ask.snmp.reading import Values, below, number, percentage, text, unsigned

_PART = "supplies"
_COLORANT, _CLASS, _TYPE, _DESCR, _UNIT, _CAPACITY, _LEVEL = range(3, 10)
_RECEPTACLE, _WASTE_TYPES = 4, {4, 8, 14, 24, 26}
_PERCENT = 19
_PAGE_UNITS = {None, 7, 8}
_SPECIAL = {-1: "unlimited", -2: "unknown", -3: "some left"}
_TYPES = {
    3: "toner", 4: "waste toner", 5: "ink", 6: "ink cartridge", 7: "ink ribbon", 8: "waste ink",
    9: "photoconductor", 10: "developer", 11: "fuser oil", 12: "solid wax", 13: "ribbon wax", 14: "waste wax",
    15: "fuser", 16: "corona wire", 17: "fuser oil wick", 18: "cleaner", 19: "fuser cleaning pad",
    20: "transfer unit", 21: "toner cartridge", 22: "fuser oiler", 23: "water", 24: "waste water",
    25: "glue", 26: "waste paper", 27: "binding supply", 28: "banding supply", 29: "stitching wire",
    30: "shrink wrap", 31: "paper wrap", 32: "staples", 33: "inserts", 34: "covers",
}  # fmt: skip


async def ask(asker: Asker) -> Values:
    """The table of supplies, and the colours where it refers to them."""
    values = await asker.walk(_PART, oids.SUPPLIES)
    if any((number(values, (*oids.SUPPLIES, _COLORANT, *row)) or 0) > 0 for row in _rows(values)):
        values |= await asker.walk(_PART, oids.COLORANTS)
    return values


def read(values: Values) -> tuple[Supply, ...]:
    """The supplies in an agent's values; pure."""
    return tuple(_supply(values, row) for row in _rows(values))


def pages(values: Values) -> int | None:
    """Pages printed so far; None where the agent counts something else, such as hours."""
    if number(values, oids.PRT_COUNTER_UNIT) not in _PAGE_UNITS:
        return None
    count = unsigned(number(values, oids.PRT_LIFE_COUNT))
    return count if count is not None and count >= 0 else None


def _rows(values: Values) -> list[Oid]:
    columns = (_DESCR, _TYPE, _LEVEL)
    found = {row for column in columns for row in below(values, (*oids.SUPPLIES, column)) if row}
    return sorted(found)


def _supply(values: Values, row: Oid) -> Supply:
    colorant = number(values, (*oids.SUPPLIES, _COLORANT, *row))
    kind = number(values, (*oids.SUPPLIES, _TYPE, *row)) or 0
    sort = number(values, (*oids.SUPPLIES, _CLASS, *row))
    percent, state = level(
        number(values, (*oids.SUPPLIES, _LEVEL, *row)),
        number(values, (*oids.SUPPLIES, _CAPACITY, *row)),
        number(values, (*oids.SUPPLIES, _UNIT, *row)),
        waste=sort == _RECEPTACLE or (sort is None and kind in _WASTE_TYPES),
    )
    return Supply(
        name=text(values, (*oids.SUPPLIES, _DESCR, *row)) or _TYPES.get(kind, "supply"),
        colour=text(values, (*oids.COLORANTS, row[0], colorant)) if colorant else None,
        percent=percent,
        state=state,
    )


def level(
    now: int | None, capacity: int | None, unit: int | None, *, waste: bool
) -> tuple[int | None, str | None]:
    """Percent left and, where that is not all there is to say, in words.

    -1 stands for no limit, -2 for not known, -3 for "some left". Without a capacity only a level counted in
    percent tells anything; one above the capacity tells nothing. Of a waste container the MIB counts the room
    that is left, but some makers what is in it: its state says `waste`.
    """
    if now is None or now in _SPECIAL:
        words = _SPECIAL.get(now if now is not None else -2)
        return None, "room left" if waste and now == -3 else words  # noqa: PLR2004 - see above
    if capacity is None or capacity <= 0:
        share = percentage(now) if unit == _PERCENT else None
        return share, _state(share, "capacity unknown", waste=waste)
    share = percentage(now * 100 // capacity) if now <= capacity else None
    return share, _state(share, "implausible", waste=waste)


def _state(share: int | None, otherwise: str, *, waste: bool) -> str | None:
    if share is None:
        return otherwise
    return "waste" if waste else None
