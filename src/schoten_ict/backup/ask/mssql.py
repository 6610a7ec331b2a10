r"""SQL Server over WinRM: the history in msdb, judged per database, and backups read with RESTORE VERIFYONLY.

The first host of the job is asked as an instance (`repository.url` is its Data Source: `.`, `.\NAME`), the
others for what they recorded of the same availability groups. Copy-only backups count for nothing, nor do
snapshots that another product took through VSS: msdb does not know whether these were kept. From
documentation, never run on SQL Server; error numbers are those of sys.messages.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from time import monotonic

from schoten_ict.backup.ask import powershell
from schoten_ict.backup.ask.mssql_databases import History, faults_of, histories, points_of
from schoten_ict.backup.ask.mssql_history import FULL, Instance, Media, instance, newest, of_kind
from schoten_ict.backup.ask.powershell import Answer, Reason, flag
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Probe, ReadProbe
from schoten_ict.backup.order import Order, Slice
from schoten_ict.core.errors import IctError
from schoten_ict.core.remote import Runner
from schoten_ict.formats.answers import Row, text

ENGINE = "mssql"
DAYS = 35
"""How far back the history is read; the newest backup of each kind is read however old it is."""
_HISTORY = "msdb tells what was backed up: restore it elsewhere and run DBCC CHECKDB to prove it"
CANNOT = {
    **dict.fromkeys(("structure", "sample", "drill", "database"), _HISTORY),
    **dict.fromkeys(("rollback", "retention"), "msdb does not tell which files are still there"),
    "source": "a backup holds the whole database",
    "ransomware": "msdb tells nothing of the contents",
    "immutable": "the files are not looked at",
    "key": "the key of an encrypted backup is not tried",
    "lock": "it has no locks",
}
_SHOWN = 5


def observe(runner: Runner, order: Order) -> BackupFacts:
    """What one instance knows, with the other replicas of its availability groups where they are declared."""
    started = monotonic()
    hosts = order.job.source.hosts or ("",)
    try:
        first = asked(runner, order, hosts[0])
    except IctError as error:
        first = fault_of(error)
    if isinstance(first, Fault):
        access = Probe(blocked=first, seconds=monotonic() - started)
        return BackupFacts(ENGINE, order.now, access=access, cannot=CANNOT)
    others, unasked = _others(order, hosts[1:])
    facts = facts_of([first, *others], order, unasked, monotonic() - started)
    return replace(facts, reads=_reads(runner, first, order))


def asked(runner: Runner, order: Order, host: str) -> Instance | Fault:
    """One instance and its history, or why there is none. Raises `RemoteError`."""
    parameters = {"days": DAYS, "queries": queries(), "verify": None}
    answer = powershell.ask(runner, "mssql", order, {**_connection(order), **parameters})
    for part in ("connection", "server", "databases", "sets", "logs"):
        if (reason := answer.missing(part)) is not None:
            return _unreachable(reason)
    return instance(answer, host)


def _connection(order: Order) -> dict[str, str | float]:
    return {"instance": order.job.repository.url, "seconds": order.deadline.left()}


@cache
def queries() -> dict[str, str]:
    """The queries of `mssql.sql` by name."""
    whole = files(__package__).joinpath("mssql.sql").read_text(encoding="utf-8")
    sections = (section.partition("]") for section in whole.split("\n-- [")[1:])
    return {name: body.partition("\n")[2].strip() for name, _, body in sections}


def _unreachable(reason: Reason) -> Fault:
    """Why the instance told nothing; every number of it is one of not having looked."""
    if reason.number is None:
        return reason.fault
    kind = _NUMBERS.get(reason.number, Kind.PROTOCOL)
    kind = kind if kind.is_ignorance else Kind.PROTOCOL
    return Fault(kind, f"SQL Server error {reason.number}: {reason.message}")


_NUMBERS: Mapping[int, Kind] = {
    -2: Kind.TIMEOUT, -1: Kind.UNREACHABLE, 2: Kind.UNREACHABLE, 53: Kind.UNREACHABLE,
    229: Kind.DENIED, 262: Kind.DENIED, 916: Kind.DENIED, 4060: Kind.DENIED, 18452: Kind.DENIED,
    18456: Kind.DENIED, 3183: Kind.DATA, 3189: Kind.DATA, 3201: Kind.MISSING_DATA, 3203: Kind.DATA,
    3241: Kind.DATA, 3242: Kind.DATA, 3254: Kind.EMPTY, 3256: Kind.TRUNCATED, 3271: Kind.DATA,
    33111: Kind.KEY,
}  # fmt: skip
"""What the numbers of SqlException mean: negative ones are of the client, 2 and 53 of the network."""
_SYSTEM = {
    5: Kind.DENIED, 32: Kind.LOCKED, 38: Kind.TRUNCATED, 53: Kind.UNREACHABLE, 64: Kind.UNREACHABLE,
    121: Kind.TIMEOUT, 1326: Kind.DENIED,
}  # fmt: skip
"""What the operating system said of a file (winerror.h): `error 5(...)`, whatever the language."""
_SYSTEM_ERROR = re.compile(r"\b([0-9]{1,5})\(")


def _others(order: Order, hosts: Sequence[str]) -> tuple[list[Instance], list[Fault]]:
    """The other hosts of the job, and why some could not be asked."""
    found: list[Instance] = []
    faults: list[Fault] = []
    for host in hosts:
        told = _other(order, host)
        if isinstance(told, Fault):
            faults.append(replace(told, message=f"{host}: {told.message}", where=host))
        else:
            found.append(told)
    return found, faults


def _other(order: Order, host: str) -> Instance | Fault:
    if order.runner is None:
        return Fault(Kind.NOT_PROVABLE, "there is no way to it")
    try:
        with order.runner(host, order.deadline) as runner:
            return asked(runner, order, host)
    except IctError as error:
        return fault_of(error)


def facts_of(
    instances: Sequence[Instance], order: Order, unasked: Sequence[Fault] = (), seconds: float = 0.0
) -> BackupFacts:
    """The facts in the histories of one or more instances; pure."""
    wanted = {name.casefold() for name in order.job.repository.jobs}
    judged = [each for each in histories(instances) if not wanted or each.target.casefold() in wanted]
    points = [point for each in judged for point in points_of(each)]
    return BackupFacts(
        engine=ENGINE,
        observed_at=order.now,
        version=instances[0].version,
        access=Probe(seconds=seconds, told={"databases": len(judged)}),
        points=tuple(sorted(points, key=lambda point: point.at)),
        targets=tuple(each.target for each in judged if each.database.usable and not each.elsewhere),
        runs=_runs(instances, judged, order, unasked),
        cannot=CANNOT,
    )


def _runs(
    instances: Sequence[Instance], judged: Sequence[History], order: Order, unasked: Sequence[Fault]
) -> Probe:
    """What is wrong with the backups of each database, and what is not known of them."""
    faults = [*_absent(judged, order)]
    blocked = [*unasked]
    for history in judged:
        found = [*faults_of(history)]
        if history.elsewhere and (found or history.full is None):
            blocked.append(_recorded_elsewhere(history))
        else:
            faults += found
    if not all(each.sees_all for each in instances):
        blocked.append(Fault(Kind.DENIED, "the account sees not every database: grant VIEW ANY DATABASE"))
    return Probe(tuple(faults), blocked[0] if blocked else None, told=_told(judged), weak=_weak(judged))


def _absent(judged: Sequence[History], order: Order) -> Iterator[Fault]:
    """Databases that the job names and that are not there, or cannot be backed up."""
    by_name = {history.target.casefold(): history.database for history in judged}
    for name in order.job.repository.jobs:
        database = by_name.get(name.casefold())
        if database is None:
            yield Fault(Kind.OTHER, f"there is no database {name}", name)
        elif not database.usable:
            words = f"{name} is {database.state or 'in an unknown state'} and cannot be backed up"
            yield Fault(Kind.INCOMPLETE, words, name)


def _recorded_elsewhere(history: History) -> Fault:
    names = ", ".join(history.elsewhere)
    words = f"backups of {history.target} may be recorded on {names}, which was not asked"
    return Fault(Kind.NOT_PROVABLE, f"{words}: add its host to source: hosts", history.target)


def _told(judged: Sequence[History]) -> dict[str, int | float | str]:
    sets = [each for history in judged for each in history.sets]
    idle = [history.target for history in judged if not history.database.usable]
    told: dict[str, int | float | str] = {"databases": len(judged), "backups": len(sets)}
    if snapshots := sum(each.snapshot for each in sets):
        told["snapshots"] = snapshots
    if idle:
        told["not_online"] = ", ".join(idle[:_SHOWN])
    return told


def _weak(judged: Sequence[History]) -> str:
    fulls = [history.full for history in judged if history.full is not None]
    bare = sorted(each.name for each in fulls if each.checksums is False)
    words = []
    if bare:
        words.append(f"without checksums: {', '.join(bare[:_SHOWN])}{', ...' if len(bare) > _SHOWN else ''}")
    if any(not each.certain for history in judged for each in history.sets):
        words.append("times without a recorded zone are read as of today's")
    return "; ".join(words)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One full backup to read: of which database, how large, and where it is."""

    name: str
    id: str
    size: int
    media: Media


def readable(own: Instance, order: Order) -> list[Chosen]:
    """The newest full backup of each database, where it lies in files that the instance can reach."""
    wanted = {name.casefold() for name in order.job.repository.jobs}
    found = []
    for database in sorted(own.databases, key=lambda each: each.name.casefold()):
        if wanted and database.name.casefold() not in wanted:
            continue
        mine = (each for each in own.sets if each.name == database.name and each.server in own.names)
        full = newest(of_kind(mine, FULL))
        media = own.media.get(full.id) if full is not None else None
        if full is not None and media is not None and media.readable and media.paths:
            found.append(Chosen(database.name, full.id, full.size or 0, media))
    return found


def _reads(runner: Runner, own: Instance, order: Order) -> tuple[ReadProbe, ...]:
    """The newest full backups of this slice of the databases: each database is in one of the slices."""
    part, all_of_them = order.read, readable(own, order)
    if not order.deep or part is None or not all_of_them:
        return ()
    chosen = [each for place, each in enumerate(all_of_them) if place % part.of == part.number - 1]
    return (ReadProbe(part.number, part.of, _read(runner, order, chosen, part)),)


def _read(runner: Runner, order: Order, chosen: Sequence[Chosen], part: Slice) -> Probe:
    if not chosen:
        return Probe(told={"backups": 0, "slice": f"{part.number}/{part.of}"})
    if order.deadline.over:
        return Probe(blocked=Fault(Kind.TIMEOUT, "no time was left to read a backup"))
    started = monotonic()
    verify = [
        {"id": each.id, "position": each.media.position, "paths": list(each.media.paths)} for each in chosen
    ]
    try:
        answer = powershell.ask(runner, "mssql", order, {**_connection(order), "verify": verify})
    except IctError as error:
        return Probe(blocked=fault_of(error), seconds=monotonic() - started)
    return replace(read_probe(answer, chosen), seconds=monotonic() - started)


def read_probe(answer: Answer, chosen: Sequence[Chosen]) -> Probe:
    """What VERIFYONLY said of each backup. Only message 3262, *the backup set is valid*, is a proof."""
    reason = answer.missing("connection") or answer.missing("verified")
    if reason is not None:
        return Probe(blocked=_unreachable(reason))
    told = {(text(row, "id") or "").lower(): row for row in answer.parts["verified"]}
    found = {each.name: _verdict(each, told.get(each.id)) for each in chosen}
    hard = [fault for fault in found.values() if fault is not None and not fault.kind.is_ignorance]
    soft = [fault for fault in found.values() if fault is not None and fault.kind.is_ignorance]
    read = [each for each in chosen if found[each.name] is None]
    bare = sum(flag(told[each.id], "checksum") is False for each in read)
    return Probe(
        tuple(hard),
        soft[0] if soft else None,
        told={"backups": len(read), "bytes": sum(each.size for each in read), "without_checksums": bare},
        weak="VERIFYONLY does not look inside the database",
    )


def _verdict(each: Chosen, row: Row | None) -> Fault | None:
    """What is wrong with one backup; None when it was read and is valid."""
    number = row.get("number") if row is not None else None
    if row is None:
        return Fault(Kind.TIMEOUT, f"{each.name} was not read in time", each.name)
    if number == 0:
        valid = flag(row, "valid") is True
        return (
            None if valid else Fault(Kind.NOT_PROVABLE, f"nothing says that {each.name} is valid", each.name)
        )
    message = text(row, "message") or "no reason given"
    kind = _NUMBERS.get(number, Kind.OTHER) if isinstance(number, int) else Kind.OTHER
    if number in {3201, 3203} and (system := _SYSTEM_ERROR.search(message)) is not None:
        kind = _SYSTEM.get(int(system[1]), kind)
    return Fault(kind, f"{each.name}: SQL Server error {number}: {message}", each.name)
