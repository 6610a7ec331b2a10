"""Proofs that every engine gives in the same way: samples, restored files, and the source they came from."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from time import monotonic

from schoten_ict.backup.ask import magic
from schoten_ict.backup.facts import Churn, Fault, Kind, Probe, Signs
from schoten_ict.backup.order import Order
from schoten_ict.core.errors import ConfigurationError, IctError
from schoten_ict.core.machine import Entry, Machine
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import counted, printable

SETTLED = timedelta(seconds=2)
"""A source file that changed so shortly before a backup began may be in it or not: clocks tick coarsely."""
_SHOWN = 5
_NOT_TEXT = re.compile("[\ud800-\udfff]")
_REMEMBERED = 20
_LISTING_SECONDS = 600
_LARGEST_SAMPLED = 512 * 1024 * 1024
_KINDS = {
    "timeout": Kind.TIMEOUT, "unreachable": Kind.UNREACHABLE, "authentication": Kind.DENIED,
    "not-asked": Kind.DENIED, "denied": Kind.DENIED, "absent": Kind.NO_PROGRAM,
    "source-absent": Kind.NO_SOURCE, "host-key": Kind.UNREACHABLE, "tls": Kind.UNREACHABLE,
    "configuration": Kind.UNREACHABLE, "not-found": Kind.UNREACHABLE,
}  # fmt: skip


class Listing:
    """The files of one point, counted while they pass by: a sample, the churn, and what the source lacks.

    Feed it every file once, with its absolute path; a listing may be longer than memory would hold.
    """

    def __init__(self, order: Order, at: datetime) -> None:
        self.files = 0
        self.size = 0
        self.suffixes: Counter[str] = Counter()
        self.wanted: dict[str, Entry] = {}
        self.sample: list[Entry] = []
        self._at = at
        self._most = order.sample
        self._dice = random.Random(order.seed)  # noqa: S311 - a sample, no secret
        self._declared = {canary.path for canary in order.job.verify.canaries} | set(order.again)

    def feed(self, entry: Entry) -> None:
        """Take the next file."""
        self.files += 1
        self.size += entry.size
        self.suffixes[magic.suffix_of(entry.path)] += 1
        if entry.path in self._declared:
            self.wanted[entry.path] = entry
        if entry.size > _LARGEST_SAMPLED:
            return
        if len(self.sample) < self._most:
            self.sample.append(entry)
        elif self._most and (place := self._dice.randrange(self.files)) < self._most:
            self.sample[place] = entry

    @property
    def chosen(self) -> list[Entry]:
        """What to restore: the sample, the canaries, and what was wrong last time."""
        return list({entry.path: entry for entry in (*self.sample, *self.wanted.values())}.values())


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """What the source holds: by absolute path the host and the file, of those that must be in the backup.

    `total` counts all files there, also those that changed since. `looked` is False when there is no source
    to look at (nothing declared, or no way to its hosts): that proves nothing and blames nobody.
    """

    hosts: Mapping[str, Machine] = field(default_factory=dict)
    files: Mapping[str, tuple[str, Entry]] = field(default_factory=dict)
    total: int = 0
    looked: bool = True
    blocked: Fault | None = None


@contextmanager
def source_files(order: Order, at: datetime) -> Iterator[SourceFiles]:
    """What the source holds that must be in a backup begun at `at`; machines are closed at the end.

    Where the source cannot be looked at, `blocked` says why and `files` is empty.
    """
    if order.source is None or not order.job.source.paths:
        yield SourceFiles(looked=False)
        return
    machines: dict[str, Machine] = {}
    try:
        try:
            found = _found(order, at, order.source, machines)
        except IctError as error:
            found = SourceFiles(blocked=fault_of(error))
        yield found
    finally:
        for machine in machines.values():
            machine.close()


def _found(
    order: Order, at: datetime, opened: Callable[[str], Machine], machines: dict[str, Machine]
) -> SourceFiles:
    settled: dict[str, tuple[str, Entry]] = {}
    total = 0
    for host in order.job.source.hosts or ("",):
        machine = machines[host] = opened(host)
        for declared in order.job.source.paths:
            root = machine.path(declared)
            entries = _listed(machine, root, order)
            total += len(entries)
            for entry in entries:
                path = root if entry.path == "." else f"{root.rstrip('/')}/{entry.path}"
                if (entry.changed or entry.modified) < at - SETTLED and not excluded(order, path):
                    settled[path] = (host, replace(entry, path=path))
    return SourceFiles(machines, settled, total)


def _listed(machine: Machine, root: str, order: Order) -> Sequence[Entry]:
    try:
        return machine.tree(root, order.deadline.left(_LISTING_SECONDS)).entries
    except RemoteError as error:
        if error.problems[0].code == "absent":
            message = f"{root} of the source is not there any more"
            raise RemoteError(message, code="source-absent", subject=f"host:{machine.name}") from None
        raise


def excluded(order: Order, path: str) -> bool:
    """Whether the declaration says that a file need not be in the backup.

    A pattern that fits a folder leaves out what is below it, as restic, borg and rsync do.
    """
    return any(
        fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")
        for pattern in order.job.source.exclude
    )


class SourceCheck:
    """Compares the files of a point, as they pass by, with those of the source that must be in it."""

    def __init__(self, source: SourceFiles) -> None:
        self._source = source
        self._missing = dict(source.files)
        self._differing: list[str] = []
        self._started = monotonic()

    def feed(self, entry: Entry) -> None:
        """Take the next file of the point, with its absolute path."""
        held = self._missing.pop(entry.path, None)
        if held is not None and held[1].size != entry.size:
            self._differing.append(entry.path)

    def probe(self) -> Probe | None:
        """What the comparison gave; None where there is no source to compare with."""
        if not self._source.looked:
            return None
        blocked = self._source.blocked
        empty = self._source.total == 0 and blocked is None
        faults = [
            *([blocked] if blocked is not None and not blocked.kind.is_ignorance else []),
            *([Fault(Kind.EMPTY, "the source holds no file at all")] if empty else []),
            *named(Kind.MISSING_FILES, sorted(self._missing), "not in the backup"),
            *named(Kind.DIFFERS, self._differing, "of another size than in the source"),
        ]
        return Probe(
            tuple(faults),
            blocked if blocked is not None and blocked.kind.is_ignorance else None,
            monotonic() - self._started,
            {
                "files": len(self._source.files),
                "missing": len(self._missing),
                "changed": self._source.total - len(self._source.files),
            },
        )


def check_restored(
    machine: Machine,
    folder: str,
    restored: Mapping[str, Entry],
    order: Order,
    source: SourceFiles,
    *,
    sums: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> tuple[Probe, Signs]:
    """Compare restored files with what the point says of them and, where it did not change, the source.

    `restored` maps paths below `folder` to the files of the point (absolute paths). Their `sums` and `sizes`
    are looked up where they are not known yet.
    """
    started = monotonic()
    if sums is None:
        sums = machine.hashes(folder, list(restored), order.deadline.left())
    if sizes is None:
        sizes = {entry.path: entry.size for entry in machine.tree(folder, order.deadline.left()).entries}
    lost = sorted(entry.path for path, entry in restored.items() if path not in sums)
    short = sorted(
        entry.path for path, entry in restored.items() if path in sums and sizes.get(path) != entry.size
    )
    by_source = {entry.path: sums[path] for path, entry in restored.items() if path in sums}
    compared, differing = _compare(by_source, order, source)
    faults = [
        *named(Kind.MISSING_FILES, lost, "not restored"),
        *named(Kind.TRUNCATED, short, "restored with another size"),
        *named(Kind.DIFFERS, differing, "other content than in the source"),
    ]
    told = {
        "files": len(restored),
        "bytes": sum(entry.size for entry in restored.values()),
        "compared": compared,
    }
    probe = Probe(tuple(faults), None, monotonic() - started, told)
    return probe, _signs(machine, folder, restored, sums, order)


def _compare(sums: Mapping[str, str], order: Order, source: SourceFiles) -> tuple[int, list[str]]:
    """How many files could be compared with an unchanged source, and which differ."""
    by_host: dict[str, list[str]] = {}
    for path in sums:
        if path in source.files:
            by_host.setdefault(source.files[path][0], []).append(path)
    compared, differing = 0, []
    for host, paths in by_host.items():
        found = source.hosts[host].hashes("/", [path.lstrip("/") for path in paths], order.deadline.left())
        for path in paths:
            theirs = found.get(path.lstrip("/"))
            compared += theirs is not None
            if theirs not in {None, sums[path]}:
                differing.append(path)
    return compared, sorted(differing)


def _signs(
    machine: Machine, folder: str, restored: Mapping[str, Entry], sums: Mapping[str, str], order: Order
) -> Signs:
    typed = [path for path, entry in restored.items() if magic.is_typed(entry.path) and entry.size]
    heads = machine.heads(folder, typed, magic.LENGTH, order.deadline.left())
    untyped = [path for path, head in heads.items() if not magic.fits(restored[path].path, head)]
    wanted = {entry.path: path for path, entry in restored.items()}
    canaries = {
        canary.path: sums[wanted[canary.path]] if canary.path in wanted else ""
        for canary in order.job.verify.canaries
        if canary.path not in wanted
        or wanted[canary.path] in sums  # what did not come back was not looked at
    }
    return Signs(len(heads), tuple(sorted(printable(restored[path].path) for path in untyped)), canaries)


def churn(newest: Listing, before: Mapping[str, tuple[int, datetime]], seen: Iterable[Entry]) -> Churn:
    """What `newest` (its files again in `seen`) changed against the sizes and times of the point before."""
    new = changed = kept = 0
    for entry in seen:
        old = before.get(entry.path)
        if old is None:
            new += 1
            continue
        kept += 1
        changed += old != (entry.size, entry.modified)
    suffixes = Counter(magic.suffix_of(path) for path in before)
    return Churn(new, changed, len(before) - kept, len(before), dict(newest.suffixes), dict(suffixes))


def fault_of(error: IctError) -> Fault:
    """An error of a machine or of the configuration as a fault: something that could not be looked at."""
    problem = error.problems[0]
    told = [problem.message]
    if isinstance(error, ConfigurationError) and problem.remedy:
        told.append(problem.remedy)
    return Fault(_KINDS.get(problem.code, Kind.PROTOCOL), ": ".join(told))


def named(kind: Kind, paths: Sequence[str], what: str) -> Iterator[Fault]:
    """One fault for many files: how many, and the first of them. A name that is no text is only shown."""
    if paths:
        shown = ", ".join(map(printable, paths[:_SHOWN])) + (", ..." if len(paths) > _SHOWN else "")
        kept = tuple(path for path in paths[:_REMEMBERED] if _NOT_TEXT.search(path) is None)
        yield Fault(kind, f"{counted(len(paths), 'file')} {what}: {shown}", printable(paths[0]), kept)
