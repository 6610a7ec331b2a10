"""Scanning: every host that can be asked about its updates, kept and judged as the answers arrive."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from schoten_ict.collect import INTERRUPTED, Answer, FanOut, Request
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.guard import NOT_ASKED
from schoten_ict.core.remote import Runner, Via
from schoten_ict.inventory.sections.patch import PATCH
from schoten_ict.patch import lacking, wsus
from schoten_ict.patch.desk import Desk, way
from schoten_ict.patch.facts import INCOMPLETE, PatchFacts
from schoten_ict.patch.judge import CHECKS, judge
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.succession import successors
from schoten_ict.patch.records import builds, reports, scans, updates
from schoten_ict.patch.records.updates import TOLD, WSUS
from schoten_ict.patch.wsus import Reported, Told
from schoten_ict.store import Transaction, findings, observations

_SOURCE = "patch-{}"
"""How long a question took is kept apart from that of the collection."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What came of asking one host. `problem` is why it gave no answer.

    A WSUS server may be asked of others alone: then `is_asked` is False. `reported` is what came of that, and
    `others` are the hosts of which it told.
    """

    host: str
    via: Via
    case: Case
    findings: tuple[Finding, ...]
    problem: Problem | None
    duration_ms: int
    is_asked: bool = True
    reported: Reported | None = None
    others: tuple["Scanned", ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What failed, once: a server that gave no answer at all is not asked of others either."""
        of_wsus = self.reported.problem if self.reported else None
        if self.problem and of_wsus and self.problem.message in of_wsus.message:
            return (of_wsus,)
        return tuple(each for each in (self.problem, of_wsus) if each)


def requests_for(desk: Desk, hosts: Sequence[str], *, search: bool) -> list[Request[Told]]:
    """One request per host that can be asked, with how long it took last time.

    WSUS servers that may tell of these hosts are among them.
    """
    took = observations.durations(desk.store.reader)
    servers = [each for each in wsus.servers_for(desk, hosts) if Via.WINRM in desk.reach.ways(each)]
    found = []
    for host in dict.fromkeys([*hosts, *servers]):
        via = Via.WINRM if host in servers else way(desk.reach, host)
        if via is not None:
            expected = took.get((subject("host", host), _SOURCE.format(via.value)))
            of = _Questions(itself=host in hosts, fleet=host in servers, search=search)
            found.append(Request(host, via, ask=partial(_ask, desk, host, via, of), expected_ms=expected))
    return found


@dataclass(frozen=True, slots=True)
class _Questions:
    """What one machine is asked: of itself, of the computers that report to it, and whether it searches."""

    itself: bool
    fleet: bool
    search: bool


def _ask(desk: Desk, host: str, via: Via, questions: _Questions, deadline: Deadline) -> Told:
    with desk.reach.runner(host, via, deadline) as runner:
        itself = partial(_itself, desk, runner, via, search=questions.search)
        if questions.fleet:
            return wsus.ask(runner, deadline, itself if questions.itself else None)
        return Told(itself(deadline.left))


def _itself(desk: Desk, runner: Runner, via: Via, seconds: float, *, search: bool) -> PatchFacts:
    if via is Via.WINRM:
        from schoten_ict.patch.ask.windows import collect as ask_windows

        return ask_windows(runner, seconds, search=search)
    from schoten_ict.patch.ask.linux import collect as ask_linux

    return ask_linux(runner, seconds, desk.now)


def scan(desk: Desk, hosts: Sequence[str], fan: FanOut[Told], broken_off: list[Problem]) -> Iterator[Scanned]:
    """Keep and judge the answers of `fan` as they arrive. Leaving the loop keeps what came in.

    What a person broke off says nothing about its host: it is added to `broken_off`.
    """
    servers, chosen = set(desk.inventory.get(PATCH).servers), set(hosts)
    for answer in fan:
        if answer.problem is not None and answer.problem.code == INTERRUPTED:
            broken_off.append(answer.problem)
        else:
            host = answer.subject
            with desk.store.transaction() as transaction:
                reported = _reported(desk, transaction, answer) if host in servers else None
                scanned = _kept(desk, transaction, answer, reported, is_asked=host in chosen)
            yield scanned


def _kept(
    desk: Desk,
    transaction: Transaction,
    answer: Answer[Told],
    reported: Reported | None,
    *,
    is_asked: bool,
) -> Scanned:
    about, source = subject("host", answer.subject), _SOURCE.format(answer.via.value)
    if answer.asked and (answer.problem is None or answer.problem.code != NOT_ASKED):
        observations.note_duration(transaction, about, source, answer.duration_ms)
    problem = None
    if is_asked:
        problem = _keep(desk, transaction, answer)
    others = [
        _judged(desk, transaction, host, answer)
        for host in (reported.hosts if reported else ())
        if host != answer.subject
    ]
    found = _judged(desk, transaction, answer.subject, answer)
    return replace(found, problem=problem, is_asked=is_asked, reported=reported, others=tuple(others))


def _judged(desk: Desk, transaction: Transaction, host: str, answer: Answer[Told]) -> Scanned:
    case, found = judged(desk, transaction, host)
    return Scanned(host, answer.via, case, found, None, answer.duration_ms)


def _keep(desk: Desk, transaction: Transaction, answer: Answer[Told]) -> Problem | None:
    """Keep what a host told of itself, or why it told nothing."""
    about, facts = subject("host", answer.subject), answer.value.facts if answer.value else None
    if isinstance(facts, PatchFacts):
        keep_facts(desk, transaction, answer.subject, answer.via.value, facts, desk.now)
        return None
    told = facts or answer.problem or Problem("protocol", "gave no answer", about)
    problem = Problem(told.code, told.message, told.subject or about, told.remedy)
    scans.failed(transaction, answer.subject, answer.via.value, problem)
    return problem


def _reported(desk: Desk, transaction: Transaction, answer: Answer[Told]) -> Reported | None:
    """Keep what a WSUS server told, or why it told nothing."""
    fleet = answer.value.fleet if answer.value else answer.problem
    if fleet is None:
        return None
    if isinstance(fleet, Problem):
        return wsus.failed(answer.subject, fleet)
    return wsus.keep(desk, transaction, answer.subject, fleet)


def told_before(desk: Desk, hosts: Iterable[str]) -> list[tuple[Case, tuple[Finding, ...]]]:
    """Judge hosts that nobody asked now by what is known of them: an old report is news as well."""
    with desk.store.transaction() as transaction:
        return [judged(desk, transaction, host) for host in hosts]


def keep_facts(
    desk: Desk,
    transaction: Transaction,
    host: str,
    source: str,
    facts: PatchFacts,
    at: datetime,
    *,
    known: PatchFacts | None = None,
) -> None:
    """Keep what a host, or a report about it, told at the time `at`.

    `known` is all that is known of the host then, where `facts` are a part of it.
    """
    scans.keep(transaction, host, source, known or facts, at, desk.day(at))
    builds.keep(transaction, host, facts.system, at)
    system = lacking.system_of(transaction.connection, host, (known or facts).system)
    seen = [lacking.seen(desk, each, TOLD, system) for each in facts.updates or ()]
    dated = desk.dated(system) if system else None
    there, unproven = (dated.there, dated.unproven) if dated else (frozenset[str](), frozenset[str]())
    lacked = [each.update for each in updates.open_of(transaction.connection, host)]
    updates.keep(
        transaction, host, seen, _resolved_by(transaction, host, facts, at), desk.day(at), at=at,
        there=there, unproven=unproven,
        successors=successors(lacked, [each.update for each in seen], there | unproven, unproven),
    )  # fmt: skip


def _resolved_by(transaction: Transaction, host: str, facts: PatchFacts, at: datetime) -> list[str]:
    """Whose updates are there where the answer does not tell them any more: nobody's, if it is not whole."""
    if facts.updates is None or any(
        (each.subject, each.code) == ("updates", INCOMPLETE) for each in facts.missing
    ):
        return []
    report = reports.of_host(transaction.connection, host)
    return [TOLD, WSUS] if report is None or report.reported_at <= at else [TOLD]


def judged(desk: Desk, transaction: Transaction, host: str) -> tuple[Case, tuple[Finding, ...]]:
    """Judge what is known of one host now, and keep the findings."""
    connection = transaction.connection
    groups = next((each.groups for each in desk.inventory.hosts if each.name == host), ())
    scan = scans.of_host(connection, host)
    case = desk.case(host, groups, scan, lacking.missing_of(desk, connection, host, scan))
    kept = findings.record(transaction, CHECKS, judge(case), subject=subject("host", host))
    return case, tuple(kept)
