"""Documents beside their records: the row is committed first, then the file gets its name.

A file waits in `documents/.pending/` under its number and SHA-256. After a crash the next writer finishes
what has a row and removes what has none; it holds the write lock then, so no living transaction owns such a
file.
"""

import errno
import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from schoten_ict.core.errors import ConflictError, IncompleteError, NotFoundError
from schoten_ict.core.files import put_in_place, shared_folder, write_aside
from schoten_ict.core.times import utc_text


@dataclass(frozen=True, slots=True)
class Document:
    """A document on disk: its number, its path below the data folder, and its hash."""

    number: str
    kind: str
    path: str
    sha256: str
    size: int
    created_at: str


class Shelf:
    """The documents of one transaction: written aside now, put in place after the commit."""

    def __init__(self, connection: sqlite3.Connection, data: Path, now: datetime) -> None:
        self._connection = connection
        self._data = data
        self._now = now
        self._waiting: list[tuple[Path, Path]] = []

    def holds(self, name: str, day: date) -> bool:
        """Whether a file of that name lies in the year of `day`, known to the store or not."""
        return (self._data / _place(name, day)).exists()

    def add(self, number: str, kind: str, name: str, content: bytes, day: date | None = None) -> Document:
        """Record a document under `number` and write its file aside. `name` is the final file name.

        `day` is the local day that the document is of (today in UTC when none is given): its year is the
        folder. Raises `ConflictError` when another file has that name: the store is then older than its
        documents.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = _place(name, day or self._now.date())
        if not _is_free(self._data / path, digest) and not _is_known(self._connection, number):
            raise ConflictError(
                f"{self._data / path} exists and the store does not know it",
                remedy="ict store check tells what else; move the file elsewhere, or restore a newer store",
                code="unknown-document",
            )
        document = Document(number, kind, path.as_posix(), digest, len(content), utc_text(self._now))
        self._connection.execute(
            "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?)",
            (number, kind, document.path, digest, document.size, document.created_at),
        )
        shared_folder((self._data / path).parent)  # now, while nothing is committed: later it has to fit
        pending = _pending_folder(self._data)
        waiting = pending / _waiting_name(number, digest)
        put_in_place(write_aside(pending, content, ".part"), waiting)
        self._waiting.append((waiting, self._data / path))
        return document

    def put_in_place(self) -> None:
        """After the commit: give every file its name; raises `IncompleteError` where that fails."""
        for waiting, final in self._waiting:
            try:
                _finish(waiting, final)
            except OSError as error:
                raise IncompleteError(
                    f"all was recorded, but {final} cannot be put in place yet: {error.strerror}",
                    remedy="the next change of the store puts it there; ict store check tells",
                ) from error

    def discard(self) -> None:
        """Before a rollback lets another writer make the same names: remove what was written aside."""
        for waiting, _final in self._waiting:
            waiting.unlink(missing_ok=True)


def recover(connection: sqlite3.Connection, data: Path) -> None:
    """Finish or remove what a crash left. Call inside a write transaction."""
    folder = data / "documents" / ".pending"
    if not folder.is_dir():
        return
    for waiting in folder.iterdir():
        number, _, digest = waiting.name.rpartition("-")
        row = connection.execute(
            "SELECT path FROM document WHERE number = ? AND sha256 = ?", (number, digest)
        ).fetchone()
        final = data / row["path"] if row else None
        if final is None or (final.exists() and _is_free(final, digest)):
            waiting.unlink(missing_ok=True)
        else:
            with suppress(FileExistsError):  # it keeps waiting; the check of the store tells
                _finish(waiting, final)


def find(connection: sqlite3.Connection, number: str) -> Document:
    """The document of that number; raises `NotFoundError`."""
    row = connection.execute("SELECT * FROM document WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise NotFoundError(f"no document {number}", remedy="ict assets history TAG lists them")
    return Document(**dict(row))


def filed(data: Path) -> list[str]:
    """The files in the documents folder as paths below `data`; hidden ones apart."""
    paths = (path.relative_to(data) for path in (data / "documents").rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))


def unknown(connection: sqlite3.Connection, data: Path) -> list[str]:
    """The files that no row knows: the store is older than they are, or somebody put them there."""
    paths = filed(data)  # first: a file gets its name after its row was committed
    known = {row["path"] for row in connection.execute("SELECT path FROM document")}
    return [path for path in paths if path not in known]


def check_files(connection: sqlite3.Connection, data: Path, report: Callable[[str, str], None]) -> int:
    """Compare every document's file with its recorded hash; calls `report(path, what)` for each fault.

    Call it outside a transaction: others may be filing documents meanwhile. Returns how many there are.
    """
    for path in unknown(connection, data):
        report(path, "is not known to the store")
    count = 0
    for row in connection.execute("SELECT number, path, sha256 FROM document"):
        count += 1
        fault = _fault(data, row)
        if fault:
            report(row["path"], fault)
    return count


def _fault(data: Path, row: sqlite3.Row) -> str:
    name = _waiting_name(row["number"], row["sha256"])
    waits = (data / "documents" / ".pending" / name).exists()
    try:  # looked at last: it may have got its name since
        digest = _digest_of(data / row["path"])
    except FileNotFoundError:
        return "waits for the next change to be put in place" if waits else "is missing"
    return "" if digest == row["sha256"] else "differs from its recorded SHA-256"


def _pending_folder(data: Path) -> Path:
    return shared_folder(data / "documents" / ".pending")


def _waiting_name(number: str, digest: str) -> str:
    return f"{number}-{digest}"


def _place(name: str, day: date) -> Path:
    return Path("documents") / f"{day:%Y}" / name


def _is_known(connection: sqlite3.Connection, number: str) -> bool:
    return connection.execute("SELECT 1 FROM document WHERE number = ?", (number,)).fetchone() is not None


def _is_free(final: Path, digest: str) -> bool:
    """Whether a document of that hash may take the name: nothing has it, or the very same content."""
    try:
        return _digest_of(final) == digest
    except FileNotFoundError:
        return True


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _finish(waiting: Path, final: Path) -> None:
    """Give a waiting file its name; raises `FileExistsError` when another document has it."""
    shared_folder(final.parent)
    if final.exists() and waiting.exists() and not _is_free(final, _digest_of(waiting)):
        raise FileExistsError(errno.EEXIST, "another file has that name", str(final))
    try:
        put_in_place(waiting, final)
    except FileNotFoundError:
        if not final.exists():
            raise
