"""The report on licences for whoever decides: an audit, how old its data is, and the page that is signed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from schoten_ict.core.finding import apply_exceptions, subject
from schoten_ict.core.times import Duration, local_day
from schoten_ict.inventory.letterhead import letterhead
from schoten_ict.licenses.auditing import Audit
from schoten_ict.licenses.gathering import Gathering
from schoten_ict.licenses.judge import audit as checks
from schoten_ict.licenses.judge import expiry, idle
from schoten_ict.licenses.judge import report as rules
from schoten_ict.licenses.judge.expiry import Ending
from schoten_ict.licenses.judge.report import Accepted, ProductLine, Standing, Sums
from schoten_ict.licenses.model import Outcome, Sku
from schoten_ict.licenses.records import installs

NAMED, TITLES_NAMED, SILENT_NAMED = 8, 25, 25
"""The page names so many machines of a program, so many unknown titles, so many machines not looked at."""


@dataclass(frozen=True, slots=True)
class OnMachines:
    """Software and the machines that it is on. `reason` is why the workspace forbids it, where it says so."""

    name: str
    machines: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NotLookedAt:
    """A machine (or `asset:TAG`) whose software is not known lately; `last` is the day of its last list."""

    name: str
    last: date | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a tenant as it was told last, with the name of its product."""

    name: str
    sku: Sku

    @property
    def free(self) -> int:
        """The units that can be assigned and that nobody has."""
        return max(0, self.sku.enabled - self.sku.consumed)


@dataclass(frozen=True, slots=True)
class Ages:
    """How old the data is: machines with a list, the oldest of them, and the days of what tenants told."""

    machines: int
    oldest: date | None
    oldest_machine: str | None
    subscriptions: date | None
    seats: date | None


@dataclass(frozen=True, slots=True)
class Limits:
    """The days that the audit goes by.

    Lists before `collected` are too old, what was not seen since `unseen` lies idle, what ends by `ending`
    is told.
    """

    collected: date
    unseen: date
    ending: date


@dataclass(frozen=True, slots=True)
class Report:
    """What the report says.

    `unknown` are the first titles that no rule knows, those on most machines first; `unknown_titles` and
    `unknown_machines` count all. `unproven` are rights that count today and have no proof on file. `planned`
    is what was asked for on top, in the words of who asked.
    """

    day: date
    products: tuple[ProductLine, ...]
    sums: Sums
    vat: str
    accepted: tuple[Accepted, ...]
    forbidden: tuple[OnMachines, ...]
    unknown: tuple[OnMachines, ...]
    unknown_titles: int
    unknown_machines: int
    subscriptions: tuple[Subscription, ...]
    endings: tuple[Ending, ...]
    silent: tuple[NotLookedAt, ...]
    ages: Ages
    limits: Limits
    names: Mapping[str, str]
    unproven: int
    planned: tuple[str, ...]

    @property
    def standings(self) -> Mapping[Standing, int]:
        """How many products stand where."""
        return rules.standings(self.products)

    @property
    def first_notice(self) -> date | None:
        """The first day by which notice can still be given."""
        days = (each.notice_by for each in self.endings)
        return min((day for day in days if day is not None and day >= self.day), default=None)


def report(
    gathering: Gathering, found: Audit, planned: Sequence[str] = (), within: Duration | None = None
) -> Report:
    """The report of an audit. `within` is how far ahead endings are told; default as the policy says."""
    policy, reader = gathering.policy, gathering.store.reader
    length = within or policy.expiring_within
    told = apply_exceptions(found.findings, gathering.inventory.exceptions, gathering.today)
    names = {name: each.name for name, each in gathering.products.items()}
    forbidden = _forbidden(gathering)
    unknown = list(dict.fromkeys(each.name for each in installs.counts(reader, Outcome.UNKNOWN)))
    silent = tuple(_silent(gathering))
    counts = _counts(forbidden, found, len(unknown), len(silent))
    return Report(
        day=gathering.today,
        products=rules.product_lines(found.audited, told, forbidden.keys()),
        sums=rules.sums(
            found.audited, idle.by_product(found.idle), checks.prices(gathering.entitlements),
            Decimal(policy.vat.removesuffix("%")),
        ),
        vat=policy.vat,
        accepted=rules.accepted_lines(told, names, counts),
        forbidden=tuple(sorted(forbidden.values(), key=lambda each: each.name.casefold())),
        unknown=tuple(
            OnMachines(name, tuple(installs.hosts_of(reader, name))) for name in unknown[:TITLES_NAMED]
        ),
        unknown_titles=len(unknown),
        unknown_machines=installs.machines_with(reader, Outcome.UNKNOWN),
        subscriptions=tuple(Subscription(names.get(name, name), sku) for name, sku in gathering.skus),
        endings=tuple(expiry.endings(gathering.entitlements, gathering.today, length)),
        silent=silent,
        ages=_ages(gathering),
        limits=_limits(gathering, length),
        names=names,
        unproven=sum(each.proof is None and each.counts(gathering.today) for each in gathering.entitlements),
        planned=tuple(planned),
    )  # fmt: skip


def _forbidden(gathering: Gathering) -> dict[str, OnMachines]:
    """Forbidden software on machines, by product; the workspace's own reasons only."""
    hosts: dict[str, set[str]] = defaultdict(set)
    for each in gathering.installs:
        if each.product in gathering.products and gathering.products[each.product].forbidden:
            hosts[each.product].add(each.host)
    own = gathering.policy.products
    return {
        name: OnMachines(
            gathering.products[name].name, tuple(sorted(on)), own[name].forbidden if name in own else None
        )
        for name, on in hosts.items()
    }


def _counts(
    forbidden: Mapping[str, OnMachines], found: Audit, titles: int, silent: int
) -> dict[tuple[str, str], int]:
    """How many there are of what an exception may accept, by check and subject."""
    counts = {(checks.TITLES, checks.WHOLE): titles, (checks.COLLECTED, checks.WHOLE): silent}
    for name, each in forbidden.items():
        counts[checks.FORBIDDEN, subject(checks.PRODUCT, name)] = len(each.machines)
    for name, units in idle.by_product(found.idle).items():
        counts[checks.IDLE, subject(checks.PRODUCT, name)] = units
    return counts


def _silent(gathering: Gathering) -> Iterable[NotLookedAt]:
    for name in sorted(gathering.fleet.silent):
        listed = gathering.listed.get(name)
        yield NotLookedAt(name, local_day(listed.seen_at, gathering.zone) if listed else None)


def _ages(gathering: Gathering) -> Ages:
    there = [each for name, each in gathering.listed.items() if name not in gathering.gone]
    oldest = min(there, key=lambda each: (each.seen_at, each.host), default=None)
    taken_on, _ = gathering.seats
    return Ages(
        machines=len(there),
        oldest=local_day(oldest.seen_at, gathering.zone) if oldest else None,
        oldest_machine=oldest.host if oldest else None,
        subscriptions=min((sku.taken_on for _, sku in gathering.skus), default=None),
        seats=taken_on,
    )


def _limits(gathering: Gathering, within: Duration) -> Limits:
    policy, now, zone = gathering.policy, gathering.now, gathering.zone
    return Limits(
        local_day(policy.collected_within.before(now), zone),
        local_day(policy.unseen_after.before(now), zone),
        within.after(gathering.today),
    )


def page(gathering: Gathering, made: Report, number: str, maker: str) -> dict[str, Any]:
    """The report as the template takes it."""
    return {
        "number": number,
        "date": made.day,
        "organisation": letterhead(gathering.inventory.organisation),
        "maker": maker,
        "planned": list(made.planned),
        "summary": _summary(made),
        "products": [_product(each) for each in made.products],
        "accepted": [_accepted(each) for each in made.accepted],
        "forbidden": [_on_machines(each) for each in made.forbidden],
        "unknown": [_on_machines(each) for each in made.unknown],
        "subscriptions": [_subscription(each) for each in made.subscriptions],
        "endings": [_ending(made, each) for each in made.endings],
        "silent": [
            {"name": each.name.removeprefix("asset:"), "last": each.last}
            for each in made.silent[:SILENT_NAMED]
        ],
    }


def _summary(made: Report) -> dict[str, Any]:
    stands, sums, ages, limits = made.standings, made.sums, made.ages, made.limits
    return {
        "standings": {each.value: stands.get(each, 0) for each in Standing},
        "forbidden": len(made.forbidden),
        "forbidden_machines": len({host for each in made.forbidden for host in each.machines}),
        "unknown_titles": made.unknown_titles,
        "unknown_machines": made.unknown_machines,
        "to_buy": sums.to_buy,
        "unpriced": sums.unpriced,
        "cost_cents": sums.cost_cents,
        "vat": made.vat,
        "vat_cents": sums.vat_cents,
        "idle": sums.idle,
        "idle_unpriced": sums.idle_unpriced,
        "idle_cents": sums.idle_cents,
        "first_notice": made.first_notice,
        "machines": ages.machines,
        "oldest": ages.oldest,
        "oldest_machine": ages.oldest_machine,
        "subscriptions": ages.subscriptions,
        "seats": ages.seats,
        "silent": len(made.silent),
        "unproven": made.unproven,
        "collected_since": limits.collected,
        "unseen_since": limits.unseen,
        "ending_by": limits.ending,
    }


def _product(line: ProductLine) -> dict[str, Any]:
    each, position = line.audited, line.audited.position
    return {
        "name": each.name,
        "metric": position.metric.value,
        "owned": position.owned,
        "unlimited": position.unlimited,
        "required": position.required,
        "at_most": position.at_most,
        "covered": position.covered,
        "delta": line.delta,
        "idle": each.idle,
        "standing": line.standing.value,
        "forbidden": line.forbidden,
        "accepted": line.accepted.until if line.accepted else None,
        "to_buy": each.to_buy,
        "cost_cents": each.cost_cents,
        "unclear": [why.value for why in line.unclear],
    }


def _accepted(each: Accepted) -> dict[str, Any]:
    return {
        "what": each.what.value, "about": each.about, "count": each.count, "on": each.on,
        "reason": each.reason, "until": each.until,
    }  # fmt: skip


def _on_machines(each: OnMachines) -> dict[str, Any]:
    return {
        "name": each.name,
        "count": len(each.machines),
        "machines": list(each.machines[:NAMED]),
        "reason": each.reason,
    }


def _subscription(each: Subscription) -> dict[str, Any]:
    sku = each.sku
    return {
        "name": each.name, "taken_on": sku.taken_on, "enabled": sku.enabled, "consumed": sku.consumed,
        "free": each.free, "in_grace": sku.warning, "suspended": sku.suspended, "locked_out": sku.locked_out,
    }  # fmt: skip


def _ending(made: Report, each: Ending) -> dict[str, Any]:
    right = each.entitlement
    return {
        "number": right.number,
        "name": made.names.get(right.product, right.product),
        "what": each.what,
        "quantity": right.quantity,
        "on": each.on,
        "notice_by": each.notice_by,
        "notice_passed": each.notice_by is not None and each.notice_by < made.day,
        "supplier": right.supplier,
        "cost_cents": right.cost_cents,
    }
