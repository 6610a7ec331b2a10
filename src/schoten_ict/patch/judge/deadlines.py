"""Within how many days an update must be there: its class, the policy of the host, and the day it is due."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from schoten_ict.core.times import Duration
from schoten_ict.inventory.sections.patch import STANDARD, PatchPolicy, Window
from schoten_ict.patch.facts import Severity


class Grade(StrEnum):
    """The classes that have a deadline, worst first."""

    CRITICAL = "critical"
    IMPORTANT = "important"
    MODERATE = "moderate"
    UNRATED = "unrated"
    OTHER = "other"


_RATED = {
    Severity.CRITICAL: Grade.CRITICAL,
    Severity.IMPORTANT: Grade.IMPORTANT,
    Severity.MODERATE: Grade.MODERATE,
    Severity.LOW: Grade.OTHER,
    Severity.UNRATED: Grade.UNRATED,
}


def grade(severity: Severity, *, security: bool | None, exploited: bool) -> Grade:
    """The class of an update: exploited is critical, no security update is `other` whatever it is called.

    What the source cannot tell apart counts as a security update.
    """
    if exploited:
        return Grade.CRITICAL
    return Grade.OTHER if security is False else _RATED[severity]


@dataclass(frozen=True, slots=True)
class Edges:
    """What began before `late_before` is late today; what began before `near_before` is nearly so."""

    late_before: date
    near_before: date


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """The policy as it holds for one host. `windows` are shown to whoever plans the work."""

    deadlines: Mapping[str, Duration]
    warn_before: Duration
    windows: tuple[Window, ...] = ()

    def due(self, clock: date, kind: str) -> date:
        """The last day on which it is in time, for a grade or `reboot`."""
        return self.deadlines[kind].after(clock)

    def is_near(self, due: date, today: date) -> bool:
        """Whether the deadline is so near that somebody should act now."""
        return due <= self.warn_before.after(today)

    def edges(self, kind: str, today: date) -> Edges:
        """Which clocks are late today, and which are nearly so."""
        soon = self.warn_before.after(today) + timedelta(days=1)
        return Edges(self._first(kind, today), self._first(kind, soon))

    def _first(self, kind: str, day: date) -> date:
        """The first clock that is due on `day` or later; what begins later is never due earlier."""
        clock = self.deadlines[kind].before(datetime.combine(day, time())).date()
        while self.due(clock, kind) >= day:
            clock -= timedelta(days=1)
        while self.due(clock, kind) < day:
            clock += timedelta(days=1)
        return clock


def policy_for(policy: PatchPolicy, groups: Collection[str]) -> HostPolicy:
    """What holds for a host of these groups: key by key the first entry that fits, then everybody's."""
    fitting = [entry for entry in policy.groups if not set(entry.groups).isdisjoint(groups)]
    declared = [*(entry.deadlines for entry in fitting), policy.deadlines, STANDARD]
    deadlines = {
        name: next(length for each in declared if (length := getattr(each, name)) is not None)
        for name in STANDARD.__struct_fields__
    }
    windows = next((entry.windows for entry in fitting if entry.windows), ())
    return HostPolicy(deadlines, policy.warn_before, windows)


class _Graded(Protocol):
    """What has a class: `patch.known.Missing`."""

    @property
    def severity(self) -> Severity: ...
    @property
    def security(self) -> bool | None: ...
    @property
    def exploited(self) -> bool: ...


def grade_of(update: _Graded) -> Grade:
    """The class of an update as the store keeps it."""
    return grade(update.severity, security=update.security, exploited=update.exploited)
