"""What is known of machines: which of several answers counts, how old it may be, and since when nothing came."""

from datetime import datetime, timedelta

import pytest

from schoten_ict.fleet.collecting import VALID_FOR, WHOLE
from schoten_ict.fleet.records import known
from schoten_ict.store import observations
from storing import NOW, Opener

HOST = "host:srv-a"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def see(opened: Opener, days: float, kind: str, source: str, payload: object, about: str = HOST) -> None:
    with opened.change(ago(days)) as change:
        observations.observe(change, about, kind, source, payload)


def fail(opened: Opener, days: float, source: str, kind: str = WHOLE, about: str = HOST) -> None:
    with opened.change(ago(days)) as change:
        observations.failed(change, about, kind, source, "unreachable", f"no {source}")


@pytest.mark.parametrize(
    ("ssh", "snmp", "source"),
    [(1, 0, "ssh"), (7.9, 0, "ssh"), (8.1, 0, "snmp"), (9, 20, "ssh"), (20, 9, "snmp")],
)
def test_the_order_of_sources_decides_only_between_recent_answers(
    opened: Opener, ssh: float, snmp: float, source: str
) -> None:
    see(opened, ssh, "host.identity", "ssh", {"serial": "1"})
    see(opened, snmp, "host.identity", "snmp", {"serial": "2"})
    assert known.parts_of(opened().reader, "srv-a", NOW)["identity"].source == source


def test_an_answer_was_recent_at_the_moment_that_is_asked_for(opened: Opener) -> None:
    see(opened, 40, "host.identity", "ssh", {"serial": "1"})
    see(opened, 39, "host.identity", "snmp", {"serial": "2"})
    reader = opened().reader
    assert known.parts_as_of(reader, "srv-a", ago(38))["identity"].source == "ssh"
    assert known.parts_as_of(reader, "srv-a", ago(20))["identity"].source == "snmp"


def test_addresses_that_were_told_too_long_ago_are_nobodys(opened: Opener) -> None:
    for days, host, address in (
        (9, "srv-a", "192.0.2.1"),
        (2, "srv-b", "192.0.2.2"),
        (1, "srv-a", "192.0.2.2"),
    ):
        see(
            opened,
            days,
            "host.interfaces",
            "ssh",
            [{"name": "e", "addresses": [f"{address}/24"]}],
            f"host:{host}",
        )
    assert known.own_addresses(opened().reader, NOW - VALID_FOR) == {"192.0.2.2": "srv-a"}


def test_a_try_after_the_last_answer_is_silence_and_one_before_is_not(opened: Opener) -> None:
    fail(opened, 3, "ssh")
    see(opened, 2, "host.state", "ssh", {"uptime_seconds": 1})
    assert known.silence(opened().reader, "srv-a") is None
    fail(opened, 1, "ssh")
    last = known.silence(opened().reader, "srv-a")
    assert last is not None
    assert (last.at, known.observed(opened().reader, "srv-a", NOW).failure) == (ago(1), "no ssh (24h ago)")


def test_an_answer_over_any_way_ends_the_silence(opened: Opener) -> None:
    see(opened, 2, "host.state", "ssh", {"uptime_seconds": 1})
    fail(opened, 1, "ssh")
    see(opened, 1, "host.state", "snmp", {"uptime_seconds": 1})
    assert known.silence(opened().reader, "srv-a") is None


def test_a_part_that_could_not_be_read_is_no_silence(opened: Opener) -> None:
    see(opened, 2, "host.state", "ssh", {"uptime_seconds": 1})
    fail(opened, 1, "ssh", kind="host.identity")
    assert known.silence(opened().reader, "srv-a") is None


def test_a_host_that_never_answered_is_silent_since_it_was_tried(opened: Opener) -> None:
    assert known.silence(opened().reader, "srv-a") is None
    fail(opened, 1, "ssh")
    found = known.observed(opened().reader, "srv-a", NOW)
    assert (found.seen, found.failure) == ({}, "no ssh (24h ago)")


def test_cables_are_those_that_were_told_lately(opened: Opener) -> None:
    for days, port in ((9, "old"), (2, "new")):
        neighbours = [{"port": port, "name": "sw-x"}, {"port": "2", "name": None}]
        see(opened, days, "host.neighbours", "snmp", neighbours, about=f"host:sw-{port}")
    (cable,) = known.cables(opened().reader, NOW - VALID_FOR)
    assert (cable.witness, cable.port, cable.name, cable.seen) == ("sw-new", "new", "sw-x", ago(2))


def test_sightings_are_recent_and_end_with_a_scan_in_vain(opened: Opener) -> None:
    payload = {"icmp": False, "ports": {"22": ""}, "services": {}, "name": None, "mac": None}
    for days, address in ((9, "192.0.2.1"), (2, "192.0.2.2"), (2, "192.0.2.3")):
        see(opened, days, "scan.address", "scan", payload, about=f"address:{address}")
    fail(opened, 1, "scan", "scan.address", "address:192.0.2.3")
    ((sighting, seen),) = known.sightings(opened().reader, NOW - VALID_FOR)
    assert (sighting.address, sighting.ports, seen) == ("192.0.2.2", {22: ""}, ago(2))


def test_an_address_has_the_names_that_led_to_it_lately(opened: Opener) -> None:
    see(opened, 2, "scan.address", "scan", {"ports": {"22": ""}}, about="address:192.0.2.2")
    for days, name in ((9, "old.test"), (2, "a.test"), (1, "b.test")):
        see(opened, days, "scan.name", "scan", ["192.0.2.1", "192.0.2.2"], about=f"name:{name}")
    ((sighting, _),) = known.sightings(opened().reader, NOW - VALID_FOR)
    assert sighting.names == ("a.test", "b.test")
