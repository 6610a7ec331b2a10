"""What WSUS servers were told by hosts: of each host its last report."""

import sqlite3
from dataclasses import replace
from datetime import date

import msgspec

from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.patch.facts import PatchFacts
from schoten_ict.patch.known import WsusReport
from schoten_ict.store import Transaction
from schoten_ict.store.journal import canonical


def keep(transaction: Transaction, report: WsusReport, today: date) -> bool:
    """Keep a report, and say whether it counts: not where a later one is known, as two servers may tell.

    Nor where it counts what an earlier question about the same report has listed. `today` is the day of the
    report: it waits for a restart since then, if it did not before.
    """
    before = of_host(transaction.connection, report.host)
    if before is not None and (before.reported_at > report.reported_at or _knows_more(before, report)):
        return False
    waits = report.facts.reboot is not None and report.facts.reboot.needed
    since = (before.reboot_since if before else None) or today
    told = replace(report.facts, updates=None if report.facts.updates is None else ())
    transaction.connection.execute(
        "INSERT OR REPLACE INTO patch_wsus (host, server, asked_at, reported_at, reboot_since, told) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            report.host,
            report.server,
            utc_text(report.asked_at),
            utc_text(report.reported_at),
            since.isoformat() if waits else None,
            canonical(msgspec.to_builtins(told)),
        ),
    )
    return True


def _knows_more(before: WsusReport, report: WsusReport) -> bool:
    old, new = before.facts, report.facts
    is_same = (before.reported_at, old.lacking) == (report.reported_at, new.lacking)
    return is_same and old.updates is not None and new.updates is None


def of_host(connection: sqlite3.Connection, host: str) -> WsusReport | None:
    """The last report of one host; None where no server knows it."""
    row = connection.execute("SELECT * FROM patch_wsus WHERE host = ?", (host,)).fetchone()
    return _report(row) if row else None


def every(connection: sqlite3.Connection) -> dict[str, WsusReport]:
    """The last report of every host that a server knows."""
    return {row["host"]: _report(row) for row in connection.execute("SELECT * FROM patch_wsus")}


def hosts(connection: sqlite3.Connection) -> set[str]:
    """The hosts that a server ever knew."""
    return {row["host"] for row in connection.execute("SELECT host FROM patch_wsus")}


_READ = msgspec.json.Decoder(PatchFacts)


def _report(row: sqlite3.Row) -> WsusReport:
    return WsusReport(
        host=row["host"],
        server=row["server"],
        asked_at=parse_utc(row["asked_at"]),
        reported_at=parse_utc(row["reported_at"]),
        facts=_READ.decode(row["told"]),
        reboot_since=date.fromisoformat(row["reboot_since"]) if row["reboot_since"] else None,
    )
