"""The shells of one machine: opened, used, ended, forgotten when idle, and limited in number."""

import base64
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from lab.servers.winrm.answers import Answers, Outcome
from lab.servers.winrm.messages import CMD, RSP, FaultError, Request, X, answer

_CMD_LIMIT, _DIRECT_LIMIT = 8191, 32767
_SECONDS = re.compile(r"^PT(\d+(?:\.\d+)?)S$")
_SHAPES = re.compile(r'^"?[A-Za-z]:\\')
_NO_SELECTOR = (
    "The WS-Management service cannot process the request because the request contained invalid selectors "
    "for the resource. "
)
_NO_COMMAND = (
    "The Windows Remote Shell received a request to perform an operation on a command identifier that does "
    "not exist. Either the command has completed execution or the client specified an invalid command "
    "identifier. "
)
_TIMED_OUT = (
    "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  "
)
_TOO_MANY = (
    "The WS-Management service cannot process the request. This user is allowed a maximum number of {} "
    "concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. "
)
_INCORRECT = "The parameter is incorrect. "
_NOT_FOUND = "The system cannot find the file specified. "


@dataclass(slots=True)
class Running:
    """A command in a shell. `begun` is the moment of its first Receive."""

    line: str
    stdin: bytearray = field(default_factory=bytearray)
    outcome: Outcome | None = None
    begun: float = 0.0
    sent: int = 0


@dataclass(slots=True)
class Shell:
    """A shell of `user`; `used` by the machine's clock."""

    user: str
    idle_seconds: float
    used: float
    commands: dict[str, Running] = field(default_factory=dict)


@dataclass(slots=True)
class Counts:
    """What happened, for the tests. `attempts` are passwords that were judged."""

    attempts: int = 0
    logins: int = 0
    shells: int = 0
    commands: int = 0
    ended: int = 0
    requests: list[str] = field(default_factory=list)


class Shells:
    """All shells of a machine; its connections share it."""

    def __init__(
        self, answers: Answers, *, most: int = 30, chunk: int = 16 * 1024,
        clock: Callable[[], float] = time.monotonic, pause: Callable[[float], bool] | None = None,
    ) -> None:  # fmt: skip
        self.most = most
        self.counts = Counts()
        self.lines: list[str] = []
        self.stdins: list[bytes] = []
        self._answers = answers
        self._chunk = chunk
        self._clock = clock
        self._open: dict[str, Shell] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._pause = pause or self._wake.wait

    def open_now(self) -> int:
        """How many shells are open; idle ones have ended."""
        with self._lock:
            self._forget()
            return len(self._open)

    def stop(self) -> None:
        """Wake those who wait for a slow command."""
        self._wake.set()

    def respond(self, request: Request, user: str) -> bytes:
        """The answer to a request of `user`; raises `FaultError`."""
        handlers = {
            "Create": self._create, "Delete": self._delete, "Command": self._command,
            "Send": self._send, "Receive": self._receive, "Signal": self._signal,
        }  # fmt: skip
        if request.operation_seconds < 0:
            raise FaultError(
                2150858767, "a:InvalidMessageInformationHeader",
                "The WS-Management service cannot process the request. The request contains one or more "
                "invalid SOAP headers. ",
            )  # fmt: skip
        if request.resource != CMD or request.action not in handlers:
            raise FaultError(2150858778, "a:ActionNotSupported", "This action is not supported here.")
        with self._lock:
            self._forget()
        return handlers[request.action](request, user)

    def _forget(self) -> None:
        now = self._clock()
        for key in [key for key, shell in self._open.items() if now - shell.used > shell.idle_seconds]:
            del self._open[key]

    def _create(self, request: Request, user: str) -> bytes:
        idle = _SECONDS.match(request.text("IdleTimeOut") or "PT7200S")
        shell_id = str(uuid.uuid4()).upper()
        with self._lock:
            if sum(shell.user == user for shell in self._open.values()) >= self.most:
                raise FaultError(2150859173, "w:QuotaLimit", _TOO_MANY.format(self.most))
            seconds = float(idle[1]) if idle else 7200.0
            self._open[shell_id] = Shell(user, seconds, self._clock())
            self.counts.shells += 1
        return answer(f"{X}/CreateResponse", _created(request, shell_id, user, seconds), request)

    def _delete(self, request: Request, user: str) -> bytes:
        self._shell(request, user)
        with self._lock:
            self._open.pop(request.shell_id or "", None)
            self.counts.ended += 1
        return answer(f"{X}/DeleteResponse", "", request)

    def _command(self, request: Request, user: str) -> bytes:
        shell = self._shell(request, user)
        words = [each.text or "" for each in request.body.iter(f"{{{RSP}}}Arguments")]
        line = " ".join([request.text("Command") or "", *words])
        direct = request.options.get("WINRS_SKIP_CMD_SHELL", "").upper() == "TRUE"
        if direct and not _SHAPES.match(line):
            raise FaultError(2147942402, "w:InternalError", _NOT_FOUND, receiver=True, provider=True)
        if len(line) > (_DIRECT_LIMIT if direct else _CMD_LIMIT):
            raise FaultError(206, "w:InternalError", "The filename or extension is too long. ", receiver=True)
        command_id = str(uuid.uuid4()).upper()
        with self._lock:
            shell.commands[command_id] = Running(line)
            self.counts.commands += 1
            self.lines.append(line)
        body = f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"
        return answer(f"{RSP}/CommandResponse", body, request)

    def _send(self, request: Request, user: str) -> bytes:
        running = self._running(request, user)
        for stream in request.body.iter(f"{{{RSP}}}Stream"):
            running.stdin += base64.b64decode(stream.text or "", validate=True)
            if (stream.get("End") or "").upper() == "TRUE":
                self.stdins.append(bytes(running.stdin))
        return answer(f"{RSP}/SendResponse", "<rsp:SendResponse/>", request)

    def _signal(self, request: Request, user: str) -> bytes:
        self._running(request, user)
        with self._lock:
            self._shell(request, user).commands.pop(request.command_id() or "", None)
        return answer(f"{RSP}/SignalResponse", "<rsp:SignalResponse/>", request)

    def _receive(self, request: Request, user: str) -> bytes:
        running = self._running(request, user)
        if running.outcome is None:
            running.begun = self._clock()
            running.outcome = self._answers.outcome(running.line, bytes(running.stdin))
            if running.outcome.early:
                return answer(f"{RSP}/ReceiveResponse", _early(request, running.outcome.early), request)
        left = running.begun + running.outcome.seconds - self._clock()
        if left > 0 and (
            self._pause(min(left, request.operation_seconds)) or left > request.operation_seconds
        ):
            raise FaultError(2150858793, "w:TimedOut", _TIMED_OUT, receiver=True)
        return answer(f"{RSP}/ReceiveResponse", self._received(request, running, running.outcome), request)

    def _received(self, request: Request, running: Running, outcome: Outcome) -> str:
        command = quoteattr(request.command_id() or "")
        piece = outcome.stdout[running.sent : running.sent + self._chunk]
        if outcome.endless:
            piece = (outcome.stdout * (self._chunk // len(outcome.stdout) + 1))[: self._chunk]
        running.sent += len(piece)
        done = running.sent >= len(outcome.stdout) and not outcome.endless
        parts = [_stream("stdout", command, piece)] if piece else []
        if done:
            parts += [_stream("stderr", command, outcome.stderr)] if outcome.stderr else []
            parts += [f'<rsp:Stream Name="{name}" CommandId={command} End="true"></rsp:Stream>'
                      for name in ("stdout", "stderr")]  # fmt: skip
        state = f'<rsp:CommandState CommandId={command} State="{RSP}/CommandState/{"Done" if done else "Running"}">'
        code = f"<rsp:ExitCode>{outcome.exit_code}</rsp:ExitCode>" if done else ""
        return f"<rsp:ReceiveResponse>{''.join(parts)}{state}{code}</rsp:CommandState></rsp:ReceiveResponse>"

    def _shell(self, request: Request, user: str) -> Shell:
        shell = self._open.get(request.shell_id or "")
        if shell is None or shell.user != user:
            raise FaultError(2150858843, "w:InvalidSelectors", _NO_SELECTOR, detail="UnexpectedSelectors")
        shell.used = self._clock()
        return shell

    def _running(self, request: Request, user: str) -> Running:
        shell, command_id = self._shell(request, user), request.command_id()
        if command_id is None:
            raise FaultError(87, "w:InvalidParameter", _INCORRECT, detail="InvalidValue", provider=True)
        if command_id not in shell.commands:
            raise FaultError(
                2150858843, "w:InvalidSelectors", _NO_SELECTOR, _NO_COMMAND, detail="UnexpectedSelectors"
            )
        return shell.commands[command_id]


def _early(request: Request, content: bytes) -> str:
    """What a program wrote while it goes on."""
    command = quoteattr(request.command_id() or "")
    state = f'<rsp:CommandState CommandId={command} State="{RSP}/CommandState/Running"></rsp:CommandState>'
    return f"<rsp:ReceiveResponse>{_stream('stdout', command, content)}{state}</rsp:ReceiveResponse>"


def _stream(name: str, command: str, content: bytes) -> str:
    encoded = base64.b64encode(content).decode("ascii")
    return f'<rsp:Stream Name="{name}" CommandId={command}>{encoded}</rsp:Stream>'


def _created(request: Request, shell_id: str, user: str, idle: float) -> str:
    folder = request.text("WorkingDirectory")
    variables = "".join(
        f"<rsp:Variable Name={quoteattr(each.get('Name') or '')}>{escape(each.text or '')}</rsp:Variable>"
        for each in request.body.iter(f"{{{RSP}}}Variable")
    )
    echoed = (f"<rsp:WorkingDirectory>{escape(folder)}</rsp:WorkingDirectory>" if folder else "") + (
        f"<rsp:Environment>{variables}</rsp:Environment>" if variables else ""
    )
    return (
        "<x:ResourceCreated><a:Address>http://127.0.0.1:5985/wsman</a:Address><a:ReferenceParameters>"
        f'<w:ResourceURI>{CMD}</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">{shell_id}</w:Selector>'
        f'</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated><rsp:Shell xmlns:rsp="{RSP}">'
        f"<rsp:ShellId>{shell_id}</rsp:ShellId><rsp:ResourceUri>{CMD}</rsp:ResourceUri>"
        f"<rsp:Owner>{escape(user)}</rsp:Owner><rsp:ClientIP>127.0.0.1</rsp:ClientIP>{echoed}"
        f"<rsp:IdleTimeOut>PT{idle:.3f}S</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams>"
        "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime>"
        "<rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell>"
    )
