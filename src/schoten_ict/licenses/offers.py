"""The words of a quote: the lines that offer something, and the sums that stand beside them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line that offers something, or a charge. Amounts are in cents without VAT, `vat` in percent.

    `place` is its line in the document. `wrong` says why it cannot be compared, `remark` what somebody must
    look at. `span` is the time that `quantity` counts (`months`), where it counts no pieces.
    """

    place: int
    text: str
    quantity: Decimal | None
    unit_cents: int | None
    whole_cents: int | None
    vat: Decimal | None
    wrong: str = ""
    remark: str = ""
    span: str = ""


class SumKind(StrEnum):
    """What a sum in a quote is of."""

    WITHOUT_VAT = "without VAT"
    WITH_VAT = "with VAT"
    VAT = "of VAT"
    NOT_SAID = "with or without VAT"


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum that a quote states. `place` None is of the whole document; `cents` None cannot be read."""

    text: str
    kind: SumKind
    cents: int | None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote. `charges` are on top of the lines (deliveries; reductions below 0) and offer nothing."""

    lines: tuple[QuoteLine, ...]
    sums: tuple[Sum, ...] = ()
    charges: tuple[QuoteLine, ...] = ()
