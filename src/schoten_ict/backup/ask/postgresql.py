"""PostgreSQL: dumps (plain, custom, tar, directory; packed with gzip) and base backups of one name pattern.

What the tools say proves little (measured): `pg_restore --list` succeeds on damaged and cut archives, `psql`
on a plain dump that is cut off, and `pg_restore` takes an emptied data file for no rows. So the text of every
dump is read to its end and must end as a whole one; a base backup must be what its manifest says, with the
WAL that it needs. The proof is the newest backup restored into an instance of our own (`postgres/instance.py`
says how that is walled off), its tables there, with their rows, up to date.

Reading takes Python on the machine and, for archives, `pg_restore`; restoring takes the server's programs of
the dump's version or newer, of exactly a base backup's version. The restore is made in every look with
`sample` above 0, and in a drill: a database has no sample that says as much. A dump needs room for twice its
text; `sample: 0` leaves the restore to the drill where that takes too long.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from schoten_ict.backup.ask.filepoints import Copy, copies
from schoten_ict.backup.ask.postgres.found import Backup, backups
from schoten_ict.backup.ask.postgres.instance import stop_leftovers, wrapping
from schoten_ict.backup.ask.postgres.proof import proof
from schoten_ict.backup.ask.postgres.reading import Desk, Read
from schoten_ict.backup.ask.postgres.restoring import Source
from schoten_ict.backup.ask.postgres.scanned import faults_of, scan_of
from schoten_ict.backup.ask.postgres.tools import Tools, installed
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.ask.slices import Seen, reads
from schoten_ict.backup.ask.sums import Manifests, Memory
from schoten_ict.backup.ask.taking import Place, discard, place_for, publish
from schoten_ict.backup.ask.there import fault_there, run_there
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Point, Probe, Taken
from schoten_ict.backup.order import Order
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.machine import Machine, Program
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable
from schoten_ict.inventory.sections.backups import Database

_SECONDS = 60.0
_CANNOT = {
    "lock": "files have no lock",
    "key": "dumps have no key",
    "ransomware": "a dump is one file: its tables and rows are counted instead",
    "immutable": "what guards the files is not looked at",
    "source": "the live database changes: the dump is held against what was declared",
    "sample": "a dump is restored whole, as the check database says",
}
_NOT_AS_THIS_ACCOUNT = "a base backup runs what is in it: it is started only where ict is root, as nobody"


def observe(machine: Machine, order: Order) -> BackupFacts:
    """Everything about a job's dumps or base backups."""
    try:
        found = copies(machine, order)
        if isinstance(found, Fault):
            return BackupFacts("postgresql", order.now, access=Probe((found,)), cannot=_CANNOT)
        all_of_them = backups(machine, order, found)
        facts = BackupFacts(
            "postgresql",
            order.now,
            access=Probe(told={"backups": len(found)}),
            points=tuple(backup.point for backup in all_of_them),
            cannot=_CANNOT,
        )
    except RemoteError as error:
        return BackupFacts("postgresql", order.now, access=Probe(blocked=fault_of(error)), cannot=_CANNOT)
    if not order.deep or not found:
        return facts
    try:
        with _desk(machine, order) as desk:
            return _proven(desk, all_of_them, facts)
    except RemoteError as error:
        blocked = Probe(blocked=fault_there(error))
        restored = blocked if order.sample or order.drill else None
        return replace(facts, structure=blocked, database=restored, drill=blocked if order.drill else None)


@contextmanager
def _desk(machine: Machine, order: Order) -> Iterator[Desk]:
    tools = installed(machine, order)
    with suppress(RemoteError):  # without a shell no instance of ours was ever started
        stop_leftovers(machine, order)
    manifests = Manifests(machine, order)
    seconds = order.deadline.left(_SECONDS)
    with machine.scratch(order.owner, order.job.verify.scratch, seconds) as scratch:
        yield Desk(machine, order, scratch, tools, manifests, Memory(order))


def _proven(desk: Desk, found: list[Backup], facts: BackupFacts) -> BackupFacts:
    """The newest one first, restored while it is at hand; then those whose turn it is to be read."""
    order, newest = desk.order, found[-1]
    by_name = {backup.copy.name: backup for backup in found}
    last = desk.read(newest)
    facts = replace(
        facts,
        version=str(desk.tools[-1].major) if desk.tools else "",
        structure=Probe(last.seen.hard, last.seen.blocked, last.seconds, last.seen.told, last.weak),
    )
    if order.sample or order.drill:
        facts = _restored(desk, newest, last, facts)

    def read(copy: Copy) -> Seen:
        return desk.read(by_name[copy.name]).seen

    every = [backup.copy for backup in found]
    probes = tuple(reads(every, order, read))
    desk.memory.keep(every)
    points = zip(facts.points or (), found, strict=True)
    return replace(facts, reads=probes, points=tuple(_judged(desk, point, each) for point, each in points))


def _restored(desk: Desk, newest: Backup, last: Read, facts: BackupFacts) -> BackupFacts:
    if newest.form.is_base and not wrapping(desk.machine, desk.order)[0]:
        cannot = dict.fromkeys(("database", "drill"), _NOT_AS_THIS_ACCOUNT)
        return replace(facts, cannot={**facts.cannot, **cannot})
    probe = proof(desk, newest, last)
    return replace(facts, database=probe, drill=probe if desk.order.drill else None)


def _judged(desk: Desk, point: Point, backup: Backup) -> Point:
    """A point with what was found of it, where it was read."""
    read = desk.done.get(backup.copy.name)
    if read is None:
        return point
    whole = False if read.seen.hard else None if read.seen.blocked else True
    size = read.seen.told.get("bytes", point.size)
    return replace(point, complete=whole, size=int(size) if size is not None else None)


def take(machine: Machine, order: Order) -> Taken:
    """Dump the declared database with `pg_dump`: aside, synced, read to its end, then given its name.

    The dump is a custom one, or a plain one where the pattern ends in `.sql`. The password is that of the
    repository (`repository: {password: ...}`). Raises `ConfigurationError` without a database to dump.
    """
    database = order.job.source.database
    if database is None:
        raise ConfigurationError(
            f"{order.job.name}: which database to dump is not declared",
            subject=f"job:{order.job.name}",
            remedy="add source: {database: {name: ..., host: ..., user: ...}}",
        )
    try:
        found = installed(machine, order)
        if not found:
            return _not_taken(Fault(Kind.NO_PROGRAM, "pg_dump is not there"))
        place = place_for(machine, order)
        fault = _dumped(machine, order, found[-1], database, place)
        if fault is not None:
            discard(machine, order, place)
            return _not_taken(fault)
        told = publish(machine, order, place)
    except RemoteError as error:
        return _not_taken(fault_there(error))
    return Taken(place.name, complete=True, told=told)


def _dumped(machine: Machine, order: Order, tools: Tools, database: Database, place: Place) -> Fault | None:
    """Make a dump and read it; what went wrong. Raises `RemoteError`."""
    is_plain = place.name.endswith(".sql")
    words = ("-w", f"--format={'plain' if is_plain else 'custom'}", "-f", place.partial)
    environment = {
        "PGDATABASE": database.name, "PGHOST": database.host, "PGUSER": database.user or "",
        "PGPORT": str(database.port or ""),
    }  # fmt: skip
    program = Program(
        (tools.path("pg_dump"), *words),
        environment={name: value for name, value in environment.items() if value},
        secrets={"PGPASSWORD": order.secrets["password"]} if "password" in order.secrets else {},
        seconds=order.deadline.left(),
    )
    done = machine.run(program)
    if done.exit_code:
        said = printable(done.stderr.decode("utf-8", "replace").strip())[:300]
        return _of_pg_dump(said or f"exit code {done.exit_code}")
    reading = (tools.path("pg_restore"), "-f", "-", "--", place.partial)
    source = Source(place.partial, () if is_plain else reading)
    scan = scan_of(run_there(machine, "dump", source.request("scan"), order.deadline.left()))
    return next(faults_of(scan), None)


def _not_taken(fault: Fault) -> Taken:
    return Taken("", complete=False, faults=(fault,))


_PG_DUMP = {
    "password authentication failed": Kind.PASSWORD,
    "no password supplied": Kind.PASSWORD,
    "server version mismatch": Kind.NO_PROGRAM,
    "No space left": Kind.NO_SPACE,
    "ermission denied": Kind.DENIED,
    "Connection refused": Kind.UNREACHABLE,
    "could not translate host name": Kind.UNREACHABLE,
    "No such file or directory": Kind.UNREACHABLE,
    "timeout": Kind.TIMEOUT,
}


def _of_pg_dump(said: str) -> Fault:
    kind = next((kind for words, kind in _PG_DUMP.items() if words in said), Kind.FAILED)
    return Fault(kind, f"pg_dump: {said}")
