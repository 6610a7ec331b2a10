"""A PostgreSQL instance of our own in a scratch folder, for one restore: nobody else reaches it.

What a dump holds runs in it: SQL, functions, whatever an intruder put there. So the restoring role is no
superuser: it runs no programs, and reaches no files and no network. `psql`, which reads the text of dumps,
runs in its restricted mode. Nothing listens on a network; the socket lies in a folder that is closed to
others. Where ict is root, the programs run as `nobody`, who owns nothing (PostgreSQL refuses root). Nothing
is synced to the disk, since it need not survive.

A copy of a cluster's files is more than that: what is in it runs as the cluster's own superuser, inside the
server. It is started as root only (so as `nobody`, without a network), and never as another account.
"""

import hashlib
import posixpath
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from schoten_ict.backup.ask.postgres.tools import Tools
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.backup.order import Order
from schoten_ict.core.machine import Machine, Program
from schoten_ict.core.remote import Completed, RemoteError
from schoten_ict.core.text import printable

SHORT_SECONDS = 60.0
STOPPING_SECONDS = 30.0
_LONGEST_SOCKET = 107
_ANSWER_LIMIT = 16 * 1024 * 1024
_NOBODY = "nobody"
_FIELD, _ROW = "\x1f", "\x1e"
_SETTINGS = {
    "listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "autovacuum": "off", "max_connections": "10", "shared_buffers": "64MB", "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB", "wal_level": "minimal", "huge_pages": "off", "max_worker_processes": "0",
    "max_logical_replication_workers": "0",
    "max_wal_senders": "0", "dynamic_shared_memory_type": "mmap", "timezone": "UTC", "ssl": "off",
    "logging_collector": "off", "log_destination": "stderr", "event_source": "", "archive_mode": "off",
}  # fmt: skip
"""Small, quick, alone. Shared memory is files in the folder: nothing stays elsewhere after a kill."""


class StartError(Exception):
    """The instance did not start; `fault` says why as far as it is known, `log` what the server said."""

    def __init__(self, fault: Fault, log: str = "") -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.log = log


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance lives, inside of a scratch folder.

    Where ict is root, `wrap` runs its programs as `nobody`, and `owner` is that user and group for `chown`.
    """

    machine: Machine
    order: Order
    tools: Tools
    scratch: str
    wrap: tuple[str, ...]
    owner: str
    mark: str

    @property
    def folder(self) -> str:
        """The folder of data, socket and log."""
        return posixpath.join(self.scratch, "pg")

    @property
    def data(self) -> str:
        """The data directory."""
        return posixpath.join(self.folder, "data")

    def run(self, *words: str, seconds: float | None = None, **more: Any) -> Completed:
        """Run a program of PostgreSQL as the account of the instance; `more` is of `Program`."""
        most = self.order.deadline.left() if seconds is None else seconds
        argv = (*self.wrap, self.tools.path(words[0]), *words[1:])
        return self.machine.run(Program(argv, folder=self.folder, seconds=most, limit=_ANSWER_LIMIT, **more))


@dataclass(frozen=True, slots=True)
class Instance:
    """A running instance and the role that may do everything in it."""

    place: Place
    superuser: str

    def words(self, role: str, database: str) -> tuple[str, ...]:
        """How `psql` is called for a role and a database; with `wrap`, whoever ict is."""
        place = self.place
        return (
            *place.wrap, place.tools.path("psql"), "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1",
            "-h", place.folder, "-U", role, "-d", database,
        )  # fmt: skip

    def ask(self, role: str, database: str, sql: str, seconds: float | None = None) -> list[list[str]]:
        """The rows that a statement gives. Raises `RemoteError`, `psql` with the server's words."""
        place = self.place
        program = Program(
            (*self.words(role, database), "-A", "-t", "-F", _FIELD, "-R", _ROW),
            environment={"PGOPTIONS": "-c search_path=pg_catalog"},
            stdin=sql.encode("utf-8", "surrogateescape"),
            folder=place.folder,
            seconds=place.order.deadline.left() if seconds is None else seconds,
            limit=_ANSWER_LIMIT,
        )
        done = place.machine.run(program)
        if done.exit_code or done.cut:
            said = printable(done.stderr.decode("utf-8", "replace").strip())[:300]
            raise RemoteError(f"{place.machine.name}: psql: {said}", code="psql")
        text = done.stdout.decode("utf-8", "replace").removesuffix("\n")
        return [row.split(_FIELD) for row in text.split(_ROW)] if text else []


def quoted(name: str) -> str:
    """An identifier in SQL. A NUL, which no name has, would end the line for `psql`, quotes and all."""
    return '"' + name.replace("\0", "").replace('"', '""') + '"'


def mark_of(owner: str) -> str:
    """The name that an owner's instances carry in their command line, so that a later run knows them."""
    return f"ict-restore-{hashlib.sha256(owner.encode()).hexdigest()[:24]}"


def wrapping(machine: Machine, order: Order) -> tuple[tuple[str, ...], str]:
    """What runs a program as `nobody`, and `nobody`'s user and group; nothing where ict is not root.

    Raises `RemoteError`.
    """
    seconds = order.deadline.left(SHORT_SECONDS)
    who = machine.run(Program(("id", "-u"), seconds=seconds)).stdout.strip()
    if who != b"0":
        return (), ""
    ids = [
        machine.run(Program(("id", flag, _NOBODY), seconds=seconds)).stdout.decode("ascii", "replace").strip()
        for flag in ("-u", "-g")
    ]
    if not all(each.isdecimal() for each in ids):
        raise RemoteError(f"{machine.name}: there is no account {_NOBODY}", code="denied")
    user, group = ids
    words = ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs")
    return words, f"{user}:{group}"


@contextmanager
def prepared(machine: Machine, order: Order, tools: Tools, scratch: str) -> Iterator[Place]:
    """The folder for an instance, which the account that runs it may enter; stopped and empty at the end.

    Raises `StartError`, `RemoteError`.
    """
    wrap, owner = wrapping(machine, order)
    place = Place(machine, order, tools, scratch, wrap, owner, mark_of(order.owner))
    longest = len(posixpath.join(place.folder, ".s.PGSQL.5432").encode())
    if longest > _LONGEST_SOCKET:
        words = f"the scratch folder's name is too long for a socket ({longest} of {_LONGEST_SOCKET} bytes)"
        raise StartError(Fault(Kind.NOT_PROVABLE, words, scratch))
    seconds = order.deadline.left(SHORT_SECONDS)
    machine.run(Program(("mkdir", "-m", "700", place.folder), seconds=seconds))
    if owner:
        machine.run(Program(("chmod", "711", scratch), seconds=seconds))
        machine.run(Program(("chown", owner, place.folder), seconds=seconds))
    try:
        yield place
    finally:
        stop(place)


def initialised(place: Place) -> str:
    """Make an empty cluster; return the name of its superuser, which no dump can know."""
    superuser = f"ict_{hashlib.sha256(place.scratch.encode()).hexdigest()[:12]}"
    done = place.run(
        "initdb", "-D", place.data, "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"
    )
    if done.exit_code:
        raise StartError(_of_initdb(done))
    return superuser


def _of_initdb(done: Completed) -> Fault:
    said = printable(done.stderr.decode("utf-8", "replace").strip())[-300:]
    words = {"No space left": Kind.NO_SPACE, "ermission denied": Kind.DENIED}
    kind = next((kind for word, kind in words.items() if word in said), Kind.NOT_PROVABLE)
    return Fault(kind, f"no instance to restore into: initdb: {said}")


def start(place: Place, superuser: str, settings: Mapping[str, str], *, alone: bool = False) -> Instance:
    """Start the server and wait until it answers; `alone` takes the network from it, where root can.

    Raises `StartError` with the server's log.
    """
    log = posixpath.join(place.folder, "log")
    given = _SETTINGS | {"unix_socket_directories": place.folder, "cluster_name": place.mark} | dict(settings)
    options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in given.items())
    before = ("unshare", "--net", "--") if alone and _can_unshare(place) else ()
    left = max(1, int(place.order.deadline.left()))
    words = ("start", "-w", "-s", "-t", str(left), "-D", place.data, "-l", log, "-o", options)
    program = Program(
        (*before, *place.wrap, place.tools.path("pg_ctl"), *words), folder=place.folder, seconds=left + 5.0
    )
    done = place.machine.run(program)
    if done.exit_code:
        said = _log_of(place, log)
        last = printable(said.strip().splitlines()[-1])[:300] if said.strip() else "nothing was said"
        raise StartError(Fault(Kind.DATABASE, f"the server does not start: {last}"), said)
    return Instance(place, superuser)


def _can_unshare(place: Place) -> bool:
    with suppress(RemoteError):
        return place.machine.run(Program(("unshare", "--net", "--", "true"), seconds=10.0)).exit_code == 0
    return False


def _log_of(place: Place, path: str) -> str:
    with suppress(RemoteError):
        return place.machine.read(path, _ANSWER_LIMIT, SHORT_SECONDS).decode("utf-8", "replace")
    return ""


def stop(place: Place) -> None:
    """Stop the server if it runs; what will not stop is left to the next run."""
    with suppress(RemoteError):
        words = ("pg_ctl", "stop", "-m", "immediate", "-w", "-s", "-D", place.data)
        place.run(*words, seconds=STOPPING_SECONDS, clears=True)


_FIND = 'grep -lsaF -e "cluster_name=$1" /proc/[0-9]*/cmdline'
_QUIT = 'kill -QUIT "$@"'


def stop_leftovers(machine: Machine, order: Order) -> int:
    """Stop what a killed run of the same owner left running; return how many there were.

    An instance is certainly our own when its command line carries the owner's mark and its program is
    `postgres`: the caller holds the owner's lock, so that no other run uses it.
    """
    found = _leftovers(machine, order)
    if found:
        machine.run(Program(("sh", "-c", _QUIT, "sh", *found), seconds=SHORT_SECONDS))
    for _ in range(int(STOPPING_SECONDS / 0.1)):
        if not found or not _leftovers(machine, order):
            break
        time.sleep(0.1)
    return len(found)


def _leftovers(machine: Machine, order: Order) -> list[str]:
    finding = Program(("sh", "-c", _FIND, "sh", mark_of(order.owner)), seconds=SHORT_SECONDS)
    paths = machine.run(finding).stdout.decode("ascii", "replace").split()
    heads = machine.heads("/", [path.lstrip("/") for path in paths], 4096, SHORT_SECONDS)
    return [
        path.split("/")[-2]
        for path, line in heads.items()
        if posixpath.basename(line.split(b"\0")[0]) == b"postgres"
    ]
