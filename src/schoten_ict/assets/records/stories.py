"""What happened to an asset, from every table that knows, oldest first."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schoten_ict.core.finding import subject
from schoten_ict.core.money import euros
from schoten_ict.core.result import Show, column
from schoten_ict.store import documents, journal


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an asset."""

    at: datetime = column("When")
    who: str = column("By")
    what: str = column("What")
    details: str = column("Details")
    document: str | None = column("Document", show=Show.IF_ANY)
    seq: int = column("Entry", show=Show.NEVER)


_CENTS = "_cents"
_DOCUMENTS = """
    SELECT document.* FROM document WHERE number IN (
        SELECT handover FROM handover_item WHERE asset = :tag
        UNION SELECT intake FROM intake_item WHERE asset = :tag
        UNION SELECT disposal FROM disposal_item WHERE asset = :tag
        UNION SELECT scan FROM handover JOIN handover_item ON handover_item.handover = handover.number
            WHERE asset = :tag
    )
    ORDER BY created_at, number
"""


def history(connection: sqlite3.Connection, tag: str) -> list[Event]:
    """The journal's entries about an asset, oldest first, each with the document it rests on."""
    entries = journal.entries(connection, subject=subject("asset", tag))
    return [_event(entry, tag) for entry in reversed(entries)]


def documents_of(connection: sqlite3.Connection, tag: str) -> list[documents.Document]:
    """Every document in which an asset appears, oldest first."""
    rows = connection.execute(_DOCUMENTS, {"tag": tag})
    return [documents.Document(**dict(row)) for row in rows]


def _event(entry: journal.Entry, tag: str) -> Event:
    kind, _, name = entry.subject.partition(":")
    number = name if kind in {"handover", "intake", "disposal"} else None
    what = entry.action.removeprefix("asset.").removeprefix("handover.")
    return Event(entry.at, entry.who, what, "; ".join(_details(entry, tag)), number, entry.seq)


def _details(entry: journal.Entry, tag: str) -> Iterator[str]:
    if entry.changes is None:
        yield "(values no longer kept)"
        return
    for change in entry.changes:
        if change.subject != subject("asset", tag):
            continue
        before, after = change.before or {}, change.after or {}
        for name in dict.fromkeys((*before, *after)):
            yield from _difference(name, before.get(name), after.get(name), new=change.before is None)


def _difference(name: str, before: Any, after: Any, *, new: bool) -> Iterator[str]:
    if name.endswith(_CENTS):
        name, before, after = name.removesuffix(_CENTS), _euros(before), _euros(after)
    name = name.replace("_", " ")
    if before == after or (new and after in (None, [], {})):
        return
    if before in (None, "", [], {}):
        yield f"{name} {_text(after)}"
    elif after in (None, "", [], {}):
        yield f"{name} {_text(before)} -> none"
    else:
        yield f"{name} {_text(before)} -> {_text(after)}"


def _euros(cents: int | None) -> str | None:
    return None if cents is None else f"{euros(cents)} EUR"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(each)}" for key, each in value.items())
    return ", ".join(_text(each) for each in value) if isinstance(value, list) else str(value)
