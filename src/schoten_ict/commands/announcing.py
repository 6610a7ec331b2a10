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


class Announcer:
    """Tells the receivers of one run, when `asked` to; its problems join those of the result.

    `whole` says that the run is over all that there is. How such a run ended is remembered per receiver that
    was told of it, so that the next good one has recovered for those who heard that something was wrong; a
    good run over a part has not.
    """

    def __init__(self, workspace: "Workspace", run: str, *, asked: bool, whole: bool) -> None:
        self._workspace = workspace
        self._run = run
        self._whole = whole
        self._receivers: Sequence[Receiver] = _receivers(workspace) if asked else ()
        self._problems: list[Problem] = []

    def __enter__(self) -> Self:
        return self

    def start(self) -> None:
        """Tell the dead-man's switches that the work begins: it holds its locks."""
        if self._receivers:
            from schoten_ict.notify.telling import start

            self._note(start(self._workspace.outbox, self._receivers, self._run))

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """A run that failed before it had a verdict is told, too; not one that left the work to another."""
        if self._receivers and error is not None and not _is_locked_out(error):
            said = error.problems if isinstance(error, IctError) else (_broken_off(error),)
            failure: Result[Any] = Result(self._run, _Nothing, problems=said)
            for problem in self(failure).problems[len(said) :]:
                self._workspace.streams.say(f"ict: {problem.line()}")

    def __call__(self, result: Result[Any]) -> Result[Any]:
        """Tell of `result`, and return it with a problem for each receiver that was not told."""
        if not self._receivers:
            return result
        head = head_of(self._workspace)
        for receiver in self._receivers:
            self._tell(receiver, result, head)
        return replace(result, problems=(*result.problems, *self._problems))

    def _tell(self, receiver: "Receiver", result: Result[Any], head: str) -> None:
        from schoten_ict.notify.messages import message_of
        from schoten_ict.notify.telling import tell

        workspace, before = self._workspace, self._before(receiver) if self._whole else None
        name = workspace.inventory.organisation.name
        message = message_of(result, name, workspace.now, head, before)
        told = tell(workspace.outbox, [receiver], message)
        self._note(told)
        if self._whole and any(each.problem is None for each in told):
            self._keep(receiver, message.verdict)

    def _note(self, told: "Sequence[Told]") -> None:
        self._problems += [each.problem for each in told if each.problem is not None]

    def _before(self, receiver: "Receiver") -> Verdict | None:
        """How the last whole run ended that this receiver was told of."""
        from schoten_ict.store import observations

        reader = self._workspace.store.reader
        last = observations.latest(reader, f"receiver:{receiver.name}", f"told.{self._run}", "ict")
        return Verdict(last.payload["verdict"]) if last else None

    def _keep(self, receiver: "Receiver", verdict: Verdict) -> None:
        from schoten_ict.store import observations

        about, kind = f"receiver:{receiver.name}", f"told.{self._run}"
        with self._workspace.store.transaction() as transaction:
            observations.observe(transaction, about, kind, "ict", {"verdict": verdict.value})


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


def _is_locked_out(error: BaseException) -> bool:
    """Whether another run does the work, which tells how that ends."""
    return isinstance(error, IctError) and all(problem.code == "locked" for problem in error.problems)


def _broken_off(error: BaseException) -> Problem:
    word = "interrupted" if isinstance(error, KeyboardInterrupt) else f"failed: {type(error).__name__}"
    return Problem("interrupted" if word == "interrupted" else "failed", f"the run was {word}")
