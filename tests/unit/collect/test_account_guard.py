"""No account is locked out: one refusal is one attempt, in this run and the next."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, RemoteError
from schoten_ict.core.secrets import Secret
from schoten_ict.store import Store
from schoten_ict.store.refusals import StoredRefusals

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)


class Server:
    """Counts logins and knows one password."""

    def __init__(self, fingerprint: str, *, reachable: bool = True) -> None:
        self.attempts = 0
        self._right = fingerprint
        self._reachable = reachable
        self._lock = threading.Lock()

    def log_in(self, account: Account) -> None:
        if not self._reachable:
            raise RemoteError("no route", code="unreachable")
        with self._lock:
            self.attempts += 1
        if account.fingerprint != self._right:
            raise RemoteError("wrong password", code="authentication")


def account(fingerprint: str, user: str = "svc-ict") -> Account:
    secrets = {"password": Secret(fingerprint)}
    return Account("windows", user, "SCHOTEN.TEST", fingerprint, secrets)


def ask(guard: AccountGuard, server: Server, who: Account, host: str = "srv") -> str:
    try:
        with guard.admitted(who, host):
            server.log_in(who)
    except RemoteError as error:
        return error.problems[0].code
    return "ok"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data", "jan", NOW)


def test_32_threads_with_a_wrong_password_make_one_attempt(store: Store) -> None:
    server = Server("right")
    guard = AccountGuard(StoredRefusals(store))
    with ThreadPoolExecutor(32) as pool:
        codes = list(pool.map(lambda n: ask(guard, server, account("wrong"), f"srv{n}"), range(64)))
    assert server.attempts == 1
    assert sorted(set(codes)) == ["authentication", "not-asked"]
    assert codes.count("authentication") == 1


def test_a_later_run_does_not_try_again_until_the_secret_changes(store: Store) -> None:
    server = Server("right")
    assert ask(AccountGuard(StoredRefusals(store)), server, account("wrong")) == "authentication"
    assert ask(AccountGuard(StoredRefusals(store)), server, account("wrong", user="SVC-ICT")) == "not-asked"
    assert server.attempts == 1
    assert ask(AccountGuard(StoredRefusals(store)), server, account("right")) == "ok"
    assert server.attempts == 2


def test_once_a_login_ended_well_others_go_side_by_side(store: Store) -> None:
    guard = AccountGuard(StoredRefusals(store))
    who = account("right")
    with guard.admitted(who, "first"):
        pass
    together = threading.Barrier(8, timeout=5)

    def enter(_number: int) -> None:
        with guard.admitted(who, "srv"):
            together.wait()

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(enter, range(8)))) == 8


def test_an_unreachable_machine_says_nothing_about_the_account(store: Store) -> None:
    guard = AccountGuard(StoredRefusals(store))
    assert ask(guard, Server("right", reachable=False), account("right")) == "unreachable"
    assert ask(guard, Server("right"), account("right")) == "ok"


def test_another_account_is_not_held_back(store: Store) -> None:
    guard = AccountGuard(StoredRefusals(store))
    server = Server("right")
    ask(guard, server, account("wrong"))
    assert ask(guard, server, account("right", user="svc-other")) == "ok"


def test_the_journal_says_who_was_refused_where_and_not_the_secret(store: Store) -> None:
    ask(AccountGuard(StoredRefusals(store)), Server("right"), account("wrong"), "srv-dc01")
    with Store(store.data, "an", NOW) as later:
        row = later.reader.execute("SELECT content FROM journal_value").fetchone()
    assert "srv-dc01" in row["content"]
    assert "wrong" not in row["content"]


def refused_at(guard: AccountGuard, who: Account, host: str, code: str = "authentication") -> str:
    """What comes of a login that this machine refuses, if it is tried at all."""
    with pytest.raises(RemoteError) as caught, guard.admitted(who, host):
        raise RemoteError("refused", code=code)
    return caught.value.problems[0].code


def test_one_refusing_machine_shuts_the_account_for_itself_only(store: Store) -> None:
    who, server = account("right"), Server("right")
    guard = AccountGuard(StoredRefusals(store))
    assert ask(guard, server, who, "srv-1") == "ok"
    assert refused_at(guard, who, "pc-broken-trust") == "authentication"
    assert [ask(guard, server, who, name) for name in ("srv-2", "srv-3")] == ["ok", "ok"]
    assert refused_at(guard, who, "pc-broken-trust") == "not-asked"
    later = AccountGuard(StoredRefusals(store))
    assert refused_at(later, who, "pc-broken-trust") == "not-asked"
    assert ask(later, server, who, "srv-1") == "ok"


def test_machines_that_refuse_one_now_and_one_then_shut_nothing(store: Store) -> None:
    who, server = account("right"), Server("right")
    guard = AccountGuard(StoredRefusals(store))
    for number in range(5):
        assert ask(guard, server, who, f"srv-{number}") == "ok"
        assert refused_at(guard, who, f"pc-{number}") == "authentication"
    assert ask(guard, server, who, "srv-9") == "ok"


def test_a_second_machine_that_refuses_too_shuts_the_account(store: Store) -> None:
    who, server = account("right"), Server("right")
    guard = AccountGuard(StoredRefusals(store))
    assert ask(guard, server, who, "srv-1") == "ok"
    assert [refused_at(guard, who, f"pc-{number}") for number in (1, 2)] == ["authentication"] * 2
    assert ask(guard, server, who, "srv-1") == "not-asked"
    assert ask(AccountGuard(StoredRefusals(store)), server, who, "srv-1") == "not-asked"


def test_after_a_refusal_the_next_login_goes_alone_again(store: Store) -> None:
    who = account("right")
    guard = AccountGuard(StoredRefusals(store))
    with guard.admitted(who, "srv-1"):
        pass
    refused_at(guard, who, "pc-1")
    with guard.admitted(who, "srv-2"):
        assert guard.admitted_at_once(who, "srv-3") is None
    with guard.admitted(who, "srv-2"):
        assert guard.admitted_at_once(who, "srv-3") is not None


def test_a_locked_account_is_left_alone_for_this_run_and_tried_in_the_next(store: Store) -> None:
    who, server = account("right"), Server("right")
    guard = AccountGuard(StoredRefusals(store))
    assert refused_at(guard, who, "srv-1", code="locked") == "locked"
    assert ask(guard, server, who, "srv-2") == "not-asked"
    assert server.attempts == 0
    assert ask(AccountGuard(StoredRefusals(store)), server, who, "srv-1") == "ok"


def test_without_a_secret_that_could_change_a_refusal_ends_with_the_run(store: Store) -> None:
    who = Account("windows", "svc-ict", "SCHOTEN.TEST", "ticket cache")
    guard = AccountGuard(StoredRefusals(store))
    assert refused_at(guard, who, "srv-1") == "authentication"
    assert refused_at(guard, who, "srv-2") == "not-asked"
    assert refused_at(AccountGuard(StoredRefusals(store)), who, "srv-1") == "authentication"


def test_what_was_not_asked_says_how_it_can_be_asked_again(store: Store) -> None:
    guard = AccountGuard(StoredRefusals(store))
    ask(guard, Server("right"), account("wrong"), "srv-1")
    with pytest.raises(RemoteError) as caught, guard.admitted(account("wrong"), "srv-2"):
        pass
    [problem] = caught.value.problems
    assert problem.subject == "host:srv-2"
    assert "ict inventory forgive windows" in problem.remedy
