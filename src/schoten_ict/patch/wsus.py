"""WSUS servers: which are asked for whom, and what hosts reported to them, as of each one's last report."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.finding import subject
from schoten_ict.core.remote import Runner, Via
from schoten_ict.core.text import counted, printable
from schoten_ict.inventory.sections.patch import PATCH
from schoten_ict.patch import lacking
from schoten_ict.patch.ask import wsus, wsus_facts
from schoten_ict.patch.ask.wsus import Fleet
from schoten_ict.patch.ask.wsus_names import Matches, matched
from schoten_ict.patch.desk import Desk
from schoten_ict.patch.facts import PatchFacts, Update
from schoten_ict.patch.judge.joining import counts
from schoten_ict.patch.judge.releases import installed
from schoten_ict.patch.known import Scan, WsusReport
from schoten_ict.patch.records import reports, scans, updates
from schoten_ict.patch.records.updates import WSUS
from schoten_ict.store import Transaction

T = TypeVar("T")
_NAMED, _LONGEST = 3, 80
_REMEDY = "what its computers reported before still counts; try the way to it: ict doctor --winrm"
_FULL_NAMES = "give each its full name as address"


@dataclass(frozen=True, slots=True)
class Told:
    """What one machine told of itself, and a WSUS server of others; each may have failed on its own."""

    facts: PatchFacts | Problem | None = None
    fleet: Fleet | Problem | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """What came of asking one server. `hosts` are those of which it told something newer than was known."""

    server: str
    hosts: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    matches: Matches | None = None
    problem: Problem | None = None


def servers_for(desk: Desk, hosts: Sequence[str]) -> list[str]:
    """The declared servers that may tell of these hosts: Windows, or without a way to be asked at all."""
    declared = desk.inventory.get(PATCH).servers
    if not declared:
        return []
    known, chosen = reports.hosts(desk.store.reader), set(hosts)
    is_wanted = any(host in known or _may_be_known(desk, host) for host in hosts)
    return [each for each in declared if is_wanted or each in chosen]


def _may_be_known(desk: Desk, host: str) -> bool:
    ways = desk.reach.ways(host)
    return not ways or Via.WINRM in ways


def without_way(desk: Desk, hosts: Sequence[str]) -> Iterator[Problem]:
    """The servers that should be asked for these hosts and declare no WinRM."""
    for server in servers_for(desk, hosts):
        if Via.WINRM not in desk.reach.ways(server):
            yield Problem(
                "configuration",
                f"{server} is the WSUS server and declares no winrm: it was not asked",
                subject("host", server),
                "add connect: {winrm: {credential: NAME}} to it",
            )


def ask(runner: Runner, deadline: Deadline, itself: Callable[[float], PatchFacts] | None) -> Told:
    """Ask a server of its computers, after a question about `itself` within half of the time, if any."""
    facts = _tried(deadline, lambda: itself(deadline.left / 2)) if itself is not None else None
    return Told(facts, _tried(deadline, lambda: wsus.collect(runner, deadline.left)))


def _tried(deadline: Deadline, question: Callable[[], T]) -> T | Problem:
    try:
        return question()
    except IctError as error:
        if deadline.broken_off:
            raise
        return error.problems[0]


def failed(server: str, problem: Problem) -> Reported:
    """The server told nothing of its computers."""
    message = problem.message if "WSUS" in problem.message else f"WSUS was not asked: {problem.message}"
    remedy = problem.remedy or _REMEDY
    return Reported(server, problem=Problem(problem.code, message, subject("host", server), remedy))


def keep(desk: Desk, transaction: Transaction, server: str, fleet: Fleet) -> Reported:
    """Keep what hosts of the inventory reported, and what they lack where the list counts."""
    matches = matched(fleet.computers, {host.name: host.address for host in desk.inventory.hosts})
    kept, silent = [], []
    for host, computer in matches.by_host.items():
        at = wsus_facts.reported(computer, desk.now)
        if at is None:
            silent.append(host)
            continue
        report = WsusReport(host, server, desk.now, at, wsus_facts.facts(computer, fleet, at))
        if reports.keep(transaction, report, at.astimezone(desk.zone).date()):
            kept.append(host)
            if computer.updates is not None:
                _keep_list(desk, transaction, report, computer.updates)
    return Reported(server, tuple(kept), tuple(silent), matches, _unread(server, fleet))


def _unread(server: str, fleet: Fleet) -> Problem | None:
    if not fleet.unread:
        return None
    words = f"WSUS told {counted(fleet.unread, 'computer')} without a name or a count"
    return Problem("protocol", words, subject("host", server))


def _keep_list(desk: Desk, transaction: Transaction, report: WsusReport, lacks: Sequence[Update]) -> None:
    """Keep what a host lacks. Only what WSUS listed before and lists no more is there by its word."""
    own = scans.itself(transaction.connection, report.host)
    if not counts(own, report):
        return
    there = _there_since(desk, own, report)
    system = own.facts.system if own and own.facts else None
    seen = [lacking.seen(desk, each, WSUS, system) for each in lacks if each.key not in there]
    day = report.reported_at.astimezone(desk.zone).date()
    updates.keep(transaction, report.host, seen, [WSUS], day, at=report.reported_at)


def _there_since(desk: Desk, own: Scan | None, report: WsusReport) -> frozenset[str]:
    """What the build of a host proves to be there, where it told that later than it reported."""
    system = own.facts.system if own and own.facts else None
    if own is None or own.scanned_at is None or system is None or own.scanned_at < report.reported_at:
        return frozenset()
    return installed(system, desk.knowledge.builds)


def remarks(desk: Desk, hosts: Sequence[str], asked: Sequence[Reported]) -> Iterator[str]:
    """Which computers and hosts WSUS and the inventory do not both know, one line each kind."""
    answers = [each for each in asked if each.matches is not None]
    chosen = set(hosts)
    found = [each.matches for each in answers if each.matches is not None]
    whole = [each.matches for each in answers if each.matches is not None and each.server in chosen]
    strangers = sorted({name for each in whole for name in each.strangers})
    if strangers:
        what = counted(len(strangers), "computer that is no host", "computers that are no hosts")
        yield f"WSUS knows {what} of the inventory: {_named(strangers)}"
    ambiguous = sorted({name for each in found for name in each.ambiguous} & chosen)
    if ambiguous:
        what = counted(len(ambiguous), "host that it may mean", "hosts that it may mean")
        yield f"WSUS has no computer of its own for {what}: {_named(ambiguous)} - {_FULL_NAMES}"
    silent = sorted({name for each in answers for name in each.silent} & chosen)
    if silent:
        yield f"{counted(len(silent), 'host')} never reported to WSUS: {_named(silent)}"
    known = {name for each in found for name in (*each.by_host, *each.ambiguous)}
    unknown = sorted(each for each in chosen - known if _is_windows(desk, each))
    if unknown and len(answers) == len(desk.inventory.get(PATCH).servers):
        yield f"WSUS does not know {counted(len(unknown), 'Windows host')}: {_named(unknown)}"


def _is_windows(desk: Desk, host: str) -> bool:
    return Via.WINRM in desk.reach.ways(host)


def _named(names: Sequence[str]) -> str:
    """The first of some names, which a server tells and nobody vouches for."""
    told = ", ".join(printable(each)[:_LONGEST] for each in names[:_NAMED])
    return f"{told} ..." if len(names) > _NAMED else told
