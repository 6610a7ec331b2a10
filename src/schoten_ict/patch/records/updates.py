"""Updates that hosts lack, one row per episode: first seen, seen last, and resolved when it was there.

An episode is the same update until the version that lacked is installed: when a still newer one lacks then,
that is a new episode, for the first one was patched. One that is held back from the first has no clock; when
the hold ends, an episode begins. A hold that comes later stops no clock.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.patch.facts import Hold, Severity, Update
from schoten_ict.patch.judge.deadlines import grade
from schoten_ict.patch.judge.exploited import Catalogue
from schoten_ict.patch.judge.exploited import exploited as exploited_among
from schoten_ict.patch.judge.versions import order
from schoten_ict.patch.known import Episode, Missing
from schoten_ict.store import Transaction
from schoten_ict.store.journal import canonical

TOLD, WSUS = "", "wsus"
"""Who says that an update lacks: the machine, or a WSUS server. What a build says is not kept here."""
_OPEN = "SELECT * FROM patch_update WHERE host = ? AND resolved_at IS NULL"


@dataclass(frozen=True, slots=True)
class Seen:
    """An update as a host lacks it now: who says so, and whether it is exploited in the wild.

    `since` is from when its clock runs at the latest, where more is known than the vendor's date.
    """

    update: Update
    origin: str = TOLD
    exploited: bool = False
    since: date | None = None


def keep(
    transaction: Transaction,
    host: str,
    seen: Sequence[Seen],
    origins: Sequence[str],
    today: date,
    *,
    at: datetime | None = None,
    there: Collection[str] = (),
    unproven: Collection[str] = (),
    successors: Mapping[str, str] | None = None,
) -> None:
    """Keep what a host lacks at the moment `at`, which is on the day `today`; by default now.

    Of those `origins` what is not seen any more is resolved, unless it is `unproven`, and so is what is
    proven to be `there`. What goes on in one of its `successors` hands it its clock.
    """
    change = _Change(transaction, host, at or transaction.now, today)
    rows = transaction.connection.execute(_OPEN, (host,))
    before = {row["key"]: row for row in rows}
    for key, heir in (successors or {}).items():
        if key in before and key not in there:
            before[heir] = change.hand_over(before.pop(key), before.get(heir), heir)
    for each in seen:
        change.see(before.pop(each.update.key, None), each)
    for row in before.values():
        if row["key"] in there or (row["origin"] in origins and row["key"] not in unproven):
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
        vendor = (_day(seen.update.published), _day(seen.since))
        if row is not None and _is_the_same(row, known.update):
            clock = min(filter(None, (row["clock"], *vendor)))
            held = self._held_since(row, known.update)
            self._put(known, clock, max(row["last_seen"], utc_text(self.at)), row["id"], held)
            return
        if row is not None:
            self.resolve(row)
        clock = min(filter(None, (self.today.isoformat(), *vendor)))
        self._put(known, clock, utc_text(self.at), self._begin(seen.update.key))

    def _held_since(self, row: sqlite3.Row, update: Update) -> str | None:
        """Since when an episode is held back whose clock ran before."""
        if update.hold is None:
            return None
        return row["held_since"] if row["hold"] else self.today.isoformat()

    def hand_over(self, row: sqlite3.Row, heir: sqlite3.Row | None, key: str) -> sqlite3.Row:
        """An open episode goes on under another key; returns the episode of that key."""
        connection = self.transaction.connection
        if heir is None:
            connection.execute("UPDATE patch_update SET key = ? WHERE id = ?", (key, row["id"]))
            kept = row["id"]
        else:
            kept = heir["id"]
            connection.execute("DELETE FROM patch_update WHERE id = ?", (row["id"],))
            connection.execute(
                "UPDATE patch_update SET clock = min(clock, ?), first_seen = min(first_seen, ?) WHERE id = ?",
                (row["clock"], row["first_seen"], kept),
            )
        found: sqlite3.Row = connection.execute("SELECT * FROM patch_update WHERE id = ?", (kept,)).fetchone()
        return found

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

    def _put(
        self, seen: Seen, clock: str, last_seen: str, row: int | None, held_since: str | None = None
    ) -> None:
        update = seen.update
        values = {
            "last_seen": last_seen,
            "clock": clock,
            "grade": grade(update.severity, security=update.security, exploited=seen.exploited).value,
            "severity": update.severity.value,
            "security": update.security,
            "exploited": seen.exploited,
            "hold": update.hold.value if update.hold else "",
            "held_since": held_since,
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

    WSUS knows neither CVEs nor what is held back there.
    """
    if seen.origin != WSUS:
        return seen
    known, exploited = _READ.decode(row["told"]), bool(row["exploited"])
    update = replace(
        seen.update, cves=known.cves, hold=seen.update.hold or known.hold, installed=known.installed,
        available=known.available,
    )  # fmt: skip
    return Seen(update, WSUS, exploited)


def _is_the_same(row: sqlite3.Row, update: Update) -> bool:
    """Not where what lacked is installed now, nor where it was held back from the first and is no more."""
    if row["hold"] and row["held_since"] is None and update.hold is None:
        return False
    if update.installed is None or row["installed"] in {None, update.installed}:
        return True
    lacked = _READ.decode(row["told"]).available
    return lacked is None or order(update.installed) < order(lacked)


def forget(transaction: Transaction, host: str) -> int:
    """Remove what a host is said to lack now, because that was never true of it; returns how many."""
    return transaction.connection.execute(
        "DELETE FROM patch_update WHERE host = ? AND resolved_at IS NULL", (host,)
    ).rowcount


def rate(transaction: Transaction, catalogue: Catalogue) -> int:
    """Rate what lacks anew by a catalogue of what is exploited in the wild; returns how many it changed."""
    connection = transaction.connection
    rows = connection.execute(
        "SELECT id, told, exploited FROM patch_update WHERE resolved_at IS NULL "
        "AND instr(told, '\"cves\":[]') = 0"
    ).fetchall()
    changed = 0
    for row in rows:
        update = _READ.decode(row["told"])
        now = bool(exploited_among(update.cves, catalogue))
        if now != bool(row["exploited"]):
            changed += 1
            kind = grade(update.severity, security=update.security, exploited=now).value
            connection.execute(
                "UPDATE patch_update SET exploited = ?, grade = ? WHERE id = ?", (now, kind, row["id"])
            )
    return changed


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


_READ = msgspec.json.Decoder(Update)
_AMONG = "key IN (SELECT value FROM json_each(?)) AND resolved_at IS NULL"
_SHORT = "SELECT host, key, clock, severity, security, exploited, hold FROM patch_update"


def missing_of(connection: sqlite3.Connection, host: str) -> list[Missing]:
    """What one host lacks now, in short."""
    rows = connection.execute(f"{_SHORT} WHERE host = ? AND resolved_at IS NULL ORDER BY clock, key", (host,))
    return [_missing(row) for row in rows]


def held(connection: sqlite3.Connection) -> Iterator[Missing]:
    """What is held back now, on every host."""
    rows = connection.execute(f"{_SHORT} WHERE resolved_at IS NULL AND hold != '' ORDER BY host, key")
    return map(_missing, rows)


def kept_of(connection: sqlite3.Connection, keys: Collection[str]) -> dict[tuple[str, str], Missing]:
    """What hosts lack now of these updates, in short, by host and key."""
    rows = connection.execute(f"{_SHORT} WHERE {_AMONG}", (json.dumps(sorted(keys)),))
    return {(row["host"], row["key"]): _missing(row) for row in rows}


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
    update = _READ.decode(row["told"])
    resolved = parse_utc(row["resolved_at"]) if row["resolved_at"] else None
    return Episode(_missing(row), update, parse_utc(row["first_seen"]), parse_utc(row["last_seen"]), resolved)
