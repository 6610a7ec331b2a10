"""Files of an archive that are brought back into the scratch folder and compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from schoten_ict.backup.ask.borg.contents import Contents, plain
from schoten_ict.backup.ask.borg.opening import Opened
from schoten_ict.backup.ask.borg.proofs import probe_of, tried
from schoten_ict.backup.ask.borg.tool import Borg
from schoten_ict.backup.ask.proving import SourceFiles, check_restored
from schoten_ict.backup.facts import Fault, Kind, Probe, Signs
from schoten_ict.backup.order import Order
from schoten_ict.core.amounts import size_text
from schoten_ict.core.machine import Entry, Program

_SHORT_SECONDS = 60.0
_AT_ONCE = 2000
"""Files that one command line names."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Restores of one archive, `name`, of which `contents` lists the files."""

    found: Opened
    order: Order
    scratch: str
    name: str
    contents: Contents
    source: SourceFiles

    def sample(self) -> tuple[Probe | None, Signs | None]:
        """Restore the chosen files; None where none is wanted."""
        chosen = {self.contents.inside(entry.path): entry for entry in self.contents.chosen()}
        if not chosen:
            canaries = {canary.path: "" for canary in self.order.job.verify.canaries}
            return None, Signs(canaries=canaries) if canaries else None
        signs: list[Signs] = []

        def step() -> Probe:
            folder = f"{self.scratch}/sample"
            if (full := self._no_room(folder, sum(entry.size for entry in chosen.values()))) is not None:
                return Probe(blocked=full)
            faults, _ = self._extract(self.found.borg, folder, list(chosen))
            probe, seen = self._compared(folder, chosen)
            signs.append(seen)
            return probe_of((*faults, *probe.faults), probe.seconds, told=probe.told)

        probe = self.found.settled(tried(step))
        return probe, signs[0] if signs else None

    def drill(self) -> Probe:
        """Restore everything, as on a machine that never saw this repository; `seconds` are borg's own."""
        if self.contents.unsafe:
            return Probe(self.contents.flaws())
        return self.found.settled(tried(self._drill))

    def _drill(self) -> Probe:
        folder = f"{self.scratch}/drill"
        if (full := self._no_room(folder, self.contents.listing.size)) is not None:
            return Probe(blocked=full)
        stranger = replace(self.found.borg, memory=f"{self.scratch}/stranger")
        faults, seconds = self._extract(stranger, folder, ())
        probe, _ = self._compared(folder, self._restored(folder))
        told = {**probe.told, "seconds": round(seconds, 1)}
        return probe_of((*faults, *probe.faults), probe.seconds + seconds, told=told)

    def _no_room(self, folder: str, size: int) -> Fault | None:
        """Make an empty folder for so many bytes, or say why there is no room for them."""
        machine, limit = self.found.borg.machine, self.order.job.verify.scratch_bytes
        free = machine.free(self.scratch, _SHORT_SECONDS)
        if size > min(limit, free):
            most = f"{size_text(limit)} are allowed" if limit < free else f"{size_text(free)} are free"
            return Fault(Kind.NO_SPACE, f"{size_text(size)} to restore; in the scratch folder {most}")
        machine.run(Program(("mkdir", "-p", folder), seconds=_SHORT_SECONDS))
        return None

    def _extract(self, borg: Borg, folder: str, paths: Sequence[str]) -> tuple[tuple[Fault, ...], float]:
        """Restore `paths`, or everything; what went wrong, and how long it took.

        Flags are left out: an immutable file could not be removed again.
        """
        parts = [paths[start : start + _AT_ONCE] for start in range(0, len(paths), _AT_ONCE)] or [()]
        faults: list[Fault] = []
        seconds = 0.0
        for part in parts:
            after = [f"pf:{path}" for path in part]
            said = borg.run("extract", "--noflags", archive=self.name, after=after, folder=folder)
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
