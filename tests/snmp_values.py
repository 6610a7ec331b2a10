"""Values of agents for tests, right and wrong ones."""

from hypothesis import strategies as st

from schoten_ict.core.remote import Oid, SnmpValue
from schoten_ict.fleet.ask.snmp import batteries, oids
from schoten_ict.fleet.ask.snmp.platform import known, probes


def string(text: str) -> SnmpValue:
    return SnmpValue("string", text.encode())


def octets(raw: bytes) -> SnmpValue:
    return SnmpValue("string", raw)


def integer(value: int) -> SnmpValue:
    return SnmpValue("integer", value)


def column(root: Oid, *cells: SnmpValue, first: int = 1) -> dict[Oid, SnmpValue]:
    """One value per row, from row `first` on."""
    return {(*root, row): cell for row, cell in enumerate(cells, first)}


def _texts() -> st.SearchStrategy[bytes]:
    return st.one_of(
        st.binary(max_size=40),
        st.text(max_size=30).map(str.encode),
        st.from_regex(r"[A-Za-z]{2,8} [A-Z0-9-]{3,12}( [v(]?[0-9.]{1,8}\)?)?", fullmatch=True).map(
            str.encode
        ),
        st.sampled_from(
            [b"N/A", b"HP 10508", b"cisco Systems Inc.", b"Linux a 6.1 x86_64", b"v5.6.4,build1575"]
        ),
    )


def objects() -> st.SearchStrategy[SnmpValue]:
    """Any value that a connector can give."""
    return st.one_of(
        _texts().map(octets),
        st.integers(-(2**63), 2**64).map(integer),
        st.integers(-4, 120).map(integer),
        st.lists(st.integers(0, 300), max_size=12).map(lambda arcs: SnmpValue("oid", tuple(arcs))),
        st.ip_addresses(v=4).map(lambda address: SnmpValue("address", str(address))),
    )


def known_objects() -> st.SearchStrategy[Oid]:
    """Objects that collecting asks for one by one."""
    wanted = {*oids.STANDARD, *probes(), *batteries.OBJECTS}
    return st.sampled_from(sorted(wanted.union(*(each.objects() for each in known()))))


_TABLES = (
    oids.IF_NAME, oids.IF_DESCR, oids.IF_MAC, oids.IF_ADMIN, oids.IF_OPER, oids.IF_SPEED, oids.IF_HIGH_SPEED,
    oids.IF_ALIAS, oids.IP_INTERFACE, oids.IP_MASK, oids.ADDRESS_INTERFACE, oids.ADDRESS_PREFIX,
    oids.BRIDGE_PORT, oids.UPS_LOAD, oids.UPS_ALARMS, oids.COLORANTS, oids.ENT_CLASS, *oids.ENT_COLUMNS,
    *((*oids.SUPPLIES, place) for place in range(2, 10)),
    *((*oids.STORAGE, place) for place in range(1, 8)),
    *((*oids.LLDP_REMOTE, place) for place in range(1, 13)),
    *((*oids.LLDP2_REMOTE, place) for place in range(1, 14)),
    *((*oids.LLDP_LOCAL, place) for place in range(1, 5)),
)  # fmt: skip


def tables() -> st.SearchStrategy[Oid]:
    """Cells of the tables that collecting walks, with indexes that may be of any length."""
    index = st.one_of(
        st.lists(st.integers(0, 3), max_size=4),
        st.lists(st.integers(0, 300), max_size=20),
        st.just([10, 0, 0, 1]),
        st.just([2, 16, *[0] * 15, 1]),
    )
    return st.builds(lambda root, arcs: (*root, *arcs), st.sampled_from(_TABLES), index)
