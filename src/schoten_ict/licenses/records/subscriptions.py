"""Subscriptions of Microsoft 365 over time, and who has a licence."""

import sqlite3
from collections.abc import Iterable
from datetime import date

from schoten_ict.core.times import day_of, parse_utc, utc_text
from schoten_ict.licenses.model import Seat, Sku
from schoten_ict.store import Transaction

_SKU = (
    "tenant", "sku", "taken_on", "part_number", "applies_to", "status", "enabled", "warning", "suspended",
    "locked_out", "consumed",
)  # fmt: skip


def keep(transaction: Transaction, sku: Sku) -> bool:
    """Keep how a subscription stood on its day; returns whether that was not known."""
    before = transaction.connection.execute(
        "SELECT * FROM license_sku WHERE tenant = ? AND sku = ? AND taken_on = ?",
        (sku.tenant, sku.sku, sku.taken_on.isoformat()),
    ).fetchone()
    if before is not None and _sku(before) == sku:
        return False
    values = [getattr(sku, name) for name in _SKU]
    transaction.connection.execute(
        "INSERT OR REPLACE INTO license_sku (tenant, sku, taken_on, part_number, applies_to, status, "
        "enabled, warning, suspended, locked_out, consumed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [value.isoformat() if isinstance(value, date) else value for value in values],
    )
    return True


def tenants(connection: sqlite3.Connection) -> list[str]:
    """The tenants that told something, by name."""
    rows = connection.execute("SELECT DISTINCT tenant FROM license_sku ORDER BY tenant")
    return [row["tenant"] for row in rows]


def told(connection: sqlite3.Connection, tenant: str, day: date) -> list[Sku]:
    """What a tenant told on a day, by subscription."""
    rows = connection.execute(
        "SELECT * FROM license_sku WHERE tenant = ? AND taken_on = ? ORDER BY sku", (tenant, day.isoformat())
    )
    return [_sku(row) for row in rows]


def forget(transaction: Transaction, tenant: str, day: date) -> None:
    """Take away what a tenant told on a day: another list of that day comes in its place."""
    transaction.connection.execute(
        "DELETE FROM license_sku WHERE tenant = ? AND taken_on = ?", (tenant, day.isoformat())
    )


def latest(connection: sqlite3.Connection) -> list[Sku]:
    """Every subscription as its tenant told it last; one that the last telling lacks is gone."""
    rows = connection.execute(
        "SELECT license_sku.* FROM license_sku JOIN (SELECT tenant, max(taken_on) AS last FROM license_sku "
        "GROUP BY tenant) AS newest ON newest.tenant = license_sku.tenant AND newest.last = taken_on "
        "ORDER BY license_sku.tenant, part_number, sku"
    )
    return [_sku(row) for row in rows]


def over_time(connection: sqlite3.Connection, since: date) -> list[Sku]:
    """Every telling of every subscription since a day, by subscription and day."""
    rows = connection.execute(
        "SELECT * FROM license_sku WHERE taken_on >= ? ORDER BY tenant, part_number, sku, taken_on",
        (since.isoformat(),),
    )
    return [_sku(row) for row in rows]


def keep_seats(transaction: Transaction, seats: Iterable[Seat], taken_on: date) -> None:
    """Keep who has a licence, in place of what was known before."""
    transaction.connection.execute("DELETE FROM license_seat")
    transaction.connection.executemany(
        "INSERT OR REPLACE INTO license_seat VALUES (?, ?, ?, ?, ?)",
        (
            (each.product, each.user, each.blocked, utc_text(each.last_seen) if each.last_seen else None,
             taken_on.isoformat())
            for each in seats
        ),
    )  # fmt: skip


def seats(connection: sqlite3.Connection) -> tuple[date | None, list[Seat]]:
    """Who has a licence, by product and user, and of which day that is."""
    rows = connection.execute("SELECT * FROM license_seat ORDER BY product, user").fetchall()
    taken_on = day_of(rows[0]["taken_on"]) if rows else None
    return taken_on, [
        Seat(
            row["product"],
            row["user"],
            None if row["blocked"] is None else bool(row["blocked"]),
            parse_utc(row["last_seen"]) if row["last_seen"] else None,
        )
        for row in rows
    ]


def _sku(row: sqlite3.Row) -> Sku:
    values = {name: row[name] for name in _SKU}
    return Sku(**{**values, "taken_on": date.fromisoformat(row["taken_on"])})
