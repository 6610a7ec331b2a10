"""The four verdicts and how they combine."""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What is known of one thing. What could not be read or is stale is `UNKNOWN`, never `OK`."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """Place in the order ok < unknown < warn < fail."""
        return _RANK[self]


_RANK = {Verdict.OK: 0, Verdict.UNKNOWN: 1, Verdict.WARN: 2, Verdict.FAIL: 3}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several verdicts; of none, `UNKNOWN`, because nothing was looked at."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.UNKNOWN)
