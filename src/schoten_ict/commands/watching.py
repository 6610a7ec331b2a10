"""Watching a run over many machines: progress on stderr, and Ctrl-C keeps what came in."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import subject

if TYPE_CHECKING:
    from schoten_ict.collect import FanOut
    from schoten_ict.workspace import Workspace

T = TypeVar("T")


def watch(
    workspace: "Workspace",
    fan: "FanOut[Any]",
    answers: Iterable[T],
    describe: Callable[[T], tuple[str, bool]],
) -> tuple[list[T], list[Problem]]:
    """All answers that came, and one problem per machine that was waited for when a person broke it off.

    `answers` are those of `fan`, passed on by whoever keeps them; `describe` gives a machine's name and
    whether it failed.
    """
    came: list[T] = []
    progress = workspace.progress(len(fan.waiting))
    try:
        for answer in answers:
            came.append(answer)
            name, failed = describe(answer)
            progress.step(name, failed=failed, waiting=fan.waiting)
    except KeyboardInterrupt:
        broken_off = [
            Problem("interrupted", "was not asked to the end", subject("host", name)) for name in fan.waiting
        ]
        return came, broken_off
    finally:
        progress.close()
    return came, []
