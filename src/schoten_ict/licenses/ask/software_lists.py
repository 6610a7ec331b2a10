"""Lists of installed software of other tools: GLPI's inventory files, and tables with a row per title."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from schoten_ict.core.errors import UsageError
from schoten_ict.core.hostfacts import Title
from schoten_ict.core.text import printable
from schoten_ict.formats import inventories
from schoten_ict.formats.headers import choose, fold
from schoten_ict.formats.inventories import listing, mapping, text
from schoten_ict.formats.privacy import refuse_national_numbers
from schoten_ict.formats.refusal import unreadable
from schoten_ict.formats.tables import RawTable
from schoten_ict.licenses.fields import why_not_kept

FIELDS = ("host", "title", "version", "publisher", "source")
_KNOWN: Mapping[str, str] = {
    word: field
    for field, words in {
        "host": "host hostname computer computername assetname machine device devicename toestel pc naam",
        "title": "title software softwarename name displayname application applicatie programma",
        "version": "version versie softwareversion displayversion",
        "publisher": "publisher softwarepublisher vendor manufacturer uitgever fabrikant",
        "source": "source bron",
    }.items()
    for word in words.split()
}
_LOGGED = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Lists:
    """Titles by machine. `at` is when they were read, where the source says so; `wrong` are rows left out."""

    source: str
    by_host: Mapping[str, tuple[Title, ...]]
    rows: int
    at: datetime | None = None
    wrong: Sequence[tuple[int, str]] = ()


def is_table(table: RawTable) -> bool:
    """Whether a table has a column for the machine and one for the title."""
    fields = {_KNOWN[word] for word in map(fold, table.header) if word in _KNOWN}
    return {"host", "title"} <= fields and not any(
        fold(each) in {"seats", "quantity"} for each in table.header
    )


def glpi(content: bytes, name: str, zone: tzinfo) -> Lists:
    """The titles of the one machine that an agent described; its clock is taken to be in `zone`.

    Raises `IncompleteError` (code `unreadable`) for a file without a machine or without software.
    """
    document = inventories.document(content, name)
    machine = mapping(document.get("content"))
    host = text(mapping(machine.get("hardware")).get("name")) or text(document.get("deviceid"))
    entries = [mapping(each) for each in listing(machine.get("softwares"))]
    if not host or not entries:
        raise unreadable(name, "names no machine with software", remedy="give a computer's inventory")
    if why := why_not_kept(host, name=True):
        raise unreadable(name, f"the machine's name {why}", remedy="take it out")
    titles = [_title(each) for each in entries]
    wrong = [(place, _refusal(host, each)) for place, each in enumerate(titles, start=1)]
    kept = tuple(each for each, (_, why) in zip(titles, wrong, strict=True) if each is not None and not why)
    return Lists(
        "glpi", {host: kept}, len(entries), _logged(machine, zone), [each for each in wrong if each[1]]
    )


def table(raw: RawTable, maps: Sequence[str]) -> Lists:
    """The titles of every machine in a table. Raises `UsageError` where a column is not found."""
    chosen = choose(raw.header, _KNOWN, maps, FIELDS)
    for field in ("host", "title"):
        if field not in chosen.columns:
            raise UsageError(
                f"{printable(raw.name)}: no column holds the {field}", remedy=f"give --map {field}=COLUMN"
            )
    refuse_national_numbers(raw)
    found: dict[str, dict[Title, None]] = defaultdict(dict)
    spelled: dict[str, str] = {}
    wrong = [
        (int(each.subject.rpartition(":")[2]), each.message) for each in raw.problems if each.code == "row"
    ]
    for line, cells in raw.rows:
        told = {field: printable(cells[at]).strip() for field, at in chosen.columns.items()}
        title = Title(
            told["title"], told.get("version") or None, told.get("publisher") or None,
            source=told.get("source") or None,
        )  # fmt: skip
        why = _refusal(told["host"], title)
        if why:
            wrong.append((line, why))
        else:
            found[spelled.setdefault(told["host"].casefold(), told["host"])][title] = None
    by_host = {host: tuple(titles) for host, titles in found.items()}
    return Lists("list", by_host, len(raw.rows) + len(raw.problems), wrong=sorted(wrong))


def _refusal(host: str, title: Title | None) -> str:
    """Why a title of a machine is not taken; "" where it is."""
    if not host or title is None or not title.name:
        return f"names no {'title' if host else 'host'}"
    for what, told in (
        ("host", host), ("title", title.name), ("publisher", title.publisher), ("version", title.version),
    ):  # fmt: skip
        why = why_not_kept(told, name=True) if told else ""
        if why:
            return f"{what} {why}"
    return ""


def _title(entry: Mapping[str, object]) -> Title | None:
    name = text(entry.get("name"))
    if not name:
        return None
    return Title(
        name,
        text(entry.get("version")) or None,
        text(entry.get("publisher")) or None,
        text(entry.get("arch")) or None,
        text(entry.get("from")) or None,
    )


def _logged(machine: Mapping[str, object], zone: tzinfo) -> datetime | None:
    told = text(mapping(machine.get("accesslog")).get("logdate"))
    try:
        return datetime.strptime(told, _LOGGED).replace(tzinfo=zone) if told else None
    except ValueError:
        return None
