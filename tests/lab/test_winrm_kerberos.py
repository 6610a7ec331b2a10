"""Kerberos log-ins against a real KDC, sealed over HTTP and bound over HTTPS."""

import traceback
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from lab.need import lack, need
from lab.servers.kdc import REALM, Kdc
from lab.servers.winrm.manners import Manner
from lab.servers.winrm.server import WinRmServer
from lab.winrm_rig import HELLO, NAME, Lab, Memory, account, refusal
from schoten_ict.connect.winrm import open_winrm
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, Command, Target

PASSWORD = "Lente-in-Schoten-2026"
pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def kdc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    programs = {name: need(name) for name in ("krb5kdc", "kdb5_util", "kadmin.local")}
    if find_spec("gssapi") is None or find_spec("krb5") is None:
        lack("gssapi and krb5 are not installed (pip install 'schoten-ict[kerberos]')")
    folder: Path = tmp_path_factory.mktemp("kdc")
    with Kdc(folder, {"svc-ict": PASSWORD}, [f"HTTP/{NAME}"], programs) as started:
        yield started


@pytest.fixture
def realm(kdc: Kdc, monkeypatch: pytest.MonkeyPatch) -> Kdc:
    for name, value in kdc.environment.items():
        monkeypatch.setenv(name, value)
    return kdc


def user(password: str = PASSWORD) -> Account:
    return replace(account(password, transport="kerberos"), user=f"svc-ict@{REALM}", realm=REALM)


def target(lab: Lab, server: WinRmServer, who: Account, name: str = NAME) -> Target:
    return replace(lab.target(server, who), server_name=name)


def test_a_password_gets_a_ticket_and_the_session_is_sealed_or_bound(winrm: Lab, realm: Kdc) -> None:
    with winrm.server(require_binding=winrm.tls) as server:
        with open_winrm(target(winrm, server, user()), AccountGuard(Memory()), 10) as runner:
            assert [runner.run(Command(HELLO)).stdout for _ in range(3)] == [b"hello\n"] * 3
        assert server.counts.logins == 1
        assert server.shells.open_now() == 0


def test_forged_answers_are_noticed_under_kerberos_too(winrm: Lab, realm: Kdc) -> None:
    http = replace(winrm, tls=False)
    with http.server() as server:
        with open_winrm(target(http, server, user()), AccountGuard(Memory()), 10) as runner:
            server.manners.at("Receive", Manner.FORGED)
            assert refusal(lambda: runner.run(Command(HELLO))).problems[0].code == "protocol"
            assert runner.run(Command(HELLO)).stdout == b"hello\n"
        assert server.shells.open_now() == 0


def test_a_wrong_password_shuts_the_account_and_shows_nowhere(winrm: Lab, realm: Kdc) -> None:
    memory = Memory()
    with winrm.server() as server:
        error = refusal(
            lambda: open_winrm(target(winrm, server, user("wrong-one")), AccountGuard(memory), 10)
        )
        assert error.problems[0].code == "authentication"
        assert error.__context__ is None
        frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
        beyond = [frame for frame in frames if "tests" not in Path(frame.filename).parts]
        assert beyond
        assert not [frame.name for frame in beyond if "wrong-one" in str(frame.locals)]
        assert "wrong-one" not in error.problems[0].line()
        assert memory.hosts == ["srv-file01"]


def test_a_host_that_the_realm_does_not_know_shuts_no_account(winrm: Lab, realm: Kdc) -> None:
    memory = Memory()
    http = replace(winrm, tls=False)
    with http.server() as server:
        unknown = target(http, server, user(), "srv-none.lab.test")
        assert refusal(lambda: open_winrm(unknown, AccountGuard(memory), 10)).problems[0].code == "denied"
    assert memory.hosts == []
