"""What dates and amounts share: a column is read as a whole, and it may stay undecided."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Text = TypeVar("Text", str, str | None)

_LOOK = 1000


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
