"""Who is on the network and in no list: at the end of a cable, or at an address that a scan saw. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from schoten_ict.core.verdict import Verdict
from schoten_ict.fleet.judge.ages import age
from schoten_ict.fleet.judge.drift import Comparison
from schoten_ict.fleet.judge.scan import Roll, Sighting

FACT = "listed"


@dataclass(frozen=True, slots=True)
class Cable:
    """What a machine sees at the end of one of its cables, and when it last told so."""

    witness: str
    port: str
    name: str
    seen: datetime


def strangers(
    names: Iterable[str],
    cables: Iterable[Cable],
    roll: Roll,
    sightings: Iterable[tuple[Sighting, datetime]],
    now: datetime,
) -> list[Comparison]:
    """One warning per machine that is seen and that neither `names` nor `roll` know.

    `names` are those of the hosts, declared and told. A machine that is seen both ways is told by its cable.
    """
    known = {_short(name) for name in names}
    found: dict[str, Comparison] = {}
    for cable in sorted(cables, key=lambda each: each.seen, reverse=True):
        key = _short(cable.name)
        if key and key not in known:
            found.setdefault(key, _at_cable(cable, now))
    for sighting, seen in sightings:
        if roll.owner(sighting) is None:
            found.setdefault(
                _short(sighting.name or "") or sighting.address, _at_address(sighting, seen, now)
            )
    return list(found.values())


def _at_cable(cable: Cable, now: datetime) -> Comparison:
    place = f"{cable.witness} port {cable.port}"
    summary = f"{cable.name} is on {place} and in no list, seen {age(now - cable.seen)} ago"
    return Comparison(
        cable.name, FACT, Verdict.WARN, summary, observed=f"{cable.witness} {cable.port}", seen=cable.seen
    )


def _at_address(sighting: Sighting, seen: datetime, now: datetime) -> Comparison:
    ports = ", ".join(str(port) for port in sorted(sighting.ports))
    told = [
        *([f"called {sighting.name}"] if sighting.name else []),
        *([f"port {ports}"] if ports else []),
        *(f"{service}: {said}" for service, said in sorted(sighting.services.items())),
        *([f"MAC {sighting.mac}"] if sighting.mac else []),
    ]
    shown = ", ".join(told) or "answers"
    summary = f"{sighting.address} is in no list, seen {age(now - seen)} ago: {shown}"
    return Comparison(
        sighting.address, FACT, Verdict.WARN, summary, observed=shown, seen=seen, about="address"
    )


def _short(name: str) -> str:
    return name.partition(".")[0].strip().lower()
