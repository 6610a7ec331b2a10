"""The table of assets."""

import json
import sqlite3
from dataclasses import replace
from datetime import date
from typing import Any

from schoten_ict.assets.model import DATE_FIELDS, FIELD_NAMES, Asset, Status, changed, values_of
from schoten_ict.core.errors import ConflictError, NotFoundError
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest
from schoten_ict.formats.identifiers import serial_key
from schoten_ict.store import Transaction

_INSERT = """
    INSERT INTO asset (tag, category, status, manufacturer, model, serial, site, location, cost_centre,
        supplier, order_number, purchase_date, purchase_cents, warranty_until, end_of_life, macs, imei, sim,
        phone_number, notes, fields, serial_key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE = """
    UPDATE asset SET tag = ?, category = ?, status = ?, manufacturer = ?, model = ?, serial = ?, site = ?,
        location = ?, cost_centre = ?, supplier = ?, order_number = ?, purchase_date = ?, purchase_cents = ?,
        warranty_until = ?, end_of_life = ?, macs = ?, imei = ?, sim = ?, phone_number = ?, notes = ?,
        fields = ?, serial_key = ?
    WHERE tag = ?
"""


def get(connection: sqlite3.Connection, tag: str) -> Asset:
    """The asset of that tag (case does not count); raises `NotFoundError` with the nearest one."""
    row = connection.execute("SELECT * FROM asset WHERE tag = ?", (tag,)).fetchone()
    row = row or connection.execute("SELECT * FROM asset WHERE tag = ?", (tag.upper(),)).fetchone()
    if row is None:
        raise NotFoundError(
            f"no asset {tag!r}{_nearest_tag(connection, tag)}",
            subject=subject("asset", tag),
            remedy="ict assets find TEXT looks in all fields",
        )
    return asset_of(row)


def by_serial(connection: sqlite3.Connection, serial: str) -> Asset | None:
    """The asset with that serial number, or None."""
    row = connection.execute("SELECT * FROM asset WHERE serial_key = ?", (serial_key(serial),)).fetchone()
    return asset_of(row) if row else None


def insert(transaction: Transaction, asset: Asset, action: str = "asset.add") -> None:
    """Add an asset and journal it; raises `ConflictError` when its tag or serial number is taken."""
    require_unused(transaction.connection, asset)
    transaction.connection.execute(_INSERT, row_of(asset))
    transaction.record(action, asset.subject, None, values_of(asset))


def update(transaction: Transaction, before: Asset, after: Asset, action: str) -> bool:
    """Change an asset and journal what differs; returns False when nothing does."""
    old, new = changed(before, after)
    if not new:
        return False
    if before.tag != after.tag or before.serial != after.serial:
        require_unused(transaction.connection, after, besides=before.tag)
    transaction.connection.execute(_UPDATE, (*row_of(after), before.tag))
    transaction.record(action, after.subject, old, new)
    return True


def set_status(transaction: Transaction, asset: Asset, status: Status, action: str) -> Asset:
    """Move an asset to another status and journal it."""
    after = replace(asset, status=status)
    update(transaction, asset, after, action)
    return after


def require_unused(connection: sqlite3.Connection, asset: Asset, besides: str | None = None) -> None:
    """Raise `ConflictError` when another asset has this tag or this serial number."""
    taken = connection.execute("SELECT tag FROM asset WHERE tag = ?", (asset.tag,)).fetchone()
    if taken is not None and taken["tag"] != besides:
        raise ConflictError(f"tag {asset.tag} is taken", subject=asset.subject, remedy="leave --tag out")
    other = by_serial(connection, asset.serial) if asset.serial else None
    if other is not None and other.tag != besides:
        raise ConflictError(
            f"serial number {asset.serial} belongs to {other.tag} ({other.make})",
            subject=asset.subject,
            remedy=f"ict assets show {other.tag}",
        )


def allocate_tag(transaction: Transaction, pattern: str) -> str:
    """The next free tag of a pattern such as `LT-{:04}`; a rollback gives it back."""
    head, _, rest = pattern.partition("{")
    tail = rest.partition("}")[2]
    number = transaction.next_number(f"tag:{pattern}")
    if _taken(transaction.connection, pattern.format(number)):
        # Tags that came in by import are ahead of the sequence: go on after the highest.
        number = _highest(transaction.connection, head, tail) + 1
        transaction.connection.execute(
            "UPDATE sequence SET last = ? WHERE name = ?", (number, f"tag:{pattern}")
        )
    return pattern.format(number)


def asset_of(row: sqlite3.Row) -> Asset:
    """The asset in a row of `asset` or `asset_now`."""
    values: dict[str, Any] = {name: row[name] for name in FIELD_NAMES}
    for name in DATE_FIELDS:
        if values[name] is not None:
            values[name] = date.fromisoformat(values[name])
    values["status"] = Status(values["status"])
    values["macs"] = tuple(json.loads(values["macs"]))
    values["fields"] = json.loads(values["fields"])
    return Asset(**values)


def row_of(asset: Asset) -> tuple[object, ...]:
    """The asset's values in the order of the table's columns, `serial_key` last."""
    values = [getattr(asset, name) for name in FIELD_NAMES]
    flat = [each.isoformat() if isinstance(each, date) else each for each in values]
    flat[FIELD_NAMES.index("macs")] = json.dumps(asset.macs)
    flat[FIELD_NAMES.index("fields")] = json.dumps(dict(asset.fields), ensure_ascii=False)
    return (*flat, serial_key(asset.serial) if asset.serial else None)


def _taken(connection: sqlite3.Connection, tag: str) -> bool:
    return connection.execute("SELECT 1 FROM asset WHERE tag = ?", (tag,)).fetchone() is not None


def _highest(connection: sqlite3.Connection, head: str, tail: str) -> int:
    """The highest number among the tags that start with `head` and end with `tail`."""
    rows = connection.execute("SELECT tag FROM asset WHERE tag >= ? AND tag < ?", (head, head + "\U0010ffff"))
    middles = (row["tag"][len(head) :].removesuffix(tail) for row in rows)
    return max((int(middle) for middle in middles if middle.isdecimal()), default=0)


def _nearest_tag(connection: sqlite3.Connection, tag: str) -> str:
    rows = connection.execute("SELECT tag FROM asset WHERE tag LIKE ? LIMIT 2000", (f"{tag[:2]}%",))
    return nearest(tag.upper(), [row["tag"] for row in rows])
