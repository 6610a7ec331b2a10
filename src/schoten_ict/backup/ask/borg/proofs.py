"""What runs of borg prove: how they ended becomes probes, and an exit code of 0 alone proves nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from schoten_ict.backup.ask.borg.log import Message, checked, messages, outcome, outcome_of_restore
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.facts import Fault, Kind, Probe
from schoten_ict.core.remote import RemoteError

Numbers = Mapping[str, int | float | str]
_UNREAD = "no data was read for it"
_CHECKSUMS = "checksums find accidents, not what somebody changed on purpose"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of borg ended, and what it said."""

    code: int
    stdout: bytes
    log: Sequence[Message]
    seconds: float = 0.0

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What went wrong; that there is nothing is no proof of anything."""
        return outcome(self.code, self.log)

    @property
    def faults_of_restore(self) -> tuple[Fault, ...]:
        """The same where files were restored."""
        return outcome_of_restore(self.code, self.log)


def ended(code: int, stdout: bytes, stderr: bytes, seconds: float = 0.0) -> Ended:
    """A run with its log read."""
    return Ended(code, stdout, messages(stderr), seconds)


def structure_probe(said: Ended, *, whole: bool) -> Probe:
    """`check -v` of the archives against the index, and with `whole` of all segments before that."""
    proof = checked(said.log)
    return probe_of(
        said.faults,
        said.seconds,
        lacking=""
        if proof.archives and (proof.segments or not whole)
        else "borg did not say that it checked all",
        told={"archives": len(proof.names)},
        weak=_CHECKSUMS if whole else _UNREAD,
    )


def read_probe(said: Ended, *, whole: bool) -> Probe:
    """`check -v --verify-data`: every chunk decrypted and compared with its id; `whole` as above."""
    proof = checked(said.log)
    fine = proof.chunks is not None and (proof.segments or not whole)
    return probe_of(
        said.faults,
        said.seconds,
        lacking="" if fine else "borg did not say that it verified the data",
        told={"chunks": proof.chunks or 0},
    )


def probe_of(
    faults: Sequence[Fault], seconds: float, *, lacking: str = "", told: Numbers | None = None, weak: str = ""
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
