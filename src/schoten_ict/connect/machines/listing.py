"""What POSIX tools say about files: `find -printf`, `sha256sum`, `od`, `df`. Pure.

File names are bytes. One that is no UTF-8 becomes text with surrogate escapes (PEP 383), as in `os.listdir`.
Sources: find(1) and sha256sum(1) of GNU findutils and coreutils, POSIX.1-2017 for `od` and `df`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from schoten_ict.core.machine import Entry

FORMAT = r"%y\0%s\0%T@\0%C@\0%P\0"
"""What `find -printf` is asked for: kind, size, times, and the path below the folder."""
_FIELDS = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_COMPLAINT = re.compile(rb"find: (?:'|\xe2\x80\x98)(.*)(?:'|\xe2\x80\x99): ([^:]+)")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_SUM = re.compile(rb"(\\?)([0-9a-fA-F]{64}) [ *](.+)", re.DOTALL)
_AVAILABLE = re.compile(rb"\s[0-9]+\s+[0-9]+\s+(-?[0-9]+)\s+(?:[0-9]+%|-)\s+/")


class ListingError(ValueError):
    """The bytes are not what the tool writes."""


class Found:
    """Implements `core.remote.Sink`: the files that `find` tells of as `FORMAT`, at most `most`."""

    def __init__(self, most: int) -> None:
        self.entries: list[Entry] = []
        self.full = False
        self._most = most
        self._rest = b""

    def take(self, data: bytes) -> None:
        """The next bytes. Raises `ListingError`."""
        fields = (self._rest + data).split(b"\0")
        whole = (len(fields) - 1) // _FIELDS * _FIELDS
        self._rest = b"\0".join(fields[whole:])
        for start in range(0, whole, _FIELDS):
            if len(self.entries) >= self._most:
                self.full = True
                return
            self.entries.append(_entry(*fields[start : start + _FIELDS]))

    def end(self) -> None:
        """Nothing more comes. Raises `ListingError` when a file is told by half."""
        if self._rest and not self.full:
            raise ListingError("the list of files breaks off")


def _entry(kind: bytes, size: bytes, modified: bytes, changed: bytes, path: bytes) -> Entry:
    try:
        begun, inode = _moment(modified), _moment(changed)
        return Entry(text_of(path) or ".", int(size), begun, max(begun, inode), is_folder=kind == b"d")
    except ValueError:
        raise ListingError(f"{size!r}, {modified!r} or {changed!r} is no number") from None


def _moment(seconds: bytes) -> datetime:
    """`1795824103.0698317840`; before 1970 the fraction still counts forwards."""
    whole, _, fraction = seconds.partition(b".")
    return moment(int(whole) * 1_000_000 + int(fraction[:6].ljust(6, b"0")))


def moment(microseconds: int) -> datetime:
    """A file's time since 1970; one that no calendar has (a damaged inode) is the nearest that has."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return _FIRST if microseconds < 0 else _LAST


def unreadable(stderr: bytes, root: str) -> dict[str, str]:
    """What `find` complained of: the path below `root` (`.` for itself), and why."""
    found: dict[str, str] = {}
    for line in stderr.splitlines():
        if line.startswith(b"find: warning:"):
            continue
        match = _COMPLAINT.fullmatch(line.strip())
        if match is None:
            found.setdefault(".", line.decode("utf-8", "replace").strip())
            continue
        path = text_of(_unescaped(match[1]))
        below = path.removeprefix(root.rstrip("/")).strip("/")
        found[below or "."] = match[2].decode("utf-8", "replace").strip()
    return found


def sum_of(line: bytes) -> tuple[str, str] | None:
    """The path and the SHA-256 of one line of `sha256sum`; None for any other line."""
    match = _SUM.fullmatch(line)
    if match is None:
        return None
    path = _unescaped(match[3]) if match[1] else match[3]
    return text_of(path), match[2].decode("ascii").lower()


def _unescaped(text: bytes) -> bytes:
    """A file name without the escapes that keep it on one line."""

    def plain(match: re.Match[bytes]) -> bytes:
        what = match[1]
        return bytes([int(what, 8) & 255]) if what.isdigit() else _ESCAPES.get(what, what)

    return _ESCAPE.sub(plain, text)


class Sums:
    """Implements `core.remote.Sink`: what `sha256sum` says of the files in `wanted` (their names there)."""

    def __init__(self, wanted: Mapping[str, str]) -> None:
        self.found: dict[str, str] = {}
        self.full = False
        self._wanted = wanted
        self._rest = b""

    def take(self, data: bytes) -> None:
        """The next bytes; lines of anything else are passed over."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            pair = sum_of(line)
            if pair is not None and pair[0] in self._wanted:
                self.found[self._wanted[pair[0]]] = pair[1]


def heads_of(output: bytes, number: int) -> list[bytes | None]:
    """One line per file: its first bytes in hexadecimal, or `-`. Raises `ListingError` for other output."""
    lines = output.split(b"\n")[:-1]
    if len(lines) != number:
        raise ListingError(f"{len(lines)} answers for {number} files")
    try:
        return [None if line == b"-" else bytes.fromhex(line.decode("ascii")) for line in lines]
    except ValueError:
        raise ListingError("an answer is no hexadecimal text") from None


def available(output: bytes) -> int:
    """The free bytes in the output of `df -P -k` for one folder. Raises `ListingError`."""
    match = None
    for line in output.splitlines()[1:]:
        match = _AVAILABLE.search(line) or match
    if match is None:
        raise ListingError("no line of df tells what is available")
    return max(0, int(match[1])) * 1024


def matcher(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """Whether a name matches a pattern in which only `*` and `?` mean something."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(char, re.escape(char)) for char in pattern)
    compiled = re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
    return lambda name: compiled.fullmatch(name) is not None


def text_of(name: bytes) -> str:
    """A file name as text; bytes that are no UTF-8 become surrogate escapes."""
    return name.decode("utf-8", "surrogateescape")


def bytes_of(name: str) -> bytes:
    """The bytes of a file name on a POSIX machine, whatever machine asks."""
    return name.encode("utf-8", "surrogateescape")
