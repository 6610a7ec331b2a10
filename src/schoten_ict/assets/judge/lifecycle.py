"""What may happen to an asset: declared transitions, and why a handover is refused."""

from collections.abc import Sequence
from datetime import date

from schoten_ict.assets.model import Asset, Status
from schoten_ict.core.errors import ConflictError
from schoten_ict.core.facts import Custody, Person

TRANSITIONS: dict[str, tuple[frozenset[Status], Status]] = {
    "receive": (frozenset({Status.ORDERED}), Status.IN_STOCK),
    "repair-start": (frozenset({Status.IN_STOCK}), Status.IN_REPAIR),
    "repair-end": (frozenset({Status.IN_REPAIR}), Status.IN_STOCK),
    "lost": (frozenset({Status.IN_STOCK, Status.IN_REPAIR}), Status.LOST),
    "stolen": (frozenset({Status.IN_STOCK, Status.IN_REPAIR, Status.LOST}), Status.STOLEN),
    "found": (frozenset({Status.LOST, Status.STOLEN}), Status.IN_STOCK),
    "retire": (
        frozenset({Status.ORDERED, Status.IN_STOCK, Status.IN_REPAIR, Status.LOST, Status.STOLEN}),
        Status.RETIRED,
    ),
    "reinstate": (frozenset({Status.RETIRED}), Status.IN_STOCK),
    "dispose": (frozenset({Status.RETIRED}), Status.DISPOSED),
}
"""By act: the statuses it may start from, and the one it ends in."""

_WAY_OUT = {
    Status.ORDERED: "ict assets receive {tag}",
    Status.IN_REPAIR: "ict assets repair end {tag}",
    Status.LOST: "ict assets found {tag}",
    Status.STOLEN: "ict assets found {tag}",
    Status.RETIRED: "ict assets reinstate {tag}",
    Status.DISPOSED: "",
}
_WORDS = {
    Status.ORDERED: "is ordered and has not arrived",
    Status.IN_STOCK: "is in service",
    Status.IN_REPAIR: "is in repair",
    Status.LOST: "is lost",
    Status.STOLEN: "is stolen",
    Status.RETIRED: "is retired",
    Status.DISPOSED: "is disposed of",
}


def moved(asset: Asset, act: str) -> Status:
    """The status after `act`; raises `ConflictError` when the present one does not allow it."""
    allowed, after = TRANSITIONS[act]
    if asset.status in allowed:
        return after
    if asset.status is after:
        raise ConflictError(f"{asset.tag} {_WORDS[after]} already", subject=asset.subject)
    way_out = _WAY_OUT[asset.status] if act != "dispose" else "ict assets retire {tag}"
    raise ConflictError(
        f"{asset.tag} {_WORDS[asset.status]}", subject=asset.subject, remedy=way_out.format(tag=asset.tag)
    )


def require_empty(asset: Asset, held: Sequence[Custody]) -> None:
    """Raise `ConflictError` when an asset that ends holds others, as a dock its screen."""
    if held:
        tags = " ".join(each.asset for each in held)
        raise ConflictError(
            f"{asset.tag} holds {tags}", subject=asset.subject, remedy=f"ict assets return {tags}"
        )


def require_in_service(target: Asset) -> None:
    """Raise `ConflictError` unless an asset is here to hold another."""
    if target.status is not Status.IN_STOCK:
        raise ConflictError(
            f"{target.tag} {_WORDS[target.status]}",
            subject=target.subject,
            remedy=_WAY_OUT[target.status].format(tag=target.tag),
        )


def require_free(asset: Asset, held: Custody | None, holder_name: str) -> None:
    """Raise `ConflictError` unless the asset is in stock and nobody holds it."""
    if asset.status is not Status.IN_STOCK:
        raise ConflictError(
            f"{asset.tag} {_WORDS[asset.status]}",
            subject=asset.subject,
            remedy=_WAY_OUT[asset.status].format(tag=asset.tag),
        )
    if held is not None:
        since = f"since {held.since:%Y-%m-%d}"
        paper = f", {held.handover}" if held.handover else ""
        raise ConflictError(
            f"{asset.tag} is already held by {holder_name} ({since}{paper})",
            subject=asset.subject,
            remedy=f"ict assets return {asset.tag}, or ict assets transfer {asset.tag} --to PERSON",
        )


def require_present(person: Person, today: date) -> None:
    """Raise `ConflictError` when the person has left."""
    if person.has_left(today):
        raise ConflictError(
            f"{person.name} ({person.key}) left on {person.leaves}",
            subject=f"person:{person.key}",
            remedy="hand it to somebody else, or correct the last day with ict people import",
        )
