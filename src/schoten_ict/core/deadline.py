"""How long one machine may take: one clock for the fan-out, the connector and the account guard."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Self


class Deadline:
    """Seconds that run out, by a clock that no one sets. Threads may share it.

    It stands still while something else must come first (`standing_still`), unless it does not wait, and
    another thread can bring it to its end (`break_off`). Whoever works under it looks at `left` several times
    a second, ends what it began over there when nothing is left, and raises; `acting` says that there is
    something to end.
    """

    def __init__(self, seconds: float, outer: "Deadline | None" = None, *, waits: bool = True) -> None:
        self._end = time.monotonic() + seconds
        self._outer = outer
        self._waits = waits
        self._lock = threading.Lock()
        self._still: float | None = None
        self._waited = 0.0
        self._broken = False
        self._acting = 0

    def within(self, seconds: float) -> "Deadline":
        """A part of this one: over after so many seconds, or with this one."""
        return Deadline(seconds, self)

    @property
    def left(self) -> float:
        """Seconds left; zero or less when there are none."""
        still = self._still
        own = self._end - (time.monotonic() if still is None else still)
        return own if self._outer is None else min(own, self._outer.left)

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0

    @property
    def waited(self) -> float:
        """For how many seconds it stood still."""
        return self._waited

    @property
    def broken_off(self) -> bool:
        """Whether somebody ended it before its time."""
        return self._broken or (self._outer is not None and self._outer.broken_off)

    @property
    def acts(self) -> bool:
        """Whether something runs over there that has to be ended."""
        return self._acting > 0

    def break_off(self) -> None:
        """It is over now."""
        with self._lock:
            self._broken, self._still = True, None
            self._end = min(self._end, time.monotonic())

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Nothing runs out in this block, in which something else comes first: another's login, a lock."""
        if not self._waits:
            yield
            return
        with self._outer.standing_still() if self._outer else nullcontext():
            began = time.monotonic()
            with self._lock:
                self._still = None if self._broken else began
            try:
                yield
            finally:
                self._go_on(time.monotonic() - began)

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """At most so many seconds are left in this block; after it, what was left without it."""
        before = self._end
        with self._lock:
            self._end = min(before, time.monotonic() + seconds)
        try:
            yield
        finally:
            with self._lock:
                self._end = self._end if self._broken else before

    @contextmanager
    def acting(self) -> Iterator[Self]:
        """Something runs over there in this block. Look at `over` before it is begun."""
        with self._outer.acting() if self._outer else nullcontext():
            with self._lock:
                self._acting += 1
            try:
                yield self
            finally:
                with self._lock:
                    self._acting -= 1

    def _go_on(self, waited: float) -> None:
        with self._lock:
            self._still = None
            self._waited += waited
            if not self._broken:
                self._end += waited


def spans(allowed: float | Deadline) -> tuple[Deadline, Deadline]:
    """The deadlines for opening a session and for what is done in it: seconds bound the opening only."""
    if isinstance(allowed, Deadline):
        return allowed, allowed
    return Deadline(allowed), Deadline(math.inf)
