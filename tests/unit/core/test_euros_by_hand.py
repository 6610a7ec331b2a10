"""Amounts that somebody types: both ways to write thousands, and nothing that is ambiguous."""

import pytest

from schoten_ict.core.money import parse_euros


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1.129,95", 112995), ("1,129.95", 112995), ("€ 1.234.567,5", 123456750), ("-1.000,00", -100000),
     ("1234", 123400), ("12,5", 1250)],
)  # fmt: skip
def test_an_amount_by_hand(text: str, cents: int) -> None:
    assert parse_euros(text) == cents


@pytest.mark.parametrize("text", ["1.234", "1,234", "12.34,50", "1.234.50", "1,234,50", "1.234,567", "", "٣"])
def test_what_is_ambiguous_or_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        parse_euros(text)
