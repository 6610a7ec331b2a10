"""Runs where the files lie: packs them into one archive, the list of their SHA-256 sums at its end."""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import io
import os
import stat
import tarfile
import time
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schoten_ict.backup.sent.publish import line_of
from schoten_ict.backup.sent.streams import CHUNK, Clock, answer, explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

_SUMS = "SHA256SUMS"
_MODE = 0o640
_SHOWN = 1000
_LEVEL = 6


class Hashed:
    """A file's content of exactly `size` bytes, hashed; what it lacks in the end is filled with zeros."""

    def __init__(self, stream: IO[bytes], size: int, clock: Clock) -> None:
        self.digest = hashlib.sha256()
        self.short = False
        self._stream = stream
        self._left = size
        self._clock = clock

    def read(self, length: int = CHUNK) -> bytes:
        """At most `length` bytes."""
        self._clock.check()
        wanted = min(length, self._left)
        data = b"" if self.short else self._stream.read(wanted)
        if len(data) < wanted:
            self.short = True
            data += bytes(wanted - len(data))
        self._left -= wanted
        self.digest.update(data)
        return data


class TarTarget:
    """Writes a tar, packed or not."""

    def __init__(self, stream: IO[bytes]) -> None:
        options: Any = {"encoding": "utf-8", "errors": "surrogateescape", "copybufsize": CHUNK}
        self._tar = tarfile.TarFile.open(fileobj=stream, mode="w|", bufsize=CHUNK, **options)

    def check(self, name: str) -> None:
        """Any name will do."""

    def add(self, name: str, path: str, status: os.stat_result, content: Hashed | None) -> None:
        """A file with its content; a folder or a link without."""
        member = self._tar.gettarinfo(path, arcname=name)
        if member is None:
            return
        if content is not None:  # also of a second name of the same file
            member.type, member.size, member.mtime = tarfile.REGTYPE, status.st_size, status.st_mtime
        self._tar.addfile(member, content)

    def text(self, name: str, content: bytes) -> None:
        """A file that is not on any disk."""
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = len(content), _MODE, int(time.time())
        self._tar.addfile(member, io.BytesIO(content))

    def close(self) -> None:
        """Write the end of the archive."""
        self._tar.close()


class ZipTarget:
    """Writes a zip. Links are left out: few tools restore them from one.

    A name that is no UTF-8 has no place in it.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)

    def check(self, name: str) -> None:
        """Raise `UnicodeError` for a name that is no text."""
        name.encode("utf-8")

    def add(self, name: str, _path: str, status: os.stat_result, content: Hashed | None) -> None:
        """A file with its content, or a folder."""
        moment = max(time.gmtime(status.st_mtime)[:6], (1980, 1, 1, 0, 0, 0))
        member = zipfile.ZipInfo(name if content else f"{name}/", min(moment, (2107, 12, 31, 23, 59, 58)))
        member.external_attr = (status.st_mode & 0xFFFF) << 16
        member.compress_type = zipfile.ZIP_DEFLATED
        member.extra = b"UT\x05\x00\x01" + (int(status.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little")
        if content is None:
            if not stat.S_ISLNK(status.st_mode):
                self._zip.writestr(member, b"")
            return
        member.file_size = status.st_size
        with self._zip.open(member, "w") as target:
            while data := content.read():
                target.write(data)

    def text(self, name: str, content: bytes) -> None:
        """A file that is not on any disk."""
        self._zip.writestr(name, content)

    def close(self) -> None:
        """Write the end of the archive."""
        self._zip.close()


def member_name(path: str) -> str:
    """What a file is called in an archive: its absolute path without the leading slash or a drive's colon."""
    return path.replace("\\", "/").replace(":", "", 1).strip("/") if os.name == "nt" else path.strip("/")


def walk(root: str, unread: list[str]) -> Iterator[str]:
    """A root and everything below it; links are not followed. What cannot be looked at goes to `unread`."""
    waiting = [root]
    while waiting:
        path = waiting.pop()
        try:
            is_folder = stat.S_ISDIR(os.lstat(path).st_mode)
            inside = sorted(os.scandir(path), key=lambda each: each.name, reverse=True) if is_folder else []
        except FileNotFoundError:
            continue
        except OSError:
            unread.append(path)
            continue
        yield path
        waiting += [each.path for each in inside]


def pack(request: dict[str, Any]) -> dict[str, Any]:
    """Pack the files below `roots`, but for those that fit `exclude`, into a new file at `path`.

    `form` is `tar` or `zip`, `packing` `""`, `gzip`, `bzip2` or `xz`. Nothing stays of an archive that cannot
    be finished, or that holds no file.
    """
    clock, target = Clock(request["seconds"]), Path(request["path"])
    with suppress(FileNotFoundError):
        target.unlink()
    try:
        with explained(str(target)), _opened(target, request["packing"]) as stream:
            made: Any = (ZipTarget if request["form"] == "zip" else TarTarget)(stream)
            said = _packed(request, made, clock)
            made.close()
    except BaseException:
        with suppress(OSError):
            target.unlink()
        raise
    if not said["files"]:
        target.unlink()
    return said


def _packed(request: dict[str, Any], made: Any, clock: Clock) -> dict[str, Any]:
    said: dict[str, Any] = {"files": 0, "bytes": 0, "absent": [], "unread": [], "changed": []}
    sums = []
    for root in request["roots"]:
        if not os.path.lexists(root):
            said["absent"].append(root)
            continue
        for path in walk(root, said["unread"]):
            if (
                not _is_left_out(path.replace(os.sep, "/"), request["exclude"])
                and path != request["path"]
                and member_name(path)
            ):
                sums += _added(made, path, said, clock)
    made.text(_SUMS, "".join(sums).encode("utf-8", "surrogateescape"))
    return {**said, **{name: said[name][:_SHOWN] for name in ("absent", "unread", "changed")}}


def _is_left_out(path: str, patterns: list[str]) -> bool:
    """The rule of `proving.excluded`."""
    return any(
        fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, f"{pattern}/*")
        for pattern in patterns
    )


def _added(made: Any, path: str, said: dict[str, Any], clock: Clock) -> list[str]:
    """Add one file, folder or link; the line of its sum."""
    name = member_name(path)
    try:
        made.check(name)
        status = os.lstat(path)
        if stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode):
            made.add(name, path, status, None)
        if not stat.S_ISREG(status.st_mode):
            return []
        stream = Path(path).open("rb")  # noqa: SIM115 - closed below; what fails to open is told apart
    except (OSError, UnicodeError):
        said["unread"].append(path)
        return []
    with stream:
        status = os.fstat(stream.fileno())
        content = Hashed(stream, status.st_size, clock)
        made.add(name, path, status, content)
        after = os.fstat(stream.fileno())
    if content.short or (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
        said["changed"].append(path)
    said["files"] += 1
    said["bytes"] += status.st_size
    return [line_of(content.digest.hexdigest(), name)]


@contextmanager
def _opened(target: Path, packing: str) -> Iterator[IO[bytes]]:
    """A new file that is on the disk when the block is left."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _MODE)
    with os.fdopen(descriptor, "wb") as raw:
        if packing:
            with _packer(packing, raw) as stream:
                yield stream
        else:
            yield raw
        raw.flush()
        os.fsync(raw.fileno())


def _packer(packing: str, raw: IO[bytes]) -> Any:
    if packing == "gzip":
        return gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=raw)
    if packing == "bzip2":
        import bz2

        return bz2.BZ2File(raw, "wb")
    import lzma

    return lzma.LZMAFile(raw, "wb")


def main() -> None:
    """Do what the command line asks for."""
    answer(pack)
