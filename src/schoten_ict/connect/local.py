"""Commands on the management machine itself, with the same answers as over SSH."""

import contextlib
import math
import os
import selectors
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Self

from schoten_ict.connect.posix import ENDED, ENDING_SECONDS, Launch, Lull, Stream, ending
from schoten_ict.core.deadline import Deadline, spans
from schoten_ict.core.remote import Command, Completed, RemoteError, Target

_CHUNK = 65536
_LOOK_SECONDS = 0.25
_ENVIRONMENT = ("HOME", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER")
"""What a command sees of the environment: what a login would give it, and no secret of `env:` references."""


def open_local(target: Target, allowed: float | Deadline = math.inf) -> "LocalRunner":
    """A runner for this machine; `allowed` as a deadline bounds all that it runs.

    Raises `RemoteError` (`protocol`) where there is no POSIX shell.
    """
    if os.name != "posix":
        raise RemoteError(
            f"{target.host}: commands on this machine need a POSIX shell, which Windows lacks",
            code="protocol",
            subject=f"host:{target.host}",
            remedy="declare connect: winrm for this machine",
        )
    return LocalRunner(target, spans(allowed)[1])


class LocalRunner:
    """Runs each command in a process group of its own, which is ended at the deadline or past a limit."""

    def __init__(self, target: Target, deadline: Deadline) -> None:
        self._target = target
        self._deadline = deadline

    def run(self, command: Command) -> Completed:
        """Run to the end; see `core.remote.Runner`."""
        with (command.until or self._deadline).within(command.seconds).acting() as deadline:
            launch = Launch(self._target, replace(command, seconds=max(0.0, deadline.left)))
            if deadline.over:
                raise launch.late(ended=False, broken_off=deadline.broken_off)
            return self._run(launch, deadline)

    def _run(self, launch: Launch, deadline: Deadline) -> Completed:
        started = time.monotonic()
        with _started(launch.line, has_input=bool(launch.command.stdin)) as process:
            try:
                exit_code = _Conversation(process, launch, deadline).exit_code()
            except BaseException:
                self._end(process, launch)
                raise
            finished = exit_code is not None and exit_code >= 0
            ended = finished or self._end(process, launch)
        if exit_code is None and not launch.cut:
            raise launch.late(ended=ended, broken_off=deadline.broken_off)
        if exit_code is not None and exit_code < 0:
            raise launch.lost()
        code = ENDED if exit_code is None else exit_code
        return launch.completed(code, round((time.monotonic() - started) * 1000))

    def close(self) -> None:
        """Nothing stays open between commands."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end(self, process: subprocess.Popen[bytes], launch: Launch) -> bool:
        """End the command and all of its group; True when it is gone."""
        if not launch.group:
            process.kill()
            return True
        line = ending(launch.group, self._target.sudo)
        with _started(line, has_input=False) as ender, contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ENDING_SECONDS)  # until it is reaped, its group lives on
            return ender.wait(ENDING_SECONDS) == 0
        return False


@contextlib.contextmanager
def _started(line: str, *, has_input: bool) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own session, without our files and environment; gone and closed afterwards."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", line],
        stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path("~").expanduser(),
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        if process.poll() is None:
            with contextlib.suppress(PermissionError, subprocess.TimeoutExpired):  # sudo's process is root's
                process.kill()
                process.wait(1.0)


class _Conversation:
    """Writes one command's standard input and reads its streams, whichever is ready."""

    def __init__(self, process: subprocess.Popen[bytes], launch: Launch, deadline: Deadline) -> None:
        self._process = process
        self._launch = launch
        self._deadline = deadline
        self._input = memoryview(launch.command.stdin)
        self._selector = selectors.DefaultSelector()

    def exit_code(self) -> int | None:
        """How the command ended; None when the deadline came or a stream passed its limit first."""
        with self._selector:
            self._watch(self._process.stdout, self._launch.stdout)
            self._watch(self._process.stderr, self._launch.stderr)
            if self._process.stdin is not None:
                os.set_blocking(self._process.stdin.fileno(), False)
                self._selector.register(self._process.stdin, selectors.EVENT_WRITE)
            if not self._exchange():
                return None
        while not self._deadline.over:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._process.wait(min(self._deadline.left, _LOOK_SECONDS))
        return self._process.poll()

    def _watch(self, pipe: IO[bytes] | None, stream: Stream) -> None:
        assert pipe is not None
        self._selector.register(pipe, selectors.EVENT_READ, stream)

    def _exchange(self) -> bool:
        """Until the streams are closed, or silent after the command's end; False when stopped before."""
        lull = Lull()
        while any(key.data for key in self._selector.get_map().values()) and not self._launch.cut:
            remaining = self._deadline.left
            ended = self._process.poll() is not None
            if remaining <= 0:
                return ended
            moved = self._move(min(remaining, _LOOK_SECONDS))
            if lull.over(ended=ended, moved=moved):
                return True
        return not self._launch.cut

    def _move(self, seconds: float) -> bool:
        """Wait for something to be ready and move it; False when nothing was."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            if key.data is None:
                self._write(key.fd)
            else:
                self._read(key.fd, key.data)
        return bool(ready)

    def _read(self, descriptor: int, stream: Stream) -> None:
        data = os.read(descriptor, _CHUNK)
        if data:
            stream.feed(data)
        else:
            self._selector.unregister(descriptor)

    def _write(self, descriptor: int) -> None:
        try:
            self._input = self._input[os.write(descriptor, self._input[:_CHUNK]) :]
        except BrokenPipeError:  # the command reads no more, as `head` does
            self._input = self._input[:0]
        if not self._input:
            self._selector.unregister(descriptor)
            assert self._process.stdin is not None
            self._process.stdin.close()
