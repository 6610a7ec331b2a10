"""Paths as restic keeps them in a snapshot, and as patterns that it understands."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath

REPLACED = "\ufffd"
"""What restic's JSON has for each byte that is no UTF-8."""


def include(path: str) -> str:
    """A file of a snapshot as a pattern (Go's `filepath.Match`) that fits it alone, unknown bytes apart."""
    return re.sub(r"[*?\[]", r"[\g<0>]", path.replace("\\", "\\\\")).replace(REPLACED, "?")


def exclude(pattern: str) -> str:
    """A shell pattern on whole paths, whose `*` crosses folders, as one of restic, whose `**` does.

    It leaves out nothing that `proving.excluded` does not; what it leaves in is backed up needlessly.
    """
    *folders, last = pattern.replace("\\", "\\\\").replace("[!", "[^").split("/")
    folders = [_crossing(folder, is_first=not index) for index, folder in enumerate(folders)]
    found = "/".join((*folders, _crossing(last, is_first=not folders) if last != "*" else last))
    return f"\\{found}" if found.startswith("!") else found


def _crossing(part: str, *, is_first: bool) -> str:
    if part == "*":
        return "**"
    return f"**/{part}" if part.startswith("*") and not is_first else part


class Roots:
    r"""Where the files of a snapshot stood: restic leaves out what was before a source that was relative.

    `restic backup data` in `/srv` keeps `/data/x` and says that its paths are `/srv/data`. Windows paths
    (`C:\data`) are kept as `/C/data`.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._alone = paths[0] if len(paths) == 1 else ""
        ends = [("/" + "/".join(parts[-n:]), n, path) for path in paths for parts in [_parts(path)]
                for n in range(1, len(parts) + 1)]  # fmt: skip
        self._ends = [(end, path) for end, _, path in sorted(ends, key=lambda each: -each[1])]

    def outside(self, path: str) -> str:
        """Where a file of the snapshot stood."""
        for end, root in self._ends:
            if path.startswith(end) and path[len(end) : len(end) + 1] in {"", "/"}:
                return root + path[len(end) :]
        return self._alone.rstrip("/") + path


def _parts(path: str) -> list[str]:
    if re.match(r"[A-Za-z]:|\\\\", path):
        windows = PureWindowsPath(path)
        return [part for part in (windows.drive.replace(":", ""), *windows.parts[1:]) if part]
    return [part for part in PurePosixPath(path).parts if part != "/"]
