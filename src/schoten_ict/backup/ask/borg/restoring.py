"""Files of an archive that are brought back into the scratch folder and compared."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from schoten_ict.backup.ask.borg.contents import Contents, plain
from schoten_ict.backup.ask.borg.opening import Opened
from schoten_ict.backup.ask.borg.proofs import probe_of, tried
from schoten_ict.backup.ask.borg.tool import Borg
from schoten_ict.backup.ask.proving import SourceFiles, check_restored
from schoten_ict.backup.facts import Fault, Kind, Probe, Signs
from schoten_ict.backup.order import Order
from schoten_ict.core.amounts import size_text
from schoten_ict.core.machine import Entry, Program
from schoten_ict.core.text import printable

_SHORT_SECONDS = 60.0
_CLEANING_SECONDS = 600.0
_AT_ONCE = 2000
"""Files that one command line names."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Restores of one archive, `name`, of which `contents` lists the files, into `folder`."""

    found: Opened
    order: Order
    folder: str
    name: str
    contents: Contents
    source: SourceFiles

    def sample(self) -> tuple[Probe | None, Signs | None]:
        """Restore the chosen files; None where none is wanted."""
        canaries = {canary.path: "" for canary in self.order.job.verify.canaries}
        chosen = {self.contents.inside(entry.path): entry for entry in self.contents.chosen()}
        if not chosen:
            empty = Probe((Fault(Kind.EMPTY, f"archive {printable(self.name)} holds no file at all"),))
            bare = self.order.sample and not self.contents.listing.files
            return empty if bare else None, Signs(canaries=canaries) if canaries else None
        signs: list[Signs] = []
        probe = self.found.settled(tried(lambda: self._sample(chosen, signs)))
        return probe, signs[0] if signs else None

    def _sample(self, chosen: Mapping[str, Entry], signs: list[Signs]) -> Probe:
        room, fitting = self._room(), dict[str, Entry]()
        for path, entry in chosen.items():
            if entry.size <= room:
                fitting[path] = entry
                room -= entry.size
        if not fitting:
            return Probe(blocked=self._no_room(min(entry.size for entry in chosen.values())))
        with self._emptied("sample") as folder:
            faults, seconds = self._extract(self.found.borg, folder, list(fitting))
            if any(fault.kind.is_ignorance for fault in faults):
                return probe_of(faults, seconds)
            probe, seen = self._compared(folder, fitting)
        signs.append(seen)
        return probe_of((*faults, *probe.faults), probe.seconds, told=probe.told)

    def drill(self) -> Probe:
        """Restore everything, as on a machine that never saw this repository; `seconds` are borg's own."""
        if self.contents.unsafe:
            return Probe(self.contents.flaws())
        return self.found.settled(tried(self._drill))

    def _drill(self) -> Probe:
        size = self.contents.listing.size
        if size > self._room():
            return Probe(blocked=self._no_room(size))
        stranger = replace(self.found.borg, memory=f"{self.folder}/stranger")
        with self._emptied("drill") as folder:
            faults, seconds = self._extract(stranger, folder, ())
            if any(fault.kind.is_ignorance for fault in faults):
                return probe_of(faults, seconds)
            probe, _ = self._compared(folder, self._restored(folder))
        told = {**probe.told, "seconds": round(seconds, 1)}
        return probe_of((*faults, *probe.faults), probe.seconds + seconds, told=told)

    def _room(self) -> int:
        """How many bytes may be restored: those allowed, and those that there are."""
        scratch, limit = str(PurePosixPath(self.folder).parent), self.order.job.verify.scratch_bytes
        return min(limit, self.found.borg.machine.free(scratch, _SHORT_SECONDS))

    def _no_room(self, size: int) -> Fault:
        words = f"{size_text(size)} to restore, {size_text(self._room())} may be used"
        return Fault(Kind.NO_SPACE, words)

    @contextmanager
    def _emptied(self, name: str) -> Iterator[str]:
        """A folder that is emptied again, so that the next restore has its room."""
        folder, run = f"{self.folder}/{name}", self.found.borg.machine.run
        run(Program(("mkdir", "-p", folder), seconds=_SHORT_SECONDS))
        try:
            yield folder
        finally:
            run(Program(("rm", "-rf", "--", folder), seconds=_CLEANING_SECONDS))

    def _extract(self, borg: Borg, folder: str, paths: Sequence[str]) -> tuple[tuple[Fault, ...], float]:
        """Restore `paths`, or everything; what went wrong, and how long it took.

        Flags are left out: an immutable file could not be removed again. (1.1 knows only the older name of
        the option, 1.4 still knows it.)
        """
        parts = [paths[start : start + _AT_ONCE] for start in range(0, len(paths), _AT_ONCE)] or [()]
        faults: list[Fault] = []
        seconds = 0.0
        for part in parts:
            after = [f"pf:{path}" for path in part]
            said = borg.run("extract", "--nobsdflags", archive=self.name, after=after, folder=folder)
            faults += self.found.ours(said.faults_of_restore)
            seconds += said.seconds
        words = ("chmod", "-R", "u+rwX", folder)
        borg.machine.run(Program(words, seconds=self.order.deadline.left()))
        return tuple(faults), seconds

    def _compared(self, folder: str, restored: Mapping[str, Entry]) -> tuple[Probe, Signs]:
        return check_restored(self.found.borg.machine, folder, restored, self.order, self.source)

    def _restored(self, folder: str) -> dict[str, Entry]:
        """What must have come back, by its names there: borg lists those that are no UTF-8 with `?`."""
        wanted = dict(self.contents.entries or {})
        restored = {}
        for found in self.found.borg.machine.tree(folder, self.order.deadline.left()).entries:
            if (entry := wanted.pop(plain(found.path), None)) is not None:
                size = found.size if plain(found.path) in self.contents.second_names else entry.size
                restored[found.path] = replace(entry, size=size)
        return restored | wanted
