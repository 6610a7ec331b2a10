"""`ict who`: everything known about a person, a thing, a place or an address, from every room."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from schoten_ict.commands.completers import asset_tags, host_names, people_keys
from schoten_ict.commands.shell import new_app, workspace_of
from schoten_ict.core.errors import ConfigurationError, NotFoundError, Problem
from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.text import nearest, printable

if TYPE_CHECKING:
    import sqlite3

    from schoten_ict.core.finding import Finding
    from schoten_ict.inventory import Inventory
    from schoten_ict.workspace import Workspace

app = new_app()
MOST_SUBJECTS = 20
LAST_ENTRIES = 3
_STORE, _INVENTORY = "store", "inventory"
_KINDS = ("person", "asset", "host", "service", "subnet", "site", "room", "department", "document")
_ACTS = ("handover", "intake", "disposal")
Fact = tuple[str, str, str, datetime | None]
"""How it is related, what it is about, in words, and since when: what every room's lookup gives."""


@dataclass(frozen=True, slots=True)
class WhoRow:
    """One fact. `kind` is what the thing is, or how it is related to `about`; `source` says who knows."""

    kind: str = column("What")
    key: str = column("Which")
    what: str = column("Known")
    at: datetime | None = column("Since", show=Show.IF_ANY)
    source: str = column("Source")
    about: str = column("About", show=Show.NEVER)


@dataclass(frozen=True, slots=True)
class Room:
    """What one room offers: which subjects a word names exactly or nearly, names to guess from, facts."""

    source: str
    exact: Callable[[str], list[str]]
    similar: Callable[[str], list[str]]
    names: Callable[[str], list[str]]
    about: Callable[[str], Sequence[Fact]]


def _words(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    return [*people_keys(ctx, incomplete), *asset_tags(ctx, incomplete), *host_names(ctx, incomplete)]


@app.command("who")
def who(
    ctx: typer.Context,
    text: Annotated[
        list[str],
        typer.Argument(metavar="TEXT", help="Name, number, tag, serial, address ...", autocompletion=_words),
    ],
) -> Result[WhoRow]:
    """Everything known about a person, tag, serial, host or address.

      ict who "An Janssens"
      ict who LT-0042
      ict who 127.10.10.21

    Also a user name, e-mail address, telephone number, MAC address, IMEI, document number, room, department
    or service. What bears exactly that name comes first; without such a thing, all in which the words occur.
    """
    workspace = workspace_of(ctx)
    word = " ".join(text).strip()
    rooms, problems = _rooms(workspace)
    subjects = _named(rooms, word)
    rows = list(_everything(workspace, rooms, subjects[:MOST_SUBJECTS]))
    notes = []
    if not rows:
        subjects = list(dict.fromkeys(each for room in rooms for each in room.similar(word)))
        rows = list(_short(rooms, subjects[:MOST_SUBJECTS]))
        notes = [f"Nothing is called {printable(word)}; in these the words occur"] if rows else []
    if len(subjects) > MOST_SUBJECTS:
        notes.append(f"and {len(subjects) - MOST_SUBJECTS} more; be more precise")
    if not rows:
        missing = _missing(rooms, word)
        if not problems:
            raise missing
        problems = [*problems, *missing.problems]
    return Result("who", WhoRow, rows, problems=problems, notes=notes)


def _rooms(workspace: "Workspace") -> tuple[list[Room], list[Problem]]:
    """The rooms that can answer; a broken inventory is a problem and stops nobody else."""
    reader = workspace.store.reader
    rooms = _store_rooms(reader)
    try:
        rooms.append(_inventory_room(workspace.inventory))
    except ConfigurationError as error:
        from zoneinfo import ZoneInfo

        workspace.zone = ZoneInfo("Europe/Brussels")
        return rooms, list(error.problems)
    return rooms, []


def _store_rooms(reader: "sqlite3.Connection") -> list[Room]:
    from schoten_ict.assets.records import lookup as assets
    from schoten_ict.people import lookup as people

    return [
        Room(
            _STORE,
            lambda word: people.exact(reader, word),
            lambda word: people.similar(reader, word),
            lambda _word: people.names(reader),
            lambda about: people.about(reader, about),
        ),
        Room(
            _STORE,
            lambda word: assets.exact(reader, word),
            lambda word: assets.similar(reader, word),
            lambda word: assets.guess(reader, word),
            lambda about: assets.about(reader, about),
        ),
    ]


def _inventory_room(inventory: "Inventory") -> Room:
    from schoten_ict.inventory import lookup

    return Room(
        _INVENTORY,
        lambda word: lookup.exact(inventory, word),
        lambda word: lookup.similar(inventory, word),
        lambda _word: lookup.names(inventory),
        lambda about: lookup.about(inventory, about),
    )


def _named(rooms: Iterable[Room], word: str) -> list[str]:
    """The subjects that a word names; `room:GH-1.01` names only rooms."""
    kind, colon, rest = word.partition(":")
    narrowed = bool(colon) and kind in _KINDS
    found = dict.fromkeys(each for room in rooms for each in room.exact(rest if narrowed else word))
    return [each for each in found if not narrowed or each.startswith(f"{kind}:")]


def _everything(workspace: "Workspace", rooms: Sequence[Room], subjects: Sequence[str]) -> Iterator[WhoRow]:
    """All facts about each subject: the thing itself first, then what is related, findings, the journal."""
    for about in subjects:
        facts = [(room.source, fact) for room in rooms for fact in room.about(about)]
        own = about.partition(":")[0]
        facts.sort(key=lambda each: each[1][0] != own)
        yield from (WhoRow(*fact, source, about) for source, fact in facts)
        open_ones = [key for _, (kind, key, *_) in facts if kind == "handover"]
        yield from _findings(workspace, about, open_ones)
        yield from _entries(workspace, about)


def _short(rooms: Sequence[Room], subjects: Sequence[str]) -> Iterator[WhoRow]:
    """The thing itself and who holds it, of each subject."""
    for about in subjects:
        kinds = {about.partition(":")[0], "holder"}
        for room in rooms:
            yield from (WhoRow(*fact, room.source, about) for fact in room.about(about) if fact[0] in kinds)


def _findings(workspace: "Workspace", about: str, open_handovers: Iterable[str]) -> Iterator[WhoRow]:
    from schoten_ict.core.verdict import Verdict
    from schoten_ict.store import findings

    subjects = (about, *(f"handover:{number}" for number in open_handovers))
    for each in subjects:
        found = findings.open_findings(workspace.store.reader, workspace.now, subject=each)
        for finding in _judged(workspace, found):
            if finding.verdict is not Verdict.OK:
                word = f"{finding.verdict}, accepted" if finding.accepted else finding.verdict
                what = f"{word}: {finding.summary}"
                yield WhoRow("finding", finding.check, what, finding.first_seen, "findings", about)


def _judged(workspace: "Workspace", found: "list[Finding]") -> "list[Finding]":
    """The findings with the inventory's exceptions applied, where it can be read."""
    from schoten_ict.core.finding import apply_exceptions

    try:
        return apply_exceptions(found, workspace.inventory.exceptions, workspace.today)
    except ConfigurationError:  # told once, with the rooms
        return found


def _entries(workspace: "Workspace", about: str) -> Iterator[WhoRow]:
    from schoten_ict.store import journal

    kind, _, key = about.partition(":")
    acts = [f"{act}:{key}" for act in _ACTS] if kind == "document" else [about]
    reader = workspace.store.reader
    for entry in (each for act in acts for each in journal.entries(reader, subject=act, limit=LAST_ENTRIES)):
        yield WhoRow("journal", str(entry.seq), f"{entry.action} by {entry.who}", entry.at, "journal", about)


def _missing(rooms: Iterable[Room], word: str) -> NotFoundError:
    known = [name for room in rooms for name in room.names(word)]
    return NotFoundError(
        f"nothing is known of {printable(word)!r}{nearest(word, known)}",
        remedy="ict people list, ict assets find TEXT, ict inventory list",
    )
