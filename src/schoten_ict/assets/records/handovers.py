"""Handovers: what was entrusted to whom, under which policies, and whether it was accepted."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.finding import subject
from schoten_ict.core.times import day_of, parse_utc, utc_text
from schoten_ict.store import Transaction


@dataclass(frozen=True, slots=True)
class BoundPolicy:
    """A policy as it was when somebody received something under it."""

    id: str
    version: str
    title: str
    valid_from: date
    sha256: str

    def __str__(self) -> str:
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class HandoverItem:
    """One item of a handover."""

    asset: str
    state: str | None
    accessories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover: many items, one person, one document. Times are UTC; `outcome` is None while open."""

    number: str
    person: str
    issued_at: datetime
    issued_by: str
    due_back: date | None
    items: tuple[HandoverItem, ...]
    policies: tuple[BoundPolicy, ...]
    outcome: str | None = None
    outcome_on: date | None = None
    how: str | None = None
    reason: str | None = None
    scan: str | None = None

    @property
    def subject(self) -> str:
        """Its name in findings and in the journal."""
        return subject("handover", self.number)


def insert(transaction: Transaction, handover: Handover) -> None:
    """Keep a handover with its items and policies; its document must be there already."""
    connection = transaction.connection
    connection.execute(
        "INSERT INTO handover (number, person, issued_at, issued_by, due_back) VALUES (?, ?, ?, ?, ?)",
        (
            handover.number,
            handover.person,
            utc_text(handover.issued_at),
            handover.issued_by,
            handover.due_back.isoformat() if handover.due_back else None,
        ),
    )
    connection.executemany(
        "INSERT INTO handover_policy VALUES (?, ?, ?)",
        [(handover.number, policy.id, policy.version) for policy in handover.policies],
    )
    connection.executemany(
        "INSERT INTO handover_item VALUES (?, ?, ?, ?)",
        [
            (handover.number, item.asset, item.state, json.dumps(item.accessories, ensure_ascii=False))
            for item in handover.items
        ],
    )


def set_outcome(transaction: Transaction, handover: Handover) -> None:
    """Keep how a handover ended: accepted or declined, when and how."""
    transaction.connection.execute(
        "UPDATE handover SET outcome = ?, outcome_on = ?, how = ?, reason = ?, scan = ? WHERE number = ?",
        (
            handover.outcome,
            handover.outcome_on.isoformat() if handover.outcome_on else None,
            handover.how,
            handover.reason,
            handover.scan,
            handover.number,
        ),
    )


def get(connection: sqlite3.Connection, number: str) -> Handover:
    """The handover of that number; raises `NotFoundError`."""
    row = connection.execute("SELECT * FROM handover WHERE number = ?", (number.upper(),)).fetchone()
    if row is None:
        raise NotFoundError(
            f"no handover {number!r}",
            subject=subject("handover", number),
            remedy="ict assets list --unaccepted, or ict assets history TAG",
        )
    return _handover(connection, row)


def of_person(connection: sqlite3.Connection, person: str) -> list[Handover]:
    """Everything handed over to one person, oldest first."""
    rows = connection.execute("SELECT * FROM handover WHERE person = ? ORDER BY issued_at, number", (person,))
    return [_handover(connection, row) for row in rows.fetchall()]


def accessories_of(connection: sqlite3.Connection, handover: str, tag: str) -> tuple[str, ...]:
    """What went along with an item of a handover."""
    row = connection.execute(
        "SELECT accessories FROM handover_item WHERE handover = ? AND asset = ?", (handover, tag)
    ).fetchone()
    return tuple(json.loads(row["accessories"])) if row else ()


def _handover(connection: sqlite3.Connection, row: sqlite3.Row) -> Handover:
    return Handover(
        number=row["number"],
        person=row["person"],
        issued_at=parse_utc(row["issued_at"]),
        issued_by=row["issued_by"],
        due_back=day_of(row["due_back"]),
        outcome=row["outcome"],
        outcome_on=day_of(row["outcome_on"]),
        how=row["how"],
        reason=row["reason"],
        scan=row["scan"],
        items=_items(connection, row["number"]),
        policies=_policies(connection, row["number"]),
    )


def _items(connection: sqlite3.Connection, number: str) -> tuple[HandoverItem, ...]:
    rows = connection.execute("SELECT * FROM handover_item WHERE handover = ? ORDER BY asset", (number,))
    return tuple(
        HandoverItem(row["asset"], row["state"], tuple(json.loads(row["accessories"]))) for row in rows
    )


def _policies(connection: sqlite3.Connection, number: str) -> tuple[BoundPolicy, ...]:
    rows: Sequence[sqlite3.Row] = connection.execute(
        "SELECT policy_text.* FROM handover_policy JOIN policy_text USING (policy, version) "
        "WHERE handover = ? ORDER BY policy",
        (number,),
    ).fetchall()
    return tuple(
        BoundPolicy(
            row["policy"], row["version"], row["title"], date.fromisoformat(row["valid_from"]), row["sha256"]
        )
        for row in rows
    )
