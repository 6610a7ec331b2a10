"""Positions over time: how each product stood on the days of an audit."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from schoten_ict.core.verdict import Verdict
from schoten_ict.licenses.judge.positions import Position
from schoten_ict.store import Transaction


@dataclass(frozen=True, slots=True)
class Stood:
    """How a product stood on a day."""

    taken_on: date
    product: str
    metric: str
    owned: int | None
    required: int | None
    verdict: Verdict


def keep(transaction: Transaction, day: date, positions: Iterable[Position]) -> None:
    """Keep the positions of a day in place of those of an earlier audit on it."""
    transaction.connection.execute("DELETE FROM license_position WHERE taken_on = ?", (day.isoformat(),))
    transaction.connection.executemany(
        "INSERT INTO license_position VALUES (?, ?, ?, ?, ?, ?)",
        (
            (day.isoformat(), each.product, each.metric.value, each.owned, each.required, each.verdict.value)
            for each in positions
        ),
    )


def since(connection: sqlite3.Connection, day: date, product: str | None = None) -> list[Stood]:
    """How products stood since a day, by product and day."""
    rows = connection.execute(
        "SELECT * FROM license_position WHERE taken_on >= ? AND (? IS NULL OR product = ?) "
        "ORDER BY product, metric, taken_on",
        (day.isoformat(), product, product),
    )
    return [
        Stood(
            date.fromisoformat(row["taken_on"]), row["product"], row["metric"], row["owned"],
            row["required"], Verdict(row["verdict"]),
        )
        for row in rows
    ]  # fmt: skip
