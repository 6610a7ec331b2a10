"""Columns fit the screen, and words stay whole where there is room for them."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from schoten_ict.render.widths import fitted

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


def longest_word(column: list[str]) -> int:
    return max((cell_len(word) for text in column for word in text.split()), default=0)


def test_what_fits_keeps_its_lines() -> None:
    assert fitted([["Tag", "LT-0001"], ["Model", "EliteBook 640 G11"]], 24) == [7, 17]


def test_words_stay_whole_and_the_longest_lines_get_the_room_that_is_left() -> None:
    columns = [["Tag", "LT-0001"], ["Status", "in-stock"], ["Model", "EliteBook 640 G11"], ["N", "1"]]
    assert fitted(columns, 30) == [7, 8, 14, 1]


def test_the_first_column_is_not_broken_at_its_spaces() -> None:
    assert fitted([["Name", "De Smet An"], ["Text", "a b c d e f g h i j k l m n o p"]], 30) == [10, 20]


def test_words_that_do_not_fit_are_broken_in_few_columns() -> None:
    columns = [["Tag", "LT-0001"], ["Status", "in-stock"], ["Make", "HP"], ["Hash", "0123456789abcdef"]]
    assert fitted(columns, 28) == [7, 8, 4, 9]
    assert fitted(columns, 26) == [7, 5, 4, 10]


@given(st.lists(st.lists(texts, min_size=1, max_size=4), min_size=1, max_size=8), st.integers(1, 160))
def test_columns_never_take_more_than_the_room_unless_it_is_less_than_a_cell_each(
    columns: list[list[str]], room: int
) -> None:
    widths = fitted(columns, room)
    words = [longest_word(column) for column in columns]
    assert len(widths) == len(columns)
    if room >= words[0] + len(columns):
        assert sum(widths) <= room
    if sum(words[1:]) + max(words[0], room // 3) <= room and sum(widths) < sum(
        map(len, map("".join, columns))
    ):
        assert all(width >= word for width, word in zip(widths, words, strict=True))
