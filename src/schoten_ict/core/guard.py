"""No account is locked out: the first use goes alone, a refusal is remembered until the secret changes."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Protocol

from schoten_ict.core.deadline import Deadline
from schoten_ict.core.remote import Account, RemoteError

AUTHENTICATION = "authentication"
LOCKED = "locked"
NOT_ASKED = "not-asked"
ALONE_SECONDS = 10.0
"""How long a login may take while all others wait for it."""
_LOOK_SECONDS = 0.2


class GuardMemory(Protocol):
    """Remembers refusals across runs."""

    def refused(self, account: Account) -> bool:
        """Whether this user of this realm was refused with this very secret."""

    def remember(self, account: Account, host: str) -> None:
        """Keep that `host` refused the account."""


class AccountGuard:
    """One per run, shared by its threads.

    A login that goes alone decides about the account: ended well, others go side by side; refused, the
    account is shut. The first goes alone, and so does the next one after a refusal. A refusal among logins
    that go side by side is the machine's own (its trust with the domain is broken, the right to log on is
    lacking): it is kept for that machine, and the next login decides whether there is more to it.
    """

    def __init__(self, memory: GuardMemory) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._gates: dict[tuple[str, str, str], _Gate] = {}

    @contextmanager
    def admitted(
        self, account: Account | None, host: str, deadline: Deadline | None = None
    ) -> Iterator[None]:
        """Log in inside this block. Raises `RemoteError` (`not-asked`) when the account was refused.

        Until a login of the account ended well, others with it wait; the deadline stands still meanwhile, and
        a login that goes alone gets at most `ALONE_SECONDS` of it. Waiting ends with `timeout` when nothing
        of the deadline is left: it was broken off, or does not wait.

        An error `authentication` or `locked` that leaves the block is a refusal. The first is remembered
        where there is a secret that can be corrected; the second (disabled, expired) counts for this run
        only, because a secret that did not change becomes good again.
        """
        if account is None:
            yield
            return
        gate = self._gate(account)
        with deadline.standing_still() if deadline else nullcontext():
            alone = gate.turn(deadline)
        if alone is None:
            raise RemoteError(
                f"was still waiting for the first login with account {account.name}",
                code="timeout",
                subject=f"host:{host}",
                remedy="look at the hosts that were asked first, or allow the run more time",
            )
        limit = deadline.limited(ALONE_SECONDS) if deadline and alone else nullcontext()
        with limit, self._login(gate, account, host, alone=alone):
            yield

    def admitted_at_once(self, account: Account | None, host: str) -> AbstractContextManager[None] | None:
        """Like `admitted`, for an event loop, which must not wait here: None while another login goes alone.

        Enter the block that is returned without delay: the account's turn is taken already.
        """
        if account is None:
            return nullcontext()
        gate = self._gate(account)
        alone = gate.turn_now()
        return None if alone is None else self._login(gate, account, host, alone=alone)

    @contextmanager
    def _login(self, gate: "_Gate", account: Account, host: str, *, alone: bool) -> Iterator[None]:
        """One login whose turn at the gate was taken."""
        try:
            self._check(gate, account, host)
            yield
            gate.prove()
        except RemoteError as error:
            code = error.problems[0].code
            if code in {AUTHENTICATION, LOCKED}:
                gate.refuse(host, alone=alone)
            if code == AUTHENTICATION and account.secrets:
                self._memory.remember(account if alone else _at(host, account), host)
            raise
        finally:
            gate.give_back(alone=alone)

    def _check(self, gate: "_Gate", account: Account, host: str) -> None:
        """Raises `RemoteError` when this account must not be tried on this machine."""
        name = account.name
        if gate.shut or self._memory.refused(account):
            message = f"account {name} was refused before and could be locked out"
            remedy = f"correct the secret of credential {name}: a new one is tried"
        elif host in gate.refusing or self._memory.refused(_at(host, account)):
            message = f"it refused account {name} before"
            remedy = "let the account log on there, and see to the machine's trust with its domain"
        else:
            return
        raise RemoteError(
            f"not asked: {message}",
            code=NOT_ASKED,
            subject=f"host:{host}",
            remedy=f"{remedy}; then: ict inventory forgive {name}",
        )

    def _gate(self, account: Account) -> "_Gate":
        key = (account.realm, account.user.lower(), account.fingerprint)
        with self._lock:
            return self._gates.setdefault(key, _Gate())


def _at(host: str, account: Account) -> Account:
    """The account as one machine judges it."""
    return replace(account, realm=f"host:{host}")


class _Gate:
    """Lets logins in one by one until one ended well, and after a refusal again."""

    def __init__(self) -> None:
        self.shut = False
        self.refusing: set[str] = set()
        self._proven = False
        self._taken = False
        self._changed = threading.Condition()

    def turn(self, deadline: Deadline | None) -> bool | None:
        """Wait for a turn: whether it is alone; None when nothing of the deadline was left meanwhile."""
        with self._changed:
            while (alone := self._take()) is None:
                if deadline is not None and deadline.over:
                    return None
                self._changed.wait(_LOOK_SECONDS)
            return alone

    def turn_now(self) -> bool | None:
        """Like `turn`; None while another login goes alone."""
        with self._changed:
            return self._take()

    def _take(self) -> bool | None:
        if self._proven or self.shut:
            return False
        if self._taken:
            return None
        self._taken = True
        return True

    def prove(self) -> None:
        """A login ended well."""
        with self._changed:
            self._proven = True

    def refuse(self, host: str, *, alone: bool) -> None:
        """A login was refused: for the account where it went alone, else for this machine."""
        with self._changed:
            self._proven = False
            self.shut = self.shut or alone
            self.refusing.add(host)

    def give_back(self, *, alone: bool) -> None:
        """The turn is over; who waits looks again."""
        with self._changed:
            if alone:
                self._taken = False
            self._changed.notify_all()
