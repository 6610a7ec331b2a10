"""Looks, drills and backups that ict did: when, how long, and how they ended."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schoten_ict.core.text import spoken
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.core.verdict import Verdict
from schoten_ict.store import Transaction


@dataclass(frozen=True, slots=True)
class Run:
    """One look (`verify`), drill or backup (`take`).

    `last_at`, `size` and `files` are those of the newest backup at the time.
    """

    job: str
    act: str
    began_at: datetime
    seconds: float
    verdict: Verdict
    summary: str
    repository: str = ""
    who: str = ""
    last_at: datetime | None = None
    size: int | None = None
    files: int | None = None
    document: str | None = None
    told: Mapping[str, object] = field(default_factory=dict)


def keep(transaction: Transaction, run: Run) -> None:
    """Keep a run that ended."""
    transaction.connection.execute(
        "INSERT INTO backup_run (job, repository, act, began_at, seconds, who, verdict, summary, last_at, "
        "size, files, document, told) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run.job,
            run.repository,
            run.act,
            utc_text(run.began_at),
            run.seconds,
            transaction.who,
            run.verdict,
            spoken(run.summary),
            utc_text(run.last_at) if run.last_at else None,
            run.size,
            run.files,
            run.document,
            spoken(json.dumps(dict(run.told), ensure_ascii=False)),
        ),
    )


def first_look(connection: sqlite3.Connection, job: str, repository: str) -> datetime | None:
    """When a repository was looked at first."""
    row = connection.execute(
        "SELECT min(began_at) FROM backup_run WHERE job = ? AND repository = ?", (job, repository)
    ).fetchone()
    return parse_utc(row[0]) if row[0] else None


def of_job(connection: sqlite3.Connection, job: str, most: int = 1000) -> list[Run]:
    """The runs of a job, newest first."""
    rows = connection.execute(
        "SELECT * FROM backup_run WHERE job = ? ORDER BY began_at DESC, id DESC LIMIT ?", (job, most)
    )
    return [_run(row) for row in rows]


def since(connection: sqlite3.Connection, moment: datetime) -> list[Run]:
    """All runs that began at `moment` or later, oldest first."""
    rows = connection.execute(
        "SELECT * FROM backup_run WHERE began_at >= ? ORDER BY began_at, id", (utc_text(moment),)
    )
    return [_run(row) for row in rows]


def last_looks(connection: sqlite3.Connection) -> dict[str, Run]:
    """The last look at each job."""
    rows = connection.execute(
        "SELECT *, max(id) FROM backup_run WHERE act IN ('verify', 'drill') GROUP BY job"
    )
    return {row["job"]: _run(row) for row in rows}


def _run(row: sqlite3.Row) -> Run:
    return Run(
        job=row["job"],
        act=row["act"],
        began_at=parse_utc(row["began_at"]),
        seconds=row["seconds"],
        verdict=Verdict(row["verdict"]),
        summary=row["summary"],
        repository=row["repository"],
        who=row["who"],
        last_at=parse_utc(row["last_at"]) if row["last_at"] else None,
        size=row["size"],
        files=row["files"],
        document=row["document"],
        told=json.loads(row["told"]),
    )
