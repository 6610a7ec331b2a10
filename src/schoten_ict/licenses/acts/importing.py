"""Importing lists: entitlements after a plan; what tenants, agents and hypervisors tell as it is."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from schoten_ict.core.errors import ConflictError
from schoten_ict.core.finding import subject
from schoten_ict.core.hostfacts import Title
from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.acts.desk import Desk
from schoten_ict.licenses.ask.machine_lists import Machines, joined
from schoten_ict.licenses.ask.software_lists import Lists
from schoten_ict.licenses.ask.subscriptions import Row
from schoten_ict.licenses.judge.naming import product_by_name
from schoten_ict.licenses.judge.reconcile import CHANGED, NEW, Step, missing, reconcile
from schoten_ict.licenses.model import Entitlement, Metric, Sku
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
    """Keep how the subscriptions of tenants stood on a day, in place of what was told of that day.

    Returns how many were not known so.
    """
    skus = [each.sku for each in rows if each.sku is not None]
    known: list[Sku] = []
    with desk.store.transaction() as transaction:
        for tenant, day in sorted({(each.tenant, each.taken_on) for each in skus}):
            known += subscriptions.told(transaction.connection, tenant, day)
            subscriptions.forget(transaction, tenant, day)
        for each in skus:
            subscriptions.keep(transaction, each)
        if set(known) != set(skus):
            transaction.record(
                "license.subscriptions", subject("import", source), _assigned(known), _assigned(skus)
            )
    return len(set(skus) - set(known))


def _assigned(skus: Sequence[Sku]) -> dict[str, str] | None:
    return {each.part_number: f"{each.consumed} of {each.enabled}" for each in skus} or None


def keep_seats(desk: Desk, source: str, rows: Sequence[Row], day: date) -> int:
    """Keep who had a licence on that day, in place of what was known; returns how many there are.

    Raises `ConflictError` where a newer list is known.
    """
    seats = [seat for each in rows for seat in each.seats]
    with desk.store.transaction() as transaction:
        known_on, known = subscriptions.seats(transaction.connection)
        if known_on is not None and known_on > day:
            raise ConflictError(
                f"a newer list of seats is known, of {known_on}",
                subject=subject("import", source),
                remedy="give --at DATE, the day on which this one was made",
            )
        subscriptions.keep_seats(transaction, seats, day)
        before = {"seats": len(known), "taken_on": str(known_on)} if known_on is not None else None
        after = {"seats": len(seats), "taken_on": str(day)}
        transaction.record("license.seats", subject("import", source), before, after)
    return len(seats)


def keep_machines(desk: Desk, source: str, found: Machines) -> int:
    """Keep what a list tells of machines; returns of how many something differs."""
    with desk.store.transaction() as transaction:
        pairs = joined(machines.every(transaction.connection), found)
        for _, after in pairs:
            machines.keep(transaction, after)
        changes = [
            Change(
                subject("host", after.name), machines.told(before) if before else None, machines.told(after)
            )
            for before, after in pairs
        ]
        if changes:
            transaction.record_many("license.machines", subject("import", source), changes)
    return len(pairs)


def keep_software(
    desk: Desk, source: str, lists: Lists, at: datetime, host_named: Callable[[str], str]
) -> int:
    """Keep the software of machines as observations of that time; returns how many lists differ."""
    by_host: dict[str, dict[Title, None]] = defaultdict(dict)
    for host, titles in lists.by_host.items():
        by_host[host_named(host)].update(dict.fromkeys(titles))
    changes = []
    with desk.store.transaction() as transaction:
        for host, told in by_host.items():
            about = subject("host", host)
            known = observations.latest(transaction.connection, about, SOFTWARE, lists.source)
            payload = [asdict(each) for each in told]
            if observations.observe(transaction, about, SOFTWARE, lists.source, payload, at):
                before = {"titles": len(known.payload)} if known is not None else None
                changes.append(Change(about, before, {"titles": len(payload)}))
        if changes:
            transaction.record_many("license.software", subject("import", source), changes)
    return len(changes)


def _metrics(products: Mapping[str, Product]) -> Callable[[str], Metric | None]:
    def metric(name: str) -> Metric | None:
        product = products.get(name)
        return Metric(product.metric) if product else None

    return metric
