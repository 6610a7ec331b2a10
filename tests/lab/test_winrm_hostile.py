"""Peers that mean harm or are broken, each with a real socket and a deadline."""

import os
import signal
import socket
import threading
import traceback
from collections.abc import Iterator

import pytest

from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.manners import Manner
from lab.servers.winrm.server import NtlmAccounts
from lab.winrm_rig import HELLO, NAME, PASSWORD, Lab, Memory, code_of, threads
from schoten_ict.connect.winrm import open_winrm
from schoten_ict.connect.winrm.identify import identify
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Command, RemoteError

SECONDS = 0.8
CODES = {
    Manner.DROP: "unreachable",
    Manner.HALF: "unreachable",
    Manner.STALL: "timeout",
    Manner.TRICKLE: "timeout",
    Manner.ENDLESS: "too-large",
    Manner.BOAST: "too-large",
    Manner.GARBAGE: "protocol",
    Manner.NONSENSE: "protocol",
    Manner.BOMB: "protocol",
    Manner.ENTITY: "protocol",
    Manner.HTML: "protocol",
    Manner.REDIRECT: "protocol",
    Manner.UNAVAILABLE: "unreachable",
    Manner.NOT_HTTP: "protocol",
}
# The answers of a log-in have no body to spoil.
_BODIES = {Manner.HALF, Manner.GARBAGE, Manner.NONSENSE, Manner.BOMB, Manner.ENTITY}
LOG_IN_CODES = {manner: code for manner, code in CODES.items() if manner not in _BODIES}
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def http(authority: Authority, winrm_accounts: NtlmAccounts) -> Lab:
    return Lab(authority, authority.issue(NAME), tls=False)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    before = threads()
    yield
    assert threads() == before


@pytest.mark.parametrize(("manner", "code"), CODES.items(), ids=[each.name for each in CODES])
@pytest.mark.parametrize("action", ["Command", "Send", "Receive"])
def test_whatever_comes_instead_of_an_answer_is_one_clear_error_and_leaves_no_shell(
    winrm: Lab, action: str, manner: Manner, code: str
) -> None:
    with winrm.server() as server, winrm.open(server) as runner:
        server.manners.at(action, manner)
        if (action, manner) == ("Send", Manner.NONSENSE):
            # Any SOAP message says that the script arrived.
            assert runner.run(Command(HELLO, seconds=SECONDS)).stdout == b"hello\n"
        else:
            assert code_of(lambda: runner.run(Command(HELLO, seconds=SECONDS))) == code
        assert server.shells.open_now() == 0
        assert server.counts.commands == 1
        assert runner.run(Command(HELLO)).stdout == b"hello\n"


@pytest.mark.parametrize(("manner", "code"), CODES.items(), ids=[each.name for each in CODES])
def test_a_shell_whose_name_never_came_is_the_only_one_that_can_stay(
    winrm: Lab, manner: Manner, code: str
) -> None:
    moment = [0.0]
    with winrm.server(clock=lambda: moment[0]) as server, winrm.open(server) as runner:
        server.manners.at("Create", manner)
        assert code_of(lambda: runner.run(Command(HELLO, seconds=SECONDS))) == code
        assert server.counts.commands == 0
        moment[0] = 301.0
        assert server.shells.open_now() == 0


@pytest.mark.parametrize(("manner", "code"), LOG_IN_CODES.items(), ids=[each.name for each in LOG_IN_CODES])
@pytest.mark.parametrize("action", ["Negotiate", "Login"])
def test_a_log_in_that_goes_wrong_shuts_no_account(
    winrm: Lab, action: str, manner: Manner, code: str
) -> None:
    memory = Memory()
    with winrm.server() as server:
        server.manners.at(action, manner)
        assert code_of(lambda: open_winrm(winrm.target(server), AccountGuard(memory), SECONDS)) == code
    assert memory.hosts == []


@pytest.mark.parametrize("manner", [Manner.TORN, Manner.FORGED, Manner.PLAIN])
@pytest.mark.parametrize("action", ["Create", "Command", "Receive"])
def test_over_http_only_sealed_and_untouched_answers_count(http: Lab, action: str, manner: Manner) -> None:
    with http.server() as server, http.open(server) as runner:
        server.manners.at(action, manner)
        assert code_of(lambda: runner.run(Command(HELLO, seconds=SECONDS))) == "protocol"
        assert runner.run(Command(HELLO)).stdout == b"hello\n"


@pytest.mark.parametrize("manner", CODES, ids=[each.name for each in CODES])
def test_identify_takes_nothing_for_an_answer_that_is_none(winrm: Lab, manner: Manner) -> None:
    with winrm.server() as server:
        server.manners.at("Identify", manner)
        assert identify(server.address, server.port, tls=winrm.tls, seconds=SECONDS) is None


def test_a_port_that_accepts_and_says_nothing_is_given_up(winrm: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = winrm.nowhere(listener.getsockname()[1])
        code = code_of(lambda: open_winrm(target, AccountGuard(Memory()), 1))
        assert code == ("unreachable" if winrm.tls else "timeout")
        assert identify("127.0.0.1", target.port, tls=winrm.tls, seconds=1) is None


def test_nothing_on_the_port_and_a_name_that_is_none_are_unreachable(winrm: Lab) -> None:
    guard = AccountGuard(Memory())
    assert code_of(lambda: open_winrm(winrm.nowhere(1), guard, 2)) == "unreachable"
    assert code_of(lambda: open_winrm(winrm.nowhere(1, "no such host"), guard, 2)) == "unreachable"


@pytest.mark.skipif(os.name != "posix", reason="signals reach one thread on POSIX only")
def test_ctrl_c_in_the_middle_of_a_command_ends_it_over_there(winrm: Lab) -> None:
    main = threading.main_thread().ident
    assert main is not None
    with winrm.server() as server, winrm.open(server) as runner:
        server.manners.when("Receive", lambda: signal.pthread_kill(main, signal.SIGINT))
        server.manners.at("Receive", Manner.STALL)
        with pytest.raises(KeyboardInterrupt):
            runner.run(Command(HELLO, seconds=30))
        assert server.counts.requests[-2:] == ["Signal", "Delete"]
        assert server.shells.open_now() == 0


def test_no_password_is_in_any_text_of_a_refused_log_in(winrm: Lab, winrm_accounts: NtlmAccounts) -> None:
    winrm_accounts.change({})
    with winrm.server() as server:
        with pytest.raises(RemoteError, match="was refused") as caught:
            winrm.open(server)
        shown = "".join(
            traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
        )
        assert PASSWORD not in shown
        assert caught.value.__context__ is None
