"""Who answers now, and who is silent because what lies before them is. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from schoten_ict.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What one host answered. `via` is `icmp`, `tcp:PORT`, `snmp` or `local`; empty when nothing came.

    `ports` are those that were tried, `refused` those that said no. `asked_icmp` and `asked_snmp` say that an
    echo, or the agent, was asked for; `refusal` is what an agent has against who asks, `problem` why the host
    could not be asked at all.
    """

    host: str
    via: str = ""
    rtt_ms: float | None = None
    ports: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    asked_icmp: bool = False
    asked_snmp: bool = False
    refusal: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One host with its verdict, and why in a few words."""

    answer: Answer
    verdict: Verdict
    note: str = ""


def judge(
    answers: Iterable[Answer], parents: Mapping[str, Sequence[str]], spoke_before: Collection[str] = ()
) -> list[Judged]:
    """A verdict per host, in the order given.

    Silence over TCP after the last try is a failure. Silence over ICMP alone is unknown: it may be blocked.
    So is that of an agent: a wrong community is not answered. A silent host behind a silent one is unknown,
    and the note names the farthest that is silent. A host that only ICMP or SNMP reaches counts as silent
    there when it is one of `spoke_before`: it answered an earlier time.
    """
    first = {each.host: _alone(each) for each in answers}
    silent = {
        host
        for host, each in first.items()
        if each.verdict is Verdict.FAIL or (host in spoke_before and _is_silent(each.answer))
    }
    return [
        _behind(each, cause)
        if _is_silent(each.answer) and (cause := _cause(host, parents, silent)) is not None
        else each
        for host, each in first.items()
    ]


def _is_silent(answer: Answer) -> bool:
    return not (answer.via or answer.refused or answer.problem) and bool(
        answer.ports or answer.asked_icmp or answer.asked_snmp
    )


def _alone(answer: Answer) -> Judged:
    if answer.problem:
        return Judged(answer, Verdict.UNKNOWN, answer.problem)
    if answer.refusal:
        return Judged(answer, Verdict.WARN, f"is there: {answer.refusal}")
    if answer.refused and not answer.via.startswith("tcp"):
        return Judged(answer, Verdict.WARN, f"is there, but refuses {_tcp(answer.refused)}")
    if answer.via:
        return Judged(answer, Verdict.OK)
    if answer.ports:
        return Judged(answer, Verdict.FAIL, f"no answer on {_tcp(answer.ports)}")
    return Judged(answer, Verdict.UNKNOWN, _silence(answer))


def _silence(answer: Answer) -> str:
    if answer.asked_snmp:
        return "no answer over SNMP: silent, or the credential is wrong"
    if answer.asked_icmp:
        return "no echo, which may be blocked"
    return "nothing to ask: no TCP connection is declared, no ICMP possible"


def _behind(judged: Judged, cause: str) -> Judged:
    return replace(judged, verdict=Verdict.UNKNOWN, note=f"behind {cause}")


def _cause(host: str, parents: Mapping[str, Sequence[str]], silent: Collection[str]) -> str | None:
    """The farthest silent host before `host`, over hosts that are silent themselves."""
    cause, seen, here = None, {host}, host
    while True:
        nearer = next((each for each in parents.get(here, ()) if each in silent and each not in seen), None)
        if nearer is None:
            return cause
        cause, here = nearer, nearer
        seen.add(nearer)


def _tcp(ports: Sequence[int]) -> str:
    return ", ".join(f"tcp:{port}" for port in ports)
