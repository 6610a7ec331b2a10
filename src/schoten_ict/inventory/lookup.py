"""What the inventory knows of a word: subjects that it names, and facts about a subject."""

from datetime import datetime
from ipaddress import ip_address
from typing import NamedTuple

from schoten_ict.core.finding import subject
from schoten_ict.inventory.model import Inventory
from schoten_ict.inventory.sections.assets import ASSETS
from schoten_ict.inventory.sections.hosts import Host
from schoten_ict.inventory.sections.services import Service
from schoten_ict.inventory.sections.sites import SITES
from schoten_ict.inventory.sections.subnets import SUBNETS, Subnet

MOST = 50


class Fact(NamedTuple):
    """One line about a subject: how it is related, what it is about, in words; no time."""

    kind: str
    key: str
    what: str
    at: datetime | None = None


def exact(inventory: Inventory, text: str) -> list[str]:
    """The hosts, services, subnets, sites, rooms and departments with this name, address or title."""
    word = text.strip().casefold()
    hosts = [("host", each.name) for each in inventory.hosts if word in _words(each.name, each.address)]
    services = [
        ("service", each.name) for each in inventory.services if word in _words(each.name, each.title)
    ]
    sites = inventory.get(SITES)
    places = [("site", each.name) for each in sites if word in _words(each.name, each.title)]
    rooms = [("room", room) for site in sites for room in site.rooms if room.casefold() == word]
    departments = [
        ("department", name) for name in inventory.get(ASSETS).departments if name.casefold() == word
    ]
    found = [*hosts, *services, *_subnets(inventory, word, alone=not hosts), *places, *rooms, *departments]
    return [subject(kind, name) for kind, name in found]


def similar(inventory: Inventory, text: str) -> list[str]:
    """The hosts in whose name, address, owner, roles or notes all words occur."""
    words = text.casefold().split()
    found = (host.name for host in inventory.hosts if all(word in _text_of(host) for word in words))
    return [subject("host", name) for name in found][:MOST]


def names(inventory: Inventory) -> list[str]:
    """What things are called, to guess from."""
    hosts = [host.name for host in inventory.hosts]
    services = [service.name for service in inventory.services]
    return [*hosts, *services, *(site.name for site in inventory.get(SITES))]


def about(inventory: Inventory, about: str) -> list[Fact]:
    """What is declared of a host, service, subnet, site or room, one level on."""
    kind, _, name = about.partition(":")
    readers = {"host": _host, "service": _service, "subnet": _subnet, "site": _site, "room": _room}
    return readers[kind](inventory, name) if kind in readers else []


def _host(inventory: Inventory, name: str) -> list[Fact]:
    hosts = {host.name: host for host in inventory.hosts}
    host = hosts.get(name)
    if host is None:
        return []
    services = {each.name: each for each in inventory.services}
    return [
        Fact("host", name, _described(host)),
        *(Fact("service", each, _told(services[each])) for each in host.services if each in services),
        *(Fact("depends-on", each, _described(hosts[each])) for each in host.depends_on if each in hosts),
        *(
            Fact("needed-by", each.name, _described(each))
            for each in hosts.values()
            if name in each.depends_on
        ),
        *(Fact("subnet", each.name, _network(each)) for each in _around(inventory, host.address)),
    ]


def _service(inventory: Inventory, name: str) -> list[Fact]:
    found = [Fact("service", name, _told(each)) for each in inventory.services if each.name == name]
    needed = [
        Fact("needed-by", each.name, _told(each)) for each in inventory.services if name in each.depends_on
    ]
    runs = [Fact("host", each.name, _described(each)) for each in inventory.hosts if name in each.services]
    return [*found, *runs, *needed]


def _subnet(inventory: Inventory, name: str) -> list[Fact]:
    found = [each for each in inventory.get(SUBNETS) if each.name == name]
    inside = [
        host for host in inventory.hosts if any(each in found for each in _around(inventory, host.address))
    ]
    return [
        *(Fact("subnet", name, _network(each)) for each in found),
        *(Fact("host", host.name, _described(host)) for host in inside[:MOST]),
    ]


def _site(inventory: Inventory, name: str) -> list[Fact]:
    found = [each for each in inventory.get(SITES) if each.name == name]
    hosts = [Fact("host", each.name, _described(each)) for each in inventory.hosts if each.site == name]
    return [
        *(Fact("site", name, _joined(each.title, each.address, ", ".join(each.rooms))) for each in found),
        *hosts[:MOST],
    ]


def _room(inventory: Inventory, name: str) -> list[Fact]:
    sites = (site for site in inventory.get(SITES) if name in site.rooms)
    return [Fact("room", name, _joined(site.title or site.name, site.address)) for site in sites]


def _subnets(inventory: Inventory, word: str, *, alone: bool) -> list[tuple[str, str]]:
    """Subnets by name; by an address inside only where it is `alone`: a host tells its subnet itself."""
    named = [each for each in inventory.get(SUBNETS) if word in _words(each.name, each.cidr)]
    return [("subnet", each.name) for each in named or (_around(inventory, word) if alone else [])]


def _around(inventory: Inventory, address: str) -> list[Subnet]:
    """The subnets that an address lies in; none for a name."""
    try:
        number = ip_address(address)
    except ValueError:
        return []
    return [each for each in inventory.get(SUBNETS) if number in each.network]


def _words(*texts: str) -> set[str]:
    return {text.casefold() for text in texts if text}


def _text_of(host: Host) -> str:
    return " ".join((host.name, host.address, host.kind, host.owner, host.notes, *host.roles)).casefold()


def _described(host: Host) -> str:
    return _joined(host.kind, host.address, host.site, *host.roles, host.owner, host.criticality, host.notes)


def _told(service: Service) -> str:
    limits = (("RTO", service.rto), ("RPO", service.rpo))
    times = (f"{name} {value}" for name, value in limits if value is not None)
    return _joined(service.title, service.owner, *times, service.criticality)


def _network(subnet: Subnet) -> str:
    return _joined(subnet.cidr, f"VLAN {subnet.vlan}" if subnet.vlan else "", subnet.purpose, subnet.site)


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)
