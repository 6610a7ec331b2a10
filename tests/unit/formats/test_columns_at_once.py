"""What is read by whole columns is what would be read cell by cell."""

from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.formats.columns import distinct
from schoten_ict.formats.identifiers import serial_key, serial_keys
from schoten_ict.formats.tables import RawTable

_TEXTS = st.text(alphabet="aZß9 \n\t\x1c\u00a0\u2003ŉ-", max_size=4)


@given(st.lists(st.none() | _TEXTS))
def test_the_keys_of_a_column_are_those_of_its_serials(serials: list[str | None]) -> None:
    assert serial_keys(serials) == [serial_key(serial or "") for serial in serials]


@given(st.integers(0, 1200), st.integers(1, 3))
def test_a_table_has_its_cells_by_column(rows: int, width: int) -> None:
    header = tuple(f"c{place}" for place in range(width))
    table = RawTable(
        "t", header, [(row, tuple(f"{row}.{name}" for name in header)) for row in range(rows)], "", ""
    )

    assert table.columns() == [table.column(name) for name in header]


@given(st.lists(_TEXTS), st.integers(1, 300))
def test_the_texts_of_a_column_are_all_there(texts: list[str], times: int) -> None:
    column = texts * times

    assert set(distinct(column)) == set(column)


def test_few_words_are_returned_once_each() -> None:
    assert sorted(distinct(["x", "y"] * 5000)) == ["x", "y"]
