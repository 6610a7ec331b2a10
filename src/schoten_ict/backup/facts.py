"""What an engine saw of a job's backups: plain facts, judged elsewhere.

`None` always means *not looked at*, an empty value *looked, and there is nothing*. All times are in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong, in the words that findings use."""

    # could not look: unknown
    UNREACHABLE = "not reachable"
    TIMEOUT = "not done in time"
    LOCKED = "locked"
    DENIED = "access denied"
    NO_PROGRAM = "program missing"
    NO_SPACE = "no room to restore"
    NOT_PROVABLE = "cannot be proven"
    PROTOCOL = "answer not understood"
    # looked, and it is bad: fail
    NO_REPOSITORY = "repository missing"
    NO_SOURCE = "source missing"
    PASSWORD = "wrong password or damaged key"  # noqa: S105 - a kind of fault
    CONFIG = "configuration damaged"
    KEY = "key damaged"
    SNAPSHOT = "snapshot damaged"
    TREE = "tree damaged"
    INDEX = "index damaged"
    DATA = "data damaged"
    CHANGED = "content changed"
    MISSING_DATA = "data missing"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    MISSING_FILES = "files missing"
    DIFFERS = "differs from the source"
    MANIFEST = "differs from the manifest"
    EXTRA = "files that do not belong there"
    DATABASE = "database damaged"
    TABLES = "tables or rows missing"
    WAL = "WAL missing"
    INCOMPLETE = "backup incomplete"
    ROLLBACK = "rolled back"
    PATHS = "unsafe paths in the archive"
    FAILED = "the product reports a failure"
    ENCRYPTION = "signs of encryption"
    OTHER = "fault"

    @property
    def is_ignorance(self) -> bool:
        """Whether it says only that nothing could be looked at."""
        return self in _IGNORANCE


_IGNORANCE = frozenset(
    {Kind.UNREACHABLE, Kind.TIMEOUT, Kind.LOCKED, Kind.DENIED, Kind.NO_PROGRAM, Kind.NO_SPACE,
     Kind.NOT_PROVABLE, Kind.PROTOCOL}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: its kind, the tool's or our own words, and where (a pack, a file, a table).

    `paths` are the files of the backup that it is about, so that the next look looks at them again.
    """

    kind: Kind
    message: str
    where: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One backup that can be restored: a restic snapshot, a borg archive, an archive file, a dump.

    `at` is when it was taken (its start). `complete` is False for what the engine knows to be partial, None
    where the engine does not record that. `files`, `size` are what it holds, `new_files` and `changed_files`
    what it added, `added` the bytes that were new and `packed` what they took on disk. `original` is the id
    of which it is a copy. `target` tells apart what one job backs up (a database, a VM); empty otherwise.
    """

    id: str
    at: datetime
    host: str = ""
    paths: tuple[str, ...] = ()
    complete: bool | None = None
    size: int | None = None
    files: int | None = None
    new_files: int | None = None
    changed_files: int | None = None
    added: int | None = None
    packed: int | None = None
    seconds: float | None = None
    original: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One proof that was tried. Without `faults` and with nothing in `blocked` it succeeded.

    `blocked` says what kept it from being done or finished: that is no knowledge. `told` are numbers for the
    summary and the evidence (`{"files": 50, "bytes": 1234}`); `weak` says what even success does not prove.
    """

    faults: tuple[Fault, ...] = ()
    blocked: Fault | None = None
    seconds: float = 0.0
    told: Mapping[str, int | float | str] = field(default_factory=dict)
    weak: str = ""

    @property
    def proven(self) -> bool:
        """Whether it was done whole and found nothing wrong."""
        return not self.faults and self.blocked is None


@dataclass(frozen=True, slots=True)
class ReadProbe:
    """Data that was read and checked against its hashes: slice `number` (from 1) of `of`; 1 of 1 is all.

    `number` may be 0 with `of` 0: the engine could not read a share.
    """

    number: int
    of: int
    probe: Probe


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that somebody holds. `alive` is None where that cannot be told. We never break one."""

    holder: str
    since: datetime | None
    exclusive: bool | None
    alive: bool | None


@dataclass(frozen=True, slots=True)
class Churn:
    """What the newest point changed against the one before it, by names and sizes.

    `suffixes` and `suffixes_before` count files by lower-case extension; `total` is how many there were.
    """

    new: int
    changed: int
    removed: int
    total: int
    suffixes: Mapping[str, int] = field(default_factory=dict)
    suffixes_before: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signs:
    """What restored files look like: `typed` have a known extension, `untyped` of them lost its magic bytes.

    `canaries` maps each declared canary to its SHA-256 in the newest point; empty when it is not there.
    `scanner` is the product that looks for malware by itself: what it found `infected` and `suspicious`.
    """

    typed: int = 0
    untyped: tuple[str, ...] = ()
    canaries: Mapping[str, str] = field(default_factory=dict)
    scanner: str = ""
    infected: tuple[str, ...] = ()
    suspicious: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """Another copy of the backups: its points, or why they are not known."""

    name: str
    points: tuple[Point, ...] | None
    fault: Fault | None = None
    immutable: Probe | None = None
    damaged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """Everything one look at a job's backups gave.

    `access` is how the repository was opened: the fault that ended the look there, if any. `points` are all
    that can be listed, `damaged` names those that cannot be loaded (they count as lost). `structure`, `read`,
    `sample`, `drill`, `database` and `source` are proofs: that everything needed is there, that data was read
    and matched, that files came back, that all came back, that a database opened, and that nothing of the
    source is missing. `targets` are what the product has to back up now (databases), where the declaration
    names none; None: it does not tell. `runs` are the product's own words on its last runs (faults per task).
    `cannot` maps a check to why this engine cannot prove it. `version` is the tool's.
    """

    engine: str
    observed_at: datetime
    version: str = ""
    access: Probe = Probe()
    points: tuple[Point, ...] | None = None
    targets: tuple[str, ...] | None = None
    damaged: Mapping[str, str] = field(default_factory=dict)
    structure: Probe | None = None
    reads: tuple[ReadProbe, ...] = ()
    sample: Probe | None = None
    source: Probe | None = None
    drill: Probe | None = None
    database: Probe | None = None
    runs: Probe | None = None
    churn: Churn | None = None
    signs: Signs | None = None
    locks: tuple[Lock, ...] | None = None
    immutable: Probe | None = None
    copies: tuple[CopyFacts, ...] = ()
    escrow: Probe | None = None
    cannot: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was just taken: its id, and whether all of the source is in it.

    `point_id` is empty when none was made; `faults` say what is missing or what kept it from being made.
    """

    point_id: str
    complete: bool
    faults: tuple[Fault, ...] = ()
    told: Mapping[str, int | float | str] = field(default_factory=dict)
