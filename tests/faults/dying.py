"""Passes equipment on and dies at a given moment, over and over, as its stdin says. Run as a script.

A line `count` answers with the moments that touch the store or the disk, and with the number of statements; a
line `N SIGNAL` lets a child process reach its N-th moment and send itself that signal there, and a line
`N SIGNAL S` its N-th moment after statement S returned (the last is COMMIT). A moment is a call of a function,
or its return, between the beginning of a transaction and the end of the act. Nothing of the product is changed:
Python's own profiling hook counts.
"""

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from desk import Desk
from schoten_ict.assets.acts import intake
from schoten_ict.assets.acts.handover import Order
from schoten_ict.core.errors import IctError

TOUCHING = frozenset(
    {"execute", "executemany", "open", "fdopen", "write", "flush", "fsync", "close", "chmod", "mkdir", "unlink"}
    | {"replace", "rename"}
)  # fmt: skip


class Clock:
    """Counts moments, and ends the process at one of them."""

    def __init__(self, last: int = 0, number: signal.Signals = signal.SIGKILL, statement: int = 0) -> None:
        self.last = last
        self.number = number
        self.statement = statement
        self.begun = False
        self.moments = 0
        self.statements = 0
        self.touching: list[int] = []

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if not self.begun:
            code = frame.f_code
            self.begun = event == "call" and code.co_name == "transaction" and "database" in code.co_filename
            return
        name = getattr(argument, "__name__", "") if event in {"c_call", "c_return"} else ""
        self.statements += name == "execute" and event == "c_return"
        if self.statements < self.statement:
            return
        self.moments += 1
        if name in TOUCHING:
            self.touching.append(self.moments)
        if self.moments == self.last:
            os.kill(os.getpid(), self.number)


def pass_on(root: Path, clock: Clock) -> None:
    """Take LT-0001 back from one colleague and give it to the other: two numbers, two documents."""
    desk = Desk(root)
    held = desk.row("LT-0001").holder_key
    other = "1043" if held == "person:1042" else "1042"
    sys.setprofile(clock)
    try:
        intake.transfer(desk.office, intake.Intake(["LT-0001"]), Order(["lt-0001"], other))
    finally:
        sys.setprofile(None)
        desk.close()


def reached(root: Path, clock: Clock) -> int:
    """The status of a child process that dies when `clock` says."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        pass_on(root, clock)
    except KeyboardInterrupt:
        os._exit(130)
    except IctError as error:
        print(error, file=sys.stderr)
        os._exit(1)
    os._exit(0)


def main() -> None:
    os.umask(0o007)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    root = Path(sys.argv[1])
    for line in sys.stdin:
        words = line.split()
        if words == ["count"]:
            pass_on(root, Clock())  # imports what the children will find imported
            clock = Clock()
            pass_on(root, clock)
            answer: object = [clock.touching, clock.statements]
        else:
            answer = reached(
                root, Clock(int(words[0]), signal.Signals[words[1]], int("".join(words[2:]) or 0))
            )
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
