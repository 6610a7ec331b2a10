"""Auditing: everything that is known, judged together and kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from schoten_ict.core.finding import Finding
from schoten_ict.licenses.gathering import OUT_OF_USE, Gathered, Gathering
from schoten_ict.licenses.judge import audit as rules
from schoten_ict.licenses.judge import expiry, idle
from schoten_ict.licenses.judge.audit import Audited, Seen
from schoten_ict.licenses.judge.idle import Idle
from schoten_ict.licenses.judge.positions import Position, positions
from schoten_ict.licenses.model import Metric, Need, Outcome
from schoten_ict.licenses.normalising import normalise
from schoten_ict.licenses.records import installs
from schoten_ict.licenses.records import positions as kept
from schoten_ict.store import findings


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found: every product, what lies idle, and the findings."""

    audited: tuple[Audited, ...]
    idle: tuple[Idle, ...]
    findings: tuple[Finding, ...]


def audit(gathering: Gathering, planned: Sequence[Need] = ()) -> Audit:
    """Bring titles up to date and judge. `planned` needs are counted as if they were there."""
    normalise(gathering.store, gathering.catalogue.digest, gathering.catalogue.titles)
    lying = tuple(idle_units(gathering))
    found = gathering.gathered()
    stands = _positions(gathering, found, planned)
    freed = {(each.product, each.subject) for each in lying}
    left = _positions(gathering, gathering.gathered(freed), planned) if freed else stands
    short = {(each.product, each.metric): each.shortfall for each in left}
    today = gathering.today
    bought = {
        each.product
        for each in found.entitlements
        if each.counts(today) or (each.starts is not None and each.starts > today)
    }
    priced, count = rules.prices(gathering.entitlements), idle.by_product(lying)
    apart = {name: sku.apart() for name, sku in gathering.skus}
    audited = tuple(
        Audited(
            each,
            found.products[each.product].name if each.product in found.products else each.product,
            count.get(each.product, 0),
            short.get((each.product, each.metric), 0),
            priced.get(each.product),
            apart.get(each.product, ""),
        )
        for each in stands
        if each.product in bought or (each.product in found.products and each.metric is not Metric.FREE)
    )
    times = (gathering.now, _valid_until(gathering))
    told = rules.judge(audited, found.products, _seen(gathering, lying), times, gathering.today)
    return Audit(audited, lying, tuple(told))


def _positions(gathering: Gathering, found: Gathered, planned: Sequence[Need]) -> list[Position]:
    return positions(
        found.products,
        found.entitlements,
        (*found.needs, *planned),
        found.doubts,
        gathering.today,
        gathering.host_of_asset,
    )


def _valid_until(gathering: Gathering) -> datetime:
    """How long what is said now holds: until a list, a subscription or a right that it rests on is over."""
    zone, silent = gathering.zone, gathering.fleet.silent
    told = [each.seen_at for host, each in gathering.listed.items() if host not in silent]
    told += [datetime.combine(sku.taken_on, time(), zone) for _, sku in gathering.skus]
    ends = [
        datetime.combine(day + timedelta(days=1), time(), zone)
        for each in gathering.entitlements
        if each.counts(gathering.today)
        for day in (each.expires, each.maintenance_until)
        if day is not None and day < date.max
    ]
    return rules.valid_until(gathering.now, gathering.policy.collected_within, told, ends)


def keep(gathering: Gathering, made: Audit) -> Audit:
    """Keep an audit of all that there is: its findings, and the positions of the day."""
    with gathering.store.transaction() as transaction:
        told = findings.record(transaction, rules.CHECKS, made.findings)
        kept.keep(transaction, gathering.today, [each.position for each in made.audited])
    return replace(made, findings=tuple(told))


def idle_units(gathering: Gathering) -> list[Idle]:
    """Every unit that could go to somebody else."""
    today, policy = gathering.today, gathering.policy
    since = policy.unseen_after.before(gathering.now)
    gone = {f"asset:{tag}": each.state for tag, each in gathering.assets.items() if each.state in OUT_OF_USE}
    gone |= {
        f"host:{host}": gone[f"asset:{tag}"]
        for tag, host in gathering.host_of_asset.items()
        if f"asset:{tag}" in gone
    }
    seats = [] if old_seats(gathering) else gathering.seats[1]
    named = {each.product: gathering.product_of(each.product) or each.product for each in seats}
    leavers = {
        word.casefold(): person
        for person in gathering.people.values()
        if person.has_left(today)
        for word in (person.email, person.username)
        if word
    }
    holders = {
        host: gathering.people[key] for host, key in gathering.fleet.users.items() if key in gathering.people
    }
    machines = idle.Machines({host: each.seen_at for host, each in gathering.listed.items()}, holders)
    return [
        *idle.of_holders(gathering.holdings, gathering.people, gone, today),
        *idle.of_seats(seats, leavers, since, named),
        *idle.of_machines(gathering.installs, machines, since, today, paid(gathering)),
    ]


def old_seats(gathering: Gathering) -> date | None:
    """The day of who has a licence, where that is too long ago to say that anything lies idle."""
    taken_on, _ = gathering.seats
    oldest = gathering.policy.collected_within.before(gathering.now).date()
    return taken_on if taken_on is not None and taken_on < oldest else None


def paid(gathering: Gathering) -> Collection[str]:
    """The products that need a right."""
    return {name for name, each in gathering.products.items() if Metric(each.metric) is not Metric.FREE}


def _seen(gathering: Gathering, lying: Sequence[Idle]) -> Seen:
    reader, policy = gathering.store.reader, gathering.policy
    unknown = installs.counts(reader, Outcome.UNKNOWN)
    silent = gathering.fleet.silent
    return Seen(
        installs=gathering.installs,
        idle=lying,
        endings=expiry.endings(gathering.entitlements, gathering.today, policy.expiring_within),
        unknown_titles=len(unknown),
        unknown_machines=installs.machines_with(reader, Outcome.UNKNOWN),
        silent=silent,
        machines=len(gathering.listed.keys() - gathering.gone - silent.keys()),
        old_seats=old_seats(gathering),
        undeclared=0 if policy.computers else _in_use(gathering),
    )


def _in_use(gathering: Gathering) -> int:
    """The assets that somebody has and that are no machine that told its software."""
    return sum(
        each.state == "assigned" and tag not in gathering.host_of_asset
        for tag, each in gathering.assets.items()
    )
