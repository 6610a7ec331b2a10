"""Asking who answers now: an echo, and the TCP ports over which a host is reached; twice at most."""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schoten_ict.fleet.judge.answering import Answer

if TYPE_CHECKING:
    from schoten_ict.connect.probe import Prober

CHECK = "inventory.answers"
TRIES = 2
_AT_ONCE = 256
_NAME_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Goal:
    """One host: its address or DNS name, and the TCP ports of its connections. `local` is this machine."""

    host: str
    address: str
    ports: tuple[int, ...] = ()
    local: bool = False


def ask_all(
    goals: Sequence[Goal], seconds: float, on_answer: Callable[[Answer, int], None]
) -> tuple[list[Answer], set[str]]:
    """The answers in the order of `goals`, and why no echo could be asked for.

    `on_answer` gets each answer as it comes, with the number that is still waited for. Nobody is waited for
    longer than `seconds` a try.
    """
    return asyncio.run(_ask_all(goals, seconds, on_answer))


async def _ask_all(
    goals: Sequence[Goal], seconds: float, on_answer: Callable[[Answer, int], None]
) -> tuple[list[Answer], set[str]]:
    from schoten_ict.connect.probe import Prober

    answers: dict[str, Answer] = {}
    work = iter(goals)

    async def worker(prober: "Prober") -> None:
        for goal in work:
            answers[goal.host] = await ask(prober, goal, seconds)
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


async def ask(prober: "Prober", goal: Goal, seconds: float) -> Answer:
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


async def _address(prober: "Prober", address: str) -> str | None:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        found = await prober.addresses_of(address, _NAME_SECONDS)
        return found[0] if found else None


async def _nothing() -> None:
    return None
