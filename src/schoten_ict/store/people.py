"""People in the store. Leaving deletes nothing."""

import sqlite3
from dataclasses import fields
from datetime import date

from schoten_ict.core.errors import ConflictError, NotFoundError
from schoten_ict.core.facts import Person
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest
from schoten_ict.store.database import Transaction

_COLUMNS = tuple(field.name for field in fields(Person))
_UPSERT = """
    INSERT INTO person (key, name, email, department, function, username, phone, location, starts, leaves)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
        name = excluded.name, email = excluded.email, department = excluded.department,
        function = excluded.function, username = excluded.username, phone = excluded.phone,
        location = excluded.location, starts = excluded.starts, leaves = excluded.leaves
"""


def put(transaction: Transaction, person: Person) -> None:
    """Add a person or replace the one with the same key. The caller journals it."""
    transaction.connection.execute(_UPSERT, _row(person))


def get(connection: sqlite3.Connection, key: str) -> Person | None:
    """The person with exactly this key."""
    row = connection.execute("SELECT * FROM person WHERE key = ?", (key,)).fetchone()
    return _person(row) if row else None


def every(connection: sqlite3.Connection) -> list[Person]:
    """Everyone, by name."""
    return [_person(row) for row in connection.execute("SELECT * FROM person ORDER BY name, key")]


def identify(connection: sqlite3.Connection, text: str) -> Person:
    """The one person whose key, user name, e-mail address or full name is `text` (case does not count).

    Raises `NotFoundError` with the nearest name, or `ConflictError` when several people bear it.
    """
    word = text.strip()
    rows = connection.execute(
        "SELECT * FROM person WHERE key = :word OR username = :word COLLATE NOCASE "
        "OR email = :word COLLATE NOCASE OR name = :word COLLATE NOCASE ORDER BY key = :word DESC, key",
        {"word": word},
    ).fetchall()
    exact = [row for row in rows if row["key"] == word] or rows
    if len(exact) > 1:
        keys = ", ".join(row["key"] for row in exact)
        raise ConflictError(f"{len(exact)} people are called {word!r}", remedy=f"name one by its key: {keys}")
    if not exact:
        names = [row[0] for row in connection.execute("SELECT name FROM person")]
        raise NotFoundError(
            f"no person {word!r}{nearest(word, names)}",
            remedy="ict people list, or ict people add",
            subject=subject("person", word),
        )
    return _person(exact[0])


def search(connection: sqlite3.Connection, text: str) -> list[Person]:
    """People in whose key, name, e-mail address, user name or department all words of `text` occur."""
    words = text.casefold().split()
    return [person for person in every(connection) if all(word in _text_of(person) for word in words)]


def _text_of(person: Person) -> str:
    parts = (person.key, person.name, person.email, person.username, person.department)
    return " ".join(part for part in parts if part).casefold()


def _row(person: Person) -> tuple[object, ...]:
    values = (getattr(person, name) for name in _COLUMNS)
    return tuple(value.isoformat() if isinstance(value, date) else value for value in values)


def _person(row: sqlite3.Row) -> Person:
    values = dict(row)
    for name in ("starts", "leaves"):
        values[name] = date.fromisoformat(values[name]) if values[name] else None
    return Person(**values)
