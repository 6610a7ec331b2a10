"""The lines of a position: what an auditor reads to follow the sum by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from schoten_ict.core.text import counted

_NAMED = 5


class LineKind(StrEnum):
    """What a line is about, in the order in which they are told."""

    OWNED = "owned"
    NOT_COUNTED = "not counted"
    UNCLEAR = "unclear"
    """A right of which nobody can tell how much it covers here."""
    REQUIRED = "required"
    SPARED = "spared"
    """What needs no right of its own."""
    ALLOCATED = "allocated"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `quantity` in units where there is one, `reference` the numbers or subjects it rests on."""

    kind: LineKind
    text: str
    quantity: int | None = None
    reference: str = ""


def named(names: Iterable[str]) -> str:
    """The first names in order, and how many more there are."""
    every = sorted(set(names))
    rest = len(every) - _NAMED
    shown = ", ".join(every[:_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown


def units(number: int) -> str:
    """`1 unit`, `3 units`."""
    return counted(number, "unit")


def in_order(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines by what they are about; of one kind as they were told."""
    places = {kind: place for place, kind in enumerate(LineKind)}
    return tuple(sorted(lines, key=lambda line: places[line.kind]))
