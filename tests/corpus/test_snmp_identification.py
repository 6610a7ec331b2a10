"""What recorded devices say they are, against what a person read in their recordings."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.servers.snmp_replay import Agent, ReplayServer
from lab.servers.snmprec import read_recording
from recorded_agent import RecordedAgent, recorded
from schoten_ict.connect.snmp import open_snmp
from schoten_ict.core.hostfacts import HostFacts
from schoten_ict.core.remote import Account, Oid, SnmpValue, Target, Via
from schoten_ict.core.secrets import Secret
from schoten_ict.fleet.ask.snmp import collect

pytestmark = pytest.mark.corpus

Locate = Callable[[str], Path]

EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("snmp_expected.yaml").read_text(encoding="utf-8")
)
FIELDS = ("vendor", "model", "serial", "os_version", "os_build", "kernel", "firmware")
DECLARED = ("os",)
"""Systems have the name that the platform declares, except where a recording gives it."""
REASONS = {"vendor", "model", "serial", "version"}
ENTERPRISES = {
    "APC": 318, "AudioCodes": 5003, "Brother": 2435, "Cisco": 9, "CyberPower": 3808, "Dell": 674,
    "Grandstream": 42397, "HPE": 232, "innovaphone": 6666, "MikroTik": 14988, "Patton": 1768, "Riello": 5491,
    "Synology": 6574, "Ubiquiti": 41112,
}  # fmt: skip
"""Makers by their number (IANA), for those that no line names."""
MOST_REQUESTS = 30


@cache
def values(path: Path) -> Mapping[Oid, SnmpValue]:
    return recorded(path)


def ask(agent: RecordedAgent) -> HostFacts:
    return asyncio.run(asyncio.wait_for(collect(agent), timeout=60))


def facts(corpus: Locate, name: str) -> HostFacts:
    return ask(RecordedAgent(values(corpus(f"snmp/{name}.snmprec"))))


def test_every_recording_was_read(corpus: Locate) -> None:
    assert set(EXPECTED) == {path.stem for path in corpus("snmp").glob("*.snmprec")}


@pytest.mark.parametrize("name", EXPECTED)
def test_quoted_lines_stand_in_the_recording_and_hold_the_value(corpus: Locate, name: str) -> None:
    lines = set(corpus(f"snmp/{name}.snmprec").read_text(encoding="utf-8").splitlines())
    for field, said in EXPECTED[name].items():
        if field == "none":
            continue
        assert said["line"] in lines, field
        oid, tag, content = said["line"].split("|", 2)
        content = bytes.fromhex(content).decode() if tag.endswith("x") else content
        number = f"1.3.6.1.4.1.{ENTERPRISES.get(said['value'], 0)}."
        named = said["value"].casefold() in content.casefold() and field == "vendor"
        by_number = field == "vendor" and number in f"{oid}. {content}."
        assert said["value"] in content or named or by_number, field


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_recording_does_not_give_has_a_reason(name: str) -> None:
    said = EXPECTED[name]
    given = {field for field in REASONS if field in said}
    if {"os_version", "os_build", "firmware"} & set(said):
        given.add("version")
    assert set(said.get("none", {})) == REASONS - given
    assert all(said.get("none", {}).values())


@pytest.mark.parametrize("name", EXPECTED)
def test_devices_are_who_they_say_they_are(corpus: Locate, name: str) -> None:
    identity = facts(corpus, name).identity
    said = {field: each["value"] for field, each in EXPECTED[name].items() if field != "none"}
    assert {field: getattr(identity, field) for field in FIELDS} == {
        field: said.get(field) for field in FIELDS
    }
    for field in DECLARED:
        assert field not in said or getattr(identity, field) == said[field]


def test_most_recordings_give_vendor_and_model() -> None:
    named = [name for name, said in EXPECTED.items() if "vendor" in said and "model" in said]
    assert len(EXPECTED) == 57
    assert len(named) >= 45


@pytest.mark.parametrize("name", EXPECTED)
def test_a_device_is_asked_little(corpus: Locate, name: str) -> None:
    agent = RecordedAgent(values(corpus(f"snmp/{name}.snmprec")))
    ask(agent)
    assert len(agent.asked) <= MOST_REQUESTS
    assert len(agent.asked) == len(set(agent.asked)), "asked twice"


@pytest.mark.parametrize("name", ["iosxe_c9300", "jetdirect_m880", "eaton-mgeups_9pxle", "dsm", "procurve"])
def test_an_agent_that_falls_silent_costs_two_more_requests(corpus: Locate, name: str) -> None:
    whole = RecordedAgent(values(corpus(f"snmp/{name}.snmprec")))
    ask(whole)
    for answered in range(1, len(whole.asked)):
        agent = RecordedAgent(values(corpus(f"snmp/{name}.snmprec")), silent_after=answered)
        found = ask(agent)
        assert len(agent.asked) <= answered + 2
        assert {gap.code for gap in found.missing} == {"no-answer"}


PARTS = {
    "arubaos-cx_10.10": {"interfaces": 20, "neighbours": 3, "volumes": 8},
    "ciscosb_sg350x-24p": {"interfaces": 233, "neighbours": 5},
    "fortiswitch_148f-fpoe": {"interfaces": 55, "neighbours": 7},
    "jetdirect_m880": {"interfaces": 2, "supplies": 15},
    "konica": {"interfaces": 2, "supplies": 17, "volumes": 2},
    "vmware-esxi": {"interfaces": 9, "volumes": 6},
    "windows_svr_2019_1809": {"interfaces": 24, "volumes": 1},
    "netmanplus_208": {"interfaces": 2, "batteries": 1},
}


@pytest.mark.parametrize("name", PARTS)
def test_devices_give_the_parts_they_have_and_no_others(corpus: Locate, name: str) -> None:
    found = facts(corpus, name)
    parts = ("interfaces", "neighbours", "supplies", "volumes", "batteries")
    assert {part: len(each) for part in parts if (each := getattr(found, part))} == PARTS[name]
    assert found.missing == ()


MISSING = {
    "grandstream-ht_ht802": ["interfaces"],
    "kyocera": ["interfaces", "supplies"],
    "xerox": ["interfaces"],
}


@pytest.mark.parametrize("name", MISSING)
def test_what_a_device_should_have_and_does_not_show_is_named(corpus: Locate, name: str) -> None:
    assert [gap.subject for gap in facts(corpus, name).missing] == MISSING[name]


def test_links_are_found_through_the_table_of_ports(corpus: Locate) -> None:
    """On this switch port number 49 is no interface index: the uplinks have indexes of their own."""
    found = facts(corpus, "ciscosb_sg350x-24p").neighbours or ()
    assert [(each.port, each.remote_port, each.name) for each in found] == [
        ("gi1/0/14", "gi10", "Biologie"),
        ("gi1/0/16", "80:03:84:07:43:10", "Aula"),
        ("gi1/0/17", "f4:92:bf:a6:3f:95", "InforaumPC"),
        ("te1/0/1", "te1/0/3", "CoreSwitch"),
        ("te1/0/2", "te1/0/2", "BIB"),
    ]


def test_uptime_outlives_the_wrap_of_the_counter(corpus: Locate) -> None:
    path = corpus("snmp/asa.snmprec")
    ticks = values(path)[1, 3, 6, 1, 2, 1, 1, 3, 0].value
    state = facts(corpus, "asa").state
    assert state is not None
    assert (ticks, state.uptime_seconds) == (3444780908, 184955241)


OVER_THE_WIRE = ("aruba-instant_105", "dsm", "eaton-mgeups_9pxle", "epson", "fortiswitch_148f-fpoe", "qnap")


@pytest.mark.parametrize("backend", ["gufo", "pysnmp"])
def test_a_device_gives_the_same_facts_over_the_wire(corpus: Locate, backend: str) -> None:
    if backend == "gufo":
        pytest.importorskip("gufo.snmp", reason="gufo-snmp is not installed")
    paths = [corpus(f"snmp/{name}.snmprec") for name in OVER_THE_WIRE]
    with ReplayServer([Agent(read_recording(path)) for path in paths]) as server:
        asked = asyncio.run(over_the_wire(server.ports, backend))
    assert [timeless(each) for each in asked] == [
        timeless(ask(RecordedAgent(values(path)))) for path in paths
    ]


async def over_the_wire(ports: list[int], backend: str) -> list[HostFacts]:
    return await asyncio.gather(*(ask_port(port, backend) for port in ports))


async def ask_port(port: int, backend: str) -> HostFacts:
    community = {"community": Secret("public")}
    account = Account("printers", "", "host:device", "1", community, {"version": "2c"})
    session = open_snmp(Target("device", "127.0.0.1", Via.SNMP, port, account), backend=backend)
    try:
        return await collect(session)
    finally:
        await session.close()


def timeless(found: HostFacts) -> HostFacts:
    """Without what depends on our own clock."""
    assert found.state is not None
    return replace(found, state=replace(found.state, booted_at=None, clock_offset_ms=None))
