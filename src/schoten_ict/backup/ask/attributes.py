"""Attributes of files that keep everybody from changing them: `lsattr` of e2fsprogs, on Linux."""

import re
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic

from schoten_ict.backup.ask.proving import fault_of, named
from schoten_ict.backup.facts import Fault, Kind, Probe
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Machine, Program
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

_AT_ONCE = 200
_LINE = re.compile(rb"([-A-Za-z]{8,40}) (/.*)")
_GUARDS = frozenset(b"ai")
"""`i`: nobody changes or removes it, not even root; `a`: it can only grow (chattr(1))."""


def protected(
    machine: Machine, order: Order, files: Sequence[str], folders: Sequence[str] = ()
) -> Probe | None:
    """Whether these files, and all that lies in these folders, are beyond anybody's reach.

    None where the job does not declare that an attribute guards it. Raises nothing.
    """
    declared = order.job.immutable
    if declared is None or declared.by != "attribute":
        return None
    begun = monotonic()
    if not files and not folders:
        return Probe(blocked=Fault(Kind.NOT_PROVABLE, "there is no backup that must be guarded"))
    try:
        flags = dict(flags_of(_lines(machine, order, files, folders)))
    except RemoteError as error:
        kind = Kind.NOT_PROVABLE if error.problems[0].code == "failed" else fault_of(error).kind
        return Probe(blocked=Fault(kind, error.problems[0].message), seconds=monotonic() - begun)
    silent = [path for path in (*files, *folders) if path not in flags]
    if silent:
        words = f"lsattr tells nothing of {printable(silent[0])}"
        return Probe(blocked=Fault(Kind.NOT_PROVABLE, words), seconds=monotonic() - begun)
    open_ones = sorted(path for path, guarded in flags.items() if not guarded)
    faults = tuple(named(Kind.OTHER, open_ones, "without the attribute i or a"))
    return Probe(faults, None, monotonic() - begun, {"files": len(flags)})


def _lines(machine: Machine, order: Order, files: Sequence[str], folders: Sequence[str]) -> Iterator[bytes]:
    listings = [("-d", "--", *files[start : start + _AT_ONCE]) for start in range(0, len(files), _AT_ONCE)]
    listings += [words for folder in folders for words in (("-d", "--", folder), ("-a", "-R", "--", folder))]
    for words in listings:
        yield from machine.lines(Program(("lsattr", *words), seconds=order.deadline.left()))


def flags_of(lines: Iterable[bytes]) -> Iterator[tuple[str, bool]]:
    """Each path that `lsattr` tells of, and whether it is guarded; lines of anything else are passed over."""
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is not None and not match[2].endswith((b"/.", b"/..")):
            yield match[2].decode("utf-8", "surrogateescape"), not _GUARDS.isdisjoint(match[1])
