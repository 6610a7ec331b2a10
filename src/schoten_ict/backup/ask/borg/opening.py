"""Opening a repository: its archives, or why they cannot be listed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from schoten_ict.backup.ask.borg import files
from schoten_ict.backup.ask.borg.contents import roots_of
from schoten_ict.backup.ask.borg.files import Repository, UnusableError
from schoten_ict.backup.ask.borg.lists import Archive, BorgOutputError, archives
from schoten_ict.backup.ask.borg.log import version_of
from schoten_ict.backup.ask.borg.proofs import Ended
from schoten_ict.backup.ask.borg.tool import Borg, borg_for, folder_of
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.facts import Fault, Kind, Probe
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Machine
from schoten_ict.core.remote import RemoteError

_FILES_SECONDS = 600.0
_LIST_SECONDS = 1800.0
_TRIES = 3
_DETAILS = ("--format", "{hostname}{end}{command_line}")
"""What `list --json` tells only when asked, for it has to load each archive."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A repository that was opened, or was not (`archives` is None, `access` says why).

    `borg` sees the mirror of `repository`, or speaks over SSH where that is None. `flaws` are what showed on
    the way, and a listing survives.
    """

    access: Probe
    borg: Borg
    repository: Repository | None = None
    archives: tuple[Archive, ...] | None = None
    flaws: tuple[Fault, ...] = ()
    version: str = ""

    def ours(self, faults: Sequence[Fault]) -> tuple[Fault, ...]:
        """Faults with the place of the repository instead of that of its mirror."""
        return _without(faults, self.borg.location, self.repository)

    def settled(self, probe: Probe) -> Probe:
        """The probe, unless the repository changed meanwhile: then nobody knows what borg missed."""
        return replace(probe, faults=(), blocked=_CHANGED) if probe.faults and self.has_changed() else probe

    def has_changed(self) -> bool:
        """Whether segments that counted at the beginning are gone."""
        if self.repository is None:
            return False
        seconds = self.borg.order.deadline.left(_FILES_SECONDS)
        return files.has_changed(self.borg.machine, self.repository, seconds)


_CHANGED = Fault(Kind.LOCKED, "the repository was changed while it was looked at")


def _without(faults: Sequence[Fault], mirror: str, repository: Repository | None) -> tuple[Fault, ...]:
    if repository is None:
        return tuple(faults)
    root = repository.root
    return tuple(replace(each, message=each.message.replace(mirror, root)) for each in faults)


def opened(machine: Machine, order: Order, scratch: str) -> Opened:
    """Open the repository of a job, again where it changed under us. Raises `RemoteError`."""
    borg = borg_for(machine, order, scratch)
    for number in range(_TRIES):
        found = _opened(_State(borg, f"{scratch}/{number}"))
        if found.archives is not None or not found.has_changed():
            return found
    return replace(found, access=Probe(blocked=_CHANGED, seconds=found.access.seconds))


def _opened(state: "_State") -> Opened:
    """One try. Never raises for what repository or machine do."""
    begun = monotonic()
    order = state.borg.order
    try:
        root = folder_of(state.borg.machine, order.job.repository.url)
        if root is not None:
            state.look(root)
        listed = state.listed()
        faults = state.ours(listed.faults)
        found = () if faults else archives(listed.stdout)
    except UnusableError as error:
        return state.opened((error.fault,), begun)
    except RemoteError as error:
        return state.opened((fault_of(error),), begun)
    except BorgOutputError as error:
        return state.opened((Fault(Kind.PROTOCOL, str(error)),), begun)
    if faults:
        return state.opened((*state.rolled_back, *faults), begun)
    return replace(
        state.opened(state.rolled_back, begun),
        archives=tuple(_with_paths(archive, order) for archive in found),
        version=version_of(listed.log),
    )


def _with_paths(archive: Archive, order: Order) -> Archive:
    roots = roots_of(archive.command, order.job.source.paths)
    return replace(archive, point=replace(archive.point, paths=roots.paths))


@dataclass(slots=True)
class _State:
    """What is known while a repository is being opened."""

    borg: Borg
    folder: str
    repository: Repository | None = None
    flaws: list[Fault] = field(default_factory=list)
    rolled_back: tuple[Fault, ...] = ()
    bare: bool = False

    def opened(self, faults: Sequence[Fault], begun: float) -> Opened:
        """The outcome, with these faults of access."""
        blocked = next((fault for fault in faults if fault.kind.is_ignorance), None)
        hard = tuple(fault for fault in faults if not fault.kind.is_ignorance)
        access = Probe(hard, blocked, monotonic() - begun)
        return Opened(access, self.borg, self.repository, flaws=tuple(self.flaws))

    def look(self, root: str) -> None:
        """Look at the files, and let borg see a mirror of them."""
        seconds = self.borg.order.deadline.left(_FILES_SECONDS)
        self.repository = files.look(self.borg.machine, root, seconds)
        self.flaws = list(self.repository.faults)
        self._show(f"{self.folder}/mirror", bare=self.repository.lacks_index)

    def _show(self, folder: str, *, bare: bool) -> None:
        """Let borg see a new mirror of all that was committed; for a bare one it makes an index itself."""
        assert self.repository is not None
        machine, seconds = self.borg.machine, self.borg.order.deadline.left(_FILES_SECONDS)
        files.mirror(machine, self.repository, folder, self.repository.committed, seconds, index=not bare)
        self.borg = replace(self.borg, location=folder)
        self.bare = bare

    def listed(self) -> Ended:
        """The list of archives; what can be worked round is noted, and it is listed again."""
        details: tuple[str, ...] = _DETAILS
        while True:  # each way round is gone once
            said = self.borg.run("list", "--show-version", "--json", *details, most=_LIST_SECONDS)
            self.borg = replace(self.borg, tested=True)
            kinds = {fault.kind for fault in said.faults}
            if Kind.INDEX in kinds and self.repository is not None and not self.bare:
                self.flaws += [each for each in self.ours(said.faults) if each.kind is Kind.INDEX]
                self._show(f"{self.folder}/bare", bare=True)
            elif Kind.ROLLBACK in kinds and not self.rolled_back:
                self.rolled_back = tuple(
                    replace(each, where=self.borg.memory)
                    for each in said.faults
                    if each.kind is Kind.ROLLBACK
                )
                self.borg = replace(self.borg, memory=f"{self.folder}/fresh")
            elif _only_may_not_lock(said) and not self.borg.options:
                self.borg = replace(self.borg, options=("--bypass-lock",))
            elif kinds & _OF_ARCHIVES and details:
                details = ()
            else:
                return said

    def ours(self, faults: Sequence[Fault]) -> tuple[Fault, ...]:
        """Faults with the place of the repository instead of that of its mirror."""
        return _without(faults, self.borg.location, self.repository)


_OF_ARCHIVES = frozenset({Kind.SNAPSHOT, Kind.TREE, Kind.DATA, Kind.TRUNCATED, Kind.MISSING_DATA, Kind.OTHER})
"""What the details of one archive may be; the list without them may still be read."""


def _only_may_not_lock(said: Ended) -> bool:
    return any(each.id == "LockFailed" for each in said.log)
