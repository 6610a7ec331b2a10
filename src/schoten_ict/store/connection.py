"""Opening `ict.db`: pragmas, permissions, and the refusal of network file systems."""

import os
import sqlite3
from pathlib import Path

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.files import FILE_MODE, shared_folder

BUSY_SECONDS = 30.0
_NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs"}
)
_DRIVE_REMOTE = 4


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open or create the database file; raises `ConfigurationError` on a network file system."""
    shared_folder(path.parent)
    kind = file_system(path.parent)
    if is_network(kind):
        raise ConfigurationError(
            f"{path.parent} lies on a network file system ({kind}), where SQLite's locks cannot be trusted",
            remedy="put the workspace on a local disk of the management machine",
            code="network-file-system",
        )
    if not path.exists():
        # SQLite gives the -wal and -shm files the mode of the database file.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
        if os.name == "posix":
            path.chmod(FILE_MODE)
    connection = _connect(f"{path.absolute().as_uri()}?mode=rw")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # What retention prunes must be gone from the file, not only from the tables.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open an existing file read-only; works in a folder that cannot be written and on a full disk, too.

    There the shared memory of WAL mode cannot be made; without a WAL the file itself holds everything.
    """
    uri = path.absolute().as_uri()
    connection = _connect(f"{uri}?mode=ro")
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise
        connection = _connect(f"{uri}?immutable=1")
    return connection


def open_empty() -> sqlite3.Connection:
    """A database in memory: what an absent store reads as."""
    return _connect(":memory:")


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def is_network(kind: str) -> bool:
    """Whether a file system of this type is shared over a network."""
    return kind in _NETWORK_TYPES


def file_system(folder: Path) -> str:
    """The type of the file system that holds `folder`, or an empty text where nothing tells."""
    if os.name == "nt":
        return _windows_file_system(folder)
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in lines:
        mount, _, rest = line.partition(" - ")
        if mount.split()[2] == wanted:
            return rest.split()[0]
    return ""


def _windows_file_system(folder: Path) -> str:
    import ctypes

    anchor = folder.absolute().anchor
    remote = anchor.startswith("\\\\")
    windows = getattr(ctypes, "windll", None)
    if windows is not None and not remote:
        remote = windows.kernel32.GetDriveTypeW(anchor) == _DRIVE_REMOTE
    return "cifs" if remote else "ntfs"
