"""Columns of text as dates and cents, for importers: doubt ends the run, a wrong cell costs its row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import printable
from schoten_ict.formats.columns import CellError, Doubt, Number
from schoten_ict.formats.dates import DateOrder, read_dates
from schoten_ict.formats.money import DecimalMark, read_amounts

EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class Days:
    """The dates of a file's columns as ISO text, their wrong cells, and the order that cells depend on."""

    columns: Mapping[str, Sequence[str | None]]
    errors: Mapping[str, tuple[CellError, ...]]
    order: DateOrder | None


def days(columns: Mapping[str, Sequence[str]], order: DateOrder | None) -> Days:
    """The date columns of one file, by header; a file writes all its dates in one order.

    A column that decides nothing by itself follows the others. Raises `UsageError` for a column that stays
    undecided, when `order` is None and none or several orders speak from the file.
    """
    first = {name: read_dates(values, order) for name, values in columns.items()}
    spoken = {column.order for column in first.values()} - {None, DateOrder.YMD}
    told = order or (spoken.pop() if len(spoken) == 1 else None)
    found: dict[str, Sequence[str | None]] = {}
    errors = {}
    for name, values in columns.items():
        column = first[name]
        if column.doubt is not None and told is not None and len(column.doubt.examples) == 1:
            column = read_dates(values, told)
        if column.doubt is not None:
            raise _undecided(name, values, column.doubt, "--dates dmy|mdy")
        texts = {day: day.isoformat() for day in set(column.days) if day is not None}
        found[name] = [None if day is None else texts[day] for day in column.days]
        errors[name] = column.errors
    return Days(found, errors, told)


def cents(
    name: str, values: Sequence[str], decimal: DecimalMark | None, field: str = "purchase_cost"
) -> tuple[Sequence[int | None], tuple[CellError, ...], DecimalMark | None]:
    """A column of amounts in euro cents, its wrong cells, and the decimal mark it was read with.

    Number cells of a workbook are exact and do not decide about the texts beside them. Raises `UsageError`
    when the mark is undecided or an amount is in another currency; `field` is what --map calls the column.
    """
    exact = [each.either_way() if type(each) is Number else each for each in values]
    column = read_amounts(exact, decimal)
    if column.doubt is not None:
        raise _undecided(name, values, column.doubt, '--decimal "," or --decimal .')
    foreign = sorted(column.currencies - {"EUR"})
    if foreign:
        raise UsageError(
            f"column {printable(name)!r} holds amounts in {', '.join(foreign)}; amounts are kept in euros",
            remedy=f"leave it out with --map {field}=",
        )
    return column.cents, column.errors, column.decimal


def _undecided(name: str, values: Sequence[str], doubt: Doubt, option: str) -> UsageError:
    """The error that names the column and two of its values."""
    others = (text for text in values if text.strip())
    examples = list(dict.fromkeys((*doubt.examples, *others)))[:EXAMPLES]
    shown = " and ".join(repr(printable(text.strip())) for text in examples)
    return UsageError(f"column {printable(name)!r}: {doubt.message} ({shown})", remedy=f"give {option}")
