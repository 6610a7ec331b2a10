"""Drift: three sources side by side, and no silence where one of them is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schoten_ict.core.hostfacts import HostFacts, Identity, Interface
from schoten_ict.core.verdict import Verdict
from schoten_ict.fleet.judge.drift import Booked, Comparison, Declared, Observed, drift

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
VALID_FOR = timedelta(days=8)
HOST = Declared("srv-web01", "192.0.2.31", None, "", {})
FACTS = HostFacts(
    identity=Identity(vendor="Dell Inc.", model="PowerEdge R650", serial="CZ 1234", os="Debian GNU/Linux"),
    interfaces=(Interface("eno1", addresses=("192.0.2.31/24",)),),
)
NAMED = replace(HOST, asset="SV-0001")


def asset(serial: str | None = "cz1234", state: str = "assigned", model: str = "R650") -> Booked:
    return Booked("SV-0001", state, "Dell", model, serial, "Serverlokaal")


def told(facts: HostFacts | None, days: float = 1, failure: str = "") -> Observed:
    """What a machine told so many days ago."""
    return Observed(facts or HostFacts(), dict.fromkeys(facts.parts(), ago(days)) if facts else {}, failure)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def compared(
    host: Declared = HOST, observed: Observed | None = None, books: tuple[Booked, ...] = (asset(),)
) -> dict[str, Comparison]:
    observed = observed or told(FACTS)
    return {each.fact: each for each in drift([host], {host.name: observed}, books, NOW, VALID_FOR)}


def found(
    host: Declared = HOST, facts: HostFacts | None = FACTS, books: tuple[Booked, ...] = (asset(),)
) -> dict[str, Comparison]:
    """What does not agree."""
    return differing(compared(host, told(facts), books))


def differing(facts: dict[str, Comparison]) -> dict[str, Comparison]:
    return {fact: each for fact, each in facts.items() if each.verdict is not Verdict.OK}


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


def test_a_loopback_address_is_every_machines_own() -> None:
    assert found(Declared("srv-web01", "127.10.10.31", None, "", {})) == {}


def test_sources_that_agree_name_what_was_compared_and_when_it_was_seen() -> None:
    facts = compared(replace(HOST, owner="server", expected={"os": "Debian*"}))
    assert set(facts) == {"os", "address", "serial", "status", "model", "owner"}
    assert {each.seen for each in facts.values()} == {ago(1)}


def test_where_nothing_can_be_compared_nothing_agrees() -> None:
    named = replace(HOST, address="web.schoten.example")
    assert compared(named, told(HostFacts(identity=Identity(os="Debian"))), ()) == {}


def test_facts_that_are_too_old_are_one_unknown_with_their_age() -> None:
    wrong = replace(NAMED, address="192.0.2.99", expected={"os": "Ubuntu*"})
    facts = compared(wrong, told(FACTS, days=40), (asset("OTHER", "retired"),))
    assert [(each.fact, each.verdict) for each in facts.values()] == [("collection", Verdict.UNKNOWN)]
    assert facts["collection"].summary == "srv-web01 was last collected 40d ago"


@pytest.mark.parametrize(("days", "facts"), [(8, set()), (8.001, {"collection"})])
def test_facts_stand_for_as_long_as_they_are_valid(days: float, facts: set[str]) -> None:
    assert set(differing(compared(observed=told(FACTS, days)))) == facts


def test_one_part_that_is_too_old_is_named_and_the_others_are_compared() -> None:
    mixed = Observed(FACTS, {"identity": ago(40), "interfaces": ago(2)})
    facts = compared(replace(NAMED, expected={"os": "Debian*"}), mixed)
    assert facts["collection"].summary == "srv-web01: identity was last collected 40d ago"
    assert {fact: each.verdict for fact, each in facts.items()} == {
        "collection": Verdict.UNKNOWN, "address": Verdict.OK, "status": Verdict.OK,
    }  # fmt: skip
    assert facts["address"].seen == ago(2)


def test_a_declared_asset_whose_serial_could_not_be_read_is_unknown() -> None:
    for facts in (HostFacts(interfaces=()), HostFacts(identity=Identity(os="Debian"))):
        serial = compared(NAMED, told(facts))["serial"]
        assert (serial.verdict, serial.asset) == (Verdict.UNKNOWN, "cz1234")


def test_a_virtual_machine_needs_no_serial() -> None:
    assert "serial" not in compared(NAMED, told(HostFacts(identity=Identity(virtual="kvm"))))


def test_a_declared_asset_that_the_books_do_not_have_is_told() -> None:
    assert found(NAMED, books=())["asset"].declared == "SV-0001"
    assert found(replace(NAMED, asset="SV-0009"))["asset"].verdict is Verdict.WARN
    assert found(replace(NAMED, asset="sv-0001")) == {}


def test_a_host_that_answers_no_more_is_unknown_and_says_why() -> None:
    facts = differing(compared(observed=told(FACTS, 3, "no route (1h ago)")))
    assert facts["collection"].summary == "srv-web01 answered last 3d ago; the last try: no route (1h ago)"
    never = compared(observed=told(None, failure="no route (1h ago)"))
    assert never["collection"].summary == "srv-web01 was never collected; the last try: no route (1h ago)"


def test_retired_equipment_that_answers_no_more_does_not_fail() -> None:
    facts = compared(NAMED, told(FACTS, 3, "no route"), (asset(state="retired"),))
    assert set(differing(facts)) == {"collection"}
    assert "status" not in facts
