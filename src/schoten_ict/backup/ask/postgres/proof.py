"""The proof of a backup of PostgreSQL: restored into an instance of our own, counted, compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic

from schoten_ict.backup.ask.postgres import base, restoring
from schoten_ict.backup.ask.postgres.found import Backup
from schoten_ict.backup.ask.postgres.instance import Instance, Place, StartError, initialised, prepared, start
from schoten_ict.backup.ask.postgres.reading import Desk, Read
from schoten_ict.backup.ask.postgres.scanned import Scan, faults_of, of_psql
from schoten_ict.backup.ask.postgres.tools import Tools, newest
from schoten_ict.backup.ask.tables import Held, opinion
from schoten_ict.backup.ask.there import fault_there
from schoten_ict.backup.facts import Fault, Kind, Probe
from schoten_ict.core.amounts import size_text
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import counted

_CLUSTER_SIZE = 128 * 1024 * 1024
"""What an empty instance takes, with its WAL."""
_NO_RIGHTS = "owners and rights are not restored"


@dataclass(frozen=True, slots=True)
class _Restored:
    """What came back: the tables of the declared database, in so many seconds; `weak` is what is unseen."""

    held: Held
    seconds: float
    faults: tuple[Fault, ...] = ()
    weak: str = ""


def proof(desk: Desk, backup: Backup, read: Read) -> Probe:
    """Restore a backup that was read and compare it with what was declared."""
    if read.seen.faults:
        return Probe(read.seen.hard, read.seen.blocked)
    begun = monotonic()
    try:
        restored = _restored(desk, backup, read)
    except StartError as error:
        return _probe([error.fault], monotonic() - begun)
    except RemoteError as error:
        problem = error.problems[0]
        fault = of_psql(None, problem.message) if problem.code == "psql" else fault_there(error)
        return _probe([fault], monotonic() - begun)
    if isinstance(restored, Fault):
        return _probe([restored], monotonic() - begun)
    said = opinion(restored.held, desk.order, backup.copy.at)
    told = {
        **said.told, "seconds": round(restored.seconds, 1), "bytes": read.seen.told["bytes"], "files": 1,
    }  # fmt: skip
    probe = _probe([*restored.faults, *said.faults], monotonic() - begun, told)
    return replace(probe, blocked=probe.blocked or said.blocked, weak=restored.weak)


def _probe(faults: list[Fault], seconds: float, told: Mapping[str, int | float | str] | None = None) -> Probe:
    """Faults as a proof: what could not be looked at is no fault of the backup."""
    hard = tuple(fault for fault in faults if not fault.kind.is_ignorance)
    blocked = next((fault for fault in faults if fault.kind.is_ignorance), None)
    return Probe(hard, blocked, seconds, told or {})


def _restored(desk: Desk, backup: Backup, read: Read) -> _Restored | Fault:
    """Raises `StartError`, `RemoteError`."""
    needed = _needed(read)
    if needed > desk.room:
        words = f"a restore needs about {size_text(needed)}, {size_text(desk.room)} may be used"
        return Fault(Kind.NO_SPACE, words)
    tools = read.files.tools if read.files else newest(desk.tools, read.scan.tool if read.scan else None)
    if isinstance(tools, Fault):
        return tools
    with prepared(desk.machine, desk.order, tools, desk.scratch) as place:
        if read.files is not None:
            return _of_files(desk, place, read.files)
        assert read.scan is not None
        return _of_dump(desk, place, backup, read.scan)


def _needed(read: Read) -> int:
    """How many bytes a restore takes: a copy of the files, or the text of a dump with its indexes."""
    if read.scan is not None:
        return _CLUSTER_SIZE + 2 * read.scan.bytes
    return int(read.seen.told["bytes"])


def _of_dump(desk: Desk, place: Place, backup: Backup, scan: Scan) -> _Restored | Fault:
    source = desk.source(backup)
    if isinstance(source, Fault):
        return source
    begun = monotonic()
    instance = start(place, initialised(place), {})
    done = restoring.restore(instance, source, scan, desk.order, desk.floor)
    seconds = monotonic() - begun
    if not done.whole:
        return _unfinished(done)
    declared = desk.order.job.source.database
    database = restoring.database_of(scan, declared.name if declared else "")
    if database is None:
        return Fault(Kind.TABLES, f"the database {declared.name if declared else ''} is not in the dump")
    held = restoring.counted(instance, restoring.RESTORER, database, desk.order)
    return _Restored(held, seconds, tuple(_lost(scan, held, database)), "; ".join(_left_out(scan)))


def _unfinished(done: Scan) -> Fault:
    """Why a restore did not come to its end."""
    if done.full:
        return Fault(Kind.NO_SPACE, "the restore took more room than may be used")
    if done.late:
        return Fault(Kind.TIMEOUT, "not restored to its end in time")
    if done.psql_code:
        return of_psql(done.psql_code, done.psql_said)
    return next(faults_of(done), of_psql(done.psql_code, done.psql_said))


def _lost(scan: Scan, held: Held, database: str) -> Iterator[Fault]:
    names = restoring.lost(scan, held, database)
    if names:
        words = f"{counted(len(names), 'table')} with fewer rows than in the dump: {names[0]}"
        yield Fault(Kind.TABLES, words, names[0])


def _left_out(scan: Scan) -> Iterator[str]:
    yield _NO_RIGHTS
    if scan.left_out:
        yield "left out: " + ", ".join(counted(number, word) for word, number in scan.left_out.items())


def _of_files(desk: Desk, place: Place, files: base.Files) -> _Restored | Fault:
    begun = monotonic()
    if not isinstance(place.tools, Tools) or place.tools.major != files.major:
        return Fault(Kind.NO_PROGRAM, f"needs PostgreSQL {files.major} to be started")
    base.copied(place, files.folder)
    instance = base.started(place)
    seconds = monotonic() - begun
    declared = desk.order.job.source.database
    names = [name for (name,) in instance.ask(instance.superuser, "template1", _DATABASES)]
    wanted = declared.name if declared else "postgres"
    if wanted not in names:
        return Fault(Kind.TABLES, f"the database {wanted} is not in it")
    held = restoring.counted(instance, restoring.reader(instance, wanted), wanted, desk.order)
    faults, weak = _checked(desk, instance, wanted)
    return _Restored(held, seconds, faults, weak)


_DATABASES = "SELECT datname FROM pg_database WHERE datallowconn"


def _checked(desk: Desk, instance: Instance, database: str) -> tuple[tuple[Fault, ...], str]:
    """In a drill, the tables and indexes page by page as well."""
    return base.corrupt(instance, database) if desk.order.drill else ((), "")
