"""SQLite's and the file system's errors as one line with a remedy."""

import errno
import shutil
import sqlite3
from pathlib import Path

from schoten_ict.core.errors import ConfigurationError, ConflictError, IctError

_ROOM = 256 * 1024
"""Bytes: with less, an I/O error is a full disk (SQLite says so of its -shm file in no other words)."""
_DAMAGED = ("malformed", "not a database", "corrupt", "could not decode")


class StorageError(IctError):
    """The store could not be written; nothing was changed."""

    code = "storage"


def explain(error: sqlite3.Error | OSError, path: Path) -> IctError:
    """The error a user can act on, for what SQLite or the operating system said about `path`."""
    if isinstance(error, OSError):
        return _explain_os(error, path)
    text = str(error).lower()
    if "locked" in text or "busy" in text:
        return ConflictError(
            f"the store {path} is in use by {_holder(path)}",
            remedy="wait for it, then try again",
            code="locked",
        )
    if "full" in text or ("disk i/o error" in text and not _has_room(path)):
        return StorageError(
            f"the disk of {path} is full; nothing was changed", remedy="make room, then try again"
        )
    if "readonly" in text or "unable to open" in text:
        return ConfigurationError(
            f"the store {path} cannot be written; nothing was changed",
            remedy=f"check the permissions and the owner of {path.parent} (ict doctor)",
            code="read-only",
        )
    return _explain_damage(error, text, path)


def _explain_damage(error: sqlite3.Error, text: str, path: Path) -> IctError:
    if any(word in text for word in _DAMAGED):
        return ConfigurationError(
            f"the store {path} is damaged ({error})", remedy=_copies(path), code="damaged"
        )
    if "disk i/o error" in text:
        return StorageError(
            f"the store {path} cannot be read or written ({error})",
            remedy=f"look at the disk; then {_copies(path)}",
        )
    return StorageError(f"the store {path}: {error}", remedy="ict store check")


def _copies(path: Path) -> str:
    """Where a whole store can come from."""
    backups = path.parent / "backups"
    older = f"; one of before each upgrade lies in {backups}" if backups.is_dir() else ""
    return f"restore a copy: ict store backup makes them{older}"


def _explain_os(error: OSError, path: Path) -> IctError:
    where = error.filename or path
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageError(
            f"the disk of {where} is full; nothing was changed", remedy="make room, then try again"
        )
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return ConfigurationError(
            f"{where} cannot be written ({error.strerror}); nothing was changed",
            remedy=f"check the permissions and the owner of {path.parent} (ict doctor)",
            code="read-only",
        )
    return StorageError(f"{where}: {error.strerror}")


def writer_note(path: Path) -> Path:
    """The file in which whoever writes to the store says who it is."""
    return path.with_name(f"{path.name}.writer")


def _has_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free >= _ROOM
    except OSError:
        return True


def _holder(path: Path) -> str:
    try:
        return writer_note(path).read_text(encoding="utf-8").strip() or "another run"
    except OSError:
        return "another run"
