"""Who answers, who is behind whom, and who was seen on the network: rules without a network."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import UsageError
from schoten_ict.core.verdict import Verdict
from schoten_ict.fleet import scanning
from schoten_ict.fleet.judge.answering import Answer, judge
from schoten_ict.fleet.judge.scan import Presence, Sighting, compare

NAMES = st.sampled_from(["a", "b", "c", "d", "e"])


def silent(host: str) -> Answer:
    return Answer(host, ports=(22,), asked_icmp=True)


def verdicts(
    *answers: Answer, parents: dict[str, tuple[str, ...]] | None = None
) -> dict[str, tuple[Verdict, str]]:
    return {each.answer.host: (each.verdict, each.note) for each in judge(answers, parents or {})}


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer("a", via="tcp:22", ports=(22,)), Verdict.OK),
        (Answer("a", via="icmp", ports=(22,), asked_icmp=True), Verdict.OK),
        (Answer("a", via="local"), Verdict.OK),
        (Answer("a", via="tcp:22", ports=(22, 5986), refused=(5986,)), Verdict.OK),
        (Answer("a", via="icmp", ports=(22,), refused=(22,), asked_icmp=True), Verdict.WARN),
        (Answer("a", ports=(22,), refused=(22,)), Verdict.WARN),
        (Answer("a", ports=(22,)), Verdict.FAIL),
        (Answer("a", asked_icmp=True), Verdict.UNKNOWN),
        (Answer("a", via="snmp", asked_icmp=True, asked_snmp=True), Verdict.OK),
        (Answer("a", via="snmp", asked_snmp=True, refusal="does not know the user ict"), Verdict.WARN),
        (Answer("a", asked_icmp=True, asked_snmp=True), Verdict.UNKNOWN),
        (Answer("a", ports=(22,), asked_snmp=True), Verdict.FAIL),
        (Answer("a"), Verdict.UNKNOWN),
        (Answer("a", problem="srv.example has no address now"), Verdict.UNKNOWN),
    ],
)
def test_each_answer_has_its_verdict(answer: Answer, verdict: Verdict) -> None:
    assert verdicts(answer)["a"][0] is verdict


def test_what_lies_behind_a_silent_host_is_unknown_and_names_the_farthest() -> None:
    found = verdicts(
        silent("core"), silent("hv"), silent("srv"), Answer("web", via="tcp:22", ports=(22,)),
        parents={"hv": ("ups", "core"), "srv": ("dc", "hv"), "web": ("hv",)},
    )  # fmt: skip
    assert found == {
        "core": (Verdict.FAIL, "no answer on tcp:22"),
        "hv": (Verdict.UNKNOWN, "behind core"),
        "srv": (Verdict.UNKNOWN, "behind core"),
        "web": (Verdict.OK, ""),
    }


def test_a_parent_that_answers_explains_nothing() -> None:
    found = verdicts(Answer("core", via="icmp", asked_icmp=True), silent("srv"), parents={"srv": ("core",)})
    assert found["srv"][0] is Verdict.FAIL


def test_no_echo_explains_a_silent_child_only_of_a_host_that_answered_before() -> None:
    answers = (Answer("sw", asked_icmp=True), silent("srv"))
    parents = {"srv": ("sw",)}
    assert [each.verdict for each in judge(answers, parents)] == [Verdict.UNKNOWN, Verdict.FAIL]
    known = judge(answers, parents, {"sw"})
    assert [(each.verdict, each.note) for each in known] == [
        (Verdict.UNKNOWN, "no echo, which may be blocked"),
        (Verdict.UNKNOWN, "behind sw"),
    ]


@given(
    st.lists(NAMES, unique=True, min_size=1),
    st.dictionaries(NAMES, st.lists(NAMES, max_size=4).map(tuple)),
    st.sets(NAMES),
)
def test_any_dependencies_end_and_something_silent_is_never_ok(
    hosts: list[str], parents: dict[str, tuple[str, ...]], before: set[str]
) -> None:
    found = judge([silent(host) for host in hosts], parents, before)
    assert [each.answer.host for each in found] == hosts
    assert all(each.verdict in {Verdict.FAIL, Verdict.UNKNOWN} for each in found)
    assert all(each.note for each in found)


def seen(
    *sightings: Sighting, observed: dict[str, str] | None = None
) -> list[tuple[str, Presence, str | None]]:
    declared = [("srv-a", "10.0.0.3"), ("srv-b", "10.0.0.4"), ("srv-c", "10.0.0.4"), ("v6", "FE80:0::1")]
    return [
        (each.sighting.address, each.presence, each.host)
        for each in compare(sightings, declared, observed or {})
    ]


def test_known_unknown_and_silent_by_address() -> None:
    found = seen(
        Sighting("10.0.0.20", icmp=True),
        Sighting("10.0.0.3", ports={22: ""}),
        Sighting("10.0.0.4"),
        Sighting("10.0.0.5"),
        Sighting("fe80::1", refused=True),
    )
    assert found == [
        ("10.0.0.3", Presence.KNOWN, "srv-a"),
        ("10.0.0.4", Presence.SILENT, "srv-b, srv-c"),
        ("10.0.0.20", Presence.UNKNOWN, None),
        ("fe80::1", Presence.KNOWN, "v6"),
    ]


def test_a_second_address_that_a_host_told_itself_is_known() -> None:
    assert seen(Sighting("10.0.0.9", icmp=True), observed={"10.0.0.9": "srv-a"}) == [
        ("10.0.0.9", Presence.KNOWN, "srv-a")
    ]


def test_what_was_not_asked_is_not_silent() -> None:
    assert seen(Sighting("10.0.0.3", reason="Network is unreachable")) == [
        ("10.0.0.3", Presence.NOT_ASKED, "srv-a")
    ]


def test_on_loopback_only_an_open_port_proves_a_machine() -> None:
    assert not Sighting("127.0.0.9", icmp=True, refused=True).is_there
    assert Sighting("127.0.0.9", ports={22: ""}).is_there


def test_the_addresses_of_networks_are_those_of_machines_once_each() -> None:
    assert scanning.addresses(["127.77.0.0/30", "127.77.0.1", "127.77.0.6/31"]) == [
        "127.77.0.1", "127.77.0.2", "127.77.0.6", "127.77.0.7",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "word", ["127.77.0.1/24", "nas", "", "224.0.0.0/4", "0.0.0.0/0", "fd00::/64", "10.0.0.0/8"]
)
def test_what_is_no_network_to_look_at_is_wrong_usage(word: str) -> None:
    with pytest.raises(UsageError):
        scanning.addresses([word])


@given(st.integers(20, 32), st.integers(0, 2**24 - 1))
def test_nothing_outside_the_named_network_is_ever_an_address(length: int, place: int) -> None:
    network = ipaddress.ip_network((0x7F000000 + place, length), strict=False)
    assert all(ipaddress.ip_address(each) in network for each in scanning.addresses([str(network)]))
