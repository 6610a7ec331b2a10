"""A drill of a backup that is a plain tree: all of it copied into a scratch folder, and compared."""

from collections.abc import Mapping
from time import monotonic

from schoten_ict.backup.ask.proving import SourceFiles, check_restored, named
from schoten_ict.backup.ask.there import fault_there, run_there
from schoten_ict.backup.facts import Fault, Kind, Probe
from schoten_ict.backup.order import Order
from schoten_ict.core.amounts import size_text
from schoten_ict.core.machine import Entry, Machine
from schoten_ict.core.remote import RemoteError

_SECONDS = 60.0
_SPARE = 64 * 1024 * 1024
"""What stays free on the disk of the scratch folder."""


def copied_back(
    machine: Machine, order: Order, root: str, files: Mapping[str, Entry], source: SourceFiles
) -> tuple[Probe, Mapping[str, str]]:
    """Restore `files`, all that lie below `root`, and compare them with their list and with the source.

    Returns what that proves, and the sums of what came back. Raises nothing.
    """
    if not files:
        return Probe(blocked=Fault(Kind.NOT_PROVABLE, "there is no file to restore")), {}
    try:
        with machine.scratch(order.owner, order.job.verify.scratch, order.deadline.left(_SECONDS)) as folder:
            return _copied(machine, order, root, folder, files, source)
    except RemoteError as error:
        return Probe(blocked=fault_there(error)), {}


def _copied(
    machine: Machine, order: Order, root: str, folder: str, files: Mapping[str, Entry], source: SourceFiles
) -> tuple[Probe, Mapping[str, str]]:
    needed = sum(entry.size for entry in files.values())
    room = min(order.job.verify.scratch_bytes, machine.free(folder, order.deadline.left(_SECONDS)) - _SPARE)
    if needed > room:
        words = f"{size_text(needed)} to restore, {size_text(max(0, room))} may be used"
        return Probe(blocked=Fault(Kind.NO_SPACE, words)), {}
    begun = monotonic()
    request = {"path": root, "scratch": folder, "limit": room}
    said = run_there(machine, "copying", request, order.deadline.left())
    seconds = monotonic() - begun
    sums = machine.hashes(folder, list(files), order.deadline.left())
    probe, _ = check_restored(machine, folder, files, order, source, sums=sums)
    unread = named(Kind.OTHER, [str(path) for path in said["unread"]], "that cannot be read")
    told = {**probe.told, "seconds": round(seconds, 1)}
    return Probe((*probe.faults, *unread), probe.blocked, seconds, told), sums
