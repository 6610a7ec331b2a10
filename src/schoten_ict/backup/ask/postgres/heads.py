"""What the first bytes of a PostgreSQL backup say: its form, its versions, when it was made.

Formats: `pg_backup_archiver.c` (`ReadHead`, archive versions 1.10 to 1.16); `backup_label` and
`backup_manifest` of the manual's chapters on continuous archiving and on the backup manifest.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from schoten_ict.backup.ask.filepoints import Said, is_packed

LENGTH = 1024
"""How many bytes of a file must be read to know."""
ARCHIVE = b"PGDMP"
_TAR, _TAR_AT, _TAR_HEADER = b"ustar", 257, 512
_STRING = 1000
_LARGEST_INT = 8
_BEGINS = b"-- PostgreSQL database"
_START = re.compile(
    r"^START TIME: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ?([A-Z]{1,5}|[+-]\d{2}(?::?\d{2})?)?", re.MULTILINE
)
_STARTED = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ?([A-Z]{1,5}|[+-]\d{2}(?::?\d{2})?)?")
_ZONES = {"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2}


class Form(Enum):
    """What a backup of PostgreSQL is."""

    PLAIN = "plain dump"
    PACKED = "packed dump"
    CUSTOM = "custom dump"
    TAR = "tar dump"
    DIRECTORY = "directory dump"
    BASE = "base backup"
    BASE_TAR = "base backup in tar files"
    EMPTY = "empty file"
    NONE = "no backup of PostgreSQL"

    @property
    def is_archive(self) -> bool:
        """Whether `pg_restore` reads it."""
        return self in {Form.CUSTOM, Form.TAR, Form.DIRECTORY}

    @property
    def is_base(self) -> bool:
        """Whether it is a copy of a whole cluster's files."""
        return self in {Form.BASE, Form.BASE_TAR}


@dataclass(frozen=True, slots=True)
class Archive:
    """The header of an archive: its own version, of which database, by which versions, and when.

    `packed` is False when the data in it is not compressed. Times are local, without their zone.
    """

    version: tuple[int, int]
    packed: bool
    database: str
    server: str
    tool: str
    at: datetime | None


class _Reader:
    """The pieces of a header; raises `ValueError` at its end."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._place = len(ARCHIVE)
        self.int_size = 4

    def byte(self) -> int:
        if self._place >= len(self._head):
            raise ValueError("ends too early")
        self._place += 1
        return self._head[self._place - 1]

    def number(self) -> int:
        negative = self.byte()
        value = sum(self.byte() << 8 * place for place in range(self.int_size))
        return -value if negative else value

    def text(self) -> str:
        length = self.number()
        if length > _STRING:
            raise ValueError("a text is too long")
        return bytes(self.byte() for _ in range(max(0, length))).decode("utf-8", "replace")


def archive_of(head: bytes) -> Archive | None:
    """The header of an archive of `pg_dump`; None for anything else, and for a damaged one."""
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        head = head[_TAR_HEADER:]
    if not head.startswith(ARCHIVE):
        return None
    try:
        return _archive(_Reader(head))
    except ValueError:
        return None


def _archive(reader: _Reader) -> Archive:
    version = reader.byte(), reader.byte()
    reader.byte()  # revision
    reader.int_size = reader.byte()
    if not 0 < reader.int_size <= _LARGEST_INT or version < (1, 10):
        raise ValueError("no header that pg_restore reads today")
    reader.byte(), reader.byte()  # the size of offsets, the form
    packing = reader.byte() if version >= (1, 15) else reader.number()
    second, minute, hour, day, month, year, _ = (reader.number() for _ in range(7))
    database, server, tool = reader.text(), reader.text(), reader.text()
    try:
        at = datetime(year + 1900, month + 1, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        at = None
    return Archive(version, packing != 0, database, server, tool, at)


def form_of(head: bytes) -> Form:
    """What a file that begins so is."""
    if not head:
        return Form.EMPTY
    if head.startswith(ARCHIVE):
        return Form.CUSTOM
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return Form.TAR if head[_TAR_HEADER:].startswith(ARCHIVE) else Form.NONE
    if is_packed(head):
        return Form.PACKED
    return Form.PLAIN if _BEGINS in head else Form.NONE


def major_of(version: str) -> int | None:
    """The major version in a text such as `15.18 (Debian 15.18-0+deb12u1)` or `17beta1`; None without one."""
    match = re.match(r"\s*(\d{1,3})(?!\d)", version)
    return int(match[1]) if match else None


def started(text: str) -> Said | None:
    """A time such as `2026-11-26 02:05:00 CET`; one with a zone that is not known here counts as local."""
    match = _STARTED.match(text.strip())
    return _said(match) if match else None


def label_time(label: str) -> Said | None:
    """When a base backup was begun, by its `backup_label`."""
    match = _START.search(label)
    return _said(match) if match else None


def _said(match: re.Match[str]) -> Said | None:
    try:
        at = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
        offset = _offset(match[2] or "")
        return Said(at, zoned=False) if offset is None else Said((at - offset), zoned=True)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta | None:
    if zone in _ZONES:
        return timedelta(hours=_ZONES[zone])
    digits = re.fullmatch(r"([+-])(\d{2}):?(\d{2})?", zone)
    if digits is None:
        return None
    length = timedelta(hours=int(digits[2]), minutes=int(digits[3] or 0))
    return length if digits[1] == "+" else -length
