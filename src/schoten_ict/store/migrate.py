"""Bringing the store's tables forward: numbered SQL files, a backup before each upgrade."""

import sqlite3
from datetime import datetime
from pathlib import Path

from schoten_ict import __version__
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.files import FILE_MODE, shared_folder

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

    Another process may upgrade at the same moment: the version is read again under the write lock.
    """
    steps = migrations()
    known = max(steps)
    if path is not None:
        version = require_known(connection, path, known)
        if version == known:
            return
        if version:
            _back_up(connection, path, version, now)
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)
        for number in range(version + 1, known + 1):
            _run(connection, steps[number])
        connection.execute(f"PRAGMA user_version = {max(version, known)}")
        connection.execute(
            "INSERT INTO meta VALUES ('ict_version', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (__version__,),
        )
        connection.execute("COMMIT")
    except BaseException:
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


def _back_up(connection: sqlite3.Connection, path: Path, version: int, now: datetime) -> None:
    folder = shared_folder(path.parent / "backups")
    target = folder / f"{path.stem}-v{version}-{now:%Y%m%dT%H%M%SZ}.db"
    copy_to(connection, target)


def copy_to(connection: sqlite3.Connection, target: Path) -> None:
    """A consistent copy of the database while others use it (SQLite's online backup)."""
    with sqlite3.connect(target, isolation_level=None) as copy:
        connection.backup(copy)
        # A copy in rollback mode is one file: it can be moved about without its -wal.
        copy.execute("PRAGMA journal_mode = DELETE")
    copy.close()
    target.chmod(FILE_MODE)
