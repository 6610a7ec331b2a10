"""Installed titles as they were normalised: which title is what, and on which machines it is."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.licenses.model import Install, Outcome, Titled
from schoten_ict.store import Transaction
from schoten_ict.store.observations import Newest

CATALOGUE = "licenses.catalogue"
"""The key in `meta` of the digest of the rules by which titles were normalised."""
Key = tuple[str, str, str, str]
"""A title's name, version, publisher and source; what is not told is empty."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A machine whose list of software is known: from whom, and when it was told."""

    host: str
    source: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class TitleCount:
    """A title in whatever version, what it was taken for, and on how many machines it is."""

    name: str
    publisher: str
    outcome: Outcome
    product: str | None
    reason: str
    versions: int
    hosts: int


def key_of(entry: Mapping[str, str | None]) -> Key:
    """What makes a title the same as another; `entry` is one of a kept list of software."""
    told = entry.get
    return (told("name") or "", told("version") or "", told("publisher") or "", told("source") or "")


def catalogue(connection: sqlite3.Connection) -> str:
    """The digest of the rules by which titles were last normalised; empty where none were."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (CATALOGUE,)).fetchone()
    return str(row["value"]) if row else ""


def note_catalogue(transaction: Transaction, digest: str) -> None:
    """Keep by which rules titles are normalised now."""
    transaction.connection.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (CATALOGUE, digest)
    )


def digests(connection: sqlite3.Connection) -> dict[str, tuple[str, datetime]]:
    """Per machine the digest of the list that was normalised, and when it was last told."""
    rows = connection.execute("SELECT name, digest, seen_at FROM software_host")
    return {row["name"]: (row["digest"], parse_utc(row["seen_at"])) for row in rows}


def titles(connection: sqlite3.Connection) -> dict[Key, int]:
    """The ids of all titles ever seen."""
    rows = connection.execute("SELECT id, name, version, publisher, source FROM software_title")
    return {(row["name"], row["version"], row["publisher"], row["source"]): row["id"] for row in rows}


def add_title(transaction: Transaction, key: Key, taken: Titled) -> int:
    """Add a title with what it is taken for; returns its id."""
    cursor = transaction.connection.execute(
        "INSERT INTO software_title (name, version, publisher, source, outcome, product, licensed, reason) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, *_taken(taken)),
    )
    return int(cursor.lastrowid or 0)


def retake(transaction: Transaction, taken: Iterable[tuple[int, Titled]]) -> None:
    """Write anew what titles are taken for, by their ids."""
    transaction.connection.executemany(
        "UPDATE software_title SET outcome = ?, product = ?, licensed = ?, reason = ? WHERE id = ?",
        ((*_taken(each), number) for number, each in taken),
    )


def replace(transaction: Transaction, found: Newest, host: str, installed: Iterable[int]) -> None:
    """Keep the list of one machine in place of its earlier one."""
    connection = transaction.connection
    row = connection.execute(
        "INSERT INTO software_host (name, source, digest, seen_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET source = excluded.source, digest = excluded.digest, "
        "seen_at = excluded.seen_at RETURNING id",
        (host, found.source, found.digest, utc_text(found.last_seen)),
    ).fetchone()
    connection.execute("DELETE FROM software_install WHERE host = ?", (row["id"],))
    connection.executemany(
        "INSERT INTO software_install VALUES (?, ?)", ((row["id"], title) for title in installed)
    )


def seen_again(transaction: Transaction, told: Iterable[tuple[str, Newest]]) -> None:
    """Keep that lists were told again as they are."""
    transaction.connection.executemany(
        "UPDATE software_host SET source = ?, seen_at = ? WHERE name = ?",
        ((found.source, utc_text(found.last_seen), host) for host, found in told),
    )


def listed(connection: sqlite3.Connection) -> list[Listed]:
    """The machines whose software is known, by name."""
    rows = connection.execute("SELECT name, source, seen_at FROM software_host ORDER BY name")
    return [Listed(row["name"], row["source"], parse_utc(row["seen_at"])) for row in rows]


def installs(connection: sqlite3.Connection) -> Iterator[Install]:
    """Every product on every machine, by product and machine; one of several titles comes as often."""
    rows = connection.execute(
        "SELECT title.product, title.licensed, host.name AS host, title.name AS title "
        "FROM software_title AS title CROSS JOIN software_install AS install ON install.title = title.id "
        "JOIN software_host AS host ON host.id = install.host WHERE title.outcome = 'product' "
        "ORDER BY title.product, host.name, title.name"
    )
    return (Install(row["product"], row["licensed"], row["host"], row["title"]) for row in rows)


def counts(connection: sqlite3.Connection, outcome: Outcome | None = None) -> list[TitleCount]:
    """Titles that are installed somewhere, those on most machines first."""
    rows = connection.execute(
        "SELECT title.name, title.publisher, title.outcome, title.product, title.reason, "
        "count(DISTINCT title.version) AS versions, count(DISTINCT install.host) AS hosts "
        "FROM software_title AS title JOIN software_install AS install ON install.title = title.id "
        "WHERE ? IS NULL OR title.outcome = ? "
        "GROUP BY title.name, title.publisher, title.outcome, title.product, title.reason "
        "ORDER BY hosts DESC, title.name, title.publisher",
        (outcome, outcome),
    )
    return [
        TitleCount(
            row["name"], row["publisher"], Outcome(row["outcome"]), row["product"], row["reason"],
            row["versions"], row["hosts"],
        )
        for row in rows
    ]  # fmt: skip


def hosts_of(connection: sqlite3.Connection, name: str) -> list[str]:
    """The machines that have a title of this name, in whatever version."""
    rows = connection.execute(
        "SELECT DISTINCT host.name FROM software_title AS title "
        "JOIN software_install AS install ON install.title = title.id "
        "JOIN software_host AS host ON host.id = install.host WHERE title.name = ? ORDER BY host.name",
        (name,),
    )
    return [row["name"] for row in rows]


def machines_with(connection: sqlite3.Connection, outcome: Outcome) -> int:
    """How many machines have a title that was taken so."""
    row = connection.execute(
        "SELECT count(DISTINCT install.host) FROM software_title AS title "
        "JOIN software_install AS install ON install.title = title.id WHERE title.outcome = ?",
        (outcome,),
    ).fetchone()
    return int(row[0])


def _taken(taken: Titled) -> tuple[str, str | None, str | None, str]:
    return taken.outcome.value, taken.product, taken.version, taken.reason
