"""Runs where the backups lie: reads one archive to its end, tells of its files, puts some of them aside.

Formats: tar (POSIX.1-2017 pax, ustar, GNU) and zip (PKWARE APPNOTE), packed or not, and single packed files.
No name of an archive touches the file system.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import json
import stat
import struct
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from schoten_ict.backup.sent.aside import Aside
from schoten_ict.backup.sent.streams import CHUNK, Clock, DamageError, Reader, TroubleError, trouble_of
from schoten_ict.backup.sent.unpacking import (
    Pipe,
    form_of,
    packing_of,
    unpacked,
    unpacked_by_zstd,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

MANIFESTS = frozenset(
    {"SHA256SUMS", "SHA256SUMS.txt", "sha256sums.txt", "MANIFEST.sha256", "manifest.sha256"}
)
"""What a manifest of an archive or a folder is called that lies in it, at its top."""
_MANIFEST_LIMIT = 64 * 1024 * 1024
_MEMORY = 4 * 1024 * 1024 * 1024
_UNZONED = 14 * 3600
"""A zip may tell local times without their zone: so much earlier they may be."""
_UNIX_TIME = 0x5455
_NONSENSE = (ValueError, ArithmeticError, LookupError, EOFError, struct.error, RecursionError)
"""What the libraries raise for bytes that their formats do not allow (text that is none, huge numbers)."""
_SHOWN = 5


def safe(name: str) -> str | None:
    """A path inside an archive without what every tool leaves out; None for one that leads elsewhere."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return None if ".." in parts or not parts else "/".join(parts)


class Teller:
    """Reads the files of one archive and tells of each: its path, size, time and, where asked, SHA-256."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.clock = Clock(request["seconds"])
        self.aside = Aside(request)
        self.faults: list[tuple[str, str, str]] = []
        self.trouble: tuple[str, str] | None = None
        self.told = {"bytes": 0, "links": 0, "others": 0, "doubles": 0}
        self._slice = request.get("slice")
        self._known: dict[str, tuple[int, str]] = {}
        self._links: set[str] = set()
        self._unsafe: list[str] = []

    def file(self, name: str, size: int, modified: float | None, content: IO[bytes] | Pipe) -> None:
        """Read one file to its end. Raises `DamageError`, `TroubleError`."""
        path = self._path(name)
        number = self.aside.place(path, size) if path and path not in MANIFESTS else None
        digest = hashlib.sha256() if path and self._is_hashed(path) else None
        is_manifest = path in MANIFESTS and 0 <= size <= _MANIFEST_LIMIT
        text, length = bytearray(), 0
        with self.aside.opened(number) as write:
            while data := content.read(CHUNK):
                self.clock.check()
                length += len(data)
                write(data)
                if digest:
                    digest.update(data)
                if is_manifest:
                    text += data
        if 0 <= size != length:
            raise DamageError("truncated", f"{name} ends too early")
        if path:
            self._tell(path, length, modified, digest.hexdigest() if digest else "")
            if is_manifest:
                say({"manifest": path, "text": base64.b64encode(text).decode("ascii")})

    def hard_link(self, name: str, target: str, modified: float | None) -> None:
        """A file that is another one of the archive."""
        path, known = self._path(name), self._known.get(safe(target) or "")
        if known is None:
            self.fault("incomplete", "is a link to a file that is not in it", name)
        elif path:
            self.told["doubles"] += 1
            self._tell(path, known[0], modified, known[1])

    def other(self, name: str, *, is_link: bool) -> None:
        """What is no file: links are counted, nothing is made of them."""
        self.told["links" if is_link else "others"] += 1
        if is_link and (path := self._path(name)):
            self._links.add(path)

    def fault(self, kind: str, message: str, where: str = "") -> None:
        """Something is wrong with the archive."""
        self.faults.append((kind, message, where))

    def end(self) -> None:
        """All of it was read."""
        if self._unsafe:
            shown = ", ".join(self._unsafe[:_SHOWN])
            self.fault("paths", f"paths that lead out of it: {shown}", self._unsafe[0])
        if not self._known and not self.faults and self.trouble is None:
            self.fault("empty", "holds no file")

    def _tell(self, path: str, size: int, modified: float | None, digest: str) -> None:
        self._known[path] = (size, digest)
        self.told["bytes"] += size
        say([path, size, modified, digest])

    def _path(self, name: str) -> str | None:
        path = safe(name)
        if path is None or self._is_behind_link(path):
            self._unsafe.append(name)
            return None
        if path in self._known:
            self.aside.forget(path)
        return path

    def _is_behind_link(self, path: str) -> bool:
        """Whether a file would be written through a link that the archive itself makes."""
        return bool(self._links) and any(str(parent) in self._links for parent in PurePosixPath(path).parents)

    def _is_hashed(self, path: str) -> bool:
        return self._slice is not None and slice_of(path, self._slice[1]) == self._slice[0]


def slice_of(name: str, of: int) -> int:
    """The slice that a file belongs to: the rule of `filepoints.slice_of`."""
    return zlib.crc32(name.encode("utf-8", "surrogateescape")) % of + 1


def read_tar(teller: Teller, pieces: Iterator[bytes]) -> None:
    """A tar to its end-of-archive blocks, and everything after them. Raises `DamageError`, `TroubleError`."""
    ends: list[tarfile.HeaderError] = []

    class Noted(tarfile.TarInfo):
        """Notes why there is no further header: `tarfile` takes a damaged one for the end."""

        @classmethod
        def fromtarfile(cls, archive: tarfile.TarFile) -> Any:
            try:
                return super().fromtarfile(archive)
            except tarfile.HeaderError as error:
                ends.append(error)
                raise

    opened: Any = tarfile.open
    options = {"bufsize": CHUNK, "tarinfo": Noted, "encoding": "utf-8", "errors": "surrogateescape"}
    more = False
    try:
        with opened(mode="r|", fileobj=Pipe(pieces), **options) as archive:
            for member in archive:
                _tar_member(teller, archive, member)
                archive.members = []  # of a stream they are of no use, and a million of them are large
            more = _more_follows(archive)
    except tarfile.ReadError:  # of the first header, noted already, or of a file that is cut short
        if not ends or type(ends[-1]).__name__ == "EOFHeaderError":
            ends.append(tarfile.HeaderError("a file is cut short"))
    why = type(ends[-1]).__name__ if ends else ""
    if why == "InvalidHeaderError":
        raise DamageError("data", f"the header of a file is damaged: {ends[-1]}")
    if why != "EOFHeaderError":
        raise DamageError("truncated", "it ends before its end-of-archive blocks")
    if more:
        teller.fault("incomplete", "more follows after its end, which no restore would read")


def _tar_member(teller: Teller, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    if member.islnk():
        teller.hard_link(member.name, member.linkname, float(member.mtime))
    elif member.isreg():
        content = archive.extractfile(member)
        assert content is not None
        teller.file(member.name, member.size, float(member.mtime), content)
    elif not member.isdir():
        teller.other(member.name, is_link=member.issym())


def _more_follows(archive: tarfile.TarFile) -> bool:
    """Read what follows the end, for the sums of the packing; whether it is more than padding."""
    more = False
    stream: Any = archive.fileobj
    while data := stream.read(CHUNK):
        more = more or bool(data.strip(b"\0"))
    return more


def read_zip(teller: Teller, path: str) -> None:
    """Every file of a zip against its CRC. Raises `DamageError`, `TroubleError`."""
    with Path(path).open("rb") as stream:
        length = stream.seek(0, 2)
        stream.seek(0)
        begins = packing_of(stream.read(4)) == "zip"
        try:
            with zipfile.ZipFile(stream) as archive:
                if sum(member.compress_size for member in archive.infolist()) > length:
                    raise DamageError("other", "its files overlap: it is made to fill disks")
                for member in archive.infolist():
                    _zip_member(teller, archive, member)
        except zipfile.BadZipFile as error:
            cut = begins and "not a zip file" in str(error)
            raise DamageError("truncated" if cut else "data", f"no whole zip: {error}") from None
        except (zlib.error, EOFError) as error:
            raise DamageError("data", f"cannot be unpacked: {error}") from None


def _zip_member(teller: Teller, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    mode, name = member.external_attr >> 16, member.filename.replace("\\", "/")
    if name.endswith("/"):
        return
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        teller.other(name, is_link=stat.S_ISLNK(mode))
        return
    try:
        with archive.open(member) as content:
            teller.file(name, member.file_size, _zip_time(member), content)
    except (RuntimeError, NotImplementedError) as error:
        teller.trouble = teller.trouble or ("unsupported", f"{name}: {error}")


def _zip_time(member: zipfile.ZipInfo) -> float | None:
    """When a file was changed: in UTC where Info-ZIP's extra field tells that, else at the earliest."""
    extra = member.extra
    while len(extra) > 4:  # noqa: PLR2004 - the header of a field: its id and its length
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        if kind == _UNIX_TIME and size > 4 and extra[4] & 1:  # noqa: PLR2004 - flags, then the time
            return float(int.from_bytes(extra[5:9], "little", signed=True))
        extra = extra[4 + size :]
    try:
        return float(calendar.timegm((*member.date_time, 0, 0, 0)) - _UNZONED)
    except ValueError:
        return None


def read(teller: Teller, path: str, raw: Reader) -> None:
    """Any archive or single file. Raises `DamageError`, `TroubleError`, `OSError`."""
    name = PurePosixPath(path.replace("\\", "/")).name
    with Path(path).open("rb") as stream:
        head = stream.read(8)
    if not head:
        raise DamageError("empty", "is a file of 0 bytes")
    packing, modified = packing_of(head), float(Path(path).stat().st_mtime)
    declared, is_tar = form_of(name)
    if declared is not None and packing != declared:
        raise DamageError("data", f"does not begin as {declared or 'a tar'} does")
    if packing == "zip" and declared is not None:
        read_zip(teller, path)
        return
    pieces = _pieces(path, packing if declared is not None else "", raw, teller.clock)
    if is_tar:
        read_tar(teller, pieces)
    else:
        teller.file(_single(name, declared), -1, modified, Pipe(pieces))
    for _ in pieces:
        pass


def _pieces(path: str, packing: str, raw: Reader, clock: Clock) -> Iterator[bytes]:
    if packing == "zstd":
        return unpacked_by_zstd(path, clock)
    return unpacked(packing, raw.raw()) if packing else raw.raw()


def _single(name: str, packing: str | None) -> str:
    """The name of what a packed file holds."""
    return name.rpartition(".")[0] if packing else name


def say(said: Any) -> None:
    """One line of the answer."""
    sys.stdout.write(json.dumps(said) + "\n")


def look(request: dict[str, Any]) -> None:
    """Read the archive at `path`: a line `[path, size, modified, sha256]` per file, and one that sums up.

    `slice` `[number, of]` says which files are hashed, `raw` whether the archive itself is; `scratch`,
    `limit` (bytes), `sample`, `seed`, `wanted` and `everything` which are put aside; `pace` is the most bytes
    that are read per second.
    """
    teller, path = Teller(request), request["path"]
    raw = Reader(path, teller.clock, request.get("pace", 0))
    digest = ""
    try:
        read(teller, path, raw)
        teller.end()
        digest = _sum_of(raw, path, teller.clock) if request.get("raw") else ""
    except DamageError as damage:
        teller.fault(damage.kind, damage.message)
    except TroubleError as trouble:
        teller.trouble = (trouble.code, trouble.message)
    except OSError as error:
        found = trouble_of(error, path)
        teller.trouble = (found.code, found.message)
    except NotImplementedError as error:
        teller.trouble = ("unsupported", str(error))
    except _NONSENSE as error:
        teller.fault("data", f"cannot be read: {error}")
    except MemoryError:
        teller.fault("data", "asks for more memory than any archive needs")
    say(
        {
            "faults": teller.faults,
            "trouble": teller.trouble,
            "sha256": digest,
            "aside": teller.aside.kept,
            "refused": teller.aside.refused,
            "told": teller.told,
        }
    )


def _sum_of(raw: Reader, path: str, clock: Clock) -> str:
    """The archive's own sum; what was read in leaps, or by another program, is read once more."""
    if raw.size != Path(path).stat().st_size:
        raw = Reader(path, clock)
        for _ in raw.raw():
            pass
    return raw.digest.hexdigest()


def main() -> None:
    """Do what the command line asks for."""
    try:
        import resource
    except ImportError:  # Windows
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    look(json.loads(sys.argv[1]))
