"""Runs where a backup lies that is a plain tree: copies its files elsewhere, as a restore does."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from schoten_ict.backup.sent.pack import walk
from schoten_ict.backup.sent.streams import CHUNK, Clock, TroubleError, answer, explained

_SHOWN = 1000


def copy_back(request: dict[str, Any]) -> dict[str, Any]:
    """Copy the files below `path` into the folder `scratch`, at most `limit` bytes; links are left out."""
    clock, left, unread = Clock(request["seconds"]), request["limit"], list[str]()
    files = 0
    for path in walk(request["path"], unread):
        target = Path(request["scratch"], os.path.relpath(path, request["path"]))
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            with explained(str(target)):
                target.mkdir(exist_ok=True)
        elif stat.S_ISREG(mode):
            left -= _copied(path, target, left, clock, unread)
            files += 1
    return {"files": files, "bytes": request["limit"] - left, "unread": unread[:_SHOWN]}


def _copied(path: str, target: Path, room: int, clock: Clock, unread: list[str]) -> int:
    """Copy one file; how many bytes it took."""
    length = 0
    try:
        source = Path(path).open("rb")  # noqa: SIM115 - closed below; what fails to open is told apart
    except OSError:
        unread.append(path)
        return 0
    with source, explained(str(target)), target.open("wb") as copy:
        while data := source.read(CHUNK):
            clock.check()
            length += len(data)
            if length > room:
                raise TroubleError("too-large", "is larger than may be put into the scratch folder")
            copy.write(data)
    return length


def main() -> None:
    """Do what the command line asks for."""
    answer(copy_back)
