"""The lines of a program's output, read in one thread while the program runs in another."""

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from schoten_ict.core.remote import Completed, RemoteError, Sink
from schoten_ict.core.text import printable

_WAITING = 64
_LOOK_SECONDS = 0.25
_LONGEST_LINE = 16 * 1024 * 1024


class _Flow:
    """Implements `core.remote.Sink`. Holds a few pieces; whoever reads them may leave at any time."""

    def __init__(self) -> None:
        self._pieces: queue.Queue[bytes] = queue.Queue(_WAITING)
        self._left = False

    @property
    def full(self) -> bool:
        """Whether nobody reads any more."""
        return self._left

    def take(self, data: bytes) -> None:
        """Hand on `data`, as soon as there is room."""
        if data:
            self._put(data)

    def end(self) -> None:
        """No more will come."""
        self._put(b"")

    def leave(self) -> None:
        """Nobody reads any more."""
        self._left = True

    def pieces(self) -> Iterator[bytes]:
        """Everything, until the end."""
        while piece := self._pieces.get():
            yield piece

    def _put(self, data: bytes) -> None:
        while not self._left:
            try:
                self._pieces.put(data, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return


def lines_of(host: str, run: Callable[[Sink], Completed]) -> Iterator[bytes]:
    """The lines of the output that `run` puts into its sink, without their ends.

    Leaving the loop early ends the program. Raises what `run` raises, and `RemoteError`: `failed` with the
    last line of stderr when the exit code is not 0, `too-large` for a line past 16 MiB.
    """
    flow = _Flow()

    def feed() -> Completed:
        try:
            return run(flow)
        finally:
            flow.end()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(feed)
        try:
            yield from split(host, flow.pieces())
        finally:
            flow.leave()
        done = running.result()
    if done.exit_code or done.cut:
        raise RemoteError(f"{host}: {last_words(done)}", code="failed", subject=f"host:{host}")


def split(host: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their ends, however the bytes are split; what follows the last line break is one too."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        first, *lines = piece.split(b"\n")
        held.append(first)
        length += len(first)
        if length > _LONGEST_LINE:
            raise RemoteError(f"{host}: a line is too long", code="too-large", subject=f"host:{host}")
        for line in lines:
            yield b"".join(held).removesuffix(b"\r")
            held, length = [line], len(line)
    if length:
        yield b"".join(held).removesuffix(b"\r")


def last_words(done: Completed) -> str:
    """The last line that a program said on stderr, safe to show; its exit code where it said nothing."""
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return printable(said[-1]) if said else f"exit code {done.exit_code}"
