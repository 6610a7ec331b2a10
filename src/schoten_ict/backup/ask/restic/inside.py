"""What is in the newest snapshots: their files, what they changed, and whether they come back.

They come back into a scratch folder, which holds no more than was declared.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Any

import msgspec

from schoten_ict.backup.ask.proving import (
    Listing,
    SourceCheck,
    SourceFiles,
    check_restored,
    fault_of,
    source_files,
)
from schoten_ict.backup.ask.restic.messages import faults_of_restore, is_of_rights
from schoten_ict.backup.ask.restic.output import churn_of
from schoten_ict.backup.ask.restic.paths import REPLACED, Roots, include
from schoten_ict.backup.ask.restic.tool import Restic, ResticError, probe_of
from schoten_ict.backup.facts import Churn, Fault, Kind, Point, Probe, Signs
from schoten_ict.backup.judge.series import Series, compared_with, declared, earlier, newest
from schoten_ict.backup.order import Order
from schoten_ict.core.amounts import size_text
from schoten_ict.core.errors import IctError
from schoten_ict.core.machine import Entry, Machine, Program
from schoten_ict.core.text import counted

_SKEW = timedelta(minutes=5)
_GLANCE = 60
_ROOM_SECONDS = 600
_LINE = 24_000
"""How long an argument list may grow: Windows takes 32,767 characters."""
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


@dataclass(slots=True)
class Room:
    """A folder with place for `left` bytes. `problem` says why there is none."""

    folder: str = ""
    left: int = 0
    problem: Fault | None = None

    def take(self, size: int) -> None:
        """Count on `size` bytes of it; raises `ResticError` when there are not so many."""
        if self.problem is not None or size > self.left:
            raise ResticError(self.problem or Fault(Kind.NO_SPACE, self._lack(size)))
        self.left -= size

    def fitting(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those of `entries` that find place together, the first ones first."""
        chosen: list[Entry] = []
        size = 0
        for entry in entries:
            if self.problem is None and size + entry.size <= self.left:
                chosen.append(entry)
                size += entry.size
        return chosen

    def lack(self, entries: Sequence[Entry]) -> Fault:
        """Why none of `entries` can be restored."""
        return self.problem or Fault(Kind.NO_SPACE, self._lack(min(entry.size for entry in entries)))

    def _lack(self, size: int) -> str:
        return f"{size_text(size)} to restore, {size_text(self.left)} may be used"


@contextmanager
def room(machine: Machine, order: Order) -> Iterator[Room]:
    """The scratch folder of an order: as large as declared, and as the disk has place."""
    verify = order.job.verify
    with ExitStack() as stack:
        try:
            scratch = machine.scratch(order.owner, verify.scratch, order.deadline.left(_ROOM_SECONDS))
            folder = stack.enter_context(scratch)
            made = Room(
                folder, min(verify.scratch_bytes, machine.free(folder, order.deadline.left(_ROOM_SECONDS)))
            )
        except IctError as error:
            made = Room(problem=fault_of(error))
        yield made


@dataclass(slots=True)
class _Seen:
    """What one snapshot gave."""

    point: Point
    source: Probe | None = None
    sample: Probe | None = None
    drill: Probe | None = None
    churn: Churn | None = None
    signs: Signs | None = None


def inside(
    tool: Restic, order: Order, points: Sequence[Point], room: Room, known: Sequence[Fault]
) -> dict[str, Any]:
    """The proofs that the newest snapshots give, as fields of `BackupFacts`; `points` with their sizes.

    `known` are the faults of the structure: they name what a listing that breaks off does not.
    """
    chosen = _newest(order, points)
    seen = []
    for point in chosen:
        look = _Look(tool, _narrowed(order, point, len(chosen)), point, room, known)
        seen.append(look.at(compared_with(earlier(point, points), order.looked)))
    sized = {each.point.id: each.point for each in seen}
    return {
        "points": tuple(sized.get(point.id, point) for point in points),
        "source": _together(each.source for each in seen),
        "sample": _together(each.sample for each in seen),
        "drill": _together(each.drill for each in seen),
        "churn": _churn_of([each.churn for each in seen if each.churn]),
        "signs": _signs_of([each.signs for each in seen if each.signs]),
    }


def _newest(order: Order, points: Sequence[Point]) -> list[Point]:
    """The newest snapshot of each declared host and path; of anything at all where none fits."""
    past = [point for point in points if point.at <= order.now + _SKEW] or points
    found = [newest(series, past) for series in declared(order.job)]
    some = {point.id: point for point in found if point is not None}
    return list(some.values()) or ([max(past, key=lambda point: point.at)] if past else [])


def _narrowed(order: Order, point: Point, number: int) -> Order:
    """The order for one of `number` snapshots: the hosts and paths in it, and its part of the sample."""
    source = order.job.source
    mine = msgspec.structs.replace(
        source,
        hosts=tuple(host for host in source.hosts if Series(host).covers(point)),
        paths=tuple(path for path in source.paths if Series("", path).covers(point)),
    )
    if source.hosts and not mine.hosts:
        mine = msgspec.structs.replace(mine, paths=())
    return replace(
        order, job=msgspec.structs.replace(order.job, source=mine), sample=-(-order.sample // number)
    )


class _Look:
    """One look into one snapshot."""

    def __init__(self, tool: Restic, order: Order, point: Point, room: Room, known: Sequence[Fault]) -> None:
        self._tool = tool
        self._known = known
        self._order = order
        self._point = point
        self._room = room
        self._kept: dict[str, str] = {}
        """The path in the snapshot by the path in the source, where they differ."""
        self._everything: dict[str, Entry] = {}

    def at(self, before: Point | None) -> _Seen:
        """List it once, and restore from it what the order wants."""
        with source_files(self._order, self._point.at) as source:
            listing, check = Listing(self._order, self._point.at), SourceCheck(source)
            try:
                for entry in self._files(source):
                    listing.feed(entry)
                    check.feed(entry)
            except ResticError as error:
                probe = probe_of([self._named(fault) for fault in error.faults])
                return _Seen(
                    self._point, probe if source.looked else None, probe, probe if self._order.drill else None
                )
            seen = _Seen(
                replace(self._point, files=listing.files, size=listing.size),
                source=check.probe(),
                churn=self._churn(before, listing),
            )
            self._restored(seen, listing, source)
            return seen

    def _files(self, source: SourceFiles) -> Iterator[Entry]:
        """The files with the paths that they had in the source."""
        roots = Roots(self._point.paths)
        bytewise = {_NOT_UTF8.sub(REPLACED, path): path for path in source.files if _NOT_UTF8.search(path)}
        for entry in self._tool.files(self._point.id):
            outside = roots.outside(entry.path)
            path = bytewise.get(outside, outside)
            found = entry
            if path != entry.path:
                self._kept[path] = entry.path
                found = Entry(path, entry.size, entry.modified)
            if self._order.drill:
                self._everything[entry.path] = found
            yield found

    def _named(self, fault: Fault) -> Fault:
        """Why a listing broke off: restic ends with a stack trace, of which only the end is known."""
        if fault.kind is not Kind.OTHER or not self._known:
            return fault
        return replace(self._known[0], message=f"the files cannot be listed: {self._known[0].message}")

    def _churn(self, before: Point | None, listing: Listing) -> Churn | None:
        if before is None:
            return None
        try:
            done = self._tool.look("diff", "--json", before.id, self._point.id)
        except ResticError:
            return None
        return None if done.exit_code else churn_of(done.stdout, listing.files, listing.suffixes)

    def _restored(self, seen: _Seen, listing: Listing, source: SourceFiles) -> None:
        order = self._order
        if not listing.files:
            empty = Probe((Fault(Kind.EMPTY, "the newest snapshot holds no files at all"),))
            seen.sample, seen.drill = empty, empty if order.drill else None
        elif chosen := self._room.fitting(listing.chosen):
            wanted = {self._kept.get(entry.path, entry.path): entry for entry in chosen}
            patterns = [include(path) for path in wanted]
            seen.sample, seen.signs = self._bring_back("sample", wanted, source, patterns)
        elif listing.chosen:
            seen.sample = Probe(blocked=self._room.lack(listing.chosen))
        if order.drill and listing.files:
            seen.drill, seen.signs = self._bring_back("drill", self._everything, source, [])
        if seen.signs is None and order.job.verify.canaries and listing.files:
            seen.signs = Signs(
                canaries={
                    canary.path: ""
                    for canary in order.job.verify.canaries
                    if canary.path not in listing.wanted
                }
            )

    def _bring_back(
        self, what: str, wanted: Mapping[str, Entry], source: SourceFiles, patterns: Sequence[str]
    ) -> tuple[Probe, Signs | None]:
        """Restore `wanted` (by its path in the snapshot) and look at what came; no patterns: everything."""
        started = monotonic()
        folder = f"{self._room.folder}/{what}-{self._point.id[:8]}"
        try:
            self._room.take(sum(entry.size for entry in wanted.values()))
            faults = self._restore(folder, wanted, patterns)
            took = monotonic() - started
            hard = [fault for fault in faults if not is_of_rights(fault)]
            if any(fault.kind.is_ignorance for fault in hard):
                return probe_of(hard, took), None
            if not self._tool.machine.glob(folder, _GLANCE):
                words = f"restic restored none of {counted(len(wanted), 'file')}"
                return Probe((*hard, Fault(Kind.MISSING_FILES, words)), None, took), None
            arrived = self._arrived(folder, wanted)
            probe, signs = check_restored(self._tool.machine, folder, arrived, self._order, source)
        except ResticError as error:
            return probe_of(error.faults, monotonic() - started), None
        except IctError as error:
            return Probe(blocked=fault_of(error), seconds=monotonic() - started), None
        told = {**probe.told, "seconds": round(took, 1)}
        weak = "rights and attributes were not restored" if len(hard) < len(faults) else ""
        return Probe((*hard, *probe.faults), probe.blocked, monotonic() - started, told, weak), signs

    def _restore(self, folder: str, wanted: Mapping[str, Entry], patterns: Sequence[str]) -> list[Fault]:
        """Run restic as often as its arguments need, once in general: what it complained of."""
        faults: list[Fault] = []
        for batch in _batches(patterns):
            words = [word for pattern in batch for word in ("--include", pattern)]
            done = self._tool.look("restore", self._point.id, "--target", folder, "--verify", *words)
            if done.exit_code:
                found = faults_of_restore(self._tool.said(done), wanted.keys())
                faults += [self._outside(fault, wanted) for fault in found or self._tool.faults_of(done)]
        opened = Program(("chmod", "-R", "u+rwX", folder), seconds=self._order.deadline.left())
        with suppress(IctError):  # an account that is not root cannot read files of mode 000 that it restored
            self._tool.machine.run(opened)
        return faults

    def _arrived(self, folder: str, wanted: Mapping[str, Entry]) -> dict[str, Entry]:
        """The restored files by their paths below `folder`, where names have the bytes that JSON has not."""
        plain = {path.lstrip("/"): entry for path, entry in wanted.items()}
        if not any(REPLACED in path for path in plain):
            return plain
        entries = self._tool.machine.tree(folder, self._order.deadline.left()).entries
        real = {_NOT_UTF8.sub(REPLACED, entry.path): entry.path for entry in entries}
        return {real.get(path, path): entry for path, entry in plain.items()}

    def _outside(self, fault: Fault, wanted: Mapping[str, Entry]) -> Fault:
        """A fault of files with the paths that they had in the source."""
        return replace(fault, paths=tuple(wanted[path].path for path in fault.paths if path in wanted))


def _batches(patterns: Sequence[str]) -> Iterator[Sequence[str]]:
    """Patterns in as few argument lists as may hold them; one empty batch for none."""
    batch: list[str] = []
    length = 0
    for pattern in patterns:
        if batch and length + len(pattern) > _LINE:
            yield batch
            batch, length = [], 0
        batch.append(pattern)
        length += len(pattern) + len("--include") + 2
    yield batch


def _together(probes: Iterable[Probe | None]) -> Probe | None:
    """The probes of several snapshots as one."""
    some = [probe for probe in probes if probe is not None]
    if len(some) < 2:  # noqa: PLR2004
        return some[0] if some else None
    told: Counter[str] = Counter()
    for probe in some:
        told.update({name: value for name, value in probe.told.items() if not isinstance(value, str)})
    return Probe(
        faults=tuple(fault for probe in some for fault in probe.faults),
        blocked=next((probe.blocked for probe in some if probe.blocked is not None), None),
        seconds=sum(probe.seconds for probe in some),
        told=told,
        weak=next((probe.weak for probe in some if probe.weak), ""),
    )


def _churn_of(found: Sequence[Churn]) -> Churn | None:
    if not found:
        return None
    suffixes: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for each in found:
        suffixes.update(each.suffixes)
        before.update(each.suffixes_before)
    return Churn(
        new=sum(each.new for each in found),
        changed=sum(each.changed for each in found),
        removed=sum(each.removed for each in found),
        total=sum(each.total for each in found),
        suffixes=suffixes,
        suffixes_before=before,
    )


def _signs_of(found: Sequence[Signs]) -> Signs | None:
    if not found:
        return None
    canaries: dict[str, str] = {}
    for each in found:
        canaries |= {path: digest or canaries.get(path, "") for path, digest in each.canaries.items()}
    untyped = tuple(path for each in found for path in each.untyped)
    return Signs(sum(each.typed for each in found), untyped, canaries)
