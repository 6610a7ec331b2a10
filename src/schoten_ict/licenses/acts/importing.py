"""Importing lists: entitlements after a plan; what tenants, agents and hypervisors tell as it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from schoten_ict.core.errors import ConflictError
from schoten_ict.core.finding import subject
from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.acts.desk import Desk
from schoten_ict.licenses.ask.machine_lists import Machines
from schoten_ict.licenses.ask.software_lists import Lists
from schoten_ict.licenses.ask.subscriptions import Row
from schoten_ict.licenses.judge.naming import product_by_name
from schoten_ict.licenses.judge.reconcile import CHANGED, NEW, Step, missing, reconcile
from schoten_ict.licenses.model import Entitlement, Metric
from schoten_ict.licenses.normalising import SOFTWARE
from schoten_ict.licenses.proposals import Proposal
from schoten_ict.licenses.records import entitlements, machines, subscriptions
from schoten_ict.store import journal, observations
from schoten_ict.store.journal import Change


@dataclass(frozen=True, slots=True)
class Plan:
    """Every row of a list, and the journal's head when the plan was made.

    `missing` is what earlier lists of this kind told and this one lacks: it counts until a person ends it.
    """

    source: str
    steps: tuple[Step, ...]
    seen: journal.Head
    missing: tuple[Entitlement, ...] = ()


def plan(desk: Desk, source: str, proposals: Sequence[Proposal], *, whole: bool = True) -> Plan:
    """What importing would do. `whole` lists name all licences; a document (an invoice) only what it sold."""
    reader = desk.store.reader
    seen = journal.head(reader)
    known = [each for each in entitlements.every(reader) if each.source]
    steps = reconcile(
        proposals, known, product_by_name(desk.products), _metrics(desk.products), keep_unknown=whole
    )
    lacking = missing(steps, proposals, known) if whole else []
    return Plan(source, tuple(steps), seen, tuple(lacking))


def apply(desk: Desk, made: Plan) -> list[Step]:
    """Carry out what is new and changed, all of it or nothing.

    Raises `ConflictError` when the store has changed since the plan was made.
    """
    with desk.store.transaction() as transaction:
        if journal.head(transaction.connection) != made.seen:
            raise ConflictError("the store changed since the plan was made", remedy="run the import again")
        done, changes = [], []
        for step in made.steps:
            after = step.after
            if after is not None and step.action == NEW:
                after = replace(after, number=entitlements.next_number(transaction))
                entitlements.insert(transaction, after)
                changes.append(Change(entitlements.about(after.number), None, entitlements.values_of(after)))
            elif after is not None and step.action == CHANGED and step.before is not None:
                entitlements.update(transaction, after)
                old, new = entitlements.changed(step.before, after)
                changes.append(Change(entitlements.about(after.number), old, new))
            done.append(replace(step, after=after))
        if changes:
            transaction.record_many("entitlement.import", subject("import", made.source), changes)
    return done


def keep_subscriptions(desk: Desk, source: str, rows: Sequence[Row]) -> int:
    """Keep how subscriptions stood; returns how many were not known so."""
    skus = [each.sku for each in rows if each.sku is not None]
    with desk.store.transaction() as transaction:
        new = sum(subscriptions.keep(transaction, sku) for sku in skus)
        if new:
            told = {each.part_number: f"{each.consumed} of {each.enabled}" for each in skus}
            transaction.record("license.subscriptions", subject("import", source), None, told)
    return new


def keep_seats(desk: Desk, source: str, rows: Sequence[Row]) -> int:
    """Keep who has a licence, in place of what was known; returns how many there are."""
    seats = [seat for each in rows for seat in each.seats]
    with desk.store.transaction() as transaction:
        subscriptions.keep_seats(transaction, seats, desk.today)
        transaction.record("license.seats", subject("import", source), None, {"seats": len(seats)})
    return len(seats)


def keep_machines(desk: Desk, source: str, found: Machines) -> int:
    """Keep the machines of a list in place of what was known of each; returns how many there are."""
    with desk.store.transaction() as transaction:
        for each in found.machines:
            machines.keep(transaction, each)
        changes = [
            Change(
                subject("host", each.name),
                None,
                {"processors": list(each.processors), "guests": [guest.name for guest in each.guests]},
            )
            for each in found.machines
        ]
        if changes:
            transaction.record_many("license.machines", subject("import", source), changes)
    return len(found.machines)


def keep_software(desk: Desk, lists: Lists, at: datetime, host_named: Callable[[str], str]) -> int:
    """Keep the software of machines as observations of that time; returns how many lists differ."""
    with desk.store.transaction() as transaction:
        return sum(
            observations.observe(
                transaction,
                subject("host", host_named(host)),
                SOFTWARE,
                lists.source,
                [asdict(each) for each in titles],
                at,
            )
            for host, titles in lists.by_host.items()
        )


def _metrics(products: Mapping[str, Product]) -> Callable[[str], Metric | None]:
    def metric(name: str) -> Metric | None:
        product = products.get(name)
        return Metric(product.metric) if product else None

    return metric
