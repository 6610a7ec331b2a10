"""Drift: three sources side by side, and no silence where one of them is missing."""

import pytest

from schoten_ict.core.hostfacts import HostFacts, Identity, Interface
from schoten_ict.core.verdict import Verdict
from schoten_ict.fleet.judge.drift import Booked, Declared, Difference, drift, strangers

HOST = Declared("srv-web01", "192.0.2.31", None, "", {})
FACTS = HostFacts(
    identity=Identity(vendor="Dell Inc.", model="PowerEdge R650", serial="CZ 1234", os="Debian GNU/Linux"),
    interfaces=(Interface("eno1", addresses=("192.0.2.31/24",)),),
)


def asset(serial: str | None = "cz1234", state: str = "assigned", model: str = "R650") -> Booked:
    return Booked("SV-0001", state, "Dell", model, serial, "Serverlokaal")


def found(
    host: Declared = HOST, facts: HostFacts | None = FACTS, books: tuple[Booked, ...] = (asset(),)
) -> dict[str, Difference]:
    observed = {host.name: facts} if facts else {}
    return {each.fact: each for each in drift([host], observed, books)}


def test_sources_that_agree_give_nothing() -> None:
    assert found() == {}


def test_a_host_that_was_never_collected_is_unknown() -> None:
    assert found(facts=None)["collection"].verdict is Verdict.UNKNOWN


def test_equipment_that_is_retired_and_answers_fails() -> None:
    assert found(books=(asset(state="retired"),))["status"].verdict is Verdict.FAIL


def test_a_serial_that_no_asset_has_is_told() -> None:
    assert found(books=())["serial"].observed == "CZ 1234"


def test_the_asset_that_is_named_must_have_the_serial_that_answers() -> None:
    named = Declared("srv-web01", "192.0.2.31", "SV-0001", "", {})
    difference = found(named, books=(asset(serial="OTHER"),))["serial"]
    assert (difference.verdict, difference.observed, difference.asset) == (Verdict.FAIL, "CZ 1234", "OTHER")


def test_another_address_than_declared_is_told() -> None:
    moved = Declared("srv-web01", "192.0.2.99", None, "", {})
    assert found(moved)["address"].observed == "192.0.2.31"


def test_a_name_instead_of_an_address_is_not_compared() -> None:
    assert found(Declared("srv-web01", "web.schoten.example", None, "", {})) == {}


def test_another_model_is_told() -> None:
    assert found(books=(asset(model="PowerEdge T40"),))["model"].asset == "PowerEdge T40"


def models(observed: tuple[str | None, str], booked: tuple[str | None, str]) -> bool:
    """Whether drift takes the two for one model."""
    facts = HostFacts(identity=Identity(vendor=observed[0], model=observed[1], serial="1"))
    return "model" not in found(facts=facts, books=(Booked("A", "assigned", *booked, "1", None),))


@pytest.mark.parametrize(
    ("observed", "booked"),
    [
        (("Dell Inc.", "Latitude 5540"), ("Dell", "Dell Latitude 5540")),
        (("Dell Inc.", "Latitude 5540"), (None, "Dell Latitude 5540")),
        (("Dell Inc.", "Latitude 5540"), (None, "Dell Inc. Latitude 5540")),
        (("HP", "HP EliteBook 840 G8 Notebook PC"), ("Hewlett-Packard", "EliteBook 840 G8")),
        (("Cisco", "WS-C2960X-48FPS-L"), ("Cisco", "C2960X")),
        (("Cisco", "WS-C2960X-48FPS-L"), (None, "Cisco 2960X")),
        (("Dell Inc.", "PowerEdge R650"), ("Dell", "PowerEdgeR650")),
        (("Dell Inc.", "Latitude 5540"), ("Dell", "Dell")),
    ],
)
def test_a_makers_name_before_the_model_is_no_difference(
    observed: tuple[str | None, str], booked: tuple[str | None, str]
) -> None:
    assert models(observed, booked)


@pytest.mark.parametrize(
    ("observed", "booked"),
    [
        (("Dell Inc.", "PowerEdge T40"), ("Dell", "Dell PowerEdge T400")),
        (("Dell Inc.", "PowerEdge T400"), ("Dell", "T40")),
        (("Dell Inc.", "Latitude 5540"), ("Dell", "Dell Latitude 5550")),
        (("HP", "EliteBook 840 G8"), ("HP", "HP EliteBook 840 G9")),
        (("Dell Inc.", "Latitude 5540"), ("HP", "HP")),
        (("Dell Inc.", "Dell"), ("HP", "HP")),
    ],
)
def test_another_number_or_maker_is_a_difference(
    observed: tuple[str | None, str], booked: tuple[str | None, str]
) -> None:
    assert not models(observed, booked)


@pytest.mark.parametrize(
    ("pattern", "verdict"), [("Debian*", None), ("debian*", None), ("Ubuntu*", Verdict.WARN)]
)
def test_what_is_expected_is_a_pattern(pattern: str, verdict: Verdict | None) -> None:
    difference = found(Declared("srv-web01", "192.0.2.31", None, "", {"os": pattern})).get("os")
    assert (difference.verdict if difference else None) is verdict


def test_what_is_expected_and_could_not_be_read_is_unknown() -> None:
    difference = found(Declared("srv-web01", "192.0.2.31", None, "", {"firmware": "2.*"}))["firmware"]
    assert difference.verdict is Verdict.UNKNOWN


def test_another_owner_than_in_the_books_is_told() -> None:
    owned = Declared("srv-web01", "192.0.2.31", None, "An", {})
    assert found(owned)["owner"].asset == "Serverlokaal"


def test_a_virtual_machines_serial_is_in_no_book() -> None:
    virtual = HostFacts(identity=Identity(serial="VMware-56", virtual="vmware"))
    assert found(facts=virtual, books=()) == {}


def test_a_machine_at_the_end_of_a_cable_that_no_list_has_is_told_once() -> None:
    seen = [
        ("sw-core-01", "1", "sw-unknown.schoten.test"),
        ("sw-core-02", "2", "SW-UNKNOWN"),
        ("sw-core-01", "3", "sw-core-02"),
    ]
    assert [each.host for each in strangers(["sw-core-01", "sw-core-02"], seen)] == [
        "sw-unknown.schoten.test"
    ]


def test_a_loopback_address_is_every_machines_own() -> None:
    assert found(Declared("srv-web01", "127.10.10.31", None, "", {})) == {}
