"""A UPS's battery: the maker's own objects, which are finer, before UPS-MIB (RFC 1628).

Makers' sources: PowerNet-MIB (APC), XUPS-MIB and MG-SNMP-UPS-MIB (Eaton), CPS-MIB (CyberPower).
"""

from dataclasses import dataclass

from schoten_ict.core.hostfacts import Battery
from schoten_ict.core.remote import Oid
from schoten_ict.fleet.ask.snmp import oids
from schoten_ict.fleet.ask.snmp.asking import Asker
from schoten_ict.fleet.ask.snmp.reading import Values, below, number, pointer

_PART = "batteries"
_TICKS, _SECONDS, _MINUTES = 6000, 60, 1
_TENTHS = 10
_STATUS = {1: "unknown", 2: "normal", 3: "low", 4: "depleted"}


@dataclass(frozen=True, slots=True)
class Gauge:
    """One object, and what its number is divided by."""

    oid: Oid
    per: int = 1


@dataclass(frozen=True, slots=True)
class Flag:
    """One object, and the numbers that mean yes and no."""

    oid: Oid
    yes: int
    no: int


_PERCENT = (
    Gauge(oids.enterprise("318.1.1.1.2.2.1.0")),
    Gauge(oids.enterprise("318.1.1.1.2.3.1.0"), _TENTHS),
    Gauge(oids.enterprise("534.1.2.4.0")),
    Gauge(oids.enterprise("705.1.5.2.0")),
    Gauge(oids.enterprise("3808.1.1.1.2.2.1.0")),
    Gauge(oids.UPS_CHARGE),
)
_RUNTIME = (
    Gauge(oids.enterprise("318.1.1.1.2.2.3.0"), _TICKS),
    Gauge(oids.enterprise("534.1.2.1.0"), _SECONDS),
    Gauge(oids.enterprise("705.1.5.1.0"), _SECONDS),
    Gauge(oids.enterprise("3808.1.1.1.2.2.4.0"), _TICKS),
    Gauge(oids.UPS_MINUTES, _MINUTES),
)
_LOAD = (
    Gauge(oids.enterprise("318.1.1.1.4.2.3.0")),
    Gauge(oids.enterprise("318.1.1.1.4.3.3.0"), _TENTHS),
    Gauge(oids.enterprise("534.1.4.1.0")),
    Gauge(oids.enterprise("3808.1.1.1.4.2.3.0")),
)
_REPLACE = (
    Flag(oids.enterprise("318.1.1.1.2.2.4.0"), yes=2, no=1),
    Flag(oids.enterprise("3808.1.1.1.2.2.5.0"), yes=2, no=1),
    Flag(oids.enterprise("705.1.5.11.0"), yes=1, no=2),
)
_STATUSES = (
    oids.UPS_STATUS,
    oids.enterprise("318.1.1.1.2.1.1.0"),
)
OBJECTS = tuple(
    dict.fromkeys((*(each.oid for each in (*_PERCENT, *_RUNTIME, *_LOAD, *_REPLACE)), *_STATUSES))
)


def is_ups(values: Values) -> bool:
    """Whether the agent has a battery's state in UPS-MIB."""
    return any(number(values, each) is not None for each in (oids.UPS_STATUS, oids.UPS_CHARGE))


async def ask(asker: Asker, known: Values) -> Values:
    """What `read` needs, beside what is known already."""
    values = dict(known)
    values |= await asker.get(_PART, [each for each in OBJECTS if each not in oids.STANDARD])
    if is_ups(values):
        values |= await asker.walk(_PART, oids.UPS_LOAD)
        values |= await asker.walk(_PART, oids.UPS_ALARMS)
    return values


def read(values: Values) -> tuple[Battery, ...]:
    """The battery in an agent's values, if it has any; pure."""
    battery = Battery(
        status=next((_STATUS[kind] for each in _STATUSES if (kind := number(values, each)) in _STATUS), None),
        percent=_first(values, _PERCENT, most=100),
        minutes=_first(values, _RUNTIME),
        replace=_replace(values),
        load_percent=_load(values),
    )
    return () if battery == Battery() else (battery,)


def _first(values: Values, gauges: tuple[Gauge, ...], most: int | None = None) -> int | None:
    for gauge in gauges:
        count = number(values, gauge.oid)
        if count is not None and count >= 0 and (most is None or count // gauge.per <= most):
            return count // gauge.per
    return None


def _load(values: Values) -> int | None:
    """The most loaded of the output's lines; above 100 percent is an overload, not an error."""
    lines = [number(values, (*oids.UPS_LOAD, *row)) for row in below(values, oids.UPS_LOAD)]
    known = [each for each in lines if each is not None and each >= 0]
    own = _first(values, _LOAD)
    return own if own is not None else max(known, default=None)


def _replace(values: Values) -> bool | None:
    """Whether the battery must be replaced; UPS-MIB has an alarm for it, but its absence says nothing."""
    alarms = (pointer(values, (*oids.UPS_ALARMS, *row)) for row in below(values, oids.UPS_ALARMS))
    if oids.UPS_ALARM_BATTERY_BAD in alarms:
        return True
    for flag in _REPLACE:
        answer = number(values, flag.oid)
        if answer in {flag.yes, flag.no}:
            return answer == flag.yes
    return None
