"""Reads the files of a replica and of its source, and compares their content."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic

from schoten_ict.backup.ask.proving import fault_of, named
from schoten_ict.backup.ask.replica.source import Source
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Entry, Machine
from schoten_ict.core.remote import RemoteError

_RECHECKED = 200
_SECONDS = 60.0
Sums = dict[str, str]


@dataclass(slots=True)
class Hashed:
    """The sums of both sides by path in the replica, or what kept them from being read.

    `doubtful` are files that differ, or that one side could not read, because they changed meanwhile.
    """

    replica: Sums = field(default_factory=dict)
    source: Sums = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    blocked: Fault | None = None
    seconds: float = 0.0

    @property
    def stable(self) -> set[str]:
        """The files that were read on both sides while nothing happened to them."""
        return self.replica.keys() & self.source.keys() - self.doubtful

    def differing(self, paths: Iterable[str]) -> list[str]:
        """Those whose content is not the same."""
        both = self.replica.keys() & self.source.keys()
        return sorted(path for path in paths if path in both and self.replica[path] != self.source[path])

    def faults(self, paths: Sequence[str]) -> Iterator[Fault]:
        """What is wrong with the content of these files."""
        sure = [path for path in paths if path not in self.doubtful]
        yield from named(Kind.DIFFERS, self.differing(sure), "with another content than in the source")
        unread = sorted(path for path in sure if path not in self.replica)
        yield from named(Kind.OTHER, unread, "of the replica that cannot be read")
        unread = sorted(path for path in sure if path not in self.source)
        yield from named(Kind.INCOMPLETE, unread, "of the source that cannot be read")


def hashed(machine: Machine, root: str, source: Source, order: Order, files: Mapping[str, Entry]) -> Hashed:
    """Read these files of the replica at `root` and of the source; both sides at once on two machines."""
    begun, result = monotonic(), Hashed()
    paths = sorted(files)

    def of_replica() -> Sums:
        return dict(machine.hashes(root, paths, order.deadline.left()))

    def of_source() -> Sums:
        return _of_source(source, order, paths)

    apart = all(each.name != machine.name for each in source.machines.values())
    try:
        with ThreadPoolExecutor(2 if apart else 1) as pool:
            sides = [pool.submit(of_replica), pool.submit(of_source)]
            result.replica, result.source = (side.result() for side in sides)
        result.doubtful = _doubtful(machine, root, source, order, files, result)
    except RemoteError as error:
        result.blocked = fault_of(error)
    result.seconds = monotonic() - begun
    return result


def _of_source(source: Source, order: Order, paths: Sequence[str]) -> Sums:
    by_root: dict[tuple[str, str], dict[str, str]] = {}
    for path in paths:
        if (held := source.files.get(path)) is not None:
            by_root.setdefault((held.host, held.root), {})[held.entry.path] = path
    found: Sums = {}
    for (host, root), names in by_root.items():
        sums = source.machines[host].hashes(root, list(names), order.deadline.left())
        found |= {names[name]: digest for name, digest in sums.items()}
    return found


def _doubtful(
    machine: Machine, root: str, source: Source, order: Order, files: Mapping[str, Entry], result: Hashed
) -> set[str]:
    """Files that seem wrong and are not what they were when they were listed."""
    whole = result.replica.keys() & result.source.keys()
    odd = [path for path in files if path not in whole] + result.differing(files)
    if len(odd) > _RECHECKED:
        return set()
    doubtful = set()
    for path in odd:
        held = source.files[path]
        here = _again(machine, f"{root.rstrip('/')}/{path}", order)
        there = _again(source.machines[held.host], held.path, order)
        if _changed(files[path], here) or _changed(held.entry, there):
            doubtful.add(path)
    return doubtful


def _again(machine: Machine, path: str, order: Order) -> Entry | None:
    found = machine.glob(path, order.deadline.left(_SECONDS))
    return next((entry for entry in found if entry.path == path), None)


def _changed(before: Entry, now: Entry | None) -> bool:
    return now is None or (now.size, now.modified, now.changed) != (
        before.size,
        before.modified,
        before.changed,
    )
