"""Looks, drills and backups that ict did: when, how long, and how they ended."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from schoten_ict.core.finding import subject
from schoten_ict.core.text import spoken
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.core.verdict import Verdict
from schoten_ict.store import Transaction
from schoten_ict.store.journal import canonical

_ACTIONS = {"verify": "backup.verify", "drill": "backup.drill", "take": "backup.run"}


Measured = tuple[int | None, int | None]
"""Files and bytes."""


@dataclass(frozen=True, slots=True)
class Run:
    """One look (`verify`), drill or backup (`take`).

    `last_at`, `size` and `files` are those of the newest backup at the time. `seconds` is 0 where nobody
    measured them.
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

    @property
    def took(self) -> float | None:
        """How many seconds it took; None where nobody measured them (a restore by hand)."""
        return self.seconds or None

    @property
    def not_proven(self) -> dict[str, str]:
        """What a look could never prove, by check, and why: it lies in the engine."""
        cannot = self.told.get("cannot")
        return {str(check): str(why) for check, why in cannot.items()} if isinstance(cannot, dict) else {}


def keep(transaction: Transaction, run: Run, **after: object) -> None:
    """Keep a run that ended, and its SHA-256 in the journal, with what else the journal should say of it."""
    written = _written(transaction, run)
    values = {
        "verdict": run.verdict,
        **after,
        "sha256": hashlib.sha256(text_of(written).encode()).hexdigest(),
    }
    transaction.record(_ACTIONS[run.act], subject("job", run.job), None, values)


def content_of(run: Run) -> dict[str, Any]:
    """A run as evidence tells it."""
    values = asdict(run) | {"began_at": utc_text(run.began_at), "verdict": run.verdict.value}
    values["last_at"] = utc_text(run.last_at) if run.last_at else None
    values["told"] = dict(run.told)
    return values


def text_of(run: Run) -> str:
    """What hashes of a run are of: its content as canonical JSON."""
    return canonical(content_of(run))


def _written(transaction: Transaction, run: Run) -> Run:
    """The run as it is read from now on."""
    cursor = transaction.connection.execute(
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
    row = transaction.connection.execute("SELECT * FROM backup_run WHERE id = ?", (cursor.lastrowid,))
    return _run(row.fetchone())


def first_look(connection: sqlite3.Connection, job: str, repository: str) -> datetime | None:
    """When a repository was looked at first."""
    row = connection.execute(
        "SELECT min(began_at) FROM backup_run WHERE job = ? AND repository = ?", (job, repository)
    ).fetchone()
    return parse_utc(row[0]) if row[0] else None


def measured(connection: sqlite3.Connection, job: str, repository: str) -> tuple[Measured, ...]:
    """Files and bytes of the newest backup at the last looks, newest first."""
    rows = connection.execute(
        "SELECT files, size FROM backup_run WHERE job = ? AND repository = ? AND act = 'verify' "
        "AND (files IS NOT NULL OR size IS NOT NULL) ORDER BY id DESC LIMIT 14",
        (job, repository),
    )
    return tuple((row["files"], row["size"]) for row in rows)


def last_place(connection: sqlite3.Connection, job: str) -> str:
    """Where a job was looked at last; empty for nowhere."""
    row = connection.execute(
        "SELECT repository FROM backup_run WHERE job = ? AND act = 'verify' ORDER BY id DESC LIMIT 1", (job,)
    ).fetchone()
    return str(row[0]) if row else ""


def last_looks_at(connection: sqlite3.Connection, repository: str) -> list[Run]:
    """The last look at a place under each name that a job had there, the latest first."""
    rows = connection.execute(
        "SELECT *, max(id) FROM backup_run WHERE act = 'verify' AND repository = ? GROUP BY job "
        "ORDER BY id DESC",
        (repository,),
    )
    return [_run(row) for row in rows]


def of_job(connection: sqlite3.Connection, job: str, most: int = 1000) -> list[Run]:
    """The runs of a job, newest first."""
    rows = connection.execute(
        "SELECT * FROM backup_run WHERE job = ? ORDER BY began_at DESC, id DESC LIMIT ?", (job, most)
    )
    return [_run(row) for row in rows]


def since(connection: sqlite3.Connection, moment: datetime) -> list[Run]:
    """All runs that began at `moment` or later, in the order in which they ended."""
    rows = connection.execute("SELECT * FROM backup_run WHERE began_at >= ? ORDER BY id", (utc_text(moment),))
    return [_run(row) for row in rows]


def last_looks(connection: sqlite3.Connection) -> dict[str, Run]:
    """The last look at each job; a drill looks at one backup only."""
    rows = connection.execute("SELECT *, max(id) FROM backup_run WHERE act = 'verify' GROUP BY job")
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
