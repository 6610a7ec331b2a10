"""What the two libraries have in common: one exchange with one agent, without retries or guards."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

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


async def patiently(answer: asyncio.Future[Answer], seconds: float) -> Answer:
    """The answer; raises `TimeoutError` when it does not come.

    The time is waited in parts, and a part in which the event loop was too busy to look in time does not
    count: with many agents at once the slower library keeps answers waiting for longer than an agent would.
    """
    loop, part = asyncio.get_running_loop(), seconds / _PARTS
    alarm: asyncio.TimerHandle

    def look(left: int, due: float) -> None:
        nonlocal alarm
        now = loop.time()
        left -= now - due < part / 2
        if left:
            alarm = loop.call_at(now + part, look, left, now + part)
        elif not answer.done():
            answer.set_exception(TimeoutError())

    start = loop.time() + part
    alarm = loop.call_at(start, look, _PARTS, start)
    try:
        return await answer
    finally:
        alarm.cancel()


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
