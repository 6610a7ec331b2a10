"""The journal: who changed what, when, from what to what; chained so that tampering shows.

hash = SHA-256 of the canonical JSON of [seq, at, who, action, subject, digest, previous hash]; digest =
SHA-256 of a random salt and the canonical JSON of the values. Salt and values can be pruned: the chain
holds without them, and a pruned value cannot be guessed from its digest.
"""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from schoten_ict.core.times import parse_utc, utc_text

GENESIS = "0" * 64
MANY = 100
"""From so many changes on, their text is made by a faster library."""

_SALT_BYTES = 16
_HASHED = ("seq", "at", "who", "action", "subject", "digest", "previous")
_ALL = """
    SELECT journal.*, content FROM journal LEFT JOIN journal_value USING (seq)
    WHERE at >= :since ORDER BY seq DESC LIMIT :limit
"""
_OF_SUBJECT = """
    SELECT journal.*, content FROM journal_subject CROSS JOIN journal USING (seq)
    LEFT JOIN journal_value USING (seq)
    WHERE journal_subject.subject = :subject AND at >= :since ORDER BY journal_subject.seq DESC LIMIT :limit
"""
_PROOF = """
    SELECT journal.*, salt, content, subjects FROM journal LEFT JOIN journal_value USING (seq)
    LEFT JOIN (SELECT seq, json_group_array(subject) AS subjects FROM journal_subject GROUP BY seq)
    USING (seq) ORDER BY seq
"""
_OLDER = "WHERE seq IN (SELECT seq FROM journal WHERE at < ?)"


class Change(NamedTuple):
    """One thing's values before and after; None for what was or is not there."""

    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `changes` is None when the values were pruned."""

    seq: int
    at: datetime
    who: str
    action: str
    subject: str
    changes: tuple[Change, ...] | None
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: kept elsewhere, it proves that nothing was cut off."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold, and why."""

    seq: int
    reason: str


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def append(
    connection: sqlite3.Connection,
    at: datetime,
    who: str,
    action: str,
    subject: str,
    changes: Sequence[Change],
) -> int:
    """Add one entry inside the caller's transaction; returns its number.

    A number is never given twice: where the last entries were cut off, the gap stays visible.
    """
    last = head(connection)
    seq = max(last.seq, _last_given(connection)) + 1
    content = canonical(changes) if len(changes) < MANY else _canonical_of_many(changes)
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _digest(salt, content)
    stamp = utc_text(at)
    entry_hash = _entry_hash(seq, stamp, who, action, subject, digest, last.hash)
    connection.execute(
        "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (seq, stamp, who, action, subject, digest, last.hash, entry_hash),
    )
    connection.execute("INSERT INTO journal_value VALUES (?, ?, ?)", (seq, salt, content))
    subjects = sorted({subject, *(change.subject for change in changes)})  # as they lie in the table
    connection.executemany("INSERT INTO journal_subject VALUES (?, ?)", [(each, seq) for each in subjects])
    return seq


def head(connection: sqlite3.Connection) -> Head:
    """The last entry's number and hash."""
    row = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(row[0], row[1]) if row else Head(0, GENESIS)


def entries(
    connection: sqlite3.Connection,
    *,
    subject: str | None = None,
    since: datetime | None = None,
    limit: int = -1,
) -> list[Entry]:
    """Entries, newest first; of one subject when given. `limit` -1 means all."""
    words = {"subject": subject, "since": utc_text(since) if since else "", "limit": limit}
    rows = connection.execute(_ALL if subject is None else _OF_SUBJECT, words)
    return [_entry(row) for row in rows]


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Read several things as of one moment, whatever others commit meanwhile. May be nested."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def verify(connection: sqlite3.Connection, expected: Head | None = None) -> Iterator[Break]:
    """Every place where the chain does not hold; `expected` is a head exported earlier."""
    with snapshot(connection):
        yield from _breaks(connection, expected)


def _breaks(connection: sqlite3.Connection, expected: Head | None) -> Iterator[Break]:
    previous, number = GENESIS, 0
    known = expected is None or expected.seq == 0
    pruned_through = _pruned_through(connection)
    for row in connection.execute(_PROOF):
        number += 1
        reason = _fault(row, number, previous, pruned_through)
        if reason:
            yield Break(row["seq"], reason)
        number, previous = row["seq"], row["hash"]
        if expected is not None and row["seq"] == expected.seq:
            known = row["hash"] == expected.hash
            if not known:
                yield Break(row["seq"], "differs from the exported head")
    if not known and expected is not None and number < expected.seq:
        yield Break(number, f"ends before the exported head ({expected.seq}): entries were cut off")
    given = _last_given(connection)
    if given > number:
        yield Break(number, f"ends before the last number given ({given}): entries were cut off")


def counts(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many entries there are, and of how many the values were pruned."""
    total, kept = connection.execute(
        "SELECT count(*), count(content) FROM journal LEFT JOIN journal_value USING (seq)"
    ).fetchone()
    return int(total), int(total - kept)


def exported(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Every entry with all that its hash is made of, oldest first; `salt` and `changes` null when pruned."""
    for row in connection.execute(
        "SELECT journal.*, salt, content FROM journal LEFT JOIN journal_value USING (seq) ORDER BY seq"
    ):
        fields = {name: row[name] for name in _HASHED}
        pruned = row["content"] is None
        yield {
            **fields,
            "hash": row["hash"],
            "salt": None if pruned else row["salt"].hex(),
            "changes": None if pruned else json.loads(row["content"]),
        }


def prune(connection: sqlite3.Connection, before: datetime) -> int:
    """Forget the values of entries older than `before`; returns how many. The caller journals it."""
    rows = connection.execute(f"DELETE FROM journal_value {_OLDER}", (utc_text(before),))  # noqa: S608 - constant
    return rows.rowcount


def prunable(connection: sqlite3.Connection, before: datetime) -> int:
    """How many entries older than `before` still have their values."""
    row = connection.execute(f"SELECT count(*) FROM journal_value {_OLDER}", (utc_text(before),))  # noqa: S608 - constant
    return int(row.fetchone()[0])


def _fault(row: sqlite3.Row, number: int, previous: str, pruned_through: str) -> str:
    if row["seq"] != number:
        return f"{row['seq'] - number} entries are missing before this one"
    if row["previous"] != previous:
        return "does not follow the entry before it"
    if _entry_hash(*(row[name] for name in _HASHED)) != row["hash"]:
        return "was changed after it was written"
    if row["content"] is None and row["at"] >= pruned_through:
        return "has lost its values without a retention run"
    if row["content"] is not None and _digest(row["salt"], row["content"]) != row["digest"]:
        return "its values were changed"
    return "" if _lists_its_subjects(row) else "the things that it is about were changed"


def _lists_its_subjects(row: sqlite3.Row) -> bool:
    """Whether it is found by all that it changed. Of pruned values only its own subject is still known."""
    listed = set(json.loads(row["subjects"] or "[]"))
    if row["content"] is None:
        return row["subject"] in listed
    return listed == {row["subject"], *(change[0] for change in json.loads(row["content"]))}


def _last_given(connection: sqlite3.Connection) -> int:
    """The highest number ever given, also when its entry is gone."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").fetchone()
    return int(row[0]) if row else 0


def _pruned_through(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT max(subject) FROM journal WHERE action = 'journal.prune'").fetchone()
    return str(row[0]).partition(":")[2] if row[0] else ""


def _canonical_of_many(changes: Sequence[Change]) -> str:
    """What `canonical` makes, in a third of the time; only fractions below 0.0001 or from 1e16 differ."""
    import msgspec

    return msgspec.json.encode(changes, enc_hook=str, order="sorted").decode()


def _digest(salt: bytes, content: str) -> str:
    return hashlib.sha256(salt + content.encode()).hexdigest()


def _entry_hash(*parts: object) -> str:
    return hashlib.sha256(canonical(list(parts)).encode()).hexdigest()


def _entry(row: sqlite3.Row) -> Entry:
    changes = None
    if row["content"] is not None:
        changes = tuple(Change(*each) for each in json.loads(row["content"]))
    return Entry(
        row["seq"], parse_utc(row["at"]), row["who"], row["action"], row["subject"], changes, row["hash"]
    )
