"""Putting equipment with a department, in a room or with another asset: custody without a signature."""

from collections.abc import Sequence

from schoten_ict.assets.acts.handover import free_assets
from schoten_ict.assets.judge import lifecycle
from schoten_ict.assets.model import Asset
from schoten_ict.assets.records import assets
from schoten_ict.core.errors import ConflictError, NotFoundError, UsageError
from schoten_ict.core.facts import Holder, HolderKind
from schoten_ict.core.finding import subject
from schoten_ict.core.text import nearest
from schoten_ict.store import Store, Transaction, custody

PREFIXES = {"department": HolderKind.DEPARTMENT, "room": HolderKind.ROOM, "asset": HolderKind.ASSET}


def is_place(text: str) -> bool:
    """Whether a holder is written as `department:...`, `room:...` or `asset:...`."""
    return text.partition(":")[0] in PREFIXES


def place_of(text: str, departments: Sequence[str] = ()) -> Holder:
    """The holder behind `room:Raadzaal`.

    Where `departments` are declared, a department is one of them, in any case, and gets that spelling.
    Raises `UsageError` for an empty name and `NotFoundError` for an unknown department.
    """
    kind, _, rest = text.partition(":")
    name = rest.strip()
    if not name:
        raise UsageError(f"{text!r} names no {kind}", remedy=f"write {kind}:NAME")
    if kind == "department" and departments:
        name = _declared(name, departments)
    return Holder(PREFIXES[kind], name)


def _declared(name: str, departments: Sequence[str]) -> str:
    for department in departments:
        if department.casefold() == name.casefold():
            return department
    raise NotFoundError(
        f"no department {name!r}{nearest(name, list(departments))}",
        subject=subject("department", name),
        remedy="see assets.departments in inventory.yaml",
    )


def place(store: Store, tags: Sequence[str], holder: Holder) -> tuple[tuple[Asset, ...], Holder]:
    """Give free assets to a department, a room or another asset; returns them and the holder as recorded.

    Raises `ConflictError` when one is not free, when the asset that shall hold it is not here, and when one
    would hold itself, directly or through others.
    """
    with store.transaction() as transaction:
        found = free_assets(transaction, tags)
        target = _target(transaction, holder, found)
        for asset in found:
            custody.begin(transaction, asset.tag, target)
            transaction.record("asset.place", asset.subject, {"holder": None}, {"holder": str(target)})
    return found, target


def _target(transaction: Transaction, holder: Holder, found: Sequence[Asset]) -> Holder:
    if holder.kind is not HolderKind.ASSET:
        return holder
    tags = {asset.tag for asset in found}
    target = assets.get(transaction.connection, holder.key)
    lifecycle.require_in_service(target)
    above: str | None = target.tag
    seen: set[str] = set()
    while above is not None and above not in seen:  # what was recorded before may go in a circle
        seen.add(above)
        if above in tags:
            raise ConflictError(f"{above} would hold itself", subject=f"asset:{above}")
        held = custody.current(transaction.connection, above)
        above = held.holder.key if held and held.holder.kind is HolderKind.ASSET else None
    return Holder(HolderKind.ASSET, target.tag)
