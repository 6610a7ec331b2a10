"""Many assets at once: read whole, written with few statements."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from schoten_ict.assets.judge.reconcile import Known, Stored
from schoten_ict.assets.model import FIELD_NAMES
from schoten_ict.core.times import utc_text
from schoten_ict.formats.identifiers import serial_key, serial_keys
from schoten_ict.store import Transaction

MANY = 200
"""From so many new assets on, the full-text index is filled in one statement (six times faster)."""

_CACHE_KIB = 128 * 1024  # indexes of random serials do not fit in SQLite's usual 2 MiB
_VALUES = {"macs": "coalesce(macs, '[]')", "fields": "coalesce(fields, '{}')"}
_COLUMNS = (*FIELD_NAMES, "serial_key")
_TEXT = (
    "tag, category, manufacturer, model, serial, location, supplier, order_number, macs, imei, sim, "
    "phone_number, notes, fields"
)
_TRIGGER = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'asset_text_insert'"


def known(connection: sqlite3.Connection) -> Known:
    """Every asset with its holder, to compare a file with."""
    cursor = connection.cursor()
    cursor.row_factory = None
    rows = cursor.execute(
        f"SELECT {', '.join(f'asset.{name}' for name in _COLUMNS)}, holder_kind || ':' || holder, handover "  # noqa: S608 - constants
        "FROM asset LEFT JOIN custody ON custody.asset = asset.tag AND until IS NULL"
    )
    by_tag: dict[str, Stored] = {}
    by_serial: dict[str, str] = {}
    for *values, serial, holder, handover in rows:
        key = values[0].casefold()
        by_tag[key] = Stored(dict(zip(FIELD_NAMES, values, strict=True)), holder, handover)
        if serial:
            by_serial[serial] = key
    return Known(by_tag, by_serial)


def insert(transaction: Transaction, assets: Sequence[Mapping[str, Any]]) -> None:
    """Add assets, given as values by field in the form of the store. The caller journals them."""
    said = {name for values in assets for name in values}
    names = [name for name in FIELD_NAMES if name in said]
    keys = serial_keys([values.get("serial") for values in assets])
    rows = ((*map(values.get, names), key or None) for values, key in zip(assets, keys, strict=True))
    with _indexed_at_once(transaction.connection, len(assets)):
        _put(transaction.connection, "asset", (*names, "serial_key"), rows)


def update(transaction: Transaction, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Change assets: a tag, and the fields that change in the form of the store. The caller journals them."""
    for tag, values in changes:
        named = dict(values)
        if "serial" in named:
            named["serial_key"] = serial_key(named["serial"]) if named["serial"] else None
        places = ", ".join(f"{name} = ?" for name in named)
        transaction.connection.execute(
            f"UPDATE asset SET {places} WHERE tag = ?",  # noqa: S608 - names of columns, from the model
            (*named.values(), tag),
        )


def begin_custody(transaction: Transaction, held: Iterable[tuple[str, str]]) -> None:
    """Open periods of holding, given as tag and `person:1042`; none rests on a handover."""
    now = utc_text(transaction.now)
    rows = ((tag, *holder.split(":", 1), now) for tag, holder in held)
    _put(transaction.connection, "custody", ("asset", "holder_kind", "holder", "since"), rows)


def end_custody(transaction: Transaction, tags: Iterable[str]) -> None:
    """Close the open periods of these assets."""
    now = utc_text(transaction.now)
    transaction.connection.executemany(
        "UPDATE custody SET until = ? WHERE asset = ? AND until IS NULL", ((now, tag) for tag in tags)
    )


def begin_repairs(transaction: Transaction, tags: Iterable[str]) -> None:
    """Open a repair of which nothing else is known, for assets that a list calls in repair."""
    now = utc_text(transaction.now)
    transaction.connection.executemany(
        "INSERT INTO repair (asset, started_at) VALUES (?, ?)", ((tag, now) for tag in tags)
    )


def _put(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Add rows by way of a table in memory, so that one statement checks and indexes them all.

    SQLite builds the list behind `CHECK (status IN (...))` once for each statement, not once for each table.
    """
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    values = ", ".join(_VALUES.get(name, name) for name in columns)
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"CREATE TEMP TABLE incoming ({names})")
    connection.executemany(f"INSERT INTO incoming VALUES ({marks})", rows)  # noqa: S608 - question marks
    connection.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM incoming ORDER BY rowid")  # noqa: S608 - constants
    connection.execute("DROP TABLE incoming")


@contextmanager
def _indexed_at_once(connection: sqlite3.Connection, count: int) -> Iterator[None]:
    """Put the full-text trigger aside and index what was added in one statement.

    All of it happens inside the caller's transaction, so that a crash leaves the trigger in place.
    """
    if count < MANY:
        yield
        return
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    trigger = connection.execute(_TRIGGER).fetchone()[0]
    last = connection.execute("SELECT coalesce(max(id), 0) FROM asset").fetchone()[0]
    connection.execute("DROP TRIGGER asset_text_insert")
    yield
    connection.execute(
        f"INSERT INTO asset_text (rowid, {_TEXT}) SELECT id, {_TEXT} FROM asset WHERE id > ?",  # noqa: S608 - constants
        (last,),
    )
    connection.execute(trigger)
