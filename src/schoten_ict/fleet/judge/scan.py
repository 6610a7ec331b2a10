"""Who was seen on the network, against who is declared. Pure."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Presence(StrEnum):
    """What an address is: declared and there, there and in no list, declared and silent, or not asked."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    SILENT = "silent"
    NOT_ASKED = "not-asked"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one address answered. `ports` are those that are open, each with what it said first.

    `refused` says that a port was refused, `services` what WinRM and SNMP say of themselves. `reason` says
    why the address was not asked at all.
    """

    address: str
    icmp: bool = False
    refused: bool = False
    ports: Mapping[int, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    rtt_ms: float | None = None
    name: str | None = None
    mac: str | None = None
    reason: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it answered. For 127.0.0.0/8 this machine itself answers: there a port must be open."""
        if self.ports or self.services:
            return True
        return (self.icmp or self.refused) and not ipaddress.ip_address(self.address).is_loopback

    def payload(self) -> dict[str, Any]:
        """What is kept of it: without how long it took."""
        return {
            "icmp": self.icmp,
            "ports": {str(port): banner for port, banner in sorted(self.ports.items())},
            "services": dict(sorted(self.services.items())),
            "name": self.name,
            "mac": self.mac,
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of the comparison. `host` is the declared name; None for what is in no list."""

    sighting: Sighting
    presence: Presence
    host: str | None = None


def compare(
    sightings: Iterable[Sighting], declared: Sequence[tuple[str, str]], observed: Mapping[str, str]
) -> list[Seen]:
    """Everything that is there, and everything that should be, by address.

    `declared` are (host, address), `observed` hosts by the addresses that they told when they were collected:
    a server has more addresses than the one that is declared.
    """
    owners: dict[str, list[str]] = {}
    for host, address in declared:
        owners.setdefault(_plain(address), []).append(host)
    found: list[Seen] = []
    for each in sightings:
        hosts = owners.get(_plain(each.address), [])
        if each.is_there:
            named = ", ".join(hosts) or observed.get(_plain(each.address))
            found.append(Seen(each, Presence.KNOWN if named else Presence.UNKNOWN, named))
        elif hosts:
            presence = Presence.NOT_ASKED if each.reason else Presence.SILENT
            found.append(Seen(each, presence, ", ".join(hosts)))
    return sorted(found, key=lambda seen: _order(seen.sighting.address))


def _plain(address: str) -> str:
    """An address in the one way to write it; anything else as it is."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def _order(address: str) -> tuple[int, int]:
    parsed = ipaddress.ip_address(address)
    return parsed.version, int(parsed)
