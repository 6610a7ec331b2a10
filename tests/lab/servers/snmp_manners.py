"""How an agent can misbehave: each is a manner of `Agent`, or a recording that was bent."""

import random
from collections.abc import Iterable

from lab.servers import ber
from lab.servers.snmp_replay import TOO_BIG, Agent, Manner, Reply, honest
from lab.servers.snmprec import Recording

GENERAL_ERROR = 5


def silent(_agent: Agent, _request: ber.Request) -> Iterable[Reply]:
    """Never answers."""
    return ()


def truncated(agent: Agent, request: ber.Request) -> Iterable[Reply]:
    """Answers end three bytes early."""
    yield Reply(agent.answer(request)[:-3])


def garbage(_agent: Agent, _request: ber.Request) -> Iterable[Reply]:
    """Answers are no BER at all."""
    yield Reply(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def huge_string(agent: Agent, request: ber.Request) -> Iterable[Reply]:
    """Answers with a string of 10 MB, of which the network takes the first 64 kB."""
    value = ber.encode(ber.STRING, b"A" * 10_000_000)
    yield Reply(
        ber.encode_response(request, ber.encode(ber.SEQUENCE, ber.encode_oid(request.oids[0]) + value))
    )


def wrong_request_id(agent: Agent, request: ber.Request) -> Iterable[Reply]:
    """Answers carry another request's number."""
    yield Reply(ber.encode_response(request, b"", request_id=request.request_id ^ 0x0101))


def wrong_community(agent: Agent, request: ber.Request) -> Iterable[Reply]:
    """Answers carry another community."""
    yield Reply(agent.answer(request).replace(agent.community, agent.community[::-1], 1))


def from_elsewhere(agent: Agent, request: ber.Request) -> Iterable[Reply]:
    """Answers come from another port."""
    yield Reply(agent.answer(request), elsewhere=True)


def twice(agent: Agent, request: ber.Request) -> Iterable[Reply]:
    """Every answer comes a second time."""
    yield from (Reply(agent.answer(request)), Reply(agent.answer(request)))


def general_error(_agent: Agent, request: ber.Request) -> Iterable[Reply]:
    """Everything is answered with genErr."""
    yield Reply(ber.encode_response(request, _nulls(request), error=GENERAL_ERROR, index=1))


def slow(seconds: float) -> Manner:
    """Answers come late."""
    return lambda agent, request: [Reply(agent.answer(request), after=seconds)]


def too_big_above(limit: int) -> Manner:
    """More than `limit` repetitions, or names in a GET, are tooBig."""

    def manner(agent: Agent, request: ber.Request) -> Iterable[Reply]:
        if _size(request) > limit:
            return [Reply(ber.encode_response(request, b"", error=TOO_BIG))]
        return honest(agent, request)

    return manner


def silent_above(limit: int) -> Manner:
    """More than `limit` repetitions, or names in a GET, are never answered."""

    def manner(agent: Agent, request: ber.Request) -> Iterable[Reply]:
        return () if _size(request) > limit else honest(agent, request)

    return manner


def silent_after(answers: int) -> Manner:
    """Answers so many requests and dies."""

    def manner(agent: Agent, request: ber.Request) -> Iterable[Reply]:
        return honest(agent, request) if len(agent.asked) <= answers else ()

    return manner


def error_after(answers: int) -> Manner:
    """Answers so many requests, the others with genErr."""

    def manner(agent: Agent, request: ber.Request) -> Iterable[Reply]:
        return (honest if len(agent.asked) <= answers else general_error)(agent, request)

    return manner


def losing_every_third(agent: Agent, request: ber.Request) -> Iterable[Reply]:
    """Every third request is lost, the first one too."""
    return () if len(agent.asked) % 3 == 1 else honest(agent, request)


def endless(_agent: Agent, request: ber.Request) -> Iterable[Reply]:
    """OIDs that grow for ever below the one that was asked for."""
    oid, found = request.oids[0], []
    for _ in range(max(request.second, 1)):
        oid = (*oid[:-1], oid[-1] + 1) if len(oid) > 12 else (*oid, 1)
        found.append(ber.encode(ber.SEQUENCE, ber.encode_oid(oid) + ber.encode_integer(1)))
    yield Reply(ber.encode_response(request, b"".join(found)))


def looping(recording: Recording) -> Recording:
    """After the last row comes the first again."""
    return _bent(recording, {recording.order[-1]: 0})


def stuck(recording: Recording, at: int) -> Recording:
    """The row at `at` is followed by itself."""
    return _bent(recording, {recording.order[at]: at})


def shuffled(recording: Recording, seed: int) -> Recording:
    """Every row once, in another order than that of the OIDs."""
    order = list(recording.order)
    random.Random(seed).shuffle(order)
    after = {oid: place + 1 for place, oid in enumerate(order)}
    return Recording(recording.rows, tuple(order), recording.unreadable, after)


def _bent(recording: Recording, changes: dict[ber.Oid, int]) -> Recording:
    after = {**recording.after, **changes}
    return Recording(recording.rows, recording.order, recording.unreadable, after)


def _size(request: ber.Request) -> int:
    return request.second if request.kind == ber.GET_BULK else len(request.oids)


def _nulls(request: ber.Request) -> bytes:
    return b"".join(ber.encode(ber.SEQUENCE, ber.encode_oid(oid) + b"\x05\x00") for oid in request.oids)
