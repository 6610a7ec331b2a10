"""SNMP against agents that replay: both libraries give the same answers and hold the same guards."""

import asyncio
from collections.abc import Callable, Iterable

import pytest

from lab.servers import ber
from lab.servers import snmp_manners as manners
from lab.servers.snmp_replay import Agent, Manner, Reply, honest
from lab.servers.snmprec import Recording
from lab.snmp_rig import (
    BACKENDS,
    COMMUNITY,
    HASTY,
    SYSTEM,
    TABLE,
    agent,
    nothing_left,
    present,
    refused,
    replaying,
    switch,
    target,
    using,
    walking,
)
from lab.system_group import System, system
from schoten_ict.connect.snmp import open_snmp, values
from schoten_ict.connect.snmp.session import Pace, Session, Timing
from schoten_ict.core.remote import Oid, Walk
from schoten_ict.fleet.ask.snmp import oids

PATIENT = Timing(Pace(2.0, 2), Pace(2.0, 2), deadline=10.0)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return present(request.param)


@pytest.fixture(params=["1", "2c"])
def version(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def below(recording: Recording, root: Oid) -> list[Oid]:
    return [oid for oid in recording.order if oid[: len(root)] == root]


def test_the_system_is_asked_for_in_one_request(backend: str) -> None:
    asked = agent()
    with nothing_left(), replaying(asked) as ports:
        found = using(target(ports[0]), backend, system)
    assert found == System(
        "A switch of the lab", (1, 3, 6, 1, 4, 1, 9, 1, 2494), 86_400, "sw-core-01", host_up=172_800
    )
    assert len(asked.asked) == 1


def test_an_agent_of_version_1_is_asked_until_it_has_told_what_it_has(backend: str) -> None:
    with replaying(agent()) as ports:
        found = using(target(ports[0], "1"), backend, system)
    assert (found.name, found.location, found.host_up) == ("sw-core-01", None, 172_800)


def test_an_agent_that_answers_no_get_is_walked(backend: str) -> None:
    def only_next(agent: Agent, request: ber.Request) -> Iterable[Reply]:
        return () if request.kind == ber.GET else honest(agent, request)

    def errors(agent: Agent, request: ber.Request) -> Iterable[Reply]:
        return (manners.general_error if request.kind == ber.GET else honest)(agent, request)

    with replaying(agent(None, errors), agent(None, only_next)) as ports:
        assert refused(target(ports[1]), backend, system).problems[0].code == "no-answer"
        assert refused(target(ports[0]), backend, system).problems[0].code == "protocol"


def test_a_table_is_walked_whole(backend: str, version: str) -> None:
    recording = switch()
    with nothing_left(), replaying(agent(recording)) as ports:
        walk = using(target(ports[0], version), backend, walking())
    assert (list(walk.values), walk.complete) == (below(recording, TABLE), True)
    assert {value.value for value in walk.values.values()} == set(range(120))


def test_a_walk_reaches_the_end_of_everything(backend: str, version: str) -> None:
    recording = switch()
    with replaying(agent(recording)) as ports:
        walk = using(target(ports[0], version), backend, walking((1, 3)))
    assert (list(walk.values), walk.complete) == (list(recording.order), True)


def test_what_is_not_there_is_an_empty_walk(backend: str, version: str) -> None:
    with replaying(agent()) as ports:
        walk = using(target(ports[0], version), backend, walking((1, 3, 6, 1, 2, 1, 43)))
    assert (walk.values, walk.complete) == ({}, True)


def test_absent_values_are_absent(backend: str, version: str) -> None:
    wanted = (oids.SYS_DESCR, oids.SYS_LOCATION, *((1, 3, 6, 1, 4, 1, 9, number) for number in range(25)))
    with replaying(agent()) as ports:
        found = using(target(ports[0], version), backend, lambda session: session.get(wanted))
        nothing = using(target(ports[0], version), backend, lambda session: session.get(wanted[1:3]))
    assert list(found) == [oids.SYS_DESCR]
    assert nothing == {}


@pytest.mark.parametrize("community", [COMMUNITY, "sesam-shut"])
def test_silence_is_no_answer_or_a_wrong_community_and_never_down(backend: str, community: str) -> None:
    silent = agent(None, manners.silent) if community == COMMUNITY else agent()
    with nothing_left(), replaying(silent) as ports:
        for ask in (system, walking()):
            error = refused(target(ports[0], community=community), backend, ask)
            assert error.problems[0].code == "no-answer"
            assert str(error) == "no answer from sw-1, or the community is wrong"
            assert "credential switches" in error.remedy
            assert "down" not in f"{error} {error.remedy}"
            assert community not in f"{error!r} {error.remedy}"
    assert len(silent.asked) in {0, 4}


def test_nobody_at_the_port_is_no_answer(backend: str) -> None:
    with replaying(agent()) as ports:
        free = ports[0]
    assert refused(target(free), backend, system).problems[0].code == "no-answer"


def test_an_address_that_leads_nowhere_is_unreachable(backend: str) -> None:
    error = refused(target(161, address="no-such-host.invalid"), backend, system)
    assert error.problems[0].code == "unreachable"
    assert error.remedy


@pytest.mark.parametrize(
    ("bent", "rows"),
    [
        pytest.param(manners.looping, 126, id="going-round"),
        pytest.param(lambda recording: manners.stuck(recording, 50), 51, id="standing-still"),
    ],
)
def test_an_agent_that_repeats_itself_is_stopped(
    backend: str, version: str, bent: Callable[[Recording], Recording], rows: int
) -> None:
    recording = switch()
    with replaying(agent(bent(recording))) as ports:
        walk = using(target(ports[0], version), backend, walking((1, 3)))
    assert (len(walk.values), walk.complete) == (rows, False)
    assert "repeats itself" in walk.reason


def test_an_agent_that_answers_out_of_order_is_walked_whole(backend: str, version: str) -> None:
    recording = Recording.of({(*TABLE, 2, n): ber.encode_integer(n) for n in range(90)})
    with replaying(agent(manners.shuffled(recording, 7))) as ports:
        walk = using(target(ports[0], version), backend, walking())
    assert (sorted(walk.values), walk.complete) == (sorted(recording.order), True)


def test_an_agent_without_end_is_stopped_at_the_limit(backend: str) -> None:
    with replaying(agent(None, manners.endless)) as ports:
        walk = using(target(ports[0]), backend, walking(rows=500))
    assert (len(walk.values), walk.complete, walk.reason) == (500, False, "more than 500 values")


@pytest.mark.parametrize("manner", [manners.truncated, manners.garbage, manners.huge_string])
def test_answers_that_cannot_be_read_are_an_error(
    backend: str, manner: Manner, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = agent(None, manner)
    with nothing_left(), replaying(broken) as ports:
        for ask in (system, walking()):
            error = refused(target(ports[0]), backend, ask)
            assert (error.problems[0].code, str(error)) == (
                "protocol",
                "the answers of sw-1 cannot be read as SNMP",
            )
    assert broken.refused == (len(broken.asked) if manner is manners.huge_string else 0)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("manner", "codes"),
    [
        (manners.wrong_request_id, {"timeout"}),
        (manners.wrong_community, {"timeout"}),
        (manners.from_elsewhere, {"no-answer"}),
    ],
)
def test_answers_to_somebody_else_are_not_taken(backend: str, manner: Manner, codes: set[str]) -> None:
    with replaying(agent(None, manner)) as ports:
        assert refused(target(ports[0]), backend, system).problems[0].code in codes


def test_an_answer_that_comes_twice_is_one_answer(backend: str, version: str) -> None:
    recording = switch()
    with replaying(agent(recording, manners.twice)) as ports:
        walk = using(target(ports[0], version), backend, walking())
    assert list(walk.values) == below(recording, TABLE)


def test_late_answers_are_not_taken_for_the_next_one(backend: str) -> None:
    with replaying(agent(None, manners.slow(0.4))) as ports:
        error = refused(target(ports[0]), backend, system)
    assert error.problems[0].code == "timeout"


def test_a_lost_request_is_asked_again(backend: str) -> None:
    losing = agent(switch(400), manners.losing_every_third)
    with replaying(losing) as ports:
        assert using(target(ports[0]), backend, system).name == "sw-core-01"
        walk = using(target(ports[0]), backend, walking())
    assert (len(walk.values), walk.complete) == (400, True)
    assert losing.asked[-1].second == 20


@pytest.mark.parametrize(
    "manner", [manners.too_big_above(5), manners.silent_above(5)], ids=["tooBig", "silence"]
)
def test_an_agent_that_cannot_give_much_is_asked_for_less_and_that_is_remembered(
    backend: str, manner: Manner
) -> None:
    async def twice(session: Session) -> tuple[Walk, int, Walk]:
        await session.get((oids.SYS_NAME,))
        first = await session.walk(TABLE)
        return first, len(modest.asked), await session.walk(TABLE)

    modest = agent(None, manner)
    with replaying(modest) as ports:
        first, asked, second = using(target(ports[0]), backend, twice)
    assert first.complete
    assert second == first
    assert [request.second for request in modest.asked[1:4]] == [20, 10, 5]
    assert {request.second for request in modest.asked[asked:]} == {5}
    assert asked <= 2 + 120 // 5 + 4


def test_a_get_that_is_too_big_is_split(backend: str) -> None:
    wanted = tuple((*TABLE, 1, number) for number in range(1, 31))
    with replaying(agent(None, manners.too_big_above(4))) as ports:
        found = using(target(ports[0]), backend, lambda session: session.get(wanted))
    assert list(found) == list(wanted)


def test_an_agent_that_dies_half_way_leaves_what_came(backend: str) -> None:
    with replaying(agent(None, manners.silent_after(3))) as ports:
        walk = using(target(ports[0]), backend, walking())
    assert (len(walk.values), walk.complete) == (60, False)
    assert "no answer from sw-1" in walk.reason


def test_an_error_half_way_leaves_what_came(backend: str, version: str) -> None:
    with replaying(agent(None, manners.error_after(2))) as ports:
        walk = using(target(ports[0], version), backend, walking())
    assert (len(walk.values), walk.complete) == (2 if version == "1" else 40, False)
    assert walk.reason == "sw-1 answers with genErr"


def test_nothing_but_errors_is_an_error(backend: str, version: str) -> None:
    with replaying(agent(None, manners.general_error)) as ports:
        for ask in (system, walking()):
            error = refused(target(ports[0], version), backend, ask)
            assert (error.problems[0].code, str(error)) == ("protocol", "sw-1 answers with genErr")


def test_a_refusal_to_show_anything_is_denied(backend: str) -> None:
    def denying(_agent: Agent, request: ber.Request) -> Iterable[Reply]:
        return [Reply(ber.encode_response(request, b"", error=16))]

    with replaying(agent(None, denying)) as ports:
        for ask in (system, walking()):
            assert refused(target(ports[0]), backend, ask).problems[0].code == "denied"


def test_empty_values_are_no_rows_and_end_no_walk(backend: str, version: str) -> None:
    rows: dict[Oid, bytes] = {
        (*TABLE, 1, n): b"\x05\x00" if n % 3 else ber.encode_integer(n) for n in range(90)
    }
    rows |= {(*TABLE, 2, n): b"\x05\x00" for n in range(50)} | {(*TABLE, 3, 1): ber.encode_integer(1)}
    with replaying(agent(Recording.of(rows))) as ports:
        walk = using(target(ports[0], version), backend, walking())
        found = using(
            target(ports[0], version), backend, lambda session: session.get(((*TABLE, 1, 1), (*TABLE, 1, 3)))
        )
    assert (len(walk.values), walk.complete) == (31, True)
    assert list(found) == [(*TABLE, 1, 3)]


def test_values_of_another_type_than_the_mib_says_are_left_out(backend: str) -> None:
    wrong = {
        oids.SYS_DESCR: ber.encode_integer(5),
        oids.SYS_OBJECT_ID: ber.encode(ber.STRING, b"no oid"),
        oids.SYS_UPTIME: ber.encode(ber.STRING, b"long"),
        oids.SYS_NAME: ber.encode(ber.STRING, b"\x1b]0;owned\x07[red]sw[/red]"),
    }
    with replaying(agent(Recording.of(wrong))) as ports:
        found = using(target(ports[0]), backend, system)
    assert found == System()


def test_every_type_of_value_arrives(backend: str, version: str) -> None:
    rows: dict[Oid, bytes] = {
        (*SYSTEM, 1): ber.encode_integer(-(2**31)), (*SYSTEM, 2): ber.encode_integer(2**32 - 1, 65),
        (*SYSTEM, 3): ber.encode_integer(2**32 - 1, 66), (*SYSTEM, 4): ber.encode_integer(2**32 - 1, 67),
        (*SYSTEM, 5): ber.encode_integer(2**64 - 1, 70), (*SYSTEM, 6): b"\x40\x04\x7f\x00\x00\x01",
        (*SYSTEM, 7): ber.encode_oid((2, 999, 3, 1)), (*SYSTEM, 8): b"\x44\x07\x9f\x78\x04\x3f\xc0\x00\x00",
        (*SYSTEM, 9): ber.encode(ber.STRING, bytes(range(256))), (*SYSTEM, 10): ber.encode_oid((0, 0)),
    }  # fmt: skip
    if version == "1":
        del rows[*SYSTEM, 5]  # Counter64 came with version 2
    with replaying(agent(Recording.of(rows))) as ports:
        walk = using(target(ports[0], version), backend, walking(SYSTEM))
    found = {oid[-1]: value.value for oid, value in walk.values.items()}
    expected = {
        1: -(2**31), 2: 2**32 - 1, 3: 2**32 - 1, 4: 2**32 - 1, 5: 2**64 - 1, 6: "127.0.0.1", 7: (2, 999, 3, 1),
        8: b"\x9f\x78\x04\x3f\xc0\x00\x00", 9: bytes(range(256)), 10: (0, 0),
    }  # fmt: skip
    assert found == {number: value for number, value in expected.items() if number in found}
    assert len(found) == len(rows)


def test_one_request_at_a_time(backend: str) -> None:
    async def many(session: Session) -> None:
        await asyncio.gather(
            *(session.get(((*TABLE, 1, number),)) for number in range(1, 9)), session.walk(SYSTEM)
        )

    slow = agent(None, manners.slow(0.03))
    with replaying(slow) as ports:
        using(target(ports[0]), backend, many, timing=PATIENT)
    assert len(slow.asked) >= 9
    assert slow.at_once == 1


def test_nothing_lasts_longer_than_its_deadline(backend: str) -> None:
    short = Timing(Pace(0.3, 2), Pace(0.3, 2), deadline=0.7)
    with nothing_left(), replaying(agent(switch(400), manners.slow(0.15))) as ports:
        walk = using(target(ports[0]), backend, walking(), timing=short)
        wanted = tuple((*TABLE, 1, number) for number in range(100))
        error = refused(target(ports[0]), backend, lambda session: session.get(wanted), timing=short)
    assert 0 < len(walk.values) < 400
    assert walk.reason == "sw-1 needs more than 0.7 s"
    assert error.problems[0].code == "timeout"


def test_many_agents_are_asked_side_by_side(backend: str) -> None:
    agents = [agent() for _ in range(30)]

    async def one(port: int) -> int:
        async with open_snmp(target(port), backend=backend, timing=PATIENT) as session:
            return len((await session.walk(TABLE)).values)

    async def everyone(ports: list[int]) -> list[int]:
        return await asyncio.gather(*map(one, ports))

    with nothing_left(), replaying(*agents) as ports:
        assert asyncio.run(everyone(ports)) == [120] * 30


def test_answers_that_wait_to_be_read_are_no_silence(backend: str) -> None:
    once = Timing(Pace(0.25, 1), Pace(0.25, 1), deadline=15.0)

    async def one(port: int) -> int:
        async with open_snmp(target(port), backend=backend, timing=once) as session:
            return len(await session.get((oids.SYS_NAME,)))

    async def everyone(ports: list[int]) -> list[int]:
        return await asyncio.gather(*map(one, ports))

    with replaying(*(agent() for _ in range(200))) as ports:
        assert asyncio.run(everyone(ports)) == [1] * 200


def test_a_session_that_is_given_up_leaves_nothing_behind(backend: str) -> None:
    async def give_up(port: int) -> None:
        async with open_snmp(target(port), backend=backend, timing=PATIENT) as session:
            asking = asyncio.create_task(session.walk(TABLE))
            await asyncio.sleep(0.1)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking

    with nothing_left(), replaying(agent(None, manners.silent)) as ports:
        asyncio.run(give_up(ports[0]))


def test_a_session_can_be_closed_twice_and_used_again(backend: str) -> None:
    async def again(session: Session) -> int:
        await session.get((oids.SYS_NAME,))
        await session.close()
        await session.close()
        return len(await session.get((oids.SYS_NAME,)))

    with nothing_left(), replaying(agent()) as ports:
        assert using(target(ports[0]), backend, again) == 1


def test_communities_need_not_be_ascii(backend: str) -> None:
    with replaying(Agent(switch(), community="geheim-één-€".encode())) as ports:
        assert using(target(ports[0], community="geheim-één-€"), backend, system).name == "sw-core-01"


def test_an_agent_on_ipv6_is_asked(backend: str) -> None:
    try:
        with replaying(agent(), address="::1") as ports:
            assert using(target(ports[0], address="::1"), backend, system).name == "sw-core-01"
    except OSError as error:
        pytest.skip(f"no IPv6 on loopback: {error.strerror}")


def test_both_libraries_give_the_same(version: str) -> None:
    with replaying(agent()) as ports:
        answers = [using(target(ports[0], version), present(each), walking((1, 3))) for each in BACKENDS]
    assert answers[0] == answers[1]
    assert {value.kind for value in answers[0].values.values()} == {values.INTEGER, values.STRING, values.OID}


def test_timing_is_what_was_asked_for() -> None:
    assert (Timing().probe, Timing().walk) == (Pace(1.0, 2), Pace(3.0, 2))
    assert HASTY.deadline < Timing().deadline
