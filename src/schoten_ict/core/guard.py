"""No account is locked out: the first use goes alone, a refusal is remembered until the secret changes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
    def admitted(self, account: Account | None, host: str) -> Iterator[None]:
        """Log in inside this block. Raises `RemoteError` (`not-asked`) when the account was refused.

        Until the first login of an account ended well, others with it wait; an `authentication` error shuts
        the account for this run and, through the memory, for later ones.
        """
        if account is None:
            yield
            return
        gate = self._gate(account)
        with gate.turn():
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
    """Serialises logins until one succeeded."""

    def __init__(self) -> None:
        self.open = False
        self.shut = False
        self._first = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Alone until a login ended well or the account was shut; side by side from then on."""
        self._first.acquire()
        if self.open or self.shut:
            self._first.release()
            yield
            return
        try:
            yield
        finally:
            self._first.release()
