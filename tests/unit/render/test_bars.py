import io
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from schoten_ict.core.result import Result, column, columns_of
from schoten_ict.core.streams import Streams
from schoten_ict.render import flat
from schoten_ict.render.screen import Screen


@dataclass(frozen=True, slots=True)
class YearRow:
    year: int = column("Year")
    cost: Decimal | None = column("Cost", right=True, bar=True)


def drawn(*costs: str | None) -> list[str]:
    """The lines below the head of the table."""
    out = io.StringIO()
    streams = Streams(io.StringIO(), out, io.StringIO(), {"COLUMNS": "80"})
    rows = [YearRow(2026 + place, Decimal(cost) if cost else None) for place, cost in enumerate(costs)]
    Screen(streams, lambda: UTC, color=False).result(Result("x", YearRow, rows), verbose=False)
    return out.getvalue().splitlines()[2:]


def test_the_largest_amount_has_the_longest_bar_and_the_others_their_share() -> None:
    assert [line.count("\u2588") for line in drawn("100.00", "50.00", "25.00")] == [20, 10, 5]


def test_nothing_absent_or_negative_has_a_bar() -> None:
    assert [line.count("\u2588") for line in drawn(None, "-3", "0")] == [0, 0, 0]
    assert [line.count("\u2588") for line in drawn("8", "-8", None)] == [20, 0, 0]


def test_a_bar_is_drawn_on_a_screen_only() -> None:
    result = Result("x", YearRow, [YearRow(2026, Decimal("1.50"))])
    assert flat.tsv(result) == "year\tcost\n2026\t1.50\n"
    assert "\u2588" not in flat.markdown(result)
    assert [each.bar for each in columns_of(YearRow)] == [False, True]
