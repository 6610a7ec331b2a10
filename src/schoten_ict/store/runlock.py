"""One run of a kind at a time: a lock that ends with its process, and names who holds it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BufferedRandom
from pathlib import Path

from schoten_ict.core.errors import ConflictError
from schoten_ict.core.files import FILE_MODE, shared_folder
from schoten_ict.core.times import utc_text


@contextmanager
def run_lock(data: Path, name: str, who: str, now: datetime, *, title: str = "") -> Iterator[None]:
    """Hold the lock `name` of a workspace while the block runs; `title` is what people call it.

    Raises `ConflictError` naming the holder when another run has it. The operating system frees it when the
    process ends, however it ends.
    """
    path = shared_folder(data / "locks") / f"{name}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
    with os.fdopen(descriptor, "r+b") as stream:
        if not _try_lock(stream):
            holder = path.read_text(encoding="utf-8", errors="replace").strip() or "another run"
            raise ConflictError(
                f"{title or name} is already running: {holder}", remedy="wait for it to end", code="locked"
            )
        stream.truncate(0)
        stream.write(f"{who} (process {os.getpid()}, since {utc_text(now)})\n".encode())
        stream.flush()
        try:
            yield
        finally:
            stream.truncate(0)


def _try_lock(stream: BufferedRandom) -> bool:
    if os.name == "nt":
        return _try_lock_windows(stream)
    import fcntl

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_lock_windows(stream: BufferedRandom) -> bool:
    """Lock a byte far beyond the text, so that others can read who holds it."""
    import msvcrt

    locking = getattr(msvcrt, "locking")  # noqa: B009 - absent where mypy runs
    stream.seek(1 << 20)
    try:
        locking(stream.fileno(), getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009 - idem
    except OSError:
        return False
    finally:
        stream.seek(0)
    return True
