"""Logins on real OpenSSH servers: keys, certificates, the agent, passwords, jump hosts, host keys."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab.need import need
from lab.servers.odd_ssh import Listener, dropping, says
from lab.servers.openssh import Farm, make_key, run_quietly, stop_processes_of
from lab.ssh_rig import (
    PASSWORD,
    Memory,
    account,
    code_of,
    farm_target,
    nothing_left_over,
    opened,
    refusal_of,
    target,
    wait_until,
)
from schoten_ict.connect.hostkeys import Standing, trust
from schoten_ict.connect.ssh import host_key
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Command, RemoteError, Target

pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home of its own, no agent, and nothing left over."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / ".ssh").mkdir()
    with nothing_left_over():
        yield


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A running, empty SSH agent."""
    place = tmp_path / "agent"
    with subprocess.Popen([need("ssh-agent"), "-D", "-a", place], stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(place.exists, "the agent did not start")
            monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
            yield
        finally:
            process.terminate()


def who(asked: Target) -> str:
    """The user as whom commands run there."""
    with opened(asked) as runner:
        return runner.run(Command("id -un")).stdout.decode().strip()


def configure(home: Path, text: str) -> None:
    (home / ".ssh" / "config").write_text(text, encoding="ascii")


def new_key(farm: Farm, path: Path, kind: str, passphrase: str = "") -> str:
    """A key that the farm's user is let in with."""
    text = make_key(path, kind, passphrase)
    with (farm.folder / "authorized_keys").open("a", encoding="ascii") as stream:
        stream.write(path.with_suffix(".pub").read_text(encoding="ascii"))
    return text


def sign(farm: Farm, path: Path, kind: str) -> str:
    """A key that only its certificate opens the door with; the certificate."""
    make_key(path, kind)
    authority = farm.folder / "user_ca"
    run_quietly("ssh-keygen", "-q", "-s", authority, "-I", "lab", "-n", farm.user, path.with_suffix(".pub"))
    return path.with_name(f"{path.name}-cert.pub").read_text(encoding="ascii")


@pytest.mark.parametrize("passphrase", ["", "zeer geheim"])
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_keys_of_every_kind_let_us_in(ssh_farm: Farm, tmp_path: Path, kind: str, passphrase: str) -> None:
    text = new_key(ssh_farm, tmp_path / "id", kind, passphrase)
    asker = account(ssh_farm.user, key=text, **({"passphrase": passphrase} if passphrase else {}))
    assert who(replace(farm_target(ssh_farm), account=asker)) == ssh_farm.user


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_certificate_lets_us_in_and_its_key_alone_does_not(
    ssh_farm: Farm, tmp_path: Path, kind: str
) -> None:
    signed = sign(ssh_farm, tmp_path / "id", kind)
    text = (tmp_path / "id").read_text(encoding="ascii")
    assert who(farm_target(ssh_farm, key=f"{text}{signed}")) == ssh_farm.user
    assert code_of(refusal_of(farm_target(ssh_farm, key=text))) == "authentication"


def test_a_password_lets_us_in_and_a_wrong_one_is_tried_once_a_run(ssh_farm: Farm) -> None:
    assert who(farm_target(ssh_farm, password=PASSWORD)) == ssh_farm.user
    memory = Memory()
    wrong = farm_target(ssh_farm, password="Fout-1830")
    errors = [refusal_of(wrong, guard=AccountGuard(memory)) for _ in range(2)]
    assert list(map(code_of, errors)) == ["authentication", "not-asked"]
    assert not any("Fout-1830" in str(error) for error in errors)


def test_a_refused_key_may_be_let_in_later_without_a_new_secret(ssh_farm: Farm, tmp_path: Path) -> None:
    guard = AccountGuard(Memory())
    text = make_key(tmp_path / "id")
    asked = farm_target(ssh_farm, key=text)
    assert code_of(refusal_of(asked, guard=guard)) == "authentication"
    with (ssh_farm.folder / "authorized_keys").open("a", encoding="ascii") as stream:
        stream.write((tmp_path / "id.pub").read_text(encoding="ascii"))
    opened(asked, guard=guard).close()


@pytest.mark.usefixtures("agent")
def test_the_agents_only_key_is_used_where_nothing_is_declared(ssh_farm: Farm) -> None:
    asked = replace(farm_target(ssh_farm), account=account(ssh_farm.user))
    assert "holds no keys" in str(refusal_of(asked))
    run_quietly("ssh-add", "-q", ssh_farm.key)
    assert who(asked) == ssh_farm.user


def test_an_agent_that_hangs_up_is_named(
    ssh_farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "agent"))
        server.listen()

        def hang_up() -> None:
            server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        error = refusal_of(replace(farm_target(ssh_farm), account=account(ssh_farm.user)))
        thread.join()
    assert code_of(error) == "authentication"
    assert "the SSH agent does not answer" in str(error)


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_an_agents_key_and_its_certificate_are_one_credential(
    ssh_farm: Farm, tmp_path: Path, kind: str
) -> None:
    sign(ssh_farm, tmp_path / "id", kind)
    run_quietly("ssh-add", "-q", tmp_path / "id")
    asked = replace(farm_target(ssh_farm), account=account(ssh_farm.user))
    assert who(asked) == ssh_farm.user
    make_key(tmp_path / "other")
    run_quietly("ssh-add", "-q", tmp_path / "other")
    (tmp_path / "id").write_text("kept in the agent only", encoding="ascii")
    configure(tmp_path, "IdentityFile ~/id\n")
    assert who(asked) == ssh_farm.user


def test_a_certificate_beside_the_users_key_lets_us_in(ssh_farm: Farm, tmp_path: Path) -> None:
    sign(ssh_farm, tmp_path / "id", "ed25519")
    configure(tmp_path, "IdentityFile ~/id\n")
    assert who(replace(farm_target(ssh_farm), account=account(ssh_farm.user))) == ssh_farm.user


@pytest.mark.usefixtures("agent")
def test_the_users_settings_choose_among_the_agents_keys(ssh_farm: Farm, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    run_quietly("ssh-add", "-q", tmp_path / "other", ssh_farm.key)
    asked = replace(farm_target(ssh_farm), account=account(ssh_farm.user))
    assert "holds 2 keys" in str(refusal_of(asked))
    (tmp_path / "id").write_text("kept in the agent only", encoding="ascii")
    (tmp_path / "id.pub").write_text(ssh_farm.key.with_suffix(".pub").read_text(), encoding="ascii")
    configure(tmp_path, f"Host 127.*\n  IdentityFile ~/id\n  User {ssh_farm.user}\n")
    assert who(replace(asked, account=None)) == ssh_farm.user


def test_a_declared_jump_host_is_passed(ssh_farm: Farm) -> None:
    jump = replace(farm_target(ssh_farm, 0), host="bastion")
    asked = replace(farm_target(ssh_farm, 1), jump=jump)
    with opened(asked) as runner:
        seen = runner.run(Command("echo $SSH_CONNECTION")).stdout.decode().split()
        assert runner.run(Command("cat", stdin=b"x" * 3_000_000)).stdout == b"x" * 3_000_000
    assert seen[2] == ssh_farm.addresses[1]
    assert who(replace(farm_target(ssh_farm, 2), host="srv-db01", jump=asked)) == ssh_farm.user


def test_a_jump_host_of_the_users_settings_is_passed(ssh_farm: Farm, tmp_path: Path) -> None:
    jump = f"{ssh_farm.user}@{ssh_farm.addresses[0]}:{ssh_farm.port}"
    configure(
        tmp_path,
        f"Host {ssh_farm.addresses[1]}\n  ProxyJump {jump}\nHost 127.*\n  IdentityFile {ssh_farm.key}\n",
    )
    with Farm(ssh_farm.user, block=23, settings=["AllowTcpForwarding no"]) as farm:
        assert who(farm_target(ssh_farm, 1)) == ssh_farm.user
        closed = replace(farm_target(ssh_farm, 1), jump=replace(farm_target(farm), host="bastion"))
        error = refusal_of(closed)
    assert code_of(error) == "denied"
    assert "jump host bastion forbids forwarding" in str(error)


def test_what_a_jump_host_cannot_reach_is_unreachable(ssh_farm: Farm) -> None:
    asked = replace(farm_target(ssh_farm), port=1, jump=replace(farm_target(ssh_farm, 1), host="bastion"))
    error = refusal_of(asked)
    assert code_of(error) == "unreachable"
    assert f"jump host bastion cannot reach {ssh_farm.addresses[0]} port 1" in str(error)
    assert error.problems[0].subject == "host:srv-web01"


def test_a_silent_server_behind_a_jump_host_ends_in_time(ssh_farm: Farm) -> None:
    with Listener(says()) as listener:
        asked = target(listener.address, listener.port, account("x", password="x"))
        error = refusal_of(replace(asked, jump=replace(farm_target(ssh_farm), host="bastion")), seconds=2)
    assert code_of(error) == "timeout"


def test_a_refused_jump_host_is_named(ssh_farm: Farm) -> None:
    jump = replace(farm_target(ssh_farm, 1), host="bastion", known_hosts=())
    error = refusal_of(replace(farm_target(ssh_farm), jump=jump))
    assert code_of(error) == "host-key"
    assert error.problems[0].subject == "host:bastion"


def test_a_server_with_too_many_connections_is_asked_again(ssh_farm: Farm, tmp_path: Path) -> None:
    with Listener(dropping(2, (ssh_farm.addresses[0], ssh_farm.port))) as listener:
        asked = replace(farm_target(ssh_farm), address=listener.address, port=listener.port)
        known = tmp_path / "known_hosts"
        trust(known, host_key(replace(asked, known_hosts=()), AccountGuard(Memory()), 20))
        opened(replace(asked, known_hosts=(known,))).close()
        assert listener.connections == 4


def test_a_connection_that_is_cut_in_mid_answer_is_no_answer(ssh_farm: Farm, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    with Listener(dropping(0, (ssh_farm.addresses[0], ssh_farm.port))) as listener:
        asked = replace(
            farm_target(ssh_farm), address=listener.address, port=listener.port, known_hosts=(known,)
        )
        trust(known, host_key(asked, AccountGuard(Memory()), 20))
        with opened(asked) as runner:
            flag = Path(f"~{ssh_farm.user}/half").expanduser()
            with _cutting(listener, flag), pytest.raises(RemoteError) as caught:
                runner.run(Command(f"echo half; touch {flag}; sleep 30", seconds=20))
    stop_processes_of(ssh_farm.user)  # over there it runs on to its deadline
    assert "broke off before the end" in str(caught.value)


@contextlib.contextmanager
def _cutting(listener: Listener, flag: Path) -> Iterator[None]:
    """Cut the listener's connections when `flag` appears, and take it away."""

    def cut() -> None:
        wait_until(flag.exists, "the command never started")
        listener.cut()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        thread.join()
        flag.unlink(missing_ok=True)


@pytest.mark.parametrize("known", ["ed25519", "ecdsa", "rsa"])
def test_a_server_is_asked_for_the_key_that_is_known(ssh_farm: Farm, tmp_path: Path, known: str) -> None:
    with Farm(ssh_farm.user, block=23, host_key_kinds=("rsa", "ecdsa", "ed25519")) as farm:
        file = tmp_path / "known"
        lines = farm.known_hosts.read_text(encoding="ascii").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if known in line), encoding="ascii")
        run_quietly("ssh-keygen", "-q", "-H", "-f", file)
        assert who(replace(farm_target(farm), known_hosts=(file,))) == ssh_farm.user


def test_trust_is_shown_written_and_then_kept(ssh_farm: Farm, tmp_path: Path) -> None:
    file = tmp_path / "workspace" / "known_hosts"
    asked = replace(farm_target(ssh_farm), known_hosts=(file,))
    shown = host_key(asked, AccountGuard(Memory()), 10)
    assert shown.standing is Standing.UNKNOWN
    assert trust(file, shown)
    assert who(asked) == ssh_farm.user
    other = replace(farm_target(ssh_farm, 1), address=ssh_farm.addresses[1], known_hosts=(file,))
    changed = host_key(other, AccountGuard(Memory()), 10)
    assert changed.standing is Standing.CHANGED, "the same name shows another key"
    assert code_of(refusal_of(other)) == "host-key"


QUIET = """
import sys
from schoten_ict.connect.ssh import open_ssh
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, RemoteError, Target, Via
from schoten_ict.core.secrets import Secret
account = Account("linux", "x", "host:x", "f", {"password": Secret("hunter2")})
try:
    open_ssh(Target("x", sys.argv[1], Via.SSH, int(sys.argv[2]), account), AccountGuard(None), 5)
except RemoteError as error:
    print(error.problems[0].line())
"""


def test_the_library_underneath_prints_nothing(ssh_farm: Farm) -> None:
    with Listener(says(b"SSH-2.0-x\r\n" + b"\0\0\0\x0c\x0a\x15" + b"\0" * 60)) as listener:
        done = subprocess.run(
            [sys.executable, "-c", QUIET, listener.address, str(listener.port)],
            capture_output=True, text=True, check=True, env=dict(os.environ),
        )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
