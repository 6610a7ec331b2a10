"""A replayed agent over SNMPv3: both libraries get the recording, and nobody else gets a word of it."""

import pytest

from lab.servers import ber
from lab.servers.snmp_replay import ReplayServer
from lab.servers.snmp_usm import SecureReplay, SecureUser
from lab.snmp_rig import BACKENDS, TABLE, present, refused, switch, using, walking
from schoten_ict.core.remote import Account, SnmpValue, Target, Via
from schoten_ict.core.secrets import Secret
from schoten_ict.fleet.ask.snmp import oids

USER = SecureUser("ict", "auth-of-the-lab", "priv-of-the-lab")


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return present(request.param)


def asked(port: int, name: str = "ict", auth: str = USER.auth, priv: str = USER.priv) -> Target:
    options = {"version": "3", "auth_protocol": "SHA256", "priv_protocol": "AES128"}
    account = Account(
        "switches", name, "host:sw-1", "", {"auth": Secret(auth), "priv": Secret(priv)}, options
    )
    return Target("sw-1", "127.0.0.1", Via.SNMP, port, account)


@pytest.mark.lab
def test_the_recording_is_walked_whole(backend: str) -> None:
    with ReplayServer([SecureReplay(switch(), USER)]) as agents:
        made = asked(agents.ports[0])
        name = using(made, backend, lambda session: session.get((oids.SYS_NAME,)))
        walk = using(made, backend, walking(TABLE))
    assert name == {oids.SYS_NAME: SnmpValue("string", b"sw-core-01")}
    assert (len(walk.values), walk.complete) == (120, True)


@pytest.mark.lab
@pytest.mark.parametrize(
    "wrong",
    [{"name": "nobody"}, {"auth": "sesam-wrong"}, {"priv": "sesam-wrong"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_who_is_wrong_is_told_so_and_gets_nothing(backend: str, wrong: dict[str, str]) -> None:
    agent = SecureReplay(switch(), USER)
    with ReplayServer([agent]) as agents:
        error = refused(
            asked(agents.ports[0], **wrong), backend, lambda session: session.get((oids.SYS_NAME,))
        )
    assert error.problems[0].code == "authentication"
    assert agent.asked == []


@pytest.mark.lab
def test_nothing_is_said_to_a_community_or_to_garbage() -> None:
    agent = SecureReplay(switch(), USER)
    request = ber.Request(1, b"public", ber.GET, 1, 0, 0, ())
    for data in (ber.encode_response(request, b""), b"", b"\x30", b"\x30\x03\x02\x01\x03"):
        assert agent.replies(data) == []
