"""A deadline runs out by itself, stands still while others come first, and can be broken off."""

import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from schoten_ict.core.deadline import Deadline, spans


def test_a_part_is_over_with_the_whole_and_not_after_it() -> None:
    whole = Deadline(60)
    part = whole.within(3600)
    assert 59 < part.left <= 60
    assert whole.within(1).left <= 1
    whole.break_off()
    assert part.over
    assert part.broken_off


def test_standing_still_in_a_part_stops_the_whole_too() -> None:
    whole = Deadline(60)
    part = whole.within(30)
    with part.standing_still():
        before = (whole.left, part.left)
        threading.Event().wait(0.05)
        assert (whole.left, part.left) == before
    assert whole.waited >= 0.05
    assert (whole.left, part.left) <= before


def test_what_does_not_wait_runs_on() -> None:
    hurried = Deadline(60, waits=False)
    with hurried.standing_still():
        before = hurried.left
        threading.Event().wait(0.01)
        assert hurried.left < before


@pytest.mark.parametrize("how", ["standing still", "limited", "neither"])
def test_once_broken_off_it_stays_over(how: str) -> None:
    deadline = Deadline(60)
    blocks: dict[str, Callable[[], AbstractContextManager[None]]] = {
        "standing still": deadline.standing_still,
        "limited": partial(deadline.limited, 5),
    }
    if how in blocks:
        with blocks[how]():
            deadline.break_off()
            assert deadline.over
    deadline.break_off()
    assert deadline.over
    with deadline.standing_still(), deadline.limited(5):
        assert deadline.over
    assert deadline.over


def test_a_limit_ends_with_its_block_and_adds_nothing() -> None:
    deadline = Deadline(60)
    with deadline.limited(5):
        assert deadline.left <= 5
    assert deadline.left > 5
    with deadline.limited(3600):
        assert deadline.left <= 60


def test_what_acts_in_a_part_acts_in_the_whole() -> None:
    whole = Deadline(60)
    part = whole.within(5)
    with part.acting() as acting, whole.within(5).acting():
        assert acting is part
        assert (whole.acts, part.acts) == (True, True)
    assert (whole.acts, part.acts) == (False, False)


def test_seconds_are_for_opening_and_a_deadline_is_for_everything() -> None:
    opening, session = spans(5)
    assert opening.left <= 5
    assert session.left == math.inf
    deadline = Deadline(5)
    assert spans(deadline) == (deadline, deadline)
