"""No account is locked out: the first use goes alone, a refusal is remembered until the secret changes."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Protocol

from schoten_ict.core.remote import Account, RemoteError

AUTHENTICATION = "authentication"
NOT_ASKED = "not-asked"


class GuardMemory(Protocol):
    """Remembers refusals across runs."""

    def refused(self, account: Account) -> bool:
        """Whether this user of this realm was refused with this very secret."""

    def remember(self, account: Account, host: str) -> None:
        """Keep that `host` refused the account."""


class AccountGuard:
    """One per run, shared by its threads."""

    def __init__(self, memory: GuardMemory) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._gates: dict[tuple[str, str, str], _Gate] = {}

    @contextmanager
    def admitted(self, account: Account | None, host: str, seconds: float | None = None) -> Iterator[None]:
        """Log in inside this block. Raises `RemoteError` (`not-asked`) when the account was refused.

        Until the first login of an account ended well, others with it wait, at most `seconds` (None: as long
        as it takes); an `authentication` error shuts the account for this run and, through the memory, for
        later ones.
        """
        if account is None:
            yield
            return
        gate = self._gate(account)
        turn = gate.turn(seconds=seconds)
        if turn is None:
            raise RemoteError(
                f"not asked: the first login with account {account.name} takes too long",
                code=NOT_ASKED,
                subject=f"host:{host}",
                remedy="look at the host that was asked first, or allow more time",
            )
        with self._login_in(turn, gate, account, host):
            yield

    def admitted_at_once(self, account: Account | None, host: str) -> AbstractContextManager[None] | None:
        """Like `admitted`, for an event loop, which must not wait here: None while another login goes alone.

        Enter the block that is returned without delay: the account's turn is taken already.
        """
        if account is None:
            return nullcontext()
        gate = self._gate(account)
        turn = gate.turn(seconds=0)
        return None if turn is None else self._login_in(turn, gate, account, host)

    @contextmanager
    def _login_in(
        self, turn: AbstractContextManager[object], gate: "_Gate", account: Account, host: str
    ) -> Iterator[None]:
        """One login whose turn at the gate was taken."""
        with turn, self._login(gate, account, host):
            yield

    @contextmanager
    def _login(self, gate: "_Gate", account: Account, host: str) -> Iterator[None]:
        if gate.shut or self._memory.refused(account):
            raise RemoteError(
                f"not asked: account {account.name} was refused before and could be locked out",
                code=NOT_ASKED,
                subject=f"host:{host}",
                remedy=f"correct the secret of credential {account.name}; a new secret is tried",
            )
        try:
            yield
        except RemoteError as error:
            if error.problems[0].code == AUTHENTICATION:
                gate.shut = True
                self._memory.remember(account, host)
            raise
        gate.open = True

    def _gate(self, account: Account) -> "_Gate":
        key = (account.realm, account.user.lower(), account.fingerprint)
        with self._lock:
            return self._gates.setdefault(key, _Gate())


class _Gate:
    """Serialises logins until one succeeded or the account was shut."""

    def __init__(self) -> None:
        self.open = False
        self.shut = False
        self._first = threading.Lock()

    def turn(self, *, seconds: float | None) -> AbstractContextManager[object] | None:
        """Alone until a login ended well or the account was shut; side by side from then on.

        None when another login still goes alone after `seconds` (None: wait as long as it takes).
        """
        if self.open or self.shut:
            return nullcontext()
        if not self._first.acquire(timeout=-1 if seconds is None else max(0.0, seconds)):
            return None
        alone = ExitStack()
        alone.callback(self._first.release)
        if self.open or self.shut:
            alone.close()
        return alone
