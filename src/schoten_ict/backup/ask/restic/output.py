"""What restic answers, as text and as JSON. Measured with 0.14.0, 0.18.0 and 0.19.1."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from schoten_ict.backup.ask import magic
from schoten_ict.backup.ask.restic.messages import LONGEST, faults_in, is_of_reading, messages
from schoten_ict.backup.facts import Churn, Fault, Lock, Point
from schoten_ict.core.machine import Entry
from schoten_ict.core.text import printable


class NotUnderstoodError(ValueError):
    """Restic printed something that it is not known to print."""


def version_of(stdout: str) -> tuple[int, int, int]:
    """The version in `restic 0.14.0 compiled with go1.19.8 on linux/amd64`."""
    found = re.match(r"restic v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?\b", stdout)
    if found is None:
        raise NotUnderstoodError(f"no version of restic: {printable(stdout[:80])!r}")
    return int(found[1]), int(found[2]), int(found[3] or 0)


class _Summary(msgspec.Struct):
    backup_start: datetime | None = None
    backup_end: datetime | None = None
    files_new: int | None = None
    files_changed: int | None = None
    data_added: int | None = None
    data_added_packed: int | None = None
    total_files_processed: int | None = None
    total_bytes_processed: int | None = None


class _Snapshot(msgspec.Struct):
    id: str
    time: datetime
    hostname: str = ""
    paths: list[str] | None = None
    original: str | None = None
    summary: _Summary | None = None


def points_of(stdout: bytes) -> tuple[Point, ...]:
    """The snapshots of `snapshots --json`. From 0.17 on they hold a summary; none says what was left out."""
    try:
        found = msgspec.json.decode(stdout, type=list[_Snapshot] | None)
        return tuple(_point(each) for each in found or ())
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, OverflowError) as error:
        raise NotUnderstoodError(f"no list of snapshots: {printable(str(error))}") from None


def _point(found: _Snapshot) -> Point:
    summary = found.summary or _Summary()
    start, end = summary.backup_start, summary.backup_end
    return Point(
        id=found.id,
        at=found.time.astimezone(UTC),
        host=found.hostname,
        paths=tuple(found.paths or ()),
        size=summary.total_bytes_processed,
        files=summary.total_files_processed,
        new_files=summary.files_new,
        changed_files=summary.files_changed,
        added=summary.data_added,
        packed=summary.data_added_packed,
        seconds=(end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() if start and end else None,
        original=found.original or "",
    )


_UNLOADED = re.compile(
    r'(?:Ignoring "|could not load snapshot )(?P<id>[0-9a-f]{8,64})(?:"[:,]?|:) (?P<why>.*)', re.ASCII
)


def damaged_in(stderr: str) -> dict[str, str]:
    """The snapshots that could not be loaded, by id (its beginning, before 0.15), and why."""
    found = (_UNLOADED.match(line) for line in stderr.splitlines())
    return {each["id"]: printable(each["why"][:LONGEST]) for each in found if each}


class _Lock(msgspec.Struct):
    time: datetime
    exclusive: bool = False
    hostname: str = ""
    username: str = ""
    pid: int = 0


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a lock is: a process of a host. `lock` does not know yet whether it is alive."""

    host: str
    pid: int
    lock: Lock


def holder_of(stdout: bytes) -> Holder:
    """The content of a lock, as `cat lock` prints it. It is written anew every five minutes."""
    try:
        found = msgspec.json.decode(stdout, type=_Lock)
        since = found.time.astimezone(UTC)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, OverflowError) as error:
        raise NotUnderstoodError(f"no lock: {printable(str(error))}") from None
    who = printable(f"{found.username}@{found.hostname} (PID {found.pid})")
    return Holder(found.hostname, found.pid, Lock(who, since, found.exclusive, None))


def ids_in(stdout: str) -> list[str]:
    """The ids that `list` prints, one a line."""
    return [line for line in stdout.splitlines() if re.fullmatch("[0-9a-f]{64}", line)]


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` said. `clean`: its closing words are there.

    `packs` are those that were read, of how many; None where it says nothing of that. `snapshots` likewise.
    `structure` and `reading` are what it complained of.
    """

    clean: bool
    snapshots: tuple[int, int] | None
    packs: tuple[int, int] | None
    structure: tuple[Fault, ...]
    reading: tuple[Fault, ...]


def checked(stdout: str, stderr: str) -> Checked:
    """Reads the text of `check`, or the summary that `check --json` gives from 0.17 on."""
    said = list(messages(stderr))
    return Checked(
        clean="no errors were found" in stdout.splitlines() or _is_clean(stdout),
        snapshots=_counted(stdout, "snapshots"),
        packs=_counted(stdout, "packs"),
        structure=faults_in(text for text in said if not is_of_reading(text)),
        reading=faults_in(text for text in said if is_of_reading(text)),
    )


def _is_clean(stdout: str) -> bool:
    for line in stdout.splitlines():
        found = _object(line)
        if found.get("message_type") == "summary" and "num_errors" in found:
            return bool(found["num_errors"] == 0)
    return False


def _counted(stdout: str, what: str) -> tuple[int, int] | None:
    """The last `[0:00] 100.00%  2 / 2 packs`; where there is nothing to count restic says `0 packs`."""
    found = re.findall(rf"^\[[\d:]+\].*?(\d{{1,12}})(?: / (\d{{1,12}}))? {what}", stdout, re.MULTILINE)
    return (int(found[-1][0]), int(found[-1][1] or found[-1][0])) if found else None


def _object(line: str | bytes) -> dict[str, Any]:
    """A line that is a JSON object; an empty one for any other."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return {}
    return found if isinstance(found, dict) else {}


class _Node(msgspec.Struct):
    struct_type: str = ""
    type: str = ""
    path: str = ""
    id: str = ""
    size: int = 0
    mtime: datetime | None = None


class _Timeless(msgspec.Struct):
    struct_type: str = ""
    type: str = ""
    path: str = ""
    id: str = ""
    size: int = 0


_NODE = msgspec.json.Decoder(_Node)
_TIMELESS = msgspec.json.Decoder(_Timeless)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def files_in(lines: Iterable[bytes], snapshot: str) -> Iterator[Entry]:
    """The files of `ls --json`, with the paths that the snapshot has, as they come.

    Raises `NotUnderstoodError` for a line that is no node, and where the first does not name the snapshot:
    before 0.15 one that cannot be loaded is an empty answer with exit code 0.
    """
    head = False
    for line in lines:
        node = _node(line)
        if node.struct_type == "snapshot":
            head = head or node.id == snapshot
        elif not head:
            break
        elif node.type == "file":
            mtime = node.mtime if isinstance(node, _Node) else None
            yield Entry(node.path, max(node.size, 0), mtime.astimezone(UTC) if mtime else _EPOCH)
    if not head:
        raise NotUnderstoodError(f"snapshot {snapshot[:8]} was not listed")


def _node(line: bytes) -> "_Node | _Timeless":
    try:
        node = _NODE.decode(line)
        if node.mtime is not None:
            node.mtime.astimezone(UTC)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
        return _timeless(line)
    return node


def _timeless(line: bytes) -> _Timeless:
    """A node with a time that no calendar here has."""
    try:
        return _TIMELESS.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotUnderstoodError(f"no file of a snapshot: {printable(repr(line[:80]))}") from None


def churn_of(stdout: bytes, files: int, suffixes: Mapping[str, int]) -> Churn | None:
    """What `diff --json` tells between two snapshots; the newer holds `files` files with these `suffixes`.

    None where it prints no statistics (0.12 knows no JSON there).
    """
    added: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    total: dict[str, Any] = {}
    for line in stdout.splitlines():
        found = _object(line)
        if found.get("message_type") == "statistics":
            total = found
        path, modifier = found.get("path"), found.get("modifier")
        if isinstance(path, str) and isinstance(modifier, str) and not path.endswith("/"):
            (added if "+" in modifier else removed if "-" in modifier else Counter())[
                magic.suffix_of(path)
            ] += 1
    numbers = (
        _number(total, "added", "files"),
        _number(total, "removed", "files"),
        _number(total, "changed_files"),
    )
    if any(number is None for number in numbers):
        return None
    new, gone, changed = (number or 0 for number in numbers)
    before = Counter(suffixes)
    before.subtract(added)
    before.update(removed)
    return Churn(new, changed, gone, max(files - new + gone, 0), dict(suffixes), dict(+before))


def _number(found: dict[str, Any], *keys: str) -> int | None:
    value: Any = found
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What `backup --json` said. `point` is the new snapshot's id (its beginning, before 0.15) or empty.

    `unread` are the files that could not be read, `skipped` the sources that were not there.
    """

    point: str
    told: Mapping[str, int | float]
    unread: tuple[str, ...]
    skipped: tuple[str, ...]


_TOLD = {
    "total_files_processed": "files", "total_bytes_processed": "bytes", "files_new": "new",
    "files_changed": "changed", "data_added": "added", "data_added_packed": "packed",
}  # fmt: skip


def backed_up(stdout: str, stderr: str) -> BackedUp:
    """Reads the summary, and the errors that came before it."""
    summary: dict[str, Any] = {}
    unread = []
    for line in (*stdout.splitlines(), *stderr.splitlines()):
        found = _object(line)
        if found.get("message_type") == "summary":
            summary = found
        elif found.get("message_type") == "error" and isinstance(found.get("item"), str):
            unread.append(printable(found["item"]))
    skipped = [
        printable(line.removesuffix(" does not exist, skipping"))
        for line in stderr.splitlines()
        if line.endswith(" does not exist, skipping")
    ]
    point = summary.get("snapshot_id")
    told = {name: value for key, name in _TOLD.items() if (value := _number(summary, key)) is not None}
    return BackedUp(point if isinstance(point, str) else "", told, tuple(unread), tuple(skipped))
