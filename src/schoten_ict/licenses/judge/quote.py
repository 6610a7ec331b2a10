"""A quote against what is needed: too few, too many, unknown; what it costs, and which limits it reaches."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from schoten_ict.inventory.sections.licenses import Product, Threshold
from schoten_ict.licenses.ask.invoices import Line
from schoten_ict.licenses.model import Metric

_HUNDRED = Decimal(100)


class Offer(StrEnum):
    """How an offered number stands against what is to be bought."""

    ENOUGH = "enough"
    TOO_FEW = "too few"
    TOO_MANY = "too many"
    NOT_NEEDED = "not needed"
    MISSING = "not offered"
    OTHER_METRIC = "other metric"
    UNKNOWN = "unknown product"
    UNREADABLE = "unreadable"
    UNCERTAIN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Compared:
    """One product of a quote. `line` is its first place there; None where nothing is offered."""

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
class Total:
    """What a quote costs, in cents; None where a line has no price. `limits` are those that it reaches."""

    without_vat: int | None
    vat: int | None
    with_vat: int | None
    limits: tuple[str, ...]


def compare(
    lines: Sequence[Line],
    to_buy: Mapping[str, int | None],
    products: Mapping[str, Product],
    product_of: Callable[[str], str | None],
) -> list[Compared]:
    """Every line and every product that is to be bought. `to_buy` None is that nobody can tell how many."""
    offered: dict[str, list[Line]] = defaultdict(list)
    found = []
    for line in lines:
        product = product_of(line.text)
        if line.wrong:
            found.append(_single(line, product or "", Offer.UNREADABLE, line.wrong))
        elif product is None:
            found.append(_single(line, "", Offer.UNKNOWN, "add a pattern to its names, or buy it knowingly"))
        else:
            offered[product].append(line)
    found += [_together(name, products[name], each, to_buy) for name, each in offered.items()]
    found += [
        Compared(
            name,
            products[name].name if name in products else name,
            None,
            None,
            number,
            Offer.MISSING,
            None,
            None,
        )
        for name, number in to_buy.items()
        if number and name not in offered
    ]
    return sorted(found, key=lambda each: (each.line is None, each.line or 0, each.product))


def total(lines: Iterable[Line], vat: Decimal, thresholds: Iterable[Threshold], today: date) -> Total:
    """What the lines cost together; a line without a rate of VAT has the usual one (`vat`, in percent)."""
    every = list(lines)
    if any(each.whole_cents is None for each in every):
        return Total(None, None, None, ())
    without = sum(each.whole_cents or 0 for each in every)
    taxes: dict[Decimal, int] = defaultdict(int)
    for each in every:
        taxes[vat if each.vat is None else each.vat] += each.whole_cents or 0
    added = sum(_rounded(amount * rate / _HUNDRED) for rate, amount in taxes.items())
    return Total(without, added, without + added, tuple(reached(without, thresholds, today)))


def reached(cents: int, thresholds: Iterable[Threshold], today: date) -> Iterable[str]:
    """The limits of that day that an amount without VAT reaches or passes, the lowest first."""
    holding = [
        each for each in thresholds if each.since <= today and (each.until is None or today <= each.until)
    ]
    for each in sorted(holding, key=lambda each: (each.below, each.name)):
        if cents >= each.below * 100:
            yield f"{each.name}: at least {each.below} euro ({each.source})"


def _single(line: Line, product: str, offer: Offer, remark: str) -> Compared:
    return Compared(
        product, line.text, line.place, line.quantity, None, offer, line.unit_cents, line.whole_cents, remark
    )


def _together(
    name: str, product: Product, lines: Sequence[Line], to_buy: Mapping[str, int | None]
) -> Compared:
    """All lines of one product against what is to be bought of it."""
    number = sum((each.quantity or Decimal(0) for each in lines), Decimal(0))
    prices = [each.whole_cents for each in lines]
    whole = None if None in prices else sum(each or 0 for each in prices)
    needed = to_buy.get(name, 0)
    text = " + ".join(dict.fromkeys(each.text for each in lines))
    offer, remark = _offer(number, needed)
    other = _other_metric(product, text)
    if other is not None:
        offer, remark = Offer.OTHER_METRIC, f"counted by {product.metric}; the line speaks of {other}s"
    return Compared(name, text, lines[0].place, number, needed, offer, lines[0].unit_cents, whole, remark)


def _offer(number: Decimal, needed: int | None) -> tuple[Offer, str]:
    if needed is None:
        return Offer.UNCERTAIN, "nobody can tell how many are needed: see ict licenses explain"
    if number < needed:
        return Offer.TOO_FEW, f"{needed - number} more"
    if number > needed:
        return (Offer.TOO_MANY if needed else Offer.NOT_NEEDED), f"{number - needed} more than needed"
    return Offer.ENOUGH, ""


_SPEAKS = {
    Metric.USER: ("user", "gebruiker", "named user"),
    Metric.DEVICE: ("device", "toestel", "per pc", "per machine"),
    Metric.CORE: ("core", "kern"),
    Metric.CONCURRENT: ("concurrent", "gelijktijdig", "floating"),
}


def _other_metric(product: Product, text: str) -> Metric | None:
    """The metric that a line speaks of where that is not the product's; None where it says nothing else."""
    words = text.casefold()
    spoken = [metric for metric, each in _SPEAKS.items() if any(word in words for word in each)]
    own = Metric(product.metric)
    same = {own, Metric.USER} if own is Metric.SUBSCRIPTION else {own}
    return None if not spoken or same & set(spoken) else spoken[0]


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
