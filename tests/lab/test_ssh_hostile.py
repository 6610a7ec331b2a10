"""SSH servers that stall, flood, lie and drop: always one clear error in time, and nothing left over."""

import base64
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_FAILED

from lab.servers.odd_ssh import (
    Door,
    EndlessDoor,
    Listener,
    OpenDoor,
    paramiko_server,
    says,
    says_for_ever,
)
from lab.ssh_rig import Memory, account, code_of, nothing_left_over, opened, refusal_of, target
from schoten_ict.connect.ssh import host_key
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Command, RemoteError, Target

pytestmark = pytest.mark.lab

HOST_KEY = paramiko.ECDSAKey.generate()
WRONG = "Fout-1830"
RIGHT = "Juist-9271"


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    with nothing_left_over():
        yield


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """Knows the key of every server here."""
    file = tmp_path / "known_hosts"
    file.write_text(f"* {HOST_KEY.get_name()} {HOST_KEY.get_base64()}\n", encoding="ascii")
    return file


def at(listener: Listener, known: Path, password: str = WRONG, realm: str = "SCHOTEN.TEST") -> Target:
    return target(listener.address, listener.port, account("svc-ict", realm, password=password), known)


KEXINIT_STALL = b"SSH-2.0-OpenSSH_9.2\r\n"
HUGE_PACKET = b"SSH-2.0-OpenSSH_9.2\r\n" + b"\x7f\xff\xff\xfc" + b"\x04" * 60


@pytest.mark.parametrize(
    ("serve", "code", "said"),
    [
        (says(), "timeout", "says nothing"),
        (says(KEXINIT_STALL), "timeout", "did not finish the key exchange"),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "protocol", "HTTP/1.1 400 Bad Request"),
        (says(b"\x1b[2J<b>[bold]router>\r\n" * 150), "protocol", "is no SSH server"),
        (says(HUGE_PACKET), "protocol", "sends too much"),
        (says(b"SSH-1.5-old\r\n"), "protocol", "shares no algorithm"),
        (says(b"SSH-2.0-x\r\n" + b"\0\0\0\x0c\x0a\x15" + b"\0" * 60), "protocol", "breaks the SSH protocol"),
        (says_for_ever(b"", b"x" * 1000), "protocol", "is no SSH server"),
        (says_for_ever(b"", b"welcome\r\n" * 100), "protocol", "is no SSH server"),
        (says_for_ever(b"SSH-2.0-x\r\n", os.urandom(1000)), "protocol", ""),
    ],
)
def test_a_server_that_is_none_is_named_in_time(
    serve: Callable[[socket.socket], None], code: str, said: str, known: Path
) -> None:
    started = time.monotonic()
    with Listener(serve) as listener:
        error = refusal_of(at(listener, known), seconds=1.0)
    assert code_of(error) == code
    assert said in str(error)
    assert "\x1b" not in error.problems[0].line()
    assert error.problems[0].subject == "host:srv-web01"
    assert time.monotonic() - started < 5


def test_a_greeting_without_end_is_left_long_before_the_deadline(known: Path) -> None:
    started = time.monotonic()
    with Listener(says_for_ever(b"", b"x" * 10_000)) as listener:
        assert code_of(refusal_of(at(listener, known), seconds=60)) == "protocol"
    assert time.monotonic() - started < 20


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.24.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = refusal_of(target("127.0.24.1", port, account("svc-ict", password="x")))
    assert code_of(error) == "unreachable"
    assert "connection refused" in str(error)


def test_a_name_that_nobody_knows() -> None:
    error = refusal_of(target("x" * 70, 22, account("svc-ict", password="x")))
    assert code_of(error) == "unreachable"
    assert "is no known name" in str(error)


def test_a_server_that_drops_every_connection_is_asked_a_few_times_only(known: Path) -> None:
    with Listener(lambda _: None) as listener:
        error = refusal_of(at(listener, known), seconds=20)
        assert listener.connections == 4
    assert code_of(error) == "unreachable"
    assert "MaxStartups" in error.remedy


def test_a_wrong_password_reaches_the_server_once_from_32_threads_and_not_again(known: Path) -> None:
    door, memory = Door(password=RIGHT), Memory()
    with Listener(paramiko_server(door, HOST_KEY)) as listener:
        hosts = [replace(at(listener, known), host=f"srv-{number:02}") for number in range(32)]

        def ask_all(password: str) -> list[RemoteError]:
            guard = AccountGuard(memory)
            asker = account("svc-ict", "SCHOTEN.TEST", password=password)
            with ThreadPoolExecutor(32) as pool:
                return list(
                    pool.map(lambda host: refusal_of(replace(host, account=asker), guard=guard), hosts)
                )

        first = ask_all(WRONG)
        assert door.tries == {"password": 1}
        assert sorted(map(code_of, first)) == ["authentication", *["not-asked"] * 31]
        assert {error.problems[0].subject for error in first} == {
            f"host:srv-{number:02}" for number in range(32)
        }
        assert all(WRONG not in error.problems[0].line() for error in first)

        second = ask_all(WRONG)
        assert door.tries == {"password": 1}
        assert set(map(code_of, second)) == {"not-asked"}

        ask_all("Fout-1831")
        assert door.tries == {"password": 2}

        right = account("svc-ict", "SCHOTEN.TEST", password=RIGHT)
        opened(replace(hosts[0], account=right), guard=AccountGuard(memory)).close()
        assert door.tries == {"password": 3}


@pytest.mark.parametrize(
    "door", [Door("keyboard-interactive", RIGHT), EndlessDoor("keyboard-interactive", RIGHT)]
)
def test_a_wrong_password_is_answered_to_one_question_only(door: Door, known: Path) -> None:
    with Listener(paramiko_server(door, HOST_KEY)) as listener:
        error = refusal_of(at(listener, known))
    assert code_of(error) == "authentication"
    assert door.tries == {"interactive": 1}
    assert WRONG not in str(error)


def test_the_right_password_to_a_question_lets_us_in(known: Path) -> None:
    door = Door("keyboard-interactive", RIGHT)
    with Listener(paramiko_server(door, HOST_KEY)) as listener:
        opened(at(listener, known, RIGHT)).close()
    assert door.tries == {"interactive": 1}


class ForgetfulDoor(Door):
    """Offers passwords until one was wrong, then questions."""

    def check_auth_password(self, username: str, password: str) -> int:
        self.ways = "keyboard-interactive"
        return super().check_auth_password(username, password)


def test_a_wrong_password_is_not_tried_another_way(known: Path) -> None:
    door = ForgetfulDoor("password,keyboard-interactive", RIGHT)
    with Listener(paramiko_server(door, HOST_KEY)) as listener:
        error = refusal_of(at(listener, known))
    assert code_of(error) == "authentication"
    assert door.tries == {"password": 1}


def test_a_server_that_takes_no_password_gets_none_and_shuts_no_account(known: Path) -> None:
    door, memory = Door("publickey", RIGHT), Memory()
    with Listener(paramiko_server(door, HOST_KEY)) as listener:
        error = refusal_of(at(listener, known), guard=AccountGuard(memory))
    assert code_of(error) == "denied"
    assert "it offers publickey" in str(error)
    assert (door.tries, memory.refusals) == ({}, {})


def test_only_the_declared_key_is_tried(known: Path) -> None:
    door = Door("publickey,password,keyboard-interactive", RIGHT)
    text = paramiko_text(paramiko.ECDSAKey.generate())
    with Listener(paramiko_server(door, HOST_KEY)) as listener:
        asked = replace(at(listener, known), account=account("svc-ict", key=text, password=RIGHT))
        error = refusal_of(asked)
    assert code_of(error) == "authentication"
    assert door.tries == {"publickey": 1}


def paramiko_text(key: paramiko.PKey) -> str:
    from io import StringIO

    stream = StringIO()
    key.write_private_key(stream)
    return stream.getvalue()


def test_a_server_that_leaves_during_the_login_shuts_no_account(known: Path) -> None:
    memory = Memory()

    class Leaver(Door):
        def check_auth_password(self, _username: str, _password: str) -> int:
            listener.cut()
            return AUTH_FAILED

    with Listener(paramiko_server(Leaver(), HOST_KEY)) as listener:
        error = refusal_of(at(listener, known), guard=AccountGuard(memory))
    assert code_of(error) == "unreachable"
    assert memory.refusals == {}


def test_a_server_that_never_answers_the_login_shuts_no_account(known: Path) -> None:
    memory = Memory()

    class Staller(Door):
        def check_auth_password(self, _username: str, _password: str) -> int:
            while not listener.ended:
                time.sleep(0.05)
            return AUTH_FAILED

    with Listener(paramiko_server(Staller(), HOST_KEY)) as listener:
        started = time.monotonic()
        error = refusal_of(at(listener, known), seconds=1.0, guard=AccountGuard(memory))
        assert time.monotonic() - started < 4
    assert code_of(error) == "timeout"
    assert memory.refusals == {}


@pytest.mark.parametrize(
    ("manner", "code", "said"),
    [("stall", "timeout", "not done within 0.5 s"), ("refuse", "denied", "does not run commands")],
)
def test_a_server_that_runs_nothing_says_so_in_time(manner: str, code: str, said: str, known: Path) -> None:
    with (
        Listener(paramiko_server(OpenDoor(manner), HOST_KEY)) as listener,
        opened(at(listener, known)) as runner,
    ):
        with pytest.raises(RemoteError, match=said) as caught:
            runner.run(Command("id", seconds=0.5))
        assert code_of(caught.value) == code


def test_a_server_that_sends_output_for_ever_is_cut(known: Path) -> None:
    with (
        Listener(paramiko_server(OpenDoor("flood"), HOST_KEY)) as listener,
        opened(at(listener, known)) as runner,
    ):
        with pytest.raises(RemoteError) as caught:
            runner.run(Command("id", seconds=5, limit=100_000))
        assert "\x1b" not in caught.value.problems[0].line()


def test_an_unknown_key_is_refused_with_its_fingerprint(tmp_path: Path) -> None:
    with Listener(paramiko_server(door := Door(), HOST_KEY)) as listener:
        asked = at(listener, tmp_path / "empty")
        error = refusal_of(asked)
        shown = host_key(asked, AccountGuard(Memory()), 10)
    assert code_of(error) == "host-key"
    assert shown.key.fingerprint == HOST_KEY.fingerprint
    assert HOST_KEY.fingerprint in str(error)
    assert "ict inventory trust srv-web01" in error.remedy
    assert door.tries == {}


def test_a_changed_key_is_refused_before_any_secret_is_sent(known: Path) -> None:
    other = paramiko.ECDSAKey.generate()
    with Listener(paramiko_server(door := Door(password=WRONG), other)) as listener:
        error = refusal_of(at(listener, known))
    assert code_of(error) == "host-key"
    assert other.fingerprint in str(error)
    assert HOST_KEY.fingerprint in str(error)
    assert door.tries == {}


def test_a_key_that_only_another_file_knows_is_refused(known: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    blob = base64.b64encode(paramiko.ECDSAKey.generate().asbytes()).decode()
    ours.write_text(f"* {HOST_KEY.get_name()} {blob}\n", encoding="ascii")
    with Listener(paramiko_server(Door(), HOST_KEY)) as listener:
        asked = replace(at(listener, known), known_hosts=(ours, known))
        assert code_of(refusal_of(asked)) == "host-key"
