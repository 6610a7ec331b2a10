"""What is held now, as the checks need it."""

import sqlite3
from datetime import tzinfo

from schoten_ict.assets.judge.checks import HeldItem
from schoten_ict.core.facts import HolderKind
from schoten_ict.core.times import day_of, local_day, parse_utc


def held_items(connection: sqlite3.Connection, zone: tzinfo) -> list[HeldItem]:
    """Every asset that somebody holds, with its handover and its holder's last day."""
    rows = connection.execute(
        "SELECT asset_now.*, handover.issued_at, person.key AS person_known FROM asset_now "
        "LEFT JOIN handover ON handover.number = asset_now.handover "
        "LEFT JOIN person ON holder_kind = 'person' AND person.key = holder "
        "WHERE asset_now.holder IS NOT NULL ORDER BY tag"
    )
    return [_held(row, zone) for row in rows]


def _held(row: sqlite3.Row, zone: tzinfo) -> HeldItem:
    return HeldItem(
        tag=row["tag"],
        holder=row["holder_name"],
        holder_key=f"{row['holder_kind']}:{row['holder']}",
        leaves=day_of(row["holder_leaves"]),
        due_back=day_of(row["due_back"]),
        handover=row["handover"],
        handed_over_on=local_day(parse_utc(row["issued_at"]), zone) if row["issued_at"] else None,
        answered=row["outcome"] is not None,
        known=row["holder_kind"] != HolderKind.PERSON or row["person_known"] is not None,
    )
