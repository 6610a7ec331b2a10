"""Findings: verdicts about one subject with their evidence, and the exceptions that accept them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from schoten_ict.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Why and until when a finding is accepted."""

    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict of one check about one subject.

    Identity: (`check`, `subject`, `key`). `check` is a stable dotted id, `subject` is `kind:NAME`
    (see `subject`), `key` tells several on one subject apart. Times are aware and in UTC. After
    `valid_until` the verdict reads as unknown. `learning` findings are shown and never counted. `began` is
    the verdict at `first_seen`, where the store knows one.
    """

    check: str
    subject: str
    verdict: Verdict
    summary: str
    observed_at: datetime
    key: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    valid_until: datetime | None = None
    first_seen: datetime | None = None
    resolved_at: datetime | None = None
    remedy: str = ""
    accepted: Acceptance | None = None
    learning: bool = False
    began: Verdict | None = field(default=None, compare=False)

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes it the same finding as an earlier one."""
        return (self.check, self.subject, self.key)

    @property
    def counted(self) -> Verdict:
        """The verdict that an exit code counts: accepted and learning findings count as ok."""
        return Verdict.OK if self.accepted or self.learning else self.verdict

    def as_of(self, now: datetime) -> "Finding":
        """The finding as a reader at `now` must see it: past `valid_until` nothing is known."""
        if self.valid_until is None or now <= self.valid_until:
            return self
        if self.began in {None, self.verdict}:
            when = f"since {self.first_seen or self.observed_at:%Y-%m-%d}"
        else:
            when = f"on {self.observed_at:%Y-%m-%d}"
        summary = f"not checked lately (was {self.verdict} {when}): {self.summary}"
        return replace(self, verdict=Verdict.UNKNOWN, summary=summary)


@dataclass(frozen=True, slots=True)
class ExceptionRule:
    """An accepted risk from `exceptions:` in the inventory; `check`, `subject`, `key` are patterns."""

    check: str
    subject: str
    reason: str
    until: date
    key: str = "*"

    def matches(self, finding: Finding) -> bool:
        """Whether the patterns fit the finding's identity (shell wildcards, case counts)."""
        return (
            fnmatchcase(finding.check, self.check)
            and fnmatchcase(finding.subject, self.subject)
            and fnmatchcase(finding.key, self.key)
        )


def subject(kind: str, name: str) -> str:
    """The subject of a finding, a journal entry or a problem: `host:srv-web01`."""
    return f"{kind}:{name}"


def apply_exceptions(
    findings: Iterable[Finding], rules: Sequence[ExceptionRule], today: date
) -> list[Finding]:
    """Mark what a rule accepts today; an expired rule counts as none and the summary says so.

    `today` is the date in the workspace's zone; a rule holds through its `until` date.
    """
    return [_judged(finding, rules, today) for finding in findings]


def _judged(finding: Finding, rules: Sequence[ExceptionRule], today: date) -> Finding:
    if finding.verdict is Verdict.OK:
        return finding
    matching = [rule for rule in rules if rule.matches(finding)]
    if not matching:
        return finding
    rule = max(matching, key=lambda each: each.until)
    if rule.until >= today:
        return replace(finding, accepted=Acceptance(rule.reason, rule.until))
    return replace(finding, summary=f"{finding.summary} (exception ended {rule.until}: {rule.reason})")
