"""The parts of a device: interfaces, links, supplies, volumes, batteries, uptime."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.hostfacts import Battery, HostFacts, Interface, Neighbour, Supply, Volume
from schoten_ict.core.remote import Oid, SnmpValue
from schoten_ict.fleet.ask.snmp import batteries, clocks, interfaces, neighbours, oids, storage, supplies
from snmp_values import column, integer, known_objects, objects, octets, string, tables

MAC = bytes.fromhex("001b213a4f5e")


def address(dotted: str) -> SnmpValue:
    return SnmpValue("address", dotted)


def test_an_interface_has_its_name_address_state_speed_and_alias() -> None:
    values = {
        **column(oids.IF_NAME, string("Gi1/0/1"), first=10101),
        **column(oids.IF_DESCR, string("GigabitEthernet1/0/1"), first=10101),
        **column(oids.IF_MAC, octets(MAC), first=10101),
        **column(oids.IF_ADMIN, integer(1), first=10101),
        **column(oids.IF_OPER, integer(1), first=10101),
        **column(oids.IF_HIGH_SPEED, integer(1000), first=10101),
        **column(oids.IF_ALIAS, string("uplink"), first=10101),
        (*oids.IP_INTERFACE, 10, 0, 0, 1): integer(10101),
        (*oids.IP_MASK, 10, 0, 0, 1): address("255.255.255.0"),
        (*oids.ADDRESS_INTERFACE, 2, 16, 0xFE, 0x80, *[0] * 13, 1): integer(10101),
        (*oids.ADDRESS_PREFIX, 2, 16, 0xFE, 0x80, *[0] * 13, 1): SnmpValue("oid", (1, 3, 6, 64)),
    }
    assert interfaces.read(values) == (
        Interface("Gi1/0/1", "00:1b:21:3a:4f:5e", ("10.0.0.1/24", "fe80::1/64"), True, 1000, "uplink"),
    )


def test_interfaces_are_known_by_name_whatever_their_index() -> None:
    before = column(oids.IF_NAME, string("a"), string("b"), string("c"))
    after = column(oids.IF_NAME, string("c"), string("a"), string("b"), first=7)
    assert interfaces.read(before) == interfaces.read(after)


def test_an_interface_without_a_name_has_its_description_or_its_index() -> None:
    values = {
        **column(oids.IF_NAME, string(""), string("eth1")),
        **column(oids.IF_DESCR, string("eth0\0"), string("second")),
        (*oids.IF_OPER, 3): integer(2),
    }
    assert interfaces.names(values) == {1: "eth0", 2: "eth1", 3: "3"}


@pytest.mark.parametrize(
    ("admin", "oper", "up"),
    [(1, 1, True), (1, 2, False), (2, 2, False), (2, 4, False), (1, 4, None), (1, 5, False), (1, 6, False), (1, 7, False),
     (1, 3, None), (None, None, None), (None, 1, True)],
)  # fmt: skip
def test_up_is_what_the_agent_says_or_not_known(admin: int | None, oper: int | None, up: bool | None) -> None:
    cells = {(*oids.IF_ADMIN, 1): admin, (*oids.IF_OPER, 1): oper}
    values = {
        (*oids.IF_NAME, 1): string("e"),
        **{oid: integer(count) for oid, count in cells.items() if count is not None},
    }
    assert interfaces.read(values)[0].up is up


@pytest.mark.parametrize(
    ("fast", "slow", "speed"),
    [(10_000, 4_294_967_295, 10_000), (0, 100_000_000, 100), (None, 1_000_000_000, 1000), (None, 4_294_967_295, None),
     (0, 0, None), (None, 9600, None), (-1, None, None)],
)  # fmt: skip
def test_speed_comes_from_the_gauge_that_can_hold_it(
    fast: int | None, slow: int | None, speed: int | None
) -> None:
    cells = {(*oids.IF_HIGH_SPEED, 1): fast, (*oids.IF_SPEED, 1): slow}
    values = {
        (*oids.IF_NAME, 1): string("e"),
        **{oid: integer(count) for oid, count in cells.items() if count is not None},
    }
    assert interfaces.read(values)[0].speed_mbps == speed


def test_an_address_without_a_proper_mask_stands_alone() -> None:
    values = {
        (*oids.IF_NAME, 1): string("e"),
        (*oids.IP_INTERFACE, 10, 0, 0, 1): integer(1),
        (*oids.IP_MASK, 10, 0, 0, 1): address("255.0.255.0"),
        (*oids.IP_INTERFACE, 10, 0, 0, 2): integer(1),
        (*oids.IP_INTERFACE, 10, 0, 0, 999): integer(1),
    }
    assert interfaces.read(values)[0].addresses == ("10.0.0.1", "10.0.0.2")


def remote(number: int, **cells: SnmpValue) -> dict[Oid, SnmpValue]:
    order = ("chassis_kind", "chassis", "port_kind", "port", "port_descr", "name", "descr")
    return {(*oids.LLDP_REMOTE, 4 + order.index(name), 100, number, 1): cell for name, cell in cells.items()}


def local(port: int, kind: int, label: bytes, descr: str = "") -> dict[Oid, SnmpValue]:
    cells = (integer(kind), octets(label), string(descr))
    return {(*oids.LLDP_LOCAL, place, port): cell for place, cell in enumerate(cells, 2)}


OWN = (Interface("gi1/0/1", "00:1b:21:3a:4f:01"), Interface("te1/0/1", "00:1b:21:3a:4f:02"))
INDEXES = column(oids.IF_NAME, string("gi1/0/1"), string("te1/0/1"), first=49)
SEEN = remote(2, port=string("p"))


@pytest.mark.parametrize(
    ("ports", "name"),
    [
        (local(2, 5, b"te1/0/1"), "te1/0/1"),
        (local(2, 7, b"2", "te1/0/1"), "te1/0/1"),
        (local(2, 3, bytes.fromhex("001b213a4f02")), "te1/0/1"),
        (local(2, 3, b"00-1B-21-3A-4F-02"), "te1/0/1"),
        (local(2, 7, b"50"), "te1/0/1"),
        (local(2, 5, b"other", "port two"), "port two"),
        (local(2, 5, b"other"), "other"),
        ({(*oids.BRIDGE_PORT, 2): integer(50)}, "te1/0/1"),
        ({}, "2"),
    ],
)
def test_a_local_port_is_looked_up_and_no_index(ports: dict[Oid, SnmpValue], name: str) -> None:
    found = neighbours.read({**INDEXES, **SEEN, **ports}, OWN)
    assert [each.port for each in found] == [name]


def test_an_address_of_two_ports_names_neither() -> None:
    twins = (Interface("a", "00:1b:21:3a:4f:02"), Interface("b", "00:1b:21:3a:4f:02"))
    found = neighbours.read({**SEEN, **local(2, 3, bytes.fromhex("001b213a4f02"))}, twins)
    assert [each.port for each in found] == ["00:1b:21:3a:4f:02"]


@pytest.mark.parametrize(
    ("chassis", "port", "read"),
    [
        ((4, MAC), (3, MAC), ("00:1b:21:3a:4f:5e", "00:1b:21:3a:4f:5e")),
        ((4, b"20-4C-9E-6E-08-FE"), (5, b"gi10"), ("20:4c:9e:6e:08:fe", "gi10")),
        ((4, bytes(6)), (7, b"41"), (None, "41")),
        ((5, b"\x01\x0a\x00\x00\x01"), (4, b"\x01\x0a\x00\x00\x02"), ("10.0.0.1", "10.0.0.2")),
        ((5, b"10.10.20.38"), (1, b"printer"), ("10.10.20.38", "printer")),
        ((7, b"XXX-LT-24392"), (3, b"junk"), ("XXX-LT-24392", "described")),
    ],
)
def test_identifiers_are_read_by_their_kind(
    chassis: tuple[int, bytes], port: tuple[int, bytes], read: tuple[str | None, str]
) -> None:
    values = remote(
        2, chassis_kind=integer(chassis[0]), chassis=octets(chassis[1]), port_kind=integer(port[0]),
        port=octets(port[1]), port_descr=string("described"), name=string("sw-2"), descr=string("a switch"),
    )  # fmt: skip
    assert neighbours.read(values, ()) == (Neighbour("2", *read, "sw-2", "a switch"),)


def test_the_newer_mib_has_the_index_of_the_interface() -> None:
    row = {
        (*oids.LLDP2_REMOTE, place, 100, 50, 1, 1): cell
        for place, cell in ((6, string("c")), (8, string("p")))
    }
    assert neighbours.read({**INDEXES, **row}, OWN) == (Neighbour("te1/0/1", "c", "p"),)


@pytest.mark.parametrize(
    ("now", "capacity", "unit", "waste", "read"),
    [
        (1060, 5300, 7, False, (20, None)),
        (100, 100, 19, False, (100, None)),
        (0, 100, None, False, (0, None)),
        (150, 100, None, False, (None, "implausible")),
        (201, 200, 7, False, (None, "implausible")),
        (-1, 100, 19, False, (None, "unlimited")),
        (-2, 100, 19, False, (None, "unknown")),
        (-3, -2, 18, False, (None, "some left")),
        (-3, -2, 18, True, (None, "room left")),
        (5, 100, 19, True, (5, "waste")),
        (50, -2, 19, False, (50, None)),
        (50, -2, 7, False, (None, "capacity unknown")),
        (500, -1, 19, False, (None, "capacity unknown")),
        (50, 0, None, False, (None, "capacity unknown")),
        (-7, 100, None, False, (None, "implausible")),
        (None, 100, None, False, (None, "unknown")),
        (50, None, None, True, (None, "capacity unknown")),
    ],
)
def test_a_level_is_a_share_or_says_why_not(
    now: int | None, capacity: int | None, unit: int | None, waste: bool, read: tuple[int | None, str | None]
) -> None:
    assert supplies.level(now, capacity, unit, waste=waste) == read


def supply(place: int, row: int, value: SnmpValue) -> dict[Oid, SnmpValue]:
    return {(*oids.SUPPLIES, place, 1, row): value}


def test_a_supply_has_its_name_and_colour() -> None:
    values = {
        **supply(3, 1, integer(2)), **supply(5, 1, integer(3)), **supply(6, 1, string("Toner HP CF411A")),
        **supply(8, 1, integer(100)), **supply(9, 1, integer(44)),
        **supply(3, 2, integer(0)), **supply(4, 2, integer(4)), **supply(5, 2, integer(4)),
        **supply(8, 2, integer(100)), **supply(9, 2, integer(90)),
        (*oids.COLORANTS, 1, 1): string("black"), (*oids.COLORANTS, 1, 2): string("cyan"),
    }  # fmt: skip
    assert supplies.read(values) == (
        Supply("Toner HP CF411A", "cyan", 44),
        Supply("waste toner", None, 90, "waste"),
    )


@pytest.mark.parametrize(
    ("sort", "kind", "state"), [(4, 3, "waste"), (3, 4, None), (None, 4, "waste"), (None, 3, None)]
)
def test_a_waste_container_is_told_by_its_class_first(sort: int | None, kind: int, state: str | None) -> None:
    values = {**supply(5, 1, integer(kind)), **supply(8, 1, integer(100)), **supply(9, 1, integer(50))}
    if sort is not None:
        values |= supply(4, 1, integer(sort))
    assert supplies.read(values)[0].state == state


@pytest.mark.parametrize(
    ("unit", "count", "pages"), [(7, 15232, 15232), (8, 10, 10), (None, 5, 5), (11, 900, None), (7, -1, None)]
)
def test_pages_are_impressions_or_sheets(unit: int | None, count: int, pages: int | None) -> None:
    values = {oids.PRT_LIFE_COUNT: integer(count)}
    if unit is not None:
        values[oids.PRT_COUNTER_UNIT] = integer(unit)
    assert supplies.pages(values) == pages


def area(row: int, kind: int, name: str, unit: int, size: int, used: int) -> dict[Oid, SnmpValue]:
    cells = (SnmpValue("oid", (*oids.STORAGE_TYPES, kind)), string(name), *map(integer, (unit, size, used)))
    return {(*oids.STORAGE, place, row): cell for place, cell in enumerate(cells, 2)}


def test_volumes_are_units_times_size_also_where_the_count_ran_over() -> None:
    values = {
        **area(1, 2, "Physical memory", 1024, 1000, 900),
        **area(2, 4, "/volume1", 4096, -2_000_000_000, 100_000_000),
        **area(3, 4, "C:\\ Label:System  Serial Number 1a2b", 4096, 1000, 250),
        **area(4, 7, "D:\\", 2048, 10, 10),
        **area(5, 10, "/mnt/share", 4096, -1, 10),
        **area(6, 4, "/full", 4096, 10, 11),
        **area(7, 4, "/odd", 0, 10, 5),
        **area(8, 4, "/volume1", 4096, 1, 1),
        **area(9, 4, "/sys/fs/cgroup", 4096, 1, 0),
    }
    assert storage.read(values) == (
        Volume("/full", size_bytes=40960),
        Volume("/mnt/share"),
        Volume("/odd"),
        Volume("/volume1", size_bytes=2_294_967_296 * 4096),
        Volume("C:\\", size_bytes=4_096_000),
    )
    assert storage.free(values) == {"/volume1": 2_194_967_296 * 4096, "C:\\": 3_072_000}


def ups(**gauges: int) -> dict[Oid, SnmpValue]:
    places = {"status": oids.UPS_STATUS, "minutes": oids.UPS_MINUTES, "percent": oids.UPS_CHARGE}
    return {places[name]: integer(count) for name, count in gauges.items()}


def test_a_standard_battery_is_read() -> None:
    values = {
        **ups(status=2, minutes=331, percent=100),
        **column(oids.UPS_LOAD, integer(14), integer(40), integer(5)),
    }
    assert batteries.read(values) == (Battery("normal", 100, 331, None, 40),)


@pytest.mark.parametrize(
    ("kind", "status"), [(1, "unknown"), (2, "normal"), (3, "low"), (4, "depleted"), (9, None)]
)
def test_a_status_has_its_word(kind: int, status: str | None) -> None:
    assert [each.status for each in batteries.read(ups(status=kind, percent=5))] == [status]


def test_an_alarm_asks_for_a_new_battery_but_no_alarm_says_nothing() -> None:
    bad, other = (
        SnmpValue("oid", oids.UPS_ALARM_BATTERY_BAD),
        SnmpValue("oid", (*oids.UPS_ALARM_BATTERY_BAD[:-1], 2)),
    )
    assert batteries.read({**ups(status=2), **column(oids.UPS_ALARMS, other, bad)})[0].replace is True
    assert batteries.read({**ups(status=2), **column(oids.UPS_ALARMS, other)})[0].replace is None


@pytest.mark.parametrize(
    ("gauges", "battery"),
    [
        ({"318.1.1.1.2.2.1.0": 98, "318.1.1.1.2.2.3.0": 144_000, "318.1.1.1.2.2.4.0": 2, "318.1.1.1.4.2.3.0": 12},
         Battery(None, 98, 24, True, 12)),
        ({"318.1.1.1.2.3.1.0": 1000, "318.1.1.1.4.3.3.0": 371, "318.1.1.1.2.2.4.0": 1}, Battery(None, 100, None, False, 37)),
        ({"534.1.2.1.0": 1132, "534.1.2.4.0": 91, "534.1.4.1.0": 40}, Battery(None, 91, 18, None, 40)),
        ({"705.1.5.1.0": 660, "705.1.5.2.0": 90, "705.1.5.11.0": 1}, Battery(None, 90, 11, True)),
        ({"705.1.5.11.0": 2}, Battery(replace=False)),
        ({"3808.1.1.1.2.2.4.0": 1_050_000, "3808.1.1.1.2.2.5.0": 1, "3808.1.1.1.4.2.3.0": 3},
         Battery(None, None, 175, False, 3)),
    ],
)  # fmt: skip
def test_makers_own_gauges_are_read_in_their_units(gauges: dict[str, int], battery: Battery) -> None:
    values = {oids.enterprise(place): integer(count) for place, count in gauges.items()}
    assert batteries.read(values) == (battery,)


def test_a_charge_above_all_is_none() -> None:
    assert batteries.read(ups(percent=255, status=2)) == (Battery("normal"),)
    assert batteries.read({}) == ()


@pytest.mark.parametrize(
    ("ticks", "host", "engine", "seconds"),
    [
        (8_612_125, None, None, 86_121),
        (100, 4_294_967_295, 12, 42_949_672),
        (100, 200, 184_955_241, 184_955_241),
        (None, None, None, None),
        (-5, None, 7, 7),
    ],
)
def test_uptime_is_the_largest_of_three(
    ticks: int | None, host: int | None, engine: int | None, seconds: int | None
) -> None:
    counts = {oids.SYS_UPTIME: ticks, oids.HR_UPTIME: host, oids.ENGINE_TIME: engine}
    assert clocks.uptime({oid: integer(n) for oid, n in counts.items() if n is not None}) == seconds


def test_the_boot_time_is_told_to_the_minute() -> None:
    assert clocks.booted_at(3_600, 1_795_712_707.5) == "2026-11-26T16:05Z"
    assert clocks.booted_at(None, 1_795_712_707.5) is None
    assert clocks.booted_at(2**63, 1_795_712_707.5) is None


def test_a_clock_is_compared_halfway_between_question_and_answer() -> None:
    values = {oids.HR_DATE: octets(bytes.fromhex("07ea0b1a110507052b0000"))}
    at = 1_795_712_707.5
    assert clocks.offset_ms(values, at - 1, at + 1) == 0
    assert clocks.offset_ms(values, at - 3, at - 1) == 2000
    assert clocks.offset_ms({}, at, at) is None


@given(st.dictionaries(st.one_of(tables(), known_objects()), objects(), max_size=60))
def test_parts_are_read_out_of_anything(values: dict[Oid, SnmpValue]) -> None:
    found = interfaces.read(values)
    facts = HostFacts(
        interfaces=found,
        neighbours=neighbours.read(values, found),
        supplies=supplies.read(values),
        volumes=storage.read(values),
        batteries=batteries.read(values),
    )
    assert HostFacts.from_parts(facts.parts()) == facts
    assert all(each.percent is None or 0 <= each.percent <= 100 for each in (facts.supplies or ()))
    assert all(each.size_bytes is None or each.size_bytes >= 0 for each in (facts.volumes or ()))
    assert all(each >= 0 for each in storage.free(values).values())
    assert (clocks.uptime(values) or 0) >= 0
    clocks.offset_ms(values, 0, 0)


class Counted(dict[Oid, SnmpValue]):
    """Values that know how often they were gone through."""

    passes = 0

    def __iter__(self) -> Iterator[Oid]:
        self.passes += 1
        return super().__iter__()


def passes(rows: int) -> int:
    values = Counted()
    for row in range(1, rows + 1):
        values |= {(*oids.IF_NAME, row): string(f"port{row}"), (*oids.STORAGE, 3, row): string(f"/{row}")}
        values |= remote(row, port=string("p"), chassis=string(f"c{row}"))
        values |= local(row, 3, MAC)
        values |= supply(9, row, integer(5))
    found = interfaces.read(values)
    assert len(neighbours.read(values, found)) == len(found) == len(supplies.read(values)) == rows
    storage.read(values)
    return values.passes


def test_long_tables_are_gone_through_no_more_often_than_short_ones() -> None:
    assert passes(1000) == passes(10) > 0
