"""Times and durations: UTC inside, the workspace's zone for people, calendar days there."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

_DURATION = re.compile(r"^([0-9]+)(min|h|d|w|m|y)$")
_LONGEST_MONTHS = 1200
_LONGEST_SECONDS = 100 * 366 * 86400
_DAYS = (
    r"^(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})$",
    r"^(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})$",
)
_SECONDS = {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_MONTHS = {"m": 1, "y": 12}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as people write it: whole seconds or whole calendar months, never both.

    `26h`, `90d`, `2w`, `12m` (months), `5y`, `30min`.
    """

    seconds: int = 0
    months: int = 0

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read `26h`, `90d`, `12m` ...; raise `ValueError` with the accepted forms otherwise."""
        match = _DURATION.match(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no duration; write 30min, 26h, 90d, 2w, 12m (months) or 5y")
        amount, unit = int(match[1]), match[2]
        length = cls(
            seconds=amount * _SECONDS.get(unit, 0),
            months=amount * _MONTHS.get(unit, 0),
        )
        if length.seconds > _LONGEST_SECONDS or length.months > _LONGEST_MONTHS:
            raise ValueError("a duration is at most 100y")
        return length

    def __str__(self) -> str:
        if self.months:
            return f"{self.months // 12}y" if self.months % 12 == 0 else f"{self.months}m"
        units = (unit for unit in ("d", "h", "min") if self.seconds % _SECONDS[unit] == 0)
        unit = next(units, "min")
        return f"{self.seconds // _SECONDS[unit]}{unit}"

    def after(self, day: date) -> date:
        """The day this much later; a month's end stays a month's end (31 Jan + 1m = 28 Feb)."""
        return add_months(day, self.months) if self.months else day + timedelta(seconds=self.seconds)

    def before(self, moment: datetime) -> datetime:
        """The moment this much earlier, by the clock for seconds and by the calendar for months."""
        if not self.months:
            return moment - timedelta(seconds=self.seconds)
        return datetime.combine(add_months(moment.date(), -self.months), moment.timetz())


def add_months(day: date, months: int) -> date:
    """`day` moved by whole months, clamped to the last day of the month it lands in."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC to the second: `2026-11-26T17:05:00Z`. `moment` must be aware."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_utc(text: str) -> datetime:
    """The aware time behind `utc_text`; raises `ValueError` for anything without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)


def day_of(text: str | None) -> date | None:
    """The day behind a stored ISO date; None for none."""
    return date.fromisoformat(text) if text else None


def local_day(moment: datetime, zone: tzinfo) -> date:
    """The calendar day of `moment` in `zone`."""
    return moment.astimezone(zone).date()


def parse_day(text: str) -> date:
    """A date given on the command line: ISO `2026-12-31` or Belgian `31/12/2026`.

    Raises `ValueError` naming both forms; nothing is guessed.
    """
    for pattern in _DAYS:
        match = re.match(pattern, text.strip(), re.ASCII)
        if match is not None:
            return date(int(match["y"]), int(match["m"]), int(match["d"]))
    raise ValueError(f"{text!r} is no date; write 2026-12-31 or 31/12/2026")


def length_text(seconds: float) -> str:
    """A length for a person: `0.8 s`, `12 min`, `3 h 05 min`."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes = round(seconds / _MINUTE)
    return f"{minutes} min" if minutes < _MINUTE else f"{minutes // 60} h {minutes % 60:02} min"


_MINUTE = 60
