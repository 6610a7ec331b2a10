"""SQLite: copies of a database that are files of one name pattern, `/backup/app/app-*.db`, also `.gz`.

What SQLite itself says proves little (measured): `integrity_check` is *ok* for a file of 0 bytes, for a copy
without its write-ahead log, and for most changed bytes inside values. So a copy must also begin and be as
long as a database, its log must be whole and used to its end, its sum must be that of the manifest where one
is kept, and its tables, rows and newest value must be as declared. It is looked at in a copy aside, because
opening a database in WAL mode writes beside it. That takes Python on the machine, nothing else.

The live database, for the comparison and for `take`, is the first of `source.paths`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic

from schoten_ict.backup.ask import sqlite_said as said
from schoten_ict.backup.ask.filepoints import Copy, copies, is_packed, split
from schoten_ict.backup.ask.proving import SETTLED, fault_of
from schoten_ict.backup.ask.slices import Seen, reads
from schoten_ict.backup.ask.sqlite_said import Look
from schoten_ict.backup.ask.sums import Manifests, Memory, differs
from schoten_ict.backup.ask.taking import place_for, publish
from schoten_ict.backup.ask.there import fault_there, run_there
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Point, Probe, Taken
from schoten_ict.backup.order import Order
from schoten_ict.backup.sent.sqlite_file import HEADER, header_of
from schoten_ict.core.amounts import parse_size, size_text
from schoten_ict.core.errors import ConfigurationError, IctError
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

_SECONDS = 60.0
_SPARE = 64 * 1024 * 1024
"""What stays free on the disk of the scratch folder."""
_CANNOT = {
    "lock": "files have no lock",
    "key": "copies have no key",
    "ransomware": "a database is one file: its tables and rows are counted instead",
    "immutable": "what guards the files is not looked at",
}
_NO_MANIFEST = "no manifest keeps the SHA-256 of the copies, and the live database changes"


def observe(machine: Machine, order: Order) -> BackupFacts:
    """Everything about a job's copies."""
    try:
        found = copies(machine, order)
        if isinstance(found, Fault):
            return BackupFacts("sqlite", order.now, access=Probe((found,)), cannot=_CANNOT)
        access = Probe(told={"backups": len(found)})
        points = _points(machine, order, found)
        facts = BackupFacts("sqlite", order.now, access=access, points=points, cannot=_CANNOT)
    except RemoteError as error:
        return BackupFacts("sqlite", order.now, access=Probe(blocked=fault_of(error)), cannot=_CANNOT)
    if not order.deep or not found:
        return facts
    try:
        with _desk(machine, order) as desk:
            return _proven(desk, found, facts)
    except RemoteError as error:
        blocked = Probe(blocked=fault_there(error))
        return replace(facts, structure=blocked, database=blocked)


def _points(machine: Machine, order: Order, found: list[Copy]) -> tuple[Point, ...]:
    """The copies with what their first bytes tell: one that is shorter than it says is not complete."""
    folder = split(found[0].path)[0] if found else ""
    names = [copy.name for copy in found]
    heads = machine.heads(folder, names, HEADER, order.deadline.left(_SECONDS)) if found else {}
    return tuple(
        Point(copy.name, copy.at, complete=_is_whole(copy, heads.get(copy.name)), size=copy.entry.size)
        for copy in found
    )


def _is_whole(copy: Copy, head: bytes | None) -> bool | None:
    """False for what cannot be a whole database; None where the first bytes do not tell."""
    if head is None or is_packed(head):
        return None
    header = header_of(head)
    if header is None:
        return False
    return None if header.wal or copy.entry.size >= header.pages * header.page_size else False


@dataclass(frozen=True, slots=True)
class _Desk:
    """One look at several copies: where they are put aside, the sums that are kept, what was seen so far."""

    machine: Machine
    order: Order
    scratch: str
    manifests: Manifests
    memory: Memory
    seen: dict[str, Look | Fault] = field(default_factory=dict)

    def look(self, copy: Copy) -> Look | Fault:
        """What a copy holds, or what kept it from being looked at."""
        if copy.name not in self.seen:
            try:
                self.seen[copy.name] = self._look(copy)
            except RemoteError as error:
                self.seen[copy.name] = fault_there(error)
        return self.seen[copy.name]

    def _look(self, copy: Copy) -> Look | Fault:
        verify, deadline = self.order.job.verify, self.order.deadline
        if deadline.over:
            return Fault(Kind.TIMEOUT, f"{copy.name} was not looked at before the time was up", copy.name)
        free = self.machine.free(self.scratch, deadline.left(_SECONDS)) - _SPARE
        room = max(0, min(verify.scratch_bytes, free))
        if copy.entry.size > room:
            words = f"{copy.name} needs {size_text(copy.entry.size)} aside, {size_text(room)} may be used"
            return Fault(Kind.NO_SPACE, words, copy.name)
        declared = self.order.job.source.database
        newest = declared.newest if declared else None
        request = {
            "do": "look", "path": copy.path, "scratch": self.scratch, "limit": room,
            "pace": parse_size(verify.bandwidth) if verify.bandwidth else 0,
            "newest": [newest.table, newest.column] if newest else None,
        }  # fmt: skip
        return said.look_of(run_there(self.machine, "sqlite", request, deadline.left()))

    def structure(self, copy: Copy, look: Look) -> Probe:
        """Whether a copy is a whole file, and the one that was made."""
        kept = self.manifests.sum_of(copy)
        alone = said.structure(look, [], kept=isinstance(kept, str))
        of_sums = differs(copy, kept, look.sha256)
        if not alone.faults:  # one that is still being written is not what it will be
            of_sums += self.memory.differs(copy, look.sha256)
        return replace(alone, faults=(*alone.faults, *of_sums))

    def read(self, copy: Copy) -> Seen:
        """What is wrong with a copy, whatever was declared, or what kept it from being looked at."""
        look = self.look(copy)
        if isinstance(look, Fault):
            return Seen((look,))
        found = [*self.structure(copy, look).faults, *said.opening(look)]
        if look.late:
            found.append(Fault(Kind.TIMEOUT, "not checked to the end"))
        named = (Fault(each.kind, f"{printable(copy.name)}: {each.message}", copy.name) for each in found)
        return Seen(tuple(dict.fromkeys(named)), {"bytes": look.size, "sha256": look.sha256})


@contextmanager
def _desk(machine: Machine, order: Order) -> Iterator[_Desk]:
    manifests = Manifests(machine, order)
    seconds = order.deadline.left(_SECONDS)
    with machine.scratch(order.owner, order.job.verify.scratch, seconds) as scratch:
        yield _Desk(machine, order, scratch, manifests, Memory(order))


def _proven(desk: _Desk, found: list[Copy], facts: BackupFacts) -> BackupFacts:
    """Everything about the newest copy, and the copies of the slice; their sums are kept, come what may."""
    try:
        return _looked(desk, found, facts)
    finally:
        desk.memory.keep(found)


def _looked(desk: _Desk, found: list[Copy], facts: BackupFacts) -> BackupFacts:
    order, newest, begun = desk.order, found[-1], monotonic()
    look = desk.look(newest)
    if isinstance(look, Fault):
        blocked = Probe(blocked=look)
        drill = blocked if order.drill else None
        facts = replace(facts, structure=blocked, database=blocked, drill=drill)
    else:
        facts = _of_newest(desk, newest, look, monotonic() - begun, facts)
    probes = tuple(reads(found, order, desk.read))
    points = zip(facts.points or (), found, strict=True)
    return replace(facts, reads=probes, points=tuple(_judged(desk, point, copy) for point, copy in points))


def _judged(desk: _Desk, point: Point, copy: Copy) -> Point:
    """A point with what was found of it, where it was looked at."""
    if not isinstance(desk.seen.get(copy.name), Look):
        return point
    seen = desk.read(copy)
    return replace(point, complete=False if seen.hard else None if seen.blocked else True)


def _of_newest(desk: _Desk, copy: Copy, look: Look, seconds: float, facts: BackupFacts) -> BackupFacts:
    """The proofs that are about the newest copy."""
    order = desk.order
    structure = replace(desk.structure(copy, look), seconds=seconds)
    database = said.database(look, order, copy.at)
    drill = replace(
        database,
        faults=tuple(dict.fromkeys((*structure.faults, *database.faults))),
        seconds=seconds,
        told={**database.told, "seconds": round(seconds, 1), "files": 1, "bytes": look.unpacked},
    )
    kept = desk.manifests.sum_of(copy)
    cannot = dict(facts.cannot) if kept is not None else {**facts.cannot, "sample": _NO_MANIFEST}
    faults = tuple(differs(copy, kept, look.sha256))
    sample = Probe(faults, None, seconds, {"files": 1, "bytes": look.size, "manifest": "sha256"})
    return replace(
        facts,
        version=look.version,
        structure=structure,
        database=database,
        drill=drill if order.drill else None,
        sample=sample if order.sample and kept is not None else None,
        source=_source(desk, copy, look),
        cannot=cannot,
    )


def _source(desk: _Desk, copy: Copy, look: Look) -> Probe | None:
    """Whether the live database holds nothing that the newest copy lacks."""
    order, begun = desk.order, monotonic()
    if order.source is None or not order.job.source.paths or look.tables is None:
        return None
    try:
        live_machine = order.source(next(iter(order.job.source.hosts), ""))
        try:
            path = live_machine.path(order.job.source.paths[0])
            seconds = order.deadline.left()
            live = said.live_of(run_there(live_machine, "sqlite", {"do": "source", "path": path}, seconds))
        finally:
            live_machine.close()
    except IctError as error:
        return Probe(blocked=fault_there(error), seconds=monotonic() - begun)
    settled = live.modified < (copy.at - SETTLED).timestamp()
    probe = said.compared(look, live, order, settled=settled)
    return replace(probe, seconds=monotonic() - begun)


def take(machine: Machine, order: Order) -> Taken:
    """Copy the live database with SQLite's online backup: aside, synced, checked, then given its name.

    Raises `ConfigurationError` without a path to copy, or a pattern that says no name for it.
    """
    if not order.job.source.paths:
        raise ConfigurationError(
            f"{order.job.name}: which database to copy is not declared",
            subject=f"job:{order.job.name}",
            remedy="add source: {paths: [/srv/app/app.db]}",
        )
    try:
        place = place_for(machine, order)
        asked = {"do": "take", "path": machine.path(order.job.source.paths[0]), "target": place.partial}
        made = run_there(machine, "sqlite", asked, order.deadline.left())
        told = publish(machine, order, place)
    except RemoteError as error:
        return Taken("", complete=False, faults=(fault_there(error),))
    words = printable(str(made.get("integrity")))[:200]
    whole = made.get("integrity") == ["ok"]
    faults = () if whole else (Fault(Kind.DATABASE, f"the live database is damaged: {words}"),)
    return Taken(place.name, whole, faults, told)
