"""Handing over: many items to one person under the policies that go with them; accepted or declined later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from schoten_ict.assets.acts import wiping
from schoten_ict.assets.acts.office import HANDOVER, Office, described, per_item
from schoten_ict.assets.judge import lifecycle
from schoten_ict.assets.model import Asset
from schoten_ict.assets.records import assets, handovers, policies
from schoten_ict.assets.records.handovers import Handover, HandoverItem
from schoten_ict.core.errors import ConflictError, NotFoundError, UsageError
from schoten_ict.core.facts import Holder, HolderKind, Person
from schoten_ict.core.finding import subject
from schoten_ict.core.times import local_day
from schoten_ict.store import Transaction, custody, people
from schoten_ict.store.documents import Document
from schoten_ict.store.journal import Change

_SCANS = (b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*")
"""How the files begin that a scanner or a telephone makes."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to hand over. `person` is a key, user name, e-mail address or name; `policies` are `ID[@VERSION]`.

    `accessories` and `states` are words as `TAG=TEXT`; without a tag they belong to the first one.
    """

    tags: Sequence[str]
    person: str
    policies: Sequence[str] = ()
    due_back: date | None = None
    accessories: Sequence[str] = ()
    states: Sequence[str] = ()
    remarks: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A handover with its person, its assets and its document."""

    handover: Handover
    person: Person
    assets: tuple[Asset, ...]
    document: Document


def assign(office: Office, order: Order) -> Issued:
    """Hand over in a transaction of its own. See `issue` for what it refuses."""
    with office.store.transaction() as transaction:
        return issue(office, transaction, order)


def issue(office: Office, transaction: Transaction, order: Order) -> Issued:
    """Give number, custody and document to a handover.

    Raises `ConflictError` when an item is not free or the person has left, `NotFoundError` for what does
    not exist, `UsageError` when the return date lies before today.
    """
    if order.due_back is not None and order.due_back < office.today:
        raise UsageError(f"--until {order.due_back} lies in the past", remedy="name a day from today on")
    connection = transaction.connection
    person = people.identify(connection, order.person.removeprefix("person:"))
    lifecycle.require_present(person, office.today)
    found = free_assets(transaction, order.tags)
    wiping.require_wiped(transaction, found, office, person.key)
    chosen = policies.choose(office.inventory, order.policies, found, office.today)
    bound = tuple(policies.bind(transaction, choice) for choice in chosen)
    handover = Handover(
        number=office.number(transaction, HANDOVER),
        person=person.key,
        issued_at=transaction.now,
        issued_by=office.issuer,
        due_back=order.due_back,
        items=_items(order, [asset.tag for asset in found]),
        policies=bound,
    )
    document = _document(office, transaction, handover, person, found, order.remarks)
    handovers.insert(transaction, handover)
    holder = Holder(HolderKind.PERSON, person.key)
    for asset in found:
        custody.begin(transaction, asset.tag, holder, due_back=order.due_back, handover=handover.number)
    _journal(transaction, handover, document)
    return Issued(handover, person, found, document)


def free_assets(transaction: Transaction, tags: Sequence[str]) -> tuple[Asset, ...]:
    """The assets of these tags, which must be in stock and held by nobody."""
    found = assets.named(transaction.connection, tags)
    for asset in found:
        held = custody.current(transaction.connection, asset.tag)
        lifecycle.require_free(asset, held, holder_name(transaction, held.holder) if held else "")
    return found


def holder_name(transaction: Transaction, holder: Holder) -> str:
    """A holder as people say it."""
    if holder.kind is not HolderKind.PERSON:
        return str(holder)
    person = people.get(transaction.connection, holder.key)
    return f"{person.name} ({person.key})" if person else holder.key


def accept(office: Office, number: str, *, how: str, on: date, scan: Path | None) -> Handover:
    """Record that the person accepted: how and when, with the signed document when there is one.

    A scan may come later: it is added to a handover that was accepted without one. Raises `ConflictError`
    when it was answered before, `NotFoundError` for an unknown number or scan, `UsageError` for a
    day before the handover or after today.
    """
    content = _read_scan(scan) if scan else None
    with office.store.transaction() as transaction:
        before = handovers.get(transaction.connection, number)
        if before.outcome == "accepted" and before.scan is None and scan is not None and content is not None:
            return _add_scan(office, transaction, before, scan, content)
        _require_open(before)
        _require_day(on, before, office)
        filed = _file_scan(office, transaction, before, scan, content) if scan and content else None
        after = replace(
            before, outcome="accepted", outcome_on=on, how=how, scan=filed.number if filed else None
        )
        handovers.set_outcome(transaction, after)
        whole = {
            "outcome": "accepted",
            "on": str(on),
            "how": how,
            "scan_sha256": filed.sha256 if filed else None,
        }
        changes = [Change(before.subject, {"outcome": None}, whole)]
        changes += [
            Change(subject("asset", item.asset), {"accepted": None}, {"accepted": str(on), "how": how})
            for item in before.items
        ]
        transaction.record_many("handover.accept", before.subject, changes)
    return after


def _add_scan(
    office: Office, transaction: Transaction, handover: Handover, scan: Path, content: bytes
) -> Handover:
    """File the signed document of a handover that was accepted without one."""
    filed = _file_scan(office, transaction, handover, scan, content)
    after = replace(handover, scan=filed.number)
    handovers.set_outcome(transaction, after)
    transaction.record(
        "handover.scan", handover.subject, {"scan_sha256": None}, {"scan_sha256": filed.sha256}
    )
    return after


def _file_scan(
    office: Office, transaction: Transaction, handover: Handover, scan: Path, content: bytes
) -> Document:
    name = f"{handover.number}-signed"
    file_name = f"{name}{scan.suffix.lower() or '.bin'}"
    return transaction.shelf.add(name, "signed", file_name, content, office.today)


def decline(office: Office, number: str, *, reason: str, on: date) -> Handover:
    """Record that the person refused: what they still hold of it goes back to stock.

    Raises as `accept` does, and `ConflictError` when all of it came back already.
    """
    with office.store.transaction() as transaction:
        before = handovers.get(transaction.connection, number)
        _require_open(before)
        _require_day(on, before, office)
        held = [
            item.asset
            for item in before.items
            if (now := custody.current(transaction.connection, item.asset)) and now.handover == before.number
        ]
        if not held:
            raise ConflictError(
                f"nothing of {before.number} is held any more, so there is nothing to refuse",
                subject=before.subject,
            )
        after = replace(before, outcome="declined", outcome_on=on, reason=reason)
        handovers.set_outcome(transaction, after)
        for tag in held:
            custody.end(transaction, tag)
        _journal_decline(transaction, after, held)
    return after


def _journal_decline(transaction: Transaction, handover: Handover, held: Sequence[str]) -> None:
    holder = f"person:{handover.person}"
    whole = {"outcome": "declined", "on": str(handover.outcome_on), "reason": handover.reason}
    changes = [
        Change(handover.subject, {"outcome": None}, whole),
        Change(holder, {"declined": list(held)}, None),
    ]
    changes += [
        Change(subject("asset", tag), {"holder": holder}, {"holder": None, "reason": handover.reason})
        for tag in held
    ]
    transaction.record_many("handover.decline", handover.subject, changes)


def _items(order: Order, tags: Sequence[str]) -> tuple[HandoverItem, ...]:
    accessories = per_item("--accessory", order.accessories, tags)
    states = per_item("--state", order.states, tags)
    return tuple(HandoverItem(tag, "; ".join(states[tag]) or None, tuple(accessories[tag])) for tag in tags)


def _document(
    office: Office,
    transaction: Transaction,
    handover: Handover,
    person: Person,
    found: tuple[Asset, ...],
    remarks: str | None,
) -> Document:
    data = {
        "issuer": office.issuer,
        "person": {
            "key": person.key,
            "name": person.name,
            "function": person.function,
            "department": person.department,
        },
        "items": [
            {
                **described(office, asset),
                "imei": asset.imei,
                "sim": asset.sim,
                "phone_number": asset.phone_number,
                "accessories": list(item.accessories),
                "state": item.state,
            }
            for asset, item in zip(found, handover.items, strict=True)
        ],
        "due_back": handover.due_back.isoformat() if handover.due_back else None,
        "policies": [
            {
                "id": policy.id,
                "version": policy.version,
                "title": policy.title,
                "valid_from": policy.valid_from.isoformat(),
                "sha256": policy.sha256,
            }
            for policy in handover.policies
        ],
        "remarks": remarks,
    }
    return office.file(transaction, "handover", handover.number, data)


def _journal(transaction: Transaction, handover: Handover, document: Document) -> None:
    whole = {
        "person": handover.person,
        "items": {item.asset: list(item.accessories) for item in handover.items},
        "policies": [str(policy) for policy in handover.policies],
        "due_back": str(handover.due_back) if handover.due_back else None,
        "document_sha256": document.sha256,
    }
    changes = [Change(handover.subject, None, whole)]
    holder = f"person:{handover.person}"
    changes += [
        Change(
            subject("asset", item.asset),
            {"holder": None},
            {"holder": holder, **({"accessories": list(item.accessories)} if item.accessories else {})},
        )
        for item in handover.items
    ]
    changes.append(Change(holder, None, {"received": [item.asset for item in handover.items]}))
    transaction.record_many("asset.assign", handover.subject, changes)


def _require_open(handover: Handover) -> None:
    if handover.outcome is not None:
        raise ConflictError(
            f"{handover.number} was {handover.outcome} on {handover.outcome_on}", subject=handover.subject
        )


def _require_day(on: date, handover: Handover, office: Office) -> None:
    issued = local_day(handover.issued_at, office.inventory.zone)
    if on > office.today:
        raise UsageError(f"--on {on} lies in the future")
    if on < issued:
        raise UsageError(f"--on {on} lies before the handover itself ({issued})")


def _read_scan(scan: Path) -> bytes:
    remedy = "name the file of the signed document"
    try:
        content = scan.read_bytes()
    except OSError as error:
        raise NotFoundError(f"--scan {scan}: {error.strerror}", remedy=remedy) from None
    if not content:
        raise UsageError(f"--scan {scan} is empty", remedy=remedy)
    if not content.startswith(_SCANS):
        raise UsageError(f"--scan {scan} is no PDF, JPEG, PNG or TIFF", remedy=remedy)
    return content
