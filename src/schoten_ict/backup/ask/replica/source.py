"""The source of a replica: its files by their place in the replica, and its folders."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from schoten_ict.backup.ask.proving import excluded, fault_of
from schoten_ict.backup.ask.replica.comparing import Held, is_below, joined, parents, place_of
from schoten_ict.backup.facts import Fault
from schoten_ict.backup.order import Order
from schoten_ict.core.errors import IctError
from schoten_ict.core.machine import Machine, Tree
from schoten_ict.core.remote import RemoteError

_LISTING_SECONDS = 600.0
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Root:
    """A root of the source, and the folder of the replica that holds its copy (empty: the top)."""

    host: str
    path: str
    place: str


@dataclass(slots=True)
class Source:
    """What the source holds: `files` by path in the replica; `unreadable` are folders that may hold more.

    `gone` are roots that are not there; `blocked` is why the source could not be looked at.
    """

    machines: dict[str, Machine] = field(default_factory=dict)
    roots: list[Root] = field(default_factory=list)
    files: dict[str, Held] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    blocked: Fault | None = None

    def holds(self, path: str) -> bool:
        """Whether a path of the replica lies where the copy of a root does."""
        return any(not root.place or is_below(path, {root.place}) for root in self.roots)

    def folder_changed(self, path: str, seconds: Callable[[float], float]) -> datetime | None:
        """When the folder of the source behind a folder of the replica last gained or lost something.

        Of a folder that is gone, when the nearest one above it did. Raises `RemoteError`.
        """
        root = next((each for each in self.roots if not each.place or is_below(path, {each.place})), None)
        if root is None:
            return None
        below = path[len(root.place) :].strip("/")
        for folder in (*([below, *parents(below)] if below else ()), "."):
            whole = root.path if folder == "." else f"{root.path.rstrip('/')}/{folder}"
            for entry in self.machines[root.host].glob(whole, seconds(_SECONDS)):
                if entry.is_folder and entry.path == whole:
                    return entry.modified
        return None


@contextmanager
def source_of(order: Order, opened: Callable[[str], Machine], replica: Collection[str]) -> Iterator[Source]:
    """The source of a job, its machines closed at the end."""
    source = Source()
    try:
        try:
            _look(order, opened, replica, source)
        except IctError as error:
            source.blocked = fault_of(error)
        yield source
    finally:
        for machine in source.machines.values():
            machine.close()


def _look(order: Order, opened: Callable[[str], Machine], replica: Collection[str], source: Source) -> None:
    hosts, paths = order.job.source.hosts or ("",), order.job.source.paths
    for host in hosts:
        machine = source.machines[host] = opened(host)
        for declared in paths:
            root = machine.path(declared)
            if (tree := _tree(machine, order, root)) is None:
                source.gone.append(f"{host}:{root}" if host else root)
                continue
            names = [entry.path for entry in tree.entries]
            above = host if len(hosts) > 1 else ""
            place = place_of(root, names, replica, alone=len(paths) == 1, host=above)
            source.roots.append(Root(host, root, place))
            source.unreadable += [joined(place, path) for path in tree.unreadable]
            for entry in tree.entries:
                held = Held(host, root, entry)
                if not excluded(order, held.path):
                    source.files[joined(place, entry.path)] = held


def _tree(machine: Machine, order: Order, root: str) -> Tree | None:
    try:
        return machine.tree(root, order.deadline.left(_LISTING_SECONDS))
    except RemoteError as error:
        if error.problems[0].code == "absent":
            return None
        raise
