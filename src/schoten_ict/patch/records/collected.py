"""What the collection kept of hosts: devices with their firmware, and installed titles."""

import sqlite3
from collections.abc import Iterator, Mapping

from schoten_ict.core.hostfacts import HostFacts, Title
from schoten_ict.patch.judge.firmware import Device
from schoten_ict.store import observations

_IDENTITY, _SOFTWARE = "host.identity", "host.software"
_AGENT = "snmp"


def devices(connection: sqlite3.Connection) -> Iterator[Device]:
    """What told of itself over SNMP, by host; its version is that of its firmware, else of its system."""
    for each in observations.of_kind(connection, _IDENTITY):
        if each.source == _AGENT and isinstance(each.payload, Mapping):
            told = each.payload
            version = told.get("firmware") or told.get("os_version")
            yield Device(each.subject.partition(":")[2], told.get("model"), version, each.last_seen)


def titles(connection: sqlite3.Connection) -> Iterator[tuple[str, Title]]:
    """Every installed title with its host, from the last collection of each."""
    for each in observations.of_kind(connection, _SOFTWARE):
        host = each.subject.partition(":")[2]
        for title in HostFacts.from_parts({"software": each.payload}).software or ():
            yield host, title
