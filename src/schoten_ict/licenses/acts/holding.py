"""Giving units of an entitlement to people and machines, and taking them back.

Nothing is refused because it is too many: over-use is shown by the audit, it is not hidden by a form.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from schoten_ict.core.errors import ConflictError, NotFoundError
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest
from schoten_ict.core.times import Duration
from schoten_ict.licenses.acts.desk import Desk
from schoten_ict.licenses.model import Entitlement
from schoten_ict.licenses.records import entitlements
from schoten_ict.licenses.records.entitlements import Held
from schoten_ict.store import Transaction, people
from schoten_ict.store.journal import Change

REASONS = ("left", "failure", "moved")
"""Why a unit is taken back: the person left, the machine failed or was lost, or it moves to another."""
_AT_ONCE = frozenset({"left", "failure"})


@dataclass(frozen=True, slots=True)
class Assigned:
    """What came of giving units away: how many are held now, and since when a unit waits for its day.

    `waiting` are units that were taken back lately and may not pass on yet, by the day on which they may.
    """

    entitlement: Entitlement
    holder: str
    held: int
    waiting: tuple[date, ...]

    @property
    def too_many(self) -> int:
        """How many more are held than were bought."""
        return max(0, self.held - (self.entitlement.quantity or 0))


def assign(
    desk: Desk, number: str, kind: str, word: str, quantity: int, reassign_after: Duration
) -> Assigned:
    """Give units of an entitlement to a person, an asset or a host.

    Raises `NotFoundError` for what nobody knows, `ConflictError` where the holder has it, or it ended.
    """
    with desk.store.transaction() as transaction:
        found = entitlements.get(transaction.connection, number)
        if not found.counts(desk.today):
            raise ConflictError(
                f"{found.number} counts no more or not yet", subject=entitlements.about(found.number)
            )
        holder = _holder(transaction, kind, word)
        before = entitlements.holders(transaction.connection, found.number)
        if any(each.until is None and each.subject == subject(kind, holder) for each in before):
            raise ConflictError(
                f"{subject(kind, holder)} has {found.number} already",
                remedy=f"ict licenses release {found.number} --{kind} {holder}",
            )
        entitlements.hold(transaction, found.number, kind, holder, quantity, desk.today)
        held = quantity + sum(each.quantity for each in before if each.until is None)
        waiting = tuple(free_from(before, reassign_after, desk.today))
        _journal(transaction, found.number, "entitlement.assign", subject(kind, holder), 0, quantity)
    return Assigned(found, subject(kind, holder), held, waiting)


def release(desk: Desk, number: str, kind: str, word: str, because: str) -> Held:
    """Take units back from a holder. Raises `NotFoundError` where it has none."""
    with desk.store.transaction() as transaction:
        found = entitlements.get(transaction.connection, number)
        holder = _holder(transaction, kind, word)
        current = [
            each
            for each in entitlements.holders(transaction.connection, found.number)
            if each.until is None and each.subject == subject(kind, holder)
        ]
        if not current:
            raise NotFoundError(
                f"{subject(kind, holder)} has no {found.number}", remedy=f"ict licenses show {found.number}"
            )
        entitlements.let_go(transaction, current[0].row, desk.today, because)
        _journal(
            transaction, found.number, f"entitlement.release.{because}", subject(kind, holder),
            current[0].quantity, 0,
        )  # fmt: skip
    return current[0]


def free_from(holders: Iterable[Held], reassign_after: Duration, today: date) -> Iterable[date]:
    """The days on which units that were taken back may pass on, as far as they lie ahead; one per unit.

    A unit may pass on at once when its holder left or its machine failed (Microsoft Product Terms,
    "License Reassignment").
    """
    for each in holders:
        if each.until is not None and each.because not in _AT_ONCE:
            free = reassign_after.after(each.since)
            if free > today:
                yield from [free] * each.quantity


def _holder(transaction: Transaction, kind: str, word: str) -> str:
    """The holder's key; raises `NotFoundError`."""
    if kind == "person":
        return people.identify(transaction.connection, word).key
    if kind == "host":
        return word
    row = transaction.connection.execute(
        "SELECT tag FROM asset WHERE tag = ? COLLATE NOCASE", (word,)
    ).fetchone()
    if row is None:
        tags = [each["tag"] for each in transaction.connection.execute("SELECT tag FROM asset")]
        raise NotFoundError(f"no asset {word!r}{nearest(word.upper(), tags)}", subject=subject("asset", word))
    return str(row["tag"])


def _journal(
    transaction: Transaction, number: str, action: str, holder: str, before: int, after: int
) -> None:
    about = entitlements.about(number)
    changes = [
        Change(about, {holder: before or None}, {holder: after or None}),
        Change(holder, {number: before or None}, {number: after or None}),
    ]
    transaction.record_many(action, about, changes)
