"""Findings in the store: one row per episode, so that "since when" survives between runs."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from schoten_ict.core.finding import Finding
from schoten_ict.core.times import parse_utc, utc_text
from schoten_ict.core.verdict import Verdict
from schoten_ict.store.database import Transaction
from schoten_ict.store.journal import canonical

_OPEN = """
    SELECT * FROM finding WHERE resolved_at IS NULL AND check_id GLOB :scope
    ORDER BY check_id, subject, key
"""
_OPEN_OF_SUBJECT = """
    SELECT * FROM finding WHERE subject = :subject AND resolved_at IS NULL AND check_id GLOB :scope
    ORDER BY check_id, key
"""
_PROBLEMS = frozenset({Verdict.WARN, Verdict.FAIL})


def same_episode(began: Verdict, new: Verdict) -> bool:
    """Whether a verdict continues an episode that began with `began`.

    A problem that cannot be read for a while is still the same problem (its deadline runs on); what was
    unknown and turns out bad is bad from now.
    """
    if began in _PROBLEMS:
        return new is not Verdict.OK
    return new is began


def record(
    transaction: Transaction,
    covered: Sequence[str],
    findings: Iterable[Finding],
    *,
    subject: str | None = None,
) -> list[Finding]:
    """Keep one run's findings and return them with `first_seen` filled in.

    `covered` are the check ids that this run looks at whole (SQLite GLOB patterns), for one `subject` where
    one is named: an open finding of theirs that the run did not give again is resolved. Of an identity given
    twice the worst verdict counts.
    """
    worst: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        other = worst.setdefault(finding.identity, finding)
        if finding.verdict.rank > other.verdict.rank:
            worst[finding.identity] = finding
    kept = [_keep(transaction, finding) for finding in worst.values()]
    for pattern in covered:
        rows = transaction.connection.execute(
            "SELECT id, check_id, subject, key FROM finding "
            "WHERE resolved_at IS NULL AND check_id GLOB :pattern AND subject = coalesce(:subject, subject)",
            {"pattern": pattern, "subject": subject},
        ).fetchall()
        for row in rows:
            if (row["check_id"], row["subject"], row["key"]) not in worst:
                _resolve(transaction, row["id"])
    return kept


def open_findings(
    connection: sqlite3.Connection, now: datetime, *, scope: str = "*", subject: str | None = None
) -> list[Finding]:
    """The findings that stand, as a reader at `now` must see them (stale ones read as unknown)."""
    rows = connection.execute(
        _OPEN if subject is None else _OPEN_OF_SUBJECT, {"scope": scope, "subject": subject}
    )
    return [_finding(row).as_of(now) for row in rows]


def problems_since(connection: sqlite3.Connection, moment: datetime, scope: str) -> list[Finding]:
    """Every episode that was not ok and lasted into the time since `moment`, oldest first."""
    rows = connection.execute(
        "SELECT * FROM finding WHERE check_id GLOB ? AND began <> 'ok' AND learning = 0 "
        "AND coalesce(resolved_at, '9999') >= ? ORDER BY first_seen, id",
        (scope, utc_text(moment)),
    )
    return [_finding(row) for row in rows]


def episodes(connection: sqlite3.Connection, check: str, subject: str, key: str = "") -> list[Finding]:
    """Every episode of one identity, oldest first; `resolved_at` is None for the one that stands."""
    rows = connection.execute(
        "SELECT * FROM finding WHERE check_id = ? AND subject = ? AND key = ? ORDER BY first_seen, id",
        (check, subject, key),
    )
    return [_finding(row) for row in rows]


def _keep(transaction: Transaction, finding: Finding) -> Finding:
    row = transaction.connection.execute(
        "SELECT * FROM finding WHERE check_id = ? AND subject = ? AND key = ? AND resolved_at IS NULL",
        finding.identity,
    ).fetchone()
    if row is not None and same_episode(Verdict(row["began"]), finding.verdict):
        transaction.connection.execute(
            "UPDATE finding SET verdict = ?, summary = ?, evidence = ?, remedy = ?, learning = ?, "
            "observed_at = ?, valid_until = ? WHERE id = ?",
            (*_values(finding), row["id"]),
        )
        return replace(finding, first_seen=parse_utc(row["first_seen"]), began=Verdict(row["began"]))
    if row is not None:
        _resolve(transaction, row["id"])
    began = utc_text(finding.first_seen or finding.observed_at)
    transaction.connection.execute(
        "INSERT INTO finding (check_id, subject, key, began, first_seen, verdict, summary, evidence, remedy, "
        "learning, observed_at, valid_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*finding.identity, finding.verdict, began, *_values(finding)),
    )
    return replace(finding, first_seen=parse_utc(began), began=finding.verdict)


def _resolve(transaction: Transaction, row_id: int) -> None:
    transaction.connection.execute(
        "UPDATE finding SET resolved_at = ? WHERE id = ?", (utc_text(transaction.now), row_id)
    )


def _values(finding: Finding) -> tuple[object, ...]:
    return (
        finding.verdict,
        finding.summary,
        canonical(finding.evidence),
        finding.remedy,
        finding.learning,
        utc_text(finding.observed_at),
        utc_text(finding.valid_until) if finding.valid_until else None,
    )


def _moment(text: str | None) -> datetime | None:
    return parse_utc(text) if text else None


def _finding(row: sqlite3.Row) -> Finding:
    return Finding(
        check=row["check_id"],
        subject=row["subject"],
        key=row["key"],
        verdict=Verdict(row["verdict"]),
        summary=row["summary"],
        evidence=json.loads(row["evidence"]),
        remedy=row["remedy"],
        learning=bool(row["learning"]),
        began=Verdict(row["began"]),
        observed_at=parse_utc(row["observed_at"]),
        valid_until=_moment(row["valid_until"]),
        first_seen=parse_utc(row["first_seen"]),
        resolved_at=_moment(row["resolved_at"]),
    )
