"""Opens one store as several people at several times."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from schoten_ict.store import Store, Transaction

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opener:
    """The store in `data`."""

    data: Path
    stores: list[Store] = field(default_factory=list)

    def __call__(self, now: datetime = NOW, who: str = "jan") -> Store:
        store = Store(self.data, who, now)
        self.stores.append(store)
        return store

    @contextmanager
    def change(self, now: datetime = NOW, who: str = "jan") -> Iterator[Transaction]:
        """One transaction of a run of its own."""
        with Store(self.data, who, now) as store, store.transaction() as transaction:
            yield transaction

    def behind_its_back(self, *statements: str) -> None:
        """Change the file as someone with write access could, past the triggers and the references."""
        with closing(sqlite3.connect(self.data / "ict.db", isolation_level=None)) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)

    def close(self) -> None:
        for store in self.stores:
            store.close()
