"""SNMPv3 against net-snmp's snmpd: every protocol, every way to be refused, and answers that were tampered with."""

import asyncio
import socket
import tempfile
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from pysnmp.proto.rfc1902 import Integer32, OctetString

from lab.need import need
from lab.servers import snmp_secure
from lab.servers.snmp_secure import SecureAgent
from lab.servers.snmpd import AUTH_PASSWORD, COMMUNITY, PRIV_PASSWORD, Snmpd, User
from lab.snmp_rig import BACKENDS, nothing_left, present, refused, target, using, walking
from lab.system_group import system
from lab.winrm_rig import Memory
from schoten_ict.connect.snmp import open_snmp
from schoten_ict.connect.snmp.security import AUTH_PROTOCOLS
from schoten_ict.connect.snmp.session import Pace, Session, Timing
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, Oid, RemoteError, SnmpValue, Target, Via
from schoten_ict.core.secrets import Secret
from schoten_ict.fleet.ask.snmp import oids

pytestmark = pytest.mark.lab

PRIVS = ("DES", "AES128", "AES192", "AES256", "AES192C", "AES256C")
SEALED = User("SHA256", "AES128")
SIGNED = User("SHA256")
OPEN = User()
BLIND = User("SHA", may_read=False)
EVERYONE = (
    OPEN, BLIND, *(User(auth) for auth in AUTH_PROTOCOLS),
    *(User(auth, priv) for auth in AUTH_PROTOCOLS for priv in PRIVS),
)  # fmt: skip
PATIENT = Timing(Pace(1.0, 2), Pace(1.0, 2), deadline=15.0)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return present(request.param)


@pytest.fixture(scope="module")
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    with Snmpd(need("snmpd"), tmp_path_factory.mktemp("snmpd"), EVERYONE) as running:
        yield running


def secure(
    port: int, user: User, *, name: str = "", auth: str = AUTH_PASSWORD, priv: str = PRIV_PASSWORD,
    fingerprint: str = "",
) -> Target:  # fmt: skip
    options = {"version": "3"}
    secrets = {}
    if user.auth:
        options["auth_protocol"], secrets["auth"] = user.auth, Secret(auth)
    if user.priv:
        options["priv_protocol"], secrets["priv"] = user.priv, Secret(priv)
    account = Account("switches", name or user.name, "host:sw-1", fingerprint, secrets, options)
    return Target("sw-1", "127.0.0.1", Via.SNMP, port, account)


def names(session: Session) -> Coroutine[None, None, Mapping[Oid, SnmpValue]]:
    return session.get((oids.SYS_NAME,))


NAMED = {oids.SYS_NAME: SnmpValue("string", b"lab-agent")}


@pytest.mark.parametrize("user", [user for user in EVERYONE if user.may_read], ids=lambda user: user.name)
def test_every_protocol_is_spoken(snmpd: Snmpd, backend: str, user: User) -> None:
    assert using(secure(snmpd.port, user), backend, names, timing=PATIENT) == NAMED


@pytest.mark.parametrize("user", [OPEN, SIGNED, SEALED], ids=lambda user: user.name)
def test_the_system_of_a_real_agent(snmpd: Snmpd, backend: str, user: User) -> None:
    with nothing_left():
        found = using(secure(snmpd.port, user), backend, system, timing=PATIENT)
    assert (found.name, found.description, found.location) == (
        "lab-agent",
        "An agent of the lab",
        "gemeentehuis, kelder",
    )
    assert found.object_id is not None
    assert found.object_id[:8] == (1, 3, 6, 1, 4, 1, 8072, 3)
    assert None not in {found.up, found.engine_up, found.host_up}


@pytest.mark.parametrize("user", [OPEN, SIGNED, SEALED, None], ids=["open", "signed", "sealed", "community"])
def test_both_libraries_give_the_same(snmpd: Snmpd, user: User | None) -> None:
    def steady(values: dict[Oid, SnmpValue]) -> dict[Oid, SnmpValue]:
        return {
            oid: value
            for oid, value in values.items()
            if oid[:8] != (1, 3, 6, 1, 2, 1, 1, 9) and oid != oids.SYS_UPTIME
        }

    made = secure(snmpd.port, user) if user else target(snmpd.port, community=COMMUNITY)
    for root in ((1, 3, 6, 1, 2, 1, 1), oids.IF_NAME, oids.IF_OPER, (1, 3, 6, 1, 6, 3, 16)):
        walks = [using(made, present(each), walking(root), timing=PATIENT) for each in BACKENDS]
        assert [walk.complete for walk in walks] == [True, True]
        assert steady(dict(walks[0].values)) == steady(dict(walks[1].values))
        assert walks[0].values


@pytest.mark.parametrize("user", [OPEN, SIGNED, SEALED], ids=lambda user: user.name)
def test_everything_is_walked_to_its_end(snmpd: Snmpd, backend: str, user: User) -> None:
    walk = using(secure(snmpd.port, user), backend, walking((1, 3, 6, 1, 6)), timing=PATIENT)
    assert (walk.complete, walk.reason) == (True, "")
    assert max(walk.values)[:7] == (1, 3, 6, 1, 6, 3, 16)


@pytest.mark.parametrize("user", [OPEN, SIGNED, SEALED], ids=lambda user: user.name)
def test_what_is_absent_is_absent(snmpd: Snmpd, backend: str, user: User) -> None:
    absent = tuple((1, 3, 6, 1, 4, 1, 9, number, 0) for number in range(5))
    made = secure(snmpd.port, user)
    assert using(made, backend, lambda session: session.get(absent), timing=PATIENT) == {}
    assert (
        using(made, backend, lambda session: session.get((*absent, oids.SYS_NAME)), timing=PATIENT) == NAMED
    )


REFUSALS = [
    pytest.param(
        SEALED, {"auth": "sesam-wrong"}, "authentication", "authentication key", id="wrong-auth-password"
    ),
    pytest.param(SEALED, {"priv": "sesam-wrong"}, "protocol", "encrypted requests", id="wrong-priv-password"),
    pytest.param(SEALED, {"name": "nobody"}, "authentication", "does not know the user", id="unknown-user"),
    pytest.param(
        OPEN, {"name": "nobody"}, "authentication", "does not know the user", id="unknown-user-without-keys"
    ),
    pytest.param(
        User("SHA"), {"name": SIGNED.name}, "authentication", "authentication key", id="wrong-auth-protocol"
    ),
    pytest.param(
        User("SHA256", "AES256"), {"name": SEALED.name}, "protocol", "encrypted", id="wrong-priv-protocol"
    ),
    pytest.param(SEALED, {"name": SIGNED.name}, "protocol", "security level", id="more-than-the-user-has"),
    pytest.param(
        SIGNED, {"name": SEALED.name}, "denied", "authorizationError", id="less-than-the-agent-wants"
    ),
    pytest.param(BLIND, {}, "denied", "authorizationError", id="a-user-who-may-see-nothing"),
]


@pytest.mark.parametrize(("user", "wrong", "code", "words"), REFUSALS)
def test_a_refusal_says_what_is_wrong_and_no_secret(
    snmpd: Snmpd, backend: str, user: User, wrong: dict[str, str], code: str, words: str
) -> None:
    with nothing_left():
        error = refused(secure(snmpd.port, user, **wrong), backend, names, timing=PATIENT)
    problem = error.problems[0]
    assert (problem.code, problem.subject) == (code, "host:sw-1")
    assert words in problem.message
    assert problem.remedy
    for secret in ("sesam-wrong", AUTH_PASSWORD, PRIV_PASSWORD):
        assert secret not in "".join(traceback.format_exception(error)) + repr(error.problems)


def test_a_silent_agent_costs_no_turn_of_the_account(backend: str) -> None:
    """Discovery names no user, so that silent agents do not make others wait for the account's first login."""
    guard = AccountGuard(Memory())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        made = secure(mute.getsockname()[1], SEALED)

        async def together() -> list[object]:
            async with asyncio.timeout(10):
                return await asyncio.gather(*(one(made) for _ in range(10)), return_exceptions=True)

        async def one(made: Target) -> object:
            timing = Timing(Pace(0.5, 1), Pace(0.5, 1), deadline=4.0)
            async with open_snmp(made, guard, backend=backend, timing=timing) as session:
                return await session.get((oids.SYS_NAME,))

        loop_time = asyncio.new_event_loop()
        began = loop_time.time()
        answers = asyncio.run(together())
        took = loop_time.time() - began
        loop_time.close()
    assert {answer.problems[0].code for answer in answers if isinstance(answer, RemoteError)} == {"no-answer"}
    assert len([answer for answer in answers if isinstance(answer, RemoteError)]) == 10
    assert took < 4


def test_a_wrong_key_is_shown_once(snmpd: Snmpd, backend: str) -> None:
    memory = Memory()
    guard = AccountGuard(memory)
    wrong = secure(snmpd.port, SEALED, auth="sesam-wrong", fingerprint="old")
    assert refused(wrong, backend, names, timing=PATIENT, guard=guard).problems[0].code == "authentication"
    assert refused(wrong, backend, names, timing=PATIENT, guard=guard).problems[0].code == "not-asked"
    later = AccountGuard(memory)
    assert refused(wrong, backend, names, timing=PATIENT, guard=later).problems[0].code == "not-asked"
    assert (
        using(secure(snmpd.port, SEALED, fingerprint="new"), backend, names, timing=PATIENT, guard=later)
        == NAMED
    )
    assert memory.hosts == ["sw-1"]


def test_a_community_needs_no_guard(snmpd: Snmpd, backend: str) -> None:
    memory = Memory()
    guard = AccountGuard(memory)
    wrong = target(snmpd.port, community="sesam-shut")
    for _ in range(2):
        assert refused(wrong, backend, names, guard=guard).problems[0].code == "no-answer"
    assert memory.hosts == []


@pytest.mark.parametrize("user", [SIGNED, SEALED], ids=lambda user: user.name)
def test_an_agent_that_restarts_is_asked_on(tmp_path: Path, backend: str, user: User) -> None:
    running = Snmpd(need("snmpd"), tmp_path, (SIGNED, SEALED))

    async def over_a_restart() -> list[object]:
        with running:
            session = open_snmp(secure(running.port, user), backend=backend, timing=PATIENT)
            before = await session.get((oids.SYS_NAME,))
        with Snmpd(need("snmpd"), tmp_path, (SIGNED, SEALED), port=running.port):
            async with session:
                return [before, await session.get((oids.SYS_NAME,))]

    assert asyncio.run(over_a_restart()) == [NAMED, NAMED]


@contextmanager
def between(port: int, change: Callable[[bytes], bytes]) -> Iterator[int]:
    """The port of somebody in the middle, who changes answers: all but those by which they get to know each other."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back,
    ):
        front.bind(("127.0.0.1", 0))
        front.settimeout(0.05)
        back.connect(("127.0.0.1", port))
        back.settimeout(1)
        over = threading.Event()

        def pass_on() -> None:
            answers = 0
            while not over.is_set():
                try:
                    data, sender = front.recvfrom(65_535)
                    back.send(data)
                    answer = back.recv(65_535)
                    answers += 1
                    front.sendto(change(answer) if answers > 2 else answer, sender)
                except TimeoutError:
                    continue

        thread = threading.Thread(target=pass_on, name="between")
        thread.start()
        try:
            yield front.getsockname()[1]
        finally:
            over.set()
            thread.join()


def last_byte(data: bytes) -> bytes:
    """Another text, in the clear or encrypted."""
    return data[:-1] + bytes((data[-1] ^ 1,))


def unsigned(data: bytes) -> bytes:
    """The answer claims that it needed no signature, and says something else."""
    return data.replace(b"\x04\x01\x01\x02\x01\x03", b"\x04\x01\x00\x02\x01\x03", 1).replace(
        b"lab-agent", b"lab-boter"
    )


@pytest.mark.parametrize("user", [OPEN, SIGNED, SEALED], ids=lambda user: user.name)
def test_an_old_answer_is_not_taken_for_a_new_one(snmpd: Snmpd, backend: str, user: User) -> None:
    """Somebody in the middle gives the answer about the name again when the place is asked for."""
    kept: list[bytes] = []
    armed = threading.Event()

    def again(data: bytes) -> bytes:
        if not armed.is_set():
            kept.append(data)
        return kept[-1]

    async def both(session: Session) -> Mapping[Oid, SnmpValue]:
        assert await session.get((oids.SYS_NAME,)) == NAMED
        armed.set()
        return await session.get((oids.SYS_LOCATION,))

    with between(snmpd.port, again) as port:
        short = Timing(Pace(0.4, 2), Pace(0.4, 2), deadline=5.0)
        error = refused(secure(port, user), backend, both, timing=short)
    assert error.problems[0].code == "timeout"


@pytest.mark.parametrize(
    ("user", "change"),
    [
        pytest.param(SIGNED, last_byte, id="signed-changed"),
        pytest.param(SEALED, last_byte, id="sealed-changed"),
        pytest.param(SIGNED, unsigned, id="signature-waived"),
    ],
)
def test_an_answer_that_was_tampered_with_is_not_taken(
    snmpd: Snmpd, backend: str, user: User, change: Callable[[bytes], bytes]
) -> None:
    with between(snmpd.port, lambda data: data) as port:
        assert using(secure(port, user), backend, names, timing=PATIENT) == NAMED
    with between(snmpd.port, change) as port:
        short = Timing(Pace(0.4, 2), Pace(0.4, 2), deadline=5.0)
        error = refused(secure(port, user), backend, names, timing=short)
    assert error.problems[0].code in {"protocol", "timeout", "no-answer", "authentication"}


SECURE: dict[Oid, object] = {
    oids.SYS_NAME: OctetString("sw"), **{(1, 3, 6, 1, 2, 1, 2, 2, 1, 1, n): Integer32(n) for n in range(60)}
}  # fmt: skip


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., SecureAgent]:
    """Makes agents that hide their errors; pysnmp notes their starts in the folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return SecureAgent


def hidden(port: int) -> Target:
    return secure(port, SEALED, name=snmp_secure.USER, auth=snmp_secure.AUTH, priv=snmp_secure.PRIV)


def test_the_end_of_a_hidden_walk_is_its_end(backend: str, sealed: Callable[..., SecureAgent]) -> None:
    with sealed(SECURE) as agent:
        walk = using(hidden(agent.port), backend, walking((1, 3)), timing=PATIENT)
    assert (len(walk.values), walk.complete) == (61, True)


def test_a_hidden_too_big_is_no_end(backend: str, sealed: Callable[..., SecureAgent]) -> None:
    wanted = tuple(SECURE)[:9]
    with sealed(SECURE, most=3) as agent:
        walk = using(hidden(agent.port), backend, walking((1, 3)), timing=PATIENT)
        found = using(hidden(agent.port), backend, lambda session: session.get(wanted), timing=PATIENT)
    assert (len(walk.values), walk.complete) == (61, True)
    assert list(found) == list(wanted)


def test_a_hidden_error_is_no_end_and_no_absence(backend: str, sealed: Callable[..., SecureAgent]) -> None:
    broken = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1, 59, 1)
    with sealed(SECURE, broken=frozenset({broken})) as agent:
        walk = using(hidden(agent.port), backend, walking((1, 3)), timing=PATIENT)
        error = refused(hidden(agent.port), backend, lambda session: session.get((broken,)), timing=PATIENT)
        rest = using(
            hidden(agent.port), backend, lambda session: session.get((broken, oids.SYS_NAME)), timing=PATIENT
        )
    assert (len(walk.values), walk.complete) == (61, False)
    assert "sw-1 answers with" in walk.reason
    assert error.problems[0].code == "protocol"
    assert list(rest) == [oids.SYS_NAME]
