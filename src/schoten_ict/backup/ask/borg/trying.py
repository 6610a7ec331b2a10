"""How steps of a look become probes: what kept one from being done is no fault of the backup."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.facts import Fault, Kind, Probe
from schoten_ict.core.remote import RemoteError


def probe_of(
    faults: Sequence[Fault],
    seconds: float,
    *,
    lacking: str = "",
    told: Mapping[str, int | float | str] | None = None,
    weak: str = "",
) -> Probe:
    """A probe with these faults; without any, `lacking` says which evidence borg did not give."""
    hard = tuple(fault for fault in faults if not fault.kind.is_ignorance)
    blocked = next((fault for fault in faults if fault.kind.is_ignorance), None)
    if not faults and lacking:
        blocked = Fault(Kind.PROTOCOL, lacking)
    return Probe(hard, blocked, seconds, told or {}, weak)


def tried(step: Callable[[], Probe]) -> Probe:
    """The probe of `step`; blocked where the machine did not do it."""
    begun = monotonic()
    try:
        return step()
    except RemoteError as error:
        return Probe(blocked=fault_of(error), seconds=monotonic() - begun)
