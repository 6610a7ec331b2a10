"""What dates and amounts share: a column is read as a whole, and it may stay undecided."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

Text = TypeVar("Text", str, str | None)

_LOOK = 1000


class Number(str):
    """The text of a workbook's cell that is a number with decimals, always after a point.

    It compares as its text does, and says nothing of how people write the amounts beside it.
    """

    __slots__ = ()

    def either_way(self) -> str:
        """The number without a decimal mark (`1.234` as `1234e-3`): the same under comma and point."""
        sign, digits, power = Decimal(self).as_tuple()
        return f"{'-' if sign else ''}{''.join(map(str, digits))}e{power}"


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that cannot be read: its place in the column (from 0) and why, without the cell's text."""

    index: int
    message: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a column can be read in more than one way.

    `examples` holds one cell that fits both ways, or one cell for each of two ways that exclude each other.
    """

    message: str
    examples: tuple[str, ...]


def distinct(column: Sequence[Text]) -> Collection[Text]:
    """Each text of a column once, or the whole column when its first texts are nearly all different.

    To find that serial numbers are all different takes longer than to read them as they come.
    """
    first = column[:_LOOK]
    return column if 2 * len(set(first)) > _LOOK else set(column)


def cell_errors(values: Sequence[str], wrong: Mapping[str, str]) -> tuple[CellError, ...]:
    """One error for each cell whose text is in `wrong` (text to message)."""
    if not wrong:
        return ()
    return tuple(CellError(index, wrong[text]) for index, text in enumerate(values) if text in wrong)
