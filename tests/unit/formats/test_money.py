"""A column of amounts is read with one decimal mark, or returned in doubt; cents are exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.formats.money import DecimalMark, read_amounts


@pytest.mark.parametrize(
    ("text", "decimal", "cents"),
    [
        ("12", None, 1200),
        ("0", None, 0),
        ("1234.5", ".", 123450),
        ("1234,5", ",", 123450),
        ("1234,50", ",", 123450),
        ("1.234,50", ",", 123450),
        ("1,234.50", ".", 123450),
        ("1.234.567", ",", 123456700),
        ("1,234,567", ".", 123456700),
        ("1.234.567,89", ",", 123456789),
        ("1 234", None, 123400),
        ("1 234,50", ",", 123450),
        ("1\u00a0234,50", ",", 123450),
        ("1\u202f234,50", ",", 123450),
        ("1'234.50", ".", 123450),
        ("1’234.50", ".", 123450),
        ("€ 1.234,50", ",", 123450),
        ("€\u00a01.234,50", ",", 123450),
        ("1.234,50 €", ",", 123450),
        ("$12.58", ".", 1258),
        ("£12.58", ".", 1258),
        ("EUR 12", None, 1200),
        ("12 eur", None, 1200),
        ("12,-", ",", 1200),
        ("12,--", ",", 1200),
        ("12,00", ",", 1200),
        ("-12,00", ",", -1200),
        ("\u221212,00", ",", -1200),
        ("- € 12,00", ",", -1200),
        ("€ -12,00", ",", -1200),
        ("-€12", None, -1200),
        ("+12", None, 1200),
        ("(12.00)", ".", -1200),
        ("($12.00)", ".", -1200),
        (" 12,00 ", ",", 1200),
        ("0.500", ".", 50),
        ("12.5000", ".", 1250),
        ("1234.4999999999", ".", 123450),
        ("1234.5000000001", ".", 123450),
        ("5.684341886080802e-14", ".", 0),
        ("1e+16", ".", None),
        ("2.5e3", ".", 250000),
    ],
)
def test_each_form_is_read_and_decides_for_itself(text: str, decimal: str | None, cents: int | None) -> None:
    column = read_amounts([text], None)
    assert column.doubt is None
    if cents is None:
        assert column.errors[0].message == "is too large for an amount"
        return
    assert (column.cents, column.decimal, column.errors) == ([cents], decimal, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("free", "is no amount; write"),
        ("-", "is no amount; write"),
        ("€", "is no amount; write"),
        ("12,34,56", "is no amount; write"),
        ("1.23.456", "is no amount; write"),
        ("1.234 567", "is no amount; write"),
        ("1 2", "is no amount; write"),
        ("--12", "is no amount; write"),
        ("-(12)", "is no amount; write"),
        ("(-12)", "is no amount; write"),
        ("(12", "is no amount; write"),
        ("- € -12", "is no amount; write"),
        ("€ 12 EUR", "is no amount; write"),
        ("12 JPY", "is no amount; write"),
        ("12 stuks", "is no amount; write"),
        ("1e400", "is no amount; write"),
        ("٣٤", "is no amount; write"),
        ("9" * 100, "is no amount; write"),
        ("9" * 30, "is too large"),
        ("1234.567", "more than two decimals"),
        ("1234,567", "more than two decimals"),
        ("0.005", "more than two decimals"),
        ("12.0001", "more than two decimals"),
    ],
)
def test_what_is_no_amount_is_an_error_of_its_cell(text: str, said: str) -> None:
    column = read_amounts(["", text, "7", text], None)
    assert column.cents == [None, None, 700, None]
    assert [error.index for error in column.errors] == [1, 3]
    assert said in column.errors[0].message
    assert text == "-" or text not in column.errors[0].message


@pytest.mark.parametrize(
    ("values", "cents", "decimal"),
    [
        (["1.234", "1,50"], [123400, 150], ","),
        (["1,234", "1.50"], [123400, 150], "."),
        (["1.230", "1.5"], [123, 150], "."),
        (["1.234", "1.234.567"], [123400, 123456700], ","),
    ],
)
def test_one_cell_decides_for_the_column(values: list[str], cents: list[int], decimal: str) -> None:
    column = read_amounts(values, None)
    assert (column.cents, column.decimal, column.errors, column.doubt) == (cents, decimal, (), None)


@pytest.mark.parametrize(
    ("text", "decimal", "cents"),
    [("1.234", ",", 123400), ("1,234", ".", 123400), ("1.230", ".", 123), ("1,230", ",", 123)],
)
def test_three_digits_behind_one_mark_stay_undecided_unless_it_is_given(
    text: str, decimal: DecimalMark, cents: int
) -> None:
    column = read_amounts([text, "12"], None)
    assert column.cents == [None, None]
    assert column.doubt is not None
    assert column.doubt.examples == (text,)
    assert read_amounts([text, "12"], decimal).cents == [cents, 1200]


def test_an_unreadable_amount_decides_nothing() -> None:
    assert read_amounts(["1234,567", "1.234"], None).doubt is not None


def test_a_column_in_which_both_marks_are_forced_names_one_cell_of_each() -> None:
    column = read_amounts(["12", "3.50", "1,50"], None)
    assert column.cents == [None, None, None]
    assert column.doubt is not None
    assert column.doubt.examples == ("1,50", "3.50")


def test_a_cell_that_contradicts_the_given_mark_is_an_error() -> None:
    column = read_amounts(["1,50", "3.50", "1.234"], ",")
    assert column.cents == [150, None, 123400]
    assert [(error.index, error.message) for error in column.errors] == [
        (1, "is no amount with the decimal comma of this column")
    ]


def test_currencies_are_told() -> None:
    assert read_amounts(["€ 1", "EUR 2", "3 usd", "4"], None).currencies == {"EUR", "USD"}


def test_blank_cells_are_no_amounts_and_no_errors() -> None:
    column = read_amounts(["", " ", "\u00a0"], None)
    assert (column.cents, column.errors, column.doubt) == ([None, None, None], (), None)


def written(cents: int, decimal: str, thousands: str) -> str:
    whole, part = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{whole:,}".replace(",", thousands) + f"{decimal}{part:02}"


AMOUNTS = st.lists(st.integers(-(10**15), 10**15))


@given(AMOUNTS, st.sampled_from([",", "."]), st.sampled_from(["other", "", " ", "\u00a0", "\u202f", "'"]))
def test_what_was_written_in_a_notation_is_read_in_it(
    amounts: list[int], decimal: DecimalMark, gap: str
) -> None:
    thousands = {",": ".", ".": ","}[decimal] if gap == "other" else gap
    values = [written(each, decimal, thousands) for each in amounts]
    assert read_amounts(values, decimal).cents == amounts
    decided = read_amounts(values, None)
    assert decided.cents == amounts
    assert decided.decimal == (decimal if amounts else None)


@given(st.lists(st.integers(-(10**9), 10**9)))
def test_floats_of_a_workbook_are_read_to_the_cent(amounts: list[int]) -> None:
    assert read_amounts([repr(each / 100) for each in amounts], ".").cents == amounts


@given(st.lists(st.text("0123456789.,'- €()eEUR")), st.sampled_from([None, ",", "."]))
def test_any_text_is_an_amount_an_error_or_a_doubt(values: list[str], decimal: DecimalMark | None) -> None:
    column = read_amounts(values, decimal)
    assert len(column.cents) == len(values)
    if column.doubt is None:
        silent = [i for i, cents in enumerate(column.cents) if cents is None and values[i].strip()]
        assert [error.index for error in column.errors] == silent
