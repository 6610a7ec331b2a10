"""Asking machines: the words between rooms, fan-out and connectors."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import IctError
from schoten_ict.core.exits import ExitCode
from schoten_ict.core.secrets import Secret

if TYPE_CHECKING:
    from schoten_ict.core.machine import Machine


class Via(StrEnum):
    """How a machine is asked."""

    SSH = "ssh"
    WINRM = "winrm"
    SNMP = "snmp"
    LOCAL = "local"
    HTTP = "http"


class RemoteError(IctError):
    """A machine gave no answer, or not the one that was asked for.

    `code` is one of `unreachable`, `timeout`, `authentication`, `locked` (the account itself: locked,
    disabled, expired), `not-asked` (the account guard held it back), `host-key`, `tls`, `denied`, `quota`,
    `too-large`, `protocol`, `no-answer` (SNMP: silent, or a wrong community).
    """

    exit_code = ExitCode.INCOMPLETE
    code = "protocol"


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks: a credential of the inventory with its secrets resolved.

    `realm` is the domain, or `host:NAME` for local accounts and keys: where a wrong password counts.
    `fingerprint` changes when a secret changes and tells nothing about it. `secrets` by field of the
    credential (`password`, `key`, `passphrase`, `community`, `auth`, `priv`); `key` is a private key's text.
    `options` are its other fields (`transport`, `version`, `auth_protocol`, `priv_protocol`), and the text of
    its `certificate` (SSH).
    """

    name: str
    user: str
    realm: str
    fingerprint: str
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """One way to one machine. `port` 0 means the protocol's own.

    `ca` verifies the certificate (None: the system's), `known_hosts` are files, the workspace's first. `tls`
    is for WinRM: None means HTTPS, except on port 5985.
    """

    host: str
    address: str
    via: Via
    port: int = 0
    account: Account | None = None
    sudo: bool = False
    jump: "Target | None" = None
    ca: Path | None = None
    server_name: str | None = None
    known_hosts: tuple[Path, ...] = ()
    tls: bool | None = None


class Sink(Protocol):
    """Takes standard output as it comes, in the thread that runs the command."""

    @property
    def full(self) -> bool:
        """Whether it wants no more: the command is ended then, as one past its limit."""

    def take(self, data: bytes) -> None:
        """The next bytes, split anyhow."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: a POSIX shell command (SSH, local) or a PowerShell script (WinRM).

    `parameters` reach a PowerShell script as one JSON object, never as text in it. `seconds` is the deadline
    after which the command is ended over there; `limit` bounds each stream in bytes. A shell command's
    standard output goes to `sink` where there is one, however long it is, and not into the answer. A shell
    command with a deadline `until` is ended with that one, in place of the session's.
    """

    text: str
    stdin: bytes = b""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 60.0
    limit: int = 16 * 1024 * 1024
    sink: Sink | None = None
    until: Deadline | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command ended. `cut` says that a stream was longer than the limit.

    A shell command (SSH, local) that is cut was ended, its exit code is 143; one that a signal ended has 128
    plus the signal's number.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    duration_ms: int
    cut: bool = False


class Runner(Protocol):
    """Runs commands on one machine; used by one thread at a time, closed by whoever opened it."""

    def run(self, command: Command) -> Completed:
        """Run to the end; raises `RemoteError`. A non-zero exit code is an answer, no error."""

    def close(self) -> None:
        """End the session; safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


Oid = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SnmpValue:
    """One value of an agent.

    `kind` is `integer` (counters, gauges and ticks too), `string` (bytes; opaque values too), `oid` or
    `address` (dotted text). Finer types are not told apart, because one of the two libraries does not: what
    a number counts follows from its OID.
    """

    kind: str
    value: int | bytes | str | Oid


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk gave. `complete` is False when a guard stopped it; `reason` says which."""

    values: Mapping[Oid, SnmpValue]
    complete: bool = True
    reason: str = ""


class SnmpSession(Protocol):
    """Asks one agent, one request at a time."""

    async def get(self, oids: "tuple[Oid, ...]") -> Mapping[Oid, SnmpValue]:
        """The values that the agent has; what it lacks is absent. Raises `RemoteError`."""

    async def walk(self, root: Oid, *, rows: int = 20_000) -> Walk:
        """Everything below `root`, at most `rows` values. Raises `RemoteError` when nothing came."""

    async def close(self) -> None:
        """End the session; safe to call twice."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One HTTP answer. Names in `headers` are in lower case; a repeated header is one, with commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The type of the body without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_success(self) -> bool:
        """Whether the status says that the request was understood and done."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of successes

    def refusal(self, host: str) -> RemoteError:
        """What an answer means that is no success (RFC 9110 section 15)."""
        busy = "unreachable" if self.status >= 500 else "protocol"  # noqa: PLR2004 - the server's own errors
        code, message = _REFUSALS.get(self.status, (busy, "not what was asked for"))
        return RemoteError(f"HTTP {self.status}: {message}", code=code, subject=f"host:{host}")


_REFUSALS = {
    400: ("protocol", "it does not understand the request"),
    401: ("denied", "the session is no longer accepted"),
    403: ("denied", "the account may not do that"),
    404: ("protocol", "it does not know this request"),
    429: ("unreachable", "too many requests, try later"),
    500: ("unreachable", "an error inside the server"),
    503: ("unreachable", "the service is not ready"),
}


Words = Mapping[str, str | Secret]
"""Headers or fields of a form; a `Secret` is revealed on the wire and nowhere else."""


@runtime_checkable
class HttpSession(Protocol):
    """Asks one server over HTTPS with a verified certificate; used by one thread at a time.

    No redirect is followed and no proxy used. Every other status is an answer and no error.
    """

    @property
    def host(self) -> str:
        """Who is asked: the host's name in the inventory."""

    @property
    def account(self) -> Account | None:
        """Who asks."""

    def request(
        self,
        method: str,
        path: str | Secret,
        *,
        query: Mapping[str, str] | None = None,
        headers: Words | None = None,
        json: Any = None,
        form: Words | None = None,
        signed: bool = False,
        seconds: float = 60.0,
        limit: int = 16 * 1024 * 1024,
    ) -> HttpAnswer:
        """One request and its answer, both within `seconds`; the answer is at most `limit` bytes long.

        `signed` proves who asks with the account's token, or its password (Basic); the account guard decides
        when, and a 401 is `authentication`. Raises `RemoteError`: `unreachable`, `timeout`, `tls`,
        `authentication`, `not-asked`, `too-large`, and `protocol` for a redirect or what is no HTTP.
        Nothing but a GET is sent twice: after a lost answer nobody knows whether it was done.
        """

    def logging_in(self) -> AbstractContextManager[None]:
        """What is sent inside is a log-in: the account guard decides when.

        Raises `RemoteError` (`not-asked`). An `authentication` error that is raised inside shuts the account.
        """

    def close(self) -> None:
        """End the session; safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Reach(Protocol):
    """The ways to the machines of a workspace; threads may share it."""

    def ways(self, host: str) -> tuple[Via, ...]:
        """How a host can be asked, as declared."""

    def runner(self, host: str, via: Via, allowed: float | Deadline) -> Runner:
        """A session for commands. Raises `RemoteError`, `ConfigurationError`.

        Seconds are for opening it; a deadline holds for everything that is done over it: no command gets more
        than what is left.
        """

    def machine(self, host: str, allowed: Deadline) -> "Machine":
        """A host's programs and files for as long as is allowed; empty for the machine that ict runs on.

        Raises `RemoteError`; `ConfigurationError` for a host that has no POSIX shell to reach.
        """

    def http(self, host: str, seconds: float) -> HttpSession:
        """A session with a host's HTTPS service, reached within `seconds`.

        Raises `RemoteError`, `ConfigurationError`.
        """

    async def snmp(self, host: str) -> SnmpSession:
        """A session with the host's SNMP agent. Raises `ConfigurationError`."""
