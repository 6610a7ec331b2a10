"""What is known of machines: the last answer of each part, whichever way gave it."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schoten_ict.core.hostfacts import PARTS, HostFacts
from schoten_ict.fleet.collecting import KIND, VALID_FOR, WHOLE
from schoten_ict.fleet.judge.ages import age
from schoten_ict.fleet.judge.drift import Booked, Observed
from schoten_ict.fleet.judge.scan import Sighting
from schoten_ict.fleet.judge.strangers import Cable
from schoten_ict.fleet.scanning import KIND as SCANNED
from schoten_ict.fleet.scanning import NAMES, by_place
from schoten_ict.store import equipment, observations
from schoten_ict.store.observations import Attempt, Observation

_ORDER = {"winrm": 0, "ssh": 0, "local": 0, "snmp": 1}
"""Which recent source goes first for one part: the machine's own system before its agent."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a machine's facts with its age and source."""

    name: str
    source: str
    first_seen: datetime
    last_seen: datetime
    payload: Any


def parts_of(connection: sqlite3.Connection, host: str, now: datetime) -> dict[str, Part]:
    """The last answer of each part of one machine."""
    return _best(observations.of_subject(connection, f"host:{host}"), now)


def parts_as_of(connection: sqlite3.Connection, host: str, moment: datetime) -> dict[str, Part]:
    """The same, as it was known at a moment."""
    return _best(observations.as_of(connection, f"host:{host}", moment), moment)


def facts_of(parts: dict[str, Part]) -> HostFacts:
    """The typed facts behind parts."""
    return HostFacts.from_parts({name: part.payload for name, part in parts.items()})


def observed(connection: sqlite3.Connection, host: str, now: datetime) -> Observed:
    """What a machine told and when, and what came of the last try where every try since failed."""
    parts = parts_of(connection, host, now)
    failure = silence(connection, host)
    return Observed(
        facts_of(parts),
        {name: part.last_seen for name, part in parts.items()},
        f"{failure.reason} ({age(now - failure.at)} ago)" if failure else "",
    )


def last_answer(connection: sqlite3.Connection, host: str) -> datetime | None:
    """When a machine was last collected, over whichever way."""
    found = observations.of_subject(connection, f"host:{host}")
    return max((each.last_seen for each in found if each.kind.startswith(KIND)), default=None)


def silence(connection: sqlite3.Connection, host: str) -> Attempt | None:
    """The last try to collect a machine, where every try since its last answer failed."""
    tries = [each for each in observations.failures_of(connection, f"host:{host}") if each.kind == WHOLE]
    last, answered = max(tries, key=lambda each: each.at, default=None), last_answer(connection, host)
    return None if last is None or (answered and answered >= last.at) else last


def software(connection: sqlite3.Connection) -> list[tuple[str, dict[str, Any]]]:
    """Every installed title: (host, title as kept)."""
    return [
        (each.subject.partition(":")[2], title)
        for each in observations.of_kind(connection, f"{KIND}software")
        for title in each.payload
    ]


def neighbours(connection: sqlite3.Connection) -> list[tuple[str, dict[str, Any]]]:
    """Every LLDP neighbour: (host, neighbour as kept)."""
    return [
        (each.subject.partition(":")[2], neighbour)
        for each in observations.of_kind(connection, f"{KIND}neighbours")
        for neighbour in each.payload
    ]


def cables(connection: sqlite3.Connection, since: datetime) -> list[Cable]:
    """Who stands at the end of whose cable, as it was told `since` then."""
    return [
        Cable(each.subject.partition(":")[2], neighbour["port"], neighbour["name"], each.last_seen)
        for each in observations.of_kind(connection, f"{KIND}neighbours")
        if each.last_seen >= since
        for neighbour in each.payload
        if neighbour.get("name")
    ]


def sightings(connection: sqlite3.Connection, since: datetime) -> list[tuple[Sighting, datetime]]:
    """The addresses that answered a scan `since` then, unless a later one asked in vain; and when."""
    names = by_place(
        {
            each.subject.partition(":")[2]: each.payload
            for each in observations.of_kind(connection, NAMES)
            if each.last_seen >= since
        }
    )
    found = []
    for each in observations.of_kind(connection, SCANNED):
        failure = observations.last_failure(connection, each.subject, each.kind, each.source)
        if each.last_seen >= since and not (failure and failure.at > each.last_seen):
            address = each.subject.partition(":")[2]
            sighting = Sighting.from_payload(address, each.payload, names.get(address, ()))
            found.append((sighting, each.last_seen))
    return found


def books(connection: sqlite3.Connection) -> list[Booked]:
    """All equipment, as far as it is compared with machines."""
    return [
        Booked(each.tag, each.state, each.manufacturer, each.model, each.serial, each.holder_name)
        for each in equipment.every(connection)
    ]


def _best(found: Iterable[Observation], now: datetime) -> dict[str, Part]:
    best: dict[str, Part] = {}
    for each in sorted(found, key=lambda each: _rank(each, now)):
        name = each.kind.removeprefix(KIND)
        if each.kind.startswith(KIND) and name in PARTS:
            best.setdefault(name, Part(name, each.source, each.first_seen, each.last_seen, each.payload))
    return best


def _rank(each: Observation, now: datetime) -> tuple[bool, int, float, str]:
    """What is recent goes first, by source; of what is older, the newest."""
    old = now - each.last_seen > VALID_FOR
    order = 0 if old else _ORDER.get(each.source, 2)
    return old, order, -each.last_seen.timestamp(), each.source


def own_addresses(connection: sqlite3.Connection, since: datetime) -> dict[str, str]:
    """Hosts by the addresses of their interfaces, as they told `since` then; loopback is everyone's.

    Of two that told the same address it is that of the one who told it last.
    """
    found = observations.of_kind(connection, f"{KIND}interfaces")
    return {
        address: each.subject.partition(":")[2]
        for each in sorted(found, key=lambda each: each.last_seen)
        if each.last_seen >= since
        for interface in each.payload
        for prefixed in interface.get("addresses") or ()
        if (address := str(prefixed).partition("/")[0]) not in {"127.0.0.1", "::1"}
    }
