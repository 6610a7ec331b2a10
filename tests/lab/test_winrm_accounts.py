"""No account is locked out: wrong passwords are tried once, by a server that counts them."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from lab.servers.winrm.manners import Manner
from lab.servers.winrm.server import NtlmAccounts
from lab.winrm_rig import HELLO, PASSWORD, USER, Lab, Memory, account, code_of, refusal, wait_for_hang_up
from schoten_ict.connect.winrm import open_winrm
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, Command, RemoteError, Target

WRONG = "Herfst-2026!"


def codes(targets: list[Target], memory: Memory) -> list[str]:
    """One run of 32 threads: the error of each, or `ok`."""
    guard = AccountGuard(memory)

    def ask(target: Target) -> str:
        try:
            with open_winrm(target, guard, 30) as runner:
                runner.run(Command(HELLO))
        except RemoteError as error:
            return error.problems[0].code
        return "ok"

    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(ask, targets))


def hosts(lab: Lab, server: object, who: Account) -> list[Target]:
    return [lab.target(server, who, host=f"srv-{number}") for number in range(32)]  # type: ignore[arg-type]


def test_thirty_two_threads_try_a_wrong_password_once(winrm: Lab) -> None:
    memory = Memory()
    with winrm.server() as server:
        first = codes(hosts(winrm, server, account(WRONG)), memory)
        assert sorted(first) == ["authentication"] + ["not-asked"] * 31
        assert server.counts.attempts == 1
        second = codes(hosts(winrm, server, account(WRONG)), memory)
        assert second == ["not-asked"] * 32
        assert server.counts.attempts == 1
        assert len(memory.hosts) == 1


def test_a_changed_password_is_tried_again(winrm: Lab) -> None:
    memory = Memory()
    with winrm.server(most=32) as server:
        codes(hosts(winrm, server, account(WRONG)), memory)
        assert codes(hosts(winrm, server, account()), memory) == ["ok"] * 32
        assert (server.counts.attempts, server.counts.logins) == (33, 32)
        assert server.shells.open_now() == 0


def test_a_password_that_stops_being_right_is_tried_on_a_second_machine_and_then_no_more(
    winrm: Lab, winrm_accounts: NtlmAccounts
) -> None:
    memory = Memory()
    with winrm.server() as server:
        guard = AccountGuard(memory)
        with open_winrm(winrm.target(server), guard, 10) as runner:
            winrm_accounts.change({USER: WRONG})
            server.manners.at("Delete", Manner.HANG_UP)
            runner.run(Command(HELLO))
            wait_for_hang_up(runner)
            assert code_of(lambda: runner.run(Command(HELLO))) == "authentication"
            assert code_of(lambda: runner.run(Command(HELLO))) == "not-asked"
            others = [winrm.target(server, host=name) for name in ("srv-2", "srv-3", "srv-4")]
            found = [code_of(partial(open_winrm, each, guard, 10)) for each in others]
            assert found == ["authentication", "not-asked", "not-asked"]
        assert (server.counts.attempts, server.counts.logins) == (3, 1)
    assert memory.hosts == ["srv-file01", "srv-2"]


def test_a_dead_host_does_not_shut_the_account_for_the_others(winrm: Lab) -> None:
    guard = AccountGuard(Memory())
    assert code_of(lambda: open_winrm(winrm.nowhere(1), guard, 2)) == "unreachable"
    with winrm.server() as server, open_winrm(winrm.target(server), guard, 10) as runner:
        assert runner.run(Command(HELLO)).stdout == b"hello\n"


def test_a_refusal_names_the_account_and_what_to_do(winrm: Lab) -> None:
    with winrm.server() as server:
        error = refusal(lambda: winrm.open(server, account(WRONG)))
    [problem] = error.problems
    assert problem.code == "authentication"
    assert problem.subject == "host:srv-file01"
    assert problem.message == f"account windows ({USER}) was refused"
    assert WRONG not in problem.line()


@pytest.mark.parametrize(("user", "domain"), [("svc-ict", "LAB"), ("LAB\\svc-ict", "OTHER"), (USER, None)])
def test_the_domain_of_the_credential_completes_a_bare_name(
    winrm: Lab, user: str, domain: str | None
) -> None:
    from dataclasses import replace

    who = replace(account(PASSWORD, **({"domain": domain} if domain else {})), user=user)
    with winrm.server() as server, winrm.open(server, who) as runner:
        assert runner.run(Command(HELLO)).stdout == b"hello\n"
