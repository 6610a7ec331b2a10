"""Each database with everything that was recorded of it: its points, and what is wrong with its backups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schoten_ict.backup.ask.mssql_history import (
    DIFFERENTIAL,
    FULL,
    LOG,
    BackupSet,
    Database,
    Instance,
    Stretch,
    gaps_after,
    merged,
    newest,
    of_kind,
)
from schoten_ict.backup.facts import Fault, Kind, Point
from schoten_ict.core.text import counted

_UNSEEN = frozenset({"a replica that the account does not see"})
_BROKEN = frozenset({"SUSPECT", "RECOVERY_PENDING", "EMERGENCY"})


@dataclass(frozen=True, slots=True)
class History:
    """One database and its backups, wherever these were recorded.

    `target` is its name in the findings; `elsewhere` are replicas that were not asked.
    """

    target: str
    host: str
    database: Database
    sets: tuple[BackupSet, ...]
    chain: tuple[Stretch, ...]
    elsewhere: tuple[str, ...] = ()

    @property
    def full(self) -> BackupSet | None:
        """The newest full backup."""
        return self.last(FULL)

    @property
    def gaps(self) -> int | None:
        """How often the log is interrupted since the newest full backup; None without log or full."""
        return gaps_after(self.full, self.chain) if self.full else None

    def last(self, kind: str) -> BackupSet | None:
        """The newest of a kind that SQL Server itself took."""
        return newest(of_kind(self.sets, kind))

    @property
    def fulls(self) -> set[str]:
        """The full backups on which others can rest."""
        return {each.id for each in of_kind(self.sets, FULL)}


def histories(instances: Sequence[Instance]) -> Iterator[History]:
    """Every database of every instance; one of a group once, with what all replicas recorded."""
    seen: set[str] = set()
    for place, own in enumerate(instances):
        for database in own.databases:
            key = database.name.casefold()
            shared = database.grouped and key in own.replicas
            if shared and key in seen:
                continue
            holders = [other for other in instances if other is own or (shared and _holds(other, key))]
            seen |= {key} if shared else set()
            target = f"{own.host}/{database.name}" if place and not shared else database.name
            yield _history(target, database, own, holders)


def _holds(other: Instance, key: str) -> bool:
    return any(database.name.casefold() == key and database.grouped for database in other.databases)


def _history(target: str, database: Database, own: Instance, holders: Sequence[Instance]) -> History:
    """What the holders of a database took themselves: a restore brings in history of other servers."""
    key = database.name.casefold()
    names = frozenset[str]().union(*(each.names for each in holders))
    sets = {
        each.id: each
        for holder in holders
        for each in holder.sets
        if each.name.casefold() == key and each.server in names
    }
    stretches = [
        stretch
        for holder in holders
        for (server, name), found in holder.stretches.items()
        if name == key and server in names
        for stretch in found
    ]
    elsewhere = own.replicas.get(key, _UNSEEN) - names if database.grouped else ()
    return History(
        target, own.host, database, tuple(sets.values()), tuple(merged(stretches)), tuple(sorted(elsewhere))
    )


def points_of(history: History) -> Iterator[Point]:
    """The backups of a database that SQL Server itself took. Those of the log have no size to compare."""
    for each in history.sets:
        if not each.snapshot:
            weighed = each.kind != LOG
            yield Point(
                id=each.id,
                at=each.start,
                host=history.host,
                paths=(each.kind,),
                complete=_is_complete(history, each),
                size=each.size if weighed else None,
                packed=each.packed if weighed else None,
                seconds=each.seconds,
                target=history.target,
            )


def _is_complete(history: History, each: BackupSet) -> bool | None:
    """Whether a backup can be restored with what else was recorded; None where that is not known."""
    if each.damaged:
        return False
    if each.kind == FULL:
        return True
    if history.full is None:
        return False
    if each.kind == LOG:
        return history.gaps == 0 or each.start <= history.full.start
    if not each.base or each.base in history.fulls:
        return True if each.base else None
    return False if each.start > history.full.start else None


def faults_of(history: History) -> Iterator[Fault]:
    """What is wrong with the backups of one database. That there are none at all is seen in its points."""
    name, database, full = history.target, history.database, history.full
    if database.state in _BROKEN:
        yield Fault(Kind.DATABASE, f"{name} is {database.state}", name)
    if not database.usable:
        return
    if full is None and history.sets:
        yield Fault(Kind.INCOMPLETE, f"{name} has no full backup on which the others could rest", name)
    for kind in (FULL, DIFFERENTIAL, LOG):
        last = history.last(kind)
        if last is not None and last.damaged:
            words = f"the last {kind} backup of {name} was taken although pages were damaged"
            yield Fault(Kind.DATA, words, name)
    yield from _differential_faults(history)
    if database.logged:
        yield from _log_faults(history)


def _differential_faults(history: History) -> Iterator[Fault]:
    last, full = history.last(DIFFERENTIAL), history.full
    if last is None or full is None or last.start < full.start:
        return
    if last.base and last.base not in history.fulls:
        words = f"the last differential backup of {history.target} rests on a full one that is not recorded"
        yield Fault(Kind.INCOMPLETE, f"{words}: another product may have taken it", history.target)


def _log_faults(history: History) -> Iterator[Fault]:
    name, full, last = history.target, history.full, history.last(LOG)
    if last is None:
        words = f"the recovery model of {name} is {history.database.recovery} and its log was never backed up"
        yield Fault(Kind.INCOMPLETE, words, name)
    elif full is not None and history.gaps:
        since = f"since the full backup of {full.start:%Y-%m-%d %H:%M} UTC"
        yield Fault(
            Kind.WAL, f"the log of {name} is interrupted {counted(history.gaps, 'time')} {since}", name
        )
    elif len([each for each in of_kind(history.sets, FULL) if each.start > last.start]) > 1:
        words = f"the log of {name} was last backed up on {last.start:%Y-%m-%d %H:%M} UTC"
        yield Fault(Kind.INCOMPLETE, f"{words}, before its last two full backups", name)
