"""Files that are whole or absent: written aside, synced, renamed. Shared by the team, closed to others."""

import contextlib
import os
import tempfile
from pathlib import Path

FILE_MODE = 0o660
FOLDER_MODE = 0o2770

PRIVATE = ".private"
"""The suffix of a folder below the shared ones in which a program keeps what is for one account."""


def shared_folder(path: Path) -> Path:
    """Make a folder that the workspace's group can use and others cannot (2770)."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        for each in missing:
            each.chmod(FOLDER_MODE)
    return path


def write_aside(folder: Path, content: bytes, suffix: str) -> Path:
    """Write `content` to a new file in `folder`, synced; the caller renames or removes it."""
    handle, name = tempfile.mkstemp(dir=folder, suffix=suffix)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if os.name == "posix":
            path.chmod(FILE_MODE)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def put_in_place(temporary: Path, final: Path) -> None:
    """Rename over `final` and make the rename last through a power cut."""
    temporary.replace(final)
    sync_folder(final.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step: readers see the old file or the new one."""
    put_in_place(write_aside(path.parent, content, path.suffix), path)


def sync_folder(folder: Path) -> None:
    """Sync a folder's entries, where the platform can (POSIX)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot sync a folder; the file itself is
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
