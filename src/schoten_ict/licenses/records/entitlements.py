"""The table of entitlements, and who holds a unit of one."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest
from schoten_ict.core.times import Duration, day_of
from schoten_ict.licenses.model import Entitlement, Kind, Metric
from schoten_ict.store import Transaction

KIND = "entitlement"
"""The kind of subject in the journal and in findings."""
SERIES = "entitlement"
NAMES = tuple(each.name for each in fields(Entitlement))
DAYS = ("starts", "expires", "maintenance_until", "ended_on")
_INSERT = f"INSERT INTO entitlement ({', '.join(NAMES)}) VALUES ({', '.join('?' * len(NAMES))})"  # noqa: S608 - names of our own fields
_UPDATE = f"UPDATE entitlement SET {', '.join(f'{name} = ?' for name in NAMES)} WHERE number = ?"  # noqa: S608 - idem


@dataclass(frozen=True, slots=True)
class Held:
    """A unit or more of an entitlement with a holder, from a day until another; `until` None is now.

    `because` is why it ended: it decides whether the unit may pass on at once.
    """

    row: int
    entitlement: str
    holder_kind: str
    holder: str
    quantity: int
    since: date
    until: date | None
    because: str | None

    @property
    def subject(self) -> str:
        """The holder as a subject: `person:1042`."""
        return subject(self.holder_kind, self.holder)


def about(number: str) -> str:
    """The subject of an entitlement."""
    return subject(KIND, number)


def every(connection: sqlite3.Connection) -> list[Entitlement]:
    """All entitlements ever recorded, by number."""
    return [_entitlement(row) for row in connection.execute("SELECT * FROM entitlement ORDER BY number")]


def get(connection: sqlite3.Connection, number: str) -> Entitlement:
    """The entitlement of that number (case does not count); raises `NotFoundError` with the nearest one."""
    word = number.strip().upper()
    row = connection.execute("SELECT * FROM entitlement WHERE number = ?", (word,)).fetchone()
    if row is None:
        known = [each["number"] for each in connection.execute("SELECT number FROM entitlement")]
        raise NotFoundError(
            f"no entitlement {number!r}{nearest(word, known)}",
            subject=about(word),
            remedy="ict licenses list shows them",
        )
    return _entitlement(row)


def insert(transaction: Transaction, entitlement: Entitlement) -> None:
    """Add one. The caller journals it."""
    transaction.connection.execute(_INSERT, _row(entitlement))


def update(transaction: Transaction, entitlement: Entitlement) -> None:
    """Replace the one of the same number. The caller journals it."""
    transaction.connection.execute(_UPDATE, (*_row(entitlement), entitlement.number))


def next_number(transaction: Transaction) -> str:
    """The next free number: `LIC-0042`."""
    return f"LIC-{transaction.next_number(SERIES):04}"


def values_of(entitlement: Entitlement) -> dict[str, Any]:
    """The fields that have a value, JSON-like: for the journal."""
    found = dict(zip(NAMES, _row(entitlement), strict=True))
    return {name: value for name, value in found.items() if value is not None and name != "number"}


def changed(before: Entitlement, after: Entitlement) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, before and after."""
    old, new = values_of(before), values_of(after)
    names = [name for name in NAMES if old.get(name) != new.get(name)]
    return {name: old.get(name) for name in names}, {name: new.get(name) for name in names}


def hold(transaction: Transaction, entitlement: str, kind: str, holder: str, quantity: int, on: date) -> None:
    """Give units of an entitlement to a holder. The caller journals it."""
    transaction.connection.execute(
        "INSERT INTO entitlement_holder (entitlement, holder_kind, holder, quantity, since) "
        "VALUES (?, ?, ?, ?, ?)",
        (entitlement, kind, holder, quantity, on.isoformat()),
    )


def let_go(transaction: Transaction, row: int, on: date, because: str) -> None:
    """End that a holder has units. The caller journals it."""
    transaction.connection.execute(
        "UPDATE entitlement_holder SET until = ?, because = ? WHERE id = ?", (on.isoformat(), because, row)
    )


def holders(connection: sqlite3.Connection, number: str | None = None) -> list[Held]:
    """Who holds or held units, of one entitlement or of all; the oldest first."""
    rows = connection.execute(
        "SELECT * FROM entitlement_holder WHERE ? IS NULL OR entitlement = ? ORDER BY since, id",
        (number, number),
    )
    return [_held(row) for row in rows]


def in_use(connection: sqlite3.Connection) -> Mapping[str, int]:
    """How many units are with a holder now, by entitlement."""
    found: Counter[str] = Counter()
    for row in connection.execute(
        "SELECT entitlement, sum(quantity) AS units FROM entitlement_holder WHERE until IS NULL "
        "GROUP BY entitlement"
    ):
        found[row["entitlement"]] = row["units"]
    return found


def _row(entitlement: Entitlement) -> tuple[object, ...]:
    return tuple(_stored(getattr(entitlement, name)) for name in NAMES)


def _stored(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Duration | Metric | Kind) else value


def _entitlement(row: sqlite3.Row) -> Entitlement:
    values: dict[str, Any] = {name: row[name] for name in NAMES}
    for name in DAYS:
        values[name] = day_of(values[name])
    values["metric"] = Metric(values["metric"]) if values["metric"] else None
    values["kind"] = Kind(values["kind"])
    values["notice"] = Duration.parse(values["notice"]) if values["notice"] else None
    return Entitlement(**values)


def _held(row: sqlite3.Row) -> Held:
    return Held(
        row["id"], row["entitlement"], row["holder_kind"], row["holder"], row["quantity"],
        date.fromisoformat(row["since"]), day_of(row["until"]), row["because"],
    )  # fmt: skip
