"""Runs where the backups lie: reads a file once, within limits, hashed and unpacked."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import sys
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
_PACKED = {b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"PK\x03\x04": "zip"}
_AS_GZIP = 31
"""zlib's `wbits` for a gzip member: header, checksum and length are checked."""


class TroubleError(Exception):
    """Why there is no answer: `code` is one of those that `run_there` names."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class DamageError(Exception):
    """The file itself is wrong: `kind` is `data` or `truncated`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class Clock:
    """The time that is left."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._end

    @property
    def left(self) -> float:
        """The seconds that are left, at least 0."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise `TroubleError` when the time is up."""
        if self.over:
            raise TroubleError("timeout", "not done in time")


class Reader:
    """Reads a file from start to end: `size` bytes so far, `digest` over them as they stand in the file."""

    def __init__(self, path: str, clock: Clock, pace: int = 0) -> None:
        """`pace` is the most bytes per second; 0 for no limit."""
        self.size = 0
        self.digest = hashlib.sha256()
        self._path = path
        self._clock = clock
        self._pace = pace
        self._begun = time.monotonic()

    def blocks(self) -> Iterator[bytes]:
        """The content, unpacked when it is gzip. Raises `DamageError`, `TroubleError`."""
        raw = self.raw()
        first = next(raw, b"")
        if first.startswith(GZIP):
            yield from self._unpacked(first, raw)
            return
        packed = next((name for start, name in _PACKED.items() if first.startswith(start)), None)
        if packed:
            raise TroubleError("unsupported", f"is packed with {packed}; only gzip is unpacked")
        yield first
        yield from raw

    def raw(self) -> Iterator[bytes]:
        """The content as it stands. Raises `TroubleError`."""
        with explained(self._path), Path(self._path).open("rb", buffering=0) as stream:
            while data := stream.read(CHUNK):
                self._clock.check()
                self.size += len(data)
                self.digest.update(data)
                if self._pace:
                    time.sleep(max(0.0, self.size / self._pace - (time.monotonic() - self._begun)))
                yield data

    def _unpacked(self, first: bytes, raw: Iterator[bytes]) -> Iterator[bytes]:
        member = zlib.decompressobj(_AS_GZIP)
        pending = first
        while True:
            try:
                data = member.decompress(pending, CHUNK)
            except zlib.error as error:
                raise DamageError("data", f"cannot be unpacked: {error}") from None
            if data:
                yield data
            pending = member.unused_data if member.eof else member.unconsumed_tail
            if not pending and not (pending := next(raw, b"")):
                break
            if member.eof:
                member = zlib.decompressobj(_AS_GZIP)
        yield member.flush()
        if not member.eof:
            raise DamageError("truncated", "its compressed data ends too early")


@contextlib.contextmanager
def explained(path: str) -> Iterator[None]:
    """Errors of the operating system as `TroubleError`."""
    try:
        yield
    except OSError as error:
        raise trouble_of(error, path) from None


def trouble_of(error: OSError, path: str) -> TroubleError:
    """An error of the operating system in the words of `run_there`."""
    if isinstance(error, FileNotFoundError):
        return TroubleError("not-found", f"{error.filename or path} is not there")
    if isinstance(error, PermissionError):
        return TroubleError("denied", f"{error.filename or path} may not be read or written")
    full = error.errno in {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
    return TroubleError("too-large" if full else "failed", f"{error.filename or path}: {error.strerror}")


def answer(do: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer the request of the command line with one line of JSON, whatever happens."""
    request = json.loads(sys.argv[1])
    try:
        said = do(request)
    except TroubleError as trouble:
        said = {"trouble": trouble.code, "message": trouble.message}
    except OSError as error:
        found = trouble_of(error, "a file")
        said = {"trouble": found.code, "message": found.message}
    sys.stdout.write(json.dumps(said) + "\n")


def synced(path: str) -> None:
    """Make a file's content last through a power cut."""
    with Path(path).open("rb+") as stream:
        os.fsync(stream.fileno())
