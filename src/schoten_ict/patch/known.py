"""What is known of hosts and of what they lack, between the store and the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from schoten_ict.core.errors import Problem
from schoten_ict.patch.facts import Hold, PatchFacts, Severity, Update

CLOCK = timedelta(days=1)
"""By how much a time may lie ahead: clocks differ a little."""


@dataclass(frozen=True, slots=True)
class Missing:
    """An open episode, in short. `clock` is the day from which its deadline counts."""

    host: str
    key: str
    clock: date
    severity: Severity
    security: bool | None
    exploited: bool
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode whole."""

    missing: Missing
    update: Update
    first_seen: datetime
    last_seen: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many updates of one class a host lacks, `late` and `near` of them over their deadline or nearly so.

    `oldest` is the first clock of all, `next` that of those that are neither.
    """

    count: int
    late: int
    near: int
    oldest: date
    next: date | None


@dataclass(frozen=True, slots=True)
class WsusReport:
    """What a WSUS server, the host `server`, was told by one host at `reported_at`, without the updates."""

    host: str
    server: str
    asked_at: datetime
    reported_at: datetime
    facts: PatchFacts
    reboot_since: date | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What is known of one host. `facts` is its last answer, of `scanned_at`, without the updates.

    `failed` is why the last try, at `tried_at`, gave no answer. `reboot_since` is the day on which it was
    first seen to wait for a restart.

    Where a WSUS server tells of it as well, `wsus` is what that tells, `itself_at` when the host told
    something itself, `silent` why the last try gave no answer, and `dates` say of what time fields of `facts`
    are. `lists_of_wsus` says that WSUS told what it lacks, which knows approved updates only.
    """

    host: str
    source: str
    tried_at: datetime
    failed: Problem | None
    scanned_at: datetime | None
    facts: PatchFacts | None
    reboot_since: date | None
    wsus: WsusReport | None = None
    itself_at: datetime | None = None
    silent: Problem | None = None
    dates: Mapping[str, datetime] = field(default_factory=dict)
    lists_of_wsus: bool = False

    def told_at(self, name: str) -> datetime | None:
        """When a field of `facts` was told."""
        return self.dates.get(name, self.scanned_at)

    def is_older(self, limit: datetime, now: datetime) -> bool:
        """Whether the last answer is of before `limit`, or proves nothing: none came, or it lies ahead."""
        if self.failed is not None or self.scanned_at is None:
            return True
        return self.scanned_at < limit or self.is_ahead(now)

    def is_ahead(self, now: datetime) -> bool:
        """Whether the last answer has a time that is yet to come: the clock was wrong, and it may be old."""
        return self.scanned_at is not None and self.scanned_at > now + CLOCK
