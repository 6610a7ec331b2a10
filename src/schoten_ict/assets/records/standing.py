"""Assets with where they stand and who holds them."""

import sqlite3
from dataclasses import dataclass

from schoten_ict.assets.model import Asset
from schoten_ict.assets.records.assets import asset_of


@dataclass(frozen=True, slots=True)
class Standing:
    """An asset, its state (`assigned` or a status), and the name of its holder."""

    asset: Asset
    state: str
    holder: str | None


def every(connection: sqlite3.Connection) -> list[Standing]:
    """All assets, by tag."""
    rows = connection.execute("SELECT * FROM asset_now ORDER BY tag")
    return [Standing(asset_of(row), row["state"], row["holder_name"]) for row in rows]
