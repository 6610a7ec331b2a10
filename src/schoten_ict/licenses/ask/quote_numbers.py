"""The numbers of a quote: how many, at what price, at which rate of VAT."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import printable
from schoten_ict.formats.columns import Number
from schoten_ict.formats.money import DecimalMark, read_amounts

USUAL_RATES = (Decimal(0), Decimal(6), Decimal(12), Decimal(21))
"""The rates of VAT in Belgium, in percent (Royal Decree nr 20 of 20 July 1970)."""
_HIGHEST = 30
_PIECES = re.compile(r"\s*(?:x|st|stuks?|pcs?|pces?|ea|each)\.?\s*$", re.IGNORECASE)
_THREES = re.compile(r"\s*[0-9]{1,3}[.,][0-9]{3}\s*")
_RATE = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,20})?)\s*(%?)")
_HUNDRED = Decimal(100)
_TWO_WAYS = "can be read in two ways; write it without a mark for thousands"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Columns by field, cell by cell, in hundredths (cents); None for a blank or a wrong one.

    `wrong` says by field and index why. `mark` is the decimal mark of the amounts; None is undecided.
    """

    hundredths: Mapping[str, Sequence[int | None]]
    wrong: Mapping[str, Mapping[int, str]]
    mark: DecimalMark | None


def read(columns: Mapping[str, Sequence[str]], decimal: DecimalMark | None) -> Numbers:
    """The columns of a quote by field (`quantity`, `unit_price`, `total`), all written with one mark.

    The prices decide which of comma and point is decimal, and the quantities only where they do not. A cell
    that stays open is wrong. Raises `UsageError` for prices that exclude each other, or are in no euros.
    """
    texts = {field: [_plain(field, cell) for cell in cells] for field, cells in columns.items()}
    prices = [cell for field, cells in texts.items() if field != "quantity" for cell in cells]
    mark = decimal or _mark(prices) or read_amounts([*prices, *texts.get("quantity", ())], None).decimal
    hundredths, wrong = {}, {}
    for field, cells in texts.items():
        hundredths[field], wrong[field] = _column(cells, mark)
    _refuse_doubtful_pieces(columns.get("quantity", ()), hundredths, wrong)
    return Numbers(hundredths, wrong, mark)


def rate(text: str, whole_cents: int | None, mark: DecimalMark | None) -> tuple[Decimal | None, str]:
    """A rate of VAT in percent, and what is odd about it; None is not told, or cannot be meant.

    `21`, `21%`, `0,21` and `0.21` are all 21 %, and so is the amount of 21 % of the line itself.
    """
    bare = text.strip()
    if not bare:
        return None, ""
    match = _RATE.fullmatch(bare)
    number = Decimal(match[1].replace(",", ".")) if match else None
    share = bool(match and match[2])
    if number is not None and not share and 0 < number < 1:
        number = round(number * _HUNDRED, 2)
    if number in USUAL_RATES:
        return number, ""
    amount = None if share else _column([bare], mark)[0][0]
    meant = _rate_of(amount, whole_cents)
    if meant is not None:
        return meant, ""
    if number is None or number > _HIGHEST:
        return None, f"VAT {printable(bare)!r} is no rate: the usual one is taken"
    return number, odd_rate(number)


def odd_rate(number: Decimal | None) -> str:
    """What to say of a rate that is none of Belgium's; nothing of those, and of none."""
    if number is None or number in USUAL_RATES:
        return ""
    return f"VAT of {number.normalize():f} % is no rate in Belgium"


def _plain(field: str, cell: str) -> str:
    if type(cell) is Number:
        return cell.either_way()
    return _PIECES.sub("", cell) if field == "quantity" else cell


def _mark(prices: Sequence[str]) -> DecimalMark | None:
    column = read_amounts(prices, None)
    if column.currencies - {"EUR"}:
        raise UsageError(
            f"the prices are in {', '.join(sorted(column.currencies - {'EUR'}))}; only euros can be compared",
            remedy="ask for a quote in euros",
        )
    if column.doubt is not None and len(column.doubt.examples) > 1:
        examples = " and ".join(repr(printable(each.strip())) for each in column.doubt.examples)
        raise UsageError(
            f"{column.doubt.message} ({examples})", remedy="write all amounts of the quote in one way"
        )
    return column.decimal


def _column(cells: Sequence[str], mark: DecimalMark | None) -> tuple[list[int | None], dict[int, str]]:
    """A column under its mark; without one only the cells that say the same either way."""
    comma, point = read_amounts(cells, mark or ","), read_amounts(cells, mark or ".")
    found: list[int | None] = []
    wrong = {error.index: error.message for error in point.errors}
    for index, (one, other) in enumerate(zip(comma.cents, point.cents, strict=True)):
        found.append(one if one == other else None)
        if one != other:
            wrong[index] = _TWO_WAYS
    return found, wrong


def _refuse_doubtful_pieces(
    cells: Iterable[str],
    hundredths: Mapping[str, list[int | None]],
    wrong: Mapping[str, dict[int, str]],
) -> None:
    """Take `1.000` pieces for a thousand or for nothing, and never for one, whatever the prices say."""
    for index, cell in enumerate(cells):
        number = hundredths["quantity"][index]
        threes = type(cell) is not Number and _THREES.fullmatch(_PIECES.sub("", cell))
        if threes and number is not None and number < 1000 * _HUNDRED:
            hundredths["quantity"][index] = None
            wrong["quantity"][index] = _TWO_WAYS


def _rate_of(amount: int | None, whole_cents: int | None) -> Decimal | None:
    if not amount or not whole_cents:
        return None
    near = (each for each in USUAL_RATES if each and abs(whole_cents * each / _HUNDRED - amount) <= 1)
    return next(near, None)
