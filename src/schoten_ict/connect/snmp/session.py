"""A session with one agent: one request at a time, asked again when no answer comes, guarded in its walks."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, TypeVar

from schoten_ict.connect.aside import aside
from schoten_ict.connect.snmp.admission import admitted
from schoten_ict.connect.snmp.backend import (
    AUTHORIZATION_ERROR,
    NO_ACCESS,
    NO_SUCH_NAME,
    TOO_BIG,
    Backend,
    DeclinedError,
    UnansweredError,
)
from schoten_ict.connect.snmp.guards import Progress, Repetitions
from schoten_ict.connect.snmp.security import Security
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Oid, RemoteError, SnmpValue, Target, Walk
from schoten_ict.core.text import printable

SNMP_PORT = 161
ROWS = 20_000

_AT_ONCE = 10
_NAME_SECONDS = 5.0
_DENIED = frozenset({NO_ACCESS, AUTHORIZATION_ERROR})

Answer = TypeVar("Answer")
_Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait for an answer, in seconds, and how often to ask."""

    seconds: float
    tries: int


@dataclass(frozen=True, slots=True)
class Timing:
    """What a session may take. `deadline` bounds one `get` or `walk` as a whole, in seconds."""

    probe: Pace = Pace(1.0, 2)
    walk: Pace = Pace(3.0, 2)
    deadline: float = 30.0
    repetitions: int = 20


DEFAULT_TIMING = Timing()


@dataclass(frozen=True, slots=True)
class Opener:
    """Makes the backend for an address; `name` says which library it is."""

    name: str
    open: Callable[[Target, Security, tuple[str, int], bool], Backend]


@dataclass(slots=True)
class Session:
    """Implements `core.remote.SnmpSession`; used within one event loop, and closed in it."""

    target: Target
    security: Security
    opener: Opener
    guard: AccountGuard | None = None
    timing: Timing = DEFAULT_TIMING
    _backend: Backend | None = field(default=None, init=False)
    _repetitions: Repetitions = field(init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _heard: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._repetitions = Repetitions.of(self.timing.repetitions)

    @property
    def backend(self) -> str:
        """The library that asks: `gufo` or `pysnmp`."""
        return self.opener.name

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the session; safe to call twice."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None
            await asyncio.sleep(0)  # lets the event loop close what the library only marked

    async def get(self, oids: tuple[Oid, ...]) -> Mapping[Oid, SnmpValue]:
        """The values that the agent has; what it lacks or refuses is absent. Raises `RemoteError`."""
        async with self._turn, self._deadline():
            return await self._get(await self._ready(), oids)

    async def walk(self, root: Oid, *, rows: int = ROWS) -> Walk:
        """Everything below `root`, at most `rows` values. Raises `RemoteError` when nothing came."""
        async with self._turn:
            progress = Progress(root, rows)
            async with self._deadline():
                backend = await self._ready()
            async with backend.walking:
                try:
                    async with self._deadline():
                        await self._walk(backend, progress)
                except RemoteError as error:
                    if not progress.values:
                        raise
                    progress.stop(error.problems[0].message)
            return progress.walk()

    @asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        """Raises `RemoteError` when the block takes longer than a get or walk may, or a library gives up."""
        try:
            async with asyncio.timeout(self.timing.deadline):
                yield
        except ValueError as error:
            raise self._error(
                "protocol",
                f"the answers of {self.target.host} cannot be read as SNMP: {printable(str(error))}",
                "ask it with the other library (ICT_SNMP_BACKEND)",
            ) from None
        except TimeoutError:
            raise self._error(
                "timeout",
                f"{self.target.host} needs more than {self.timing.deadline:g} s",
                "ask it again later",
            ) from None

    async def _get(self, backend: Backend, oids: tuple[Oid, ...]) -> Mapping[Oid, SnmpValue]:
        found: dict[Oid, SnmpValue] = {}
        errors: list[DeclinedError] = []
        for start in range(0, len(oids), _AT_ONCE):
            found |= await self._get_some(backend, oids[start : start + _AT_ONCE], errors)
        if errors and len(errors) == len(oids):
            raise self._declined(errors[0])
        return found

    async def _get_some(
        self, backend: Backend, oids: tuple[Oid, ...], errors: list[DeclinedError]
    ) -> dict[Oid, SnmpValue]:
        """One GET, or two halves of it where the agent declines the whole."""
        pace = self.timing.probe
        try:
            return dict(await self._asked(lambda: backend.get(oids, pace.seconds)))
        except DeclinedError as declined:
            if declined.status in _DENIED:
                raise self._declined(declined) from None
            if len(oids) == 1:
                errors += [] if declined.status == NO_SUCH_NAME else [declined]
                return {}
        half = len(oids) // 2
        first = await self._get_some(backend, oids[:half], errors)
        return first | await self._get_some(backend, oids[half:], errors)

    async def _walk(self, backend: Backend, progress: Progress) -> None:
        """Go on until the walk is over or cannot; asks for less at once when the agent cannot answer."""
        repetitions, misses = self._repetitions, 0
        while not progress.over:
            try:
                batch = await backend.following(progress.position, repetitions.now, self.timing.walk.seconds)
            except UnansweredError as silence:
                misses += 1
                less = repetitions.missed()
                if misses >= self.timing.walk.tries and not (less and self._heard):
                    raise self._silent(silence) from None
            except DeclinedError as declined:
                self._heard = True
                self._after_error(progress, declined)
            else:
                self._heard, misses = True, 0
                repetitions.answered()
                progress.take(batch)

    def _after_error(self, progress: Progress, declined: DeclinedError) -> None:
        """Ask for less, or end the walk."""
        if declined.status == NO_SUCH_NAME and self.security.version == "1":
            progress.finish()
            return
        less = self._repetitions.too_big if declined.status == TOO_BIG else self._repetitions.declined
        if declined.status in _DENIED or self.security.version == "1" or not less():
            self._repetitions.answered()
            raise self._declined(declined)

    async def _asked(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask at the pace of probes until an answer comes."""
        heard = unreadable = 0
        refused = False
        for _ in range(self.timing.probe.tries):
            try:
                answer = await ask()
            except UnansweredError as silence:
                heard, unreadable = heard + silence.heard, unreadable + silence.unreadable
                refused = refused or silence.refused
            except DeclinedError:
                self._heard = True
                raise
            else:
                self._heard = True
                return answer
        raise self._silent(UnansweredError(heard, unreadable, refused=refused))

    async def _ready(self) -> Backend:
        """The backend, made and logged in at the first request."""
        if self._backend is None:
            peer, ipv6 = await self._resolve()
            backend = self.opener.open(self.target, self.security, peer, ipv6)
            try:
                await self._log_in(backend)
            except BaseException:
                backend.close()
                raise
            self._backend = backend
        return self._backend

    async def _log_in(self, backend: Backend) -> None:
        """Alone, if it is the account's first time; a silent agent is found before, without the account."""
        account = self.target.account
        if self.security.version != "3" or account is None:
            return
        seconds = self.timing.probe.seconds
        await self._asked(lambda: backend.discover(seconds))
        async with admitted(self.guard, account, self.target.host):
            try:
                await self._asked(lambda: backend.login(seconds))
            except DeclinedError:
                return

    async def _resolve(self) -> tuple[tuple[str, int], bool]:
        """Address and port, and whether it is IPv6; raises `RemoteError` where no way leads there."""
        port = self.target.port or SNMP_PORT
        try:
            async with asyncio.timeout(_NAME_SECONDS):
                family, _, _, _, place = await _found(self.target.address, port)
            with socket.socket(family, socket.SOCK_DGRAM) as trying:
                trying.connect(place)
        except TimeoutError:
            raise self._error(
                "unreachable",
                f"the address of {self.target.address} was not found in time",
                "check the name servers of this machine, or write an IP address in the inventory",
            ) from None
        except OSError as error:
            raise self._error(
                "unreachable",
                f"no way to {self.target.host} ({self.target.address}): {error.strerror}",
                "check its address in the inventory, and the network of this machine",
            ) from None
        return (str(place[0]), int(place[1])), family == socket.AF_INET6

    def _silent(self, silence: UnansweredError) -> RemoteError:
        host, port = self.target.host, self.target.port or SNMP_PORT
        if silence.unreadable:
            return self._error(
                "protocol",
                f"the answers of {host} cannot be read as SNMP",
                f"see what answers on UDP port {port}",
            )
        if silence.refused:
            return self._error(
                "no-answer",
                f"{host} has nothing on UDP port {port}",
                "start its SNMP agent, or correct the port",
            )
        if self.security.version == "3":
            return self._silent_engine()
        if silence.heard:
            return self._error(
                "timeout", f"{host} answers too late, or to other requests", "ask it again later"
            )
        return self._error(
            "no-answer",
            f"no answer from {host}, or the community is wrong",
            f"check credential {self.security.account}, and whom the agent and UDP port {port} let in",
        )

    def _silent_engine(self) -> RemoteError:
        host, account = self.target.host, self.security.account
        if not self._heard:
            port = self.target.port or SNMP_PORT
            return self._error(
                "no-answer", f"no answer from {host}", f"check whom its SNMP agent and UDP port {port} let in"
            )
        if self._backend is None and self.security.priv:
            return self._error(
                "protocol",
                f"{host} does not answer encrypted requests",
                f"check priv of credential {account}: password and protocol",
            )
        return self._error("timeout", f"{host} answers no more", "ask it again later")

    def _declined(self, declined: DeclinedError) -> RemoteError:
        code = "denied" if declined.status in _DENIED else "protocol"
        return self._error(
            code,
            f"{self.target.host} answers with {declined}",
            f"check what its SNMP agent lets credential {self.security.account} read",
        )

    def _error(self, code: str, message: str, remedy: str) -> RemoteError:
        return RemoteError(message, code=code, subject=f"host:{self.target.host}", remedy=remedy)


async def _found(address: str, port: int) -> _Found:
    """Where an address leads; only a name takes the resolver, which may block. Raises `OSError`."""
    ask = partial(socket.getaddrinfo, address, port, type=socket.SOCK_DGRAM)
    try:
        return ask(flags=socket.AI_NUMERICHOST)[0]
    except socket.gaierror:
        return (await aside(ask))[0]
