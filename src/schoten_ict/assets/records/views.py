"""Assets as they stand: with their holder, and filters that read like the question."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.facts import Holder
from schoten_ict.core.finding import subject
from schoten_ict.core.money import euros
from schoten_ict.core.result import Show, column
from schoten_ict.core.times import day_of, parse_utc

_SHOWN = ", ".join(
    f"asset_now.{name}"
    for name in (
        "tag", "category", "manufacturer", "model", "serial", "state", "holder_name",
        "holder_kind || ':' || asset_now.holder", "location", "site", "cost_centre", "warranty_until",
        "end_of_life", "due_back", "handover",
    )
)  # fmt: skip
"""The values of an `AssetRow`, in its order: to ask a row for each by name takes long for a long list."""

_LISTED = f"""
    SELECT {_SHOWN} FROM asset_now
    WHERE (:category IS NULL OR category = :category)
      AND (:state IS NULL OR state = :state)
      AND (:site IS NULL OR site = :site COLLATE NOCASE)
      AND (:location IS NULL OR location = :location COLLATE NOCASE)
      AND (:cost_centre IS NULL OR cost_centre = :cost_centre COLLATE NOCASE)
      AND (:supplier IS NULL OR supplier = :supplier COLLATE NOCASE)
      AND (:manufacturer IS NULL OR manufacturer = :manufacturer COLLATE NOCASE)
      AND (:model IS NULL OR model LIKE '%' || :model || '%')
      AND (:holder_kind IS NULL OR (holder_kind = :holder_kind AND holder = :holder COLLATE NOCASE))
      AND (:warranty_before IS NULL OR warranty_until < :warranty_before)
      AND (:end_of_life_before IS NULL OR end_of_life < :end_of_life_before)
      AND (:bought_before IS NULL OR purchase_date < :bought_before)
      AND (:bought_after IS NULL OR purchase_date > :bought_after)
      AND (NOT :unaccepted OR (handover IS NOT NULL AND outcome IS NULL))
      AND (NOT :overdue OR due_back < :today)
    ORDER BY tag
    LIMIT :limit
"""  # noqa: S608 - constants
_ONE = f"SELECT {_SHOWN} FROM asset_now WHERE tag = ?"  # noqa: S608 - constants
_FOUND = f"""
    SELECT {_SHOWN} FROM asset_text JOIN asset_now ON asset_now.id = asset_text.rowid
    WHERE asset_text MATCH ? ORDER BY rank LIMIT ?
"""  # noqa: S608 - constants
_DAYS = slice(11, 14)  # among the values shown


@dataclass(frozen=True, slots=True)
class Filter:
    """Which assets to list; None means any. `state` may be `assigned`; dates are exclusive bounds.

    Case does not count in what people type: site, location, cost centre, supplier, make, holder.
    """

    category: str | None = None
    state: str | None = None
    site: str | None = None
    location: str | None = None
    cost_centre: str | None = None
    supplier: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    warranty_before: date | None = None
    end_of_life_before: date | None = None
    bought_before: date | None = None
    bought_after: date | None = None
    unaccepted: bool = False
    overdue: bool = False
    limit: int = -1


@dataclass(frozen=True, slots=True)
class AssetRow:
    """One asset in a list."""

    tag: str = column("Tag")
    category: str = column("Category")
    manufacturer: str | None = column("Make", show=Show.IF_ROOM)
    model: str | None = column("Model")
    serial: str | None = column("Serial", show=Show.IF_ROOM)
    status: str = column("Status")
    holder: str | None = column("Holder", show=Show.IF_ANY)
    holder_key: str | None = column("Held by", show=Show.NEVER)
    location: str | None = column("Location", show=Show.IF_ROOM)
    site: str | None = column("Site", show=Show.NEVER)
    cost_centre: str | None = column("Cost centre", show=Show.NEVER)
    warranty_until: date | None = column("Warranty until", show=Show.IF_ANY)
    end_of_life: date | None = column("End of life", show=Show.NEVER)
    due_back: date | None = column("Due back", show=Show.IF_ANY)
    handover: str | None = column("Handover", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class AssetDetail:
    """One asset, whole. Costs are in euros."""

    tag: str = column("Tag")
    category: str = column("Category")
    manufacturer: str | None = column("Make")
    model: str | None = column("Model")
    serial: str | None = column("Serial")
    status: str = column("Status")
    holder: str | None = column("Holder", show=Show.IF_ANY)
    holder_key: str | None = column("Held by", show=Show.NEVER)
    held_since: datetime | None = column("Held since")
    due_back: date | None = column("Due back")
    handover: str | None = column("Handover")
    accepted: bool | None = column("Accepted")
    location: str | None = column("Location")
    site: str | None = column("Site")
    cost_centre: str | None = column("Cost centre")
    supplier: str | None = column("Supplier")
    order_number: str | None = column("Order")
    purchase_date: date | None = column("Bought on")
    purchase_cost: Decimal | None = column("Cost (EUR)")
    warranty_until: date | None = column("Warranty until")
    end_of_life: date | None = column("End of life")
    macs: tuple[str, ...] = column("MAC")
    imei: str | None = column("IMEI")
    sim: str | None = column("SIM")
    phone_number: str | None = column("Phone number")
    notes: str | None = column("Notes")
    fields: dict[str, str] = column("Fields")


def listed(
    connection: sqlite3.Connection, wanted: Filter, today: date, holder: Holder | None = None
) -> list[AssetRow]:
    """The assets that pass a filter, by tag."""
    values: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(wanted).items()
    }
    values["today"] = today.isoformat()
    values["holder_kind"] = holder.kind if holder else None
    values["holder"] = holder.key if holder else None
    return [_row(row) for row in connection.execute(_LISTED, values)]


_WORDS = {
    "category": "SELECT DISTINCT category FROM asset ORDER BY 1",
    "site": "SELECT DISTINCT site FROM asset WHERE site IS NOT NULL ORDER BY 1",
}


def words_of(connection: sqlite3.Connection, field: str) -> list[str]:
    """The categories or the sites that assets have."""
    return [row[0] for row in connection.execute(_WORDS[field])]


def one(connection: sqlite3.Connection, tag: str) -> AssetRow:
    """One asset as it stands in a list; its tag must be exact."""
    return _row(connection.execute(_ONE, (tag,)).fetchone())


def found(connection: sqlite3.Connection, text: str, limit: int) -> list[AssetRow]:
    """Assets in which every word of `text` begins a word somewhere (full text), best first."""
    query = " ".join(f'"{_quoted(word)}"*' for word in text.replace("\0", " ").split())
    if not query:
        return []
    rows = connection.execute(_FOUND, (query, limit))
    return [_row(row) for row in rows]


def detail(connection: sqlite3.Connection, tag: str) -> AssetDetail:
    """One asset whole; raises `NotFoundError`."""
    row = connection.execute("SELECT * FROM asset_now WHERE tag = ?", (tag,)).fetchone()
    if row is None:
        raise NotFoundError(f"no asset {tag!r}", subject=subject("asset", tag))
    return AssetDetail(
        **{name: row[name] for name in _SAME},
        status=row["state"],
        holder=row["holder_name"],
        holder_key=_holder_key(row),
        held_since=parse_utc(row["held_since"]) if row["held_since"] else None,
        due_back=day_of(row["due_back"]),
        accepted=row["outcome"] == "accepted" if row["handover"] else None,
        purchase_date=day_of(row["purchase_date"]),
        purchase_cost=euros(row["purchase_cents"]),
        warranty_until=day_of(row["warranty_until"]),
        end_of_life=day_of(row["end_of_life"]),
        macs=tuple(json.loads(row["macs"])),
        fields=json.loads(row["fields"]),
    )


_SAME = (
    "tag", "category", "manufacturer", "model", "serial", "handover", "location", "site", "cost_centre",
    "supplier", "order_number", "imei", "sim", "phone_number", "notes",
)  # fmt: skip


def _row(row: sqlite3.Row) -> AssetRow:
    values = list(row)
    values[_DAYS] = map(day_of, values[_DAYS])
    return AssetRow(*values)


def _holder_key(row: sqlite3.Row) -> str | None:
    return f"{row['holder_kind']}:{row['holder']}" if row["holder"] else None


def _quoted(word: str) -> str:
    """A word inside an FTS5 string: quotes doubled, nothing else has a meaning there."""
    return word.replace('"', '""')
