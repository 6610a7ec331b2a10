"""What the tests of the WinRM connector share: an account, targets, and a memory for the account guard."""

import select
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab.servers.winrm.answers import Answers
from lab.servers.winrm.certificates import Authority, Certificate
from lab.servers.winrm.server import WinRmServer
from schoten_ict.connect.winrm import open_winrm
from schoten_ict.connect.winrm.session import WinRmRunner
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, RemoteError, Runner, Target, Via
from schoten_ict.core.secrets import Secret

USER, PASSWORD = "LAB\\svc-ict", "Zomer-in-Schoten-2026!"
NAME = "srv-file01.lab.test"
_SCRIPTS = Path(__file__).parent / "servers" / "winrm" / "known"
HELLO = (_SCRIPTS / "hello.ps1").read_text(encoding="utf-8")
PARAMETERS = (_SCRIPTS / "parameters.ps1").read_text(encoding="utf-8")


@dataclass
class Memory:
    """Remembers refusals as the store does: by user, realm and fingerprint of the secret."""

    kept: set[tuple[str, str, str]] = field(default_factory=set)
    hosts: list[str] = field(default_factory=list)

    def refused(self, account: Account) -> bool:
        return (account.realm, account.user, account.fingerprint) in self.kept

    def remember(self, account: Account, host: str) -> None:
        self.kept.add((account.realm, account.user, account.fingerprint))
        self.hosts.append(host)


def account(password: str = PASSWORD, **options: str) -> Account:
    return Account(
        "windows", USER, "LAB", f"print of {len(password)}", {"password": Secret(password)}, options
    )


@dataclass
class Lab:
    """Makes servers and targets for them; `tls` chooses HTTPS or sealed HTTP."""

    authority: Authority
    certificate: Certificate
    tls: bool = False

    def server(self, answers: Answers | None = None, **options: object) -> WinRmServer:
        return WinRmServer(answers, certificate=self.certificate if self.tls else None, **options)  # type: ignore[arg-type]

    def target(
        self, server: WinRmServer, who: Account | None = None, *, host: str = "srv-file01", name: str = NAME,
        ca: Path | None = None,
    ) -> Target:  # fmt: skip
        return Target(
            host, server.address, Via.WINRM, server.port, who or account(), tls=self.tls,
            ca=(ca or self.authority.path) if self.tls else None, server_name=name if self.tls else None,
        )  # fmt: skip

    def nowhere(self, port: int, address: str = "127.0.0.1") -> Target:
        """A target where no server of ours listens."""
        return Target("srv-file01", address, Via.WINRM, port, account(), tls=self.tls)

    def open(self, server: WinRmServer, who: Account | None = None, seconds: float = 10) -> Runner:
        return open_winrm(self.target(server, who), AccountGuard(Memory()), seconds)


def refusal(call: Callable[[], object]) -> RemoteError:
    """The error of `call`; it and its traceback, locals included, show no password."""
    with pytest.raises(RemoteError) as caught:
        call()
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert PASSWORD not in shown
    assert PASSWORD not in repr(caught.value.problems)
    [problem] = caught.value.problems
    assert problem.line().isprintable()
    return caught.value


def code_of(call: Callable[[], object]) -> str:
    return refusal(call).problems[0].code


def wait_for_hang_up(runner: Runner) -> None:
    """Wait until the server's end of the connection is seen here."""
    assert isinstance(runner, WinRmRunner)
    channel = runner._transport._channel
    assert channel is not None
    assert select.select([channel._wire._sock], [], [], 10)[0]


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}
