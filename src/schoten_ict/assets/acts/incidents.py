"""Loss and repair: what happened to an asset, with the clock that starts to run."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schoten_ict.assets.acts.handover import Issued, Order, issue
from schoten_ict.assets.acts.office import Office
from schoten_ict.assets.judge import lifecycle
from schoten_ict.assets.model import Asset, Status
from schoten_ict.assets.records import assets, repairs
from schoten_ict.assets.records.repairs import Repair
from schoten_ict.core.errors import ConflictError, UsageError
from schoten_ict.core.facts import Custody, HolderKind
from schoten_ict.core.times import utc_text
from schoten_ict.store import Store, Transaction, custody

REPORT_WITHIN = timedelta(hours=72)
"""A personal data breach is reported to the authority within 72 hours of becoming aware (GDPR art. 33)."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A lost or stolen asset: who held it, and until when a data leak must be reported."""

    asset: Asset
    held: Custody | None
    report_before: datetime


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with an asset and who repairs it; `loaner` is the tag of its stand-in."""

    tag: str
    supplier: str | None = None
    rma: str | None = None
    text: str | None = None
    loaner: str | None = None


def lose(store: Store, tag: str, kind: Status, *, police_report: str | None, note: str | None) -> Loss:
    """Record that an asset is lost or stolen. Its custody ends; who held it stays on record."""
    with store.transaction() as transaction:
        asset = assets.get(transaction.connection, tag)
        after = lifecycle.moved(asset, kind.value)
        held = custody.end(transaction, asset.tag)
        repairs.close_open(transaction, asset.tag, kind.value)
        transaction.connection.execute(
            "INSERT INTO loss (asset, kind, holder, reported_at, police_report, note) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                asset.tag,
                kind,
                str(held.holder) if held else None,
                utc_text(transaction.now),
                police_report,
                note,
            ),
        )
        lost = assets.set_status(transaction, asset, after, f"asset.{kind}")
        if held is not None:
            transaction.record(
                f"asset.{kind}", str(held.holder), {"held": asset.tag}, {"police_report": police_report}
            )
    return Loss(lost, held, transaction.now + REPORT_WITHIN)


def find(store: Store, tag: str, note: str | None) -> Asset:
    """Record that a lost or stolen asset is back: it is in stock again."""
    with store.transaction() as transaction:
        asset = assets.get(transaction.connection, tag)
        after = lifecycle.moved(asset, "found")
        transaction.connection.execute(
            "UPDATE loss SET found_at = ?, note = coalesce(?, note) WHERE asset = ? AND found_at IS NULL",
            (utc_text(transaction.now), note, asset.tag),
        )
        return assets.set_status(transaction, asset, after, "asset.found")


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
        assets.set_status(transaction, asset, after, "asset.repair-start")
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
        assets.set_status(transaction, asset, after, "asset.repair-end")
    return repair


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
