"""Waiting at the account guard ends."""

import pytest

from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, RemoteError


class Memory:
    def __init__(self) -> None:
        self.refusals: list[tuple[Account, str]] = []

    def refused(self, account: Account) -> bool:
        return any(account == known for known, _ in self.refusals)

    def remember(self, account: Account, host: str) -> None:
        self.refusals.append((account, host))


ACCOUNT = Account(name="linux", user="svc-ict", realm="SCHOTEN.TEST", fingerprint="f1")


def test_who_waits_for_the_first_login_gives_up_in_time_and_is_let_in_after_it() -> None:
    guard = AccountGuard(Memory())
    with guard.admitted(ACCOUNT, "srv-a"):
        with pytest.raises(RemoteError, match="first login with account linux takes too long") as caught:
            guard.admitted(ACCOUNT, "srv-b", 0.01).__enter__()
        assert caught.value.problems[0].code == "not-asked"
    with guard.admitted(ACCOUNT, "srv-b", 0):
        pass


def test_logins_go_side_by_side_after_a_first_good_one() -> None:
    guard = AccountGuard(Memory())
    with guard.admitted(ACCOUNT, "srv-a"):
        pass
    with guard.admitted(ACCOUNT, "srv-b", 0), guard.admitted(ACCOUNT, "srv-c", 0):
        pass
