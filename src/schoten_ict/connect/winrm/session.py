"""Runs PowerShell scripts on one Windows machine."""

import time
from typing import Self

from schoten_ict.connect.winrm import script
from schoten_ict.connect.winrm.login import transport_of
from schoten_ict.connect.winrm.shell import Output, Shell
from schoten_ict.connect.winrm.transport import Transport
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import ConfigurationError, UsageError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Command, Completed, RemoteError, Target
from schoten_ict.core.text import printable

_FRAMING = 64 * 1024
_LONGEST_REASON = 240
_END_OF_INPUT = b"\r\n"
"""PowerShell may wait for its standard input to end."""


class WinRmRunner:
    """A `Runner` over WinRM: the script goes over standard input, one JSON answer comes back.

    `Completed.stdout` is what the script gave, in UTF-8: strings as they are, objects as on a screen.
    `Completed.stderr` has its errors and warnings, one per line. A command is never sent twice: after a lost
    answer nobody knows whether it ran.
    """

    def __init__(self, target: Target, guard: AccountGuard, deadline: Deadline) -> None:
        if target.account is None:
            raise ConfigurationError(
                "WinRM needs a credential",
                subject=f"host:{target.host}",
                remedy="add connect: {winrm: {credential: NAME}} to the host or one of its groups",
            )
        transport_of(target.account)
        self._transport = Transport(target, target.account, guard)
        self._deadline = deadline

    def open(self, deadline: Deadline) -> Self:
        """Connect and log in."""
        self._transport.allow(deadline)
        try:
            self._transport.log_in()
        except BaseException:
            self.close()
            raise
        return self

    def run(self, command: Command) -> Completed:
        """Run a script; raises `RemoteError`, and `UsageError` for a command with standard input."""
        if command.stdin:
            raise UsageError("a PowerShell script takes parameters, no standard input")
        started = time.monotonic()
        request = script.request(command)
        if len(request) > script.REQUEST_LIMIT:
            raise self._transport.place.error(
                "too-large", f"script and parameters of {len(request)} bytes; {script.REQUEST_LIMIT} fit"
            )
        with self._deadline.within(command.seconds).acting() as deadline:
            # Output and errors, both within the limit, grow by a third in base64.
            output = self._executed(script.arguments(), request, 3 * command.limit + _FRAMING, deadline)
        try:
            said = script.spoken(output.stdout, command.limit)
        except ValueError:
            said = None
        if said is None:
            raise self._unspoken(output)
        lines = [script.plain(output.stderr), *said.errors]
        stderr = "\n".join(line.rstrip() for line in lines if line.strip()).encode("utf-8", "replace")
        milliseconds = round((time.monotonic() - started) * 1000)
        cut = said.cut or len(stderr) > command.limit
        return Completed(output.exit_code, said.output, stderr[: command.limit], milliseconds, cut)

    def bare(self, text: str, seconds: float) -> Output:
        """Run a constant line of PowerShell by itself, where the runner may not be allowed to.

        The output is as PowerShell wrote it, in the code page of the shell (UTF-8). Raises `RemoteError`.
        """
        with self._deadline.within(seconds).acting() as deadline:
            return self._executed(script.encoded(text), _END_OF_INPUT, _FRAMING, deadline)

    def close(self) -> None:
        """Close the connection; safe to call twice. No shell is open between two commands."""
        self._transport.close_session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _executed(self, arguments: tuple[str, ...], stdin: bytes, limit: int, deadline: Deadline) -> Output:
        seconds = max(0.0, deadline.left)
        self._transport.allow(deadline)
        shell = Shell(self._transport)
        try:
            with shell:
                return shell.run(script.POWERSHELL, arguments, stdin, limit)
        except RemoteError as error:
            [problem] = error.problems
            if problem.code != "timeout":
                raise
        short = "broken off" if deadline.broken_off else f"the command had {round(seconds, 1):g} s"
        raise self._transport.place.error("timeout", f"{problem.message}; {short}, {shell.fate}")

    def _unspoken(self, output: Output) -> RemoteError:
        said = printable(" ".join((script.plain(output.stderr) or "it said nothing").split()))
        return self._transport.place.error(
            "protocol",
            f"PowerShell ended with exit code {output.exit_code} without an answer: {said[:_LONGEST_REASON]}",
            "it needs PowerShell 3 or newer in full language mode (no AppLocker or WDAC constraint)",
        )
