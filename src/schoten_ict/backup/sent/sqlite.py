"""Runs where the copies lie: checks one SQLite database aside, or makes a copy of one.

Which end a rollback journal has that belongs to several databases: SQLite's `pager.c`, `readSuperJournal`.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schoten_ict.backup.sent.sqlite_file import HEADER, Header, header_of, log_of
from schoten_ict.backup.sent.streams import (
    Clock,
    DamageError,
    Reader,
    TroubleError,
    answer,
    explained,
    synced,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_JOURNAL_END = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
_MOST_TABLES = 2000
_SHOWN = 20
_BUSY_SECONDS = 5
_STEPS = 20_000


def look(request: dict[str, Any]) -> dict[str, Any]:
    """Copy the database at `path` into the folder `scratch` and say everything about it.

    `limit` is the most bytes that may be written there, `pace` the most that are read per second (0: any),
    `newest` a table and a column whose highest value is wanted. The keys of the answer are those of `Look` in
    `ask/sqlite_said.py`.
    """
    clock = Clock(request["seconds"])
    aside = Path(request["scratch"]) / "copy.db"
    room = _Room(request["limit"])
    reader = Reader(request["path"], clock, request.get("pace", 0))
    said: dict[str, Any] = {"version": sqlite3.sqlite_version}
    try:
        head = _copied(reader, aside, room)
        said |= {"unpacked": aside.stat().st_size, "header": header_of(head)}
    except DamageError as damaged:
        said["damaged"] = [damaged.kind, damaged.message]
    said |= {"size": reader.size, "sha256": reader.digest.hexdigest()}
    if said.get("header"):
        said |= _with_sidecars(request, aside, clock, room)
    _cleared(aside)
    return said


def _with_sidecars(request: dict[str, Any], aside: Path, clock: Clock, room: _Room) -> dict[str, Any]:
    """The log and the journal that lie beside the copy, and what the database is together with them."""
    said: dict[str, Any] = {}
    for suffix in ("-wal", "-journal"):
        beside = Path(request["path"] + suffix)
        if beside.is_file() and not beside.is_symlink():
            _copied(Reader(str(beside), clock), Path(f"{aside}{suffix}"), room)
            said[suffix[1:]] = beside.stat().st_size
    said["log"] = log_of(Path(f"{aside}-wal"))
    if _joins_others(Path(f"{aside}-journal")):
        return {**said, "refused": "its journal belongs to a transaction over several databases"}
    return {**said, **_opened(f"{aside.absolute().as_uri()}?mode=rw", clock, request.get("newest"))}


def _joins_others(journal: Path) -> bool:
    """Whether a journal names another one, which SQLite would open and remove wherever it lies."""
    return journal.is_file() and journal.read_bytes()[-8:] == _JOURNAL_END


class _Room:
    """How many bytes may still be written."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def take(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise TroubleError("too-large", "is larger than may be put into the scratch folder")


def _copied(reader: Reader, target: Path, room: _Room) -> bytes:
    """Copy what a reader gives; return how it begins."""
    head = b""
    with explained(str(target)), target.open("wb") as stream:
        for data in reader.blocks():
            room.take(len(data))
            stream.write(data)
            head = head or data[:HEADER]
    return head


def _cleared(aside: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{aside}{suffix}").unlink()


def _opened(uri: str, clock: Clock, newest: list[str] | None) -> dict[str, Any]:
    """Everything that SQLite says of a database; what keeps it from saying more is `error` or `late`."""
    said: dict[str, Any] = {}
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as database:
            database.text_factory = lambda value: value.decode("utf-8", "replace")
            database.set_progress_handler(lambda: clock.over, _STEPS)
            for part in _asked(database, newest):
                said.update(part)
    except sqlite3.Error as error:
        said["late" if clock.over else "error"] = str(error)
    return said


def _asked(database: sqlite3.Connection, newest: list[str] | None) -> Iterator[dict[str, Any]]:
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("SELECT count(*) FROM sqlite_master").fetchone()  # reads the log and the journal
    yield {"used": database.execute("PRAGMA wal_checkpoint").fetchone()[1]}
    database.execute("PRAGMA query_only=ON")
    yield {"integrity": [row[0] for row in database.execute(f"PRAGMA integrity_check({_SHOWN})")]}
    orphans = database.execute('SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY 1').fetchall()
    yield {"orphans": dict(orphans[:_SHOWN])}
    yield _counted(database)
    if newest:
        yield {"newest": _highest(database, *newest)}


def _highest(database: sqlite3.Connection, table: str, column: str) -> str | float | None:
    """The highest value of a column; None without the table or the column."""
    name = _quoted(table)
    highest = f"SELECT max({name}.{_quoted(column)}) FROM {name}"  # noqa: S608 - quoted; bare, it were a text
    try:
        (value,) = database.execute(highest).fetchone()
    except sqlite3.OperationalError as error:
        if "no such" not in str(error):
            raise
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _counted(database: sqlite3.Connection) -> dict[str, Any]:
    """The rows of every table, and the names of what only looks like one."""
    found = database.execute(
        "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view')"
    ).fetchall()
    tables = [
        name
        for name, kind, text in found
        if kind == "table" and not name.startswith("sqlite_") and not _is_virtual(text)
    ]
    rows = {}
    for name in tables[:_MOST_TABLES]:
        counting = f"SELECT count(*) FROM {_quoted(name)}"  # noqa: S608 - quoted
        (rows[name],) = database.execute(counting).fetchone()
    return {"tables": rows, "views": [name for name, kind, _ in found if kind == "view"][:_MOST_TABLES]}


def _is_virtual(text: str | None) -> bool:
    return (text or "").lstrip().upper().startswith("CREATE VIRTUAL")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def source(request: dict[str, Any]) -> dict[str, Any]:
    """The rows of every table of the live database at `path`, without changing anything there.

    A database in WAL mode that nobody has open is read as it stands: SQLite would make files beside it.
    """
    clock = Clock(request["seconds"])
    path = Path(request["path"])
    header = _live_header(path)
    log = Path(f"{path}-wal")
    modified = max(each.stat().st_mtime for each in (path, log) if each.is_file())
    quiet = header.wal and not Path(f"{path}-shm").exists()
    if quiet and log.is_file() and log.stat().st_size:
        raise TroubleError("failed", f"{path} was not closed cleanly, and nobody has it open")
    uri = f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if quiet else "")
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as database:
            database.set_progress_handler(lambda: clock.over, _STEPS)
            return {"modified": modified, **_counted(database)}
    except sqlite3.Error as error:
        raise TroubleError("timeout" if clock.over else "failed", f"{path}: {error}") from None


def _live_header(path: Path) -> Header:
    with explained(str(path)), path.open("rb") as stream:
        header = header_of(stream.read(HEADER))
    if header is None:
        raise TroubleError("failed", f"{path} is no SQLite database")
    return header


def take(request: dict[str, Any]) -> dict[str, Any]:
    """Copy the live database at `path` to the new file `target` with SQLite's own online backup.

    It is copied at one moment: who wants to write to a database that is not in WAL mode waits meanwhile. The
    copy is not in WAL mode, so that nobody looks for a log beside it.
    """
    path, target = Path(request["path"]), Path(request["target"])
    needs_log = _live_header(path).wal and not Path(f"{path}-shm").exists()
    uri = f"{path.absolute().as_uri()}?mode={'rw' if needs_log else 'ro'}"
    with explained(str(target)):
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o660))
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as live:
            told = _backed_up(live, target)
        synced(str(target))
    except sqlite3.Error as error:
        _cleared(target)
        raise TroubleError("failed", f"{path}: {error}") from None
    return {"integrity": told, "size": target.stat().st_size}


def _backed_up(live: sqlite3.Connection, target: Path) -> list[str]:
    with closing(sqlite3.connect(str(target))) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        return [row[0] for row in copy.execute(f"PRAGMA integrity_check({_SHOWN})")]


def main() -> None:
    """Answer one request; `do` names the function."""
    answer(lambda request: {"look": look, "source": source, "take": take}[request["do"]](request))
