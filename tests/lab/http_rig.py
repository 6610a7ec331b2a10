"""What the tests of HTTPS share: a server, an account, and errors that show no secret."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.servers.web import Asked, Said, Site
from lab.servers.winrm.certificates import Authority
from lab.winrm_rig import Memory
from schoten_ict.connect.http import HttpsSession, open_http
from schoten_ict.core.errors import IctError
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, Target, Via
from schoten_ict.core.secrets import Secret

NAME = "srv-veeam01.lab.test"
USER, PASSWORD = "LAB\\svc-ict", "Herfst-in-Schoten-2026!"
TOKEN = "tk_0123456789abcdef"


def account(password: str = PASSWORD) -> Account:
    return Account("veeam", USER, "LAB", f"print of {len(password)}", {"password": Secret(password)})


def bearer(token: str = TOKEN) -> Account:
    return Account("hook", "", "host:hook", f"print of {len(token)}", {"token": Secret(token)})


@dataclass
class Web:
    """Makes servers with certificates of the lab's authority, and sessions with them."""

    authority: Authority

    def site(self, answer: Callable[[Asked], Said]) -> Site:
        return Site(self.authority.issue(NAME), answer)

    def target(
        self, site: Site, who: Account | None = None, *, name: str | None = NAME, ca: Path | None = None
    ) -> Target:
        return Target(
            "srv-veeam01", site.address, Via.HTTP, site.port, who, ca=ca or self.authority.path,
            server_name=name,
        )  # fmt: skip

    def open(self, site: Site, who: Account | None = None, memory: Memory | None = None) -> HttpsSession:
        return open_http(self.target(site, who), AccountGuard(memory or Memory()), 10)


def refusal(call: Callable[[], object], *secrets: str) -> IctError:
    """The error of `call`; it and its traceback, locals included, show no secret."""
    with pytest.raises(IctError) as caught:
        call()
    frames = traceback.StackSummary.extract(
        traceback.walk_tb(caught.value.__traceback__), capture_locals=True
    )
    shown = repr([each.locals for each in frames if "schoten_ict" in each.filename])
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    for secret in (PASSWORD, TOKEN, *secrets):
        assert secret not in shown
        assert secret not in repr(caught.value.problems)
    [problem] = caught.value.problems
    assert problem.line().isprintable()
    return caught.value


def code_of(call: Callable[[], object]) -> str:
    return refusal(call).problems[0].code
