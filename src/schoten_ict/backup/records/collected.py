"""What collection knows of hosts, as far as it tells what must be backed up."""

import sqlite3

from schoten_ict.core.hostfacts import HostFacts
from schoten_ict.store import observations

_PARTS = ("services", "listeners")


def seen(connection: sqlite3.Connection) -> dict[str, HostFacts]:
    """Services and open ports by host, from the last collection."""
    found: dict[str, dict[str, object]] = {}
    for part in _PARTS:
        for each in observations.of_kind(connection, f"host.{part}"):
            found.setdefault(each.subject.partition(":")[2], {})[part] = each.payload
    return {host: HostFacts.from_parts(parts) for host, parts in found.items()}
