"""The cells of a column are those of its values, one by one."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.render.values import cell, cells


class Colour(StrEnum):
    """A word of a column."""

    RED = "red"


TWICE = [datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Brussels"), fold=fold) for fold in (0, 1)]
_KINDS = (
    st.text(max_size=3),
    st.integers(0, 3),
    st.booleans(),
    st.floats(allow_nan=True),
    st.decimals(places=1) | st.sampled_from([Decimal("1.0"), Decimal("1.00"), Decimal(0), Decimal("-0")]),
    st.dates(date(2026, 1, 1), date(2026, 1, 5)),
    st.datetimes(datetime(2026, 10, 25), datetime(2026, 10, 26), timezones=st.just(UTC)),
    st.sampled_from(TWICE),
    st.sampled_from(Colour),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=2),
)


@given(st.one_of(*(st.lists(st.none() | kind, max_size=8) for kind in _KINDS)))
def test_a_column_of_one_kind(column: list[object]) -> None:
    assert cells(column) == [cell(value) for value in column]


@given(st.lists(st.none() | st.one_of(*_KINDS), max_size=8))
def test_a_column_of_many_kinds(column: list[object]) -> None:
    assert cells(column) == [cell(value) for value in column]


def test_what_is_equal_need_not_look_alike() -> None:
    assert cells([1, True, 1.0]) == ["1", "true", "1.0"]
    assert cells([Decimal("1.0"), Decimal("1.00")]) == ["1.0", "1.00"]
    assert cells(TWICE) == ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]


def test_a_column_without_values_is_empty() -> None:
    assert cells([None, None]) == ["", ""]
    assert cells([]) == []
