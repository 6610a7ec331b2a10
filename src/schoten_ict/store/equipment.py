"""Assets as other rooms need them: by tag and by serial number."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Equipment:
    """An asset as it stands. `state` is its status, or `assigned`; `holder` is `person:KEY` and the like."""

    tag: str
    category: str
    state: str
    manufacturer: str | None
    model: str | None
    serial: str | None
    holder: str | None
    holder_name: str | None


def every(connection: sqlite3.Connection) -> list[Equipment]:
    """All assets, by tag."""
    rows = connection.execute(
        "SELECT tag, category, state, manufacturer, model, serial, holder_kind, holder, holder_name "
        "FROM asset_now ORDER BY tag"
    )
    return [
        Equipment(
            tag=row["tag"],
            category=row["category"],
            state=row["state"],
            manufacturer=row["manufacturer"],
            model=row["model"],
            serial=row["serial"],
            holder=f"{row['holder_kind']}:{row['holder']}" if row["holder"] else None,
            holder_name=row["holder_name"],
        )
        for row in rows
    ]
