"""Refused accounts, remembered across runs (see `core.guard`)."""

import threading

from schoten_ict.core.remote import Account
from schoten_ict.core.times import utc_text
from schoten_ict.store.database import Store


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
