"""Wiping after the return: the intake that lacked it gets it."""

from dataclasses import dataclass

from schoten_ict.assets.records import assets
from schoten_ict.core.errors import ConflictError
from schoten_ict.store import Store, custody


@dataclass(frozen=True, slots=True)
class Wiped:
    """What was wiped how, and the intake with which it had come back."""

    tag: str
    intake: str
    method: str


def record(store: Store, tag: str, method: str) -> Wiped:
    """Record how an asset was wiped since its last return.

    Raises `ConflictError` when somebody holds it, when it never came back, or when its wipe is on record.
    """
    with store.transaction() as transaction:
        connection = transaction.connection
        asset = assets.get(connection, tag)
        held = custody.current(connection, asset.tag)
        if held is not None:
            raise ConflictError(
                f"{asset.tag} is held by {held.holder}",
                subject=asset.subject,
                remedy=f"ict assets return {asset.tag} --wiped METHOD",
            )
        row = connection.execute(
            "SELECT intake, wiped FROM intake_item JOIN intake ON intake.number = intake_item.intake "
            "WHERE asset = ? ORDER BY taken_at DESC, number DESC LIMIT 1",
            (asset.tag,),
        ).fetchone()
        if row is None:
            raise ConflictError(f"{asset.tag} never came back: there is no intake", subject=asset.subject)
        if row["wiped"] is not None:
            raise ConflictError(
                f"{asset.tag}: intake {row['intake']} says already: {row['wiped']}", subject=asset.subject
            )
        connection.execute(
            "UPDATE intake_item SET wiped = ? WHERE intake = ? AND asset = ?",
            (method, row["intake"], asset.tag),
        )
        transaction.record("asset.wiped", asset.subject, {"wiped": None}, {"wiped": method})
    return Wiped(asset.tag, row["intake"], method)
