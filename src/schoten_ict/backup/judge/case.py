"""What the rules look at together, and how they say what they found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from schoten_ict.backup.facts import BackupFacts, Fault, Point
from schoten_ict.backup.judge.series import Series, declared, newest
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.text import spoken
from schoten_ict.core.times import Duration
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import BackupJob

PREFIX = "backup."


@dataclass(frozen=True, slots=True)
class Proof:
    """How the last try of one proof ended: `proven_at` is the last success, `fault` what is wrong since."""

    tried_at: datetime
    proven_at: datetime | None
    fault: Fault | None = None
    paths: tuple[str, ...] = ()
    told: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """A point that was seen before; `gone_at` says when it was missed first."""

    point: Point
    first_seen: datetime
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Former:
    """A job that is no longer declared, and what was `open` (`read: data damaged ...`) at its last look."""

    job: str
    looked_at: datetime
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """What the store knows of a job from before this look.

    `proofs` are by check and unit (`read`, `3/10`); `since` is when the job was looked at first. `copies`
    holds when the newest backup was taken that was ever seen in each copy. `measured` are files and bytes of
    the newest backup at earlier looks, newest first. `moved_from` is where the job's backups lay before, when
    nothing is known of the present place; `former` is then the job that was looked at there before.
    """

    since: datetime | None = None
    known: tuple[Known, ...] = ()
    proofs: Mapping[tuple[str, str], Proof] = field(default_factory=dict)
    copies: Mapping[str, datetime] = field(default_factory=dict)
    measured: tuple[tuple[int | None, int | None], ...] = ()
    moved_from: str = ""
    former: Former | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One job as declared, as seen now, and as it was before. `rpo` and `rto` are those that hold for it."""

    job: BackupJob
    facts: BackupFacts
    history: History
    now: datetime
    zone: tzinfo
    rpo: Duration
    rto: Duration | None = None

    @property
    def since(self) -> datetime:
        """When the job was looked at first."""
        return self.history.since or self.now

    @property
    def series(self) -> list[Series]:
        """What there must be backups of."""
        return declared(self.job, self.facts.targets)

    @property
    def points(self) -> list[Point]:
        """The points that are of this job: others may use the same repository."""
        series = self.series
        return [each for each in self.facts.points or () if any(one.covers(each) for one in series)]

    @property
    def known(self) -> list[Known]:
        """The points of this job that were seen before."""
        series = self.series
        return [each for each in self.history.known if any(one.covers(each.point) for one in series)]

    @property
    def complete(self) -> list[Point]:
        """The points of this job that are not known to be partial and not from the future, newest first."""
        return self.sound(self.points)

    def sound(self, points: Iterable[Point]) -> list[Point]:
        """Those of `points` that are not known to be partial and not from the future, newest first."""
        whole = (each for each in points if each.complete is not False and not self.is_future(each))
        return sorted(whole, key=lambda each: each.at, reverse=True)

    @property
    def last_backup_at(self) -> datetime | None:
        """When the newest complete backup was taken, of whatever lags most; None when something has none."""
        found = [newest(series, self.complete) for series in self.series]
        times = [each.at for each in found if each is not None]
        return min(times) if len(times) == len(found) else None

    def is_future(self, point: Point) -> bool:
        """Whether a point is dated after now, clocks that differ a little allowed for."""
        return point.at > self.now + _SKEW

    def found(
        self,
        check: str,
        verdict: Verdict,
        summary: str,
        *,
        key: str = "",
        remedy: str = "",
        until: datetime | None = None,
        learning: bool = False,
        evidence: Mapping[str, Any] | None = None,
    ) -> Finding:
        """A finding about the job. It holds until the next look is due, or until an earlier moment."""
        due = self.now + timedelta(seconds=self.job.verify.every.seconds)
        return Finding(
            check=PREFIX + check,
            subject=subject("job", self.job.name),
            key=key,
            verdict=verdict,
            summary=spoken(summary),
            observed_at=self.now,
            evidence=_spoken(evidence or {}),
            valid_until=min(due, until) if until else due,
            remedy=remedy,
            learning=learning,
        )


def _spoken(value: Any) -> Any:
    """The same with every text in it such that it can be kept and shown."""
    if isinstance(value, str):
        return spoken(value)
    if isinstance(value, Mapping):
        return {spoken(key): _spoken(each) for key, each in value.items()}
    return [_spoken(each) for each in value] if isinstance(value, list | tuple) else value


_SKEW = timedelta(minutes=5)


def age_text(length: timedelta) -> str:
    """An age for a person: `26 h`, `3 d`."""
    hours = length.total_seconds() / 3600
    if hours < 1:
        return f"{length.total_seconds() / 60:.0f} min"
    return f"{hours:.0f} h" if hours < _HOURS_SHOWN else f"{hours / 24:.0f} d"


_HOURS_SHOWN = 72
