"""Watching a run over many machines: progress on stderr, and Ctrl-C ends what runs and keeps what came in.

SIGTERM, which systemd sends when a time is over, ends a run in the same way.
"""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from schoten_ict.core.errors import Problem

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
    whether it failed. `fan.stopped` then says whether it was broken off: at that moment there may have been
    nobody left to wait for.
    """
    came: list[T] = []
    progress = workspace.progress(len(fan.waiting))
    try:
        with _stopping(workspace, fan):
            for answer in answers:
                came.append(answer)
                name, failed = describe(answer)
                progress.step(name, failed=failed, waiting=fan.waiting)
    except KeyboardInterrupt:
        fan.stop()
    finally:
        progress.close()
    return came, fan.unanswered if fan.stopped else []


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM in this block interrupts as Ctrl-C does, so that what was begun is put away and told."""
    if not _is_main() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _stopping(workspace: "Workspace", fan: "FanOut[Any]") -> Iterator[None]:
    """The first signal in this block stops the fan-out, which ends by itself; a second one interrupts."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)} if _is_main() else {}
    heard = {each: handler for each, handler in before.items() if handler not in {None, signal.SIG_IGN}}

    def restore() -> None:
        for each, handler in heard.items():
            signal.signal(each, handler)

    def stop(_number: int, _frame: FrameType | None) -> None:
        restore()
        fan.stop()
        with suppress(RuntimeError):  # the signal came while something was being written there
            workspace.streams.say("ict: stopping; what runs is being ended (Ctrl-C again: leave at once)")

    for each in heard:
        signal.signal(each, stop)
    try:
        yield
    finally:
        restore()


def _is_main() -> bool:
    """Whether signals come to this thread."""
    return threading.current_thread() is threading.main_thread()
