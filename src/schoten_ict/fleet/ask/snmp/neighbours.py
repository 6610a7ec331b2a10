"""What is at the other end of the cables (LLDP-MIB of 2005, else LLDP-V2-MIB).

The local port number of LLDP is no interface index: it is looked up in the agent's own table of ports, else
it is the number of the bridge's port, as the MIB asks. The newer MIB has the interface index itself.
"""

from dataclasses import dataclass

from schoten_ict.core.hostfacts import Interface, Neighbour
from schoten_ict.core.remote import Oid
from schoten_ict.fleet.ask.snmp import oids
from schoten_ict.fleet.ask.snmp.asking import Asker
from schoten_ict.fleet.ask.snmp.interfaces import names
from schoten_ict.fleet.ask.snmp.reading import Values, below, mac_of, number, text, words

_PART = "neighbours"
_IPV4_FAMILY, _IPV4_LENGTH = 1, 5


@dataclass(frozen=True, slots=True)
class _Kinds:
    """The numbers that say how an identifier is written: LldpChassisIdSubtype, LldpPortIdSubtype."""

    mac: int
    address: int


_CHASSIS_KINDS, _PORT_KINDS = _Kinds(mac=4, address=5), _Kinds(mac=3, address=4)
_PORT_LOCAL = 7


@dataclass(frozen=True, slots=True)
class _Table:
    """The table of one MIB; `first` is the column of the chassis' subtype, the others follow in order."""

    root: Oid
    first: int

    def column(self, place: int) -> Oid:
        """The column at a place from the first."""
        return (*self.root, self.first + place)


_CHASSIS_KIND, _CHASSIS, _PORT_KIND, _PORT, _PORT_DESCR, _NAME, _DESCR = range(7)
_OLD = _Table(oids.LLDP_REMOTE, 4)
_NEW = _Table(oids.LLDP2_REMOTE, 5)
_LOCAL_KIND, _LOCAL_DESCR = (*oids.LLDP_LOCAL, 2), (*oids.LLDP_LOCAL, 4)


async def ask(asker: Asker) -> Values:
    """The rows of both ends; little where the device speaks no LLDP."""
    values = await asker.walk(_PART, oids.LLDP_REMOTE)
    if not values:
        return await asker.walk(_PART, oids.LLDP2_REMOTE)
    values |= await asker.walk(_PART, oids.LLDP_LOCAL)
    if next(below(values, oids.LLDP_LOCAL), None) is None:
        values |= await asker.walk(_PART, oids.BRIDGE_PORT)
    return values


def read(values: Values, interfaces: tuple[Interface, ...]) -> tuple[Neighbour, ...]:
    """The neighbours in an agent's values, by local port; pure."""
    ports = _Ports(values, interfaces)
    found = {
        _neighbour(values, table, row, ports)
        for table in (_OLD, _NEW)
        for place in (_CHASSIS, _PORT)
        for row in below(values, table.column(place))
        if len(row) > 1
    }
    return tuple(sorted(found, key=_order))


def _order(each: Neighbour) -> tuple[str, ...]:
    return each.port, each.name or "", each.remote_port or "", each.chassis or "", each.description or ""


def _neighbour(values: Values, table: _Table, row: Oid, ports: "_Ports") -> Neighbour:
    port = _identifier(values, table.column(_PORT_KIND), row, _PORT_KINDS)
    return Neighbour(
        port=ports.by_index(row[1]) if table is _NEW else ports.by_number(row[1]),
        chassis=_identifier(values, table.column(_CHASSIS_KIND), row, _CHASSIS_KINDS),
        remote_port=port or text(values, (*table.column(_PORT_DESCR), *row)),
        name=text(values, (*table.column(_NAME), *row)),
        description=text(values, (*table.column(_DESCR), *row)),
    )


class _Ports:
    """The device's own ports, by the ways in which LLDP names them."""

    def __init__(self, values: Values, interfaces: tuple[Interface, ...]) -> None:
        self._values = values
        self._named = names(values)
        self._present = {each.name for each in interfaces}
        self._owners: dict[str | None, list[str]] = {}
        for each in interfaces:
            self._owners.setdefault(each.mac, []).append(each.name)

    def by_index(self, index: int) -> str:
        """The interface with this index."""
        return self._named.get(index, str(index))

    def by_number(self, port: int) -> str:
        """The interface behind a local port number, else what the agent calls the port."""
        kind = number(self._values, (*_LOCAL_KIND, port))
        label = _identifier(self._values, _LOCAL_KIND, (port,), _PORT_KINDS)
        description = text(self._values, (*_LOCAL_DESCR, port))
        for candidate in (label, description):
            if candidate in self._present and candidate:
                return candidate
        owners = self._owners.get(label, []) if kind == _PORT_KINDS.mac and label else []
        if len(owners) == 1:
            return owners[0]
        if kind == _PORT_LOCAL and label and label.isdecimal() and int(label) in self._named:
            return self._named[int(label)]
        if label or description:
            return description or label or ""
        return self._named.get(number(self._values, (*oids.BRIDGE_PORT, port)) or port, str(port))


def _identifier(values: Values, column: Oid, row: Oid, kinds: _Kinds) -> str | None:
    """A chassis or a port: `column` holds how it is written, the next one the identifier itself."""
    kind, found = number(values, (*column, *row)), values.get((*column[:-1], column[-1] + 1, *row))
    raw = found.value if found and isinstance(found.value, bytes) else b""
    if kind == kinds.mac:
        return mac_of(raw)
    if kind == kinds.address and len(raw) == _IPV4_LENGTH and raw[0] == _IPV4_FAMILY:
        return ".".join(map(str, raw[1:]))
    return words(raw)
