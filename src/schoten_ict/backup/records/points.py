"""Backups that were ever seen, of each repository and copy of a job."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime

from schoten_ict.backup.facts import Point
from schoten_ict.backup.judge.case import Known
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.store import Transaction

_PLAIN = tuple(each.name for each in fields(Point) if each.name not in {"at", "paths", "complete"})
_COLUMNS = (*_PLAIN, "at", "paths", "complete")


def known(connection: sqlite3.Connection, job: str, repository: str) -> list[Known]:
    """Every point that was seen in a repository, oldest first; those that are gone too."""
    rows = connection.execute(
        "SELECT * FROM backup_point WHERE job = ? AND repository = ? ORDER BY at, id", (job, repository)
    )
    return [_known(row) for row in rows]


def newest_seen(connection: sqlite3.Connection, job: str, repository: str) -> datetime | None:
    """When the newest point was taken that was ever seen whole in a place."""
    row = connection.execute(
        "SELECT max(at) FROM backup_point WHERE job = ? AND repository = ? AND complete IS NOT 0",
        (job, repository),
    ).fetchone()
    return parse_utc(row[0]) if row[0] else None


def keep(transaction: Transaction, job: str, repository: str, points: Iterable[Point]) -> None:
    """Keep what a repository holds now; what was known and is not among `points` is gone from now."""
    now = utc_text(transaction.now)
    rows = [{**_row(point), "job": job, "repository": repository, "now": now} for point in points]
    names = ", ".join(_COLUMNS)
    values = ", ".join(f":{name}" for name in _COLUMNS)
    later = ", ".join(f"{name} = coalesce(excluded.{name}, {name})" for name in _COLUMNS if name not in _KEY)
    transaction.connection.executemany(
        f"INSERT INTO backup_point (job, repository, {names}, first_seen, last_seen) "  # noqa: S608 - own names
        f"VALUES (:job, :repository, {values}, :now, :now) "
        f"ON CONFLICT DO UPDATE SET {later}, last_seen = :now, gone_at = NULL",
        rows,
    )
    transaction.connection.execute(
        "UPDATE backup_point SET gone_at = ? "
        "WHERE job = ? AND repository = ? AND last_seen < ? AND gone_at IS NULL",
        (now, job, repository, now),
    )


_KEY = {"id", "target"}


def mark_partial(transaction: Transaction, job: str, repository: str, identity: str) -> None:
    """Keep that a point which was just made lacks something; its engine may not remember that itself."""
    now = utc_text(transaction.now)
    transaction.connection.execute(
        "INSERT INTO backup_point (job, repository, id, at, complete, first_seen, last_seen) "
        "VALUES (?, ?, ?, ?, 0, ?, ?) ON CONFLICT DO UPDATE SET complete = 0",
        (job, repository, identity, now, now, now),
    )


def _row(point: Point) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(point, name) for name in _PLAIN}
    row["at"] = point.at.isoformat()
    row["paths"] = json.dumps(point.paths, ensure_ascii=False)
    row["complete"] = point.complete
    return row


def _known(row: sqlite3.Row) -> Known:
    values = {name: row[name] for name in _PLAIN}
    point = Point(
        **values,
        at=parse_utc(row["at"]),
        paths=tuple(json.loads(row["paths"])),
        complete=None if row["complete"] is None else bool(row["complete"]),
    )
    gone = parse_utc(row["gone_at"]) if row["gone_at"] else None
    return Known(point, parse_utc(row["first_seen"]), gone)
