"""One remote shell with one command in it: opened, fed, read and ended again, whatever happens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, cast

from winrm.exceptions import WinRMOperationTimeoutError
from winrm.protocol import Protocol
from winrm.transport import Transport as PywinrmTransport

from schoten_ict.connect.winrm.faults import asked
from schoten_ict.connect.winrm.transport import Transport
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import IctError

_UTF8 = 65001
_IDLE = "PT300S"  # what we could not end, Windows ends after this long without a message
_OPERATION_SECONDS = 20
_MARGIN_SECONDS = 10.0
_CLEAN_UP_SECONDS = 2.0
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Output:
    """What the program wrote and how it ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def protocol_over(transport: Transport) -> Protocol:
    """The messages of pywinrm over our transport; its own, which it makes at once, is never used."""
    protocol = Protocol("http://replaced.invalid/wsman", transport="ntlm", username="-", password="")
    protocol.transport = cast("PywinrmTransport", transport)
    return protocol


class Shell:
    """A shell for one command, as a context manager: leaving the block ends both over there.

    Ending them takes at most 2 x 2 s more, over a new connection where the old one is lost. A failure to end
    them is no error, and `fate` says so: the shell then ends by itself after 300 s.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._protocol = protocol_over(transport)
        self._shell: str | None = None
        self._command: str | None = None
        self._ended = False

    @property
    def fate(self) -> str:
        """What became of the command, once the block was left."""
        if self._shell is None:
            return "it never started"
        return "it was ended" if self._ended else "it could not be ended at once"

    def __enter__(self) -> Self:
        # Without a profile no folder is made for the account over there.
        self._shell = self._named(
            "opening a shell", self._protocol.open_shell, codepage=_UTF8, idle_timeout=_IDLE, noprofile=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._command is not None:
                self._end(self._protocol.cleanup_command, self._shell, self._command)
        finally:
            self._ended = self._end(self._protocol.close_shell, self._shell, close_session=False)

    def run(self, program: str, arguments: tuple[str, ...], stdin: bytes, limit: int) -> Output:
        """Run `program` to its end, with at most `limit` bytes of output. Raises `RemoteError`."""
        self._command = self._named(
            "starting the command",
            self._protocol.run_command, self._shell, program, arguments,
            console_mode_stdin=False, skip_cmd_shell=True,
        )  # fmt: skip
        pieces = range(0, len(stdin), _PIECE)
        for start in pieces:
            piece, last = stdin[start : start + _PIECE], start == pieces[-1]
            self._ask(
                "sending the script",
                self._protocol.send_command_input, self._shell, self._command, piece, end=last,
            )  # fmt: skip
        return self._read(limit)

    def _read(self, limit: int) -> Output:
        stdout, stderr = bytearray(), bytearray()
        while True:
            received = self._ask("waiting for the answer", self._receive)
            if received is None:
                continue
            out, err, exit_code, done = received
            stdout += out
            stderr += err
            if len(stdout) + len(stderr) > limit:
                raise self._transport.place.error(
                    "too-large", f"more than {limit} bytes of output; the command was ended"
                )
            if done:
                return Output(exit_code, bytes(stdout), bytes(stderr))

    def _receive(self) -> tuple[bytes, bytes, int, bool] | None:
        """The next output; None when there was none within one operation."""
        assert self._shell is not None
        assert self._command is not None
        try:
            return self._protocol.get_command_output_raw(self._shell, self._command)
        except WinRMOperationTimeoutError:
            return None

    def _named(self, doing: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
        """The name in an answer: of the shell, or of the command."""
        name = self._ask(doing, function, *args, **kwargs)
        if not isinstance(name, str) or not name.strip():
            raise self._transport.place.error("protocol", f"an answer without a name while {doing}")
        return name

    def _ask(self, doing: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        left = self._transport.left
        operation = max(1, min(_OPERATION_SECONDS, int(left)))
        self._protocol.operation_timeout_sec = operation
        self._transport.patience = min(left, operation + _MARGIN_SECONDS)
        return asked(self._transport.place, doing, function, *args, **kwargs)

    def _end(self, function: Callable[..., None], *args: Any, **kwargs: Any) -> bool:
        """Whether it was done. Nobody is waited for: not even another's login."""
        self._transport.allow(Deadline(_CLEAN_UP_SECONDS, waits=False))
        try:
            self._ask("cleaning up", function, *args, **kwargs)
        except IctError:
            return False
        return True
