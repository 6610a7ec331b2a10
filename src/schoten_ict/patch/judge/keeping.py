"""Deadlines that were met and those that were not, month by month."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from statistics import median

from schoten_ict.patch.judge.deadlines import Grade, HostPolicy, grade_of
from schoten_ict.patch.known import Missing

ALL = "all"


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


def by_month(
    ended: Iterable[tuple[Missing, datetime | None]],
    policy: Callable[[str], HostPolicy],
    today: date,
    zone: tzinfo,
) -> list[Kept]:
    """Per month and class, newest first. What is not yet due, or is held back, counts nowhere.

    `ended` are episodes with when they were resolved.

    An update counts in the month in which it was due, by the policy of now and once that day is over: met
    when it was there on that day, late when it was there later or still is not.
    """
    found: dict[tuple[str, str], list[_Outcome]] = defaultdict(list)
    for missing, resolved in ended:
        outcome = _outcome(missing, resolved, policy(missing.host), today, zone)
        if outcome is not None:
            found[outcome.month, ALL].append(outcome)
            found[outcome.month, outcome.grade.value].append(outcome)
    order = {ALL: -1, **{grade.value: place for place, grade in enumerate(Grade)}}
    months = sorted(found, key=lambda each: order[each[1]])
    return [_kept(*each, found[each]) for each in sorted(months, key=lambda each: each[0], reverse=True)]


def _outcome(
    missing: Missing, resolved_at: datetime | None, policy: HostPolicy, today: date, zone: tzinfo
) -> _Outcome | None:
    if missing.hold is not None:
        return None
    grade = grade_of(missing)
    due = policy.due(missing.clock, grade)
    if due >= today:
        return None
    resolved = resolved_at.astimezone(zone).date() if resolved_at else None
    met = resolved is not None and resolved <= due
    days = (resolved - missing.clock).days if resolved else None
    return _Outcome(f"{due:%Y-%m}", grade, met, days)


def _kept(month: str, grade: str, outcomes: list[_Outcome]) -> Kept:
    met = sum(each.met for each in outcomes)
    days = [each.days for each in outcomes if each.days is not None]
    return Kept(month, grade, len(outcomes), met, len(outcomes) - met, median(days) if days else None)
