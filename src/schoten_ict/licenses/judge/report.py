"""The report on licences: where each product stands, what it costs and what was accepted, in no language."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from schoten_ict.core.finding import Acceptance, Finding, subject
from schoten_ict.core.verdict import Verdict
from schoten_ict.licenses.judge.audit import (
    COLLECTED,
    EXPIRING,
    FORBIDDEN,
    IDLE,
    POSITION,
    PRODUCT,
    TITLES,
    Audited,
)
from schoten_ict.licenses.judge.positions import Position


class Standing(StrEnum):
    """Where a product stands, the worst first. A product that must not be used is never in order."""

    SHORT = "short"
    UNDETERMINED = "undetermined"
    FORBIDDEN = "forbidden"
    IN_ORDER = "in_order"


_WORST_FIRST = tuple(Standing)


class Unclear(StrEnum):
    """Why a position cannot be determined."""

    CATALOGUE = "catalogue"
    """No catalogue knows the product, so use of it is not seen."""
    RIGHTS = "rights"
    """Of a right the number, the version or the metric is not known."""
    LIMIT = "limit"
    """Nobody can tell how much could be needed at most."""
    RANGE = "range"
    """More could be needed than surely is."""
    COVER = "cover"
    """Whether rights cover what is needed cannot be told of every unit."""


class What(StrEnum):
    """What an accepted finding is about."""

    SHORT = "short"
    UNDETERMINED = "undetermined"
    FORBIDDEN = "forbidden"
    TITLES = "titles"
    IDLE = "idle"
    RIGHT = "right"
    MAINTENANCE = "maintenance"
    COLLECTED = "collected"


@dataclass(frozen=True, slots=True)
class ProductLine:
    """One product in one metric. `accepted` is set where an exception covers its position."""

    audited: Audited
    standing: Standing
    forbidden: bool
    accepted: Acceptance | None
    unclear: tuple[Unclear, ...]

    @property
    def delta(self) -> int | None:
        """What is left, or minus what lacks; None where it is undetermined: what is free may be needed."""
        return None if self.standing is Standing.UNDETERMINED else self.audited.position.delta


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was accepted and why: of which product or right (None: all), how many or on which day."""

    what: What
    about: str | None
    count: int | None
    on: date | None
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Sums:
    """What must be bought and what lies idle, in cents without VAT at the last known prices.

    `unpriced` and `idle_unpriced` are products and units of which no price is known: the sums lack them.
    """

    to_buy: int
    unpriced: int
    cost_cents: int
    vat_cents: int
    idle: int
    idle_unpriced: int
    idle_cents: int


def product_lines(
    audited: Iterable[Audited], told: Sequence[Finding], forbidden: Collection[str]
) -> tuple[ProductLine, ...]:
    """Every product with its standing, the worst first and then by name. `told` has exceptions applied."""
    accepted = {each.identity: each.accepted for each in told if each.accepted}
    lines = [_line(each, accepted, each.position.product in forbidden) for each in audited]
    return tuple(
        sorted(lines, key=lambda each: (_WORST_FIRST.index(each.standing), each.audited.name.casefold(),
                                        each.audited.position.product, each.audited.position.metric))
    )  # fmt: skip


def _line(each: Audited, accepted: Mapping[tuple[str, str, str], Acceptance], forbidden: bool) -> ProductLine:
    position = each.position
    standing = {Verdict.FAIL: Standing.SHORT, Verdict.OK: Standing.IN_ORDER}.get(
        position.verdict, Standing.UNDETERMINED
    )
    if forbidden and standing is Standing.IN_ORDER:
        standing = Standing.FORBIDDEN
    identity = (POSITION, subject(PRODUCT, position.product), position.metric.value)
    unclear = tuple(_unclear(position)) if standing is Standing.UNDETERMINED else ()
    return ProductLine(each, standing, forbidden, accepted.get(identity), unclear)


def _unclear(position: Position) -> Iterator[Unclear]:
    if position.required is None:
        yield Unclear.CATALOGUE
        return
    if position.owned is None and not position.unlimited:
        yield Unclear.RIGHTS
    if position.at_most is None:
        yield Unclear.LIMIT
    elif position.at_most > position.required:
        yield Unclear.RANGE
    if position.covered + position.shortfall < position.required:
        yield Unclear.COVER


def standings(lines: Iterable[ProductLine]) -> Mapping[Standing, int]:
    """How many products stand where; one in several metrics counts once, by the worst."""
    worst: dict[str, Standing] = {}
    for each in lines:
        name = each.audited.position.product
        worst[name] = min(worst.get(name, each.standing), each.standing, key=_WORST_FIRST.index)
    return Counter(worst.values())


def sums(
    audited: Sequence[Audited], idle: Mapping[str, int], unit_cents: Mapping[str, int], vat: Decimal
) -> Sums:
    """What it all costs. `idle` are units and `unit_cents` prices by product, `vat` is in percent."""
    buying = [each for each in audited if each.to_buy]
    cost = sum(each.cost_cents or 0 for each in buying)
    tax = (cost * vat / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return Sums(
        to_buy=len({each.position.product for each in buying}),
        unpriced=len({each.position.product for each in buying if each.cost_cents is None}),
        cost_cents=cost,
        vat_cents=int(tax),
        idle=sum(idle.values()),
        idle_unpriced=sum(units for name, units in idle.items() if name not in unit_cents),
        idle_cents=sum(units * unit_cents.get(name, 0) for name, units in idle.items()),
    )


def accepted_lines(
    told: Iterable[Finding], names: Mapping[str, str], counts: Mapping[tuple[str, str], int]
) -> tuple[Accepted, ...]:
    """What exceptions accept, as they stand in `told`.

    `names` are those of products; `counts` are the machines, titles or units by check and subject.
    """
    found = (_accepted(each, each.accepted, names, counts) for each in told if each.accepted)
    return tuple(sorted(found, key=lambda each: (each.until, each.about or "", each.what)))


def _accepted(
    finding: Finding, why: Acceptance, names: Mapping[str, str], counts: Mapping[tuple[str, str], int]
) -> Accepted:
    name = finding.subject.partition(":")[2]
    what = _what(finding)
    count = counts.get((finding.check, finding.subject))
    if what is What.SHORT:
        count = finding.evidence.get("shortfall")
    on = finding.evidence.get("on") if finding.check == EXPIRING else None
    whole = finding.check in {TITLES, COLLECTED}
    return Accepted(
        what, None if whole else names.get(name, name), count, date.fromisoformat(on) if on else None,
        why.reason, why.until,
    )  # fmt: skip


_WHAT = {FORBIDDEN: What.FORBIDDEN, TITLES: What.TITLES, IDLE: What.IDLE, COLLECTED: What.COLLECTED}


def _what(finding: Finding) -> What:
    if finding.check == POSITION:
        return What.SHORT if finding.verdict is Verdict.FAIL else What.UNDETERMINED
    return What(finding.key) if finding.check == EXPIRING else _WHAT[finding.check]
