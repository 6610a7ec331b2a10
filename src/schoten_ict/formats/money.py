"""Columns of amounts, to whole cents: which of comma and point is decimal, the whole column decides.

Accepted: `1.234,50`, `1,234.50`, `1234.5`, `1 234,50` and `1'234.50` (any space or apostrophe), `12,-`,
`-12,00`, `(12.00)`, each with a currency before or behind it (`€ 12`, `$12.58`, `EUR 12`, `12 EUR`), and
numbers as a workbook keeps them (`1234.4999999999`, `5.7e-14`). There are no floats on the way.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from schoten_ict.formats.columns import CellError, Doubt, cell_errors

DecimalMark = Literal[",", "."]

_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "EUR": "EUR", "USD": "USD", "GBP": "GBP", "CHF": "CHF"}
_CURRENCY = "[€$£]|EUR|USD|GBP|CHF"
_SIGN = "[-+\u2212]"
_FORM = re.compile(
    rf"(?P<sign>{_SIGN})?\s*(?P<before>{_CURRENCY})?\s*(?P<inner>{_SIGN})?\s*"
    rf"(?P<number>[0-9].*?)\s*(?P<behind>{_CURRENCY})?",
    re.IGNORECASE,
)
_USUAL = re.compile(r"([0-9]{1,12})(?:([.,])([0-9]{2}))?")
_LONGEST = 60
_LARGEST = 10**15
_SLACK = 10**6  # what a float lies beside its cents by is less than a millionth of one
_NO_AMOUNT = "is no amount; write 1234.50 or 1.234,50"
_NOT_CENTS = "has more than two decimals"
_TOO_LARGE = "is too large for an amount"
_MARK_NAMES = {",": "comma", ".": "point"}


def _shape(decimal: str, thousands: str) -> re.Pattern[str]:
    """A number with this decimal mark: digits, plain or in threes with one kind of gap, and decimals."""
    return re.compile(
        rf"(?P<whole>[0-9]+|[1-9][0-9]{{0,2}}(?P<gap>[{thousands}\s'\u2019])[0-9]{{3}}(?:(?P=gap)[0-9]{{3}})*)"
        rf"(?:[{decimal}](?:(?P<part>[0-9]+)|--?|\u2013))?(?:[eE](?P<power>[-+]?[0-9]{{1,2}}))?"
    )


_COMMA = _shape(",", ".")
_POINT = _shape(".", ",")


@dataclass(frozen=True, slots=True)
class AmountColumn:
    """The amounts of a column in cents, cell by cell; None for a blank or wrong cell.

    `decimal` is the mark the column was read with, None when no cell depends on it. `currencies` are the
    codes that cells name, of which an importer may admit one. With a `doubt` no cell was read at all:
    `cents` is all None and the mark must be given.
    """

    cents: Sequence[int | None]
    decimal: DecimalMark | None
    currencies: frozenset[str]
    errors: tuple[CellError, ...]
    doubt: Doubt | None


class _Reading(NamedTuple):
    """What a text says under one mark: cents, or why it says none."""

    cents: int | None
    reason: str = _NO_AMOUNT


class _Cell(NamedTuple):
    """The readings of one text under each mark; None where its form does not fit the mark."""

    comma: _Reading | None
    point: _Reading | None
    currency: str | None

    def under(self, decimal: DecimalMark | None) -> _Reading | None:
        return self.comma if decimal == "," else self.point


def read_amounts(values: Sequence[str], decimal: DecimalMark | None) -> AmountColumn:
    """Read a column; `decimal` None lets the column decide.

    A cell that only one mark can read decides for all (`1.234,50`, `12.5`, `1.234.567`, but not `1.234`);
    cells that are no amount under the mark decided or given are errors of their own. A column that fits
    both, or in which cells exclude each other, is returned in doubt.
    """
    distinct = dict.fromkeys(values)
    cells = {text: cell for text in distinct if (cell := _parse(text)) is not None}
    currencies = frozenset(cell.currency for cell in cells.values() if cell.currency)
    if decimal is None:
        decimal, doubt = _decide(cells)
        if doubt is not None:
            return AmountColumn([None] * len(values), None, currencies, (), doubt)
    readings = {text: cell.under(decimal) for text, cell in cells.items()}
    cents = {text: reading.cents for text, reading in readings.items() if reading is not None}
    wrong = _wrong(distinct, cells, readings, decimal)
    return AmountColumn(
        [cents.get(text) for text in values], decimal, currencies, cell_errors(values, wrong), None
    )


def _parse(text: str) -> _Cell | None:
    usual = _USUAL.fullmatch(text)
    return _parse_usual(usual) if usual else _parse_any(text)


def _parse_usual(match: re.Match[str]) -> _Cell:
    """The short way for `1234`, `1234.50` and `1234,50`, which most cells are."""
    whole, mark, part = match.groups()
    reading = _Reading(int(whole + (part or "00")))
    return _Cell(None if mark == "." else reading, None if mark == "," else reading, None)


def _parse_any(text: str) -> _Cell | None:
    bare = text.strip()
    bracketed = bare.startswith("(") and bare.endswith(")")
    match = _FORM.fullmatch(bare[1:-1].strip() if bracketed else bare) if len(bare) <= _LONGEST else None
    if match is None:
        return None
    outer, before, inner, number, behind = match.groups()
    if (before and behind) or bool(outer) + bool(inner) + bracketed > 1:
        return None
    negative = bracketed or (outer or inner or "+") != "+"
    comma, point = _COMMA.fullmatch(number), _POINT.fullmatch(number)
    if not (comma or point):
        return None
    currency = _CURRENCIES[(before or behind).upper()] if before or behind else None
    return _Cell(
        _reading(comma, negative=negative) if comma else None,
        _reading(point, negative=negative) if point else None,
        currency,
    )


def _reading(match: re.Match[str], *, negative: bool) -> _Reading:
    whole, gap, part, power = match.groups()
    decimals = part or ""
    digits = int((whole.replace(gap, "") if gap else whole) + decimals)
    places = len(decimals) - int(power or 0)
    if places <= 2:  # noqa: PLR2004 - a euro has two decimals
        cents = digits * 10 ** (2 - places)
    else:
        scale = 10 ** (places - 2)
        cents = (digits + scale // 2) // scale
        if abs(cents * scale - digits) * _SLACK > scale:
            return _Reading(None, _NOT_CENTS)
    if cents > _LARGEST:
        return _Reading(None, _TOO_LARGE)
    return _Reading(-cents if negative else cents)


def _decide(cells: Mapping[str, _Cell]) -> tuple[DecimalMark | None, Doubt | None]:
    """The mark that the cells force; None without doubt when nothing depends on it."""
    comma = next((text for text, cell in cells.items() if not cell.point and _is_read(cell.comma)), None)
    point = next((text for text, cell in cells.items() if not cell.comma and _is_read(cell.point)), None)
    if comma and point:
        message = "some amounts can only have a decimal comma and some only a decimal point"
        return None, Doubt(message, (comma, point))
    if comma or point:
        return ("," if comma else "."), None
    open_case = next((text for text, cell in cells.items() if _is_open(cell)), None)
    if open_case is None:
        return None, None
    return None, Doubt("no amount tells a decimal comma from a decimal point", (open_case,))


def _is_read(reading: _Reading | None) -> bool:
    return reading is not None and reading.cents is not None


def _is_open(cell: _Cell) -> bool:
    return cell.comma is not None and cell.point is not None and cell.comma != cell.point


def _wrong(
    distinct: Iterable[str],
    cells: Mapping[str, _Cell],
    readings: Mapping[str, _Reading | None],
    decimal: DecimalMark | None,
) -> dict[str, str]:
    """Why each text that is neither blank nor an amount of this column is none."""
    wrong = {}
    for text in distinct:
        reading = readings.get(text)
        if reading is not None and reading.cents is not None:
            continue
        if text.strip():
            wrong[text] = _reason(cells.get(text), reading, decimal)
    return wrong


def _reason(cell: _Cell | None, reading: _Reading | None, decimal: DecimalMark | None) -> str:
    if reading is not None:
        return reading.reason
    if cell is None:
        return _NO_AMOUNT
    if decimal is None:  # nothing decided: the cell fits the comma alone, and even so is no amount
        return cell.comma.reason if cell.comma else _NO_AMOUNT
    return f"is no amount with the decimal {_MARK_NAMES[decimal]} of this column"
