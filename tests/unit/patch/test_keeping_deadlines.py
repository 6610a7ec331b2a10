"""Deadlines met and missed, month by month: at month ends, over midnight, and when something comes back."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching import ZONE, policy
from schoten_ict.patch.judge.deadlines import Grade, policy_for
from schoten_ict.patch.judge.keeping import ALL, Kept, Lacked, by_month

TODAY = date(2026, 11, 26)
POLICY = policy_for(policy(), ())


def lacked(
    clock: str, resolved: datetime | None = None, grade: Grade = Grade.CRITICAL, count: int = 1
) -> Lacked:
    return Lacked(POLICY, grade, date.fromisoformat(clock), resolved, count)


def kept(*episodes: Lacked, today: date = TODAY) -> list[Kept]:
    return by_month(episodes, today, ZONE)


def totals(*episodes: Lacked, today: date = TODAY) -> list[tuple[str, int, int]]:
    """Month, in time and late, of all classes together."""
    return [(each.month, each.met, each.late) for each in kept(*episodes, today=today) if each.grade == ALL]


@pytest.mark.parametrize(
    ("resolved", "expected"),
    [
        (datetime(2026, 11, 8, 22, 59, tzinfo=UTC), [("2026-11", 1, 0)]),
        (datetime(2026, 11, 8, 23, 0, tzinfo=UTC), [("2026-11", 0, 1)]),
        (None, [("2026-11", 0, 1)]),
    ],
)
def test_the_last_day_counts_whole_in_the_zone_of_the_workspace(
    resolved: datetime | None, expected: list[tuple[str, int, int]]
) -> None:
    assert totals(lacked("2026-11-01", resolved)) == expected


def test_the_month_is_that_in_which_it_was_due() -> None:
    there = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert totals(lacked("2026-10-28", there), lacked("2026-10-20", there)) == [
        ("2026-11", 1, 0),
        ("2026-10", 0, 1),
    ]


def test_what_is_not_yet_due_counts_nowhere_and_on_its_day_neither() -> None:
    assert totals(lacked("2026-11-19")) == []
    assert totals(lacked("2026-11-19"), today=date(2026, 11, 27)) == [("2026-11", 0, 1)]


def test_what_was_there_before_it_was_due_counts_once_that_day_is_over() -> None:
    early = lacked("2026-11-19", datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert totals(early, today=date(2026, 11, 26)) == []
    assert totals(early, today=date(2026, 11, 27)) == [("2026-11", 1, 0)]
    assert totals(lacked("2026-11-25", datetime(2026, 11, 25, 13, tzinfo=UTC))) == []


def test_what_comes_back_counts_again() -> None:
    first = lacked("2026-09-01", datetime(2026, 9, 3, tzinfo=UTC))
    assert totals(first, lacked("2026-10-01", datetime(2026, 10, 20, tzinfo=UTC))) == [
        ("2026-10", 0, 1),
        ("2026-09", 1, 0),
    ]


def test_episodes_that_are_alike_count_one_by_one() -> None:
    there = datetime(2026, 10, 3, tzinfo=UTC)
    alike = kept(lacked("2026-10-01", there, count=3), lacked("2026-10-01", count=2))
    assert alike == kept(*[lacked("2026-10-01", there)] * 3, *[lacked("2026-10-01")] * 2)
    assert (alike[0].due, alike[0].met, alike[0].median_days) == (5, 3, 2)


def test_each_class_has_a_row_below_that_of_all_with_the_median_of_what_was_done() -> None:
    found = kept(
        lacked("2026-10-01", datetime(2026, 10, 3, tzinfo=UTC)),
        lacked("2026-10-01", datetime(2026, 10, 21, tzinfo=UTC)),
        lacked("2026-10-02"),
        lacked("2026-09-10", datetime(2026, 10, 6, tzinfo=UTC), Grade.IMPORTANT),
    )
    assert [(each.month, each.grade, each.due, each.met, each.late, each.median_days) for each in found] == [
        ("2026-10", "all", 4, 2, 2, 20),
        ("2026-10", "critical", 3, 1, 2, 11),
        ("2026-10", "important", 1, 1, 0, 26),
    ]
    assert found[0].share == 0.5


@given(
    st.lists(
        st.tuples(st.dates(date(2025, 1, 1), TODAY), st.none() | st.integers(0, 400), st.sampled_from(Grade))
    )
)
def test_every_update_that_was_due_is_in_time_or_late_and_counts_once(
    drawn: list[tuple[date, int | None, Grade]],
) -> None:
    episodes = [
        lacked(
            clock.isoformat(),
            None
            if days is None
            else datetime.fromordinal(clock.toordinal() + days).replace(tzinfo=UTC, hour=12),
            grade,
        )
        for clock, days, grade in drawn
    ]
    found = kept(*episodes)
    assert all(each.due == each.met + each.late and 0 <= each.share <= 1 for each in found)
    whole = sum(each.due for each in found if each.grade == ALL)
    assert whole == sum(each.due for each in found if each.grade != ALL) <= len(episodes)
