"""`hosts`: every machine and device the team looks after."""

from collections.abc import Iterator, Mapping
from typing import Any

from schoten_ict.inventory.fields import Address, Criticality, Declared, Name, Text
from schoten_ict.inventory.flaws import Flaw, Path, cut
from schoten_ict.inventory.section import Known, Section, dangling, loop_flaws, loops
from schoten_ict.inventory.sections.groups import Connect, connect_references, ssh_of

KNOWN_KINDS = (
    "server", "workstation", "laptop", "hypervisor", "storage", "switch", "router", "firewall",
    "access-point", "printer", "phone", "ups", "camera", "appliance",
)  # fmt: skip
"""Kinds that other parts recognise; any other text is accepted."""

_NOWHERE = Connect()


class Expected(Declared, frozen=True, kw_only=True):
    """What collection should find, as patterns with `*`: `os: "Debian*"`. What differs is drift."""

    vendor: Text | None = None
    model: Text | None = None
    os: Text | None = None
    os_version: Text | None = None
    firmware: Text | None = None


class Host(Declared, frozen=True, kw_only=True):
    """One machine or device. Several may share an `address` (their ports differ); names are unique.

    `kind` is free text, best one of server, workstation, laptop, hypervisor, storage, switch, router,
    firewall, access-point, printer, phone, ups, camera, appliance. `site`, `services` and `groups` name
    entries of those sections; `depends_on` names other hosts. `asset` is its tag in the books.
    """

    name: Name
    address: Address
    kind: str = ""
    site: Name | None = None
    roles: tuple[Name, ...] = ()
    services: tuple[Name, ...] = ()
    groups: tuple[Name, ...] = ()
    connect: Connect = _NOWHERE
    owner: str = ""
    criticality: Criticality = "medium"
    depends_on: tuple[Name, ...] = ()
    asset: Name | None = None
    expect: Expected = Expected()
    notes: str = ""


def _references(host: Host) -> Iterator[tuple[str, str, Path]]:
    if host.site is not None:
        yield "sites", host.site, ("site",)
    for index, name in enumerate(host.services):
        yield "services", name, ("services", index)
    for index, name in enumerate(host.groups):
        yield "groups", name, ("groups", index)
    for index, name in enumerate(host.depends_on):
        yield "hosts", name, ("depends_on", index)
    if host.connect is not _NOWHERE:
        yield from connect_references(host.connect, ("connect",))


def _check(hosts: tuple[Host, ...], known: Known) -> Iterator[Flaw]:
    for index, host in enumerate(hosts):
        for section, name, path in _references(host):
            if name not in known[section]:
                yield dangling(section, name, (index, *path), known)
    edges = {host.name: host.depends_on for host in hosts}
    yield from loop_flaws({host.name: (index,) for index, host in enumerate(hosts)}, edges)


def _jumps_in_circles(values: Mapping[str, Any]) -> Iterator[Flaw]:
    """A host that is reached over itself, by its own SSH connection or that of its groups."""
    hosts: tuple[Host, ...] = values.get("hosts", ())
    groups = {
        group.name: (group.connect, ("groups", index)) for index, group in enumerate(values.get("groups", ()))
    }
    jumps: dict[str, tuple[str, Path]] = {}
    for index, host in enumerate(hosts):
        found = ssh_of([(host.connect, ("hosts", index)), *(groups[name] for name in host.groups)])
        if found is not None and (jump := found[0].jump) is not None:
            jumps[host.name] = (jump, (*found[1], "jump"))
    for loop in loops({name: (jump,) for name, (jump, _) in jumps.items()}):
        _, place = jumps[loop[0]]
        yield Flaw(
            place,
            f"jumps in a circle: {' -> '.join(cut(name) for name in loop)}",
            "give one of them an ssh connection of its own, without jump",
        )


HOSTS: Section[tuple[Host, ...]] = Section(
    key="hosts",
    shape=tuple[Host, ...],
    empty=(),
    purpose="Every machine and device the team looks after.",
    named_by="name",
    check=_check,
    clashes=_jumps_in_circles,
)
SECTION = HOSTS
