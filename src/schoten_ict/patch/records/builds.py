"""At which builds a Windows was seen: the first and the last time of each."""

import sqlite3
from datetime import datetime

import msgspec

from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.patch.facts import System
from schoten_ict.patch.judge.behind import Stay
from schoten_ict.store import Transaction
from schoten_ict.store.journal import canonical

_READ = msgspec.json.Decoder(System)


def keep(transaction: Transaction, host: str, system: System | None, at: datetime) -> None:
    """Keep that a host was at a build at the time `at`, where it told that whole."""
    if system is None or system.family != "windows" or system.build is None or system.ubr is None:
        return
    transaction.connection.execute(
        "INSERT INTO patch_build (host, build, ubr, first_seen, last_seen, system) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (host, build, ubr) DO UPDATE SET first_seen = min(first_seen, excluded.first_seen), "
        "last_seen = max(last_seen, excluded.last_seen), system = excluded.system",
        (
            host,
            system.build,
            system.ubr,
            utc_text(at),
            utc_text(at),
            canonical(msgspec.to_builtins(system)),
        ),
    )


def forget(transaction: Transaction, host: str) -> None:
    """Remove the builds of a host, because they were never its own."""
    transaction.connection.execute("DELETE FROM patch_build WHERE host = ?", (host,))


def of_host(connection: sqlite3.Connection, host: str) -> list[Stay]:
    """The builds of one host, the last one last."""
    rows = connection.execute("SELECT * FROM patch_build WHERE host = ? ORDER BY last_seen", (host,))
    return [_stay(row) for row in rows]


def every(connection: sqlite3.Connection) -> dict[str, list[Stay]]:
    """The builds of every host that ever told one, the last one last."""
    found: dict[str, list[Stay]] = {}
    for row in connection.execute("SELECT * FROM patch_build ORDER BY host, last_seen"):
        found.setdefault(row["host"], []).append(_stay(row))
    return found


def _stay(row: sqlite3.Row) -> Stay:
    system = _READ.decode(row["system"])
    return Stay(system, row["build"], row["ubr"], parse_utc(row["first_seen"]), parse_utc(row["last_seen"]))
