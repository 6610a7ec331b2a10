"""Durations by the calendar, times in UTC, dates as people write them."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.times import Duration, add_months, local_day, parse_day, parse_utc, utc_text

BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30min", Duration(seconds=1800)),
        ("26h", Duration(seconds=26 * 3600)),
        ("90d", Duration(seconds=90 * 86400)),
        ("2w", Duration(seconds=14 * 86400)),
        ("12m", Duration(months=12)),
        ("5y", Duration(months=60)),
        (" 1d ", Duration(seconds=86400)),
    ],
)
def test_durations_are_read(text: str, expected: Duration) -> None:
    assert Duration.parse(text) == expected


@pytest.mark.parametrize("text", ["", "12", "h", "-1d", "1.5h", "1 d", "1M", "1d12h", "٣d", "1d\n2d"])
def test_what_is_no_duration_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="write 30min, 26h"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["101y", "1201m", "9999999h"])
def test_a_duration_is_at_most_a_hundred_years(text: str) -> None:
    with pytest.raises(ValueError, match="at most 100y"):
        Duration.parse(text)


@given(st.integers(0, 100), st.sampled_from(["min", "h", "d", "w", "m", "y"]))
def test_a_duration_reads_back_what_it_writes(amount: int, unit: str) -> None:
    duration = Duration.parse(f"{amount}{unit}")
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
    ],
)
def test_months_end_at_the_end_of_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-600, 600))
def test_months_move_by_months_whatever_the_day(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day <= day.day


def test_after_and_before_follow_the_calendar() -> None:
    assert Duration.parse("1m").after(date(2026, 1, 31)) == date(2026, 2, 28)
    assert Duration.parse("90d").after(date(2026, 11, 26)) == date(2027, 2, 24)
    moment = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert Duration.parse("1m").before(moment) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert Duration.parse("26h").before(moment) == moment - timedelta(hours=26)


def test_utc_text_is_rfc_3339_in_utc() -> None:
    assert utc_text(datetime(2026, 7, 1, 12, 0, 0, 999999, BRUSSELS)) == "2026-07-01T10:00:00Z"


def test_a_time_without_a_zone_is_neither_written_nor_read() -> None:
    with pytest.raises(ValueError, match="zone"):
        utc_text(datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="no time zone"):
        parse_utc("2026-01-01T00:00:00")


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_times_survive_to_the_second(naive: datetime, offset: int) -> None:
    moment = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset)))
    assert parse_utc(utc_text(moment)) == moment


def test_a_day_is_that_of_the_zone() -> None:
    late = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    assert local_day(late, BRUSSELS) == date(2026, 11, 27)
    assert local_day(late, UTC) == date(2026, 11, 26)


@pytest.mark.parametrize("text", ["2026-12-31", "31/12/2026", " 2026-12-31 "])
def test_days_are_read_in_both_forms(text: str) -> None:
    assert parse_day(text) == date(2026, 12, 31)


@pytest.mark.parametrize(
    "text",
    ["12/31/2026", "٣1/12/2026", "31-12-2026", "31/12/26", "2026-02-30", "morgen", "", "2026-12-31T10:00"],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_day(text)


@given(st.dates(date(1000, 1, 1), date(9999, 12, 31)))
def test_both_forms_of_any_day_are_read(day: date) -> None:
    assert parse_day(day.isoformat()) == day
    assert parse_day(f"{day.day}/{day.month}/{day.year}") == day
