"""Counts, their scans and how they turned out."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from schoten_ict.assets.judge.counting import Counted, Outcome, Recorded, Scan, Scope, place_in_list
from schoten_ict.core.errors import ConflictError, NotFoundError
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.formats import identifiers
from schoten_ict.store import Transaction


@dataclass(frozen=True, slots=True)
class Count:
    """One count; times are UTC, `finished_at` is None while it runs."""

    name: str
    scope: Scope
    started_at: datetime
    finished_at: datetime | None = None

    @property
    def subject(self) -> str:
        """Its name in findings and in the journal."""
        return subject("count", self.name)


def get(connection: sqlite3.Connection, name: str) -> Count:
    """The count of that name; raises `NotFoundError` with the nearest one."""
    row = connection.execute("SELECT * FROM count WHERE name = ?", (name,)).fetchone()
    if row is None:
        known = [each.name for each in every(connection)]
        raise NotFoundError(
            f"no count {name!r}{nearest(name, known)}",
            subject=subject("count", name),
            remedy=f"ict assets count start {name}",
        )
    return _count(row)


def running(connection: sqlite3.Connection, name: str) -> Count:
    """The count of that name; raises `ConflictError` when it is finished, and as `get` does."""
    count = get(connection, name)
    if count.finished_at is not None:
        raise ConflictError(
            f"count {name} was finished on {count.finished_at:%Y-%m-%d}",
            subject=count.subject,
            remedy="start a new one under another name: ict assets count start NAME",
        )
    return count


def every(connection: sqlite3.Connection) -> list[Count]:
    """All counts, oldest first."""
    return [_count(row) for row in connection.execute("SELECT * FROM count ORDER BY started_at, name")]


def start(transaction: Transaction, name: str, scope: Scope, tags: Iterable[str]) -> Count:
    """Keep a count that begins now and looks for `tags`; raises `ConflictError` when the name is taken."""
    taken = transaction.connection.execute("SELECT * FROM count WHERE name = ?", (name,)).fetchone()
    if taken is not None:
        begun = _count(taken)
        remedy = "take another name" if begun.finished_at else f"go on with it: ict assets count scan {name}"
        raise ConflictError(
            f"count {name} was started on {begun.started_at:%Y-%m-%d}", subject=begun.subject, remedy=remedy
        )
    count = Count(name, scope, transaction.now)
    transaction.connection.execute(
        "INSERT INTO count (name, site, location, category, started_at) VALUES (?, ?, ?, ?, ?)",
        (name, scope.site, scope.location, scope.category, utc_text(transaction.now)),
    )
    transaction.connection.executemany(
        "INSERT INTO count_expected VALUES (?, ?)", [(name, tag) for tag in tags]
    )
    return count


def expected(connection: sqlite3.Connection, name: str) -> frozenset[str]:
    """The tags that a count looks for."""
    rows = connection.execute("SELECT asset FROM count_expected WHERE count = ?", (name,))
    return frozenset(row["asset"] for row in rows)


def is_expected(connection: sqlite3.Connection, name: str, tag: str) -> bool:
    """Whether a count looks for this asset."""
    row = connection.execute("SELECT 1 FROM count_expected WHERE count = ? AND asset = ?", (name, tag))
    return row.fetchone() is not None


def scans(connection: sqlite3.Connection, name: str) -> list[Scan]:
    """The scans of a count, in the order of their codes; an asset has one at most."""
    rows = connection.execute("SELECT * FROM count_scan WHERE count = ? ORDER BY code", (name,))
    return [_scan(row) for row in rows]


def earlier(connection: sqlite3.Connection, name: str, code: str, asset: str | None) -> Scan | None:
    """The scan that this count already has of this code or this asset."""
    row = connection.execute(
        "SELECT * FROM count_scan WHERE count = ? AND (code = ? OR asset = ?) ORDER BY asset IS NULL LIMIT 1",
        (name, code, asset),
    ).fetchone()
    return _scan(row) if row else None


def put_scan(transaction: Transaction, name: str, scan: Scan) -> None:
    """Keep a scan, or move the one of the same code to its asset and room."""
    transaction.connection.execute(
        "INSERT INTO count_scan VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "asset = excluded.asset, location = excluded.location, at = excluded.at",
        (name, scan.code, scan.asset, scan.location, utc_text(transaction.now)),
    )


def put_place(transaction: Transaction, tag: str, location: str, site: str | None) -> None:
    """Write where an asset is. The caller journals it: it is a part of a larger act."""
    transaction.connection.execute(
        "UPDATE asset SET location = ?, site = ? WHERE tag = ?", (location, site, tag)
    )


def finish(transaction: Transaction, name: str, rows: Sequence[Counted]) -> None:
    """Close a count and keep how it turned out."""
    transaction.connection.execute(
        "UPDATE count SET finished_at = ? WHERE name = ?", (utc_text(transaction.now), name)
    )
    transaction.connection.executemany(
        "INSERT INTO count_outcome VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (name, row.code or row.tag, row.tag, row.outcome, row.make, row.expected_location,
             row.seen_location, row.holder, row.note)
            for row in rows
        ],
    )  # fmt: skip


def kept_outcomes(connection: sqlite3.Connection, name: str) -> list[Counted]:
    """How a finished count turned out, in the order of `counting.outcomes`."""
    rows = connection.execute("SELECT * FROM count_outcome WHERE count = ?", (name,))
    found = [
        Counted(
            row["tag"],
            None if row["code"] == row["tag"] else row["code"],
            Outcome(row["outcome"]),
            row["make"],
            row["expected_location"],
            row["seen_location"],
            row["holder"],
            row["note"],
        )
        for row in rows
    ]
    return sorted(found, key=place_in_list)


def totals(rows: Iterable[Counted]) -> dict[Outcome, int]:
    """How many of each outcome."""
    numbers = Counter(row.outcome for row in rows)
    return {outcome: numbers[outcome] for outcome in Outcome}


def recorded(connection: sqlite3.Connection) -> list[Recorded]:
    """Every asset as it is recorded, by tag."""
    return [_recorded(row) for row in connection.execute("SELECT * FROM asset_now ORDER BY tag")]


def recorded_one(connection: sqlite3.Connection, tag: str) -> Recorded:
    """One asset as it is recorded; its tag must be exact."""
    return _recorded(connection.execute("SELECT * FROM asset_now WHERE tag = ?", (tag,)).fetchone())


def tags_of(connection: sqlite3.Connection, code: str) -> list[str]:
    """The tags of the assets that a code belongs to: as tag, else serial number, MAC address or IMEI."""
    for query, value in _queries(code):
        tags = [row[0] for row in connection.execute(query, (value,))]
        if tags:
            return tags
    return []


def _queries(code: str) -> list[tuple[str, str]]:
    queries = [
        ("SELECT tag FROM asset WHERE tag = ?", code),
        ("SELECT tag FROM asset WHERE tag = ? COLLATE NOCASE ORDER BY tag", code),
        ("SELECT tag FROM asset WHERE serial_key = ?", identifiers.serial_key(code)),
    ]
    with suppress(ValueError):
        mac = identifiers.clean_mac(code)
        queries.append(
            ("SELECT DISTINCT tag FROM asset, json_each(asset.macs) WHERE value = ? ORDER BY tag", mac)
        )
    with suppress(ValueError):
        imei = identifiers.clean_imei(code)
        queries.append(("SELECT tag FROM asset WHERE imei = ? ORDER BY tag", imei))
    return queries


def _count(row: sqlite3.Row) -> Count:
    return Count(
        row["name"],
        Scope(row["site"], row["location"], row["category"]),
        parse_utc(row["started_at"]),
        parse_utc(row["finished_at"]) if row["finished_at"] else None,
    )


def _scan(row: sqlite3.Row) -> Scan:
    return Scan(row["code"], row["asset"], row["location"])


def _recorded(row: sqlite3.Row) -> Recorded:
    room = row["holder"] if row["holder_kind"] == "room" else None
    return Recorded(
        tag=row["tag"],
        category=row["category"],
        make=" ".join(part for part in (row["manufacturer"], row["model"]) if part) or row["category"],
        state=row["state"],
        site=row["site"],
        location=room or row["location"],
        holder=row["holder_name"],
        holder_kind=row["holder_kind"],
    )
