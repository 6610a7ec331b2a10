"""Reading backups that are files in turn: those of a slice now, all of them within the declared time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from schoten_ict.backup.ask.filepoints import Copy, in_slice, slice_of
from schoten_ict.backup.facts import Fault, Probe, ReadProbe
from schoten_ict.backup.order import Order
from schoten_ict.core.text import printable


@dataclass(frozen=True, slots=True)
class Seen:
    """One backup that was read: what is wrong with it, or what kept it from being read, and its numbers."""

    faults: tuple[Fault, ...] = ()
    told: Mapping[str, int | float | str] = field(default_factory=dict)

    @property
    def hard(self) -> tuple[Fault, ...]:
        """What is wrong."""
        return tuple(fault for fault in self.faults if not fault.kind.is_ignorance)

    @property
    def blocked(self) -> Fault | None:
        """What kept it from being read to its end."""
        return next((fault for fault in self.faults if fault.kind.is_ignorance), None)


def reads(found: Sequence[Copy], order: Order, read: Callable[[Copy], Seen]) -> Iterator[ReadProbe]:
    """The backups of the slice, each read whole; `found` are all, oldest first.

    A newest one that is wrong is told in its own slice too, so that it is read again until it is gone.
    """
    wanted, newest = order.read, found[-1]
    if wanted is None:
        return
    begun = monotonic()
    seen = {copy.name: read(copy) for copy in in_slice(found, wanted)}
    hard = tuple(fault for each in seen.values() for fault in each.hard)
    blocked = next((each.blocked for each in seen.values() if each.blocked), None)
    told: dict[str, int | float | str] = {"backups": len(seen)}
    for name, each in seen.items():
        told["bytes"] = int(told.get("bytes", 0)) + int(each.told.get("bytes", 0))
        if "sha256" in each.told:
            told[f"sha256 {printable(name)}"] = each.told["sha256"]
    yield ReadProbe(wanted.number, wanted.of, Probe(hard, blocked, monotonic() - begun, told))
    own = slice_of(newest.name, wanted.of)
    if own != wanted.number and (bad := read(newest).hard):
        yield ReadProbe(own, wanted.of, Probe(bad))
