"""Updates that hosts lack, one row per episode: first seen, seen last, and resolved when it was there.

An episode is the same update on the same installed version: when a newer one is installed and a still newer
one lacks, that is a new episode, for the first one was patched. One that is held back has no clock; when the
hold ends, an episode begins.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.patch.facts import Hold, Severity, Update
from schoten_ict.patch.judge.deadlines import grade
from schoten_ict.patch.known import Episode, Missing
from schoten_ict.store import Transaction
from schoten_ict.store.journal import canonical

TOLD, BUILD, WSUS = "", "build", "wsus"
"""Who says that an update lacks: the machine, a comparison of its build with known ones, or a WSUS server."""
_OPEN = "SELECT * FROM patch_update WHERE host = ? AND resolved_at IS NULL"


@dataclass(frozen=True, slots=True)
class Seen:
    """An update as a host lacks it now: who says so, and whether it is exploited in the wild."""

    update: Update
    origin: str = TOLD
    exploited: bool = False


def keep(
    transaction: Transaction,
    host: str,
    seen: Sequence[Seen],
    origins: Sequence[str],
    today: date,
    *,
    at: datetime | None = None,
    there: Collection[str] = (),
) -> None:
    """Keep what a host lacks at the moment `at`, which is on the day `today`; by default now.

    Of those `origins` what is not seen any more is resolved, and so is what is proven to be `there`.
    """
    change = _Change(transaction, host, at or transaction.now, today)
    rows = transaction.connection.execute(_OPEN, (host,))
    before = {row["key"]: row for row in rows}
    for each in seen:
        change.see(before.pop(each.update.key, None), each)
    for row in before.values():
        if row["origin"] in origins or row["key"] in there:
            change.resolve(row)


@dataclass(frozen=True, slots=True)
class _Change:
    """What one answer about a host changes."""

    transaction: Transaction
    host: str
    at: datetime
    today: date

    def see(self, row: sqlite3.Row | None, seen: Seen) -> None:
        """An update lacks; `row` is its open episode."""
        known = seen if row is None else _with_what_is_known(row, seen)
        if row is not None and _is_the_same(row, known.update):
            clock = min(filter(None, (row["clock"], _day(seen.update.published))))
            self._put(known, clock, max(row["last_seen"], utc_text(self.at)), row["id"])
            return
        if row is not None:
            self.resolve(row)
        clock = min(filter(None, (self.today.isoformat(), _day(seen.update.published))))
        self._put(known, clock, utc_text(self.at), self._begin(seen.update.key))

    def resolve(self, row: sqlite3.Row) -> None:
        """The update of an open episode is there."""
        self.transaction.connection.execute(
            "UPDATE patch_update SET resolved_at = ? WHERE id = ?",
            (max(row["first_seen"], utc_text(self.at)), row["id"]),
        )

    def _begin(self, key: str) -> int | None:
        return self.transaction.connection.execute(
            "INSERT INTO patch_update (host, key, first_seen, last_seen, clock, grade, severity, told) "
            "VALUES (?, ?, ?, '', '', '', '', '')",
            (self.host, key, utc_text(self.at)),
        ).lastrowid

    def _put(self, seen: Seen, clock: str, last_seen: str, row: int | None) -> None:
        update = seen.update
        values = {
            "last_seen": last_seen,
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
        self.transaction.connection.execute(
            f"UPDATE patch_update SET {columns} WHERE id = ?",  # noqa: S608 - names of columns
            (*values.values(), row),
        )


def _with_what_is_known(row: sqlite3.Row, seen: Seen) -> Seen:
    """An update as it lacks again, with what only an earlier source could tell of it.

    A build knows nothing of an update but that it lacks, and WSUS neither CVEs nor what is held back there.
    """
    known, exploited = msgspec.json.decode(row["told"], type=Update), bool(row["exploited"])
    if seen.origin == BUILD and row["origin"] != BUILD:
        return Seen(known, row["origin"], exploited)
    if seen.origin != WSUS:
        return seen
    update = replace(
        seen.update, cves=known.cves, hold=seen.update.hold or known.hold, installed=known.installed,
        available=known.available,
    )  # fmt: skip
    return Seen(update, WSUS, exploited)


def _is_the_same(row: sqlite3.Row, update: Update) -> bool:
    unchanged = None in {row["installed"], update.installed} or row["installed"] == update.installed
    return unchanged and bool(row["hold"]) == (update.hold is not None)


def forget(transaction: Transaction, host: str) -> int:
    """Remove what a host is said to lack now, because that was never true of it; returns how many."""
    return transaction.connection.execute(
        "DELETE FROM patch_update WHERE host = ? AND resolved_at IS NULL", (host,)
    ).rowcount


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


_READ = msgspec.json.Decoder(Update)


def _episode(row: sqlite3.Row) -> Episode:
    update = _READ.decode(row["told"])
    resolved = parse_utc(row["resolved_at"]) if row["resolved_at"] else None
    return Episode(_missing(row), update, parse_utc(row["first_seen"]), parse_utc(row["last_seen"]), resolved)
