"""The audit: a position per product with what to buy, and findings for whoever must act."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.text import counted
from schoten_ict.core.times import Duration
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.judge.expiry import RIGHT, Ending
from schoten_ict.licenses.judge.idle import Idle
from schoten_ict.licenses.judge.lines import named
from schoten_ict.licenses.judge.positions import Position
from schoten_ict.licenses.judge.rights import by_number
from schoten_ict.licenses.model import Entitlement, Install, Kind

PREFIX = "licenses."
POSITION, FORBIDDEN, TITLES, IDLE, EXPIRING, COLLECTED = (
    f"{PREFIX}{name}" for name in ("position", "forbidden", "titles", "idle", "expiring", "collected")
)
CHECKS = (POSITION, FORBIDDEN, TITLES, IDLE, EXPIRING, COLLECTED)
"""The ids of what an audit looks at whole."""
PRODUCT = "product"
WHOLE = subject("software", "all")
"""The subject of what is about all software, and no product of it."""
_MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Audited:
    """One product with what follows from its position.

    `idle` units could go to others. `short_without` is what would lack if nothing of that were in use: giving
    them to others meets the rest (`reharvest`). `to_buy` is what lacks then; None where nobody can tell
    whether anything does. `unit_cents` is the last known price without VAT. `apart` are units of a
    subscription that are no longer whole: in grace, suspended, locked out.
    """

    position: Position
    name: str
    idle: int
    short_without: int
    unit_cents: int | None
    apart: str = ""

    @property
    def reharvest(self) -> int:
        """The units that a shortfall is met with by giving them to others."""
        return max(0, self.position.shortfall - self.short_without)

    @property
    def to_buy(self) -> int | None:
        """How many lack once what lies idle was given to others."""
        if self.position.verdict is Verdict.UNKNOWN:
            return None
        return self.position.shortfall - self.reharvest

    @property
    def cost_cents(self) -> int | None:
        """What buying them costs at the last known price; None where no price is known, or nothing to say."""
        if not self.to_buy or self.unit_cents is None:
            return None
        return self.to_buy * self.unit_cents


@dataclass(frozen=True, slots=True)
class Seen:
    """What findings besides those of positions are made of."""

    installs: Sequence[Install]
    idle: Sequence[Idle]
    endings: Sequence[Ending]
    unknown_titles: int
    unknown_machines: int
    silent: Mapping[str, str]
    machines: int
    old_seats: date | None = None
    undeclared: int = 0
    """Assets in use of which nobody said whether they are computers."""


def prices(entitlements: Iterable[Entitlement]) -> dict[str, int]:
    """The last known price of a unit by product, in cents without VAT: of the full right recorded last."""
    found: dict[str, int] = {}
    for each in sorted(entitlements, key=lambda each: by_number(each.number)):
        if each.kind is Kind.FULL and each.quantity and (each.cost_cents or 0) > 0:
            found[each.product] = round((each.cost_cents or 0) / each.quantity)
    return found


def judge(
    audited: Sequence[Audited],
    products: Mapping[str, Product],
    seen: Seen,
    times: tuple[datetime, datetime],
    today: date,
) -> list[Finding]:
    """All findings of an audit; `times` are now and until when they hold, `today` is the day there."""
    now, valid = times
    found = [
        *map(_position, audited),
        *_forbidden(seen.installs, products),
        *_idle(seen.idle),
        *_seats(seen.old_seats),
        *(_ending(each, today) for each in seen.endings),
        _titles(seen),
        _collected(seen),
    ]
    return [_dated(each, now, valid) for each in found]


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding without its times."""

    check: str
    subject: str
    verdict: Verdict
    summary: str
    key: str = ""
    evidence: Mapping[str, object] | None = None
    remedy: str = ""


def _dated(found: _Found, now: datetime, valid: datetime) -> Finding:
    return Finding(
        found.check, found.subject, found.verdict, found.summary, now, key=found.key,
        evidence=found.evidence or {}, valid_until=valid, remedy=found.remedy,
    )  # fmt: skip


def _position(each: Audited) -> _Found:
    position = each.position
    evidence: dict[str, object] = {
        "owned": position.owned, "required": position.required, "at_most": position.at_most,
        "covered": position.covered, "shortfall": position.shortfall, "surplus": position.surplus,
    }  # fmt: skip
    return _Found(
        POSITION, subject(PRODUCT, position.product), position.verdict, f"{each.name}: {_told(each)}",
        key=position.metric.value, evidence=evidence, remedy=_remedy(each),
    )  # fmt: skip


def _told(each: Audited) -> str:
    position = each.position
    owned = (
        "a site right" if position.unlimited else "unknown" if position.owned is None else str(position.owned)
    )
    sums = f"{owned} owned, {'unknown' if position.required is None else position.required} required"
    sums += f", {each.apart} apart" if each.apart else ""
    if position.verdict is Verdict.FAIL:
        return f"{sums}: {position.shortfall} short"
    if position.verdict is Verdict.OK:
        return f"{sums}: {counted(position.surplus, 'unit')} left" if position.surplus else f"{sums}: enough"
    why = position.doubts[0].why if position.doubts else "it cannot be told"
    more = f" and {counted(len(position.doubts) - 1, 'more doubt')}" if len(position.doubts) > 1 else ""
    return f"{sums}: cannot determine, because {why}{more}"


def _remedy(each: Audited) -> str:
    explain = f"ict licenses explain {each.position.product}"
    if each.position.verdict is not Verdict.FAIL:
        return "" if each.position.verdict is Verdict.OK else explain
    steps = [f"reharvest {each.reharvest}"] if each.reharvest else []
    steps += [f"buy {each.to_buy}"] if each.to_buy else []
    return f"{' and '.join(steps)}; {explain} shows the sum"


def _forbidden(installs: Iterable[Install], products: Mapping[str, Product]) -> Iterator[_Found]:
    hosts: dict[str, set[str]] = {}
    for each in installs:
        if each.product in products and products[each.product].forbidden:
            hosts.setdefault(each.product, set()).add(each.host)
    for product, on in sorted(hosts.items()):
        said = products[product]
        summary = f"{said.name} is on {counted(len(on), 'machine')} and must not be used: {said.forbidden}"
        yield _Found(
            FORBIDDEN, subject(PRODUCT, product), Verdict.FAIL, summary,
            evidence={"hosts": sorted(on)[:_MOST_NAMED]}, remedy=f"remove it from {named(on)}",
        )  # fmt: skip


def _idle(idle: Sequence[Idle]) -> Iterator[_Found]:
    by_product: dict[str, dict[str, str]] = {}
    for each in idle:
        by_product.setdefault(each.product, {}).setdefault(each.subject, each.why)
    for product, units in sorted(by_product.items()):
        first = next(iter(sorted(units.items())))[1]
        more = f" and {len(units) - 1} more" if len(units) > 1 else ""
        yield _Found(
            IDLE, subject(PRODUCT, product), Verdict.WARN,
            f"{counted(len(units), 'licence lies', 'licences lie')} idle: {first}{more}",
            evidence={"idle": dict(sorted(units.items())[:_MOST_NAMED])},
            remedy="give them to others before buying: ict licenses idle",
        )  # fmt: skip


def _seats(told_on: date | None) -> Iterator[_Found]:
    if told_on is not None:
        yield _Found(
            IDLE, WHOLE, Verdict.UNKNOWN,
            f"who has which licence was last told on {told_on}: nothing of it is taken to lie idle",
            remedy="ict licenses import a new list of users",
        )  # fmt: skip


def _ending(each: Ending, today: date) -> _Found:
    right = each.entitlement
    what = "expires" if each.what == RIGHT else "loses its maintenance"
    left = each.notice_days(today)
    notice = "" if left is None else f"; notice {'by' if left >= 0 else 'was due by'} {each.notice_by}"
    summary = f"{right.number} ({right.product}) {what} on {each.on}, in {counted(each.days, 'day')}{notice}"
    return _Found(
        EXPIRING, subject("entitlement", right.number), Verdict.WARN, summary, key=each.what,
        evidence={"on": each.on.isoformat(), "notice_by": each.notice_by and each.notice_by.isoformat()},
        remedy="renew it, give notice, or ict licenses end",
    )  # fmt: skip


def _titles(seen: Seen) -> _Found:
    if not seen.unknown_titles:
        told = (
            "every title is a product or ignored with a reason" if seen.machines else "no software is known"
        )
        verdict = Verdict.OK if seen.machines else Verdict.UNKNOWN
        return _Found(TITLES, WHOLE, verdict, told, remedy="" if seen.machines else "ict inventory collect")
    summary = (
        f"{counted(seen.unknown_titles, 'title')} on {counted(seen.unknown_machines, 'machine')} "
        "are known to no rule: what they need is not counted"
    )
    return _Found(TITLES, WHOLE, Verdict.UNKNOWN, summary, remedy="ict licenses titles --unknown")


def _collected(seen: Seen) -> _Found:
    if seen.silent:
        summary = (
            f"{counted(len(seen.silent), 'machine')} of {len(seen.silent) + seen.machines} told no software "
            f"lately: {named(seen.silent)}"
        )
        return _Found(
            COLLECTED, WHOLE, Verdict.UNKNOWN, summary,
            evidence={"silent": dict(sorted(seen.silent.items())[:_MOST_NAMED])},
            remedy="ict inventory collect, or ict licenses import a list of their software; what is no more "
            "goes under licenses: {gone: {NAME: DAY}} in inventory.yaml",
        )  # fmt: skip
    if seen.undeclared:
        summary = (
            f"{counted(seen.machines, 'machine')} told their software; which of "
            f"{counted(seen.undeclared, 'asset')} in use are computers is not declared"
        )
        return _Found(
            COLLECTED, WHOLE, Verdict.UNKNOWN, summary,
            remedy="name their categories in inventory.yaml: licenses: {computers: [laptop]}",
        )  # fmt: skip
    if not seen.machines:
        return _Found(
            COLLECTED, WHOLE, Verdict.UNKNOWN, "no machine told its software", remedy="ict inventory collect"
        )
    return _Found(COLLECTED, WHOLE, Verdict.OK, f"{counted(seen.machines, 'machine')} told their software")


def valid_until(
    now: datetime, within: Duration, told: Iterable[datetime], ends: Iterable[datetime]
) -> datetime:
    """How long what an audit said at `now` holds.

    Until the oldest of what was `told` is too old, and a right that counts `ends`; at most as long as a list
    told now would hold.
    """
    length = now - within.before(now)
    return min([now + length, *(each + length for each in told), *(each for each in ends if each > now)])
