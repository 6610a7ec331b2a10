"""What is known of a machine by asking it: typed parts, kept as observations of kind `host.PART`.

A part that changes by the minute (`state`) is apart from those that should stay the same, so that an
unchanged machine writes nothing. Unknown values are None; sizes are bytes, times RFC 3339 in UTC.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from schoten_ict.core.errors import Problem


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the machine says it is. `serial` is that of the chassis, never of a card or a board.

    `edition` is Windows' EditionID (`ServerStandard`, `Enterprise`, `EnterpriseS` ...).
    """

    hostname: str | None = None
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    os: str | None = None
    os_version: str | None = None
    os_build: str | None = None
    edition: str | None = None
    kernel: str | None = None
    architecture: str | None = None
    virtual: str | None = None
    firmware: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Hardware:
    """Processors and memory."""

    cpu: str | None = None
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface; `addresses` with their prefix length."""

    name: str
    mac: str | None = None
    addresses: tuple[str, ...] = ()
    up: bool | None = None
    speed_mbps: int | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """One file system or volume; what is free is part of the state."""

    name: str
    file_system: str | None = None
    size_bytes: int | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Title:
    """One installed software title as its source names it."""

    name: str
    version: str | None = None
    publisher: str | None = None
    architecture: str | None = None
    source: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One service: whether it runs and whether it starts by itself."""

    name: str
    running: bool | None = None
    starts: str | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """One open port."""

    protocol: str
    address: str
    port: int
    process: str | None = None


@dataclass(frozen=True, slots=True)
class Protection:
    """Anti-virus, disk encryption, and who is administrator of this machine."""

    antivirus: str | None = None
    antivirus_enabled: bool | None = None
    signatures_at: str | None = None
    encryption: Mapping[str, str] = field(default_factory=dict)
    administrators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What the machine sees at the other end of a cable (LLDP)."""

    port: str
    chassis: str | None = None
    remote_port: str | None = None
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """A printer's consumable. `percent` is None where the printer cannot tell; `state` then says why."""

    name: str
    colour: str | None = None
    percent: int | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Battery:
    """A UPS's battery: charge in percent, minutes it lasts, whether it must be replaced."""

    status: str | None = None
    percent: int | None = None
    minutes: int | None = None
    replace: bool | None = None
    load_percent: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What changes by the minute. `free_bytes` by volume; `clock_offset_ms` against this machine's clock."""

    uptime_seconds: int | None = None
    booted_at: str | None = None
    clock_offset_ms: int | None = None
    free_bytes: Mapping[str, int] = field(default_factory=dict)
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class HostFacts:
    """Everything one collection gave. A part that was not asked or not read is None.

    `missing` names the parts that should be there and could not be read, each with the reason.
    """

    identity: Identity | None = None
    hardware: Hardware | None = None
    interfaces: tuple[Interface, ...] | None = None
    volumes: tuple[Volume, ...] | None = None
    software: tuple[Title, ...] | None = None
    services: tuple[Service, ...] | None = None
    listeners: tuple[Listener, ...] | None = None
    protection: Protection | None = None
    neighbours: tuple[Neighbour, ...] | None = None
    supplies: tuple[Supply, ...] | None = None
    batteries: tuple[Battery, ...] | None = None
    state: State | None = None
    missing: tuple[Problem, ...] = ()

    def parts(self) -> dict[str, Any]:
        """The parts that were read, by name, JSON-like: what is kept of them."""
        return {name: _payload(value) for name in PARTS if (value := getattr(self, name)) is not None}

    @classmethod
    def from_parts(cls, parts: Mapping[str, Any]) -> Self:
        """The facts behind kept parts; unknown keys of a later version are ignored."""
        return cls(**{name: _value(PARTS[name], payload) for name, payload in parts.items() if name in PARTS})


PARTS: dict[str, type[Any]] = {
    "identity": Identity,
    "hardware": Hardware,
    "interfaces": Interface,
    "volumes": Volume,
    "software": Title,
    "services": Service,
    "listeners": Listener,
    "protection": Protection,
    "neighbours": Neighbour,
    "supplies": Supply,
    "batteries": Battery,
    "state": State,
}
"""The parts by name, each with the type of its one value or of its members."""


def _payload(value: Any) -> Any:
    return [asdict(each) for each in value] if isinstance(value, tuple) else asdict(value)


def _value(kind: type[Any], payload: Any) -> Any:
    if isinstance(payload, list):
        return tuple(_one(kind, each) for each in payload)
    return _one(kind, payload)


def _one(kind: type[Any], payload: Mapping[str, Any]) -> Any:
    known = {each.name for each in fields(kind)}
    return kind(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in payload.items()
            if name in known
        }
    )
