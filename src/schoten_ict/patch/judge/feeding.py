"""Whether a Windows gets updates at all: what it declares may keep all of them away.

A pause by policy (`PauseQualityUpdatesStartTime`) ends by itself after 35 days (Microsoft: *Configure Windows
Update client policies*). Deferral and updates that somebody starts by hand are choices, to show.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from schoten_ict.core.finding import Finding
from schoten_ict.core.verdict import Verdict
from schoten_ict.patch.facts import DISABLED, PAUSED, SERVICE
from schoten_ict.patch.judge.case import Case

KIND = "feed"
REPOSITORIES = "repositories"
_LONGEST_PAUSE = timedelta(days=35)
_OR_EXCEPT = "or declare an exception with the reason"


def feed(case: Case) -> Iterator[Finding]:
    """Warn of an update service that never starts, and of updates that are paused."""
    told = case.facts.feed if case.facts else None
    if told is None or told.kind == REPOSITORIES:
        return
    if told.told.get(SERVICE) == DISABLED:
        words = "the update service is disabled: it installs nothing"
        yield case.found(
            KIND, Verdict.WARN, words, key="service", remedy=f"let it start, {_OR_EXCEPT}", of=KIND
        )
    since = told.told.get(PAUSED)
    if since and not _is_over(since, case.today):
        remedy = f"end the pause in its policy, {_OR_EXCEPT}"
        yield case.found(
            KIND, Verdict.WARN, f"updates are paused since {since}", key="pause", remedy=remedy, of=KIND
        )


def _is_over(since: str, today: date) -> bool:
    """Whether the pause ended by itself; one whose day cannot be read did not."""
    try:
        return date.fromisoformat(since[:10]) + _LONGEST_PAUSE < today
    except (ValueError, OverflowError):
        return False
