"""Loss and repair: what happened to an asset, with the clock that starts to run."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from schoten_ict.assets.acts.handover import Issued, Order, issue
from schoten_ict.assets.acts.office import Office
from schoten_ict.assets.judge import lifecycle
from schoten_ict.assets.model import Asset, Status
from schoten_ict.assets.records import assets, losses, repairs
from schoten_ict.assets.records.repairs import Repair
from schoten_ict.core.errors import ConflictError, UsageError
from schoten_ict.core.facts import Custody, Holder, HolderKind
from schoten_ict.store import Store, Transaction, custody
from schoten_ict.store.journal import Change

REPORT_WITHIN = timedelta(hours=72)
"""A personal data breach is reported to the authority within 72 hours of becoming aware (GDPR art. 33)."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A lost or stolen asset: who held it last, and until when a data leak must be reported.

    `holds` are the tags of what is held by this asset, and so may be gone too.
    """

    asset: Asset
    holder: str | None
    handover: str | None
    report_before: datetime
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with an asset and who repairs it; `loaner` is the tag of its stand-in."""

    tag: str
    supplier: str | None = None
    rma: str | None = None
    text: str | None = None
    loaner: str | None = None


def lose(store: Store, tag: str, kind: Status, *, police_report: str | None, note: str | None) -> Loss:
    """Record that an asset is lost or stolen. Its custody ends; who held it stays on record.

    What was lost and proves stolen keeps the holder and the clock of the first report. Raises
    `ConflictError` when it is not there to be lost.
    """
    with store.transaction() as transaction:
        connection = transaction.connection
        asset = assets.get(connection, tag)
        after = lifecycle.moved(asset, kind.value)
        earlier = losses.standing(connection, asset.tag)
        held = custody.end(transaction, asset.tag)
        repairs.close_open(transaction, asset.tag, kind.value)
        holder = str(held.holder) if held else earlier.holder if earlier else None
        report = losses.Report(asset.tag, kind, holder, transaction.now, police_report, note, None)
        losses.insert(transaction, report)
        lost = assets.set_status(transaction, asset, after)
        _journal_loss(transaction, asset, report, held)
        below = custody.held_by(connection, Holder(HolderKind.ASSET, asset.tag))
    since = earlier.reported_at if earlier else transaction.now
    tags = tuple(each.asset for each in below)
    return Loss(lost, holder, held.handover if held else None, since + REPORT_WITHIN, tags)


def find(store: Store, tag: str, note: str | None) -> Asset:
    """Record that a lost or stolen asset is back: it is in stock again."""
    with store.transaction() as transaction:
        asset = assets.get(transaction.connection, tag)
        after = lifecycle.moved(asset, "found")
        losses.close(transaction, asset.tag)
        back = assets.set_status(transaction, asset, after)
        journalled = {"status": after, **({"note": note} if note else {})}
        transaction.record("asset.found", asset.subject, {"status": asset.status}, journalled)
    return back


def start_repair(
    office: Office, complaint: Complaint, policies: tuple[str, ...] = ()
) -> tuple[Repair, Issued | None]:
    """Send an asset to repair. Its holder keeps it on their name and may get a loaner with its own handover.

    Raises `ConflictError` when it cannot go to repair, or a loaner is asked for and nobody holds the asset.
    """
    with office.store.transaction() as transaction:
        asset = assets.get(transaction.connection, complaint.tag)
        after = lifecycle.moved(asset, "repair-start")
        loaned = _lend(office, transaction, asset, complaint, policies)
        loaner = loaned.assets[0].tag if loaned else None
        repair = repairs.start(
            transaction,
            asset.tag,
            supplier=complaint.supplier,
            rma=complaint.rma,
            complaint=complaint.text,
            loaner=loaner,
        )
        assets.set_status(transaction, asset, after)
        words = {
            "supplier": repair.supplier,
            "rma": repair.rma,
            "complaint": repair.complaint,
            "loaner": loaner,
        }
        given = {name: value for name, value in words.items() if value}
        transaction.record(
            "repair.start", asset.subject, {"status": asset.status}, {"status": after, **given}
        )
    return repair, loaned


def end_repair(store: Store, tag: str, *, outcome: str, cost_cents: int | None) -> Repair:
    """Record that an asset is back from repair; its turnaround is kept.

    Raises `ConflictError` when it is not in repair.
    """
    if cost_cents is not None and cost_cents < 0:
        raise UsageError("--cost cannot be negative")
    with store.transaction() as transaction:
        asset = assets.get(transaction.connection, tag)
        after = lifecycle.moved(asset, "repair-end")
        repair = repairs.end(transaction, asset.tag, outcome, cost_cents)
        assets.set_status(transaction, asset, after)
        ended: dict[str, Any] = {"status": after, "outcome": outcome}
        if cost_cents is not None:
            ended["cost_cents"] = cost_cents
        transaction.record("repair.end", asset.subject, {"status": asset.status}, ended)
    return repair


def _journal_loss(
    transaction: Transaction, asset: Asset, report: losses.Report, held: Custody | None
) -> None:
    before: dict[str, Any] = {"status": asset.status}
    after: dict[str, Any] = {"status": report.kind}
    if held is not None:
        before["holder"], after["holder"] = str(held.holder), None
    for name in ("police_report", "note"):
        if getattr(report, name):
            after[name] = getattr(report, name)
    changes = [Change(asset.subject, before, after)]
    if held is not None:
        changes.append(Change(str(held.holder), {report.kind: asset.tag}, None))
    transaction.record_many(f"asset.{report.kind}", asset.subject, changes)


def _lend(
    office: Office, transaction: Transaction, asset: Asset, complaint: Complaint, policies: tuple[str, ...]
) -> Issued | None:
    if complaint.loaner is None:
        return None
    held = custody.current(transaction.connection, asset.tag)
    if held is None or held.holder.kind is not HolderKind.PERSON:
        raise ConflictError(f"{asset.tag} is held by no person who could get a loaner", subject=asset.subject)
    order = Order(
        tags=[complaint.loaner],
        person=held.holder.key,
        policies=policies,
        remarks=f"Leentoestel voor {asset.tag}",
    )
    return issue(office, transaction, order)
