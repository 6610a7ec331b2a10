"""Who holds which asset, and held it before."""

import sqlite3
from datetime import date

from schoten_ict.core.facts import Custody, Holder, HolderKind
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.store.database import Transaction


def begin(
    transaction: Transaction,
    asset: str,
    holder: Holder,
    *,
    due_back: date | None = None,
    handover: str | None = None,
) -> None:
    """Open a period of holding; the asset must have no open one (the database refuses a second)."""
    transaction.connection.execute(
        "INSERT INTO custody (asset, holder_kind, holder, since, due_back, handover) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            asset,
            holder.kind,
            holder.key,
            utc_text(transaction.now),
            due_back.isoformat() if due_back else None,
            handover,
        ),
    )


def end(transaction: Transaction, asset: str) -> Custody | None:
    """Close the open period of an asset and return it; None when nobody held it."""
    held = current(transaction.connection, asset)
    if held is not None:
        transaction.connection.execute(
            "UPDATE custody SET until = ? WHERE asset = ? AND until IS NULL",
            (utc_text(transaction.now), asset),
        )
    return held


def current(connection: sqlite3.Connection, asset: str) -> Custody | None:
    """Who holds an asset now."""
    row = connection.execute("SELECT * FROM custody WHERE asset = ? AND until IS NULL", (asset,)).fetchone()
    return _custody(row) if row else None


def history(connection: sqlite3.Connection, asset: str) -> list[Custody]:
    """Every period of an asset, oldest first."""
    rows = connection.execute("SELECT * FROM custody WHERE asset = ? ORDER BY since, id", (asset,))
    return [_custody(row) for row in rows]


def held_by(connection: sqlite3.Connection, holder: Holder) -> list[Custody]:
    """What a holder holds now, by tag."""
    rows = connection.execute(
        "SELECT * FROM custody WHERE holder_kind = ? AND holder = ? AND until IS NULL ORDER BY asset",
        (holder.kind, holder.key),
    )
    return [_custody(row) for row in rows]


def _custody(row: sqlite3.Row) -> Custody:
    return Custody(
        asset=row["asset"],
        holder=Holder(HolderKind(row["holder_kind"]), row["holder"]),
        since=parse_utc(row["since"]),
        until=parse_utc(row["until"]) if row["until"] else None,
        due_back=date.fromisoformat(row["due_back"]) if row["due_back"] else None,
        handover=row["handover"],
    )
