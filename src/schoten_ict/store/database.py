"""The store as the rooms see it: a connection to read from and transactions to write in."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from schoten_ict.core.times import utc_text
from schoten_ict.store import connection as opening
from schoten_ict.store import documents, failures, journal, migrate


class Transaction:
    """One change of the store: all of it or nothing, with its journal entries and documents."""

    def __init__(self, connection: sqlite3.Connection, data: Path, who: str, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.who = who
        self.shelf = documents.Shelf(connection, data, now)

    def record(
        self, action: str, subject: str, before: dict[str, Any] | None, after: dict[str, Any] | None
    ) -> int:
        """Record one change of `subject`; returns the entry's number."""
        return self.record_many(action, subject, [journal.Change(subject, before, after)])

    def record_many(self, action: str, subject: str, changes: Sequence[journal.Change]) -> int:
        """Record the changes of several things that one act made, as one entry about `subject`."""
        return journal.append(self.connection, self.now, self.who, action, subject, changes)

    def next_number(self, sequence: str) -> int:
        """The next number of a sequence: 1, 2, 3 ... A rollback gives it back."""
        row = self.connection.execute(
            "INSERT INTO sequence VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
            (sequence,),
        ).fetchone()
        return int(row[0])

    def document_number(self, series: str, day: date) -> str:
        """The next number of a series of documents in the year of `day`: `GO-2026-0042`.

        A number whose file lies on disk was given before, by a store that has since been replaced by an
        older one: it is left out.
        """
        name = f"{series}-{day:%Y}"
        while True:
            number = f"{name}-{self.next_number(f'document:{name}'):04}"
            if not self.shelf.holds(f"{number}.pdf", day):
                return number


class Store:
    """`data/ict.db` of one workspace. Opens nothing until it is asked; reads as empty when absent."""

    def __init__(self, data: Path, who: str, now: datetime) -> None:
        self.data = data
        self.path = data / "ict.db"
        self.who = who
        self.now = now
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever stored."""
        return self.path.exists()

    @property
    def reader(self) -> sqlite3.Connection:
        """A connection to read from. Inside a transaction read from the transaction's own."""
        if self._reader is None:
            with self._explained():
                self._reader = self._open_reader()
        return self._reader

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Change the store: commit at the end, roll back on any exception.

        Raises `ConflictError` naming the holder when another run keeps the store busy, `StorageError` or
        `ConfigurationError` with a remedy when it cannot be written, and `IncompleteError` when all was
        recorded but a document could not get its name yet.
        """
        with self._explained():
            connection = self._open_writer()
            connection.execute("BEGIN IMMEDIATE")
            transaction = Transaction(connection, self.data, self.who, self.now)
            try:
                self._sign()
                documents.recover(connection, self.data)
                yield transaction
                connection.execute("COMMIT")
            except BaseException:
                # Otherwise SQLite has rolled back by itself, or an interrupt came as COMMIT returned: the
                # next writer knows by the rows which documents to finish and which to remove.
                if connection.in_transaction:
                    try:
                        transaction.shelf.discard()
                    finally:
                        connection.execute("ROLLBACK")
                raise
            transaction.shelf.put_in_place()

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_reader(self) -> sqlite3.Connection:
        if not self.exists:
            empty = opening.open_empty()
            migrate.upgrade(empty, None, self.now)
            return empty
        reader = opening.open_for_reading(self.path)
        known = max(migrate.migrations())
        if migrate.require_known(reader, self.path, known) < known:
            reader.close()
            self._open_writer()
            reader = opening.open_for_reading(self.path)
        return reader

    def _open_writer(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = opening.open_for_writing(self.path)
            migrate.upgrade(self._writer, self.path, self.now)
            if self._reader is not None:  # it may be the empty one, from before there was a file
                self._reader.close()
                self._reader = None
        return self._writer

    def _sign(self) -> None:
        """Say who writes, for whoever waits too long for the lock. Not worth failing for."""
        note = failures.writer_note(self.path)
        with suppress(OSError):
            note.write_text(
                f"{self.who} (process {os.getpid()}, since {utc_text(self.now)})\n", encoding="utf-8"
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise failures.explain(error, self.path) from error
