"""The rules of a walk: it ends, it keeps everything that came, and it says when that is not all."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.connect.snmp.backend import Batch
from schoten_ict.connect.snmp.guards import Progress, Repetitions
from schoten_ict.core.remote import Oid, SnmpValue

ROOT: Oid = (1, 3, 6, 1, 2)
ONE = SnmpValue("integer", 1)
OIDS = st.lists(st.integers(0, 50), min_size=1, max_size=4).map(lambda arcs: (*ROOT, *arcs))


def batch(*oids: Oid, end: bool = False) -> Batch:
    return Batch(tuple((oid, ONE) for oid in oids), oids[-1] if oids else None, end=end)


def batches(oids: list[Oid], size: int) -> Iterator[Batch]:
    for start in range(0, len(oids), size):
        yield batch(*oids[start : start + size])


@given(st.lists(OIDS, unique=True, max_size=60), st.integers(1, 20))
def test_every_order_is_kept_whole_until_the_root_is_left(oids: list[Oid], size: int) -> None:
    progress = Progress(ROOT, 1000)
    for each in batches([*oids, (1, 3, 6, 1, 4)], size):
        assert not progress.over
        progress.take(each)
    walk = progress.walk()
    assert (list(walk.values), walk.complete, walk.reason) == (oids, True, "")


@given(st.lists(OIDS, min_size=1, max_size=60), st.integers(1, 20))
def test_a_walk_that_goes_in_circles_ends_with_what_came_first(oids: list[Oid], size: int) -> None:
    progress = Progress(ROOT, 1000)
    endless = (each for _ in range(3) for each in batches(oids, size))
    taken = 0
    for each in endless:
        if progress.over:
            break
        progress.take(each)
        taken += 1
    assert progress.over
    walk = progress.walk()
    assert not walk.complete
    assert "repeats itself" in walk.reason
    assert taken <= 2 * len(oids)
    assert set(walk.values) <= set(oids)


@given(st.integers(1, 40), st.integers(1, 20))
def test_no_walk_is_longer_than_was_asked(rows: int, size: int) -> None:
    progress = Progress(ROOT, rows)
    for each in batches([(*ROOT, number) for number in range(100)], size):
        if progress.over:
            break
        progress.take(each)
    walk = progress.walk()
    assert len(walk.values) == rows
    assert walk.reason == f"more than {rows} values"


def test_exactly_as_many_rows_as_were_asked_are_complete() -> None:
    progress = Progress(ROOT, 2)
    progress.take(batch((*ROOT, 1), (*ROOT, 2)))
    progress.take(batch((1, 3, 7)))
    assert progress.walk().complete


def test_the_next_request_goes_on_from_the_last_value() -> None:
    progress = Progress(ROOT, 100)
    assert progress.position == ROOT
    progress.take(batch((*ROOT, 7), (*ROOT, 3)))
    assert progress.position == (*ROOT, 3)


def test_values_before_the_end_of_the_mib_are_kept() -> None:
    progress = Progress(ROOT, 100)
    progress.take(batch((*ROOT, 7), end=True))
    assert (list(progress.walk().values), progress.walk().complete) == ([(*ROOT, 7)], True)


def test_empty_values_lead_on_without_being_rows() -> None:
    progress = Progress(ROOT, 100)
    progress.take(Batch((), (*ROOT, 4)))
    assert not progress.over
    assert progress.position == (*ROOT, 4)
    progress.take(Batch((), (*ROOT, 4)))
    assert "repeats itself" in progress.walk().reason


def test_what_came_again_is_not_taken_again_and_ends_the_walk() -> None:
    progress = Progress(ROOT, 100)
    progress.take(batch((*ROOT, 1), (*ROOT, 2)))
    progress.take(batch((*ROOT, 1), (*ROOT, 3)))
    assert list(progress.walk().values) == [(*ROOT, 1), (*ROOT, 2)]
    assert "repeats itself at 1.3.6.1.2.1" in progress.walk().reason


def test_empty_values_can_go_in_circles_too() -> None:
    progress = Progress(ROOT, 100)
    for last in (1, 2, 3, 1):
        progress.take(Batch((), (*ROOT, last)))
    assert "repeats itself" in progress.walk().reason


@pytest.mark.parametrize("nothing", [Batch((), None), Batch((), ROOT)])
def test_an_answer_that_leads_nowhere_ends_the_walk(nothing: Batch) -> None:
    progress = Progress(ROOT, 100)
    progress.take(nothing)
    assert progress.over
    assert not progress.walk().complete


@given(st.integers(1, 1000))
def test_asking_for_less_ends_at_one(number: int) -> None:
    for name in ("missed", "too_big", "declined"):
        repetitions, times = Repetitions.of(number), 0
        while getattr(repetitions, name)():
            times += 1
            assert repetitions.now >= 1
        assert (repetitions.now, times) == (1, number.bit_length() - 1)


def test_one_lost_request_changes_nothing_for_long() -> None:
    repetitions = Repetitions.of(20)
    for _ in range(5):
        repetitions.missed()
        assert repetitions.now == 10
        repetitions.answered()
        assert repetitions.now == 20
        repetitions.answered()


def test_what_never_works_is_not_tried_for_ever() -> None:
    repetitions, asked = Repetitions.of(20), []
    for _ in range(8):
        asked.append(repetitions.now)
        if repetitions.now > 5:
            repetitions.missed()
        else:
            repetitions.answered()
    assert asked == [20, 10, 5, 20, 5, 5, 5, 5]


def test_what_the_agent_calls_too_big_is_not_tried_again() -> None:
    repetitions = Repetitions.of(20)
    repetitions.too_big()
    repetitions.answered()
    assert (repetitions.now, repetitions.limit) == (10, 10)


def test_one_bad_value_does_not_slow_down_the_rest() -> None:
    repetitions = Repetitions.of(20)
    repetitions.declined()
    repetitions.answered()
    assert repetitions.now == 20
