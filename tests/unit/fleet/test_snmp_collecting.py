"""Collecting from agents that answer in part, refuse, fall silent or talk nonsense."""

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorded_agent import RecordedAgent
from schoten_ict.core.hostfacts import HostFacts
from schoten_ict.core.remote import Oid, RemoteError, SnmpValue, Walk
from schoten_ict.fleet.ask.snmp import collect, oids
from snmp_values import column, integer, known_objects, objects, string, tables

SWITCH: dict[Oid, SnmpValue] = {
    oids.SYS_DESCR: string("Aruba JL727A 6200F"),
    oids.SYS_OBJECT_ID: SnmpValue("oid", oids.enterprise("47196.4.1.1.1.303")),
    oids.SYS_NAME: string("sw-core-01"),
    oids.SYS_LOCATION: string("gemeentehuis"),
    oids.SYS_UPTIME: integer(360_000),
    oids.LLDP_CHASSIS: string("chassis"),
    **column(oids.ENT_CLASS, integer(3)),
    **column(oids.ENT_MODEL, string("JL727A")),
    **column(oids.ENT_SERIAL, string("AB12CD3456")),
    **column(oids.IF_NAME, string("1/1/1"), string("1/1/2")),
    **column(oids.IF_OPER, integer(1), integer(2)),
}
PRINTER: dict[Oid, SnmpValue] = {
    oids.SYS_OBJECT_ID: SnmpValue("oid", oids.enterprise("1347.41")),
    oids.PRT_LIFE_COUNT: integer(100),
    **column(oids.IF_NAME, string("eth0")),
    **column((*oids.SUPPLIES, 6, 1), string("Toner"), string("Waste")),
    **column((*oids.SUPPLIES, 9, 1), integer(50), integer(-3)),
}
MOST_REQUESTS = 40


def ask(agent: RecordedAgent) -> HostFacts:
    return asyncio.run(collect(agent))


def gaps(facts: HostFacts) -> list[tuple[str, str]]:
    return [(gap.subject, gap.code) for gap in facts.missing]


def test_a_whole_device_has_no_gaps() -> None:
    facts = ask(RecordedAgent(SWITCH))
    identity, state = facts.identity, facts.state
    assert identity is not None
    assert state is not None
    assert (identity.hostname, identity.vendor, identity.model) == ("sw-core-01", "Aruba", "JL727A")
    assert (identity.serial, identity.os, identity.location) == ("AB12CD3456", "ArubaOS-CX", "gemeentehuis")
    assert [each.name for each in facts.interfaces or ()] == ["1/1/1", "1/1/2"]
    assert state.uptime_seconds == 3600
    assert state.booted_at is not None
    assert gaps(facts) == []


def test_what_a_device_of_its_kind_lacks_is_none_and_no_gap() -> None:
    facts = ask(RecordedAgent(SWITCH))
    assert (facts.supplies, facts.batteries, facts.volumes) == (None, None, None)
    assert facts.neighbours == ()
    without = {oid: value for oid, value in SWITCH.items() if oid != oids.LLDP_CHASSIS}
    assert ask(RecordedAgent(without)).neighbours is None


def test_a_printer_without_supplies_is_a_gap() -> None:
    assert gaps(ask(RecordedAgent(PRINTER))) == []
    without = {oid: value for oid, value in PRINTER.items() if oid[: len(oids.SUPPLIES)] != oids.SUPPLIES}
    assert gaps(ask(RecordedAgent(without))) == [("supplies", "absent")]


def test_a_ups_without_a_battery_is_a_gap() -> None:
    card = {oids.SYS_OBJECT_ID: SnmpValue("oid", oids.enterprise("318.1.3.27"))} | column(
        oids.IF_NAME, string("e")
    )
    assert gaps(ask(RecordedAgent(card))) == [("batteries", "absent")]
    assert gaps(ask(RecordedAgent({**card, oids.UPS_CHARGE: integer(90)}))) == []


def test_a_battery_is_read_of_any_device_that_has_one() -> None:
    facts = ask(RecordedAgent({**SWITCH, oids.UPS_CHARGE: integer(90), oids.UPS_STATUS: integer(2)}))
    assert [(each.status, each.percent) for each in facts.batteries or ()] == [("normal", 90)]


def test_a_walk_that_was_cut_short_gives_what_came_and_says_so() -> None:
    facts = ask(RecordedAgent(SWITCH, cut={oids.IF_NAME: 1, oids.IF_OPER: 1}))
    assert [each.name for each in facts.interfaces or ()] == ["1/1/1"]
    assert gaps(facts) == [("interfaces", "incomplete")]
    assert "the agent repeats itself" in facts.missing[0].message


def test_a_part_that_fails_leaves_the_others_whole() -> None:
    refused = RemoteError("the agent refuses this view", code="denied", remedy="ask for the view")
    facts = ask(RecordedAgent(PRINTER, fails={oids.SUPPLIES: refused}))
    assert facts.supplies is None
    assert [each.name for each in facts.interfaces or ()] == ["eth0"]
    assert facts.missing[0].message == "the agent refuses this view"
    assert facts.missing[0].remedy == "ask for the view"
    assert gaps(facts) == [("supplies", "denied")]


def test_the_first_answer_decides_whether_there_is_a_device() -> None:
    with pytest.raises(RemoteError) as caught:
        ask(RecordedAgent(SWITCH, silent_after=0))
    assert caught.value.problems[0].code == "no-answer"


def test_an_agent_that_refuses_all_is_an_error() -> None:
    class Refusing(RecordedAgent):
        async def get(self, oids: tuple[Oid, ...]) -> Mapping[Oid, SnmpValue]:
            await super().get(oids)
            raise RemoteError("wrong digest", code="authentication")

    agent = Refusing(SWITCH)
    with pytest.raises(RemoteError):
        ask(agent)
    assert len(agent.asked) == 1


@pytest.mark.parametrize("answered", range(1, 12))
def test_after_two_silences_nothing_more_is_asked(answered: int) -> None:
    agent = RecordedAgent(PRINTER, silent_after=answered)
    facts = ask(agent)
    assert len(agent.asked) <= answered + 2
    assert {code for _, code in gaps(facts)} == {"no-answer"}
    assert "supplies" in {part for part, _ in gaps(facts)}


def test_one_silence_is_forgiven() -> None:
    class Stumbling(RecordedAgent):
        async def walk(self, root: Oid, *, rows: int = 20_000) -> Walk:
            if root in {oids.IF_NAME, oids.LLDP_REMOTE, oids.STORAGE}:
                self.asked.append(root)
                raise RemoteError("gave no answer", code="timeout")
            return await super().walk(root, rows=rows)

    facts = ask(Stumbling(PRINTER))
    assert len(facts.supplies or ()) == 2
    assert {part for part, code in gaps(facts) if code == "timeout"} == {
        "interfaces",
        "neighbours",
        "volumes",
    }


class Slow(RecordedAgent):
    """Answers everything but one walk, which never ends."""

    async def walk(self, root: Oid, *, rows: int = 20_000) -> Walk:
        if root == oids.IF_OPER:
            self.asked.append(root)
            await asyncio.Event().wait()
        return await super().walk(root, rows=rows)


def test_when_time_is_up_what_was_read_is_the_answer() -> None:
    agent = Slow(SWITCH)
    facts = asyncio.run(collect(agent, seconds=0.2))
    assert facts.identity == ask(RecordedAgent(SWITCH)).identity
    assert [each.name for each in facts.interfaces or ()] == ["1/1/1", "1/1/2"]
    assert agent.asked[-1] == oids.IF_OPER
    assert ("interfaces", "timeout") in gaps(facts)
    assert {("neighbours", "no-answer"), ("supplies", "no-answer"), ("volumes", "no-answer")} <= set(
        gaps(facts)
    )


def test_no_time_for_the_first_answer_is_an_error() -> None:
    class Stuck(RecordedAgent):
        async def get(self, oids: tuple[Oid, ...]) -> Mapping[Oid, SnmpValue]:
            await asyncio.Event().wait()
            return await super().get(oids)

    with pytest.raises(RemoteError, match="in time"):
        asyncio.run(collect(Stuck(SWITCH), seconds=0.05))


def test_an_agent_that_shows_nothing_says_that_it_may_not() -> None:
    facts = ask(RecordedAgent({}))
    assert gaps(facts) == [("identity", "absent"), ("interfaces", "absent")]
    assert all("view" in gap.remedy for gap in facts.missing)


def test_every_gap_is_named_once_and_by_a_part_that_is_kept() -> None:
    facts = ask(RecordedAgent(PRINTER, silent_after=3))
    parts = [part for part, _ in gaps(facts)]
    assert len(gaps(facts)) == len(set(gaps(facts)))
    assert set(parts) <= {"identity", "interfaces", "neighbours", "supplies", "volumes", "batteries"}


@given(
    st.dictionaries(st.one_of(tables(), known_objects()), objects(), max_size=50),
    st.one_of(st.none(), st.integers(0, 25)),
)
def test_no_agent_makes_collecting_fail(values: dict[Oid, SnmpValue], silent_after: int | None) -> None:
    agent = RecordedAgent(values, silent_after=silent_after)
    try:
        facts = ask(agent)
    except RemoteError:
        assert silent_after is not None
    else:
        assert HostFacts.from_parts(facts.parts()).parts() == facts.parts()
    assert len(agent.asked) <= MOST_REQUESTS
