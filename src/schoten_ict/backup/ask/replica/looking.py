"""A look at a replica and its source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from schoten_ict.backup.ask.copying import copied_back
from schoten_ict.backup.ask.filepoints import slice_of
from schoten_ict.backup.ask.proving import SETTLED, Listing, SourceFiles, check_restored, fault_of, named
from schoten_ict.backup.ask.remembered import changed_since, seen_lately
from schoten_ict.backup.ask.replica.comparing import Difference, compared, is_below
from schoten_ict.backup.ask.replica.hashing import Hashed, hashed
from schoten_ict.backup.ask.replica.source import Source, source_of
from schoten_ict.backup.ask.replica.strays import strays
from schoten_ict.backup.ask.replica.timing import ahead, goes_on, last_taken
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Point, Probe, ReadProbe, Signs
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Entry, Machine, Tree
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.times import Duration

POINT = "replica"
"""A replica is one backup, and always the same one."""
_LISTING_SECONDS = 600.0
_RPO = Duration(seconds=26 * 3600)
_NO_SOURCE = "the source cannot be looked at from here, and without it a replica proves nothing"
_IN_PLACE = "read where it lies, not copied back"


def observe(machine: Machine, order: Order) -> BackupFacts:
    """What a replica holds, what it lacks, and whether its content is that of the source."""
    root, begun = machine.path(order.job.repository.url), monotonic()
    try:
        tree = machine.tree(root, order.deadline.left(_LISTING_SECONDS))
    except RemoteError as error:
        return BackupFacts("replica", order.now, access=_access(error, root))
    replica = _Replica(machine, order, root, tree, begun)
    access = Probe(told={"files": len(replica.files)})
    facts = BackupFacts("replica", order.now, access=access, points=(replica.point(),))
    if not order.deep:
        return facts
    if order.source is None:
        unproven = dict.fromkeys(("source", "read", "sample", "drill"), _NO_SOURCE)
        return replace(facts, structure=replica.structure((), running=False), cannot=unproven)
    with source_of(order, order.source, replica.files.keys()) as source:
        return _Look(replica, source).facts(facts)


def _access(error: RemoteError, root: str) -> Probe:
    if error.problems[0].code == "absent":
        return Probe((Fault(Kind.NO_REPOSITORY, f"the folder {root} is not there", root),))
    return Probe(blocked=fault_of(error))


@dataclass(slots=True)
class _Replica:
    """The copy: `files` are its files by path."""

    machine: Machine
    order: Order
    root: str
    tree: Tree
    begun: float
    files: dict[str, Entry] = field(init=False)

    def __post_init__(self) -> None:
        self.files = {entry.path: entry for entry in self.tree.entries}

    def point(self) -> Point:
        """The replica as a backup: of when something was last written into it, as far as it alone tells."""
        written = [entry.changed or entry.modified for entry in self.files.values()]
        size = sum(entry.size for entry in self.files.values())
        at = min(max(written, default=self.order.now), self.order.now)
        return Point(POINT, at, files=len(self.files), size=size, complete=None if self.files else False)

    def structure(self, strange: Sequence[str], *, running: bool) -> Probe:
        """Whether it can be looked at whole, holds something, and nothing that does not belong there."""
        empty = [] if self.files else [Fault(Kind.EMPTY, "the replica holds no file", self.root)]
        faults = (
            *empty,
            *named(Kind.OTHER, sorted(self.tree.unreadable), "of the replica that cannot be listed"),
            *named(Kind.EXTRA, strange, "that never were in the source"),
        )
        told = {"files": len(self.files), "bytes": sum(entry.size for entry in self.files.values())}
        weak = "a copy is being made right now" if running else ""
        return Probe(faults, None, monotonic() - self.begun, told, weak)


@dataclass(slots=True)
class _Look:
    """One look at both sides."""

    replica: _Replica
    source: Source

    @property
    def _order(self) -> Order:
        return self.replica.order

    def facts(self, facts: BackupFacts) -> BackupFacts:
        """Everything that is proven, or not."""
        source, order = self.source, self._order
        if source.blocked is not None:
            return self._unproven(facts, source.blocked)
        try:
            found = self._told_apart(self._compared())
            strange = strays(found.extra, self.replica.files, source, order.deadline.left)
        except RemoteError as error:
            return self._unproven(facts, fault_of(error))
        structure = self.replica.structure(strange, running=found.running)
        complete = self._complete(found)
        facts = replace(
            facts, structure=structure, source=complete, points=self._point(found, structure, complete)
        )
        return self._with_content(found, facts)

    def _unproven(self, facts: BackupFacts, why: Fault) -> BackupFacts:
        """What remains when the source cannot be looked at."""
        blocked, order = Probe(blocked=why), self._order
        reads = (ReadProbe(order.read.number, order.read.of, blocked),) if order.read else ()
        structure = self.replica.structure((), running=False)
        drill = blocked if order.drill else None
        return replace(facts, structure=structure, source=blocked, reads=reads, sample=blocked, drill=drill)

    def _compared(self) -> Difference:
        """What differs. Younger than the RPO is on its way only where nothing was copied since.

        Raises `RemoteError`.
        """
        source, replica, order = self.source.files, self.replica.files, self._order
        settled = (order.job.rpo or _RPO).before(order.now) - SETTLED
        found = compared(source, replica, settled)
        if not found.late:
            return found
        strict = compared(source, replica, settled, self._taken(found.late), self._kept(found.late))
        if strict.late == found.late:
            return found
        if goes_on(self.replica.machine, self.replica.root, order, replica):
            return replace(found, running=True)
        return strict

    def _taken(self, late: Sequence[str]) -> dict[str, datetime]:
        """When the replica last took something, by the clock of each host of these files."""
        at = last_taken(self.source.files, self.replica.files)
        if at is None:
            return {}
        hosts = {self.source.files[path].host for path in late}
        machines = self.source.machines
        return {host: at - ahead(self.replica.machine, machines[host], self._order) for host in hosts}

    def _kept(self, late: Sequence[str]) -> set[str]:
        """Those of these files that an earlier look saw in the replica, as they still are in the source."""
        before = seen_lately(self._order)
        held = {path: self.source.files[path] for path in late}
        return {
            path
            for path, each in held.items()
            if before.get(each.path) == (each.entry.size, each.entry.modified)
        }

    def _told_apart(self, found: Difference) -> Difference:
        """Without what lies below folders that could not be listed: that is told once, of the folder."""
        there, here = set(self.source.unreadable), set(self.replica.tree.unreadable)
        found.missing = [path for path in found.missing if not is_below(path, here)]
        found.extra = [
            path
            for path in found.extra
            if self.source.holds(path) and not is_below(path, there) and "." not in there
        ]
        return found

    def _complete(self, found: Difference) -> Probe:
        """Whether everything is in the replica that must be."""
        files, order = self.source.files, self._order
        faults = [
            *(Fault(Kind.NO_SOURCE, f"{root} of the source is not there", root) for root in self.source.gone),
            *(
                ()
                if files or self.source.gone
                else (Fault(Kind.EMPTY, "the source holds no file: a sync empties the replica"),)
            ),
            *named(Kind.INCOMPLETE, sorted(self.source.unreadable), "of the source that cannot be listed"),
            *named(Kind.MISSING_FILES, sorted(found.missing), "not in the replica"),
            *named(Kind.TRUNCATED, sorted(found.short), "shorter than in the source"),
            *named(Kind.DIFFERS, sorted(found.longer), "longer than in the source"),
        ]
        lag = max(((order.now - files[path].changed).total_seconds() for path in found.late), default=0.0)
        told = {
            "files": len(files),
            "missing": len(found.missing),
            "late": len(found.late),
            "lag_seconds": round(max(0.0, lag)),
            "extra": len(found.extra),
        }
        return Probe(tuple(faults), None, monotonic() - self.replica.begun, told)

    def _point(self, found: Difference, structure: Probe, complete: Probe) -> tuple[Point, ...]:
        """The replica as of the oldest change that it lacks, or of now."""
        order = self._order
        at = min((self.source.files[path].changed for path in found.late), default=order.now)
        whole = not structure.faults and not complete.faults
        return (replace(self.replica.point(), at=min(at, order.now), complete=whole),)

    def _with_content(self, found: Difference, facts: BackupFacts) -> BackupFacts:
        """Read what is in the slice, the sample or the drill once on both sides, and compare it."""
        order, part = self._order, self._order.read
        entries = self._named()
        listing = Listing(order, facts.points[0].at if facts.points else order.now)
        for entry in entries.values():
            listing.feed(entry)
        chosen = {entry.path for entry in listing.chosen}
        sample = [path for path, entry in entries.items() if entry.path in chosen]
        share = [path for path in found.same if part and slice_of(path, part.of) == part.number]
        sampled = [path for path in sample if path in self.source.files]
        wanted = self._entries({*share, *sampled, *(found.same if order.drill else ())})
        result = hashed(self.replica.machine, self.replica.root, self.source, order, wanted)
        if not found.same and result.blocked is None:
            result.blocked = Fault(
                Kind.NOT_PROVABLE, "nothing of the replica can be compared with the source"
            )
        reads = (ReadProbe(part.number, part.of, self._content(share, result)),) if part else ()
        compared_with = result.stable.intersection(found.same)
        tried, signs = self._sample(sample, entries, compared_with, result) if sample else (None, None)
        identity = f"{max((e.changed or e.modified for e in entries.values()), default='')} {len(entries)}"
        return replace(
            facts,
            reads=reads,
            sample=tried,
            signs=signs,
            drill=self._drill(entries, found, result, facts.source or Probe()) if order.drill else None,
            churn=changed_since(order, identity, listing, list(entries.values())),
        )

    def _entries(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        return {path: self.replica.files[path] for path in paths if path in self.replica.files}

    def _named(self) -> dict[str, Entry]:
        """The files of the replica by path, named as in the source."""
        held, root = self.source.files, self.replica.root.rstrip("/")
        return {
            path: replace(entry, path=held[path].path if path in held else f"{root}/{path}")
            for path, entry in self.replica.files.items()
        }

    def _content(self, paths: Sequence[str], result: Hashed) -> Probe:
        """Whether these files hold on both sides the same."""
        if result.blocked is not None:
            return Probe(blocked=result.blocked, seconds=result.seconds)
        told = {"files": len(paths), "bytes": sum(self.replica.files[path].size for path in paths)}
        return Probe(tuple(result.faults(paths)), None, result.seconds, told)

    def _sample(
        self, sample: Sequence[str], entries: Mapping[str, Entry], same: set[str], result: Hashed
    ) -> tuple[Probe, Signs | None]:
        """Some files as they lie there: their kind, the canaries, and the source where it is the same."""
        if result.blocked is not None:
            return Probe(blocked=result.blocked), None
        files = {path: entries[path] for path in sample}
        compared_with = {
            held.path: (held.host, held.entry)
            for path in sample
            if path in same and (held := self.source.files.get(path)) is not None
        }
        hosts = SourceFiles(self.source.machines, compared_with, len(self.source.files))
        sizes = {path: entry.size for path, entry in files.items()}
        try:
            probe, signs = check_restored(
                self.replica.machine, self.replica.root, files, self._order, hosts, sizes=sizes
            )
        except RemoteError as error:
            return Probe(blocked=fault_of(error)), None
        return replace(probe, weak=_IN_PLACE), signs

    def _drill(
        self, entries: Mapping[str, Entry], found: Difference, result: Hashed, complete: Probe
    ) -> Probe:
        """Everything copied back elsewhere, and compared with what was read of the source.

        What is not in the replica does not come back: it is wrong, or told as not copied yet.
        """
        if result.blocked is not None:
            return Probe(complete.faults, result.blocked)
        replica, same = self.replica, set(found.same)
        probe, sums = copied_back(
            replica.machine, self._order, replica.root, entries, SourceFiles(looked=False)
        )
        known = {path: digest for path, digest in result.source.items() if path in same and path in sums}
        wrong = sorted(path for path in known if known[path] != sums[path] and path not in result.doubtful)
        differing = named(Kind.DIFFERS, wrong, "with another content than in the source")
        told = {**probe.told, "compared": len(known), "late": len(found.late)}
        return replace(probe, faults=(*complete.faults, *probe.faults, *differing), told=told)
