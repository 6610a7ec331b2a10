"""A borg repository as a folder of files, and a mirror of it that borg can be shown.

borg 1.x writes to a repository even where it only lists it: it takes a lock, it rebuilds an index that is
missing or damaged (and so hides that), and `check` keeps backups out and rewrites the configuration. Here it
never sees the repository itself: it gets a folder with copies of the small files and symbolic links to the
segments, which borg writes once and then only reads or removes. So nothing is written and nobody is locked
out, a repository that may only be read will do, and a share of the segments can be read by itself.

Source of the formats: the manual's page *Internals / Data structures and file formats*, *Repository*.
"""

import configparser
import re
from binascii import crc32
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

import msgspec

from schoten_ict.backup.ask.borg.lists import BorgOutputError
from schoten_ict.backup.facts import Fault, Kind, Lock
from schoten_ict.backup.order import Slice
from schoten_ict.core.machine import Entry, Machine, Program
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import counted, printable

_MOST_CONFIG = 1024 * 1024
_MOST_HINTS = 256 * 1024 * 1024
_SMALL = 64 * 1024
"""Segments that are read with every share: commits, and the manifest, which begins a segment of its own."""
_COMMIT = b"BORG_SEG\x40\xf4\x3c\x25\x09\x00\x00\x00\x02"
"""A whole segment that holds only a commit: the last of each transaction."""
_SEGMENT = re.compile(r"\d+/(\d+)")
_INDEX = re.compile(r"index\.(\d+)")
_SHOWN = 5


class UnusableError(Exception):
    """A folder that borg could not open; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file `config` says."""

    id: str
    segments_per_folder: int
    append_only: bool


def settings_of(content: bytes) -> Settings:
    """The file `config`. Raises `BorgOutputError`."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(content.decode())
        section = parser["repository"]
        settings = Settings(
            section["id"].strip(),
            section.getint("segments_per_dir", 0),
            section.getboolean("append_only", fallback=False),
        )
        version = section.getint("version", 0)
    except (configparser.Error, KeyError, ValueError) as error:
        raise BorgOutputError(printable(str(error).partition("\n")[0])) from None
    if re.fullmatch(r"[0-9a-f]{64}", settings.id) is None or settings.segments_per_folder < 1:
        raise BorgOutputError("the id or the number of segments per folder is damaged")
    if version != 1:
        raise BorgOutputError(f"version {version} of the format, of which only 1 (borg 1.x) is known")
    return settings


class _Hints(msgspec.Struct):
    segments: dict[int, int]


def segments_in_use(hints: bytes) -> frozenset[int] | None:
    """The segments that hold something (`hints.N`); None when the file cannot be read."""
    try:
        found = msgspec.msgpack.decode(hints, type=_Hints)
    except (msgspec.DecodeError, RecursionError):
        return None
    return frozenset(number for number, objects in found.segments.items() if objects > 0)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: a host as borg names it (`NAME@HARDWARE`) and a process there."""

    host: str
    process: int
    exclusive: bool

    @property
    def name(self) -> str:
        """The host's name alone."""
        return self.host.partition("@")[0]


def holder_of(name: str) -> Holder | None:
    """The name of a file in `lock.exclusive`: `HOST.PROCESS-THREAD`; None for anything else."""
    found = re.fullmatch(r"(.+)\.(\d{1,9})-[0-9a-f]+", name, re.DOTALL)
    return Holder(found[1], int(found[2]), exclusive=True) if found else None


def roster_of(content: bytes) -> list[Holder]:
    """The file `lock.roster`: who reads and who writes; nobody where it cannot be read."""
    try:
        roster = msgspec.json.decode(content, type=dict[str, list[tuple[str, int, int]]])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return []
    return [
        Holder(host, process, exclusive=name == "exclusive")
        for name in ("exclusive", "shared")
        for host, process, _ in roster.get(name, [])
    ]


@dataclass(frozen=True, slots=True)
class Repository:
    """What lies in a repository on the disk of the machine that looks.

    `index` is the transaction of which there is an index, `last` the last one that was committed: segments
    after it belong to one that is not. `faults` are those that show without reading any data.
    """

    root: str
    settings: Settings
    segments: Mapping[int, Entry]
    names: frozenset[str]
    index: int | None
    last: int
    locks: tuple[Lock, ...]
    faults: tuple[Fault, ...]

    @property
    def lacks_index(self) -> bool:
        """Whether the index, or what belongs to it, is missing."""
        return any(fault.kind is Kind.INDEX for fault in self.faults)

    @property
    def committed(self) -> list[int]:
        """The segments that count."""
        return [number for number in self.segments if number <= self.last]

    def share(self, part: Slice) -> list[int]:
        """The segments of one slice, the same ones whatever is added or removed, and all small ones."""
        return [
            number
            for number in self.committed
            if crc32(b"%d" % number) % part.of == part.number - 1 or self.segments[number].size < _SMALL
        ]

    @property
    def paths(self) -> list[str]:
        """The files of the segments that count."""
        return [f"{self.root}/data/{self.segments[number].path}" for number in self.committed]

    def size(self, numbers: Iterable[int]) -> int:
        """The bytes of some segments."""
        return sum(self.segments[number].size for number in numbers)


def look(machine: Machine, root: str, seconds: float) -> Repository:
    """Look at the files without reading any data. Raises `UnusableError`, `RemoteError`."""
    settings = _settings(machine, root, seconds)
    beside = {PurePosixPath(each.path).name: each for each in machine.glob(f"{root}/*", seconds)}
    segments = _segments(machine, root, seconds)
    indexes = [int(found[1]) for name in beside if (found := _INDEX.fullmatch(name)) and beside[name].size]
    index = max(indexes, default=None)
    commits = [number for number, entry in segments.items() if entry.size == len(_COMMIT)]
    used = _in_use(machine, root, beside, index, seconds)
    faults = [*_lost(segments, index, used), *_lacking(beside, index)]
    return Repository(
        root=root,
        settings=settings,
        segments=segments,
        names=frozenset(beside),
        index=index,
        last=max([*commits, *([index] if index in segments else [])], default=max(segments)),
        locks=tuple(_locks(machine, root, beside, seconds)),
        faults=tuple(faults),
    )


def _settings(machine: Machine, root: str, seconds: float) -> Settings:
    try:
        return settings_of(machine.read(f"{root}/config", _MOST_CONFIG, seconds))
    except BorgOutputError as error:
        raise UnusableError(Fault(Kind.CONFIG, f"config: {error}", "config")) from None
    except RemoteError as error:
        if error.problems[0].code != "absent":
            raise
    if machine.glob(f"{root}/data", seconds):
        raise UnusableError(Fault(Kind.CONFIG, f"{root}/config is missing", "config"))
    raise UnusableError(Fault(Kind.NO_REPOSITORY, f"there is no borg repository at {root}"))


def _segments(machine: Machine, root: str, seconds: float) -> dict[int, Entry]:
    """The segments by number, in their order; `path` counts from the folder `data`."""
    try:
        tree = machine.tree(f"{root}/data", seconds)
    except RemoteError as error:
        if error.problems[0].code != "absent":
            raise
        raise UnusableError(Fault(Kind.MISSING_DATA, f"{root}/data is missing", "data")) from None
    if tree.unreadable:
        path, reason = next(iter(tree.unreadable.items()))
        raise UnusableError(Fault(Kind.DENIED, f"{root}/data/{path}: {reason}"))
    found = {int(match[1]): each for each in tree.entries if (match := _SEGMENT.fullmatch(each.path))}
    if not found:
        raise UnusableError(Fault(Kind.MISSING_DATA, f"{root}/data holds no segment", "data"))
    return dict(sorted(found.items()))


def _in_use(
    machine: Machine, root: str, beside: Mapping[str, Entry], index: int | None, seconds: float
) -> frozenset[int]:
    """What the hints say; nothing where they cannot be read, which borg itself will tell."""
    name = f"hints.{index}"
    if name not in beside:
        return frozenset()
    return segments_in_use(machine.read(f"{root}/{name}", _MOST_HINTS, seconds)) or frozenset()


def _lost(segments: Mapping[int, Entry], index: int | None, used: frozenset[int]) -> Iterator[Fault]:
    """Segments that must be there. In the middle of a transaction nobody can tell."""
    missing = sorted(number for number in used if number not in segments)
    empty = sorted(number for number in used if number in segments and not segments[number].size)
    uncommitted = index is None or index not in segments
    if (missing or uncommitted) and index is not None and max(segments) > index:
        raise UnusableError(Fault(Kind.LOCKED, "in the middle of a change: segments come and go"))
    if missing:
        words = f"{counted(len(missing), 'segment')} missing: {_some(missing)}"
        yield Fault(Kind.MISSING_DATA, words, f"segment {missing[0]}")
    if empty:
        words = f"{counted(len(empty), 'segment')} empty: {_some(empty)}"
        yield Fault(Kind.TRUNCATED, words, f"segment {empty[0]}")
    if uncommitted and index is not None:
        words = f"the last commit (segment {index}) is missing: borg falls back to an earlier state"
        yield Fault(Kind.MISSING_DATA, words, f"segment {index}")


def _lacking(beside: Mapping[str, Entry], index: int | None) -> Iterator[Fault]:
    """Files beside the segments that must be there; borg would make them anew without a word."""
    if index is None:
        yield Fault(Kind.INDEX, "the index is missing", "index")
        return
    for name in (f"hints.{index}", f"integrity.{index}"):
        if name not in beside:
            yield Fault(Kind.INDEX, f"{name} is missing", name)


def _some(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:_SHOWN])) + (", ..." if len(numbers) > _SHOWN else "")


def _locks(machine: Machine, root: str, beside: Mapping[str, Entry], seconds: float) -> Iterator[Lock]:
    """Who holds locks; `alive` where the process is one of this machine."""
    held: dict[Holder, datetime | None] = {}
    if "lock.exclusive" in beside:
        for each in machine.glob(f"{root}/lock.exclusive/*", seconds):
            if (holder := holder_of(PurePosixPath(each.path).name)) is not None:
                held[holder] = each.modified
    if "lock.roster" in beside:
        roster = roster_of(machine.read(f"{root}/lock.roster", _MOST_CONFIG, seconds))
        held |= {holder: held.get(holder) for holder in roster}
    here = _host_name(machine, seconds) if held else ""
    for holder, since in held.items():
        is_here = bool(here) and holder.name.partition(".")[0].casefold() == here.partition(".")[0].casefold()
        alive = bool(machine.glob(f"/proc/{holder.process}", seconds)) if is_here else None
        words = f"process {holder.process} on {printable(holder.name)}"
        yield Lock(words, since, holder.exclusive, alive)


def _host_name(machine: Machine, seconds: float) -> str:
    try:
        return machine.read("/proc/sys/kernel/hostname", 256, seconds).decode("utf-8", "replace").strip()
    except RemoteError:
        return ""


def mirror(
    machine: Machine,
    repository: Repository,
    folder: str,
    numbers: Sequence[int],
    seconds: float,
    *,
    index: bool,
) -> None:
    """Make `folder` a mirror with these segments, with the index and what belongs to it or without.

    It gets one more commit: so all these segments count, and borg reads index and hints and compares them
    with their checksums, which otherwise it does only before it writes. Raises `RemoteError`.
    """
    extra = repository.last + 1
    folders = {number: str(PurePosixPath(repository.segments[number].path).parent) for number in numbers}
    into = f"{folder}/data/{extra // repository.settings.segments_per_folder}"
    _do(machine, ("mkdir", "-p", into, *{f"{folder}/data/{each}" for each in folders.values()}), seconds)
    names = ["config", *({"README"} & repository.names)]
    if index and repository.index is not None:
        belonging = {f"{name}.{repository.index}" for name in ("index", "hints", "integrity")}
        names += sorted(belonging & repository.names)
    _do(machine, ("cp", "-t", folder, "--", *(f"{repository.root}/{name}" for name in names)), seconds)
    for each in sorted(set(folders.values())):
        inside = (repository.segments[number].path for number in numbers if folders[number] == each)
        links = [f"{repository.root}/data/{path}" for path in inside]
        _do(machine, ("xargs", "-0", "ln", "-s", "-t", f"{folder}/data/{each}", "--"), seconds, links)
    if not index or repository.index == repository.last:
        machine.write(f"{into}/{extra}", _COMMIT, seconds)


def _do(machine: Machine, words: tuple[str, ...], seconds: float, paths: Sequence[str] = ()) -> None:
    stdin = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
    done = machine.run(Program(words, stdin=stdin, seconds=seconds))
    if done.exit_code:
        said = printable(done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2])
        raise RemoteError(f"{machine.name}: {words[0]} failed: {said}", code="failed")


def has_changed(machine: Machine, repository: Repository, seconds: float) -> bool:
    """Whether segments that counted are gone or others now, so that borg may have missed them."""
    try:
        now = _segments(machine, repository.root, seconds)
    except (UnusableError, RemoteError):
        return False
    return any(
        number not in now or now[number].size != repository.segments[number].size
        for number in repository.committed
    )
