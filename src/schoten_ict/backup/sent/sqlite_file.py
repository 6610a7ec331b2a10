"""What the bytes of a SQLite database and of its write-ahead log say, without SQLite.

Formats: https://www.sqlite.org/fileformat2.html, 1.3 (the database header) and 4.1 (the log).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"SQLite format 3\0"
HEADER = 100
_PAGE_SIZES = {512 << power for power in range(8)}
_WAL_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
_WAL_HEADER = 32
_FRAME_HEADER = 24


class Header(NamedTuple):
    """What a database says of itself; `pages` is 0 where it does not say how long it is."""

    page_size: int
    pages: int
    wal: bool


class Log(NamedTuple):
    """A write-ahead log: `frames` of its present run, of which `committed` end with a whole transaction.

    `page_size` is 0 for a log without a right header; `cut` says that a piece of a frame is at its end.
    """

    page_size: int
    frames: int
    committed: int
    cut: bool


def header_of(head: bytes) -> Header | None:
    """The header in the first bytes of a database; None for anything else."""
    if len(head) < HEADER or not head.startswith(MAGIC):
        return None
    (size,) = struct.unpack_from(">H", head, 16)
    size = 65536 if size == 1 else size
    if size not in _PAGE_SIZES:
        return None
    changed, pages = struct.unpack_from(">II", head, 24)
    (valid_for,) = struct.unpack_from(">I", head, 92)
    return Header(size, pages if changed == valid_for else 0, 2 in (head[18], head[19]))  # noqa: PLR2004


def log_of(path: Path) -> Log | None:
    """What a log beside a database holds; None without one, or with an empty one."""
    size = path.stat().st_size if path.is_file() else 0
    if not size:
        return None
    with path.open("rb") as stream:
        head = stream.read(_WAL_HEADER)
        page_size, salts = _wal_header(head)
        if not page_size:
            return Log(0, 0, 0, size < _WAL_HEADER)
        step = _FRAME_HEADER + page_size
        frames = committed = 0
        for number in range((size - _WAL_HEADER) // step):
            stream.seek(_WAL_HEADER + number * step)
            frame = stream.read(_FRAME_HEADER)
            if frame[8:16] != salts:
                break
            frames += 1
            committed = frames if frame[4:8] != bytes(4) else committed
        whole = (size - _WAL_HEADER) % step == 0
    return Log(page_size, frames, committed, not whole)


def _wal_header(head: bytes) -> tuple[int, bytes]:
    """The page size and the salts; 0 when the header's own checksum is wrong."""
    if len(head) < _WAL_HEADER:
        return 0, b""
    magic, _, page_size = struct.unpack_from(">III", head)
    order = _WAL_MAGIC.get(magic)
    if order is None or page_size not in _PAGE_SIZES:
        return 0, b""
    first = second = 0
    for left, right in zip(*[iter(struct.unpack(f"{order}6I", head[:24]))] * 2):  # noqa: B905 - Python 3.9
        first = (first + left + second) & 0xFFFFFFFF
        second = (second + right + first) & 0xFFFFFFFF
    return (page_size, head[16:24]) if struct.pack(">II", first, second) == head[24:] else (0, b"")
