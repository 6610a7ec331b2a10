"""The table of assets."""

import json
import re
import sqlite3
from collections.abc import Sequence
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
_MOST_DIGITS = 9


def get(connection: sqlite3.Connection, tag: str) -> Asset:
    """The asset of that tag (case does not count); raises `NotFoundError` with the nearest one."""
    tag = tag.strip()
    row = connection.execute("SELECT * FROM asset WHERE tag = ? COLLATE NOCASE", (tag,)).fetchone()
    if row is None:
        raise NotFoundError(
            f"no asset {tag!r}{_nearest_tag(connection, tag)}",
            subject=subject("asset", tag),
            remedy="ict assets find TEXT looks in all fields",
        )
    return asset_of(row)


def named(connection: sqlite3.Connection, tags: Sequence[str]) -> tuple[Asset, ...]:
    """The assets of these tags in their order, each once however often and in whatever case it is named."""
    found = (get(connection, tag) for tag in tags)
    return tuple({asset.tag: asset for asset in found}.values())


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
    """Change an asset and journal what differs; returns False when nothing does. Its tag stays."""
    old, new = changed(before, after)
    if not new:
        return False
    if before.tag != after.tag:
        raise ValueError("an asset keeps its tag")
    if before.serial != after.serial:
        require_unused(transaction.connection, after, besides=before.tag)
    transaction.connection.execute(_UPDATE, (*row_of(after), before.tag))
    transaction.record(action, after.subject, old, new)
    return True


def set_status(transaction: Transaction, asset: Asset, status: Status) -> Asset:
    """Move an asset to another status. The caller journals it: the status is a part of a larger act."""
    transaction.connection.execute("UPDATE asset SET status = ? WHERE tag = ?", (status, asset.tag))
    return replace(asset, status=status)


def require_unused(connection: sqlite3.Connection, asset: Asset, besides: str | None = None) -> None:
    """Raise `ConflictError` when another asset has this tag or this serial number."""
    if asset.tag != besides and _taken(connection, asset.tag):
        raise ConflictError(f"tag {asset.tag} is taken", subject=asset.subject, remedy="leave --tag out")
    other = by_serial(connection, asset.serial) if asset.serial else None
    if other is not None and other.tag != besides:
        raise ConflictError(
            f"serial number {asset.serial} belongs to {other.tag} ({other.make})",
            subject=other.subject,
            remedy=f"ict assets show {other.tag}",
        )


def allocate_tag(transaction: Transaction, pattern: str) -> str:
    """The next free tag of a pattern such as `LT-{:04}`; a rollback gives it back.

    Tags that came in by import may be ahead of the sequence. It begins after the highest of them, because
    a lower number that is free may still stick on something in a cupboard; and where it meets one later,
    it goes on after the highest.
    """
    sequence = f"tag:{pattern}"
    number = transaction.next_number(sequence)
    if number == 1 or _taken(transaction.connection, pattern.format(number)):
        number = max(number, _highest(transaction.connection, pattern) + 1)
        transaction.connection.execute("UPDATE sequence SET last = ? WHERE name = ?", (number, sequence))
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
    row = connection.execute("SELECT 1 FROM asset WHERE tag = ? COLLATE NOCASE", (tag,)).fetchone()
    return row is not None


def _highest(connection: sqlite3.Connection, pattern: str) -> int:
    """The highest number among the tags of a pattern; a longer one than people number by is no number."""
    head, _, rest = pattern.partition("{")
    tail = rest.partition("}")[2]
    shape = re.compile(rf"{re.escape(head)}([0-9]{{1,{_MOST_DIGITS}}}){re.escape(tail)}", re.IGNORECASE)
    rows = connection.execute(
        "SELECT tag FROM asset WHERE tag COLLATE NOCASE >= ? AND tag COLLATE NOCASE < ?",
        (head, head + "\U0010ffff"),
    )
    matches = (shape.fullmatch(row["tag"]) for row in rows)
    return max((int(match[1]) for match in matches if match), default=0)


def _nearest_tag(connection: sqlite3.Connection, tag: str) -> str:
    rows = connection.execute(
        "SELECT tag FROM asset WHERE tag COLLATE NOCASE >= ? AND tag COLLATE NOCASE < ? LIMIT 2000",
        (tag[:2], tag[:2] + "\U0010ffff"),
    )
    return nearest(tag.upper(), [row["tag"] for row in rows])
