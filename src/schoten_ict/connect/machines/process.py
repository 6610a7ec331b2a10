"""A program on this machine, Linux or Windows: started without a shell, fed, read, and ended in time."""

import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from schoten_ict.connect.posix import ENDED, Lull
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.remote import Sink

_PIECE = 64 * 1024
_SAFE_PIECE = 4096
"""What a pipe that has room at all takes without waiting (POSIX PIPE_BUF on Linux)."""
_LOOK_SECONDS = 0.25
_ENDING_SECONDS = 3.0
_TIDYING_SECONDS = 8.0
"""restic ends its uploads first: with a limit of 5 MB a second that took it 4.5 seconds."""
_POSIX = os.name == "posix"
_QUIETLY = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)


class Kept:
    """Implements `core.remote.Sink`: keeps at most `limit` bytes, and is full when there were more."""

    def __init__(self, limit: int) -> None:
        self.content = bytearray()
        self.full = False
        self._limit = limit

    def take(self, data: bytes) -> None:
        """The next bytes."""
        room = self._limit - len(self.content)
        self.full = self.full or len(data) > room
        self.content += data[:room]


@contextmanager
def started(
    words: Sequence[str], environment: Mapping[str, str], folder: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own group, ended and closed when the block is left. Raises `OSError`."""
    process = subprocess.Popen(
        words,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment,
        start_new_session=True,
        creationflags=_QUIETLY,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            _end(process)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def converse(
    process: subprocess.Popen[bytes], content: bytes, stdout: Sink, stderr: Sink, deadline: Deadline
) -> int | None:
    """Write standard input, read both streams, and wait for the end: its exit code, as a shell tells it.

    143 when a stream was full first, None when `deadline` was. Something that the
    program left running and that holds a stream open is not waited for.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    news = threading.Event()
    readers = [_Reader(process.stdout, stdout, news), _Reader(process.stderr, stderr, news)]
    threads: list[_Reader | _Writer] = [*readers, _Writer(process.stdin, content)]
    for thread in threads:
        thread.start()
    try:
        in_time = _wait(process, readers, news, deadline)
        enough = _is_enough(readers)
        if enough or not in_time:
            _end(process)
    finally:
        for thread in threads:
            thread.leave.set()
        for thread in threads:
            thread.join(_ENDING_SECONDS)
    for reader in readers:
        if reader.error is not None:
            raise reader.error
    if enough:
        return ENDED
    return _exit_code(process) if in_time else None


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    code = process.wait()
    return 128 - code if code < 0 else code


class _Reader(threading.Thread):
    """Hands a stream to its sink, until its end or until somebody says to leave it."""

    def __init__(self, pipe: IO[bytes], sink: Sink, news: threading.Event) -> None:
        super().__init__(daemon=True)
        self.leave = threading.Event()
        self.done = False
        self.error: Exception | None = None
        self._pipe = pipe
        self.sink = sink
        self._news = news

    def run(self) -> None:
        try:
            self._read()
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
            self.error = error
        finally:
            self.done = True
            self._news.set()

    def _read(self) -> None:
        descriptor = self._pipe.fileno()
        while not self.sink.full and not self.leave.is_set():
            if _is_ready(descriptor, select.POLLIN if _POSIX else 0):
                data = os.read(descriptor, _PIECE)
                if not data:
                    return
                self.sink.take(data)
                self._news.set()


class _Writer(threading.Thread):
    """Writes standard input and closes it, whatever the program does meanwhile."""

    def __init__(self, pipe: IO[bytes], content: bytes) -> None:
        super().__init__(daemon=True)
        self.leave = threading.Event()
        self._pipe = pipe
        self._rest = memoryview(content)

    def run(self) -> None:
        with suppress(OSError):  # it reads no more, as `head` does
            descriptor = self._pipe.fileno()
            while self._rest and not self.leave.is_set():
                if _is_ready(descriptor, select.POLLOUT if _POSIX else 0):
                    self._rest = self._rest[os.write(descriptor, self._rest[:_SAFE_PIECE]) :]
        with suppress(OSError):
            self._pipe.close()


def _is_ready(descriptor: int, event: int) -> bool:
    """Whether reading or writing would not wait; Windows cannot say, there it waits."""
    if not _POSIX:
        return True
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(_LOOK_SECONDS * 1000))


def _wait(
    process: subprocess.Popen[bytes], readers: Sequence[_Reader], news: threading.Event, deadline: Deadline
) -> bool:
    """Until the program and its streams end, or a stream is full; False when the time was up first."""
    lull = Lull()
    while not all(reader.done for reader in readers):
        if deadline.over:
            return False
        moved = news.wait(max(0.0, min(deadline.left, _LOOK_SECONDS)))
        news.clear()
        if lull.over(ended=process.poll() is not None, moved=moved):
            break
        if _is_enough(readers):
            return True
    if _is_enough(readers):
        return True
    while process.poll() is None:
        if deadline.over:
            return False
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, min(deadline.left, _LOOK_SECONDS)))
    return True


def _is_enough(readers: Sequence[_Reader]) -> bool:
    return any(reader.error is not None or reader.sink.full for reader in readers)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started: asked first, so that it can put its locks away, then made to.

    restic before 0.17 puts its lock away when it is interrupted, and not when it is terminated.
    """
    for name in ("SIGINT", "SIGTERM", "SIGKILL"):
        _signal(process, name)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_TIDYING_SECONDS if name == "SIGINT" else _ENDING_SECONDS)
            break
    if _POSIX:
        _signal(process, "SIGKILL")  # what it left behind in its group


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    if _POSIX:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, getattr(signal, name))
        return
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(process.pid)],
            capture_output=True,
            check=False,
            timeout=_ENDING_SECONDS,
        )
    with suppress(OSError):
        process.kill()
