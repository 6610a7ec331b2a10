"""Entitlements, maintenance and subscriptions that end, and the day on which notice must be given."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from schoten_ict.core.times import Duration
from schoten_ict.licenses.model import Entitlement

RIGHT, MAINTENANCE = "right", "maintenance"
_NEVER = 9000
"""From this year on a day stands for no end, as lists write it (31/12/9999)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends: a right or its maintenance, on its last day; `notice_by` is the last day to cancel.

    `days` are those left, negative where it ended. `acts` says that notice is due before anything else.
    """

    entitlement: Entitlement
    what: str
    on: date
    days: int
    notice_by: date | None

    def notice_days(self, today: date) -> int | None:
        """Days left to give notice; negative where that day passed."""
        return None if self.notice_by is None else (self.notice_by - today).days


def endings(entitlements: Iterable[Entitlement], today: date, within: Duration) -> list[Ending]:
    """What ends within that time, or whose notice is due within it; what ended before today is left out.

    The first day to act goes first.
    """
    horizon = within.after(today)
    found = [
        each
        for entitlement in entitlements
        for each in _of(entitlement, today)
        if each.days >= 0 and min(each.on, each.notice_by or each.on) <= horizon
    ]
    return sorted(found, key=lambda each: (each.notice_by or each.on, each.entitlement.number, each.what))


def _of(entitlement: Entitlement, today: date) -> Iterator[Ending]:
    if entitlement.ended_on is not None and entitlement.ended_on <= today:
        return
    for what, on in ((RIGHT, entitlement.expires), (MAINTENANCE, entitlement.maintenance_until)):
        if on is not None and on.year < _NEVER:
            notice = notice_day(on, entitlement.notice) if what == RIGHT and entitlement.notice else None
            yield Ending(entitlement, what, on, (on - today).days, notice)


def notice_day(expires: date, notice: Duration) -> date:
    """The last day to give notice so that it ends after `expires`: so long before the day after it.

    A month's end stays one: three months before the end of 31 May is 28 February.
    """
    after = datetime.combine(expires + timedelta(days=1), datetime.min.time(), UTC)
    return (
        notice.before(after).date() - timedelta(days=1)
        if notice.months
        else expires - timedelta(seconds=notice.seconds)
    )
