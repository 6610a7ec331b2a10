"""Dated data renewed from files that somebody downloaded: recognised, read, joined, and written whole."""

import codecs
import stat
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from schoten_ict.core.errors import ConflictError, NotFoundError
from schoten_ict.core.files import put_in_place, shared_folder, write_aside
from schoten_ict.core.text import printable
from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.data import endoflife, kev, merging, msrc, tables
from schoten_ict.patch.data.tables import Cycle, Exploited, Kind, Release, Table

MOST_BYTES = 64 << 20
"""The largest file that is read; a month of CVRF is about 20 MB."""
MOST_FILES = 1000
_ENDINGS = {".md", ".json", ".csv", ".xml"}
_SNIFFED = 4096
_WANTED = "give an MSRC CVRF document, a product of endoflife.date or CISA's KEV catalogue"


@dataclass(frozen=True, slots=True)
class Incoming:
    """What the files hold, by kind; None where none is of that kind. `skipped` are files of no kind."""

    builds: Table[Release] | None
    lifecycle: Table[Cycle] | None
    exploited: Table[Exploited] | None
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What a kind became. `before` and `as_of` are days; `added` and `changed` count rows, `rows` all.

    Lifecycles are as old as the one that was renewed longest ago. `newest` is the last month of builds, else
    the last day of which anything is, as text.
    """

    kind: Kind
    before: date
    as_of: date
    added: int
    changed: int
    rows: int
    newest: str


def read_source(path: Path, today: date) -> Incoming:
    """Read a file, or the files of a folder, not of those below it.

    Raises `NotFoundError` for nothing there, and `IncompleteError` (`unreadable`) for a broken file, for one
    that is too large or says that it is of a day to come, and where nothing is recognised. Tomorrow counts as
    today: it is that somewhere already. So does a release to come in a Markdown file, which states no day.
    """
    documents = list[msrc.Document]()
    cycles, exploited = list[Table[Cycle]](), list[Table[Exploited]]()
    dated, skipped = list[Table[Cycle]](), list[str]()
    for file in _files(path):
        content = _content(file)
        match _kind_of(content, file.name):
            case "cvrf-json":
                documents.append(_past(msrc.read_json(content, file.name), file.name, today))
            case "cvrf-xml":
                documents.append(_past(msrc.read_xml(content, file.name), file.name, today))
            case "product-markdown":
                cycles.append(endoflife.read_markdown(content, file.name))
            case "product-json":
                dated.append(_past(endoflife.read_json(content, file.name), file.name, today))
            case "kev-json":
                exploited.append(_past(kev.read_json(content, file.name), file.name, today))
            case "kev-csv":
                exploited.append(_past(kev.read_csv(content, file.name), file.name, today))
            case _:
                skipped.append(printable(file.name))
    if not (documents or cycles or dated or exploited):
        raise unreadable(path.name, "nothing in it is known", remedy=_WANTED)
    lifecycle = _lifecycle(_of_one_day(cycles), dated, today)
    return Incoming(_builds(documents, today), lifecycle, _exploited(exploited, today), tuple(skipped))


_Dated = TypeVar("_Dated", msrc.Document, Table[Cycle], Table[Exploited])


def _past(found: _Dated, name: str, today: date) -> _Dated:
    """What was read, where its day can be; one to come would make old data look new for as long."""
    if found.as_of > today + timedelta(days=1):
        remedy = "see the clock of this machine, or download it again"
        raise unreadable(name, f"says that it is of {found.as_of}, which lies ahead", remedy=remedy)
    return found


def _files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise NotFoundError(f"there is no {path}", remedy=_WANTED)
    if not path.is_dir():
        yield path
        return
    found = sorted(each for each in path.iterdir() if each.suffix.casefold() in _ENDINGS)
    if len(found) > MOST_FILES:
        raise unreadable(path.name, f"more than {MOST_FILES} files are in it", remedy="give them in parts")
    yield from found


def _content(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise unreadable(path.name, "is no regular file", remedy=_WANTED)
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise unreadable(path.name, error.strerror or "cannot be read", remedy=_WANTED) from error
    if len(content) > MOST_BYTES:
        raise unreadable(path.name, f"is larger than {MOST_BYTES >> 20} MiB", remedy=_WANTED)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _from_utf16(content, path.name)
    return content.removeprefix(codecs.BOM_UTF8)


def _from_utf16(content: bytes, name: str) -> bytes:
    """What PowerShell 5.1 writes with `>` is UTF-16."""
    try:
        return content.decode("utf-16").encode()
    except UnicodeError as error:
        raise unreadable(name, f"is no whole UTF-16: {error}", remedy=_WANTED) from error


def _kind_of(content: bytes, name: str) -> str | None:
    """What a file is, by what stands in it."""
    head = content[:_SNIFFED].lstrip()
    if head.startswith(b"---"):
        return "product-markdown"
    if head.startswith(b"<"):
        return "cvrf-xml" if b"cvrf" in head.lower() else None
    if head.startswith((b"cveID,", b'"cveID",')):
        return "kev-csv"
    return _json_kind(content, name) if head.startswith(b"{") else None


def _json_kind(content: bytes, name: str) -> str | None:
    try:
        keys = set(msgspec.json.decode(content, type=dict[str, msgspec.Raw]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(name, f"is no whole JSON: {error}", remedy="download it again") from error
    marks = {"DocumentTracking": "cvrf-json", "vulnerabilities": "kev-json", "result": "product-json"}
    return next((kind for mark, kind in marks.items() if mark in keys), None)


def _builds(documents: Sequence[msrc.Document], today: date) -> Table[Release] | None:
    if not documents:
        return None
    rows = msrc.releases([fix for each in documents for fix in each.fixes])
    as_of = min(max(each.as_of for each in documents), today)
    return Table(as_of, msrc.SOURCE, msrc.LICENCE, rows)


def _of_one_day(found: Sequence[Table[Cycle]]) -> list[Table[Cycle]]:
    """Markdown files that lie together are one checkout: all are of the day of the newest."""
    day = max((each.as_of for each in found), default=date.min)
    return [endoflife.dated(each, day) for each in found]


def _lifecycle(
    found: Sequence[Table[Cycle]], dated: Sequence[Table[Cycle]], today: date
) -> Table[Cycle] | None:
    joined: Table[Cycle] | None = None
    for each in (*found, *dated):
        table = each if each.as_of <= today else endoflife.dated(each, today)
        joined = table if joined is None else tables.newest_cycles(joined, table)
    return joined


def _exploited(found: Sequence[Table[Exploited]], today: date) -> Table[Exploited] | None:
    if not found:
        return None
    newest = max(found, key=lambda each: each.as_of)
    return msgspec.structs.replace(newest, as_of=min(newest.as_of, today))


def refresh(folder: Path, incoming: Incoming, *, force: bool = False) -> tuple[Change, ...]:
    """Join the data with what is known, write it into the workspace's `folder`, and tell what changed.

    All kinds are written, or none. Builds of months before the newest fill gaps and never replace; older
    lifecycles and an older catalogue are refused with `ConflictError` unless `force` is given.
    """
    known_builds, known_cycles, known_exploited = (
        tables.releases(folder).table, tables.cycles(folder).table, tables.exploited(folder).table,
    )  # fmt: skip
    if not force:
        _refuse_older(known_cycles, known_exploited, incoming)
    written, changes = dict[Kind, bytes](), list[Change]()
    if incoming.builds is not None:
        builds = merging.builds(known_builds, incoming.builds)
        written[Kind.BUILDS] = tables.content(builds)
        newest = max(row.month for row in builds.rows)
        changes.append(_change(Kind.BUILDS, known_builds, builds, newest))
    if incoming.lifecycle is not None:
        cycles = merging.lifecycle(known_cycles, incoming.lifecycle, force=force)
        written[Kind.LIFECYCLE] = tables.content(cycles)
        changes.append(_change(Kind.LIFECYCLE, known_cycles, cycles, cycles.as_of.isoformat()))
    if incoming.exploited is not None:
        entries = merging.exploited(known_exploited, incoming.exploited)
        written[Kind.EXPLOITED] = tables.content(entries)
        changes.append(_change(Kind.EXPLOITED, known_exploited, entries, entries.as_of.isoformat()))
    _write(folder, written)
    return tuple(changes)


def _refuse_older(cycles: Table[Cycle], exploited: Table[Exploited], incoming: Incoming) -> None:
    if incoming.lifecycle is not None:
        for name, have, told in merging.older_products(cycles, incoming.lifecycle):
            raise _older(f"the lifecycle of {name}", told, have)
    if incoming.exploited is not None and incoming.exploited.as_of < exploited.as_of:
        raise _older("the KEV catalogue", incoming.exploited.as_of, exploited.as_of)


def _older(what: str, told: date, have: date) -> ConflictError:
    return ConflictError(f"{what} is of {told}, older than what is there ({have})",
                         remedy="download it again, or give --force")  # fmt: skip


_KEYS: Mapping[Kind, Callable[[Any], Hashable]] = {
    Kind.BUILDS: lambda row: (row.server, row.build, row.ubr, row.hotpatch),
    Kind.LIFECYCLE: lambda row: (row.product, row.cycle),
    Kind.EXPLOITED: lambda row: row.cve,
}


def _change(kind: Kind, old: Table[Any], new: Table[Any], newest: str) -> Change:
    key, before, as_of = _KEYS[kind], old.as_of, new.as_of
    if kind is Kind.LIFECYCLE:
        before, as_of = tables.oldest_product(old), tables.oldest_product(new)
    had = {key(row): _facts(row) for row in old.rows}
    added = sum(key(row) not in had for row in new.rows)
    changed = sum(had.get(key(row), _facts(row)) != _facts(row) for row in new.rows)
    return Change(kind, before, as_of, added, changed, len(new.rows), newest)


def _facts(row: Any) -> Any:
    """A row without the day of its file, which changes each time."""
    return msgspec.structs.replace(row, as_of=date.min) if isinstance(row, Cycle) else row


def _write(folder: Path, files: Mapping[Kind, bytes]) -> None:
    """All files aside first, so that a full disk leaves what was there."""
    shared_folder(folder)
    aside: dict[Kind, Path] = {}
    try:
        for kind, content in files.items():
            aside[kind] = write_aside(folder, content, ".new")
    except BaseException:
        for path in aside.values():
            path.unlink(missing_ok=True)
        raise
    for kind, path in aside.items():
        put_in_place(path, tables.path_in(folder, kind))
