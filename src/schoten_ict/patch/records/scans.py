"""The last answer of each host about its updates, and the last try where that gave none."""

import sqlite3
from dataclasses import replace
from datetime import date, datetime

import msgspec

from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import subject
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.patch.facts import PatchFacts
from schoten_ict.patch.judge.joining import joined
from schoten_ict.patch.known import Scan
from schoten_ict.patch.records import reports
from schoten_ict.store import Transaction
from schoten_ict.store.journal import canonical


def keep(
    transaction: Transaction, host: str, source: str, facts: PatchFacts, at: datetime, today: date
) -> None:
    """Keep an answer of the time `at`; the updates themselves are kept elsewhere."""
    before = itself(transaction.connection, host)
    since = before.reboot_since if before else None
    needed = facts.reboot.needed if facts.reboot else None
    if needed is not None:
        since = (since or today) if needed else None
    transaction.connection.execute(
        "INSERT OR REPLACE INTO patch_scan (host, source, tried_at, scanned_at, reboot_since, told) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            host,
            source,
            utc_text(transaction.now),
            utc_text(at),
            since.isoformat() if since else None,
            canonical(msgspec.to_builtins(without_updates(facts))),
        ),
    )


def without_updates(facts: PatchFacts) -> PatchFacts:
    """The facts with `()` where updates were told, and None where they were not."""
    return facts if facts.updates is None else replace(facts, updates=())


def forget(transaction: Transaction, host: str) -> None:
    """Remove what a host told, because it was never true of it."""
    transaction.connection.execute("DELETE FROM patch_scan WHERE host = ?", (host,))


def failed(transaction: Transaction, host: str, source: str, problem: Problem) -> None:
    """Keep that a try gave no answer; the last answer stays."""
    transaction.connection.execute(
        "INSERT INTO patch_scan (host, source, tried_at, code, reason) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (host) DO UPDATE SET tried_at = excluded.tried_at, code = excluded.code, "
        "reason = excluded.reason",
        (host, source, utc_text(transaction.now), problem.code, problem.message),
    )


def itself(connection: sqlite3.Connection, host: str) -> Scan | None:
    """What one host itself told; None when it was never asked."""
    row = connection.execute("SELECT * FROM patch_scan WHERE host = ?", (host,)).fetchone()
    return _scan(row) if row else None


def of_host(connection: sqlite3.Connection, host: str) -> Scan | None:
    """What is known of one host, from itself and from WSUS; None where neither told of it."""
    return joined(itself(connection, host), reports.of_host(connection, host))


def every(connection: sqlite3.Connection) -> dict[str, Scan]:
    """What is known of every host that was ever asked, or of which a WSUS server tells."""
    known = {row["host"]: _scan(row) for row in connection.execute("SELECT * FROM patch_scan")}
    for host, report in reports.every(connection).items():
        both = joined(known.get(host), report)
        if both is not None:
            known[host] = both
    return known


_READ = msgspec.json.Decoder(PatchFacts)


def _scan(row: sqlite3.Row) -> Scan:
    about = subject("host", row["host"])
    facts = _READ.decode(row["told"]) if row["scanned_at"] else None
    return Scan(
        host=row["host"],
        source=row["source"],
        tried_at=parse_utc(row["tried_at"]),
        failed=Problem(row["code"], row["reason"], about) if row["code"] else None,
        scanned_at=parse_utc(row["scanned_at"]) if row["scanned_at"] else None,
        facts=facts,
        reboot_since=date.fromisoformat(row["reboot_since"]) if row["reboot_since"] else None,
        dates=facts.dates if facts else {},
    )
