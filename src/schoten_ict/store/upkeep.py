"""Keeping the store itself: a copy elsewhere, and the proof that it is whole."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from schoten_ict.core.errors import ConflictError
from schoten_ict.core.files import FILE_MODE, FOLDER_MODE, PRIVATE, put_in_place
from schoten_ict.store import connection, documents, failures, journal, migrate
from schoten_ict.store.database import Store

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the store after a look at it: how much was looked at, and what is wrong.

    `name` is `file`, `references`, `journal`, `documents` or `permissions`. `checked` is None where this
    platform gives nothing to look at.
    """

    name: str
    checked: int | None
    unit: str
    faults: tuple[str, ...]


def back_up(store: Store, target: Path) -> int:
    """Write a consistent copy of the database to `target` and check it; returns its size in bytes.

    Others may go on writing meanwhile. Raises `ConflictError` when `target` exists, and what
    `failures.explain` makes of a disk that is full or closed.
    """
    if target.exists():
        raise ConflictError(f"{target} exists already", remedy="name another file")
    partial = target.with_name(f".{target.name}.part")
    try:
        migrate.copy_to(store.reader, partial)
        with closing(sqlite3.connect(f"{partial.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            answer = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if answer != "ok":
            raise sqlite3.DatabaseError(f"malformed copy: {answer}")
        put_in_place(partial, target)
    except (sqlite3.Error, OSError) as error:
        raise failures.explain(error, target) from error
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def loss(store: Store) -> str:
    """What shows that the database is gone or emptied; an empty text when it is not, or nothing ever was.

    To be asked before the store's reader: that one brings an empty file forward to a new store.
    """
    if store.exists:
        try:
            with closing(connection.open_for_reading(store.path)) as reader:
                if migrate.version_of(reader):
                    return ""
        except (sqlite3.Error, OSError) as error:
            raise failures.explain(error, store.path) from error
    state = "holds nothing" if store.exists else "is gone"
    filed = documents.filed(store.data)
    if filed:
        return f"{store.path} {state}, but {len(filed)} documents were filed: {some(filed)}"
    if failures.writer_note(store.path).exists() or (store.data / "backups").is_dir():
        return f"{store.path} {state}, but there have been changes"
    return ""


def some(names: Sequence[str]) -> str:
    """The first few of many."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def examine(store: Store) -> Iterator[Part]:
    """Look at every part of the store: the file, its references, the journal, documents, permissions."""
    reader = store.reader
    yield _guarded("file", "pages", lambda: _file(reader))
    yield _guarded("references", "tables with references", lambda: _references(reader))
    yield _guarded("journal", "entries", lambda: _journal(reader))
    yield _guarded("documents", "documents", lambda: _documents(reader, store.data))
    yield _guarded("permissions", "files and folders", lambda: _permissions(store.data))


def _guarded(name: str, unit: str, look: Callable[[], tuple[int | None, list[str]]]) -> Part:
    """A damaged file makes SQLite stop in the middle; that is a fault of the part, not of the check."""
    try:
        checked, faults = look()
    except (sqlite3.DatabaseError, OSError) as error:
        return Part(name, 0, unit, (f"cannot be read: {error}",))
    return Part(name, checked, unit, tuple(faults))


def _file(reader: sqlite3.Connection) -> tuple[int, list[str]]:
    pages = reader.execute("PRAGMA page_count").fetchone()[0]
    answers = [str(row[0]) for row in reader.execute("PRAGMA integrity_check")]
    return int(pages), [answer for answer in answers if answer != "ok"]


def _references(reader: sqlite3.Connection) -> tuple[int, list[str]]:
    tables = reader.execute(
        "SELECT count(DISTINCT name) FROM (SELECT m.name FROM sqlite_master AS m, "
        "pragma_foreign_key_list(m.name) WHERE m.type = 'table')"
    ).fetchone()[0]
    broken = reader.execute("PRAGMA foreign_key_check")
    return int(tables), [f"{row['table']} row {row['rowid']} refers to no {row['parent']}" for row in broken]


def _journal(reader: sqlite3.Connection) -> tuple[int, list[str]]:
    with journal.snapshot(reader):
        breaks = [f"entry {broken.seq} {broken.reason}" for broken in journal.verify(reader)]
        return journal.counts(reader)[0], breaks


def _documents(reader: sqlite3.Connection, data: Path) -> tuple[int, list[str]]:
    faults: list[str] = []
    count = documents.check_files(reader, data, lambda path, what: faults.append(f"{path} {what}"))
    return count, faults


def _closed(mode: int) -> int:
    """A mode without the rights of the group and of others."""
    return mode & ~0o077


def _shared(folder: Path) -> Iterator[Path]:
    """A folder and everything below it, but for what lies in private ones."""
    yield folder
    if folder.suffix == PRIVATE:
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _shared(path)
        else:
            yield path


def _permissions(data: Path) -> tuple[int | None, list[str]]:
    """Folders 2770, files 660: open to the group of the workspace, closed to others.

    What programs keep for the account that ran them (`PRIVATE`) is closed to the group too, and what is in
    there is their own business.
    """
    if os.name != "posix":
        return None, []
    faults = []
    paths = list(_shared(data))
    for path in paths:
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = _closed(mode) if path.suffix == PRIVATE else FOLDER_MODE if path.is_dir() else FILE_MODE
        if mode != wanted:
            name = path.relative_to(data.parent).as_posix()
            faults.append(f"{name} is {mode:04o}, not {wanted:04o}: chmod {wanted:o} {path}")
    return len(paths), faults
