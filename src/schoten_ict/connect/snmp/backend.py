"""What the two libraries have in common: one exchange with one agent, without retries or guards."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from schoten_ict.core.remote import Oid, SnmpValue

TOO_BIG, NO_SUCH_NAME, GENERAL_ERROR, NO_ACCESS, AUTHORIZATION_ERROR = 1, 2, 5, 6, 16
UNKNOWN_STATUS = 0

STATUSES: Mapping[int, str] = {
    UNKNOWN_STATUS: "an error", TOO_BIG: "tooBig", NO_SUCH_NAME: "noSuchName", 3: "badValue", 4: "readOnly",
    GENERAL_ERROR: "genErr", NO_ACCESS: "noAccess", 13: "resourceUnavailable", AUTHORIZATION_ERROR:
    "authorizationError",
}  # fmt: skip
"""Names of the error statuses that a reading manager can meet (RFC 3416 section 3)."""


_PARTS = 4

Answer = TypeVar("Answer")


class UnansweredError(Exception):
    """No answer in time.

    `heard` counts datagrams that were well formed but no answer to the request, `unreadable` those that were
    not; `refused` says that the machine has nothing on this port.
    """

    def __init__(self, heard: int = 0, unreadable: int = 0, *, refused: bool = False) -> None:
        super().__init__("no answer")
        self.heard, self.unreadable, self.refused = heard, unreadable, refused


class DeclinedError(Exception):
    """The agent answered with an error status; `UNKNOWN_STATUS` where the library hides which."""

    def __init__(self, status: int) -> None:
        super().__init__(STATUSES.get(status, f"error status {status}"))
        self.status = status


class Patience:
    """Waits for the answers to one agent's requests, one after the other.

    The time is waited in parts, and a part does not count in which the event loop was too busy to look in
    time, or after which answers wait to be read (`behind`): with many agents at once the slower library keeps
    them waiting for longer than an agent would. An alarm stays set when its answer has come, and is put off
    when it rings: most requests need none then.
    """

    def __init__(self, behind: Callable[[], bool] = lambda: False) -> None:
        self._loop, self._behind = asyncio.get_running_loop(), behind
        self._answer: asyncio.Future[Any] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._part = self._due = 0.0
        self._left = 0

    async def wait(self, answer: asyncio.Future[Answer], seconds: float) -> Answer:
        """The answer; raises `TimeoutError` when it does not come in so many seconds."""
        self._answer, self._left, self._part = answer, _PARTS, seconds / _PARTS
        self._due = self._loop.time() + self._part
        if self._alarm is None or self._alarm.when() > self._due:
            self._set_alarm()
        try:
            return await answer
        finally:
            self._answer = None

    def close(self) -> None:
        """Wait for nothing more."""
        if self._alarm is not None:
            self._alarm.cancel()

    def _set_alarm(self) -> None:
        self.close()
        self._alarm = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._alarm = None
        if self._answer is None or self._answer.done():
            return
        now = self._loop.time()
        if now >= self._due:
            self._left -= now - self._due < self._part / 2 and not self._behind()
            self._due = now + self._part
        if self._left:
            self._set_alarm()
        else:
            self._answer.set_exception(TimeoutError())


@dataclass(frozen=True, slots=True)
class Batch:
    """The answer to a GETNEXT or GETBULK, in the agent's order.

    `last` is the OID to go on from (empty values are no rows, but count here); `end` says that the agent has
    nothing further, or nothing further near the root.
    """

    rows: tuple[tuple[Oid, SnmpValue], ...]
    last: Oid | None
    end: bool = False


class Backend(Protocol):
    """One library asking one agent; one exchange at a time.

    Every exchange raises `UnansweredError` after `seconds`, `DeclinedError`, or `RemoteError` where asking
    again cannot help.
    """

    @property
    def walking(self) -> AbstractAsyncContextManager[object]:
        """Hold this during a walk: a library that keeps the processor busy lets only some walk at once."""

    async def discover(self, seconds: float) -> None:
        """Find the engine of a v3 agent, without naming the user. Nothing to do for others."""

    async def login(self, seconds: float) -> None:
        """The first exchange with the user's keys. Nothing to do for v1 and v2c."""

    async def get(self, oids: tuple[Oid, ...], seconds: float) -> Mapping[Oid, SnmpValue]:
        """The values that the agent has."""

    async def following(self, oid: Oid, repetitions: int, seconds: float) -> Batch:
        """The values after `oid`: GETBULK, or GETNEXT for v1, which ends with `NO_SUCH_NAME`."""

    def close(self) -> None:
        """Free the socket; safe to call twice."""
