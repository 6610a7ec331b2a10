"""Reading backups of PostgreSQL whole: what a dump or a base backup holds, and whether all of it is right."""

import hashlib
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from schoten_ict.backup.ask.filepoints import split
from schoten_ict.backup.ask.postgres import base
from schoten_ict.backup.ask.postgres.found import Backup
from schoten_ict.backup.ask.postgres.heads import Form, major_of
from schoten_ict.backup.ask.postgres.restoring import Source
from schoten_ict.backup.ask.postgres.scanned import Scan, faults_of, scan_of
from schoten_ict.backup.ask.postgres.tools import Tools, newest
from schoten_ict.backup.ask.slices import Seen
from schoten_ict.backup.ask.sums import Manifests, Memory, differs
from schoten_ict.backup.ask.there import fault_there, run_there
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order
from schoten_ict.core.amounts import parse_size, size_text
from schoten_ict.core.machine import Machine, Program
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import counted, printable

SPARE = 64 * 1024 * 1024
"""What stays free on the disk of the scratch folder."""
_SECONDS = 60.0
_NO_SUM = "no manifest keeps its SHA-256"
_WEAK = {
    Form.PLAIN: f"changed characters in its text are not seen: {_NO_SUM}",
    Form.TAR: f"changed bytes in its data are not seen: {_NO_SUM}",
    Form.CUSTOM: f"changed characters in its definitions are seen by a restore alone: {_NO_SUM}",
    Form.DIRECTORY: f"changed characters in its definitions are seen by a restore alone: {_NO_SUM}",
}


@dataclass(frozen=True, slots=True)
class Read:
    """A backup that was read: what is wrong, a dump's own words or a base backup's files, what is unseen."""

    seen: Seen
    scan: Scan | None = None
    files: base.Files | None = None
    weak: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Desk:
    """One look at several backups: the programs, the sums that are kept, a scratch folder, what was read."""

    machine: Machine
    order: Order
    scratch: str
    tools: Sequence[Tools]
    manifests: Manifests
    memory: Memory
    done: dict[str, Read] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """How many bytes may be put aside now. Raises `RemoteError`."""
        return max(0, min(self.order.job.verify.scratch_bytes, self._free - SPARE))

    @property
    def floor(self) -> int:
        """How many bytes must stay free on that disk. Raises `RemoteError`."""
        return max(SPARE, self._free - self.order.job.verify.scratch_bytes)

    @property
    def _free(self) -> int:
        return self.machine.free(self.scratch, self.order.deadline.left(_SECONDS))

    def read(self, backup: Backup) -> Read:
        """Read a backup to its end, once."""
        name = backup.copy.name
        if name not in self.done:
            begun = monotonic()
            try:
                found = self._read(backup)
            except RemoteError as error:
                found = Read(Seen((fault_there(error),)))
            digest = str(found.seen.told.get("sha256", ""))
            faults = (*found.seen.faults, *self.memory.differs(backup.copy, digest))
            named = [
                replace(each, message=f"{printable(name)}: {each.message}", where=name) for each in faults
            ]
            seen = replace(found.seen, faults=tuple(named))
            self.done[name] = replace(found, seen=seen, seconds=monotonic() - begun)
        return self.done[name]

    def _read(self, backup: Backup) -> Read:
        if self.order.deadline.over:
            return Read(Seen((Fault(Kind.TIMEOUT, "was not read before the time was up"),)))
        if backup.form is Form.EMPTY:
            return Read(Seen((Fault(Kind.EMPTY, "is a file of 0 bytes"),)))
        if backup.form is Form.NONE:
            words = "does not begin as a backup of PostgreSQL: encrypted, overwritten, or none"
            return Read(Seen((Fault(Kind.DATABASE, words),)))
        return self._base(backup) if backup.form.is_base else self._dump(backup)

    def _dump(self, backup: Backup) -> Read:
        source = self.source(backup)
        if isinstance(source, Fault):
            return Read(Seen((source,)))
        pace = self.order.job.verify.bandwidth
        request = source.request("scan") | {"pace": parse_size(pace) if pace else 0}
        scan = scan_of(run_there(self.machine, "dump", request, self.order.deadline.left()))
        digest, size = scan.sha256, backup.copy.entry.size
        faults = [*self._inside(backup), *faults_of(scan)]
        if scan.late:
            faults = [Fault(Kind.TIMEOUT, "was not read to its end in time")]
        if backup.form.is_archive:
            digest, size = self._sum(backup)
        kept = None if backup.copy.entry.is_folder else self.manifests.sum_of(backup.copy)
        faults += differs(backup.copy, kept, digest)
        told: dict[str, int | float | str] = {
            "bytes": size, "sha256": digest, "form": backup.form.value, "tables": scan.tables,
        }  # fmt: skip
        weak = "" if isinstance(kept, str) else _WEAK.get(backup.form, "")
        return Read(Seen(tuple(faults), told), scan, None, weak)

    def source(self, backup: Backup) -> Source | Fault:
        """Where the text of a dump comes from; which programs are needed for it and not there."""
        if not backup.form.is_archive:
            return Source(backup.copy.path)
        tools = newest(self.tools, major_of(backup.archive.tool) if backup.archive else None)
        if isinstance(tools, Fault):
            return tools
        words = (tools.path("pg_restore"), "-f", "-", "--", backup.copy.path)
        return Source("", words, backup.copy.path if backup.form is Form.TAR else "")

    def _inside(self, backup: Backup) -> Iterator[Fault]:
        """What the archive's header and its files say, which `pg_restore` does not mind."""
        declared = self.order.job.source.database
        archive = backup.archive
        if declared and archive and archive.database and archive.database != declared.name:
            words = f"is a dump of the database {printable(archive.database)}, not of {declared.name}"
            yield Fault(Kind.DIFFERS, words)
        if backup.form is Form.DIRECTORY:
            entries = self.machine.tree(backup.copy.path, self.order.deadline.left(_SECONDS)).entries
            empty = [entry.path for entry in entries if not entry.size]
            if empty:
                files = counted(len(empty), "file")
                yield Fault(
                    Kind.TRUNCATED, f"{files} of 0 bytes, which pg_restore takes for no rows: {empty[0]}"
                )

    def _sum(self, backup: Backup) -> tuple[str, int]:
        """The SHA-256 of an archive and its size; of a folder, that of the list of its files' sums."""
        left = self.order.deadline.left
        if not backup.copy.entry.is_folder:
            folder, name = split(backup.copy.path)
            return self.machine.hashes(folder, [name], left()).get(name, ""), backup.copy.entry.size
        entries = self.machine.tree(backup.copy.path, left(_SECONDS)).entries
        sums = self.machine.hashes(backup.copy.path, [entry.path for entry in entries], left())
        lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(sums.items()))
        digest = hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
        return digest, sum(entry.size for entry in entries)

    def _base(self, backup: Backup) -> Read:
        if not backup.head:
            words = "has no backup_manifest: it was not finished, or made without"
            return Read(Seen((Fault(Kind.INCOMPLETE, words),)))
        folder, faults = backup.copy.path, list[Fault]()
        if backup.form is Form.BASE_TAR:
            folder, faults = self._unpacked(backup)
        if faults:
            return Read(Seen(tuple(faults)))
        files = base.files_of(self.machine, self.order, folder, self.tools)
        if isinstance(files, Fault):
            return Read(Seen((files,)))
        faults = list(base.verify(self.machine, self.order, files))
        left = self.order.deadline.left
        size = sum(entry.size for entry in self.machine.tree(backup.copy.path, left(_SECONDS)).entries)
        digest = self.machine.hashes(backup.copy.path, [base.MANIFEST], left(_SECONDS)).get(base.MANIFEST, "")
        sums = "" if b'"Checksum-Algorithm"' in backup.head else "its manifest has no checksums"
        told: dict[str, int | float | str] = {"bytes": size, "sha256": digest, "form": backup.form.value}
        return Read(Seen(tuple(faults), told), None, files, "; ".join(filter(None, (files.weak, sums))))

    def _unpacked(self, backup: Backup) -> tuple[str, list[Fault]]:
        """A base backup in tar files as the folder that it is of; one at a time."""
        target = posixpath.join(self.scratch, "unpacked")
        seconds = self.order.deadline.left()
        self.machine.run(Program(("rm", "-rf", "--", target), seconds=seconds))
        self.machine.run(Program(("mkdir", "-m", "700", "--", target), seconds=_SECONDS))
        room, size = self.room, self.machine.tree(backup.copy.path, _SECONDS).entries
        if sum(entry.size for entry in size) > room:
            words = (
                f"needs {size_text(sum(entry.size for entry in size))} aside, {size_text(room)} may be used"
            )
            return target, [Fault(Kind.NO_SPACE, words)]
        arguments = (backup.copy.path, backup.tars, target, room)
        return target, list(base.unpack(self.machine, self.order, *arguments))
