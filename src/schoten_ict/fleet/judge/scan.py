"""Who was seen on the network, against who is declared. Pure."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class Presence(StrEnum):
    """What an address is: declared and there, there and in no list, declared and silent, or not asked."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    SILENT = "silent"
    NOT_ASKED = "not-asked"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one address answered. `ports` are those that are open, each with what it said first.

    `refused` says that a port was refused, `services` what WinRM and SNMP say of themselves. `name` is what
    the resolver calls the address, `names` are the declared names that lead to it. `reason` says why the
    address was not asked at all.
    """

    address: str
    icmp: bool = False
    refused: bool = False
    ports: Mapping[int, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    rtt_ms: float | None = None
    name: str | None = None
    names: tuple[str, ...] = ()
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

    @classmethod
    def from_payload(cls, address: str, payload: Mapping[str, Any], names: Sequence[str]) -> Self:
        """What was kept of an address that answered, with the declared names that lead to it."""
        return cls(
            address,
            icmp=bool(payload.get("icmp")),
            ports={int(port): banner for port, banner in payload.get("ports", {}).items()},
            services=payload.get("services", {}),
            name=payload.get("name"),
            names=tuple(names),
            mac=payload.get("mac"),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of the comparison. `host` is the declared name; None for what is in no list."""

    sighting: Sighting
    presence: Presence
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Roll:
    """Whose an address is: the hosts that declare it, by address or by name, or that told it themselves."""

    places: Mapping[str, Sequence[str]]
    told: Mapping[str, str]

    @classmethod
    def of(cls, declared: Sequence[tuple[str, str]], told: Mapping[str, str]) -> Self:
        """`declared` are (host, address or DNS name).

        `told` are hosts by the addresses that they told when they were collected: a server has more addresses
        than the one that is declared. Hosts that are not declared any more tell nothing.
        """
        places: dict[str, list[str]] = {}
        for host, place in declared:
            places.setdefault(_plain(place), []).append(host)
        hosts = {host for host, _ in declared}
        return cls(places, {_plain(place): host for place, host in told.items() if host in hosts})

    def declared(self, sighting: Sighting) -> list[str]:
        """The hosts that are declared there: by the address, a name that leads to it, or its own name."""
        own = _plain(sighting.name or "")
        label = own.partition(".")[0]  # a name without a domain is declared within that of this machine
        places = (_plain(sighting.address), *map(_plain, sighting.names), own, label)
        return list(dict.fromkeys(host for place in places for host in self.places.get(place, ())))

    def owner(self, sighting: Sighting) -> str | None:
        """The hosts whose address it is; None for what is in no list."""
        return ", ".join(self.declared(sighting)) or self.told.get(_plain(sighting.address))


def compare(
    sightings: Iterable[Sighting], declared: Sequence[tuple[str, str]], told: Mapping[str, str]
) -> list[Seen]:
    """Everything that is there, and everything that should be, by address; arguments as `Roll.of`."""
    roll = Roll.of(declared, told)
    found: list[Seen] = []
    for each in sightings:
        hosts = roll.declared(each)
        if each.is_there:
            owner = roll.owner(each)
            found.append(Seen(each, Presence.KNOWN if owner else Presence.UNKNOWN, owner))
        elif hosts:
            presence = Presence.NOT_ASKED if each.reason else Presence.SILENT
            found.append(Seen(each, presence, ", ".join(hosts)))
    return sorted(found, key=lambda seen: _order(seen.sighting.address))


def is_name(place: str) -> bool:
    """Whether a declared address is a DNS name."""
    try:
        ipaddress.ip_address(place)
    except ValueError:
        return True
    return False


def _plain(place: str) -> str:
    """An address or a name in the one way to write it."""
    return place.lower().rstrip(".") if is_name(place) else str(ipaddress.ip_address(place))


def _order(address: str) -> tuple[int, int]:
    parsed = ipaddress.ip_address(address)
    return parsed.version, int(parsed)
