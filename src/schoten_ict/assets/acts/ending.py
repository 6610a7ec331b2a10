"""The end of an asset's life: arrival is `receive`, retirement can be undone, disposal cannot."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from schoten_ict.assets.acts.handover import holder_name
from schoten_ict.assets.acts.intake import wipe
from schoten_ict.assets.acts.office import DISPOSAL, Office, described, per_item
from schoten_ict.assets.judge import lifecycle
from schoten_ict.assets.model import Asset, Status
from schoten_ict.assets.records import assets, losses, repairs
from schoten_ict.core.errors import ConflictError, UsageError
from schoten_ict.core.facts import Holder, HolderKind
from schoten_ict.core.finding import subject
from schoten_ict.core.times import utc_text
from schoten_ict.store import Store, Transaction, custody
from schoten_ict.store.documents import Document
from schoten_ict.store.journal import Change

METHODS = ("recycler", "sold", "donated", "other")
"""The ways to dispose that the disposal record knows."""


@dataclass(frozen=True, slots=True)
class Farewell:
    """How equipment leaves: `wiped` and `certificates` are words as `TAG=TEXT`.

    A word without a tag holds for every item: one method wipes a whole batch.
    """

    tags: Sequence[str]
    method: str
    processor: str
    wiped: Sequence[str]
    certificates: Sequence[str] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Disposed:
    """A disposal with its document."""

    number: str
    assets: tuple[Asset, ...]
    document: Document


def move(store: Store, tags: Sequence[str], act: str, reason: str | None) -> tuple[Asset, ...]:
    """Receive, retire or reinstate, all of `tags` or none.

    Retiring refuses what somebody holds and what holds something itself.
    """
    with store.transaction() as transaction:
        found = assets.named(transaction.connection, tags)
        return tuple(_move(transaction, asset, act, reason) for asset in found)


def _move(transaction: Transaction, asset: Asset, act: str, reason: str | None) -> Asset:
    after = lifecycle.moved(asset, act)
    if act == "retire":
        _require_unheld(transaction, asset)
        repairs.close_open(transaction, asset.tag, "retired")
    if act == "reinstate":  # what was written off as lost is evidently back
        losses.close(transaction, asset.tag)
    moved = assets.set_status(transaction, asset, after)
    journalled = {"status": after, **({"reason": reason} if reason else {})}
    transaction.record(f"asset.{act}", asset.subject, {"status": asset.status}, journalled)
    return moved


def check_disposal(
    connection: sqlite3.Connection, farewell: Farewell
) -> tuple[tuple[Asset, str, str | None], ...]:
    """What would be disposed of: each asset with its wipe and certificate.

    Raises `ConflictError` for what is not retired, and `UsageError` for an unknown method and for an item
    without proof of wiping.
    """
    if farewell.method not in METHODS:
        known = ", ".join(METHODS)
        raise UsageError(f"--method {farewell.method!r} is no way to dispose", remedy=f"give {known}")
    found = assets.named(connection, farewell.tags)
    names = [asset.tag for asset in found]
    wiped = _for_all("--wiped", farewell.wiped, names)
    certificates = _for_all("--certificate", farewell.certificates, names)
    for asset in found:
        lifecycle.moved(asset, "dispose")
        if not wiped[asset.tag]:
            raise UsageError(
                f"{asset.tag} has no proof of wiping",
                remedy=f'give --wiped "{asset.tag}=METHOD", or {asset.tag}=none when it holds no data',
            )
    return tuple((asset, wiped[asset.tag], certificates[asset.tag] or None) for asset in found)


def dispose(office: Office, farewell: Farewell) -> Disposed:
    """Dispose of retired assets for good, with a disposal record. See `check_disposal` for refusals."""
    with office.store.transaction() as transaction:
        items = check_disposal(transaction.connection, farewell)
        number = office.number(transaction, DISPOSAL)
        document = _document(office, transaction, number, farewell, items)
        transaction.connection.execute(
            "INSERT INTO disposal VALUES (?, ?, ?, ?, ?, ?)",
            (
                number,
                utc_text(transaction.now),
                office.issuer,
                farewell.method,
                farewell.processor,
                farewell.reason,
            ),
        )
        for asset, wiped, certificate in items:
            transaction.connection.execute(
                "INSERT INTO disposal_item VALUES (?, ?, ?, ?)", (number, asset.tag, wiped, certificate)
            )
        gone = tuple(assets.set_status(transaction, asset, Status.DISPOSED) for asset, *_ in items)
        _journal(transaction, number, farewell, items, document)
    return Disposed(number, gone, document)


def _journal(
    transaction: Transaction,
    number: str,
    farewell: Farewell,
    items: Sequence[tuple[Asset, str, str | None]],
    document: Document,
) -> None:
    about = subject("disposal", number)
    whole = {
        "method": farewell.method,
        "processor": farewell.processor,
        "reason": farewell.reason,
        "document_sha256": document.sha256,
    }
    changes = [Change(about, None, whole)]
    for asset, wiped, certificate in items:
        after = {"status": Status.DISPOSED, "wiped": wiped}
        if certificate:
            after["certificate"] = certificate
        changes.append(Change(asset.subject, {"status": asset.status}, after))
    transaction.record_many("asset.dispose", about, changes)


def _document(
    office: Office,
    transaction: Transaction,
    number: str,
    farewell: Farewell,
    items: Sequence[tuple[Asset, str, str | None]],
) -> Document:
    data = {
        "responsible": office.issuer,
        "method": farewell.method,
        "processor": farewell.processor,
        "reason": farewell.reason,
        "items": [
            {**described(office, asset), "wipe": {**wipe(wiped, office), "certificate": certificate}}
            for asset, wiped, certificate in items
        ],
    }
    return office.file(transaction, "disposal", number, data)


def _for_all(option: str, words: Sequence[str], tags: Sequence[str]) -> dict[str, str]:
    """Words by tag; a word without a tag holds for all."""
    common = [word for word in words if "=" not in word]
    own = per_item(option, [word for word in words if "=" in word], tags)
    return {tag: "; ".join(own[tag] or common) for tag in tags}


def _require_unheld(transaction: Transaction, asset: Asset) -> None:
    holder = Holder(HolderKind.ASSET, asset.tag)
    lifecycle.require_empty(asset, custody.held_by(transaction.connection, holder))
    held = custody.current(transaction.connection, asset.tag)
    if held is not None:
        raise ConflictError(
            f"{asset.tag} is held by {holder_name(transaction, held.holder)}",
            subject=asset.subject,
            remedy=f"ict assets return {asset.tag}",
        )
