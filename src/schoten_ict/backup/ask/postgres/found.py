"""Which backups of PostgreSQL lie in a repository, of which form, and from when."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from schoten_ict.backup.ask.filepoints import Copy, Said, said_by_name, split, taken_at
from schoten_ict.backup.ask.postgres import heads
from schoten_ict.backup.ask.postgres.base import MANIFEST
from schoten_ict.backup.ask.postgres.heads import Archive, Form
from schoten_ict.backup.facts import Point
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Machine

_SECONDS = 60.0
_TARS = ("base.tar", "base.tar.gz", "pg_wal.tar", "pg_wal.tar.gz")
_INSIDE = ("toc.dat", MANIFEST, "backup_label", "PG_VERSION", *_TARS)
_STARTED = re.compile(rb"^-- Started on (.{1,60})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: `head` is how its file begins (of a folder: its `toc.dat` or its manifest).

    `archive` is the header of one that `pg_restore` reads. `tars` are the names of a base backup's tar files.
    """

    copy: Copy
    form: Form
    head: bytes = b""
    archive: Archive | None = None
    tars: tuple[str, ...] = ()
    label: str = ""

    @property
    def is_whole(self) -> bool | None:
        """False for what cannot be a whole backup; None where its beginning does not tell."""
        if self.form in {Form.EMPTY, Form.NONE}:
            return False
        return False if self.form.is_base and not self.head else None

    @property
    def point(self) -> Point:
        """The backup as the judge knows it; a folder's size is not known yet."""
        size = None if self.copy.entry.is_folder else self.copy.entry.size
        return Point(self.copy.name, self.copy.at, complete=self.is_whole, size=size)


def backups(machine: Machine, order: Order, copies: Sequence[Copy]) -> list[Backup]:
    """The backups with what their first bytes say, oldest first. Raises `RemoteError`."""
    if not copies:
        return []
    folder = split(copies[0].path)[0]
    seconds = order.deadline.left(_SECONDS)
    files = [copy.name for copy in copies if not copy.entry.is_folder]
    inside = [f"{copy.name}/{name}" for copy in copies if copy.entry.is_folder for name in _INSIDE]
    found = machine.heads(folder, [*files, *inside], heads.LENGTH, seconds)
    made = [_of_folder(copy, found) if copy.entry.is_folder else _of_file(copy, found) for copy in copies]
    return sorted(map(_dated, made), key=lambda backup: (backup.copy.at, backup.copy.name))


def _of_file(copy: Copy, found: Mapping[str, bytes]) -> Backup:
    head = found.get(copy.name)
    if head is None:  # there, and not readable: reading it tells why
        return Backup(copy, Form.PLAIN)
    return Backup(copy, heads.form_of(head), head, heads.archive_of(head))


def _of_folder(copy: Copy, found: Mapping[str, bytes]) -> Backup:
    inside = {name: found[f"{copy.name}/{name}"] for name in _INSIDE if f"{copy.name}/{name}" in found}
    if "toc.dat" in inside:
        head = inside["toc.dat"]
        return Backup(copy, Form.DIRECTORY, head, heads.archive_of(head))
    tars = tuple(name for name in _TARS if name in inside)
    if "PG_VERSION" not in inside and not tars:
        return Backup(copy, Form.NONE)
    label = inside.get("backup_label", b"").decode("utf-8", "replace")
    form = Form.BASE if "PG_VERSION" in inside else Form.BASE_TAR
    return Backup(copy, form, inside.get(MANIFEST, b""), None, tars, label)


def _dated(backup: Backup) -> Backup:
    """What a backup tells of its time goes before its name; a time with a zone before one without."""
    inside, outside = _said(backup), said_by_name(backup.copy.name)
    known = [each for each in (inside, outside) if each is not None]
    said = next((each for each in known if each.zoned), known[0] if known else None)
    return replace(backup, copy=replace(backup.copy, at=taken_at(said, backup.copy.entry.modified)))


def _said(backup: Backup) -> Said | None:
    if backup.archive is not None and backup.archive.at is not None:
        return Said(backup.archive.at, zoned=False)
    if backup.label:
        return heads.label_time(backup.label)
    started = _STARTED.search(backup.head) if backup.form is Form.PLAIN else None
    return heads.started(started[1].decode("ascii", "replace")) if started else None
