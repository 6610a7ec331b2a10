"""One look at a repository: its snapshots, its structure, a share of its data, and what is in them."""

from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from schoten_ict.backup.ask.restic.inside import inside, room
from schoten_ict.backup.ask.restic.messages import fault_in, is_of_absence
from schoten_ict.backup.ask.restic.output import (
    Checked,
    NotUnderstoodError,
    checked,
    damaged_in,
    points_of,
)
from schoten_ict.backup.ask.restic.tool import Restic, ResticError, probe_of, text
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Lock, Point, Probe, ReadProbe
from schoten_ict.backup.order import Order, Slice
from schoten_ict.core.machine import Machine
from schoten_ict.core.text import counted

_LISTING_SECONDS = 600
_REFRESHED = timedelta(minutes=30)
"""A lock that was not written anew for so long is stale to restic itself (`internal/restic/lock.go`)."""
_SLICES = 256
"""Into how many slices `check` divides the packs at most: by the first byte of their names."""
_CANNOT = {"database": "restic keeps files; a database in them is not opened"}


def observe(machine: Machine, order: Order) -> BackupFacts:
    """One look at a repository. What the repository or restic does raises nothing."""
    facts = BackupFacts("restic", order.now, cannot=_CANNOT)
    started = monotonic()
    try:
        tool = Restic(machine, order)
        facts = replace(facts, version=".".join(map(str, tool.version())))
        points, damaged = _points(tool)
    except ResticError as error:
        return replace(facts, access=probe_of(error.faults, monotonic() - started))
    access = Probe(seconds=monotonic() - started, told={"snapshots": len(points)})
    facts = replace(facts, access=access, points=points, damaged=damaged)
    return _deep(tool, order, facts) if order.deep else facts


def _points(tool: Restic) -> tuple[tuple[Point, ...], dict[str, str]]:
    """The snapshots, and those that cannot be loaded: restic leaves them out of its list and ends with 0."""
    done = tool.look("snapshots", "--json", most=_LISTING_SECONDS)
    if done.exit_code:
        raise ResticError(*map(tool.opening_fault, tool.faults_of(done)))
    try:
        points = points_of(done.stdout)
    except NotUnderstoodError as error:
        raise ResticError(Fault(Kind.PROTOCOL, str(error))) from None
    damaged = damaged_in(tool.said(done))
    unread = [fault for fault in map(fault_in, damaged.values()) if fault.kind.is_ignorance]
    if unread:
        words = f"{counted(len(unread), 'snapshot')} could not be read: {unread[0].message}"
        raise ResticError(Fault(unread[0].kind, words))
    return points, {tool.whole_id(each): why for each, why in damaged.items()}


def _deep(tool: Restic, order: Order, facts: BackupFacts) -> BackupFacts:
    try:
        locks: tuple[Lock, ...] | None = tool.locks()
    except ResticError:
        locks = None
    facts = replace(facts, locks=locks)
    if (busy := pruning(locks, order.now)) is not None:
        return replace(facts, **_blocked(busy, order))
    with room(tool.machine, order) as place:
        if place.problem is None:
            tool.keep_in(place.folder)
        structure, reads = _structure(tool, order)
        found = inside(tool, order, facts.points or (), place, structure.faults)
        return replace(facts, structure=structure, reads=reads, **found)


def pruning(locks: tuple[Lock, ...] | None, now: datetime) -> Fault | None:
    """Who may be removing files right now: an exclusive lock whose holder is not known to be dead."""
    for lock in locks or ():
        recent = lock.since is None or now - lock.since < _REFRESHED
        if lock.exclusive and (lock.alive or (lock.alive is None and recent)):
            return Fault(Kind.LOCKED, f"locked exclusively by {lock.holder}")
    return None


def _blocked(fault: Fault, order: Order) -> dict[str, Any]:
    """The proofs that were wanted, none of which could be tried."""
    probe = Probe(blocked=fault)
    reads = (ReadProbe(order.read.number, order.read.of, probe),) if order.read else ()
    return {
        "structure": probe,
        "reads": reads,
        "sample": probe if order.sample else None,
        "drill": probe if order.drill else None,
    }


def _structure(tool: Restic, order: Order) -> tuple[Probe, tuple[ReadProbe, ...]]:
    """One `check` for the structure and the slice to read. Missing files are looked for once more."""
    structure, reads = _check(tool, order)
    faults = [*structure.faults, *(fault for read in reads for fault in read.probe.faults)]
    if faults and all(map(is_of_absence, faults)):
        try:
            busy = pruning(tool.locks(), order.now)
        except ResticError:
            busy = None
        if busy is not None:
            found = _blocked(busy, order)
            return found["structure"], found["reads"]
        structure, reads = _check(tool, order)
    return replace(structure, faults=(*structure.faults, *tool.broken_keys())), reads


def _check(tool: Restic, order: Order) -> tuple[Probe, tuple[ReadProbe, ...]]:
    started = monotonic()
    try:
        done = tool.check(*slice_words(order.read))
    except ResticError as error:
        probe = probe_of(error.faults, monotonic() - started)
        return probe, (ReadProbe(order.read.number, order.read.of, probe),) if order.read else ()
    said = checked(text(done.stdout), tool.said(done))
    seconds = monotonic() - started
    structure = structure_probe(said, done.exit_code, seconds)
    if order.read is None:
        return structure, ()
    return structure, (
        ReadProbe(order.read.number, order.read.of, read_probe(said, done.exit_code, seconds)),
    )


def slice_words(share: Slice | None) -> tuple[str, ...]:
    """What makes `check` read a slice; one finer than restic can read lies within one that it can."""
    if share is None:
        return ()
    if share.of == 1:
        return ("--read-data",)
    of = min(share.of, _SLICES)
    return (f"--read-data-subset={-(-share.number * of // share.of)}/{of}",)


def structure_probe(said: Checked, exit_code: int, seconds: float) -> Probe:
    """What a `check` proved of the structure: its closing words, and that it counted all snapshots."""
    told = {"snapshots": said.snapshots[0]} if said.snapshots else {}
    if said.structure and exit_code:
        return probe_of(said.structure, seconds, told)
    counted_all = said.snapshots is None or said.snapshots[0] == said.snapshots[1]
    if exit_code == 0 and said.clean and counted_all:
        return Probe(seconds=seconds, told=told)
    if said.reading and said.snapshots is not None and counted_all:  # the fault is in what was read
        return Probe(seconds=seconds, told=told)
    if exit_code:
        return Probe(
            (Fault(Kind.OTHER, f"restic check ended with exit code {exit_code}"),), None, seconds, told
        )
    blocked = Fault(Kind.PROTOCOL, "restic check ended without its closing words")
    return Probe(blocked=blocked, seconds=seconds, told=told)


def read_probe(said: Checked, exit_code: int, seconds: float) -> Probe:
    """What a `check` proved of the data that it was to read: that it counted all packs, and no complaint."""
    if said.reading and exit_code:
        return probe_of(said.reading, seconds, {"packs": said.packs[0]} if said.packs else {})
    if said.packs is not None and said.packs[0] == said.packs[1]:
        return Probe(seconds=seconds, told={"packs": said.packs[0]})
    if exit_code:
        blocked = Fault(Kind.NOT_PROVABLE, "no data was read, because the structure is damaged")
    else:
        blocked = Fault(Kind.PROTOCOL, "restic check did not say how much it read")
    return Probe(blocked=blocked, seconds=seconds)
