"""What the records of equipment know of a word: subjects that it names, and facts about a subject."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from schoten_ict.assets.records import assets, handovers, losses, repairs, stories, views
from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.facts import Holder, HolderKind
from schoten_ict.core.finding import subject
from schoten_ict.core.times import parse_utc
from schoten_ict.formats.identifiers import clean_mac, serial_key
from schoten_ict.store import custody

MOST = 50
_SHORTEST_NUMBER = 8


class Fact(NamedTuple):
    """One line about a subject: how it is related, what it is about, in words, and since when."""

    kind: str
    key: str
    what: str
    at: datetime | None = None


def exact(connection: sqlite3.Connection, text: str) -> list[str]:
    """The assets with this tag, serial, MAC address, IMEI, SIM or phone number; documents; holders."""
    word = text.strip()
    found = [
        subject("asset", tag) for tag in dict.fromkeys((*_tags(connection, word), *_by_mac(connection, word)))
    ]
    numbers = connection.execute("SELECT number FROM document WHERE number = ?", (word.upper(),))
    found += [subject("document", row["number"]) for row in numbers.fetchall()]
    places = connection.execute(
        "SELECT DISTINCT holder_kind, holder FROM custody WHERE until IS NULL "
        "AND holder_kind IN ('room', 'department') AND holder = ? COLLATE NOCASE",
        (word,),
    )
    found += [subject(row["holder_kind"], row["holder"]) for row in places.fetchall()]
    rooms = connection.execute(
        "SELECT DISTINCT location FROM asset WHERE location = ? COLLATE NOCASE", (word,)
    )
    return list(dict.fromkeys([*found, *(subject("room", row["location"]) for row in rooms.fetchall())]))


def similar(connection: sqlite3.Connection, text: str) -> list[str]:
    """The assets in which every word begins a word somewhere, best first."""
    return [subject("asset", row.tag) for row in views.found(connection, text, MOST)]


def guess(connection: sqlite3.Connection, text: str) -> list[str]:
    """Tags that begin alike, to guess from."""
    start = text.strip()[:2]
    rows = connection.execute(
        "SELECT tag FROM asset WHERE tag COLLATE NOCASE >= ? AND tag COLLATE NOCASE < ? LIMIT 2000",
        (start, f"{start}\U0010ffff"),
    )
    return [row["tag"] for row in rows]


def about(connection: sqlite3.Connection, about: str) -> list[Fact]:
    """An asset with its holder, repairs and losses; what somebody or a place holds; a document."""
    kind, _, key = about.partition(":")
    if kind == "asset":
        return list(_asset(connection, key))
    if kind == "document":
        return list(_document(connection, key))
    if kind in {"person", "room", "department"}:
        return list(_holder(connection, Holder(HolderKind(kind), key)))
    return []


def _tags(connection: sqlite3.Connection, word: str) -> list[str]:
    number = _digits(word)
    queries = [("tag = ? COLLATE NOCASE", word), ("serial_key = ?", serial_key(word))]
    tags = [
        row["tag"]
        for condition, value in queries
        for row in connection.execute(f"SELECT tag FROM asset WHERE {condition}", (value,))  # noqa: S608 - constants
    ]
    if not number:
        return tags
    rows = connection.execute(
        "SELECT tag, imei, sim, phone_number FROM asset "
        "WHERE imei IS NOT NULL OR sim IS NOT NULL OR phone_number IS NOT NULL"
    )
    return tags + [tag for tag, *numbers in rows if number in (_digits(each or "") for each in numbers)]


def _by_mac(connection: sqlite3.Connection, word: str) -> list[str]:
    try:
        address = clean_mac(word)
    except ValueError:
        return []
    rows = connection.execute(
        "SELECT asset.tag FROM asset JOIN asset_text ON asset_text.rowid = asset.id WHERE asset_text MATCH ?",
        (f'macs : "{address}"',),
    )
    return [row["tag"] for row in rows]


def _digits(text: str) -> str:
    """A number as it is compared: digits, telephone numbers in the national form."""
    bare = "".join(char for char in text if char not in " ./-()")
    if bare.startswith(("+32", "0032")):
        bare = "0" + bare.removeprefix("+32").removeprefix("0032")
    return bare if len(bare) >= _SHORTEST_NUMBER and bare.isdecimal() else ""


def _asset(connection: sqlite3.Connection, tag: str) -> Iterator[Fact]:
    try:
        asset = assets.get(connection, tag)
    except NotFoundError:
        return
    row = views.one(connection, asset.tag)
    yield Fact("asset", asset.tag, _described(row))
    held = custody.current(connection, asset.tag)
    if held is not None:
        paper = f", {held.handover}" if held.handover else ""
        due = f", due back {held.due_back}" if held.due_back else ""
        yield Fact("holder", str(held.holder), f"{row.holder}{paper}{due}", held.since)
        if held.handover:
            yield from _handover(connection, held.handover, only_open=True)
    for below in custody.held_by(connection, Holder(HolderKind.ASSET, asset.tag)):
        yield Fact("holds", below.asset, _described(views.one(connection, below.asset)), below.since)
    for repair in repairs.of_asset(connection, asset.tag):
        state = repair.outcome or "in repair"
        words = ", ".join(part for part in (state, repair.supplier, repair.rma, repair.complaint) if part)
        yield Fact("repair", asset.tag, words, repair.started_at)
    for report in losses.of_asset(connection, asset.tag):
        back = f", found {report.found_at:%Y-%m-%d}" if report.found_at else ""
        holder = f", held by {report.holder}" if report.holder else ""
        yield Fact("loss", asset.tag, f"{report.kind}{holder}{back}", report.reported_at)
    for paper_of in stories.documents_of(connection, asset.tag):
        yield Fact(
            "document", paper_of.number, f"{paper_of.kind}, {paper_of.path}", parse_utc(paper_of.created_at)
        )


def _holder(connection: sqlite3.Connection, holder: Holder) -> Iterator[Fact]:
    held = custody.held_by(connection, holder)
    for each in held[:MOST]:
        yield Fact("holds", each.asset, _described(views.one(connection, each.asset)), each.since)
    if len(held) > MOST:
        yield Fact("holds", "...", f"and {len(held) - MOST} more: ict assets holder {holder}")
    if holder.kind is HolderKind.PERSON:
        for handover in handovers.of_person(connection, holder.key):
            yield from _handover(connection, handover.number, only_open=True)
    elif holder.kind is HolderKind.ROOM:
        tags = {each.asset for each in held}
        located = connection.execute(
            "SELECT tag FROM asset WHERE location = ? COLLATE NOCASE ORDER BY tag LIMIT ?", (holder.key, MOST)
        ).fetchall()
        for tag in (row["tag"] for row in located if row["tag"] not in tags):
            yield Fact("stands-here", tag, _described(views.one(connection, tag)))


def _document(connection: sqlite3.Connection, number: str) -> Iterator[Fact]:
    row = connection.execute("SELECT * FROM document WHERE number = ?", (number,)).fetchone()
    yield Fact("document", number, f"{row['kind']}, {row['path']}", parse_utc(row["created_at"]))
    yield from _handover(connection, number, only_open=False)
    items = connection.execute(
        "SELECT asset FROM handover_item WHERE handover = :number UNION SELECT asset FROM intake_item "
        "WHERE intake = :number UNION SELECT asset FROM disposal_item WHERE disposal = :number",
        {"number": number},
    ).fetchall()
    for tag in (item["asset"] for item in items):
        yield Fact("item", tag, _described(views.one(connection, tag)))


def _handover(connection: sqlite3.Connection, number: str, *, only_open: bool) -> Iterator[Fact]:
    try:
        handover = handovers.get(connection, number)
    except NotFoundError:
        return
    if only_open and handover.outcome is not None:
        return
    tags = ", ".join(item.asset for item in handover.items)
    state = f"{handover.outcome} on {handover.outcome_on}" if handover.outcome else "not signed yet"
    yield Fact("handover", number, f"{tags} to {handover.person}: {state}", handover.issued_at)


def _described(row: views.AssetRow) -> str:
    make = " ".join(part for part in (row.manufacturer, row.model) if part)
    serial = f"S/N {row.serial}" if row.serial else ""
    parts = (make, row.category, row.status, serial, row.location or row.site)
    return ", ".join(part for part in parts if part)
