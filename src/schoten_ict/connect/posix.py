"""Commands on POSIX machines: how one is started, recognised in its streams, and ended.

Shared by SSH and local. A command runs through `launch.sh`, which makes it the leader of its own process
group and writes one line, the mark, on both streams before it starts. What comes before the mark is the login
shell's or sudo's; an answer without a mark never ran the command, whatever its exit code says.
"""

import math
import secrets
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from schoten_ict.core.remote import Command, Completed, RemoteError, Sink, Target
from schoten_ict.core.text import printable

ENDED = 143
"""The exit code of a command that was ended because a stream grew past its limit: 128 + SIGTERM."""

ENDING_SECONDS = 3.0
"""How long ending a command may take; `end.sh` needs little more than a second."""

LINGER_SECONDS = 1.0
"""How long a stream may be silent after the command's end: something it started still holds it open."""

_WATCH_SECONDS = 10
_LONGEST = 100_000
_NOISE = 64 * 1024
_QUOTED = 200
_SUDO = "exec env LC_ALL=C sudo -n -- /bin/sh"
_PLAIN = "exec /bin/sh"


@cache
def _script(name: str) -> str:
    lines = Path(__file__).with_name(name).read_text(encoding="ascii").splitlines()
    return "\n".join(line for line in map(str.strip, lines) if line and not line.startswith("#"))


def quoted(text: str) -> str:
    """`text` as one word for sh, bash, ksh, zsh and fish (which reads backslashes inside single quotes)."""
    return "'" + text.translate({ord("'"): "'\"'\"'", ord("\\"): "'\"\\\\\"'"}) + "'"


def _shell_line(sudo: bool, script: str, *arguments: str) -> str:
    words = " ".join(quoted(word) for word in (_script(script), *arguments))
    return f"{_SUDO if sudo else _PLAIN} -c 'eval \"$1\"' ict {words}"


def ending(group: str, sudo: bool) -> str:
    """The shell line that ends what `Launch.group` names."""
    return _shell_line(sudo, "end.sh", group)


@dataclass(slots=True)
class Stream:
    """One stream of a command: what came after the mark, up to `limit` bytes; `cut` when there was more.

    With a `sink` all of that goes there, however much it is.
    """

    mark: bytes
    limit: int
    sink: Sink | None = None
    group: str = ""
    cut: bool = False
    content: bytearray = field(default_factory=bytearray)
    noise: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> None:
        """Take the next bytes, however they are split."""
        if not self.group:
            data = self._after_mark(data)
        if self.sink is not None:
            self.sink.take(data)
            return
        room = self.limit - len(self.content)
        self.cut = self.cut or len(data) > room
        self.content += data[:room]

    def _after_mark(self, data: bytes) -> bytes:
        self.noise += data
        start = self.noise.find(self.mark)
        end = self.noise.find(b"\n", start) if start >= 0 else -1
        if end < 0:
            self.cut = len(self.noise) > _NOISE
            return b""
        self.group = self.noise[start + len(self.mark) : end].decode("ascii", "replace").strip()
        rest = bytes(self.noise[end + 1 :])
        del self.noise[start:]
        return rest


class Lull:
    """Tells when a command that has ended said all it will say."""

    def __init__(self) -> None:
        self._since: float | None = None

    def over(self, *, ended: bool, moved: bool) -> bool:
        """Whether nothing moved for `LINGER_SECONDS` since the command ended. Call it after every look."""
        if not ended or moved:
            self._since = None
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return now - self._since >= LINGER_SECONDS


class Launch:
    """One command on its way: the line to run, and what came back of it."""

    def __init__(self, target: Target, command: Command) -> None:
        """Raises `RemoteError` for a command that no shell could take."""
        text = command.text
        if "\0" in text or len(text.encode("utf-8", "surrogateescape")) > _LONGEST:
            raise RemoteError(
                f"{target.host}: a command is at most {_LONGEST} bytes of text",
                code="too-large",
                subject=f"host:{target.host}",
                remedy="send the data on standard input",
            )
        mark = f"ict-{secrets.token_hex(8)}"
        watch = math.ceil(command.seconds) + _WATCH_SECONDS
        self.target = target
        self.command = command
        self.line = _shell_line(target.sudo, "launch.sh", mark, str(watch), text)
        self.stdout = Stream(f"{mark} ".encode(), command.limit, command.sink)
        self.stderr = Stream(f"{mark} ".encode(), command.limit)

    @property
    def group(self) -> str:
        """What `kill` needs to end the command: `-123` (its group) or `123`; empty when it never started."""
        named = self.stdout.group or self.stderr.group
        return named if named.removeprefix("-").isdecimal() else ""

    @property
    def cut(self) -> bool:
        """Whether a stream is past its limit, or the one that takes it wants no more."""
        sink = self.command.sink
        return self.stdout.cut or self.stderr.cut or (sink is not None and sink.full)

    def completed(self, exit_code: int, duration_ms: int) -> Completed:
        """The answer; raises `RemoteError` when the command itself never ran."""
        if not self.group:
            raise self._refusal(exit_code)
        return Completed(
            exit_code=exit_code,
            stdout=bytes(self.stdout.content),
            stderr=bytes(self.stderr.content),
            duration_ms=duration_ms,
            cut=self.cut,
        )

    def late(self, *, ended: bool, broken_off: bool = False) -> RemoteError:
        """The error of a command that was not done in time; `ended` when it is gone over there.

        `broken_off` when its time was cut short by whoever asked.
        """
        if not self.group:
            fate = "it never started"
        elif ended:
            fate = "it was ended"
        else:
            fate = "it could not be ended at once"
        short = "broken off" if broken_off else f"not done within {round(self.command.seconds, 1):g} s"
        return self.failed(
            f"{short}; {fate}",
            "timeout",
            "allow it more time, or look at what it waits for",
        )

    def lost(self) -> RemoteError:
        """The error of a command whose shell was killed by something else, or whose connection broke off."""
        return self.failed(
            "the connection or the command's shell broke off before the end", "unreachable", ""
        )

    def _refusal(self, exit_code: int) -> RemoteError:
        said = _first_line(self.stderr.noise) or _first_line(self.stdout.noise)
        if self.target.sudo and (exit_code == 127 or "sudo" in said):  # noqa: PLR2004 - POSIX: not found
            return self.failed(
                f"sudo -n refused: {said or 'sudo was not found'}",
                "denied",
                "let the account run /bin/sh without a password (sudoers: NOPASSWD), or declare sudo: false",
            )
        return self.failed(
            f"no POSIX shell ran the command (exit code {exit_code}): {said or 'nothing was said'}",
            "protocol",
            "the account needs a POSIX login shell and no forced command; Windows is asked over WinRM",
        )

    def failed(self, message: str, code: str, remedy: str) -> RemoteError:
        """An error about this command on this host."""
        host = self.target.host
        return RemoteError(f"{host}: {message}", code=code, subject=f"host:{host}", remedy=remedy)


def _first_line(noise: bytearray) -> str:
    lines = bytes(noise).decode("utf-8", "replace").strip().splitlines()
    return printable(lines[0])[:_QUOTED] if lines else ""
