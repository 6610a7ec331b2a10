"""Names of values that are longer than SNMP has: both libraries refuse them, and lose nothing else."""

from collections.abc import Iterable

import pytest

from lab.servers import ber
from lab.servers.snmp_replay import Agent, Manner, Reply, honest
from lab.snmp_rig import (
    BACKENDS,
    SYSTEM,
    TABLE,
    agent,
    nothing_left,
    present,
    refused,
    replaying,
    target,
    using,
    walking,
)
from schoten_ict.core.remote import Oid
from schoten_ict.fleet.ask.snmp import collect

LARGEST = 2**32 - 1
COLUMN: Oid = (*TABLE, 2)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return present(request.param)


def naming(root: Oid, first: int) -> Manner:
    """Below `root` the agent names its values `first`, `first` + 1 ...; elsewhere it is honest."""

    def manner(told: Agent, request: ber.Request) -> Iterable[Reply]:
        asked = request.oids[0]
        if asked[: len(root)] != root:
            yield from honest(told, request)
            return
        arc = max(first, asked[-1] + 1)
        name = ber.encode_oid((*root, arc))
        yield Reply(
            ber.encode_response(request, ber.encode(ber.SEQUENCE, name + ber.encode_integer(arc % 100)))
        )

    return manner


def test_the_largest_number_in_a_name_is_read(backend: str) -> None:
    with nothing_left(), replaying(agent(manner=naming(COLUMN, LARGEST - 2))) as ports:
        walk = using(target(ports[0]), backend, walking(COLUMN, rows=3))
    assert [oid[-1] for oid in walk.values] == [LARGEST - 2, LARGEST - 1, LARGEST]


@pytest.mark.parametrize("first", [LARGEST + 1, 2**40, 2**64 + 5])
def test_a_larger_number_in_a_name_is_an_error(backend: str, first: int) -> None:
    with nothing_left(), replaying(agent(manner=naming(COLUMN, first))) as ports:
        error = refused(target(ports[0]), backend, walking(COLUMN))
    assert error.problems[0].code == "protocol"


def test_a_walk_keeps_what_came_before_such_a_name(backend: str) -> None:
    with nothing_left(), replaying(agent(manner=naming(COLUMN, LARGEST - 2))) as ports:
        walk = using(target(ports[0]), backend, walking(COLUMN))
    assert (len(walk.values), walk.complete) == (3, False)


def test_a_value_that_is_such_a_name_is_refused_and_not_cut(backend: str) -> None:
    def manner(told: Agent, request: ber.Request) -> Iterable[Reply]:
        value = ber.encode_oid((1, 3, 6, LARGEST + 1))
        yield Reply(
            ber.encode_response(request, ber.encode(ber.SEQUENCE, ber.encode_oid(request.oids[0]) + value))
        )

    with nothing_left(), replaying(agent(manner=manner)) as ports:
        error = refused(target(ports[0]), backend, lambda session: session.get(((*SYSTEM, 2, 0),)))
    assert error.problems[0].code == "protocol"


def test_a_host_with_one_such_name_is_collected_all_the_same(backend: str) -> None:
    with nothing_left(), replaying(agent(manner=naming(COLUMN, LARGEST + 1))) as ports:
        facts = using(target(ports[0]), backend, lambda session: collect(session, 15.0))
    assert facts.identity is not None
    assert facts.identity.hostname == "sw-core-01"
    assert "interfaces" in {gap.subject for gap in facts.missing}


def test_what_the_fast_library_cannot_ask_for_is_an_error_and_no_crash() -> None:
    with nothing_left(), replaying(agent()) as ports:
        error = refused(target(ports[0]), present("gufo"), walking((*TABLE, LARGEST + 1)))
    assert error.problems[0].code == "protocol"
