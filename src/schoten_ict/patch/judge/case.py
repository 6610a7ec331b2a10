"""One host as the rules take it: what it told, what it lacks, and the policy that holds for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Any

from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.patch import PatchPolicy
from schoten_ict.patch.facts import PatchFacts
from schoten_ict.patch.judge.deadlines import Grade, HostPolicy, grade_of
from schoten_ict.patch.known import Missing, Scan

PREFIX = "patch."


@dataclass(frozen=True, slots=True)
class Late:
    """An update with a clock: its class, and the last day on which it is in time."""

    missing: Missing
    grade: Grade
    due: date


@dataclass(frozen=True)
class Case:
    """One host. `scan` is None when it was never asked; `zone` is that in which days are counted."""

    host: str
    scan: Scan | None
    missing: Sequence[Missing]
    policy: HostPolicy
    limits: PatchPolicy
    now: datetime
    zone: tzinfo

    @property
    def facts(self) -> PatchFacts | None:
        """Its last answer, however old."""
        return self.scan.facts if self.scan else None

    @property
    def today(self) -> date:
        """The day in the workspace."""
        return self.now.astimezone(self.zone).date()

    @cached_property
    def ticking(self) -> tuple[Late, ...]:
        """What it lacks and has a deadline, the first one due first."""
        found = [
            Late(each, kind, self.policy.due(each.clock, kind))
            for each in self.missing
            if each.hold is None
            for kind in [grade_of(each)]
        ]
        return tuple(sorted(found, key=lambda late: (late.due, late.missing.key)))

    @cached_property
    def is_fresh(self) -> bool:
        """Whether the last try succeeded, and not too long ago."""
        scan = self.scan
        return (
            scan is not None
            and scan.scanned_at is not None
            and scan.failed is None
            and scan.scanned_at >= self.limits.scanned_within.before(self.now)
        )

    def found(
        self,
        check: str,
        verdict: Verdict,
        summary: str,
        *,
        key: str = "",
        remedy: str = "",
        until: date | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> Finding:
        """A finding about the host. It holds as long as the answer does, or through the day `until`."""
        return Finding(
            check=PREFIX + check,
            subject=subject("host", self.host),
            key=key,
            verdict=verdict,
            summary=summary,
            observed_at=self.scan.scanned_at or self.scan.tried_at if self.scan else self.now,
            evidence=evidence or {},
            valid_until=self._holds(until),
            remedy=remedy,
        )

    def _holds(self, until: date | None) -> datetime | None:
        ends = []
        if self.scan is not None and self.scan.scanned_at is not None:
            ends.append(self.scan.scanned_at + (self.now - self.limits.scanned_within.before(self.now)))
        if until is not None:
            ends.append(datetime.combine(until + timedelta(days=1), time(), self.zone))
        return min(ends) if ends else None
