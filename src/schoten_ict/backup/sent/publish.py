"""Runs where the backups lie: gives a new backup its name, whole and synced, and keeps its sum."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from schoten_ict.backup.sent.streams import Clock, Reader, answer, explained, synced

_FILE_MODE = 0o660


def line_of(digest: str, name: str) -> str:
    """A manifest's line, as `sha256sum` writes it."""
    if not re.search(r"[\\\n\r]", name):
        return f"{digest}  {name}\n"
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"\\{digest}  {escaped}\n"


def publish(request: dict[str, Any]) -> dict[str, Any]:
    """Rename `path` to `target` once it is on the disk, and write its sum into the file `manifest`.

    The sum is written first: a kill between the two leaves a sum without a file, which the next run of the
    same name replaces, and never a file without its sum.
    """
    path, target, manifest = Path(request["path"]), Path(request["target"]), Path(request["manifest"])
    synced(str(path))
    reader = Reader(str(path), Clock(request["seconds"]))
    for _ in reader.raw():
        pass
    digest = reader.digest.hexdigest()
    _noted(manifest, target.name, digest)
    with explained(str(target)):
        path.replace(target)
    _sync_folder(target.parent)
    return {"sha256": digest, "size": reader.size}


def _noted(manifest: Path, name: str, digest: str) -> None:
    """Add a sum to a manifest, in place of an older one of the same name; the rest stays as it is."""
    with explained(str(manifest)):
        old = manifest.read_text("utf-8", "surrogateescape") if manifest.exists() else ""
        kept = [line for line in old.splitlines(keepends=True) if line.strip() and not _is_of(line, name)]
        lines = [line if line.endswith("\n") else f"{line}\n" for line in kept]
        handle, aside = tempfile.mkstemp(dir=manifest.parent)
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            stream.write("".join(lines) + line_of(digest, name))
        Path(aside).chmod(manifest.stat().st_mode & 0o777 if manifest.exists() else _FILE_MODE)
        synced(aside)
        Path(aside).replace(manifest)
    _sync_folder(manifest.parent)


def _is_of(line: str, name: str) -> bool:
    """Whether a line of a manifest is that of a file of this name, in whatever folder."""
    written = re.split(r" [ *]", line.rstrip("\r\n"), maxsplit=1)[-1]
    return re.split(r"[/\\]", written)[-1] == name


def _sync_folder(folder: Path) -> None:
    """Sync a folder's entries, where the platform can (POSIX)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(request: dict[str, Any]) -> dict[str, Any]:
    """Remove the files `paths`, which an earlier run left unfinished."""
    for each in request["paths"]:
        with explained(each):
            Path(each).unlink()
    return {"removed": len(request["paths"])}


def main() -> None:
    """Answer one request; `do` names the function."""
    answer(lambda request: {"publish": publish, "remove": remove}[request["do"]](request))
