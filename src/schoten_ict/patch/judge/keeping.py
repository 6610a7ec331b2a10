"""Deadlines that were met and those that were not, month by month."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from statistics import median

from schoten_ict.core.times import local_day
from schoten_ict.patch.judge.deadlines import Grade, HostPolicy

ALL = "all"


@dataclass(frozen=True, slots=True)
class Lacked:
    """`count` episodes of one class under one policy, with one clock and one end: None is still open.

    `held_since` is the day on which they were held back, if they are: what was due later counts nowhere.
    """

    policy: HostPolicy
    grade: Grade
    clock: date
    resolved_at: datetime | None
    count: int = 1
    held_since: date | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The updates that were due in a month (`2026-11`), of one class or of all.

    `median_days` is how long those that were installed had lacked; None where none was.
    """

    month: str
    grade: str
    due: int
    met: int
    late: int
    median_days: float | None

    @property
    def share(self) -> float:
        """The share that was there in time, from 0 to 1."""
        return self.met / self.due


@dataclass(frozen=True, slots=True)
class _Outcome:
    month: str
    grade: Grade
    met: bool
    days: int | None
    count: int


def by_month(lacked: Iterable[Lacked], today: date, zone: tzinfo) -> list[Kept]:
    """Per month and class, newest first. What is not yet due counts nowhere.

    An update counts in the month in which it was due, by the policy of now and once that day is over: met
    when it was there on that day, late when it was there later or still is not.
    """
    found: dict[tuple[str, str], list[_Outcome]] = defaultdict(list)
    for each in lacked:
        outcome = _outcome(each, today, zone)
        if outcome is not None:
            found[outcome.month, ALL].append(outcome)
            found[outcome.month, outcome.grade.value].append(outcome)
    order = {ALL: -1, **{grade.value: place for place, grade in enumerate(Grade)}}
    months = sorted(found, key=lambda each: order[each[1]])
    return [_kept(*each, found[each]) for each in sorted(months, key=lambda each: each[0], reverse=True)]


def _outcome(each: Lacked, today: date, zone: tzinfo) -> _Outcome | None:
    due = each.policy.due(each.clock, each.grade)
    if due >= today or (each.held_since is not None and each.held_since <= due):
        return None
    resolved = local_day(each.resolved_at, zone) if each.resolved_at else None
    met = resolved is not None and resolved <= due
    days = (resolved - each.clock).days if resolved else None
    return _Outcome(f"{due:%Y-%m}", each.grade, met, days, each.count)


def _kept(month: str, grade: str, outcomes: list[_Outcome]) -> Kept:
    due = sum(each.count for each in outcomes)
    met = sum(each.count for each in outcomes if each.met)
    days = [each.days for each in outcomes if each.days is not None for _ in range(each.count)]
    return Kept(month, grade, due, met, due - met, median(days) if days else None)
