"""A quote against what is needed: too few, too many, another version or metric, unknown."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.judge.audit import Audited
from schoten_ict.licenses.judge.positions import Position
from schoten_ict.licenses.judge.versions import is_versioned
from schoten_ict.licenses.judge.wording import Pack, other_metric, pack, version_of
from schoten_ict.licenses.model import Entitlement, Metric
from schoten_ict.licenses.offers import QuoteLine

Holding = Callable[[Sequence[Entitlement]], Iterable[Position]]
"""The positions with these rights on top, after what lies idle was given to others."""
_BIGGEST = 10**9


class Offer(StrEnum):
    """How an offered number stands against what is to be bought."""

    ENOUGH = "enough"
    PROVEN = "enough for what is proven"
    TOO_FEW = "too few"
    TOO_MANY = "too many"
    NOT_NEEDED = "not needed"
    MISSING = "not offered"
    OTHER_METRIC = "other metric"
    OTHER_VERSION = "other version"
    UNKNOWN = "unknown product"
    UNREADABLE = "unreadable"
    UNCERTAIN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Compared:
    """One product of a quote. `line` is its first place there; None where nothing is offered.

    `offered` are units: those of all its lines, packs counted as what is in them.
    """

    product: str
    text: str
    line: int | None
    offered: Decimal | None
    needed: int | None
    offer: Offer
    unit_cents: int | None
    whole_cents: int | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class _Stand:
    """A product in all its metrics: what is surely covered, what surely lacks, what could lack besides."""

    covered: int = 0
    short: int = 0
    perhaps: int | None = 0

    def __add__(self, other: "_Stand") -> "_Stand":
        unknown = self.perhaps is None or other.perhaps is None
        perhaps = None if unknown else (self.perhaps or 0) + (other.perhaps or 0)
        return _Stand(self.covered + other.covered, self.short + other.short, perhaps)


@dataclass(frozen=True, slots=True)
class _Bid:
    """All readable lines of one product, with what their words say."""

    name: str
    product: Product
    lines: tuple[QuoteLine, ...]

    @property
    def text(self) -> str:
        return " + ".join(dict.fromkeys(each.text for each in self.lines))

    @property
    def units(self) -> Decimal:
        return sum((_units(each) for each in self.lines), Decimal(0))

    @property
    def doubtful(self) -> Pack | None:
        return next((size for each in self.lines if not (size := pack(each.text)).sure), None)

    @property
    def versions(self) -> list[str | None]:
        return list(dict.fromkeys(version_of(self.product, each.text) for each in self.lines))

    @property
    def metric(self) -> Metric | None:
        return other_metric(self.product, self.text)

    def rights(self) -> Iterator[Entitlement]:
        """What would be owned, if it were bought."""
        if self.metric is None and self.doubtful is None:
            for each in self.lines:
                yield Entitlement(
                    f"QUOTE-{each.place}", self.name, Metric(self.product.metric), int(_units(each)),
                    version_of(self.product, each.text),
                )  # fmt: skip


def to_buy(audited: Iterable[Audited]) -> dict[str, int | None]:
    """How many are to be bought of each product, over all its metrics; None where one of them cannot tell."""
    found: dict[str, int | None] = {}
    for each in audited:
        before = found.get(each.position.product, 0)
        found[each.position.product] = None if before is None or each.to_buy is None else before + each.to_buy
    return found


def compare(
    lines: Sequence[QuoteLine],
    needed: Mapping[str, int | None],
    products: Mapping[str, Product],
    product_of: Callable[[str], str | None],
    holding: Holding,
    shown: Collection[str] | None = None,
) -> list[Compared]:
    """Every line and every product that is to be bought, or only those of `shown` where nothing is offered.

    `needed` None is that nobody can tell how many. Whether the version fits is told by `holding`: what still
    lacks with all of the quote bought.
    """
    offered: dict[str, list[QuoteLine]] = defaultdict(list)
    found = []
    for line in lines:
        product = product_of(line.text)
        wrong = line.wrong or ("" if product is None else _unreadable(line))
        if wrong:
            found.append(_single(line, product or "", Offer.UNREADABLE, wrong))
        elif product is None:
            remark = "add a pattern to its names, or buy it knowingly"
            found.append(_single(line, "", Offer.UNKNOWN, remark))
        else:
            offered[product].append(line)
    bids = [_Bid(name, products[name], tuple(each)) for name, each in offered.items()]
    before = _stands(holding(()))
    after = _stands(holding([right for bid in bids for right in bid.rights()])) if bids else before
    found += [_together(bid, needed.get(bid.name, 0), before[bid.name], after[bid.name]) for bid in bids]
    found += [
        _missing(name, products, number, after[name])
        for name, number in needed.items()
        if number and name not in offered and (shown is None or name in shown)
    ]
    return sorted(found, key=lambda each: (each.line is None, each.line or 0, each.product))


def _stands(positions: Iterable[Position]) -> Mapping[str, _Stand]:
    found: dict[str, _Stand] = defaultdict(_Stand)
    for each in positions:
        perhaps: int | None = 0
        if each.verdict is not Verdict.OK:
            perhaps = None if each.at_most is None else each.at_most - each.covered - each.shortfall
        found[each.product] += _Stand(each.covered, each.shortfall, perhaps)
    return found


def _unreadable(line: QuoteLine) -> str:
    """Why a line of a product cannot be counted, besides what its reader said."""
    number = line.quantity
    if line.span:
        return f"its quantity is in {line.span}, not in licences"
    if number is None:
        return "says no quantity"
    if number != number.to_integral_value() or number > _BIGGEST:
        return f"quantity {number.normalize():f} is no number of licences"
    return ""


def _units(line: QuoteLine) -> Decimal:
    size = pack(line.text)
    return (line.quantity or Decimal(0)) * (size.size if size.sure else 1)


def _single(line: QuoteLine, product: str, offer: Offer, remark: str) -> Compared:
    told = "; ".join(each for each in (remark, line.remark) if each)
    return Compared(
        product, line.text, line.place, line.quantity, None, offer, line.unit_cents, line.whole_cents, told
    )


def _missing(name: str, products: Mapping[str, Product], number: int, after: _Stand) -> Compared:
    text = products[name].name if name in products else name
    remark = "" if after.short else "what else is offered would cover it"
    return Compared(name, text, None, None, number, Offer.MISSING, None, None, remark)


def _together(bid: _Bid, needed: int | None, before: _Stand, after: _Stand) -> Compared:
    """All lines of one product against what is to be bought of it."""
    prices = [each.whole_cents for each in bid.lines]
    whole = None if None in prices else sum(each or 0 for each in prices)
    offer, remark = _offer(bid, needed, before, after)
    first = bid.lines[0]
    remarks = [remark, *_packed(bid), *dict.fromkeys(each.remark for each in bid.lines)]
    return Compared(
        bid.name, bid.text, first.place, bid.units, needed, offer, first.unit_cents, whole,
        "; ".join(each for each in remarks if each),
    )  # fmt: skip


def _packed(bid: _Bid) -> Iterator[str]:
    for each in bid.lines:
        size = pack(each.text)
        if size.sure and size.size > 1:
            yield f"{(each.quantity or Decimal(0)).normalize():f} x {size.size} in a pack"


def _offer(bid: _Bid, needed: int | None, before: _Stand, after: _Stand) -> tuple[Offer, str]:
    if bid.metric is not None:
        return Offer.OTHER_METRIC, f"counted by {bid.product.metric}; the line speaks of {bid.metric}s"
    if bid.doubtful is not None:
        return Offer.UNCERTAIN, f"whether one piece is {bid.doubtful.size} units is not said"
    if needed is None:
        covers = "" if after.short or after.perhaps != 0 else "; this covers all that could be needed"
        return Offer.UNCERTAIN, f"nobody can tell how many are needed: see ict licenses explain{covers}"
    number = int(bid.units)
    if number < needed:
        return Offer.TOO_FEW, f"{needed - number} more"
    misfit = _misfit(bid, needed, before, after)
    return misfit or _enough(number - needed, needed, before, after)


def _misfit(bid: _Bid, needed: int, before: _Stand, after: _Stand) -> tuple[Offer, str] | None:
    """That so many would be enough, were it not for the version."""
    best, sure = before.short - after.short, after.covered - before.covered
    named = [each for each in bid.versions if each is not None]
    if best < needed:
        what = f"version {', '.join(named)}" if named else "what is offered"
        return Offer.OTHER_VERSION, f"{what} covers {max(0, best)} of the {needed} that lack"
    if sure >= needed:
        return None
    if None in bid.versions and is_versioned(bid.product):
        return Offer.UNCERTAIN, "names no version: whether it covers what lacks cannot be told"
    return Offer.UNCERTAIN, "whether it covers what lacks cannot be told: see ict licenses explain"


def _enough(more: int, needed: int, before: _Stand, after: _Stand) -> tuple[Offer, str]:
    """Whether what is offered above what is proven to lack (`more`) could be needed."""
    if before.perhaps is None or after.perhaps is None:
        could = "nobody can tell how many more could be needed"
    elif after.perhaps:
        left = before.perhaps - more if before.perhaps > more else after.perhaps
        could = f"up to {left} more could be needed"
    else:
        return _surplus(more, needed, before.perhaps)
    over = f"{more} more than proven; {could}" if more else could
    return (Offer.PROVEN if needed else Offer.NOT_NEEDED), over


def _surplus(more: int, needed: int, perhaps: int) -> tuple[Offer, str]:
    """What is left over once all that could be needed is covered."""
    if more > perhaps:
        offer = Offer.TOO_MANY if needed else Offer.NOT_NEEDED
        return offer, f"{more - perhaps} more than {'could be ' if perhaps else ''}needed"
    return Offer.ENOUGH, f"{more} of them may not be needed" if more else ""
