"""Strangers: what cables and scans show, that no declared host explains, with its age."""

from datetime import UTC, datetime, timedelta

import pytest

from schoten_ict.core.verdict import Verdict
from schoten_ict.fleet.judge.drift import Comparison
from schoten_ict.fleet.judge.scan import Presence, Roll, Sighting, compare
from schoten_ict.fleet.judge.strangers import Cable, strangers

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
DECLARED = [("sw-core-01", "192.0.2.2"), ("srv-x", "srv-x.schoten.test"), ("nas", "nas")]
TOLD = {"192.0.2.3": "sw-core-01", "192.0.2.4": "srv-gone"}
OPEN = {22: "SSH-2.0-x"}


def cable(port: str, name: str, days: int = 2) -> Cable:
    return Cable("sw-core-01", port, name, NOW - timedelta(days=days))


def found(*cables: Cable, sightings: tuple[Sighting, ...] = ()) -> list[Comparison]:
    seen = [(each, NOW - timedelta(days=3)) for each in sightings]
    names = [host for host, _ in DECLARED]
    return strangers(names, cables, Roll.of(DECLARED, TOLD), seen, NOW)


def test_a_machine_at_the_end_of_a_cable_that_no_list_has_is_told_once_where_it_was_last() -> None:
    seen = [
        cable("1", "SW-UNKNOWN", 5),
        cable("2", "sw-unknown.schoten.test"),
        cable("3", "srv-x.schoten.test"),
    ]
    (stranger,) = found(*seen)
    assert (stranger.host, stranger.verdict, stranger.seen) == (
        "sw-unknown.schoten.test", Verdict.WARN, NOW - timedelta(days=2),
    )  # fmt: skip
    assert stranger.summary.endswith("is on sw-core-01 port 2 and in no list, seen 2d ago")


def test_an_address_that_answered_a_scan_and_that_no_host_explains_is_told_with_its_age() -> None:
    (stranger,) = found(sightings=(Sighting("192.0.2.9", ports=OPEN, mac="02:00:00:00:00:09"),))
    assert (stranger.about, stranger.host) == ("address", "192.0.2.9")
    assert stranger.summary == "192.0.2.9 is in no list, seen 3d ago: port 22, MAC 02:00:00:00:00:09"


def test_a_machine_that_a_cable_and_a_scan_show_is_told_once() -> None:
    sighting = Sighting("192.0.2.9", ports=OPEN, name="sw-unknown.schoten.test")
    assert [each.about for each in found(cable("1", "sw-unknown"), sightings=(sighting,))] == ["host"]


EXPLAINED = [
    Sighting("192.0.2.2", ports=OPEN),
    Sighting("192.0.2.3", ports=OPEN),
    Sighting("192.0.2.9", ports=OPEN, name="SRV-X.schoten.test."),
    Sighting("192.0.2.9", ports=OPEN, names=("srv-x.schoten.test",)),
    Sighting("192.0.2.9", ports=OPEN, name="nas.schoten.test"),
]
NOT_EXPLAINED = [
    Sighting("192.0.2.4", ports=OPEN),  # told by a host that is declared no more
    Sighting("192.0.2.9", ports=OPEN, name="srv-x.elsewhere.test"),
    Sighting("192.0.2.9", ports=OPEN, name="srv-x"),
]


@pytest.mark.parametrize("sighting", EXPLAINED)
def test_a_declared_address_name_or_interface_explains_an_address(sighting: Sighting) -> None:
    assert found(sightings=(sighting,)) == []
    assert [each.presence for each in compare([sighting], DECLARED, TOLD)] == [Presence.KNOWN]


@pytest.mark.parametrize("sighting", NOT_EXPLAINED)
def test_nothing_else_explains_an_address(sighting: Sighting) -> None:
    assert len(found(sightings=(sighting,))) == 1
    assert [each.presence for each in compare([sighting], DECLARED, TOLD)] == [Presence.UNKNOWN]


def test_a_declared_name_that_leads_to_a_silent_address_is_silent() -> None:
    (seen,) = compare([Sighting("192.0.2.9", names=("srv-x.schoten.test",))], DECLARED, {})
    assert (seen.presence, seen.host) == (Presence.SILENT, "srv-x")


def test_what_is_kept_of_a_sighting_gives_it_again() -> None:
    sighting = Sighting("192.0.2.9", icmp=True, ports=OPEN, services={"snmp": "answers"}, name="a", mac="b")
    assert Sighting.from_payload("192.0.2.9", sighting.payload(), ()) == sighting
