"""Network interfaces (IF-MIB, IP-MIB), by name: their indexes may change when the agent restarts."""

import ipaddress
from collections.abc import Iterator, Mapping

from schoten_ict.core.hostfacts import Interface
from schoten_ict.core.remote import Oid
from schoten_ict.fleet.ask.snmp import oids
from schoten_ict.fleet.ask.snmp.asking import Asker
from schoten_ict.fleet.ask.snmp.reading import Values, below, mac, number, pointer, text

_PART = "interfaces"
_UP, _DOWN = 1, 2
_OPERATES = {1: True, 2: False, 5: False, 6: False, 7: False}
"""ifOperStatus: up, down, dormant, notPresent, lowerLayerDown; testing (3) and unknown (4) tell nothing."""
_COLUMNS = (
    oids.IF_NAME, oids.IF_MAC, oids.IF_ADMIN, oids.IF_OPER, oids.IF_HIGH_SPEED, oids.IF_ALIAS,
    oids.IP_INTERFACE,
)  # fmt: skip
_IPV6_TYPES = {2, 4}
_IPV6_BYTES = 16
_FASTEST_GAUGE = (1 << 32) - 1
_MEGA = 1_000_000


async def ask(asker: Asker, known: Values) -> Values:
    """The columns that `read` needs, and more only where those say nothing. `known` was asked before."""
    values = {oid: value for oid, value in known.items() if oid[: len(oids.IF_MAC)] == oids.IF_MAC}
    for column in _COLUMNS:
        if not _has(values, column):
            values |= await asker.walk(_PART, column)
    if set(_indexes(values)) - set(_named(values, oids.IF_NAME)) or not values:
        values |= await asker.walk(_PART, oids.IF_DESCR)
    if not _has(values, oids.IF_HIGH_SPEED) and values:
        values |= await asker.walk(_PART, oids.IF_SPEED)
    if _has(values, oids.IP_INTERFACE):
        values |= await asker.walk(_PART, oids.IP_MASK)
    values |= await asker.walk(_PART, oids.ADDRESS_INTERFACE)
    if _has(values, oids.ADDRESS_INTERFACE):
        values |= await asker.walk(_PART, oids.ADDRESS_PREFIX)
    return values


def read(values: Values) -> tuple[Interface, ...]:
    """The interfaces in an agent's values, by name; pure."""
    addresses = _addresses(values)
    found = (
        Interface(
            name=name,
            mac=mac(values, (*oids.IF_MAC, index)),
            addresses=tuple(sorted(set(addresses.get(index, ())))),
            up=_up(values, index),
            speed_mbps=_speed(values, index),
            alias=text(values, (*oids.IF_ALIAS, index)),
        )
        for index, name in names(values).items()
    )
    return tuple(sorted(found, key=lambda each: (each.name, each.mac or "")))


def names(values: Values) -> dict[int, str]:
    """The name of each interface by index: ifName, else ifDescr, else the index itself."""
    named = {**_named(values, oids.IF_DESCR), **_named(values, oids.IF_NAME)}
    return {index: named.get(index, str(index)) for index in sorted(set(_indexes(values)))}


def _indexes(values: Values) -> Iterator[int]:
    for column in (oids.IF_NAME, oids.IF_DESCR, oids.IF_OPER, oids.IF_MAC):
        yield from (index[0] for index in below(values, column) if len(index) == 1)


def _named(values: Values, column: Oid) -> dict[int, str]:
    found = {index[0]: text(values, (*column, *index)) for index in below(values, column) if len(index) == 1}
    return {index: name for index, name in found.items() if name}


def _has(values: Values, column: Oid) -> bool:
    return next(below(values, column), None) is not None


def _up(values: Values, index: int) -> bool | None:
    if number(values, (*oids.IF_ADMIN, index)) == _DOWN:
        return False
    return _OPERATES.get(number(values, (*oids.IF_OPER, index)) or 0)


def _speed(values: Values, index: int) -> int | None:
    """Mb/s; the old gauge of bits stands still at its end, where it says nothing."""
    fast = number(values, (*oids.IF_HIGH_SPEED, index))
    if fast is not None and fast > 0:
        return fast
    slow = number(values, (*oids.IF_SPEED, index))
    return slow // _MEGA if slow is not None and _MEGA <= slow < _FASTEST_GAUGE else None


def _addresses(values: Values) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = {}
    for index, address in (*_version_4(values), *_version_6(values)):
        found.setdefault(index, []).append(address)
    return found


def _version_4(values: Values) -> Iterator[tuple[int, str]]:
    for row in below(values, oids.IP_INTERFACE):
        index, address = number(values, (*oids.IP_INTERFACE, *row)), _dotted(row)
        if index is None or address is None:
            continue
        found = values.get((*oids.IP_MASK, *row))
        mask = found.value if found and isinstance(found.value, str) else ""
        try:
            yield index, ipaddress.IPv4Interface(f"{address}/{mask}").with_prefixlen
        except ValueError:
            yield index, address


def _version_6(values: Values) -> Iterator[tuple[int, str]]:
    """Rows are indexed by type, length and octets; the prefix is the last arc of what the row points to."""
    for row in below(values, oids.ADDRESS_INTERFACE):
        index = number(values, (*oids.ADDRESS_INTERFACE, *row))
        octets = row[2 : 2 + _IPV6_BYTES]
        if index is None or not _is_octets(octets, _IPV6_BYTES) or row[0] not in _IPV6_TYPES:
            continue
        address = str(ipaddress.IPv6Address(bytes(octets)))
        prefix = (pointer(values, (*oids.ADDRESS_PREFIX, *row)) or (0,))[-1]
        yield index, f"{address}/{prefix}" if 0 < prefix <= 8 * _IPV6_BYTES else address


def _dotted(row: Oid) -> str | None:
    return ".".join(map(str, row)) if _is_octets(row, 4) else None


def _is_octets(arcs: Oid, length: int) -> bool:
    return len(arcs) == length and all(0 <= arc < 256 for arc in arcs)  # noqa: PLR2004 - one octet
