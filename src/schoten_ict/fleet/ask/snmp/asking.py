"""Asking one agent part by part: one request at a time, and what could not be read is noted."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from schoten_ict.core.errors import Problem
from schoten_ict.core.remote import Oid, RemoteError, SnmpSession, SnmpValue

Answer = TypeVar("Answer")

_SILENT = frozenset({"timeout", "no-answer", "unreachable"})
_PATIENCE = 2


class Asker:
    """Reads values for named parts. `missing` tells what could not be read, once per part and reason.

    After two silent requests in a row, and `seconds` after the first one, nothing more is asked: what was
    read by then is worth more than another timeout. A session asks in pieces that the agent can answer.
    """

    def __init__(self, session: SnmpSession, seconds: float | None = None) -> None:
        self._session = session
        self._seconds = seconds
        self._until: float | None = None
        self._silences = 0
        self.missing: list[Problem] = []

    async def first(self, oids: Sequence[Oid]) -> dict[Oid, SnmpValue]:
        """The first values; raises `RemoteError` when they do not come."""
        return dict(await self._within(self._session.get(tuple(oids))))

    async def get(self, part: str, oids: Sequence[Oid]) -> dict[Oid, SnmpValue]:
        """The values that the agent has of `oids`."""
        if not oids or self._over(part):
            return {}
        try:
            found = await self._within(self._session.get(tuple(oids)))
        except RemoteError as error:
            self._failed(part, error)
            return {}
        self._silences = 0
        return dict(found)

    async def walk(self, part: str, root: Oid) -> dict[Oid, SnmpValue]:
        """What the agent has below `root`."""
        if self._over(part):
            return {}
        try:
            walk = await self._within(self._session.walk(root))
        except RemoteError as error:
            self._failed(part, error)
            return {}
        self._silences = 0
        if not walk.complete:
            self._note(Problem("incomplete", f"read in part: {walk.reason}", part))
        return dict(walk.values)

    def lacks(self, part: str, message: str, remedy: str = "") -> None:
        """Note that a part which should be there is not, unless the reason is known already."""
        if all(problem.subject != part for problem in self.missing):
            self._note(Problem("absent", message, part, remedy))

    async def _within(self, asking: Awaitable[Answer]) -> Answer:
        """The answer, if it comes in time; raises `RemoteError`."""
        if self._until is None and self._seconds is not None:
            self._until = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._until):
                return await asking
        except TimeoutError:
            self._silences = _PATIENCE
            raise RemoteError("was not read in time", code="timeout") from None

    def _over(self, part: str) -> bool:
        if self._silences < _PATIENCE:
            return False
        self._note(Problem("no-answer", "not asked: the agent is silent or slow", part))
        return True

    def _failed(self, part: str, error: RemoteError) -> None:
        problem = error.problems[0]
        self._silences = self._silences + 1 if problem.code in _SILENT else 0
        self._note(Problem(problem.code, problem.message, part, problem.remedy))

    def _note(self, problem: Problem) -> None:
        if all((each.subject, each.code) != (problem.subject, problem.code) for each in self.missing):
            self.missing.append(problem)
