"""Scanning: every host that can be asked about its updates, kept and judged as the answers arrive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from schoten_ict.collect import INTERRUPTED, Answer, FanOut, Request
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.guard import NOT_ASKED
from schoten_ict.core.remote import Via
from schoten_ict.patch.desk import Desk, way
from schoten_ict.patch.facts import PatchFacts, Update
from schoten_ict.patch.judge import CHECKS, judge
from schoten_ict.patch.judge.builds import State, standing
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.judge.exploited import exploited
from schoten_ict.patch.records import scans, updates
from schoten_ict.patch.records.updates import BUILD, TOLD, Seen
from schoten_ict.store import Transaction, findings, observations

_SOURCE = "patch-{}"
"""How long a question took is kept apart from that of the collection."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What came of asking one host. `problem` is why it gave no answer."""

    host: str
    via: Via
    case: Case
    findings: tuple[Finding, ...]
    problem: Problem | None
    duration_ms: int


def requests_for(desk: Desk, hosts: Sequence[str], *, search: bool) -> list[Request[PatchFacts]]:
    """One request per host that can be asked, with how long it took last time."""
    took = observations.durations(desk.store.reader)
    found = []
    for host in hosts:
        via = way(desk.reach, host)
        if via is not None:
            expected = took.get((subject("host", host), _SOURCE.format(via.value)))
            found.append(_request(desk, host, via, expected, search=search))
    return found


def _request(
    desk: Desk, host: str, via: Via, expected_ms: int | None, *, search: bool
) -> Request[PatchFacts]:
    def ask(deadline: Deadline) -> PatchFacts:
        with desk.reach.runner(host, via, deadline) as runner:
            if via is Via.WINRM:
                from schoten_ict.patch.ask.windows import collect as ask_windows

                return ask_windows(runner, deadline.left, search=search)
            from schoten_ict.patch.ask.linux import collect as ask_linux

            return ask_linux(runner, deadline.left, desk.now)

    return Request(host, via, ask=ask, expected_ms=expected_ms)


def scan(desk: Desk, fan: FanOut[PatchFacts], broken_off: list[Problem]) -> Iterator[Scanned]:
    """Keep and judge the answers of `fan` as they arrive. Leaving the loop keeps what came in.

    What a person broke off says nothing about its host: it is added to `broken_off`.
    """
    for answer in fan:
        if answer.problem is not None and answer.problem.code == INTERRUPTED:
            broken_off.append(answer.problem)
        else:
            with desk.store.transaction() as transaction:
                scanned = _keep(desk, transaction, answer)
            yield scanned


def _keep(desk: Desk, transaction: Transaction, answer: Answer[PatchFacts]) -> Scanned:
    about, source = subject("host", answer.subject), _SOURCE.format(answer.via.value)
    if answer.asked and (answer.problem is None or answer.problem.code != NOT_ASKED):
        observations.note_duration(transaction, about, source, answer.duration_ms)
    if answer.value is None:
        problem = answer.problem or Problem("protocol", "gave no answer", about)
        scans.failed(transaction, answer.subject, answer.via.value, problem)
    else:
        problem = None
        keep_facts(desk, transaction, answer.subject, answer.via.value, answer.value, desk.now)
    case, found = judged(desk, transaction, answer.subject)
    return Scanned(answer.subject, answer.via, case, found, problem, answer.duration_ms)


def keep_facts(
    desk: Desk, transaction: Transaction, host: str, source: str, facts: PatchFacts, at: datetime
) -> None:
    """Keep what a host, or a report about it, told at the time `at`."""
    scans.keep(transaction, host, source, facts, at, desk.today)
    catalogue = desk.knowledge.exploited
    told = [Seen(each, TOLD, bool(exploited(each.cves, catalogue))) for each in facts.updates or ()]
    keys = {each.update.key for each in told}
    implied = [Seen(each, BUILD) for each in _below(desk, facts) if each.key not in keys]
    origins = [BUILD] if facts.updates is None else [TOLD, BUILD]
    updates.keep(transaction, host, [*told, *implied], origins, desk.today)


def _below(desk: Desk, facts: PatchFacts) -> Iterator[Update]:
    """The newest security release of a Windows whose build is below it; its clock is that of the oldest."""
    found = standing(facts.system, desk.knowledge.builds, desk.today) if facts.system else None
    if found is not None and found.state is State.BELOW and found.newest is not None:
        newest = found.newest
        yield Update(
            newest.kb, found.summary, security=True, installed=found.build, restart=True,
            available=f"{newest.build}.{newest.ubr}", published=found.missed_since, source="build",
        )  # fmt: skip


def judged(desk: Desk, transaction: Transaction, host: str) -> tuple[Case, tuple[Finding, ...]]:
    """Judge what is known of one host now, and keep the findings."""
    connection = transaction.connection
    lacks = [each.missing for each in updates.open_of(connection, host)]
    groups = next((each.groups for each in desk.inventory.hosts if each.name == host), ())
    case = desk.case(host, groups, scans.of_host(connection, host), lacks)
    kept = findings.record(transaction, CHECKS, judge(case), subject=subject("host", host))
    return case, tuple(kept)
