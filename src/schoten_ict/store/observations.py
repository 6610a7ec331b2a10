"""What was seen, as intervals: an unchanged answer moves `last_seen` and writes nothing else."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.store.database import Transaction
from schoten_ict.store.journal import canonical


@dataclass(frozen=True, slots=True)
class Observation:
    """One answer and how long it stayed the same. `payload` is JSON-like; times are UTC."""

    subject: str
    kind: str
    source: str
    payload: Any
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that gave no answer: `code` is stable (`unreachable`), `reason` is for people."""

    subject: str
    kind: str
    source: str
    at: datetime
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Newest:
    """Which answer about a subject is the newest, whoever gave it; `payload_of` reads it."""

    row: int
    subject: str
    source: str
    digest: str
    last_seen: datetime


def observe(
    transaction: Transaction,
    subject: str,
    kind: str,
    source: str,
    payload: object,
    at: datetime | None = None,
) -> bool:
    """Keep an answer; returns whether it differs from the last one of that subject, kind and source.

    `at` is when it was given, where that is not now.
    """
    content = canonical(payload)
    digest = hashlib.sha256(content.encode()).hexdigest()
    now = utc_text(at or transaction.now)
    last = _last(transaction.connection, subject, kind, source)
    if last is not None and last["digest"] == digest:
        transaction.connection.execute(
            "UPDATE observation SET last_seen = max(last_seen, ?) WHERE id = ?", (now, last["id"])
        )
        return False
    transaction.connection.execute(
        "INSERT INTO observation (subject, kind, source, digest, payload, first_seen, last_seen) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (subject, kind, source, digest, content, now, now),
    )
    return True


def failed(transaction: Transaction, subject: str, kind: str, source: str, code: str, reason: str) -> None:
    """Keep a try that failed, with its reason."""
    transaction.connection.execute(
        "INSERT INTO attempt (subject, kind, source, at, code, reason) VALUES (?, ?, ?, ?, ?, ?)",
        (subject, kind, source, utc_text(transaction.now), code, reason),
    )


def latest(connection: sqlite3.Connection, subject: str, kind: str, source: str) -> Observation | None:
    """The last answer, or None when there never was one."""
    row = _last(connection, subject, kind, source)
    return _observation(row) if row else None


def of_subject(connection: sqlite3.Connection, subject: str) -> list[Observation]:
    """The last answer of each kind and source about one subject."""
    rows = connection.execute(
        "SELECT *, max(last_seen) FROM observation WHERE subject = ? "
        "GROUP BY kind, source ORDER BY kind, source",
        (subject,),
    )
    return [_observation(row) for row in rows]


def as_of(connection: sqlite3.Connection, subject: str, moment: datetime) -> list[Observation]:
    """What was known about one subject at a moment: the last answer of each kind and source by then."""
    rows = connection.execute(
        "SELECT *, max(first_seen) FROM observation WHERE subject = ? AND first_seen <= ? "
        "GROUP BY kind, source ORDER BY kind, source",
        (subject, utc_text(moment)),
    )
    return [_observation(row) for row in rows]


def of_kind(connection: sqlite3.Connection, kind: str) -> Iterator[Observation]:
    """The last answer of one kind about every subject, by subject and source."""
    rows = connection.execute(
        "SELECT *, max(last_seen) FROM observation WHERE kind = ? GROUP BY subject, source "
        "ORDER BY subject, source",
        (kind,),
    )
    return (_observation(row) for row in rows)


def newest(connection: sqlite3.Connection, kind: str) -> list[Newest]:
    """The newest answer of one kind about every subject, without its payload, by subject."""
    rows = connection.execute(
        "SELECT id, subject, source, digest, last_seen, max(last_seen || printf('%020d', id)) "
        "FROM observation WHERE kind = ? GROUP BY subject ORDER BY subject",
        (kind,),
    )
    return [
        Newest(row["id"], row["subject"], row["source"], row["digest"], parse_utc(row["last_seen"]))
        for row in rows
    ]


def payload_of(connection: sqlite3.Connection, found: Newest) -> Any:
    """What was answered then."""
    row = connection.execute("SELECT payload FROM observation WHERE id = ?", (found.row,)).fetchone()
    return json.loads(row["payload"])


def note_duration(transaction: Transaction, subject: str, via: str, duration_ms: int) -> None:
    """Keep how long a question took."""
    transaction.connection.execute(
        "INSERT OR REPLACE INTO asked VALUES (?, ?, ?, ?)",
        (subject, via, utc_text(transaction.now), duration_ms),
    )


def durations(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """How long the last question took, by subject and protocol, in milliseconds."""
    rows = connection.execute("SELECT subject, via, duration_ms FROM asked")
    return {(row["subject"], row["via"]): row["duration_ms"] for row in rows}


def last_failure(connection: sqlite3.Connection, subject: str, kind: str, source: str) -> Attempt | None:
    """The last try that failed, or None."""
    row = connection.execute(
        "SELECT * FROM attempt WHERE subject = ? AND kind = ? AND source = ? "
        "ORDER BY at DESC, id DESC LIMIT 1",
        (subject, kind, source),
    ).fetchone()
    return _attempt(row) if row else None


def failures_of(connection: sqlite3.Connection, subject: str) -> list[Attempt]:
    """The last try that failed, of each kind and source about one subject."""
    rows = connection.execute(
        "SELECT *, max(at) FROM attempt WHERE subject = ? GROUP BY kind, source ORDER BY kind, source",
        (subject,),
    )
    return [_attempt(row) for row in rows]


def _last(connection: sqlite3.Connection, subject: str, kind: str, source: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM observation WHERE subject = ? AND kind = ? AND source = ? "
        "ORDER BY last_seen DESC, id DESC LIMIT 1",
        (subject, kind, source),
    ).fetchone()
    return row


def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        row["subject"], row["kind"], row["source"], parse_utc(row["at"]), row["code"], row["reason"]
    )


def _observation(row: sqlite3.Row) -> Observation:
    return Observation(
        row["subject"],
        row["kind"],
        row["source"],
        json.loads(row["payload"]),
        parse_utc(row["first_seen"]),
        parse_utc(row["last_seen"]),
    )
