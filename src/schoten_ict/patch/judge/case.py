"""One host as the rules take it: what it told, what it lacks, and the policy that holds for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Any

from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.patch import PatchPolicy
from schoten_ict.patch.facts import PatchFacts
from schoten_ict.patch.judge.builds import BuildStanding
from schoten_ict.patch.judge.deadlines import Grade, HostPolicy
from schoten_ict.patch.judge.lifecycle import Lifecycle
from schoten_ict.patch.known import Missing, Scan, Tally

PREFIX = "patch."


@dataclass(frozen=True)
class Case:
    """One host. `scan` is None when it was never asked; `zone` is that in which days are counted.

    `tallies` count what it lacks, without what an exception accepts. `missing` are the updates one by one:
    all of them where each is judged, else only those that are held back. `build` and `lifecycle` are what the
    dated data says of its system; None where that says nothing. `there` are the articles that its build
    proves. `accepted` counts what lacks and an exception accepts. `is_askable` says whether it declares a way
    to be asked.
    """

    host: str
    scan: Scan | None
    tallies: Mapping[Grade, Tally]
    missing: Sequence[Missing]
    policy: HostPolicy
    limits: PatchPolicy
    now: datetime
    zone: tzinfo
    build: BuildStanding | None = None
    lifecycle: Lifecycle | None = None
    is_askable: bool = True
    there: frozenset[str] = frozenset()
    accepted: int = 0

    @property
    def facts(self) -> PatchFacts | None:
        """Its last answer, however old."""
        return self.scan.facts if self.scan else None

    @cached_property
    def today(self) -> date:
        """The day in the workspace."""
        return self.now.astimezone(self.zone).date()

    @property
    def is_fresh(self) -> bool:
        """Whether the last try succeeded, and not too long ago."""
        limit = self.limits.scanned_within.before(self.now)
        return self.scan is not None and not self.scan.is_older(limit, self.now)

    @property
    def renewal(self) -> str:
        """How to know anew what it lacks."""
        return f"ict patch {'scan' if self.is_askable else 'import FILE --host'} {self.host}"

    def untold(self, name: str) -> Problem | None:
        """Why that field of its facts was not told, or not whole."""
        missing = self.facts.missing if self.facts else ()
        return next((each for each in missing if each.subject == name), None)

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
        of: str = "",
    ) -> Finding:
        """A finding about the host. It holds as long as the answer does, or through the day `until`.

        `of` is the field of the facts that it follows from, which may be older than the answer: what was well
        then proves nothing once that is too long ago.
        """
        at = self.scan.told_at(of) if self.scan else None
        found = Finding(
            check=PREFIX + check,
            subject=subject("host", self.host),
            key=key,
            verdict=verdict,
            summary=summary,
            observed_at=at or (self.scan.tried_at if self.scan else self.now),
            evidence=evidence or {},
            valid_until=self._holds(at, until),
            remedy=remedy,
        )
        is_older = self.scan is not None and at != self.scan.scanned_at
        return found.as_of(self.now) if is_older and verdict is Verdict.OK else found

    def _holds(self, at: datetime | None, until: date | None) -> datetime | None:
        ends = []
        if at is not None:
            ends.append(at + self._within)
        if until is not None:
            ends.append(datetime.combine(until + timedelta(days=1), time(), self.zone))
        return min(ends) if ends else None

    @cached_property
    def _within(self) -> timedelta:
        """How long an answer holds."""
        return self.now - self.limits.scanned_within.before(self.now)
