"""`ict.db`: what is and what was. SQLite in WAL mode, written inside `BEGIN IMMEDIATE`, journalled."""

from schoten_ict.store.database import Store, Transaction

__all__ = ["Store", "Transaction"]
