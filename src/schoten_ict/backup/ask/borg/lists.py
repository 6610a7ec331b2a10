"""What borg 1.1 to 1.4 lists, read: archives, statistics, files and differences; pure.

Source: the manual's page *Internals / Frontends* on `--json` and `--json-lines`. Times are local, without a
zone; borg runs with TZ=UTC here, so they are UTC. Names that are no UTF-8 come with `?` for each such byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from schoten_ict.backup.ask.borg.log import json_object, short
from schoten_ict.backup.facts import Point
from schoten_ict.formats.answers import number, rows, text


class BorgOutputError(ValueError):
    """An answer that is not what borg answers."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive: its name, its point, and the words of the command that made it."""

    name: str
    point: Point
    command: tuple[str, ...] = ()


def archives(stdout: bytes) -> tuple[Archive, ...]:
    """`list --json REPOSITORY`, oldest first, without checkpoints. Raises `BorgOutputError`."""
    answer = json_object(stdout)
    if answer is None or not isinstance(answer.get("archives"), list):
        raise BorgOutputError("the answer holds no list of archives")
    found = (_archive(row) for row in rows(answer["archives"]))
    return tuple(
        sorted((each for each in found if not is_checkpoint(each.name)), key=lambda each: each.point.at)
    )


def is_checkpoint(name: str) -> bool:
    """Whether borg takes it for what an interrupted backup left: its own list hides such names."""
    return ".checkpoint" in name


def _archive(row: Mapping[str, Any]) -> Archive:
    name, identity = row.get("barchive") or row.get("name"), text(row, "id")
    begun, ended = _moment(row.get("start")), _moment(row.get("end"))
    if not isinstance(name, str) or not identity or begun is None:
        raise BorgOutputError("an archive without name, id or start")
    command = row.get("command_line")
    words = tuple(each for each in command if isinstance(each, str)) if isinstance(command, list) else ()
    seconds = (ended - begun).total_seconds() if ended else None
    return Archive(name, Point(identity, begun, text(row, "hostname") or "", seconds=seconds), words)


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Stats:
    """What an archive holds, and what no other one does (`packed`: compressed bytes of its own chunks)."""

    id: str
    files: int
    size: int
    packed: int


def stats_of(stdout: bytes) -> Stats:
    """The statistics in `info --json REPOSITORY::ARCHIVE` or `create --json`. Raises `BorgOutputError`."""
    answer = json_object(stdout) or {}
    row = next(iter(rows(answer.get("archives") or answer.get("archive"))), {})
    stats = row.get("stats")
    values = stats if isinstance(stats, Mapping) else {}
    names = ("nfiles", "original_size", "deduplicated_size")
    files, size, packed = (number(values.get(name)) for name in names)
    if files is None or size is None or packed is None:
        raise BorgOutputError("the answer holds no statistics of an archive")
    return Stats(text(row, "id") or "", files, size, packed)


class Item(msgspec.Struct, frozen=True):
    """One file, folder or link of an archive. `source` is what a link points to.

    `healthy` is False for a file in which a repair put zeros where chunks were missing.
    """

    type: str
    path: str
    size: int = 0
    mtime: str = ""
    healthy: bool = True
    source: str = ""

    @property
    def is_second_name(self) -> bool:
        """Whether it is a further name of a file that came before: borg gives no size then."""
        return self.type == "-" and bool(self.source)

    @property
    def modified(self) -> datetime:
        """When its content changed; the epoch where that is no time."""
        return _moment(self.mtime) or datetime(1970, 1, 1, tzinfo=UTC)


_ITEM = msgspec.json.Decoder(Item)


def item_of(line: bytes) -> Item:
    """One line of `list --json-lines REPOSITORY::ARCHIVE`. Raises `BorgOutputError`."""
    try:
        return _ITEM.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BorgOutputError(f"no item of an archive: {_start_of(line)}") from None


@dataclass(frozen=True, slots=True)
class Change:
    """A file that differs between two archives: `what` is `added`, `removed` or `modified`.

    `added` are the bytes of chunks that the earlier one did not have in this file.
    """

    path: str
    what: str
    added: int


def change_of(line: bytes) -> Change | None:
    """One line of `diff --json-lines`; None where no file's content changed. Raises `BorgOutputError`."""
    row = json_object(line)
    if row is None or not isinstance(path := row.get("path"), str):
        raise BorgOutputError(f"no difference: {_start_of(line)}")
    for each in rows(row.get("changes")):
        what = each.get("type")
        if what in _SIZES:
            return Change(path, str(what), number(each.get(_SIZES[what])) or 0)
    return None


_SIZES = {"added": "size", "modified": "added", "removed": ""}


def _start_of(line: bytes) -> str:
    return short(line[:200].decode("utf-8", "replace"))
