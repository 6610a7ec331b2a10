"""What collection knows of hosts, as far as it tells what must be backed up."""

import sqlite3
from datetime import datetime

from schoten_ict.core.hostfacts import HostFacts
from schoten_ict.store import observations

_PARTS = ("services", "listeners")


def seen(connection: sqlite3.Connection, since: datetime) -> dict[str, HostFacts]:
    """Services and open ports by host, as far as they were seen since then."""
    found: dict[str, dict[str, object]] = {}
    for part in _PARTS:
        kept = [each for each in observations.of_kind(connection, f"host.{part}") if each.last_seen >= since]
        for each in sorted(kept, key=lambda each: each.last_seen):
            found.setdefault(each.subject.partition(":")[2], {})[part] = each.payload
    return {host: HostFacts.from_parts(parts) for host, parts in found.items()}
