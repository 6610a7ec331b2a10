"""How each host is reached: what it says itself goes before what its groups say."""

from collections.abc import Mapping

from schoten_ict.inventory.model import Inventory
from schoten_ict.inventory.sections.groups import GROUPS, Connection
from schoten_ict.inventory.sections.hosts import Host


def connections(inventory: Inventory, host: Host) -> Mapping[str, Connection]:
    """The connections of a host by protocol, in the order in which they are tried for a question."""
    groups = {group.name: group for group in inventory.get(GROUPS)}
    sources = (host.connect, *(groups[name].connect for name in host.groups))
    found: dict[str, Connection] = {}
    for source in sources:
        for protocol, connection in source.ways():
            found.setdefault(protocol, connection)
    return found
