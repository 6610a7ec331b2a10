"""Runs where the backups lie: unpacks a PostgreSQL base backup in tar files into a folder, and nothing else.

Only regular files and folders are made, below that folder; whatever else such a backup holds (links to
tablespaces) is told and not made.
"""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from schoten_ict.backup.sent.streams import CHUNK, Clock, DamageError, Reader, TroubleError, answer, explained

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Stream:
    """The pieces of an unpacked file as something that `tarfile` reads."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer at the end."""
        parts, length = [self._rest], len(self._rest)
        while length < size and (piece := next(self._pieces, b"")):
            parts.append(piece)
            length += len(piece)
        data = b"".join(parts)
        self._rest = data[size:]
        return data[:size]


class _Folder:
    """The folder that is filled, with the bytes that may still be written."""

    def __init__(self, root: Path, limit: int) -> None:
        self._root = root
        self._left = limit
        self.files = 0
        self.others: list[str] = []

    def take(self, archive: tarfile.TarFile, member: tarfile.TarInfo, below: str) -> None:
        """Make a file or a folder of a member."""
        path = PurePosixPath(below, member.name)
        if path.is_absolute() or ".." in path.parts:
            raise DamageError("paths", f"{member.name} leads out of the backup")
        target = self._root / path
        if member.isdir():
            target.mkdir(0o700, parents=True, exist_ok=True)
        elif member.isreg():
            target.parent.mkdir(0o700, parents=True, exist_ok=True)
            self._write(archive, member, target)
        else:
            self.others.append(member.name)

    def _write(self, archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
        self._left -= member.size
        if self._left < 0:
            raise TroubleError("too-large", "is larger than may be put into the scratch folder")
        content = archive.extractfile(member)
        assert content is not None
        with explained(str(target)), target.open("xb") as stream:
            while data := content.read(CHUNK):
                stream.write(data)
        if target.stat().st_size != member.size:
            raise DamageError("truncated", f"{member.name} ends too early")
        self.files += 1


def unpack(request: dict[str, Any]) -> dict[str, Any]:
    """Unpack the tar files `tars` (pairs: a path, and the folder below `target` that it fills).

    `limit` is the most bytes that are written. `damaged` in the answer says what is wrong with them, `others`
    names what is neither file nor folder.
    """
    clock = Clock(request["seconds"])
    folder = _Folder(Path(request["target"]), request["limit"])
    for path, below in request["tars"]:
        try:
            _unpacked(folder, path, below, clock)
        except DamageError as damaged:
            return {"damaged": [damaged.kind, f"{PurePosixPath(path).name}: {damaged.message}"], "others": []}
    return {"files": folder.files, "others": folder.others[:20]}


def _unpacked(folder: _Folder, path: str, below: str, clock: Clock) -> None:
    pieces = Reader(path, clock).blocks()
    opened: Any = tarfile.open
    try:
        with opened(mode="r|", fileobj=_Stream(pieces), bufsize=CHUNK, errorlevel=2) as archive:
            for member in archive:
                folder.take(archive, member, below)
                archive.members = []
    except tarfile.ReadError as error:
        raise DamageError("truncated" if "end of" in str(error) else "data", str(error)) from None
    for _ in pieces:
        pass


def main() -> None:
    """Answer one request."""
    answer(unpack)
