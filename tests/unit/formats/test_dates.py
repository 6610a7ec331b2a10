"""A column of dates is read in one order, or returned in doubt; nothing is guessed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.formats.dates import DateOrder, read_dates

DMY, MDY, YMD = DateOrder.DMY, DateOrder.MDY, DateOrder.YMD
DAY = date(2028, 10, 27)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("27/10/2028", DMY),
        ("27/10/28", DMY),
        ("27-10-2028", DMY),
        ("27.10.2028", DMY),
        ("27-10-28 00:00", DMY),
        (" 27/10/2028 ", DMY),
        ("27/10/2028 8:15", DMY),
        ("10/27/28", MDY),
        ("10/27/2028", MDY),
        ("10/27/28 00:00", MDY),
        ("10/27/2028 12:30:15 PM", MDY),
        ("10/27/2028 9:30 am", MDY),
        ("2028-10-27", None),
        ("2028/10/27", None),
        ("2028.10.27", None),
        ("2028-10-27T23:59:59", None),
        ("2028-10-27T23:59:59.123456Z", None),
        ("2028-10-27 23:59:59+02:00", None),
        ("2028-10-27 24:00", None),
    ],
)
def test_each_form_is_read_and_decides_for_itself(text: str, order: DateOrder | None) -> None:
    column = read_dates([text], None)
    assert (column.days, column.order, column.errors, column.doubt) == ([DAY], order, (), None)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("3/4/24", DMY, date(2024, 4, 3)),
        ("3/4/24", MDY, date(2024, 3, 4)),
        ("01/02/68", DMY, date(2068, 2, 1)),
        ("01/02/69", DMY, date(1969, 2, 1)),
        ("01/02/00", DMY, date(2000, 2, 1)),
        ("2024-3-4", YMD, date(2024, 3, 4)),
    ],
)
def test_a_given_order_reads_what_fits_both(text: str, order: DateOrder, day: date) -> None:
    assert read_dates([text], order).days == [day]


@pytest.mark.parametrize(
    ("text", "order", "said"),
    [
        ("soon", None, "is no date; write"),
        ("31/02/2024", None, "no day of the calendar"),
        ("31/02/2024", DMY, "no day of the calendar"),
        ("2023-02-29", None, "no day of the calendar"),
        ("0000-01-01", None, "no day of the calendar"),
        ("13/13/2024", None, "no day of the calendar"),
        ("00/01/2024", None, "no day of the calendar"),
        ("10/27/2028", DMY, "in the order day/month/year"),
        ("27/10/2028", MDY, "in the order month/day/year"),
        ("27/10/2028", YMD, "in the order year-month-day"),
        ("1/2/202", None, "is no date; write"),
        ("123/2/2024", None, "is no date; write"),
        ("27/10-2028", None, "is no date; write"),
        ("27/10/2028 25:00", None, "is no date; write"),
        ("2028-10-27x", None, "is no date; write"),
        ("20281027", None, "is no date; write"),
        ("٢٧/١٠/٢٠٢٨", None, "is no date; write"),
    ],
)
def test_what_is_no_date_is_an_error_of_its_cell(text: str, order: DateOrder | None, said: str) -> None:
    column = read_dates(["", text, "2024-01-01", text], order)
    assert column.days == [None, None, date(2024, 1, 1), None]
    assert [error.index for error in column.errors] == [1, 3]
    assert said in column.errors[0].message
    assert text not in column.errors[0].message


def test_one_cell_decides_for_the_column() -> None:
    assert read_dates(["03/04/2024", "", "13/04/2024"], None).days == [
        date(2024, 4, 3),
        None,
        date(2024, 4, 13),
    ]
    assert read_dates(["03/04/2024", "04/13/2024"], None).days == [date(2024, 3, 4), date(2024, 4, 13)]


def test_a_column_that_fits_both_orders_stays_undecided() -> None:
    column = read_dates(["2024-01-01", "05/05/2024", "03/04/2024"], None)
    assert column.days == [None, None, None]
    assert column.order is None
    assert column.doubt is not None
    assert column.doubt.examples == ("03/04/2024",)


def test_a_column_in_which_both_orders_are_forced_names_one_cell_of_each() -> None:
    column = read_dates(["03/04/2024", "10/27/2024", "27/10/2024"], None)
    assert column.days == [None, None, None]
    assert column.doubt is not None
    assert column.doubt.examples == ("27/10/2024", "10/27/2024")


def test_a_day_that_does_not_exist_decides_nothing() -> None:
    assert read_dates(["31/02/2024", "03/04/2024"], None).doubt is not None


def test_dates_alike_in_both_orders_need_no_decision() -> None:
    column = read_dates(["01/01/2024", "05/05/24"], None)
    assert (column.days, column.order, column.doubt) == ([date(2024, 1, 1), date(2024, 5, 5)], None, None)


def test_blank_cells_are_no_dates_and_no_errors() -> None:
    column = read_dates(["", "  ", "\u00a0"], None)
    assert (column.days, column.errors, column.doubt) == ([None, None, None], (), None)


FORMS = {
    DMY: (
        "{0.day:02}/{0.month:02}/{0.year:04}",
        "{0.day}-{0.month}-{0.year:04}",
        "{0.day:02}.{0.month:02}.{0.year:04} 07:30",
    ),
    MDY: ("{0.month:02}/{0.day:02}/{0.year:04}", "{0.month}/{0.day}/{0.year:04} 00:00"),
    YMD: (
        "{0.year:04}-{0.month:02}-{0.day:02}",
        "{0.year:04}/{0.month}/{0.day}",
        "{0.year:04}-{0.month:02}-{0.day:02}T07:30:00Z",
    ),
}
SHORT = {DMY: "{0:%d/%m/%y}", MDY: "{0:%m/%d/%y}"}


@given(st.sampled_from(list(DateOrder)), st.lists(st.dates()), st.data())
def test_what_was_written_in_an_order_is_read_in_it(
    order: DateOrder, days: list[date], data: st.DataObject
) -> None:
    values = [data.draw(st.sampled_from(FORMS[order])).format(day) for day in days]
    column = read_dates(values, order)
    assert column.days == days
    assert column.errors == ()


@given(st.sampled_from([DMY, MDY]), st.lists(st.dates(date(1969, 1, 1), date(2068, 12, 31))))
def test_short_years_are_read_in_their_century(order: DateOrder, days: list[date]) -> None:
    assert read_dates([SHORT[order].format(day) for day in days], order).days == days


@given(st.lists(st.dates(), min_size=1), st.data())
def test_a_column_is_read_as_written_or_not_at_all(days: list[date], data: st.DataObject) -> None:
    order = data.draw(st.sampled_from([DMY, MDY]))
    column = read_dates([FORMS[order][0].format(day) for day in days], None)
    if column.doubt is None:
        assert column.days == days
    else:
        assert column.days == [None] * len(days)
        assert all(day.day <= 12 for day in days)


@given(st.lists(st.text("0123456789/-.: TZ")), st.sampled_from([None, *DateOrder]))
def test_any_text_is_a_date_an_error_or_a_doubt(values: list[str], order: DateOrder | None) -> None:
    column = read_dates(values, order)
    assert len(column.days) == len(values)
    if column.doubt is None:
        silent = [i for i, day in enumerate(column.days) if day is None and values[i].strip()]
        assert [error.index for error in column.errors] == silent
