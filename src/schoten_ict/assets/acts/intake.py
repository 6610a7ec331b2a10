"""Taking back: the state, the accessories, the wipe; and handing on in the same breath."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from schoten_ict.assets.acts.handover import Issued, Order, holder_name, issue
from schoten_ict.assets.acts.office import INTAKE, Office, described, per_item
from schoten_ict.assets.judge import lifecycle
from schoten_ict.assets.model import Asset, Status
from schoten_ict.assets.records import assets, handovers
from schoten_ict.core.errors import ConflictError, UsageError
from schoten_ict.core.facts import Custody, Holder, HolderKind
from schoten_ict.core.times import utc_text
from schoten_ict.store import Transaction, custody, people
from schoten_ict.store.documents import Document
from schoten_ict.store.journal import Change


@dataclass(frozen=True, slots=True)
class Intake:
    """What comes back. Words are `TAG=TEXT`; without a tag they belong to the first one.

    `missing` are accessories that did not come back, `wiped` says how data was wiped; `none` means that
    there is nothing to wipe.
    """

    tags: Sequence[str]
    states: Sequence[str] = ()
    missing: Sequence[str] = ()
    wiped: Sequence[str] = ()
    remarks: str | None = None


@dataclass(frozen=True, slots=True)
class ItemBack:
    """One item that came back: from whom, under which handover, and how."""

    asset: Asset
    held: Custody
    state: str | None
    returned: tuple[str, ...]
    missing: tuple[str, ...]
    wiped: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """An intake with its document."""

    number: str
    holder: str
    items: tuple[ItemBack, ...]
    document: Document


def take_back(office: Office, intake: Intake) -> Taken:
    """Take back in a transaction of its own. See `take` for what it refuses."""
    with office.store.transaction() as transaction:
        return take(office, transaction, intake)


def take(office: Office, transaction: Transaction, intake: Intake) -> Taken:
    """End the custody of items and write their intake form.

    Raises `ConflictError` when nobody holds an item, or when the items come from different holders: one
    form has one signature.
    """
    found = assets.named(transaction.connection, intake.tags)
    items = tuple(_items(transaction, intake, found))
    holders = {item.held.holder for item in items}
    if len(holders) > 1:
        names = ", ".join(sorted(holder_name(transaction, holder) for holder in holders))
        raise ConflictError(
            f"these items come from different holders: {names}", remedy="take back per holder"
        )
    number = office.number(transaction, INTAKE)
    holder = items[0].held.holder
    document = _document(office, transaction, number, items, intake.remarks)
    transaction.connection.execute(
        "INSERT INTO intake VALUES (?, ?, ?, ?)",
        (number, str(holder), utc_text(transaction.now), office.issuer),
    )
    for item in items:
        _close(transaction, number, item)
    _journal(transaction, number, items, document)
    return Taken(number, holder_name(transaction, holder), items, document)


def transfer(office: Office, intake: Intake, order: Order) -> tuple[Taken, Issued]:
    """Take back from the present holder and hand over to the next, both or neither.

    Raises as `take` and `issue` do, and `ConflictError` when the next holder is the present one.
    """
    with office.store.transaction() as transaction:
        person = people.identify(transaction.connection, order.person.removeprefix("person:"))
        taken = take(office, transaction, intake)
        if taken.items[0].held.holder == Holder(HolderKind.PERSON, person.key):
            tags = " ".join(item.asset.tag for item in taken.items)
            raise ConflictError(
                f"{tags}: held by {person.name} ({person.key}) already",
                remedy=f"to have it signed again: ict assets return {tags}, then ict assets assign {tags}",
            )
        return taken, issue(office, transaction, order)


def swap(office: Office, intake: Intake, order: Order) -> tuple[Taken, Issued]:
    """Take one item back and give its holder another, both or neither.

    Both name one tag. `order.person` is ignored: it is whoever held the first. Raises as `take` and `issue`
    do, `ConflictError` when the holder is no person, and `UsageError` when both tags are the same.
    """
    with office.store.transaction() as transaction:
        old, new = (assets.get(transaction.connection, tag) for tag in (*intake.tags, *order.tags))
        if old.tag == new.tag:
            raise UsageError(f"{old.tag} cannot be swapped for itself", remedy="name its successor")
        taken = take(office, transaction, intake)
        holder = taken.items[0].held.holder
        if holder.kind is not HolderKind.PERSON:
            raise ConflictError(
                f"{old.tag} is held by {holder}, not by a person",
                subject=old.subject,
                remedy=f"ict assets return {old.tag}, then ict assets assign {new.tag} --to {holder}",
            )
        return taken, issue(office, transaction, replace(order, person=holder.key))


def _items(transaction: Transaction, intake: Intake, found: Sequence[Asset]) -> list[ItemBack]:
    tags = [asset.tag for asset in found]
    states = per_item("--state", intake.states, tags)
    missing = per_item("--missing", intake.missing, tags)
    wiped = per_item("--wiped", intake.wiped, tags)
    items = []
    for asset in found:
        held = _held(transaction, asset)
        given = (
            handovers.accessories_of(transaction.connection, held.handover, asset.tag)
            if held.handover
            else ()
        )
        back, absent = _sorted_out(asset.tag, given, missing[asset.tag])
        items.append(
            ItemBack(
                asset,
                held,
                "; ".join(states[asset.tag]) or None,
                back,
                absent,
                "; ".join(wiped[asset.tag]) or None,
            )
        )
    return items


def _sorted_out(
    tag: str, given: Sequence[str], missing: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What came back of the accessories given, and what did not.

    Raises `UsageError` for a missing one that was not given: the form would say that all came back.
    """
    if not given:
        return (), tuple(missing)
    back, absent = list(given), []
    for word in missing:
        wanted = word.casefold()
        alike = [each for each in back if each.casefold() == wanted]
        alike = alike or list({each for each in back if wanted in each.casefold()})
        if not alike or len(set(alike)) > 1:
            raise UsageError(
                f"--missing {word!r}: {tag} went out with {', '.join(given)}",
                remedy=f"write --missing {tag}=ACCESSORY with one of these; use --remarks for anything else",
            )
        back.remove(alike[0])
        absent.append(alike[0])
    return tuple(back), tuple(absent)


def _held(transaction: Transaction, asset: Asset) -> Custody:
    held = custody.current(transaction.connection, asset.tag)
    if held is None:
        if asset.status is not Status.IN_STOCK:
            lifecycle.require_free(asset, None, "")
        raise ConflictError(
            f"{asset.tag} is held by nobody: it is in stock",
            subject=asset.subject,
            remedy=f"ict assets history {asset.tag}",
        )
    return held


def _close(transaction: Transaction, number: str, item: ItemBack) -> None:
    custody.end(transaction, item.asset.tag)
    transaction.connection.execute(
        "INSERT INTO intake_item VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            item.asset.tag,
            item.held.handover,
            item.state,
            json.dumps(item.returned, ensure_ascii=False),
            json.dumps(item.missing, ensure_ascii=False),
            item.wiped,
        ),
    )


def _document(
    office: Office, transaction: Transaction, number: str, items: tuple[ItemBack, ...], remarks: str | None
) -> Document:
    holder = items[0].held.holder
    person = people.get(transaction.connection, holder.key) if holder.kind is HolderKind.PERSON else None
    numbers = {item.held.handover for item in items if item.held.handover}
    data = {
        "receiver": office.issuer,
        "person": {
            "key": person.key if person else None,
            "name": person.name if person else holder.key,
            "function": person.function if person else None,
            "department": person.department if person else None,
        },
        "handovers": sorted(numbers),
        "items": [_printed(office, item) for item in items],
        "remarks": remarks,
    }
    return office.file(transaction, "return", number, data)


def _printed(office: Office, item: ItemBack) -> dict[str, object]:
    return {
        **described(office, item.asset),
        "state": item.state,
        "accessories_back": list(item.returned),
        "accessories_missing": list(item.missing),
        "wipe": wipe(item.wiped, office),
    }


def wipe(method: str | None, office: Office) -> dict[str, object]:
    """A wipe as the documents print it; `none` means that there is nothing to wipe."""
    if method is None:
        return {"status": "no"}
    if method.lower() in {"none", "n/a", "nvt"}:
        return {"status": "not_applicable"}
    return {"status": "yes", "method": method, "date": office.today.isoformat(), "by": office.issuer}


def _journal(transaction: Transaction, number: str, items: tuple[ItemBack, ...], document: Document) -> None:
    holder = str(items[0].held.holder)
    subject = f"intake:{number}"
    changes = [
        Change(subject, None, {"holder": holder, "document_sha256": document.sha256}),
        Change(holder, {"returned": [item.asset.tag for item in items]}, None),
    ]
    changes += [
        Change(
            item.asset.subject,
            {"holder": holder, "handover": item.held.handover},
            {"holder": None, "state": item.state, "missing": list(item.missing), "wiped": item.wiped},
        )
        for item in items
    ]
    transaction.record_many("asset.return", subject, changes)
