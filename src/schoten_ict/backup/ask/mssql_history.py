"""What one instance of SQL Server tells of its databases and of the history in msdb.

From Microsoft's documentation, never run on SQL Server: dbo.backupset, dbo.backupmediafamily, sys.databases,
sys.availability_replicas. Times are those of the server's clock; `time_zone` counts quarters of an hour from
UTC when a backup began, 127 is unknown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from schoten_ict.backup.ask.powershell import Answer, flag
from schoten_ict.formats.answers import Row, number, text

FULL, DIFFERENTIAL, LOG = "full", "differential", "log"
_KINDS = {"D": FULL, "I": DIFFERENTIAL, "L": LOG}
_UNKNOWN_ZONE = 127
_FARTHEST = 48
"""Quarters of an hour: twelve hours either way (dbo.backupset)."""
_MODEL = 3
"""The database from which others are made: nobody works in it, so nobody takes its log."""
_FILES = frozenset({2, 102, 9})
"""Device types that are files: disk, disk by a name of the server, URL."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database as the server lists it.

    `usable` says that it can be backed up now, `logged` that its log must be, `grouped` that it belongs to an
    availability group.
    """

    name: str
    state: str
    recovery: str
    usable: bool
    logged: bool
    grouped: bool


@dataclass(frozen=True, slots=True)
class BackupSet:
    """One backup in msdb. `certain` is False where its time zone is not recorded."""

    id: str
    server: str
    name: str
    kind: str
    start: datetime
    seconds: float | None
    certain: bool
    size: int | None
    packed: int | None
    damaged: bool
    checksums: bool | None
    snapshot: bool
    base: str
    last_lsn: int


class Stretch(NamedTuple):
    """Log backups without a gap, by their log sequence numbers."""

    first: int
    last: int
    backups: int
    damaged: int


@dataclass(frozen=True, slots=True)
class Media:
    """Where a backup was written."""

    position: int
    paths: tuple[str, ...]
    readable: bool


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance and its history. `host` is its name in the inventory, `names` are its own."""

    host: str
    names: frozenset[str]
    version: str
    sees_all: bool
    databases: tuple[Database, ...]
    sets: tuple[BackupSet, ...]
    stretches: Mapping[tuple[str, str], tuple[Stretch, ...]]
    media: Mapping[str, Media]
    replicas: Mapping[str, frozenset[str]]


def instance(answer: Answer, host: str) -> Instance:
    """Read an answer whose parts `server`, `databases` and `sets` are there."""
    server = answer.one("server")
    minutes = server.get("minutes")
    offset = minutes if isinstance(minutes, int) and abs(minutes) <= _FARTHEST * 15 else 0
    sets = (_set(row, offset) for row in answer.parts["sets"])
    return Instance(
        host=host,
        names=frozenset(name.casefold() for key in ("name", "alias") if (name := text(server, key))),
        version=text(server, "version") or "",
        sees_all=flag(server, "sees_all") is not False,
        databases=tuple(each for row in answer.parts["databases"] if (each := _database(row)) is not None),
        sets=tuple(each for each in sets if each is not None),
        stretches=_stretches(answer.parts.get("logs", ())),
        media=_media(answer.parts.get("media", ())),
        replicas=_replicas(answer.parts.get("replicas", ())),
    )


def _database(row: Row) -> Database | None:
    name, state = text(row, "name"), text(row, "state") or ""
    if name is None:
        return None
    alive = state == "ONLINE" and flag(row, "standby") is not True
    recovery = text(row, "recovery") or ""
    return Database(
        name=name,
        state=state,
        recovery=recovery,
        usable=alive,
        logged=alive and recovery != "SIMPLE" and flag(row, "fixed") is not True and row.get("id") != _MODEL,
        grouped=text(row, "grouped") is not None,
    )


def _set(row: Row, offset: int) -> BackupSet | None:
    identity, name, kind = text(row, "id"), text(row, "name"), _KINDS.get(text(row, "kind") or "")
    zone = row.get("zone")
    certain = isinstance(zone, int) and not isinstance(zone, bool) and abs(zone) <= _FARTHEST
    minutes = zone * 15 if certain and isinstance(zone, int) else offset
    start, finish = (_utc(text(row, key), minutes) for key in ("start", "finish"))
    if identity is None or name is None or kind is None or start is None:
        return None
    took = (finish - start).total_seconds() if finish is not None else None
    return BackupSet(
        id=identity.lower(),
        server=(text(row, "server") or "").casefold(),
        name=name,
        kind=kind,
        start=start,
        seconds=took if took is not None and took >= 0 else None,
        certain=certain,
        size=number(row.get("size")),
        packed=number(row.get("packed")),
        damaged=flag(row, "damaged") is True,
        checksums=flag(row, "checksums"),
        snapshot=flag(row, "snapshot") is True,
        base=(text(row, "base") or "").lower(),
        last_lsn=_lsn(row, "last_lsn"),
    )


def _utc(told: str | None, minutes: int) -> datetime | None:
    """A time of the server's clock in UTC; `minutes` is how far that clock is ahead of it."""
    try:
        local = datetime.fromisoformat(told or "").replace(tzinfo=UTC)
        return local - timedelta(minutes=minutes)
    except (ValueError, OverflowError):
        return None


def _lsn(row: Row, name: str) -> int:
    """A log sequence number, numeric(25,0); 0 where there is none."""
    value = text(row, name) or ""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 25 else 0  # noqa: PLR2004


def _stretches(found: Iterable[Row]) -> dict[tuple[str, str], tuple[Stretch, ...]]:
    by_database: dict[tuple[str, str], list[Stretch]] = {}
    for row in found:
        name, first, last = text(row, "name"), _lsn(row, "first_lsn"), _lsn(row, "last_lsn")
        if name is not None and first <= last:
            key = ((text(row, "server") or "").casefold(), name.casefold())
            amounts = (number(row.get(each)) or 0 for each in ("backups", "damaged"))
            by_database.setdefault(key, []).append(Stretch(first, last, *amounts))
    return {key: tuple(stretches) for key, stretches in by_database.items()}


def _media(found: Iterable[Row]) -> dict[str, Media]:
    media: dict[str, Media] = {}
    for row in found:
        identity, path, position = text(row, "id"), text(row, "path"), number(row.get("position"))
        if identity is None:
            continue
        readable = path is not None and row.get("device") in _FILES
        before = media.get(identity.lower(), Media(position or 1, (), readable=True))
        paths = (*before.paths, path) if path is not None else before.paths
        media[identity.lower()] = Media(before.position, paths, before.readable and readable)
    return media


def _replicas(found: Iterable[Row]) -> dict[str, frozenset[str]]:
    replicas: dict[str, frozenset[str]] = {}
    for row in found:
        name, replica = text(row, "name"), text(row, "replica")
        if name is not None and replica is not None:
            key = name.casefold()
            replicas[key] = replicas.get(key, frozenset()) | {replica.casefold()}
    return replicas


def merged(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Stretches of several servers as one chain: those that meet or overlap are one."""
    chain: list[Stretch] = []
    for each in sorted(stretches):
        if chain and each.first <= chain[-1].last:
            last = chain.pop()
            each = Stretch(  # noqa: PLW2901 - the two of them are the next one
                last.first,
                max(last.last, each.last),
                last.backups + each.backups,
                last.damaged + each.damaged,
            )
        chain.append(each)
    return chain


def gaps_after(full: BackupSet, chain: Sequence[Stretch]) -> int | None:
    """How often the log is interrupted since a full backup; None when no log was taken since.

    The first log to restore reaches back to the end of the full backup, each other to the one before it.
    """
    later = [each for each in chain if each.last > full.last_lsn]
    if not later:
        return None
    return len(later) - 1 + (later[0].first > full.last_lsn)


def newest(sets: Iterable[BackupSet]) -> BackupSet | None:
    """The one that began last."""
    return max(sets, key=lambda each: each.start, default=None)


def of_kind(sets: Iterable[BackupSet], kind: str) -> Iterator[BackupSet]:
    """Those of a kind that SQL Server itself took."""
    return (each for each in sets if each.kind == kind and not each.snapshot)
