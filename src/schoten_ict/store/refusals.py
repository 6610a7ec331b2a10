"""Refused accounts, remembered across runs (see `core.guard`)."""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schoten_ict.core.remote import Account
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.store.database import Store, Transaction


@dataclass(frozen=True, slots=True)
class Refusal:
    """Where and when a user was refused. `realm` is where that counts: a domain, or `host:NAME`."""

    realm: str
    user: str
    host: str
    at: datetime


def remembered(reader: sqlite3.Connection) -> list[Refusal]:
    """All refusals that keep an account from being tried, by user and realm."""
    rows = reader.execute("SELECT realm, user, host, at FROM refused_account ORDER BY user, realm, at")
    return [Refusal(row["realm"], row["user"], row["host"], parse_utc(row["at"])) for row in rows]


def forget(transaction: Transaction, name: str, refusals: Sequence[Refusal]) -> None:
    """Let these accounts, of the credential `name`, be tried again with the secret that was refused."""
    for each in refusals:
        values = {"realm": each.realm, "user": each.user, "host": each.host}
        transaction.connection.execute(
            "DELETE FROM refused_account WHERE realm = :realm AND user = :user AND host = :host", values
        )
        transaction.record("account.forgiven", f"credential:{name}", values, None)


class StoredRefusals:
    """The guard's memory in the store. Threads may share it: it reads once and writes one at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: set[tuple[str, str, str]] | None = None

    def refused(self, account: Account) -> bool:
        """Whether this user of this realm was refused with this very secret, now or in an earlier run."""
        with self._lock:
            return _key(account) in self._load()

    def remember(self, account: Account, host: str) -> None:
        """Keep that `host` refused the account."""
        with self._lock, Store(self._store.data, self._store.who, self._store.now) as own:
            # A connection of its own: SQLite's belong to the thread that opened them.
            with own.transaction() as transaction:
                transaction.connection.execute(
                    "INSERT OR REPLACE INTO refused_account VALUES (?, ?, ?, ?, ?)",
                    (*_key(account), host, utc_text(transaction.now)),
                )
                values = {"realm": account.realm, "user": account.user, "host": host}
                transaction.record("account.refused", f"credential:{account.name}", None, values)
            self._load().add(_key(account))

    def _load(self) -> set[tuple[str, str, str]]:
        if self._known is None:
            with Store(self._store.data, self._store.who, self._store.now) as own:
                rows = own.reader.execute("SELECT realm, user, fingerprint FROM refused_account")
                self._known = {(row["realm"], row["user"].lower(), row["fingerprint"]) for row in rows}
        return self._known


def _key(account: Account) -> tuple[str, str, str]:
    return (account.realm, account.user.lower(), account.fingerprint)
