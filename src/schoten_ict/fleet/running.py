"""One command on many machines, and the answers grouped by what they say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from schoten_ict.collect import Answer, Request
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import ConfigurationError
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


def way_of(reach: Reach, host: str) -> Via:
    """How a command reaches a host; raises `ConfigurationError` when none of its ways runs commands."""
    ways = reach.ways(host)
    for via in SHELLS:
        if via in ways:
            return via
    raise ConfigurationError(
        f"{host} declares neither ssh nor winrm",
        subject=f"host:{host}",
        remedy="add connect: {ssh: {credential: NAME}} to it, or leave it out",
    )


def requests_for(reach: Reach, hosts: Sequence[str], command: Command) -> list[Request[Completed]]:
    """One request per host."""
    return [
        Request(host, via := way_of(reach, host), ask=partial(_run, reach, host, via, command))
        for host in hosts
    ]


def _run(reach: Reach, host: str, via: Via, command: Command, deadline: Deadline) -> Completed:
    with reach.runner(host, via, deadline) as runner:
        return runner.run(command)


def grouped(answers: Iterable[Answer[Completed]]) -> list[Group]:
    """The answers, machines with the same one together, the largest group first; who gave none is in none."""
    found: dict[tuple[int, str, str], list[str]] = {}
    for answer in answers:
        if (done := answer.value) is not None:
            key = (done.exit_code, text_of(done.stdout), text_of(done.stderr))
            found.setdefault(key, []).append(answer.subject)
    groups = [Group(tuple(sorted(hosts)), *key) for key, hosts in found.items()]
    return sorted(groups, key=lambda group: (-len(group.hosts), group.hosts))


def text_of(output: bytes) -> str:
    """Output as text; what is no UTF-8 shows as such."""
    return output.decode("utf-8", errors="replace").rstrip("\r\n")
