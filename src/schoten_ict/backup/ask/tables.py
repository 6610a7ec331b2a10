"""Whether a restored database has what was declared: its tables, their rows, and how far it goes."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order
from schoten_ict.core.text import counted, printable
from schoten_ict.core.times import Duration

Value = str | int | float | None
"""What a database gives for a time: text, or a number that counts seconds or days."""
AHEAD = timedelta(minutes=5)
"""How far two clocks may differ."""
ZONES = timedelta(hours=14)
"""How far a time without a zone may seem to lie ahead: it is read as UTC."""
_TEXT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?"
)
_JULIAN = (1_721_425.5, 5_373_484.5)
"""The years 1 to 9999 as SQLite's `julianday`; its epoch lies 2440587.5 days before that of POSIX."""
_POSIX_AS_JULIAN = 2_440_587.5
_DAY_SECONDS = 86_400
_LARGEST = 253_402_300_799
"""The last second of the year 9999."""
_SMALLEST = 100_000_000
"""A smaller number of seconds lies before 1974 and is something else, such as 20261126."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Moment:
    """A time from a database; `zoned` is False when it told no zone and was read as UTC."""

    at: datetime
    zoned: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What a restored database holds: rows by table (`name` or `schema.name`), and the newest value.

    `views` are names that only look like tables. `newest` is None where none is declared or there is none.
    """

    tables: Mapping[str, int]
    views: tuple[str, ...] = ()
    newest: Value = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is wrong with it, what keeps that from being told, and the numbers."""

    faults: tuple[Fault, ...]
    blocked: Fault | None
    told: Mapping[str, int | float | str]


def opinion(held: Held, order: Order, at: datetime) -> Opinion:
    """Compare what a backup of `at` holds with what was declared."""
    faults = list(_tables(held, order))
    told: dict[str, int | float | str] = {"tables": len(held.tables), "rows": sum(held.tables.values())}
    declared = order.job.source.database
    if declared is None or declared.newest is None:
        return Opinion(tuple(faults), None, told)
    name = f"{declared.newest.table}.{declared.newest.column}"
    if found_table(declared.newest.table, held.tables) is None:
        return Opinion(tuple(faults), None, told)
    moment = moment_of(held.newest)
    if moment is None:
        return Opinion((*faults, *_empty(held.newest, name)), _unreadable(held.newest, name), told)
    told["newest"] = f"{moment.at:%Y-%m-%dT%H:%M:%SZ}"
    within = declared.newest.within or order.job.rpo
    slack = AHEAD if moment.zoned else ZONES
    if moment.at > order.now + slack:
        words = f"{name} goes to {moment.at:%Y-%m-%d}, in the future: it does not show how far the data goes"
        return Opinion(tuple(faults), Fault(Kind.NOT_PROVABLE, words, name), told)
    if within is not None and moment.at < within.before(at):
        faults.append(_late(name, moment.at, at, within))
    return Opinion(tuple(faults), None, told)


def _late(name: str, newest: datetime, at: datetime, within: Duration) -> Fault:
    hours = (at - newest).total_seconds() / 3600
    words = f"the newest {name} is of {newest:%Y-%m-%d %H:%M} UTC, {hours:.0f} h before the backup"
    words += f" (at most {within})"
    return Fault(Kind.TABLES, words, name)


def _empty(value: Value, name: str) -> Iterator[Fault]:
    if value is None:
        yield Fault(Kind.TABLES, f"{name} holds no value at all", name)


def _unreadable(value: Value, name: str) -> Fault | None:
    if value is None:
        return None
    return Fault(Kind.NOT_PROVABLE, f"{name} holds no time ({printable(str(value))[:40]})", name)


def _tables(held: Held, order: Order) -> Iterator[Fault]:
    database = order.job.source.database
    declared = database.tables if database else {}
    wanted = {*declared, database.newest.table} if database and database.newest else {*declared}
    yield from _lacking(held, sorted(each for each in wanted if found_table(each, held.tables) is None))
    for table, least in declared.items():
        found = found_table(table, held.tables)
        if found is not None and held.tables[found] < least:
            rows = counted(held.tables[found], "row")
            yield Fault(Kind.TABLES, f"table {table} has {rows}, at least {least} declared", table)
    if not held.tables:
        yield Fault(Kind.EMPTY, "the database holds no table")


def _lacking(held: Held, names: Sequence[str]) -> Iterator[Fault]:
    if not names:
        return
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    views = [name for name in names if found_table(name, dict.fromkeys(held.views, 0)) is not None]
    also = f" ({views[0]} is a view)" if views else ""
    yield Fault(Kind.TABLES, f"{counted(len(names), 'table')} missing: {shown}{also}", names[0])


def found_table(name: str, tables: Mapping[str, int]) -> str | None:
    """The table that a declared name means: exactly, without regard to case, or in whatever schema it is."""
    wanted = name.casefold()
    exact = {each: each for each in reversed(list(tables))}
    folded = {each.casefold(): each for each in reversed(list(tables))}
    alone = {each.casefold().rpartition(".")[2]: each for each in reversed(list(tables))}
    return (
        exact.get(name)
        or exact.get(f"public.{name}")
        or folded.get(wanted)
        or folded.get(f"public.{wanted}")
        or alone.get(wanted)
    )


def moment_of(value: Value) -> Moment | None:
    """A time as databases keep it: ISO text, seconds (also milli- and microseconds) since 1970, Julian days.

    None for anything else. A time without a zone is read as UTC.
    """
    if isinstance(value, str):
        text = value.strip()
        try:
            return _of_number(float(text))
        except ValueError:
            return _of_text(text)
    return None if value is None else _of_number(float(value))


def _of_text(text: str) -> Moment | None:
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in {None, "Z"} else zone
    try:
        at = datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone}")
        return Moment(
            (at + timedelta(microseconds=int((fraction or "0").ljust(6, "0")[:6]))).astimezone(UTC),
            match[4] is not None,
        )
    except (ValueError, OverflowError):
        return None


def _of_number(number: float) -> Moment | None:
    if _JULIAN[0] <= number <= _JULIAN[1]:
        number = (number - _POSIX_AS_JULIAN) * _DAY_SECONDS
    elif not math.isfinite(number) or number < _SMALLEST:
        return None
    while number > _LARGEST:
        number /= 1000
    try:
        return Moment(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number), zoned=True)
    except (ValueError, OverflowError):
        return None
