"""Updates that hosts lack, one row per episode: first seen, seen last, and resolved when it was there.

An episode is the same update on the same installed version: when a newer one is installed and a still newer
one lacks, that is a new episode, for the first one was patched. One that is held back has no clock; when the
hold ends, an episode begins.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.patch.facts import Hold, Severity, Update
from schoten_ict.patch.judge.deadlines import grade
from schoten_ict.patch.known import Episode, Missing
from schoten_ict.store import Transaction
from schoten_ict.store.journal import canonical

TOLD, BUILD = "", "build"
"""Who says that an update lacks: the machine, or a comparison of its build with those that are known."""
_OPEN = "SELECT * FROM patch_update WHERE host = ? AND resolved_at IS NULL"


@dataclass(frozen=True, slots=True)
class Seen:
    """An update as a host lacks it now: who says so, and whether it is exploited in the wild."""

    update: Update
    origin: str = TOLD
    exploited: bool = False


def keep(
    transaction: Transaction, host: str, seen: Sequence[Seen], origins: Sequence[str], today: date
) -> None:
    """Keep what a host lacks now. Of those `origins` what is not seen any more is resolved."""
    connection = transaction.connection
    before = {row["key"]: row for row in connection.execute(_OPEN, (host,))}
    for each in seen:
        row = before.pop(each.update.key, None)
        if row is not None and _is_the_same(row, each.update):
            _seen_again(transaction, row, each)
        else:
            if row is not None:
                _resolve(transaction, row["id"])
            _begin(transaction, host, each, today)
    for row in before.values():
        if row["origin"] in origins:
            _resolve(transaction, row["id"])


def _is_the_same(row: sqlite3.Row, update: Update) -> bool:
    unchanged = None in {row["installed"], update.installed} or row["installed"] == update.installed
    return unchanged and bool(row["hold"]) == (update.hold is not None)


def _seen_again(transaction: Transaction, row: sqlite3.Row, seen: Seen) -> None:
    clock = min(filter(None, (row["clock"], _day(seen.update.published))))
    _put(transaction, seen, clock, "UPDATE patch_update SET {} WHERE id = ?", (row["id"],))


def _begin(transaction: Transaction, host: str, seen: Seen, today: date) -> None:
    clock = min(filter(None, (today.isoformat(), _day(seen.update.published))))
    row = transaction.connection.execute(
        "INSERT INTO patch_update (host, key, first_seen, last_seen, clock, grade, severity, told) "
        "VALUES (?, ?, ?, '', '', '', '', '')",
        (host, seen.update.key, utc_text(transaction.now)),
    ).lastrowid
    _put(transaction, seen, clock, "UPDATE patch_update SET {} WHERE id = ?", (row,))


def _put(transaction: Transaction, seen: Seen, clock: str, statement: str, where: tuple[object, ...]) -> None:
    update = seen.update
    values = {
        "last_seen": utc_text(transaction.now),
        "clock": clock,
        "grade": grade(update.severity, security=update.security, exploited=seen.exploited).value,
        "severity": update.severity.value,
        "security": update.security,
        "exploited": seen.exploited,
        "hold": update.hold.value if update.hold else "",
        "origin": seen.origin,
        "installed": update.installed,
        "told": canonical(msgspec.to_builtins(update)),
    }
    columns = ", ".join(f"{name} = ?" for name in values)
    transaction.connection.execute(statement.format(columns), (*values.values(), *where))


def _resolve(transaction: Transaction, row: int) -> None:
    transaction.connection.execute(
        "UPDATE patch_update SET resolved_at = ? WHERE id = ?", (utc_text(transaction.now), row)
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


_SHORT = "SELECT host, key, clock, severity, security, exploited, hold FROM patch_update"


def missing_of(connection: sqlite3.Connection, host: str) -> list[Missing]:
    """What one host lacks now, in short."""
    rows = connection.execute(f"{_SHORT} WHERE host = ? AND resolved_at IS NULL ORDER BY clock, key", (host,))
    return [_missing(row) for row in rows]


def held(connection: sqlite3.Connection) -> Iterator[Missing]:
    """What is held back now, on every host."""
    rows = connection.execute(f"{_SHORT} WHERE resolved_at IS NULL AND hold != '' ORDER BY host, key")
    return map(_missing, rows)


def ended(connection: sqlite3.Connection, since: datetime) -> Iterator[tuple[Missing, datetime | None]]:
    """Every episode that is open, or was resolved since a moment, with when it was."""
    rows = connection.execute(
        f"{_SHORT.replace(' FROM', ', resolved_at FROM')} WHERE resolved_at IS NULL OR resolved_at >= ?",
        (utc_text(since),),
    )
    for row in rows:
        yield _missing(row), parse_utc(row["resolved_at"]) if row["resolved_at"] else None


def _missing(row: sqlite3.Row) -> Missing:
    return Missing(
        row["host"],
        row["key"],
        date.fromisoformat(row["clock"]),
        Severity(row["severity"]),
        None if row["security"] is None else bool(row["security"]),
        bool(row["exploited"]),
        Hold(row["hold"]) if row["hold"] else None,
    )


def episodes(connection: sqlite3.Connection, where: str, *values: object) -> list[Episode]:
    """Whole episodes; `where` is a condition of this package on the table's columns."""
    rows = connection.execute(
        f"SELECT * FROM patch_update WHERE {where} ORDER BY host, clock, key",  # noqa: S608 - no foreign text
        values,
    )
    return [_episode(row) for row in rows]


def open_of(connection: sqlite3.Connection, host: str) -> list[Episode]:
    """What one host lacks now."""
    return episodes(connection, "host = ? AND resolved_at IS NULL", host)


def _episode(row: sqlite3.Row) -> Episode:
    told: dict[str, Any] = msgspec.json.decode(row["told"])
    update = msgspec.convert(told, Update)
    resolved = parse_utc(row["resolved_at"]) if row["resolved_at"] else None
    return Episode(_missing(row), update, parse_utc(row["first_seen"]), parse_utc(row["last_seen"]), resolved)
