"""Columns of dates: the order of day and month is decided by the whole column, never guessed.

Accepted: `27/10/2028`, `27-10-28`, `27.10.2028`, `10/27/28`, `2028-10-27`, `2028/10/27`, each also with a
time behind it (`10/27/28 00:00`, `2028-10-27T08:15:00Z`), of which the date is kept as it is written.
Two-digit years follow POSIX (strptime `%y`): 69-99 are 1969-1999, 00-68 are 2000-2068.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from schoten_ict.formats.columns import CellError, Doubt, cell_errors

_FORM = re.compile(
    r"\s*([0-9]{1,4})([/.-])([0-9]{1,2})\2([0-9]{1,4})"
    r"(?:[T\s]\s*(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]+)?)?(?:\s?[AaPp][Mm])?"
    r"(?:Z|\s?[+-][0-9]{2}:?[0-9]{2})?)?\s*"
)
_LAST_OF_2000S = 68
_NO_DATE = "is no date; write 2026-12-31 or 31/12/2026"
_NO_SUCH_DAY = "is no day of the calendar"


class DateOrder(StrEnum):
    """How a column writes its dates; `YMD` admits the year first and nothing else."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


_ORDER_NAMES = {
    DateOrder.DMY: "day/month/year",
    DateOrder.MDY: "month/day/year",
    DateOrder.YMD: "year-month-day",
}


@dataclass(frozen=True, slots=True)
class DateColumn:
    """The dates of a column, cell by cell; None for a blank or wrong cell.

    `order` is what the column was read with, None when no cell depends on it (year first, or day and month
    alike). With a `doubt` no cell was read at all: `days` is all None and the order must be given.
    """

    days: Sequence[date | None]
    order: DateOrder | None
    errors: tuple[CellError, ...]
    doubt: Doubt | None


class _Cell(NamedTuple):
    """The dates that one text can be, by order; with the same date under both, nothing to decide."""

    dmy: date | None
    mdy: date | None
    ymd: date | None = None


def read_dates(values: Sequence[str], order: DateOrder | None) -> DateColumn:
    """Read a column; `order` None lets the column decide.

    A cell that only one order can read decides for all; cells that are no date, or none in the order
    decided or given, are errors of their own. A column that fits both orders, or in which cells exclude
    each other, is returned in doubt.
    """
    distinct = dict.fromkeys(values)
    cells = {text: cell for text in distinct if (cell := _parse(text)) is not None}
    if order is None:
        order, doubt = _decide(cells)
        if doubt is not None:
            return DateColumn([None] * len(values), None, (), doubt)
    days = {text: _day(cell, order) for text, cell in cells.items()}
    wrong = _wrong(distinct, cells, days, order)
    return DateColumn([days.get(text) for text in values], order, cell_errors(values, wrong), None)


def _parse(text: str) -> _Cell | None:
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    first, _, second, third = match.groups()
    if len(first) == 4 and len(third) <= 2:  # noqa: PLR2004 - digits of a whole year
        return _Cell(None, None, _date(int(first), int(second), int(third)))
    year = _year(third)
    if year is None or len(first) > 2:  # noqa: PLR2004 - digits of a day or month
        return None
    a, b = int(first), int(second)
    return _Cell(dmy=_date(year, b, a), mdy=_date(year, a, b))


def _year(digits: str) -> int | None:
    if len(digits) == 2:  # noqa: PLR2004 - digits of a short year
        return int(digits) + (2000 if int(digits) <= _LAST_OF_2000S else 1900)
    return int(digits) if len(digits) == 4 else None  # noqa: PLR2004 - digits of a whole year


def _date(year: int, month: int, day: int) -> date | None:
    if month > 12:  # noqa: PLR2004 - months; asked so often that an exception would show
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _decide(cells: Mapping[str, _Cell]) -> tuple[DateOrder | None, Doubt | None]:
    """The order that the cells force; None without doubt when nothing depends on it."""
    day_first = next((text for text, cell in cells.items() if cell.dmy and not cell.mdy), None)
    month_first = next((text for text, cell in cells.items() if cell.mdy and not cell.dmy), None)
    if day_first and month_first:
        message = "some dates can only be day/month/year and some only month/day/year"
        return None, Doubt(message, (day_first, month_first))
    if day_first or month_first:
        return (DateOrder.DMY if day_first else DateOrder.MDY), None
    open_case = next((text for text, cell in cells.items() if cell.dmy != cell.mdy), None)
    if open_case is None:
        return None, None
    return None, Doubt("no date tells day/month/year from month/day/year", (open_case,))


def _day(cell: _Cell, order: DateOrder | None) -> date | None:
    if cell.ymd is not None or order is DateOrder.YMD:
        return cell.ymd
    return cell.mdy if order is DateOrder.MDY else cell.dmy


def _wrong(
    distinct: Iterable[str],
    cells: Mapping[str, _Cell],
    days: Mapping[str, date | None],
    order: DateOrder | None,
) -> dict[str, str]:
    """Why each text that is neither blank nor a date of this column is none."""
    return {
        text: _reason(cells.get(text), order) for text in distinct if days.get(text) is None and text.strip()
    }


def _reason(cell: _Cell | None, order: DateOrder | None) -> str:
    if cell is None:
        return _NO_DATE
    if order is None or not (cell.dmy or cell.mdy):
        return _NO_SUCH_DAY
    return f"is no date in the order {_ORDER_NAMES[order]} of this column"
