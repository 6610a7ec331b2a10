"""Losses: what was lost or stolen, who held it, and since when we know."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.store import Transaction


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a loss: `lost` or `stolen`. Times are UTC; `found_at` is None while it is gone."""

    asset: str
    kind: str
    holder: str | None
    reported_at: datetime
    police_report: str | None
    note: str | None
    found_at: datetime | None


def insert(transaction: Transaction, report: Report) -> None:
    """Keep a report of a loss."""
    transaction.connection.execute(
        "INSERT INTO loss (asset, kind, holder, reported_at, police_report, note) VALUES (?, ?, ?, ?, ?, ?)",
        (
            report.asset,
            report.kind,
            report.holder,
            utc_text(report.reported_at),
            report.police_report,
            report.note,
        ),
    )


def close(transaction: Transaction, asset: str) -> None:
    """The asset is back: every report of it that stands ends now."""
    transaction.connection.execute(
        "UPDATE loss SET found_at = ? WHERE asset = ? AND found_at IS NULL",
        (utc_text(transaction.now), asset),
    )


def of_asset(connection: sqlite3.Connection, asset: str) -> list[Report]:
    """Every report about an asset, oldest first."""
    rows = connection.execute("SELECT * FROM loss WHERE asset = ? ORDER BY reported_at, id", (asset,))
    return [
        Report(
            row["asset"],
            row["kind"],
            row["holder"],
            parse_utc(row["reported_at"]),
            row["police_report"],
            row["note"],
            parse_utc(row["found_at"]) if row["found_at"] else None,
        )
        for row in rows
    ]


def standing(connection: sqlite3.Connection, asset: str) -> Report | None:
    """The first report of an asset that is still gone: the clock of a data leak runs from there."""
    return next((each for each in of_asset(connection, asset) if each.found_at is None), None)
