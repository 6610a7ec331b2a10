"""Progress on stderr: one line that is drawn over, only on a terminal."""

import time
from collections.abc import Sequence

from schoten_ict.core.protocols import Progress
from schoten_ict.core.streams import Streams
from schoten_ict.core.text import printable

_SECONDS_BETWEEN = 0.1
_FEW = 5
_CLEAR = "\r\x1b[K"


class _Line:
    """Draws done, failed and waiting, with the names of the last few."""

    def __init__(self, streams: Streams, total: int) -> None:
        self._streams = streams
        self._total = total
        self._done = 0
        self._failed = 0
        self._drawn_at = 0.0

    def step(self, name: str, *, failed: bool, waiting: Sequence[str]) -> None:
        """Count one and draw, at most ten times a second."""
        del name
        self._done += 1
        self._failed += failed
        now = time.monotonic()
        if now - self._drawn_at < _SECONDS_BETWEEN and waiting:
            return
        self._drawn_at = now
        text = f"{self._done}/{self._total} done, {self._failed} failed, {len(waiting)} waiting"
        if waiting and len(waiting) <= _FEW:
            text += f": {', '.join(waiting)}"
        self._streams.stderr.write(_CLEAR + printable(text)[: self._streams.width - 1])
        self._streams.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._drawn_at:
            self._streams.stderr.write(_CLEAR)
            self._streams.stderr.flush()
            self._drawn_at = 0.0


class _Silence:
    """Says nothing: for pipes, schedules and `--quiet`."""

    def step(self, name: str, *, failed: bool, waiting: Sequence[str]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def progress(streams: Streams, total: int, *, quiet: bool) -> Progress:
    """A line on a terminal, silence elsewhere."""
    draws = streams.stderr.isatty() and streams.environ.get("TERM") != "dumb" and not quiet
    return _Line(streams, total) if draws else _Silence()
