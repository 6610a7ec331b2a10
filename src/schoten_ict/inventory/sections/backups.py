"""`backups`: what is backed up, how often, and what must prove that it would come back."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from schoten_ict.core.amounts import parse_share, parse_size
from schoten_ict.core.times import Duration
from schoten_ict.inventory.fields import (
    Declared,
    DurationField,
    Name,
    RelativeFile,
    SecretField,
    Sha256,
    Text,
    pattern,
)
from schoten_ict.inventory.flaws import Flaw, Path
from schoten_ict.inventory.section import Known, Section, dangling

Engine = Literal[
    "restic", "borg", "files", "replica", "sqlite", "postgresql", "windows-server-backup", "mssql", "veeam"
]
Share = Annotated[str, pattern(r"(100|[0-9]{1,2}(\.[0-9]+)?) ?%", "a share such as 10%")]
Size = Annotated[str, pattern(r"[0-9]+(\.[0-9]+)? ?([kMGT]i?)?B", "a size such as 500MB, 20GB or 1TiB")]
Identifier = Annotated[
    str, pattern(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?", "the name of a table or column")
]
Count = Annotated[int, Meta(ge=0, extra={"expected": "a number from 0"})]


class Newest(Declared, frozen=True, kw_only=True):
    """A time column that shows how far a restored database goes: its newest value is `within` the RPO."""

    table: Identifier
    column: Identifier
    within: DurationField | None = None


class Database(Declared, frozen=True, kw_only=True):
    """A database in the source. `tables` are those that must come back, with the rows that each must have."""

    name: Text
    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] | None = None
    user: Text | None = None
    tables: dict[Identifier, Count] = field(default_factory=dict)
    newest: Newest | None = None


class Source(Declared, frozen=True, kw_only=True):
    """What is backed up: paths on hosts of the inventory (none: on this machine), or a database.

    `exclude` are shell patterns on whole paths (`*/cache/*`) of files that need not be in the backup.
    """

    hosts: tuple[Name, ...] = ()
    paths: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()
    database: Database | None = None


class Repository(Declared, frozen=True, kw_only=True):
    """Where the backups are: a restic or borg repository, a folder, an archive, a server of its own.

    `url` is what the tool calls it; for folders, files and dumps a path, whose last part may hold `*`.
    Relative paths count from the workspace. `environment` are variables with secrets (AWS_SECRET_ACCESS_KEY).
    `program` is the tool's own path where it is not on PATH. `manifest` holds SHA-256 sums as `sha256sum`
    writes them. `jobs` are the names that the product itself uses (Veeam: jobs; SQL Server: databases).
    Products are asked on the host of `verify: {from: HOST}`, as that host is reached.
    """

    url: Text
    password: SecretField | None = None
    environment: dict[str, SecretField] = field(default_factory=dict)
    program: Text | None = None
    manifest: Text | None = None
    jobs: tuple[Text, ...] = ()


class Retention(Declared, frozen=True, kw_only=True):
    """How many backups must be there: the last ones, and one per day, week, month and year that far back."""

    last: Count = 0
    daily: Count = 0
    weekly: Count = 0
    monthly: Count = 0
    yearly: Count = 0


class Canary(Declared, frozen=True, kw_only=True):
    """A file that never changes; when it does, something changes files that it should not."""

    path: Text
    sha256: Sha256


class Verify(Declared, frozen=True, kw_only=True):
    """How a job is proven.

    `from` is the host that looks (default: this machine). `every` is how often, and how long a verdict holds.
    `read` is the share of the data that one run reads, so that all of it is read `full_read_within`; `sample`
    files are restored and compared each time, everything every `drill_every`. A proof older than
    `proof_within` is a failure, whatever kept it from being renewed. `scratch` is the folder for restores and
    `scratch_limit` what may be put there; `bandwidth` per second is passed on to the tool.
    """

    from_: Name | None = field(default=None, name="from")
    every: DurationField = Duration(seconds=26 * 3600)
    read: Share = "10%"
    full_read_within: DurationField = Duration(seconds=30 * 86400)
    sample: Count = 20
    drill_every: DurationField | None = None
    proof_within: DurationField = Duration(seconds=7 * 86400)
    scratch: Text | None = None
    scratch_limit: Size = "20GB"
    bandwidth: Size | None = None
    deadline: DurationField = Duration(seconds=2 * 3600)
    compare_source: bool = True
    canaries: tuple[Canary, ...] = ()

    @property
    def read_share(self) -> float:
        """`read` as a number from 0 to 1."""
        return parse_share(self.read)

    @property
    def scratch_bytes(self) -> int:
        """`scratch_limit` in bytes."""
        return parse_size(self.scratch_limit)


class Immutable(Declared, frozen=True, kw_only=True):
    """What keeps backups from being changed, and for how long.

    `by: attribute` is looked at (`lsattr`), so is borg's `append-only`; what a product or a person guards
    (object lock, a tape in a safe) counts as long as it was `confirmed` within 90 days.
    """

    by: Literal["attribute", "append-only", "object-lock", "offline", "product"]
    for_: DurationField = field(name="for")
    confirmed: date | None = None


class Copy(Declared, frozen=True, kw_only=True):
    """Another copy of the same backups: where, how far behind it may be, what protects it."""

    name: Name
    kind: Literal["second", "offsite", "offline"] = "second"
    url: Text
    password: SecretField | None = None
    environment: dict[str, SecretField] = field(default_factory=dict)
    from_: Name | None = field(default=None, name="from")
    within: DurationField = Duration(seconds=48 * 3600)
    immutable: Immutable | None = None


class Escrow(Declared, frozen=True, kw_only=True):
    """The second copy of the key, tried from another machine: `from` opens the repository with `password`."""

    from_: Name | None = field(default=None, name="from")
    password: SecretField
    every: DurationField = Duration(seconds=30 * 86400)


class Limits(Declared, frozen=True, kw_only=True):
    """How far a backup may differ from those before it, and what share of new files is a sign of ransomware.

    `packed` is what new data may weigh after compression beside before: encrypted data does not shrink.
    """

    size: Share = "50%"
    files: Share = "50%"
    new_files: Share = "30%"
    packed: Share = "90%"


class BackupJob(Declared, frozen=True, kw_only=True):
    """One backup job.

    `rpo` and `rto` default to the strictest of its services. `procedure` is the page that says how to
    restore.
    """

    name: Name
    engine: Engine
    source: Source = Source()
    repository: Repository
    rpo: DurationField | None = None
    rto: DurationField | None = None
    retention: Retention | None = None
    verify: Verify = Verify()
    copies: tuple[Copy, ...] = ()
    immutable: Immutable | None = None
    escrow: Escrow | None = None
    limits: Limits = Limits()
    services: tuple[Name, ...] = ()
    owner: str = ""
    procedure: RelativeFile | None = None
    notes: str = ""


def _references(job: BackupJob) -> Iterator[tuple[str, str | None, Path]]:
    for index, host in enumerate(job.source.hosts):
        yield "hosts", host, ("source", "hosts", index)
    yield "hosts", job.verify.from_, ("verify", "from")
    if job.escrow is not None:
        yield "hosts", job.escrow.from_, ("escrow", "from")
    for index, copy in enumerate(job.copies):
        yield "hosts", copy.from_, ("copies", index, "from")
    for index, service in enumerate(job.services):
        yield "services", service, ("services", index)


_NEEDS: Mapping[str, tuple[str, ...]] = {
    "restic": ("password",),
    "veeam": ("jobs",),
}
"""What a repository of an engine cannot do without."""
_WITH_KEY = frozenset({"restic", "borg"})
_INLINE_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")


def _check(jobs: tuple[BackupJob, ...], known: Known) -> Iterator[Flaw]:
    for index, job in enumerate(jobs):
        for section, name, path in _references(job):
            if name is not None and name not in known[section]:
                yield dangling(section, name, (index, *path), known)
        for flaw in (*_incomplete(job), *_no_time(job), *_open_passwords(job), *_namesakes(job)):
            yield Flaw((index, *flaw.path), flaw.message, flaw.remedy)


def _incomplete(job: BackupJob) -> Iterator[Flaw]:
    for needed in _NEEDS.get(job.engine, ()):
        if not getattr(job.repository, needed):
            yield Flaw(("repository",), f"engine {job.engine} needs {needed}", f"add {needed}")
    if job.engine == "replica" and not job.source.paths:
        yield Flaw(("source",), "engine replica needs paths to compare with", "add paths")
    if job.escrow is not None and job.engine not in _WITH_KEY:
        yield Flaw(
            ("escrow",), f"backups of engine {job.engine} have no key to keep a second copy of", "remove it"
        )
    if job.rpo is None and not job.services:
        yield Flaw((), "without services it needs its own rpo", "add rpo: 26h")


def _no_time(job: BackupJob) -> Iterator[Flaw]:
    """Lengths of time in which nothing can be done or kept."""
    parts: list[tuple[Path, Declared, tuple[str, ...]]] = [
        ((), job, ("rpo", "rto")),
        (("verify",), job.verify, ("every", "full_read_within", "drill_every", "proof_within", "deadline")),
    ]
    if job.escrow is not None:
        parts.append((("escrow",), job.escrow, ("every",)))
    for path, part, names in parts:
        for name in names:
            if getattr(part, name) == Duration():
                example = _EXAMPLES.get(name, "26h")
                yield Flaw((*path, name), "must be longer than nothing", f"write {name}: {example}")


_EXAMPLES = {
    "rto": "8h", "full_read_within": "30d", "drill_every": "90d", "proof_within": "7d", "deadline": "2h",
}  # fmt: skip


def _open_passwords(job: BackupJob) -> Iterator[Flaw]:
    places: list[tuple[Path, str]] = [(("repository", "url"), job.repository.url)]
    places += [(("copies", number, "url"), copy.url) for number, copy in enumerate(job.copies)]
    for path, url in places:
        if _INLINE_PASSWORD.search(url):
            yield Flaw(path, "the url holds a password", "make it a reference under environment")


def _namesakes(job: BackupJob) -> Iterator[Flaw]:
    names = [copy.name for copy in job.copies]
    for position, name in enumerate(names):
        if name in names[:position]:
            yield Flaw(("copies", position, "name"), f"two copies are called {name}", "rename one")


BACKUPS: Section[tuple[BackupJob, ...]] = Section(
    key="backups",
    shape=tuple[BackupJob, ...],
    empty=(),
    purpose="What is backed up, how often, and what must prove that it would come back.",
    named_by="name",
    check=_check,
)
SECTION = BACKUPS
