"""Backups that are files or folders of one name pattern: which there are, and when they were taken."""

import ntpath
import posixpath
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order, Slice
from schoten_ict.core.machine import Entry, Machine
from schoten_ict.core.remote import RemoteError

PARTIAL = ".ict-partial"
"""The end of the name under which a backup is made; nobody's pattern but a careless one finds it."""
_BESIDE = ("-wal", "-shm", "-journal", ".sha256", ".md5", ".asc", ".sig", ".log", PARTIAL)
_SECONDS = 60.0
_ZONES = timedelta(hours=15)
"""How far a local time may lie from the moment at which its file was written."""
_NAMED = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"(?:[-_.T ]{0,2}([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:m]?([0-5]\d))?)?(Z)?(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Copy:
    """One file or folder. `name` is its id: the last part of `path`. `at` is when it was taken."""

    name: str
    path: str
    entry: Entry
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A time that a name or a backup itself tells. `zoned` is False for a local one, read as UTC."""

    at: datetime
    zoned: bool
    day_only: bool = False


def copies(machine: Machine, order: Order) -> list[Copy] | Fault:
    """The backups of a job, oldest first, or why there is none to look at. Raises `RemoteError`."""
    pattern = machine.path(order.job.repository.url)
    entries = machine.glob(pattern, order.deadline.left(_SECONDS))
    found = [each for each in entries if not each.path.endswith(_BESIDE)]
    if not found and (fault := _no_folder(machine, split(pattern)[0], order)):
        return fault
    made = [
        Copy(split(each.path)[1], each.path, each, taken_at(said_by_name(split(each.path)[1]), each.modified))
        for each in found
    ]
    return sorted(_by_day(made), key=lambda copy: (copy.at, copy.name))


def _by_day(made: Sequence[Copy]) -> list[Copy]:
    """The backups again: one whose name tells a day is no younger than that of a later day.

    Its file may have been written later (copied, unpacked), and then its own time says nothing.
    """
    days = {copy.name: said.at for copy in made if (said := said_by_name(copy.name)) and said.day_only}
    least: datetime | None = None
    ordered = [copy for copy in made if copy.name not in days]
    for copy in sorted(set(made) - set(ordered), key=lambda copy: (days[copy.name], copy.at), reverse=True):
        least = copy.at if least is None else min(copy.at, least)
        ordered.append(replace(copy, at=least))
    return ordered


def _no_folder(machine: Machine, folder: str, order: Order) -> Fault | None:
    try:
        machine.tree(folder, order.deadline.left(_SECONDS), most=1)
    except RemoteError as error:
        if error.problems[0].code == "absent":
            return Fault(Kind.NO_REPOSITORY, f"the folder {folder} is not there", folder)
        raise
    return None


def split(path: str) -> tuple[str, str]:
    """The folder and the name of an absolute path, of Windows or POSIX."""
    module = ntpath if ntpath.splitdrive(path)[0] else posixpath
    folder, name = module.split(path)
    return folder, name


def taken_at(said: Said | None, modified: datetime) -> datetime:
    """When a backup was taken: as told, else when its file was written.

    A local time that fits the moment of writing gives way to that moment, which has a zone. One that does
    not fit (a file that was copied later) is read as UTC.
    """
    if said is None:
        return modified
    if said.zoned:
        return said.at
    latest = said.at + _ZONES + (timedelta(days=1) if said.day_only else timedelta(0))
    return modified if said.at - _ZONES <= modified <= latest else said.at


def said_by_name(name: str) -> Said | None:
    """The time in a name such as `app-2026-11-26.db`, `app_20261126T0205Z.dump`; None without one."""
    for match in _NAMED.finditer(name):
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        try:
            at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            continue
        return Said(at, zoned=match[7] is not None and match[4] is not None, day_only=match[4] is None)
    return None


def is_packed(head: bytes) -> bool:
    """Whether a file that begins so is compressed."""
    return head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh", b"PK\x03\x04"))


def in_slice(found: Sequence[Copy], wanted: Slice | None) -> list[Copy]:
    """The backups of a slice, newest first. Each has its own for good, so that all are read in turn."""
    if wanted is None:
        return []
    return [copy for copy in reversed(found) if slice_of(copy.name, wanted.of) == wanted.number]


def slice_of(name: str, of: int) -> int:
    """The slice that a backup belongs to."""
    return zlib.crc32(name.encode("utf-8", "surrogateescape")) % of + 1
