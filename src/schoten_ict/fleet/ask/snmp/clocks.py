"""How long the device runs, and what its clock says."""

from datetime import UTC, datetime

from schoten_ict.fleet.ask.snmp import oids
from schoten_ict.fleet.ask.snmp.reading import Values, moment, number

_TICKS = 100


def uptime(values: Values) -> int | None:
    """Seconds: the largest of three counters.

    sysUpTime begins again after 497 days (2^32 hundredths) and whenever the agent restarts; snmpEngineTime
    counts seconds, and hrSystemUptime counts for the host.
    """
    ticks = (number(values, oids.SYS_UPTIME), number(values, oids.HR_UPTIME))
    found = [count // _TICKS for count in ticks if count is not None]
    engine = number(values, oids.ENGINE_TIME)
    known = [count for count in (*found, engine) if count is not None and count >= 0]
    return max(known, default=None)


def booted_at(seconds: int | None, now: float) -> str | None:
    """When the device started, to the minute, in UTC; `now` in seconds since 1970."""
    if seconds is None or seconds > now:
        return None
    return datetime.fromtimestamp(now - seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")


def offset_ms(values: Values, asked_at: float, answered_at: float) -> int | None:
    """How far the device's clock is ahead of ours, halfway between question and answer."""
    theirs = moment(values, oids.HR_DATE)
    if theirs is None:
        return None
    return round((theirs.timestamp() - (asked_at + answered_at) / 2) * 1000)
