"""What is known of machines: the last answer of each part, whichever way gave it."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schoten_ict.core.hostfacts import PARTS, HostFacts
from schoten_ict.fleet.collecting import KIND
from schoten_ict.fleet.judge.drift import Booked
from schoten_ict.store import equipment, observations
from schoten_ict.store.observations import Observation

_ORDER = {"winrm": 0, "ssh": 0, "local": 0, "snmp": 1}
"""Which source goes first for one part: the machine's own system before its agent."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a machine's facts with its age and source."""

    name: str
    source: str
    first_seen: datetime
    last_seen: datetime
    payload: Any


def parts_of(connection: sqlite3.Connection, host: str) -> dict[str, Part]:
    """The last answer of each part of one machine."""
    return _best(observations.of_subject(connection, f"host:{host}"))


def parts_as_of(connection: sqlite3.Connection, host: str, moment: datetime) -> dict[str, Part]:
    """The same, as it was known at a moment."""
    return _best(observations.as_of(connection, f"host:{host}", moment))


def facts_of(parts: dict[str, Part]) -> HostFacts:
    """The typed facts behind parts."""
    return HostFacts.from_parts({name: part.payload for name, part in parts.items()})


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


def seen_names(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Names that machines see at the end of their cables: (seen by, port, name)."""
    return [(host, each["port"], each["name"]) for host, each in neighbours(connection) if each.get("name")]


def books(connection: sqlite3.Connection) -> list[Booked]:
    """All equipment, as far as it is compared with machines."""
    return [
        Booked(each.tag, each.state, each.manufacturer, each.model, each.serial, each.holder_name)
        for each in equipment.every(connection)
    ]


def _best(found: Iterable[Observation]) -> dict[str, Part]:
    best: dict[str, Part] = {}
    for each in sorted(found, key=lambda each: (_ORDER.get(each.source, 2), each.source)):
        name = each.kind.removeprefix(KIND)
        if each.kind.startswith(KIND) and name in PARTS:
            best.setdefault(name, Part(name, each.source, each.first_seen, each.last_seen, each.payload))
    return best


def own_addresses(connection: sqlite3.Connection) -> dict[str, str]:
    """Hosts by the addresses of their interfaces, as they told; loopback is everyone's."""
    return {
        address: each.subject.partition(":")[2]
        for each in observations.of_kind(connection, f"{KIND}interfaces")
        for interface in each.payload
        for prefixed in interface.get("addresses") or ()
        if (address := str(prefixed).partition("/")[0]) not in {"127.0.0.1", "::1"}
    }
