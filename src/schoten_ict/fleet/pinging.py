"""Asking who answers now: an echo, the TCP ports over which a host is reached, its agent; twice at most."""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.remote import Reach, RemoteError
from schoten_ict.fleet.judge.answering import Answer

if TYPE_CHECKING:
    from schoten_ict.connect.probe import Prober

CHECK = "inventory.answers"
TRIES = 2
_AT_ONCE = 256
_NAME_SECONDS = 3.0
_ROUND_TRIPS = 3
"""Of SNMPv3: its engine, its clock, the value. A session asks twice by itself."""
_UNHEARD = frozenset({"no-answer", "timeout", "unreachable"})


@dataclass(frozen=True, slots=True)
class Goal:
    """One host: its address or DNS name, and the TCP ports of its connections.

    `agent` says that it declares SNMP; `local` is this machine.
    """

    host: str
    address: str
    ports: tuple[int, ...] = ()
    agent: bool = False
    local: bool = False


def ask_all(
    reach: Reach, goals: Sequence[Goal], seconds: float, on_answer: Callable[[Answer, int], None]
) -> tuple[list[Answer], set[str]]:
    """The answers in the order of `goals`, and why no echo could be asked for.

    An agent is asked, over `reach`, where nothing else answers. `on_answer` gets each answer as it comes,
    with the number that is still waited for. Nobody is waited for longer than `seconds` a try, an agent three
    times that.
    """
    return asyncio.run(_ask_all(reach, goals, seconds, on_answer))


async def _ask_all(
    reach: Reach, goals: Sequence[Goal], seconds: float, on_answer: Callable[[Answer, int], None]
) -> tuple[list[Answer], set[str]]:
    from schoten_ict.connect.probe import Prober

    answers: dict[str, Answer] = {}
    work = iter(goals)

    async def worker(prober: "Prober") -> None:
        for goal in work:
            answers[goal.host] = await ask(reach, prober, goal, seconds)
            on_answer(answers[goal.host], len(goals) - len(answers))

    async with Prober(_versions(goals)) as prober:
        await asyncio.gather(*(worker(prober) for _ in range(min(_AT_ONCE, len(goals)))))
        return [answers[goal.host] for goal in goals], set(prober.reasons.values())


def _versions(goals: Sequence[Goal]) -> frozenset[int]:
    """The IP versions over which echoes are wanted: on loopback they prove nothing."""
    found = set()
    for goal in goals:
        try:
            parsed = ipaddress.ip_address(goal.address)
        except ValueError:
            found.add(4)  # a name: its address is found later
        else:
            found |= set() if parsed.is_loopback or goal.local else {parsed.version}
    return frozenset(found)


async def ask(reach: Reach, prober: "Prober", goal: Goal, seconds: float) -> Answer:
    """What one host answers, asked again once when nothing came."""
    if goal.local:
        return Answer(goal.host, via="local")
    address = await _address(prober, goal.address)
    if address is None:
        return Answer(goal.host, problem=f"{goal.address} has no address now")
    answer = Answer(goal.host)
    for _ in range(TRIES):
        answer = await _try(prober, goal, address, seconds)
        if answer.via or answer.refused or answer.problem:
            break
    if goal.agent and not (answer.via or answer.refused):
        return await _with_agent(reach, answer, seconds)
    return answer


async def _try(prober: "Prober", goal: Goal, address: str, seconds: float) -> Answer:
    from schoten_ict.connect.probe import Door

    parsed = ipaddress.ip_address(address)
    asks_icmp = prober.can_ping(parsed.version) and not parsed.is_loopback
    echo = prober.ping(address, seconds) if asks_icmp else _nothing()
    rtt, knocks = await asyncio.gather(
        echo, asyncio.gather(*(prober.knock(address, port, seconds) for port in goal.ports))
    )
    opened = [each for each in knocks if each.door is Door.OPEN]
    unasked = [each for each in knocks if each.door is Door.NOT_ASKED]
    via = f"tcp:{opened[0].port}" if opened else ("icmp" if rtt is not None else "")
    return Answer(
        goal.host,
        via=via,
        rtt_ms=opened[0].rtt_ms if opened else rtt,
        ports=tuple(each.port for each in knocks if each.door is not Door.NOT_ASKED),
        # on loopback it is this machine itself that refuses
        refused=tuple(each.port for each in knocks if each.door is Door.REFUSED and not parsed.is_loopback),
        asked_icmp=asks_icmp,
        problem=f"could not be asked: {unasked[0].reason}" if unasked and not via else "",
    )


async def _with_agent(reach: Reach, answer: Answer, seconds: float) -> Answer:
    """The answer of a host whose agent was asked for its uptime."""
    from schoten_ict.fleet.ask.snmp.oids import SYS_UPTIME

    asked = replace(answer, asked_snmp=True)
    try:
        session = await reach.snmp(answer.host)
        try:
            async with asyncio.timeout(seconds * _ROUND_TRIPS):
                await session.get((SYS_UPTIME,))
        finally:
            await session.close()
    except TimeoutError:
        return asked
    except RemoteError as error:
        problem = error.problems[0]
        return asked if problem.code in _UNHEARD else replace(asked, via="snmp", refusal=problem.message)
    except ConfigurationError as error:
        return answer if answer.ports else replace(answer, problem=error.problems[0].message)
    return replace(asked, via="snmp", problem="")


async def _address(prober: "Prober", address: str) -> str | None:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        found = await prober.addresses_of(address, _NAME_SECONDS)
        return found[0] if found else None


async def _nothing() -> None:
    return None
