"""Collecting: every host over every declared way, kept as the answers arrive."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from schoten_ict.collect import INTERRUPTED, Answer, FanOut, Limits, Request
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.guard import NOT_ASKED
from schoten_ict.core.hostfacts import HostFacts
from schoten_ict.core.remote import Reach, Via
from schoten_ict.core.verdict import Verdict
from schoten_ict.store import Store, Transaction, findings, observations

KIND = "host."
"""Observations of a machine's parts are of kind `host.PART`."""
WHOLE = f"{KIND}*"
"""The kind of a try that gave nothing at all."""
_RESTLESS = "state"
"""The part that always differs from the last time."""
_SHARE = 0.9
"""An agent that is slow gives what it has before its time is up."""
CHECK = "inventory.collected"
VALID_FOR = timedelta(days=8)
"""A weekly collection with a day to spare: after that nothing is known for sure."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of asking one host over one way. `changed` names the parts that differ from last time."""

    host: str
    via: Via
    facts: HostFacts | None
    problems: tuple[Problem, ...]
    changed: tuple[str, ...]
    duration_ms: int

    @property
    def verdict(self) -> Verdict:
        """Ok when every part was read; what was not read is unknown."""
        return Verdict.UNKNOWN if self.problems else Verdict.OK


def requests_for(reach: Reach, hosts: Sequence[str], store: Store) -> list[Request[HostFacts]]:
    """One request per host and declared way, with how long it took last time."""
    took = observations.durations(store.reader)
    return [
        _request(reach, host, via, took.get((subject("host", host), via.value)))
        for host in hosts
        for via in reach.ways(host)
        if via is not Via.HTTP  # a product on the host, which does not tell who it is
    ]


def collect(store: Store, fan: FanOut[HostFacts]) -> Iterator[Collected]:
    """Keep the answers of `fan` as they arrive and pass them on. Leaving the loop keeps what came in."""
    for answer in fan:
        with store.transaction() as transaction:
            collected = _keep(transaction, answer)
        yield collected


def limits(seconds: float, run_seconds: float) -> Limits:
    """The fan-out's limits for a collection."""
    return Limits(machine_seconds=seconds, run_seconds=run_seconds)


def _request(reach: Reach, host: str, via: Via, expected_ms: int | None) -> Request[HostFacts]:
    if via is Via.SNMP:

        async def ask_agent(deadline: Deadline) -> HostFacts:
            from schoten_ict.fleet.ask.snmp import collect as ask_snmp

            session = await reach.snmp(host)
            try:
                return await ask_snmp(session, deadline.left * _SHARE)
            finally:
                await session.close()

        return Request(host, via, ask_async=ask_agent, expected_ms=expected_ms)

    def ask(deadline: Deadline) -> HostFacts:
        with reach.runner(host, via, deadline) as runner:
            if via is Via.WINRM:
                from schoten_ict.fleet.ask.windows import collect as ask_windows

                return ask_windows(runner, deadline.left)
            from schoten_ict.fleet.ask.linux import collect as ask_linux

            return ask_linux(runner, deadline.left)

    return Request(host, via, ask=ask, expected_ms=expected_ms)


def _keep(transaction: Transaction, answer: Answer[HostFacts]) -> Collected:
    about = subject("host", answer.subject)
    source = answer.via.value
    problem = answer.problem
    if problem is not None and problem.code == INTERRUPTED:  # by a person: it says nothing about the host
        return Collected(answer.subject, answer.via, None, (problem,), (), answer.duration_ms)
    if answer.asked and (problem is None or problem.code != NOT_ASKED):
        observations.note_duration(transaction, about, source, answer.duration_ms)
    if answer.value is None or problem is not None:
        problem = problem or Problem("protocol", "gave no answer", about)
        observations.failed(transaction, about, WHOLE, source, problem.code, problem.message)
        collected = Collected(answer.subject, answer.via, None, (problem,), (), answer.duration_ms)
    else:
        facts = answer.value
        first = not _was_collected(transaction, about, source)
        differing = [
            part
            for part, payload in facts.parts().items()
            if observations.observe(transaction, about, f"{KIND}{part}", source, payload)
        ]
        changed = () if first else tuple(part for part in differing if part != _RESTLESS)
        for gap in facts.missing:
            observations.failed(transaction, about, f"{KIND}{gap.subject}", source, gap.code, gap.message)
        gaps = _together(facts.missing, about)
        collected = Collected(answer.subject, answer.via, facts, gaps, changed, answer.duration_ms)
    findings.record(transaction, (), [_finding(transaction, collected)])
    return collected


def _was_collected(transaction: Transaction, about: str, source: str) -> bool:
    return any(
        observations.latest(transaction.connection, about, f"{KIND}{part}", source)
        for part in ("identity", _RESTLESS)
    )


def _together(gaps: Iterable[Problem], about: str) -> tuple[Problem, ...]:
    """One problem for all parts that lack for the same reason."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for gap in gaps:
        found.setdefault((gap.code, gap.message, gap.remedy), []).append(gap.subject)
    return tuple(
        Problem(code, f"{', '.join(parts)}: {message}", about, remedy)
        for (code, message, remedy), parts in found.items()
    )


def _finding(transaction: Transaction, collected: Collected) -> Finding:
    lacking = "; ".join(problem.message for problem in collected.problems)
    return Finding(
        check=CHECK,
        subject=subject("host", collected.host),
        key=collected.via.value,
        verdict=collected.verdict,
        summary=lacking or f"answered over {collected.via} in {collected.duration_ms} ms",
        observed_at=transaction.now,
        valid_until=transaction.now + VALID_FOR,
        evidence={"codes": sorted({problem.code for problem in collected.problems})},
        remedy=next((problem.remedy for problem in collected.problems if problem.remedy), ""),
    )
