"""Asking one agent part by part: one request at a time, and what could not be read is noted."""

from collections.abc import Sequence

from schoten_ict.core.errors import Problem
from schoten_ict.core.remote import Oid, RemoteError, SnmpSession, SnmpValue

SILENT = frozenset({"timeout", "no-answer", "unreachable"})
_PER_GET, _PER_RETRY = 20, 5
_PATIENCE = 2


class Asker:
    """Reads values for named parts. `missing` tells what could not be read, once per part and reason.

    After two silent requests in a row nothing more is asked: each would only cost another timeout.
    """

    def __init__(self, session: SnmpSession) -> None:
        self._session = session
        self._silences = 0
        self.missing: list[Problem] = []

    async def first(self, oids: Sequence[Oid]) -> dict[Oid, SnmpValue]:
        """The first values; raises `RemoteError` when the agent is silent or refuses altogether."""
        try:
            found = dict(await self._session.get(tuple(oids[:_PER_GET])))
        except RemoteError as error:
            if _code(error) != "protocol" and _code(error) != "too-large":
                raise
            found = await self._smaller("identity", oids[:_PER_GET])
            if not found:
                raise
        return found | await self.get("identity", oids[_PER_GET:])

    async def get(self, part: str, oids: Sequence[Oid]) -> dict[Oid, SnmpValue]:
        """The values that the agent has of `oids`."""
        found: dict[Oid, SnmpValue] = {}
        for start in range(0, len(oids), _PER_GET):
            wanted = oids[start : start + _PER_GET]
            if self._gone(part):
                break
            try:
                found |= await self._session.get(tuple(wanted))
            except RemoteError as error:
                if _code(error) in SILENT:
                    self._failed(part, error)
                else:
                    found |= await self._smaller(part, wanted)
            else:
                self._silences = 0
        return found

    async def walk(self, part: str, root: Oid) -> dict[Oid, SnmpValue]:
        """What the agent has below `root`."""
        if self._gone(part):
            return {}
        try:
            walk = await self._session.walk(root)
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

    async def _smaller(self, part: str, oids: Sequence[Oid]) -> dict[Oid, SnmpValue]:
        """Some agents refuse many values at once, or all for the sake of one."""
        found: dict[Oid, SnmpValue] = {}
        for start in range(0, len(oids), _PER_RETRY):
            if self._gone(part):
                break
            try:
                found |= await self._session.get(tuple(oids[start : start + _PER_RETRY]))
            except RemoteError as error:
                self._failed(part, error)
            else:
                self._silences = 0
        return found

    def _gone(self, part: str) -> bool:
        if self._silences < _PATIENCE:
            return False
        self._note(Problem("no-answer", "not asked: the agent stopped answering", part))
        return True

    def _failed(self, part: str, error: RemoteError) -> None:
        problem = error.problems[0]
        self._silences = self._silences + 1 if problem.code in SILENT else 0
        self._note(Problem(problem.code, problem.message, part, problem.remedy))

    def _note(self, problem: Problem) -> None:
        if all((each.subject, each.code) != (problem.subject, problem.code) for each in self.missing):
            self.missing.append(problem)


def _code(error: RemoteError) -> str:
    return error.problems[0].code
