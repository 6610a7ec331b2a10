"""A look at archives: the newest is read to its end each time, older ones in turn; files are restored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from schoten_ict.backup.ask.filepoints import Copy, in_slice, said_by_name, slice_of
from schoten_ict.backup.ask.files.finding import SECONDS, WRITING, Kept, kept_of
from schoten_ict.backup.ask.files.members import listed, matched, sums_below
from schoten_ict.backup.ask.files.reading import Placement, Reading, names_of, read_archive
from schoten_ict.backup.ask.proving import Listing, SourceCheck, SourceFiles, check_restored, source_files
from schoten_ict.backup.ask.remembered import changed_since
from schoten_ict.backup.ask.sums import Memory
from schoten_ict.backup.ask.there import fault_there
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Point, Probe, ReadProbe, Signs
from schoten_ict.backup.order import Order, Slice
from schoten_ict.backup.sent.unpacking import form_of
from schoten_ict.core.amounts import parse_size, size_text
from schoten_ict.core.machine import Entry, Machine
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

_SPARE = 64 * 1024 * 1024
"""What stays free on the disk of the scratch folder."""
_WHOLE = Slice(1, 1)
_CHECKSUMS = frozenset({"gzip", "bzip2", "xz", "zstd", "zip"})


def look_at_archive(
    machine: Machine, order: Order, found: Sequence[Copy], newest: Copy, facts: BackupFacts
) -> BackupFacts:
    """What the newest archive holds and proves, and the older ones of the slice. Raises `RemoteError`."""
    said = said_by_name(newest.name)
    began = newest.at if said is not None and said.zoned else newest.at - WRITING
    scratch = machine.scratch(order.owner, order.job.verify.scratch, order.deadline.left(SECONDS))
    with source_files(order, began) as source, scratch as folder:
        look = _Look(machine, order, newest, source, folder, kept_of(machine, order, newest), Memory(order))
        look.read()
        try:
            return look.facts(found, facts)
        finally:
            look.memory.keep(found)


@dataclass(slots=True)
class _Look:
    """One look at the newest archive of a job."""

    machine: Machine
    order: Order
    newest: Copy
    source: SourceFiles
    folder: str
    kept: Kept
    memory: Memory
    reading: Reading = field(default_factory=Reading)
    placement: Placement = field(default_factory=lambda: Placement((), ()))
    entries: dict[str, Entry] = field(default_factory=dict)

    def read(self) -> None:
        """Read the archive, and know where its files come from."""
        order, roots = self.order, roots_of(self.order, self.source)
        declared = [canary.path for canary in order.job.verify.canaries]
        wanted = [name for path in (*declared, *order.again) for name in names_of(path, roots)]
        aside = {"scratch": self.folder, "sample": order.sample, "seed": order.seed, "wanted": wanted}
        self.reading = self._read(self.newest, self.kept, order.read, {**aside, "limit": self._room()})
        self.placement = Placement(self.reading.members, roots)
        for path, member in self.reading.members.items():
            if path in self.reading.manifests:
                continue
            is_copy = len(self.reading.members) == len(roots) == 1 and roots[0] in self.source.files
            where = roots[0] if is_copy else self.placement.source_of(path)
            self.entries[path] = Entry(where, member.size, member.modified or self.newest.at)

    def facts(self, found: Sequence[Copy], facts: BackupFacts) -> BackupFacts:
        """Everything that is proven, or not."""
        structure = self._structure()
        facts = replace(facts, structure=structure, reads=self._reads(found))
        broken = [fault for fault in self.reading.faults if fault.kind in _BROKEN]
        if broken or self.reading.blocked is not None:
            damaged = {printable(self.newest.name): broken[0].message} if broken else {}
            points = self._judged(facts, complete=False if broken else None)
            return replace(facts, points=points, damaged=damaged)
        sample, signs = self._sample()
        listing, check = Listing(self.order, self.newest.at), SourceCheck(self.source)
        for entry in self.entries.values():
            listing.feed(entry)
            check.feed(entry)
        return replace(
            facts,
            points=self._judged(facts, complete=not structure.faults),
            source=check.probe(),
            sample=sample,
            signs=signs,
            drill=self._drill() if self.order.drill else None,
            churn=changed_since(self.order, self.newest.name, listing, list(self.entries.values())),
        )

    def _room(self) -> int:
        """The bytes that may be put into the scratch folder."""
        free = self.machine.free(self.folder, self.order.deadline.left(SECONDS)) - _SPARE
        return max(0, min(self.order.job.verify.scratch_bytes, free))

    def _read(self, copy: Copy, kept: Kept, part: Slice | None, aside: dict[str, Any]) -> Reading:
        bandwidth = self.order.job.verify.bandwidth
        request = {
            "slice": [part.number, part.of] if part else None,
            "raw": kept.own(copy) is not None or form_of(copy.name)[0] != "zip",  # which is read in its order
            "pace": parse_size(bandwidth) if bandwidth else 0,
            **aside,
        }
        return read_archive(self.machine, copy.path, request, self.order.deadline.left())

    def _structure(self) -> Probe:
        """Whether the newest archive is whole, the one that was made, and holds what it must."""
        reading = self.reading
        faults = [*reading.faults, *_as_kept(self.newest, self.kept, reading)]
        if not reading.faults and reading.blocked is None:
            for sums in self._sums(self.kept, reading):
                faults += listed(sums, reading.members, reading.manifests)
            faults += [
                Fault(Kind.MISSING_FILES, f"nothing of {root} is in it", root)
                for root in self.placement.missing
            ]
            faults += self.memory.differs(self.newest, reading.sha256)
        told = {"files": len(self.entries), "bytes": sum(entry.size for entry in self.entries.values())}
        packing, is_tar = form_of(self.newest.name)
        blocked = reading.blocked
        if packing is None and self.kept.own(self.newest) is None and not faults and blocked is None:
            words = f"{printable(self.newest.name)} has no checksums that are known here, and no manifest"
            blocked = Fault(Kind.NOT_PROVABLE, words, printable(self.newest.name))
        weak = "" if self._is_checked(packing) else "a plain tar has no checksums of its content"
        return Probe(tuple(faults), blocked, reading.seconds, told, weak if is_tar else "")

    def _is_checked(self, packing: str | None) -> bool:
        """Whether something shows a changed byte: sums of the packing, or a manifest."""
        return packing in _CHECKSUMS or bool(self.kept.sums) or bool(self.reading.manifests)

    def _sums(self, kept: Kept, reading: Reading) -> Iterator[dict[str, str]]:
        """The sums of files in an archive: from manifests in it, or one beside it that names them."""
        for path, text in reading.manifests.items():
            sums = sums_below(text, path.rpartition("/")[0])
            yield {name: digest for name, digest in sums.items() if name not in reading.manifests}
        named = {path.lstrip("/"): digest for path, digest in kept.sums.items()}
        if named and not set(named).isdisjoint(reading.members):
            yield named

    def _reads(self, found: Sequence[Copy]) -> tuple[ReadProbe, ...]:
        """What was read of the slice: a share of the newest archive's files, and older archives whole.

        What is wrong with the newest is told in the slice that it has of its own, so that it is read again
        until it is gone.
        """
        part = self.order.read
        if part is None:
            return ()
        begun, own = monotonic(), slice_of(self.newest.name, part.of)
        broken = [fault for fault in self.reading.faults if fault.kind in _BROKEN]
        wrong = [*broken, *self._wrong(self.kept, self.reading, part)]
        faults, blocked = wrong if own == part.number else [], self.reading.blocked
        told = {"backups": 1, "files": len(self.entries), "bytes": self.reading.told.get("bytes", 0)}
        for copy in in_slice(found, part):
            if copy is self.newest or copy.entry.is_folder:
                continue
            reading, more = self._older(copy)
            faults, blocked = [*faults, *more], blocked or reading.blocked
            told = {"backups": told["backups"] + 1, "files": told["files"] + len(reading.members),
                    "bytes": told["bytes"] + reading.told.get("bytes", 0)}  # fmt: skip
        seconds = self.reading.seconds + monotonic() - begun
        read = ReadProbe(part.number, part.of, Probe(tuple(faults), blocked, seconds, told))
        return (
            (read, ReadProbe(own, part.of, Probe(tuple(wrong)))) if wrong and own != part.number else (read,)
        )

    def _older(self, copy: Copy) -> tuple[Reading, list[Fault]]:
        """An older archive, read to its end, and what is wrong with it."""
        if self.order.deadline.over:
            late = Fault(Kind.TIMEOUT, f"{printable(copy.name)} was not read before the time was up")
            return Reading(blocked=late), []
        try:
            kept = kept_of(self.machine, self.order, copy)
        except RemoteError as error:
            return Reading(blocked=fault_there(error)), []
        reading = self._read(copy, kept, _WHOLE if self.reading.manifests or kept.sums else None, {})
        wrong = [*reading.faults, *_as_kept(copy, kept, reading), *self._wrong(kept, reading, _WHOLE)]
        if not wrong and reading.blocked is None:
            wrong += self.memory.differs(copy, reading.sha256)
        name = printable(copy.name)
        return reading, [Fault(each.kind, f"{name}: {each.message}", name) for each in wrong]

    def _wrong(self, kept: Kept, reading: Reading, part: Slice) -> Iterator[Fault]:
        """Files of a slice whose content is not that of a manifest."""
        found = {
            path: member.sha256
            for path, member in reading.members.items()
            if member.sha256 and slice_of(path, part.of) == part.number
        }
        for sums in self._sums(kept, reading):
            yield from matched(sums, found)

    def _sample(self) -> tuple[Probe | None, Signs | None]:
        """Files that were put aside, compared with the archive's list and with the source."""
        if not self.order.sample and not self.order.job.verify.canaries and not self.order.again:
            return None, None
        restored = self._restored(self.reading)
        if not restored:
            kind = Kind.NO_SPACE if self.reading.refused else Kind.NOT_PROVABLE
            return Probe(blocked=Fault(kind, "no file of it could be put aside")), None
        return check_restored(self.machine, self.folder, restored, self.order, self.source)

    def _restored(self, reading: Reading) -> dict[str, Entry]:
        """The files that were put aside, by their path in the scratch folder; manifests are none."""
        return {place: self.entries[path] for place, path in reading.aside.items() if path in self.entries}

    def _drill(self) -> Probe:
        """Everything restored, compared, and how long that took."""
        needed, room = self.reading.told.get("bytes", 0), self._room()
        if needed > room:
            words = f"{size_text(needed)} to restore, {size_text(room)} may be used"
            return Probe(blocked=Fault(Kind.NO_SPACE, words))
        aside = {"scratch": f"{self.folder}/drill", "limit": room, "everything": True}
        reading = self._read(self.newest, self.kept, _WHOLE, aside)
        restored = self._restored(reading)
        probe, _ = check_restored(self.machine, f"{self.folder}/drill", restored, self.order, self.source)
        changed = [] if reading.faults else self.memory.differs(self.newest, reading.sha256)
        faults = (*reading.faults, *changed, *probe.faults, *self._wrong(self.kept, reading, _WHOLE))
        lost = len(self.entries) - len(restored) - reading.told.get("doubles", 0)
        if lost > 0 and not faults and reading.blocked is None:
            faults = (Fault(Kind.MISSING_FILES, f"{lost} files of it were not restored"),)
        told = {**probe.told, "seconds": round(reading.seconds, 1)}
        return Probe(faults, reading.blocked, reading.seconds, told)

    def _judged(self, facts: BackupFacts, *, complete: bool | None) -> tuple[Point, ...]:
        """The points again, with what was found of the newest."""
        files = len(self.entries) if complete is not False and self.reading.blocked is None else None

        def judged(point: Point) -> Point:
            if point.id != printable(self.newest.name) or point.complete is False:
                return point
            return replace(point, complete=complete, files=files)

        return tuple(judged(point) for point in facts.points or ())


def roots_of(order: Order, source: SourceFiles) -> list[str]:
    """The declared paths as the files of the source are named."""
    machine = next(iter(source.hosts.values()), None)
    return [machine.path(path) if machine else path for path in order.job.source.paths]


_BROKEN = frozenset({Kind.DATA, Kind.TRUNCATED, Kind.EMPTY, Kind.OTHER})


def _as_kept(copy: Copy, kept: Kept, reading: Reading) -> Iterator[Fault]:
    """What is wrong with an archive itself, by the sum that is kept of it."""
    name = printable(copy.name)
    if kept.fault is not None:
        yield kept.fault
    digest = kept.own(copy)
    if digest is not None and reading.sha256 and digest != reading.sha256:
        yield Fault(
            Kind.MANIFEST, f"{name} is not what it was: another SHA-256 than kept in {kept.where}", name
        )
    if kept.sums and digest is None and set(kept.sums).isdisjoint(reading.members) and not reading.faults:
        yield Fault(Kind.MANIFEST, f"{printable(kept.where)} names neither {name} nor a file in it", name)
