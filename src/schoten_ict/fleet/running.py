"""One command on many machines, and the answers grouped by what they say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from schoten_ict.collect import Answer, Request
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import ConfigurationError, Problem
from schoten_ict.core.finding import subject
from schoten_ict.core.remote import Command, Completed, Reach, Via

SHELLS = (Via.LOCAL, Via.SSH, Via.WINRM)
"""The ways that can run a command, in the order in which they are preferred."""


@dataclass(frozen=True, slots=True)
class Group:
    """Machines that gave the same answer."""

    hosts: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str
    cut: bool


def way_of(reach: Reach, host: str) -> Via | None:
    """How a command reaches a host; None when none of its ways runs commands."""
    ways = reach.ways(host)
    return next((via for via in SHELLS if via in ways), None)


def requests_for(
    reach: Reach, hosts: Sequence[str], command: Command
) -> tuple[list[Request[Completed]], list[Problem]]:
    """One request per host, and a problem for each on which no command can run.

    Raises `ConfigurationError` when there is none on which it can.
    """
    ways = [(host, way_of(reach, host)) for host in hosts]
    requests = [Request(host, via, ask=partial(_run, reach, host, via, command)) for host, via in ways if via]
    left_out = [_shellless(host) for host, via in ways if via is None]
    if left_out and not requests:
        raise ConfigurationError.of(left_out)
    return requests, left_out


def _shellless(host: str) -> Problem:
    return Problem(
        "not-asked",
        "declares neither ssh nor winrm: no command can run there",
        subject("host", host),
        "add connect: {ssh: {credential: NAME}} to it, or leave it out",
    )


def problem_of(answer: Answer[Completed]) -> Problem | None:
    """Why it is not known how the command ended: no answer, or one that was cut."""
    done = answer.value
    if done is None or not done.cut:
        return answer.problem
    length = max(len(done.stdout), len(done.stderr))
    return Problem(
        "too-large",
        f"the command was ended after {length} bytes of output",
        subject("host", answer.subject),
        "let it write less, or into a file there",
    )


def _run(reach: Reach, host: str, via: Via, command: Command, deadline: Deadline) -> Completed:
    with reach.runner(host, via, deadline) as runner:
        return runner.run(command)


def grouped(answers: Iterable[Answer[Completed]]) -> list[Group]:
    """The answers, machines with the same one together, the largest group first; who gave none is in none."""
    found: dict[tuple[int, str, str, bool], list[str]] = {}
    for answer in answers:
        if (done := answer.value) is not None:
            key = (done.exit_code, text_of(done.stdout), text_of(done.stderr), done.cut)
            found.setdefault(key, []).append(answer.subject)
    groups = [Group(tuple(sorted(hosts)), *key) for key, hosts in found.items()]
    return sorted(groups, key=lambda group: (-len(group.hosts), group.hosts))


def text_of(output: bytes) -> str:
    """Output as text; what is no UTF-8 shows as such."""
    return output.decode("utf-8", errors="replace").rstrip("\r\n")
