"""Putting equipment with a department, in a room or with another asset: custody without a signature."""

from collections.abc import Sequence

from schoten_ict.assets.acts.handover import free_asset
from schoten_ict.assets.model import Asset
from schoten_ict.assets.records import assets
from schoten_ict.core.errors import ConflictError, UsageError
from schoten_ict.core.facts import Holder, HolderKind
from schoten_ict.store import Store, Transaction, custody

PREFIXES = {"department": HolderKind.DEPARTMENT, "room": HolderKind.ROOM, "asset": HolderKind.ASSET}


def is_place(text: str) -> bool:
    """Whether a holder is written as `department:...`, `room:...` or `asset:...`."""
    return text.partition(":")[0] in PREFIXES


def place_of(text: str) -> Holder:
    """The holder behind `room:Raadzaal`; raises `UsageError` for an empty name."""
    kind, _, name = text.partition(":")
    if not name.strip():
        raise UsageError(f"{text!r} names no {kind}", remedy=f"write {kind}:NAME")
    return Holder(PREFIXES[kind], name.strip())


def place(store: Store, tags: Sequence[str], holder: Holder) -> tuple[Asset, ...]:
    """Give free assets to a department, a room or another asset.

    Raises `ConflictError` when one is not free, or would hold itself, directly or through others.
    """
    with store.transaction() as transaction:
        found = tuple(free_asset(transaction, tag) for tag in dict.fromkeys(tags))
        target = _target(transaction, holder, found)
        for asset in found:
            custody.begin(transaction, asset.tag, target)
            transaction.record("asset.place", asset.subject, {"holder": None}, {"holder": str(target)})
    return found


def _target(transaction: Transaction, holder: Holder, found: Sequence[Asset]) -> Holder:
    if holder.kind is not HolderKind.ASSET:
        return holder
    tags = {asset.tag for asset in found}
    target = assets.get(transaction.connection, holder.key).tag
    above: str | None = target
    while above is not None:
        if above in tags:
            raise ConflictError(f"{above} would hold itself", subject=f"asset:{above}")
        held = custody.current(transaction.connection, above)
        above = held.holder.key if held and held.holder.kind is HolderKind.ASSET else None
    return Holder(HolderKind.ASSET, target)
