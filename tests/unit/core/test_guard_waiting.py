"""Waiting at the account guard costs nothing of one's own time, and ends."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from schoten_ict.core.deadline import Deadline
from schoten_ict.core.guard import ALONE_SECONDS, AccountGuard
from schoten_ict.core.remote import Account, RemoteError


class Memory:
    def refused(self, _account: Account) -> bool:
        return False

    def remember(self, _account: Account, _host: str) -> None:
        raise AssertionError("nothing was refused")


ACCOUNT = Account(name="linux", user="svc-ict", realm="SCHOTEN.TEST", fingerprint="f1")
PATIENCE = 10


@contextmanager
def alone(guard: AccountGuard) -> Iterator[threading.Event]:
    """Another login goes alone, until the event is set or the block is left."""
    inside, done = threading.Event(), threading.Event()

    def log_in() -> None:
        with guard.admitted(ACCOUNT, "srv-a"):
            inside.set()
            done.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        login = pool.submit(log_in)
        assert inside.wait(PATIENCE)
        try:
            yield done
        finally:
            done.set()
        login.result(PATIENCE)


def when_it_stands_still(deadline: Deadline, call: Callable[[], None]) -> None:
    """Call once nothing of the deadline runs out."""
    for _ in range(PATIENCE * 20):
        before = deadline.left
        threading.Event().wait(0.05)
        if deadline.left == before:
            call()
            return
    raise AssertionError("it never stood still")


def test_who_waits_loses_nothing_of_its_time_and_is_let_in_after_the_first() -> None:
    guard = AccountGuard(Memory())
    with alone(guard) as done, ThreadPoolExecutor(1) as pool:
        began, deadline = time.monotonic(), Deadline(60)
        freed = pool.submit(when_it_stands_still, deadline, done.set)
        with guard.admitted(ACCOUNT, "srv-b", deadline):
            freed.result(PATIENCE)
            assert deadline.waited > 0
            left, spent = deadline.left, time.monotonic() - began - deadline.waited
            assert left == pytest.approx(60 - spent, abs=0.01)


@pytest.mark.parametrize("waits", [True, False], ids=["broken off", "does not wait"])
def test_waiting_ends_with_the_deadline(waits: bool) -> None:
    guard = AccountGuard(Memory())
    deadline = Deadline(60 if waits else 0.05, waits=waits)
    with alone(guard):
        if waits:
            threading.Timer(0.1, deadline.break_off).start()
        with (
            pytest.raises(
                RemoteError, match="still waiting for the first login with account linux"
            ) as caught,
            guard.admitted(ACCOUNT, "srv-b", deadline),
        ):
            raise AssertionError("must not get here")
    assert caught.value.problems[0].code == "timeout"
    with guard.admitted(ACCOUNT, "srv-b"):
        pass


def test_a_login_that_goes_alone_is_short_and_others_have_all_their_time() -> None:
    guard = AccountGuard(Memory())
    first, second = Deadline(60), Deadline(60)
    with guard.admitted(ACCOUNT, "srv-a", first):
        assert first.left <= ALONE_SECONDS
    assert first.left > ALONE_SECONDS
    with guard.admitted(ACCOUNT, "srv-b", second):
        assert second.left > ALONE_SECONDS


def test_logins_go_side_by_side_after_a_first_good_one() -> None:
    guard = AccountGuard(Memory())
    hurried = Deadline(0.01, waits=False)
    with guard.admitted(ACCOUNT, "srv-a"):
        pass
    with guard.admitted(ACCOUNT, "srv-b"), guard.admitted(ACCOUNT, "srv-c", hurried):
        pass
