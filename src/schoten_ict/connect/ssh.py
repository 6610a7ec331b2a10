"""Commands over SSH: one session per machine, one channel per command."""

import threading
import time
from dataclasses import replace
from typing import Self

import paramiko
from paramiko.ssh_exception import ChannelException, SSHException

from schoten_ict.connect.hostkeys import HostKey
from schoten_ict.connect.posix import ENDED, ENDING_SECONDS, Launch, Lull, ending
from schoten_ict.connect.sshconfig import way_to
from schoten_ict.connect.sshlink import Link, open_link, shown_key
from schoten_ict.core.deadline import Deadline, spans
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Command, Completed, Target

_CHUNK = 64 * 1024
_LOOK_SECONDS = 0.25
_INPUT_LOOK_SECONDS = 0.02
_TRIES = 5
_PAUSE = 0.03


def open_ssh(target: Target, guard: AccountGuard, allowed: float | Deadline) -> "SshRunner":
    """Log in on the target, over its jump hosts, its host key verified.

    `allowed` is for the log-in in seconds, or a deadline for all that is done over the session. Raises
    `RemoteError`: `unreachable`, `timeout`, `host-key`, `authentication`, `not-asked`, `denied`, `protocol`;
    `ConfigurationError` when `~/.ssh/config` or a `known_hosts` cannot be used.
    """
    opening, session = spans(allowed)
    return SshRunner(target, open_link(way_to(target), guard, opening), session)


def host_key(target: Target, guard: AccountGuard, seconds: float) -> HostKey:
    """The key that the target shows now, and what the files say about it. Logs in on jump hosts only."""
    return shown_key(way_to(target), guard, Deadline(seconds))


class SshRunner:
    """Runs commands over one session, one after another. The process group is ended at the deadline."""

    def __init__(self, target: Target, link: Link, deadline: Deadline) -> None:
        self._target = target
        self._link = link
        self._deadline = deadline

    def run(self, command: Command) -> Completed:
        """Run to the end; see `core.remote.Runner`."""
        with (command.until or self._deadline).within(command.seconds).acting() as deadline:
            launch = Launch(self._target, replace(command, seconds=max(0.0, deadline.left)))
            return self._run(launch, deadline)

    def _run(self, launch: Launch, deadline: Deadline) -> Completed:
        started = time.monotonic()
        self._link.limit(deadline, ENDING_SECONDS)
        try:
            exit_code = None if deadline.over else self._converse(launch, deadline)
            if exit_code is None and not launch.cut:
                raise launch.late(ended=self._end(launch), broken_off=deadline.broken_off)
            if exit_code is None:
                self._end(launch)
                exit_code = ENDED
        finally:
            self._link.limit(None)
        return launch.completed(exit_code, round((time.monotonic() - started) * 1000))

    def close(self) -> None:
        """End the session and those with the jump hosts."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _converse(self, launch: Launch, deadline: Deadline) -> int | None:
        """How the command ended; None when the deadline came or a stream passed its limit first."""
        session = self._link.session
        try:
            with self._channel(deadline) as channel:
                channel.exec_command(launch.line)
                return _Conversation(channel, launch, deadline).exit_code()
        except ChannelException:
            raise launch.failed(
                "opens no more sessions", "denied", "see MaxSessions of its SSH server"
            ) from None
        except (SSHException, EOFError, OSError):
            if session.wire.late or deadline.over:
                return None
            if session.is_active():
                raise launch.failed(
                    "does not run commands", "denied", "may the account run commands?"
                ) from None
            raise launch.lost() from None
        except BaseException:
            self._end(launch)
            raise

    def _end(self, launch: Launch) -> bool:
        """End the command over there, on a channel beside it; True when it is gone."""
        if not launch.group:
            return False
        deadline = Deadline(ENDING_SECONDS)
        self._link.limit(deadline)
        try:
            with self._channel(deadline) as channel:
                channel.exec_command(ending(launch.group, self._target.sudo))
                channel.status_event.wait(ENDING_SECONDS)
                return channel.exit_status == 0
        except (SSHException, EOFError, OSError):
            return False

    def _channel(self, deadline: Deadline) -> paramiko.Channel:
        """A new channel. The server may still be closing the last one, and allow no two (MaxSessions)."""
        for turn in range(1, _TRIES):
            try:
                return self._link.session.open_session(timeout=deadline.left)
            except ChannelException:
                time.sleep(_PAUSE * turn)
        return self._link.session.open_session(timeout=deadline.left)


class _Bell(threading.Event):
    """Rings when a stream has something new; nobody but the one who looks silences it."""

    def clear(self) -> None:
        """Not when one of the streams is empty: the other may not be."""

    def silence(self) -> None:
        """Before a look."""
        super().clear()


class _Conversation:
    """Writes one command's standard input and reads its streams, in one thread."""

    def __init__(self, channel: paramiko.Channel, launch: Launch, deadline: Deadline) -> None:
        self._channel = channel
        self._launch = launch
        self._deadline = deadline
        self._input = memoryview(launch.command.stdin)
        self._bell = _Bell()
        channel.in_buffer.set_event(self._bell)
        channel.in_stderr_buffer.set_event(self._bell)

    def exit_code(self) -> int | None:
        """How the command ended; None when the deadline came or a stream passed its limit first."""
        channel, lull = self._channel, Lull()
        while not self._launch.cut:
            self._bell.silence()
            ended = channel.exit_status_ready()
            complete = ended and channel.closed
            moved = self._move()
            if complete or lull.over(ended=ended, moved=moved):
                return self._status()
            remaining = self._deadline.left
            if remaining <= 0:
                return self._status() if ended else None
            if not moved:
                self._bell.wait(min(remaining, _INPUT_LOOK_SECONDS if self._input else _LOOK_SECONDS))
        return None

    def _status(self) -> int | None:
        if self._launch.cut:
            return None
        if self._channel.exit_status < 0:
            raise self._launch.lost()
        return self._channel.exit_status

    def _move(self) -> bool:
        """Move what is ready in both directions; False when nothing was."""
        moved = self._write()
        channel, launch = self._channel, self._launch
        while channel.recv_ready() and not launch.cut:
            launch.stdout.feed(channel.recv(_CHUNK))
            moved = True
        while channel.recv_stderr_ready() and not launch.cut:
            launch.stderr.feed(channel.recv_stderr(_CHUNK))
            moved = True
        return moved

    def _write(self) -> bool:
        channel = self._channel
        if not self._input:
            if not channel.eof_sent:
                channel.shutdown_write()
            return False
        if not channel.send_ready():
            return False
        try:
            self._input = self._input[channel.send(bytes(self._input[:_CHUNK])) :]
        except OSError:
            if not channel.closed:
                raise
            self._input = self._input[:0]  # the command ended without reading it all
        return True
