"""Telling others how a scheduled run went: after its verdict is stored, and only when it was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.result import Result
from schoten_ict.core.verdict import Verdict

if TYPE_CHECKING:
    from schoten_ict.inventory.sections.notify import Receiver
    from schoten_ict.notify.telling import Told
    from schoten_ict.workspace import Workspace

Notify = Annotated[
    bool, typer.Option("--notify", help="Tell the receivers of notify: in the inventory how it went.")
]
_SUBJECT = "workspace:notify"


class Announcer:
    """Tells the receivers of one run, when `asked` to; its problems join those of the result."""

    def __init__(self, workspace: "Workspace", run: str, *, asked: bool) -> None:
        self._workspace = workspace
        self._run = run
        self._receivers: Sequence[Receiver] = _receivers(workspace) if asked else ()
        self._problems: list[Problem] = []

    def __enter__(self) -> Self:
        if self._receivers:
            from schoten_ict.notify.telling import start

            self._note(start(self._workspace.outbox, self._receivers, self._run))
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """A run that failed before it had a verdict is told, too."""
        if self._receivers and error is not None:
            said = error.problems if isinstance(error, IctError) else (_broken_off(error),)
            failure: Result[Any] = Result(self._run, _Nothing, problems=said)
            for problem in self(failure).problems[len(said) :]:
                self._workspace.streams.say(f"ict: {problem.line()}")

    def __call__(self, result: Result[Any]) -> Result[Any]:
        """Tell of `result`, and return it with a problem for each receiver that was not told."""
        if not self._receivers:
            return result
        from schoten_ict.notify import messages
        from schoten_ict.notify.telling import tell

        workspace = self._workspace
        message = messages.message_of(
            result, workspace.inventory.organisation.name, workspace.now, head_of(workspace), self._before()
        )
        self._note(tell(workspace.outbox, self._receivers, message))
        self._keep(message.verdict)
        return replace(result, problems=(*result.problems, *self._problems))

    def _note(self, told: "Sequence[Told]") -> None:
        self._problems += [each.problem for each in told if each.problem is not None]

    def _before(self) -> Verdict | None:
        from schoten_ict.store import observations

        last = observations.latest(self._workspace.store.reader, _SUBJECT, f"told.{self._run}", "ict")
        return Verdict(last.payload["verdict"]) if last else None

    def _keep(self, verdict: Verdict) -> None:
        from schoten_ict.store import observations

        with self._workspace.store.transaction() as transaction:
            observations.observe(
                transaction, _SUBJECT, f"told.{self._run}", "ict", {"verdict": verdict.value}
            )


@dataclass(frozen=True, slots=True)
class _Nothing:
    """The rows of a run that gave none."""


def _receivers(workspace: "Workspace") -> "Sequence[Receiver]":
    from schoten_ict.inventory.sections.notify import NOTIFY

    return workspace.inventory.get(NOTIFY)


def head_of(workspace: "Workspace") -> str:
    """The journal's head as `sequence:hash`: kept elsewhere, it proves that nothing was cut off."""
    from schoten_ict.store import journal

    head = journal.head(workspace.store.reader)
    return f"{head.seq}:{head.hash}"


def _broken_off(error: BaseException) -> Problem:
    word = "interrupted" if isinstance(error, KeyboardInterrupt) else f"failed: {type(error).__name__}"
    return Problem("interrupted" if word == "interrupted" else "failed", f"the run was {word}")
