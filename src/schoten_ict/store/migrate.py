"""Bringing the store's tables forward: numbered SQL files, a backup before each upgrade."""

import sqlite3
from contextlib import closing
from datetime import datetime
from itertools import count
from pathlib import Path

from schoten_ict import __version__
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.files import FILE_MODE, put_in_place, shared_folder
from schoten_ict.store.connection import open_for_reading

_FOLDER = Path(__file__).parent / "migrations"


def migrations() -> dict[int, Path]:
    """The numbered SQL files, in order."""
    paths = sorted(_FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    numbered = {int(path.name[:4]): path for path in paths}
    if len(numbered) < len(paths):
        raise ValueError("two migrations have one number")
    return numbered


def version_of(connection: sqlite3.Connection) -> int:
    """The number of the last migration that a database has had."""
    row = connection.execute("PRAGMA user_version").fetchone()
    return int(row[0])


def require_known(connection: sqlite3.Connection, path: Path, known: int) -> int:
    """The database's version; raises `ConfigurationError` when it is newer than this ict."""
    version = version_of(connection)
    if version > known:
        row = connection.execute("SELECT value FROM meta WHERE key = 'ict_version'").fetchone()
        writer = f"ict {row[0]}" if row else "a newer ict"
        raise ConfigurationError(
            f"the store {path} was upgraded by {writer} to version {version}; "
            f"this is ict {__version__}, which knows version {known}",
            remedy="upgrade this ict",
            code="store-newer",
        )
    return version


def upgrade(connection: sqlite3.Connection, path: Path | None, now: datetime) -> None:
    """Apply what is missing, all or nothing. `path` is None for a database in memory.

    Another process may upgrade at the same moment: the version is read again under the write lock, and the
    copy of before is made under it, too.
    """
    steps = migrations()
    known = max(steps)
    where = path or Path(":memory:")
    if path is not None and require_known(connection, where, known) == known:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = require_known(connection, where, known)
        if path is not None and 0 < version < known:
            _back_up(path, version, now)
        for number in range(version + 1, known + 1):
            _run(connection, steps[number])
        connection.execute(f"PRAGMA user_version = {known}")
        connection.execute(
            "INSERT INTO meta VALUES ('ict_version', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (__version__,),
        )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run(connection: sqlite3.Connection, script: Path) -> None:
    """Run a script's statements one by one: `executescript` would commit the open transaction."""
    statement = ""
    for line in script.read_text(encoding="utf-8").splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _back_up(path: Path, version: int, now: datetime) -> None:
    """Copy what was committed last to a name that is free. Call it with the write lock held."""
    folder = shared_folder(path.parent / "backups")
    partial = folder / f".{path.stem}-v{version}.part"
    partial.unlink(missing_ok=True)  # from a run that was cut short
    try:
        with closing(open_for_reading(path)) as reader:
            copy_to(reader, partial)
        put_in_place(partial, _free_name(folder, f"{path.stem}-v{version}-{now:%Y%m%dT%H%M%SZ}"))
    finally:
        partial.unlink(missing_ok=True)


def _free_name(folder: Path, stem: str) -> Path:
    names = (f"{stem}.db" if number == 1 else f"{stem}-{number}.db" for number in count(1))
    return next(folder / name for name in names if not (folder / name).exists())


def copy_to(connection: sqlite3.Connection, target: Path) -> None:
    """A consistent copy of the database while others use it (SQLite's online backup)."""
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        connection.backup(copy)
        # A copy in rollback mode is one file: it can be moved about without its -wal.
        copy.execute("PRAGMA journal_mode = DELETE")
    target.chmod(FILE_MODE)
