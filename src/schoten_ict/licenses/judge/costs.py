"""What a quote costs, whether its own sums agree, and which limits of public procurement it reaches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from schoten_ict.core.money import euros
from schoten_ict.core.text import counted
from schoten_ict.inventory.sections.licenses import Threshold
from schoten_ict.licenses.offers import Quote, QuoteLine, Sum, SumKind

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Total:
    """What a quote costs, in cents; None where a line has no price. `known` is the part that is known.

    `limits` are those that it reaches, by what is known or by its own sum where that is more. `remarks` say
    what is missing, and which of its own sums do not agree.
    """

    without_vat: int | None
    vat: int | None
    with_vat: int | None
    known: int
    limits: tuple[str, ...]
    remarks: tuple[str, ...]


def total(quote: Quote, vat: Decimal, thresholds: Iterable[Threshold], today: date) -> Total:
    """What the lines and the charges cost; `vat` (in percent) is the rate of those that tell none."""
    every = (*quote.lines, *quote.charges)
    known = sum(each.whole_cents or 0 for each in every)
    unpriced = sum(each.whole_cents is None for each in every)
    stated = [each.cents or 0 for each in quote.sums if each.kind is SumKind.WITHOUT_VAT]
    limits = tuple(reached(max(known, *stated, 0), thresholds, today))
    remarks = tuple(_differences(quote, vat))
    if unpriced:
        lacks = f"{counted(unpriced, 'line has', 'lines have')} no price: at least {euros(known)} without VAT"
        return Total(None, None, None, known, limits, (lacks, *remarks))
    added = _vat_of(every, vat)
    return Total(known, added, known + added, known, limits, remarks)


def reached(cents: int, thresholds: Iterable[Threshold], today: date) -> Iterator[str]:
    """The limits of that day that an amount without VAT reaches or passes, the lowest first."""
    holding = [
        each for each in thresholds if each.since <= today and (each.until is None or today <= each.until)
    ]
    for each in sorted(holding, key=lambda each: (each.below, each.name)):
        if cents >= each.below * 100:
            yield f"{each.name}: at least {each.below} euro ({each.source})"


def _differences(quote: Quote, vat: Decimal) -> Iterator[str]:
    """Every sum of the quote that is neither that of all lines above it, nor of those since the last sum."""
    since = 0
    for each in quote.sums:
        where = f"line {each.place}: " if each.place is not None else ""
        name = f"{where}{each.text or 'an amount without a text'}"
        above = _above(quote, each)
        last = [line for line in above if line.place > since]
        if each.cents is None:
            yield f"{name} cannot be read"
        elif all(line.whole_cents is not None for line in above):
            expected = _amounts(above, each.kind, vat)
            slack = 0 if each.kind is SumKind.WITHOUT_VAT else max(1, len(above))
            near = (*expected, *_amounts(last, each.kind, vat))
            if not any(abs(each.cents - amount) <= slack for amount in near):
                shown = " or ".join(str(euros(amount)) for amount in expected)
                yield f"{name} says {euros(each.cents)}; the lines make {shown} {each.kind}"
        since = each.place or 0


def _above(quote: Quote, each: Sum) -> list[QuoteLine]:
    if each.place is None:
        return [*quote.lines, *quote.charges]
    return [line for line in quote.lines if line.place < each.place]


def _amounts(lines: Sequence[QuoteLine], kind: SumKind, vat: Decimal) -> tuple[int, ...]:
    """What a sum of that kind can be of these lines."""
    without, added = sum(each.whole_cents or 0 for each in lines), _vat_of(lines, vat)
    return {
        SumKind.WITHOUT_VAT: (without,),
        SumKind.VAT: (added,),
        SumKind.WITH_VAT: (without + added,),
        SumKind.NOT_SAID: (without, without + added),
    }[kind]


def _vat_of(lines: Iterable[QuoteLine], usual: Decimal) -> int:
    """The VAT in cents, rounded once for each rate."""
    taxed: dict[Decimal, int] = defaultdict(int)
    for each in lines:
        taxed[usual if each.vat is None else each.vat] += each.whole_cents or 0
    return sum(_rounded(amount * rate / _HUNDRED) for rate, amount in taxed.items())


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
