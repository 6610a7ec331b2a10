"""Runs where the backups lie: unpacks a file to its end: gzip (RFC 1952), bzip2, xz, zstd by its program."""

from __future__ import annotations

import bz2
import lzma
import subprocess
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from schoten_ict.backup.sent.streams import CHUNK, Clock, DamageError, TroubleError, explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MEMORY = 4 * 1024 * 1024 * 1024
_MAGIC = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip", b"PK\x05\x06": "zip",
}  # fmt: skip
_ENDS = {
    ".gz": "gzip", ".tgz": "gzip", ".bz2": "bzip2", ".tbz": "bzip2", ".tbz2": "bzip2", ".xz": "xz",
    ".txz": "xz", ".zst": "zstd", ".tzst": "zstd", ".zip": "zip", ".tar": "",
}  # fmt: skip
_TARS = (".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst")


def form_of(name: str) -> tuple[str | None, bool]:
    """What a name says: how it is packed (`""`: not; None: it does not say), and whether it is a tar."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes[-2:]]
    if not suffixes:
        return None, False
    return _ENDS.get(suffixes[-1]), suffixes[-1] in _TARS or (suffixes[0] == ".tar" and suffixes[-1] in _ENDS)


def packing_of(head: bytes) -> str:
    """How something is packed by its first bytes; empty for not at all."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


class _Gzip:
    """zlib's decompressor with the interface of the two others; header, checksum and length are checked."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, most)


_TOOLS: dict[str, Callable[[], Any]] = {
    "gzip": _Gzip,
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(memlimit=_MEMORY // 4),
}


def unpacked(packing: str, raw: Iterator[bytes]) -> Iterator[bytes]:
    """What is packed in `raw`, of one member or several. Raises `DamageError` for anything but its whole."""
    make = _TOOLS[packing]
    tool, fresh, data = make(), True, b""
    while True:
        if not data and tool.needs_input and not (data := next(raw, b"")):
            break
        if fresh and not (data := data.lstrip(b"\0")):  # padding after a member
            continue
        try:
            piece = tool.decompress(data, CHUNK)
        except (zlib.error, OSError, lzma.LZMAError, ValueError) as error:
            raise DamageError("data", f"cannot be unpacked: {error}") from None
        if piece:
            yield piece
        fresh, data = tool.eof, tool.unused_data if tool.eof else b""
        tool = make() if fresh else tool
    if not fresh:
        raise DamageError("truncated", "its compressed data ends too early")


def unpacked_by_zstd(path: str, clock: Clock) -> Iterator[bytes]:
    """What zstd's own program unpacks. Raises `DamageError`, and `TroubleError` without that program."""
    with explained(path), Path(path).open("rb") as source:
        try:
            tool = subprocess.Popen(
                ["zstd", "-dcq"], stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError:
            raise TroubleError("absent", "zstd is not there, which unpacks it") from None
    assert tool.stdout is not None
    assert tool.stderr is not None
    try:
        while data := tool.stdout.read(CHUNK):
            clock.check()
            yield data
        said = tool.stderr.read(1000).decode("utf-8", "replace").strip()
        if tool.wait():
            kind = "truncated" if "premature end" in said else "data"
            raise DamageError(kind, f"cannot be unpacked: {said or 'zstd says no more'}")
    finally:
        tool.kill()
        tool.wait()
        tool.stdout.close()
        tool.stderr.close()


class Pipe:
    """A file to read from, made of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, length: int) -> bytes:
        """At most `length` bytes; none at the end."""
        self._rest = self._rest or next(self._pieces, b"")
        data, self._rest = self._rest[:length], self._rest[length:]
        return data
