"""What the tests of the SNMP connector share: accounts, targets, sessions, and what must not be left behind."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import pytest

from lab.need import lack
from lab.servers import ber
from lab.servers.snmp_replay import Agent, Manner, ReplayServer, honest
from lab.servers.snmprec import Recording
from schoten_ict.connect.snmp import open_snmp
from schoten_ict.connect.snmp.session import Pace, Session, Timing
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, Oid, RemoteError, Target, Via, Walk
from schoten_ict.core.secrets import Secret

BACKENDS = ("gufo", "pysnmp")
HASTY = Timing(Pace(0.25, 2), Pace(0.25, 2), deadline=5.0)
COMMUNITY = "sesam-open-u"
SYSTEM: Oid = (1, 3, 6, 1, 2, 1, 1)
TABLE: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)

T = TypeVar("T")


def present(backend: str) -> str:
    """The backend's name; without its library the test skips, or fails where the lab is required."""
    if backend == "gufo" and (find_spec("gufo") is None or os.name != "posix"):
        lack("gufo-snmp is not installed")
    return backend


def switch(rows: int = 120) -> Recording:
    """An agent with a system group and a table of so many values."""
    values = {
        (*SYSTEM, 1, 0): ber.encode(ber.STRING, b"A switch of the lab"),
        (*SYSTEM, 2, 0): ber.encode_oid((1, 3, 6, 1, 4, 1, 9, 1, 2494)),
        (*SYSTEM, 3, 0): ber.encode_integer(8_640_000, 67),
        (*SYSTEM, 5, 0): ber.encode(ber.STRING, b"sw-core-01"),
        (1, 3, 6, 1, 2, 1, 25, 1, 1, 0): ber.encode_integer(17_280_000, 67),
    }
    table = {(*TABLE, 1 + n // 40, 1 + n % 40): ber.encode_integer(n, 66) for n in range(rows)}
    return Recording.of(values | table | {(1, 3, 6, 1, 2, 1, 31, 1): ber.encode_integer(1)})


def target(
    port: int, version: str = "2c", *, community: str = COMMUNITY, address: str = "127.0.0.1"
) -> Target:
    account = Account("switches", "", "host:sw-1", "", {"community": Secret(community)}, {"version": version})
    return Target("sw-1", address, Via.SNMP, port, account)


@contextmanager
def replaying(*agents: Agent, address: str = "127.0.0.1") -> Iterator[list[int]]:
    """The ports of agents that answer while the block runs."""
    with ReplayServer(agents, address) as server:
        yield server.ports


def agent(recording: Recording | None = None, manner: Manner = honest) -> Agent:
    """An agent of the lab's community."""
    return Agent(recording or switch(), manner, community=COMMUNITY.encode())


def using(
    made: Target, backend: str, ask: Callable[[Session], Awaitable[T]], *, timing: Timing = HASTY,
    guard: AccountGuard | None = None,
) -> T:  # fmt: skip
    """What `ask` gives in a session of its own, in an event loop of its own."""

    async def run() -> T:
        async with asyncio.timeout(20), open_snmp(made, guard, backend=backend, timing=timing) as session:
            return await ask(session)

    return asyncio.run(run())


def refused(
    made: Target, backend: str, ask: Callable[[Session], Awaitable[T]], *, timing: Timing = HASTY,
    guard: AccountGuard | None = None,
) -> RemoteError:  # fmt: skip
    """The error that `ask` ends with."""
    with pytest.raises(RemoteError) as caught:
        using(made, backend, ask, timing=timing, guard=guard)
    return caught.value


def walking(root: Oid = TABLE, rows: int = 20_000) -> Callable[[Session], Awaitable[Walk]]:
    """Asks for a walk."""
    return lambda session: session.walk(root, rows=rows)


@contextmanager
def nothing_left() -> Iterator[None]:
    """No socket and no thread is left when the block ends."""
    threads = set(threading.enumerate())
    files = _open_files()
    yield
    assert {thread for thread in threading.enumerate() if "replay" not in thread.name} <= threads
    assert _open_files() == files


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0
