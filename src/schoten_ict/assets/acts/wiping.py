"""Wiping after the return: the intake that lacked it gets it."""

from collections.abc import Sequence
from dataclasses import dataclass

from schoten_ict.assets.acts.office import Office
from schoten_ict.assets.model import Asset
from schoten_ict.assets.records import assets, intakes
from schoten_ict.core.errors import ConflictError
from schoten_ict.store import Store, Transaction, custody


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
        last = intakes.last(connection, asset.tag)
        if last is None:
            raise ConflictError(f"{asset.tag} never came back: there is no intake", subject=asset.subject)
        if last.wiped is not None:
            raise ConflictError(
                f"{asset.tag}: intake {last.number} says already: {last.wiped}", subject=asset.subject
            )
        connection.execute(
            "UPDATE intake_item SET wiped = ? WHERE intake = ? AND asset = ?",
            (method, last.number, asset.tag),
        )
        transaction.record("asset.wiped", asset.subject, {"wiped": None}, {"wiped": method})
    return Wiped(asset.tag, last.number, method)


def require_wiped(transaction: Transaction, found: Sequence[Asset], office: Office, person: str) -> None:
    """Raise `ConflictError` for what holds data of somebody else: its category says `wipe: true`."""
    for asset in found:
        category = office.inventory.categories.get(asset.category)
        last = intakes.last(transaction.connection, asset.tag)
        if category is None or not category.wipe or last is None or last.wiped is not None:
            continue
        if last.holder != f"person:{person}":
            raise ConflictError(
                f"{asset.tag} came back with {last.number} and was not wiped",
                subject=asset.subject,
                remedy=f"ict assets wiped {asset.tag} METHOD, or --wiped METHOD where it comes back now",
            )
