"""Repairs: supplier, RMA number, loaner, and how long it took."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from schoten_ict.core.errors import ConflictError
from schoten_ict.core.finding import subject
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.store import Transaction


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair; times are UTC, `ended_at` is None while it lasts, costs are in euro cents."""

    asset: str
    supplier: str | None
    rma: str | None
    complaint: str | None
    loaner: str | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    cost_cents: int | None

    def days(self, now: datetime) -> int:
        """Whole days that it took, or takes so far."""
        return ((self.ended_at or now) - self.started_at).days


def start(
    transaction: Transaction,
    asset: str,
    *,
    supplier: str | None,
    rma: str | None,
    complaint: str | None,
    loaner: str | None,
) -> Repair:
    """Keep a repair that starts now. The caller journals it."""
    repair = Repair(asset, supplier, rma, complaint, loaner, transaction.now, None, None, None)
    transaction.connection.execute(
        "INSERT INTO repair (asset, supplier, rma, complaint, loaner, started_at) VALUES (?, ?, ?, ?, ?, ?)",
        (asset, supplier, rma, complaint, loaner, utc_text(transaction.now)),
    )
    return repair


def end(transaction: Transaction, asset: str, outcome: str, cost_cents: int | None) -> Repair:
    """Close the open repair of an asset; the caller journals it.

    Raises `ConflictError` when there is none.
    """
    row = _open(transaction.connection, asset)
    if row is None:
        raise ConflictError(f"{asset} has no open repair", subject=subject("asset", asset))
    transaction.connection.execute(
        "UPDATE repair SET ended_at = ?, outcome = ?, cost_cents = ? WHERE id = ?",
        (utc_text(transaction.now), outcome, cost_cents, row["id"]),
    )
    return replace(_repair(row), ended_at=transaction.now, outcome=outcome, cost_cents=cost_cents)


def close_open(transaction: Transaction, asset: str, outcome: str) -> None:
    """Close a repair that something else ended (the asset was lost, retired), if there is one."""
    if _open(transaction.connection, asset) is not None:
        end(transaction, asset, outcome, None)


def of_asset(connection: sqlite3.Connection, asset: str) -> list[Repair]:
    """Every repair of an asset, oldest first."""
    rows = connection.execute("SELECT * FROM repair WHERE asset = ? ORDER BY started_at, id", (asset,))
    return [_repair(row) for row in rows]


def every(connection: sqlite3.Connection, *, only_open: bool) -> list[Repair]:
    """All repairs, oldest first."""
    rows = connection.execute(
        "SELECT * FROM repair WHERE ended_at IS NULL OR NOT :only_open ORDER BY started_at, id",
        {"only_open": only_open},
    )
    return [_repair(row) for row in rows]


def _open(connection: sqlite3.Connection, asset: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM repair WHERE asset = ? AND ended_at IS NULL", (asset,)
    ).fetchone()
    return row


def _repair(row: sqlite3.Row) -> Repair:
    return Repair(
        row["asset"],
        row["supplier"],
        row["rma"],
        row["complaint"],
        row["loaner"],
        parse_utc(row["started_at"]),
        parse_utc(row["ended_at"]) if row["ended_at"] else None,
        row["outcome"],
        row["cost_cents"],
    )
