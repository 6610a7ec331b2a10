"""Keeping the store itself: a copy elsewhere, and the proof that it is whole."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from schoten_ict.core.errors import ConflictError
from schoten_ict.core.files import put_in_place
from schoten_ict.store import documents, journal, migrate
from schoten_ict.store.database import Store


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about the store that is not as it should be."""

    part: str
    what: str


def back_up(store: Store, target: Path) -> int:
    """Write a consistent copy of the database to `target` and check it; returns its size in bytes.

    Others may go on writing meanwhile. Raises `ConflictError` when `target` exists.
    """
    if target.exists():
        raise ConflictError(f"{target} exists already", remedy="name another file")
    partial = target.with_name(f".{target.name}.part")
    try:
        migrate.copy_to(store.reader, partial)
        with sqlite3.connect(f"{partial.absolute().as_uri()}?mode=ro", uri=True) as copy:
            answer = copy.execute("PRAGMA integrity_check").fetchone()[0]
        copy.close()
        if answer != "ok":
            raise sqlite3.DatabaseError(f"malformed copy: {answer}")
        put_in_place(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def faults(store: Store) -> list[Fault]:
    """Everything wrong with the file, its references, its journal and its documents."""
    reader = store.reader
    answers = [str(row[0]) for row in reader.execute("PRAGMA integrity_check")]
    found = [Fault("file", answer) for answer in answers if answer != "ok"]
    found += [
        Fault("references", f"{row['table']} row {row['rowid']} refers to no {row['parent']}")
        for row in reader.execute("PRAGMA foreign_key_check")
    ]
    found += [Fault("journal", f"entry {broken.seq} {broken.reason}") for broken in journal.verify(reader)]
    documents.check_files(
        reader, store.data, lambda path, what: found.append(Fault("documents", f"{path} {what}"))
    )
    return found
