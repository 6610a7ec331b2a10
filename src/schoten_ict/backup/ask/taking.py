"""Backups that ict takes as files: made aside, synced, named, with their sum kept."""

from dataclasses import dataclass

from schoten_ict.backup.ask.filepoints import PARTIAL, split
from schoten_ict.backup.ask.sums import BESIDE
from schoten_ict.backup.ask.there import run_there
from schoten_ict.backup.order import Order
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.machine import Machine

_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new backup goes: under `partial` while it is made, then to `path`, its sum into `manifest`."""

    name: str
    path: str
    partial: str
    manifest: str


def place_for(machine: Machine, order: Order) -> Place:
    """Where the backup of now goes: the repository's pattern with the time in its `*`.

    What an earlier, killed run left unfinished there is removed: the caller holds the job's lock. Raises
    `ConfigurationError` when the pattern says no name, and `RemoteError`.
    """
    folder, pattern = split(machine.path(order.job.repository.url))
    if "?" in pattern or pattern.count("*") > 1:
        raise ConfigurationError(
            f"{order.job.name}: {pattern} does not say how a new backup is called",
            subject=f"job:{order.job.name}",
            remedy="write the repository's url with one *, which becomes the time, or without any",
        )
    _removed(machine, order, f"{folder}/.{pattern}{PARTIAL}")
    name = pattern.replace("*", f"{order.now:%Y%m%dT%H%M%SZ}")
    declared = order.job.repository.manifest
    path = f"{folder}/{name}"
    manifest = machine.path(declared) if declared else f"{path}{BESIDE}"
    return Place(name, path, f"{folder}/.{name}{PARTIAL}", manifest)


def publish(machine: Machine, order: Order, place: Place) -> dict[str, int | float | str]:
    """Give a finished backup its name; returns its `sha256` and `bytes`. Raises `RemoteError`."""
    request = {"do": "publish", "path": place.partial, "target": place.path, "manifest": place.manifest}
    told = run_there(machine, "publish", request, order.deadline.left())
    return {"bytes": int(told["size"]), "sha256": str(told["sha256"])}


def discard(machine: Machine, order: Order, place: Place) -> None:
    """Remove what was begun and failed. Raises `RemoteError`."""
    _removed(machine, order, place.partial)


def _removed(machine: Machine, order: Order, pattern: str) -> None:
    left = machine.glob(pattern, order.deadline.left(_SECONDS))
    if left:
        request = {"do": "remove", "paths": [entry.path for entry in left if not entry.is_folder]}
        run_there(machine, "publish", request, order.deadline.left(_SECONDS))
