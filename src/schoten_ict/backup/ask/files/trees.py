"""A look at folders: one plain tree, or dated folders of which the newest is looked at most."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from schoten_ict.backup.ask.copying import copied_back
from schoten_ict.backup.ask.filepoints import Copy, said_by_name, slice_of
from schoten_ict.backup.ask.files.archives import roots_of
from schoten_ict.backup.ask.files.finding import WRITING, kept_of, text_of
from schoten_ict.backup.ask.files.members import listed, matched, sums_below
from schoten_ict.backup.ask.files.reading import Placement
from schoten_ict.backup.ask.proving import (
    Listing,
    SourceCheck,
    SourceFiles,
    check_restored,
    named,
    source_files,
)  # fmt: skip
from schoten_ict.backup.ask.remembered import changed_since
from schoten_ict.backup.ask.there import fault_there
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Point, Probe, ReadProbe, Signs
from schoten_ict.backup.order import Order, Slice
from schoten_ict.backup.sent.archive import MANIFESTS
from schoten_ict.core.machine import Entry, Machine
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

_LISTING_SECONDS = 600.0
_UNPROVEN = "no manifest says what must be in it"


def look_at_tree(
    machine: Machine, order: Order, found: Sequence[Copy], newest: Copy, facts: BackupFacts
) -> BackupFacts:
    """What the newest folder holds and proves, and a share of the others. Raises `RemoteError`."""
    begun, folder = monotonic(), opened(machine, order, newest)
    said = said_by_name(newest.name)
    at = newest.at if said is not None else folder.written or newest.at
    began = at if said is not None and said.zoned else at - WRITING
    with source_files(order, began) as source:
        look = _Look(machine, order, replace(newest, at=at), folder, source)
        look.place()
        structure = look.structure(monotonic() - begun)
        return look.facts(found, replace(facts, structure=structure))


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder that is a backup.

    `files` are its files by path below it, `own` the manifests among them, `sums` what these, or one beside
    the folder, have of the others; `faults` is what is wrong with its list.
    """

    files: Mapping[str, Entry]
    own: frozenset[str]
    sums: Mapping[str, str]
    faults: tuple[Fault, ...]

    @property
    def written(self) -> datetime | None:
        """When something was last written into it; None for an empty one."""
        return max((entry.changed or entry.modified for entry in self.files.values()), default=None)


def opened(machine: Machine, order: Order, copy: Copy) -> Folder:
    """A folder's files, and the sums that a manifest beside it or in it has of them. Raises `RemoteError`."""
    tree = machine.tree(copy.path, order.deadline.left(_LISTING_SECONDS))
    files = {entry.path: entry for entry in tree.entries}
    own = frozenset(path for path in files if path in MANIFESTS)
    sums, fault = sums_of(machine, order, copy, own)
    faults = [
        *([fault] if fault else []),
        *named(Kind.OTHER, sorted(tree.unreadable), "that cannot be listed"),
    ]
    return Folder(files, own, sums, tuple(faults))


def sums_of(
    machine: Machine, order: Order, copy: Copy, own: frozenset[str]
) -> tuple[dict[str, str], Fault | None]:
    """The sums that are kept of the files in a folder, outside of it and in its manifests `own`.

    Raises `RemoteError`.
    """
    kept = kept_of(machine, order, copy)
    sums = {
        path.removeprefix("./").removeprefix(f"{copy.name}/"): digest for path, digest in kept.sums.items()
    }
    for name in sorted(own):
        sums |= sums_below(text_of(machine, order, f"{copy.path}/{name}") or "", "")
    return {path: digest for path, digest in sums.items() if path not in own}, kept.fault


@dataclass(slots=True)
class _Look:
    """One look at the newest folder `entries` are its files by path, named as in the source."""

    machine: Machine
    order: Order
    newest: Copy
    folder: Folder
    source: SourceFiles
    missing: list[str] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)

    def place(self) -> None:
        """Know where the files come from."""
        roots = roots_of(self.order, self.source)
        placement = Placement(self.folder.files, roots)
        self.missing = placement.missing
        for path, entry in self.folder.files.items():
            if path not in self.folder.own:
                self.entries[path] = replace(entry, path=placement.source_of(path))

    def structure(self, seconds: float) -> Probe:
        """Whether everything is there that must be, and nothing else."""
        folder, faults = self.folder, list(self.folder.faults)
        if not self.entries:
            faults.append(Fault(Kind.EMPTY, f"{printable(self.newest.name)} holds no file"))
        elif folder.sums:
            faults += listed(folder.sums, folder.files, folder.own)
        faults += [Fault(Kind.MISSING_FILES, f"nothing of {root} is in it", root) for root in self.missing]
        told = {"files": len(self.entries), "bytes": sum(entry.size for entry in self.entries.values())}
        return Probe(tuple(faults), None, seconds, told, "" if folder.sums else _UNPROVEN)

    def facts(self, found: Sequence[Copy], facts: BackupFacts) -> BackupFacts:
        """Everything that is proven, or not."""
        listing, check = Listing(self.order, self.newest.at), SourceCheck(self.source)
        for entry in self.entries.values():
            listing.feed(entry)
            check.feed(entry)
        chosen = {entry.path for entry in listing.chosen}
        sample = {path: entry for path, entry in self.entries.items() if entry.path in chosen}
        facts = replace(facts, points=self._judged(facts), source=check.probe())
        facts = self._with_content(found, sample, facts)
        identity = f"{self.newest.name} {self.newest.at.isoformat()}"
        return replace(facts, churn=changed_since(self.order, identity, listing, list(self.entries.values())))

    def _with_content(
        self, found: Sequence[Copy], sample: Mapping[str, Entry], facts: BackupFacts
    ) -> BackupFacts:
        """Read what is in the slice or the sample once, and compare it with all there is; restore it all."""
        order, part = self.order, self.order.read
        share = [path for path in self.folder.sums if path in self.folder.files and self._is_in(part, path)]
        wanted = {*share, *sample}
        begun, blocked, sums = monotonic(), None, dict[str, str]()
        try:
            sums = dict(self.machine.hashes(self.newest.path, sorted(wanted), order.deadline.left()))
        except RemoteError as error:
            blocked = fault_there(error)
        seconds = monotonic() - begun
        tried, signs = self._compared(sample, sums, seconds, blocked) if sample else (None, None)
        whole = self._drill() if order.drill else None
        reads = self._reads(part, found, share, sums, blocked) if part is not None else ()
        cannot = {} if self.folder.sums else {"read": _UNPROVEN}
        return replace(facts, sample=tried, signs=signs, drill=whole, reads=reads, cannot=cannot)

    def _is_in(self, part: Slice | None, path: str) -> bool:
        return part is not None and slice_of(f"{self.newest.name}/{path}", part.of) == part.number

    def _compared(
        self, files: Mapping[str, Entry], sums: Mapping[str, str], seconds: float, blocked: Fault | None
    ) -> tuple[Probe, Signs | None]:
        """Files as they lie there, compared with the manifest and the source."""
        if blocked is not None:
            return Probe(blocked=blocked), None
        sizes = {path: entry.size for path, entry in files.items()}
        probe, signs = check_restored(
            self.machine, self.newest.path, files, self.order, self.source, sums=sums, sizes=sizes
        )
        read = {path: digest for path, digest in sums.items() if path in files}
        faults = (*probe.faults, *matched(self.folder.sums, read))
        weak = self._weak("read where they lie", probe)
        return Probe(faults, None, seconds + probe.seconds, probe.told, weak), signs

    def _drill(self) -> Probe:
        """Everything copied elsewhere, and compared with the manifest and the source."""
        probe, sums = copied_back(self.machine, self.order, self.newest.path, self.entries, self.source)
        faults = (*probe.faults, *matched(self.folder.sums, sums))
        return replace(probe, faults=faults, weak=self._weak("", probe))

    def _weak(self, otherwise: str, probe: Probe) -> str:
        known = self.folder.sums or probe.told.get("compared")
        return otherwise if known else "nothing to compare them with"

    def _reads(
        self,
        part: Slice,
        found: Sequence[Copy],
        share: Sequence[str],
        sums: Mapping[str, str],
        blocked: Fault | None,
    ) -> tuple[ReadProbe, ...]:
        """What was read of the slice, of the newest folder and of the older ones that have a manifest."""
        begun = monotonic()
        read = {path: sums[path] for path in share if path in sums}
        faults = list(self._wrong(self.folder.sums, share, read)) if blocked is None else []
        files, known = len(read), bool(self.folder.sums)
        for copy in found:
            if not copy.entry.is_folder or copy.path == self.newest.path or blocked is not None:
                continue
            try:
                kept, wanted, older = self._older(copy, part)
            except RemoteError as error:
                blocked = fault_there(error)
                break
            known = known or bool(kept)
            files += len(older)
            for fault in self._wrong(kept, wanted, older):
                name = printable(copy.name)
                faults.append(Fault(fault.kind, f"{name}: {fault.message}", name))
        if not known:
            return ()
        size = sum(self.folder.files[path].size for path in read)
        told = {"files": files, "bytes": size}
        return (ReadProbe(part.number, part.of, Probe(tuple(faults), blocked, monotonic() - begun, told)),)

    def _older(self, copy: Copy, part: Slice) -> tuple[dict[str, str], list[str], dict[str, str]]:
        """The manifest of an older folder, the files of it that are in the slice, and their sums."""
        if self.order.deadline.over:
            raise RemoteError(f"{printable(copy.name)} was not read before the time was up", code="timeout")
        names = {
            name
            for name in MANIFESTS
            if self.machine.glob(f"{copy.path}/{name}", self.order.deadline.left(_LISTING_SECONDS))
        }
        kept, _ = sums_of(self.machine, self.order, copy, frozenset(names))
        wanted = [path for path in kept if slice_of(f"{copy.name}/{path}", part.of) == part.number]
        return kept, wanted, dict(self.machine.hashes(copy.path, wanted, self.order.deadline.left()))

    @staticmethod
    def _wrong(kept: Mapping[str, str], wanted: Sequence[str], read: Mapping[str, str]) -> Iterator[Fault]:
        yield from named(Kind.OTHER, sorted(set(wanted).difference(read)), "that cannot be read")
        yield from matched(kept, read)

    def _judged(self, facts: BackupFacts) -> tuple[Point, ...]:
        """The points again, with what was found of the newest."""
        files, size = len(self.entries), sum(entry.size for entry in self.entries.values())
        complete = facts.structure is not None and not facts.structure.faults
        return tuple(
            replace(point, at=self.newest.at, files=files, size=size, complete=complete)
            if point.id == printable(self.newest.name)
            else point
            for point in facts.points or ()
        )
