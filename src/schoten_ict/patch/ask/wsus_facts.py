"""What a WSUS server tells of one computer, as facts of that machine: approved updates, and nothing more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from schoten_ict.core.errors import Problem
from schoten_ict.core.text import counted
from schoten_ict.patch.ask.wsus import SOURCE, Fleet
from schoten_ict.patch.facts import Feed, PatchFacts, Reboot, System, WsusComputer

_AHEAD = timedelta(days=1)
_NO_BUILD = "WSUS tells no build, nor by it the end of support"
_NO_RESTART = "WSUS knows of restarts after approved updates only"
_NO_CATALOGUE = "when the WSUS server last fetched new updates was not told"
_ITSELF = "ask the machine itself while it is on"


def reported(computer: WsusComputer, now: datetime) -> datetime | None:
    """When it reported last; None where it never did, or where that lies a day ahead and proves nothing."""
    found = computer.reported_at
    return None if found is None or found - _AHEAD > now else min(found, now)


def facts(computer: WsusComputer, fleet: Fleet, reported_at: datetime) -> PatchFacts:
    """The facts as of its report: counts and lists, a restart that is waited for, and what is not told.

    Its lists are as old as its report, or as what the server fetched where that is older.
    """
    lacking = computer.missing + computer.downloaded + computer.failed
    lists_at = fleet.synchronised_at and min(fleet.synchronised_at, reported_at)
    found = PatchFacts(
        manager=SOURCE,
        system=System("windows", computer.os) if computer.os else None,
        updates=computer.updates,
        reboot=_reboot(computer.pending_reboot),
        lists_at=lists_at,
        feed=Feed("wsus", fleet.server, {"group": computer.group} if computer.group else {}),
        lacking=lacking,
    )
    return replace(found, missing=tuple(_missing(found, computer.problem)))


def _reboot(pending: int) -> Reboot | None:
    """A restart that WSUS knows of; that it knows of none proves nothing."""
    words = f"{counted(pending, 'installed update')}, as WSUS was told"
    return Reboot(True, (words,)) if pending else None


def _missing(found: PatchFacts, problem: Problem | None) -> Iterator[Problem]:
    if problem is not None:
        yield problem
    yield Problem("absent", _NO_BUILD, "system", _ITSELF)
    if found.reboot is None:
        yield Problem("absent", _NO_RESTART, "reboot", _ITSELF)
    if found.lists_at is None:
        yield Problem("absent", _NO_CATALOGUE, "lists_at")
