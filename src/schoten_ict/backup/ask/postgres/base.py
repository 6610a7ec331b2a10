"""Base backups: copies of a whole cluster's files, checked against their manifest, and started."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schoten_ict.backup.ask.postgres.heads import major_of
from schoten_ict.backup.ask.postgres.instance import SHORT_SECONDS, Instance, Place, StartError, start
from schoten_ict.backup.ask.postgres.tools import Tools, exact, newest
from schoten_ict.backup.ask.there import run_there
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Machine, Program
from schoten_ict.core.remote import Completed, RemoteError
from schoten_ict.core.text import printable

MANIFEST = "backup_manifest"
VERIFIED = b"backup successfully verified"
_SHOWN = 300
_SAID = (
    (r"could not (?:open|stat) file .*backup_manifest.*No such file", Kind.INCOMPLETE),
    (r"manifest checksum mismatch|backup manifest|manifest (?:has no|ended|version)", Kind.MANIFEST),
    (r"Permission denied", Kind.DENIED),
    (r"present in the manifest but not on disk", Kind.MISSING_DATA),
    (r"on disk but not in the manifest", Kind.EXTRA),
    (r"checksum mismatch for file", Kind.DATA),
    (r"has size (\d+) on disk but size (\d+)", Kind.DATA),
    (r"checksum|error in WAL record|record with|invalid", Kind.DATA),
    (r"could not find file|could not open (?:file|directory).*No such file|could not find a valid record",
     Kind.WAL),
    (r"WAL parsing failed", Kind.WAL),
)  # fmt: skip
"""Words of `pg_verifybackup` and of `pg_waldump`, which it runs; first match first."""
_SIZES = re.compile(r"has size (\d+) on disk but size (\d+)")
_NO_WAL = re.compile(
    r"could not locate (?:a valid|required) checkpoint record|could not find redo location|"
    r"WAL ends before|requested .* has already been removed|could not open file \"pg_wal/|invalid checkpoint"
)
_PROBABLE_USERS = ("postgres",)


def verified(done: Completed) -> tuple[Fault, ...]:
    """What `pg_verifybackup` found. Nothing is right that it does not say to be right."""
    said = (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace")
    if done.exit_code == 0 and VERIFIED in done.stdout and not done.cut:
        return ()
    found: dict[Kind, list[str]] = {}
    for line in said.splitlines():
        words = printable(re.sub(r"^pg_\w+: (?:error|fatal|detail|hint): ", "", line.strip()))
        kind = _kind_of(words)
        if kind is not None:
            found.setdefault(kind, []).append(words)
    faults = tuple(
        Fault(kind, lines[0][:_SHOWN] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""))
        for kind, lines in found.items()
        if not (kind is Kind.WAL and Kind.DATA in found and "WAL parsing failed" in lines[0])
    )
    last = printable(said.strip().splitlines()[-1])[:_SHOWN] if said.strip() else "nothing was said"
    return faults or (Fault(Kind.DATA, f"pg_verifybackup ended with exit code {done.exit_code}: {last}"),)


def _kind_of(words: str) -> Kind | None:
    for pattern, kind in _SAID:
        if re.search(pattern, words):
            sizes = _SIZES.search(words)
            return Kind.TRUNCATED if sizes and int(sizes[1]) < int(sizes[2]) else kind
    return None


@dataclass(frozen=True, slots=True)
class Files:
    """A base backup as files: where, of which version, read by which programs; `weak` is what they cannot."""

    folder: str
    major: int
    tools: Tools
    weak: str = ""


def files_of(machine: Machine, order: Order, folder: str, found: Sequence[Tools]) -> Files | Fault:
    """Which programs read the base backup in a folder. Raises `RemoteError`."""
    version = machine.read(posixpath.join(folder, "PG_VERSION"), 100, order.deadline.left(SHORT_SECONDS))
    major = major_of(version.decode("ascii", "replace"))
    if major is None:
        return Fault(Kind.DATA, "its PG_VERSION names no version", "PG_VERSION")
    tools = exact(found, major)
    if isinstance(tools, Tools):
        return Files(folder, major, tools)
    other = newest(found, major)
    if isinstance(other, Fault):
        return other
    return Files(
        folder, major, other, f"its WAL was not read: the programs here are of version {other.major}"
    )


def verify(machine: Machine, order: Order, files: Files) -> tuple[Fault, ...]:
    """Read every file against the manifest, and the WAL that is needed. Raises `RemoteError`."""
    without = ("--no-parse-wal",) if files.weak else ()
    argv = (files.tools.path("pg_verifybackup"), *without, "--", files.folder)
    return verified(machine.run(Program(argv, seconds=order.deadline.left())))


def unpack(
    machine: Machine, order: Order, path: str, names: Sequence[str], target: str, limit: int
) -> Iterator[Fault]:
    """Unpack the tar files of a base backup, with its manifest; what is wrong with them."""
    tars = [(posixpath.join(path, name), "pg_wal" if name.startswith("pg_wal") else "") for name in names]
    request = {"tars": tars, "target": target, "limit": limit}
    told = run_there(machine, "cluster", request, order.deadline.left())
    if told.get("damaged"):
        kind, words = told["damaged"]
        kinds = {"truncated": Kind.TRUNCATED, "paths": Kind.PATHS}
        yield Fault(kinds.get(kind, Kind.DATA), printable(words))
    elif told.get("others"):
        yield Fault(Kind.NOT_PROVABLE, f"holds links, such as to tablespaces: {printable(told['others'][0])}")
    seconds = order.deadline.left(SHORT_SECONDS)
    machine.run(Program(("cp", "--", posixpath.join(path, MANIFEST), target), seconds=seconds))


def copied(place: Place, folder: str) -> None:
    """Put a base backup into the place of an instance, as one that starts by itself and follows nobody.

    One that lies in the scratch folder already is moved. Raises `StartError` for one with links, whose
    tablespaces would be those of the live cluster.
    """
    machine, left = place.machine, place.order.deadline.left
    moving = ("mv", "--") if folder.startswith(f"{place.scratch}/") else ("cp", "-a", "--")
    _checked(machine.run(Program((*moving, folder, place.data), seconds=left())))
    finding = ("find", place.data, "!", "-type", "f", "!", "-type", "d", "-print", "-quit")
    odd = machine.run(Program(finding, seconds=left())).stdout.decode("utf-8", "replace").strip()
    if odd:
        words = f"holds links, such as to tablespaces: {printable(posixpath.relpath(odd, place.data))}"
        raise StartError(Fault(Kind.NOT_PROVABLE, words))
    names = ("standby.signal", "recovery.signal", "postmaster.pid", "postmaster.opts")
    removing = ("rm", "-f", "--", *(posixpath.join(place.data, name) for name in names))
    _checked(machine.run(Program(removing, seconds=left(SHORT_SECONDS))))
    for name, content in {"postgresql.auto.conf": b"", "pg_hba.conf": b"local all all trust\n"}.items():
        machine.write(posixpath.join(place.data, name), content, left(SHORT_SECONDS))
    for name in ("postgresql.conf", "pg_ident.conf"):
        machine.write(posixpath.join(place.data, name), b"", left(SHORT_SECONDS))
    _checked(machine.run(Program(("chmod", "-R", "u+rwX,go-rwx", "--", place.data), seconds=left())))
    if place.owner:
        _checked(machine.run(Program(("chown", "-R", place.owner, "--", place.data), seconds=left())))


def _checked(done: Completed) -> None:
    if done.exit_code:
        said = printable(done.stderr.decode("utf-8", "replace").strip())[:_SHOWN]
        kind = Kind.NO_SPACE if "No space left" in said else Kind.NOT_PROVABLE
        raise StartError(Fault(kind, f"cannot be put aside: {said}"))


def started(place: Place) -> Instance:
    """The cluster of a base backup, recovered and running. Raises `StartError`, `RemoteError`."""
    settings = {
        "wal_level": "replica", "max_prepared_transactions": "100", "hot_standby": "on",
        "shared_preload_libraries": "", "session_preload_libraries": "", "local_preload_libraries": "",
    }  # fmt: skip
    try:
        start(place, _PROBABLE_USERS[0], settings, alone=True)
    except StartError as error:
        if _NO_WAL.search(error.log):
            words = "the WAL that it needs to become consistent is missing or damaged"
            raise StartError(Fault(Kind.WAL, words), error.log) from None
        raise
    declared = place.order.job.source.database
    users = [*_PROBABLE_USERS, *([declared.user] if declared and declared.user else [])]
    for user in users:
        found = Instance(place, user)
        try:
            found.ask(user, "template1", "SELECT 1", SHORT_SECONDS)
        except RemoteError as error:
            if "does not exist" in error.problems[0].message:
                continue
            raise
        return found
    words = (
        f"no superuser is known: neither {' nor '.join(users)}; declare source: {{database: {{user: ...}}}}"
    )
    raise StartError(Fault(Kind.NOT_PROVABLE, words))


def corrupt(instance: Instance, database: str) -> tuple[tuple[Fault, ...], str]:
    """What `pg_amcheck` finds in a database, and what it means that it could not look."""
    place = instance.place
    words = ("--install-missing", "-h", place.folder, "-U", instance.superuser, "-w", "-d", database)
    try:
        done = place.run("pg_amcheck", *words)
    except RemoteError as error:
        return (), f"its tables and indexes were not checked by pg_amcheck: {error.problems[0].message}"
    said = printable((done.stdout + done.stderr).decode("utf-8", "replace").strip())[:_SHOWN]
    if done.exit_code == 0:
        return (), ""
    if done.stdout.strip():
        return (Fault(Kind.DATABASE, f"pg_amcheck: {said}"),), ""
    return (), f"its tables and indexes were not checked by pg_amcheck: {said}"
