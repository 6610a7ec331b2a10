"""Knocking on ports: who listens, and what it says first. Sends nothing; no peer outlasts its time."""

import asyncio
import contextlib
import errno
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, TypeVar

from schoten_ict.connect.icmp import Pinger
from schoten_ict.core.text import printable

T = TypeVar("T")
SILENT_PORTS = frozenset({53, 80, 88, 135, 139, 389, 443, 445, 631, 636, 3389, 5985, 5986, 8080, 8443, 9100})
"""Ports whose services wait for the client to speak: nobody waits for their first word."""
_FIRST_WORDS = 256
_LONGEST_BANNER = 120
_NOT_ASKED = frozenset({errno.EPERM, errno.EACCES, errno.ENETUNREACH, errno.EMFILE, errno.ENFILE})
_THREADS = 32


class Door(StrEnum):
    """What came of knocking on a port."""

    OPEN = "open"
    REFUSED = "refused"
    SILENT = "silent"
    NOT_ASKED = "not-asked"


@dataclass(frozen=True, slots=True)
class Knock:
    """One port: `rtt_ms` until it answered, `banner` what it said first, `reason` why it was not asked."""

    port: int
    door: Door
    rtt_ms: float | None = None
    banner: str = ""
    reason: str = ""


class Prober:
    """Asks in one event loop, with a bounded number of sockets; a context manager.

    `versions` are the IP versions for which echoes are wanted; `reasons` says why one is not possible.
    """

    def __init__(self, versions: frozenset[int]) -> None:
        self._versions = versions
        self._gate = asyncio.Semaphore(most_sockets())
        self._pinger = Pinger()
        self._threads = _Threads()

    @property
    def reasons(self) -> dict[int, str]:
        """Why echo requests are not possible, by IP version."""
        return self._pinger.reasons

    def can_ping(self, version: int) -> bool:
        """Whether echoes can be asked for over this IP version."""
        return self._pinger.can_ask(version)

    async def __aenter__(self) -> Self:
        self._pinger.open(self._versions)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pinger.close()
        self._threads.close()

    async def ping(self, address: str, seconds: float) -> float | None:
        """Milliseconds until the echo; None without one."""
        return await self._pinger.ping(address, seconds)

    async def knock(self, address: str, port: int, seconds: float, listen: float = 0) -> Knock:
        """Connect within `seconds`, then hear what comes first for at most `listen` seconds."""
        async with self._gate:
            return await _knock(address, port, seconds, 0 if port in SILENT_PORTS else listen)

    async def name_of(self, address: str, seconds: float) -> str | None:
        """The name that the system's resolver has for `address`; None without one in time."""
        found = await self.call(lambda: _reverse(address), seconds)
        return printable(found)[:255] if found else None

    async def addresses_of(self, name: str, seconds: float) -> list[str]:
        """The addresses of a name, as the system's resolver gives them in time."""
        return await self.call(lambda: _forward(name), seconds) or []

    async def call(self, function: Callable[[], T], seconds: float) -> T | None:
        """What a blocking `function` gives in time, else None; `OSError` counts as nothing."""
        return await self._threads.call(function, seconds)


async def _knock(address: str, port: int, seconds: float, listen: float) -> Knock:
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    try:
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    except OSError as error:
        return Knock(port, Door.NOT_ASKED, reason=error.strerror or "no socket")
    with sock:
        sock.setblocking(False)
        try:
            await asyncio.wait_for(loop.sock_connect(sock, (address, port)), seconds)
        except TimeoutError:
            return Knock(port, Door.SILENT)
        except OSError as error:
            return _not_open(port, error, began)
        rtt = (time.monotonic() - began) * 1000
        heard = await _first_words(sock, listen) if listen else b""
    return Knock(port, Door.OPEN, rtt, banner_of(heard))


def _not_open(port: int, error: OSError, began: float) -> Knock:
    if isinstance(error, ConnectionRefusedError):
        return Knock(port, Door.REFUSED, (time.monotonic() - began) * 1000)
    if error.errno in _NOT_ASKED:
        return Knock(port, Door.NOT_ASKED, reason=os.strerror(error.errno))
    return Knock(port, Door.SILENT)


async def _first_words(sock: socket.socket, seconds: float) -> bytes:
    """Up to one line, one packet's worth at most, of whatever the peer sends by itself."""
    loop = asyncio.get_running_loop()
    heard = b""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(seconds):
            while len(heard) < _FIRST_WORDS and b"\n" not in heard:
                piece = await loop.sock_recv(sock, _FIRST_WORDS - len(heard))
                if not piece:
                    break
                heard += piece
    return heard


def banner_of(heard: bytes) -> str:
    """The first line that says something, safe to show, at most 120 characters."""
    lines = (printable(line).strip() for line in heard.decode("utf-8", errors="replace").splitlines())
    return next((line[:_LONGEST_BANNER] for line in lines if line), "")


def most_sockets() -> int:
    """How many sockets may be open at once: half of what the system allows, at most 512."""
    if os.name == "posix":
        import resource

        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return max(8, min(512, soft // 2))
    return 400


def neighbours() -> dict[str, str]:
    """Hardware addresses by IP address that this machine has just learned; empty where Linux is not."""
    try:
        with open("/proc/net/arp", encoding="ascii", errors="replace") as table:  # noqa: PTH123 - no file
            return dict(arp_entries(table.read()))
    except OSError:
        return {}


def arp_entries(table: str) -> Iterator[tuple[str, str]]:
    """Address and hardware address of every complete entry of /proc/net/arp (proc(5))."""
    for line in table.splitlines()[1:]:
        match line.split():
            case [address, _kind, flags, mac, _mask, _device] if flags != "0x0" and mac.strip("0:"):
                yield address, mac.lower()


def _reverse(address: str) -> str:
    return socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0]


def _forward(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except UnicodeError:  # no name that DNS can hold, as a..b
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class _Threads:
    """Runs blocking calls in threads that do not keep the program from ending."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._started = 0
        self._busy = 0

    async def call(self, function: Callable[[], T], seconds: float) -> T | None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T | None] = loop.create_future()

        def work() -> None:
            try:
                value = function()
            except OSError:
                value = None
            with contextlib.suppress(RuntimeError):  # the loop ended meanwhile
                loop.call_soon_threadsafe(_settle, done, value)

        self._busy += 1
        if self._busy > self._started < _THREADS:
            self._started += 1
            threading.Thread(target=self._run, name=f"ict-ask-{self._started}", daemon=True).start()
        self._work.put(work)
        try:
            return await asyncio.wait_for(done, seconds)
        except TimeoutError:
            return None
        finally:
            self._busy -= 1

    def close(self) -> None:
        """Let the threads end when they are done."""
        for _ in range(self._started):
            self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()


def _settle(done: "asyncio.Future[Any]", value: object) -> None:
    if not done.done():
        done.set_result(value)
