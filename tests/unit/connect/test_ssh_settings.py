"""What `~/.ssh/config` adds to the inventory, and the way over jump hosts."""

from pathlib import Path

import pytest

from schoten_ict.connect.sshconfig import Hop, way_to
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.remote import Account, Target, Via
from schoten_ict.core.secrets import Secret

ACCOUNT = Account("linux", "svc-ict", "host:srv-web01", "f1", {"password": Secret("geheim")})


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's ~/.ssh."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    folder = tmp_path / ".ssh"
    folder.mkdir()
    return folder


def target(host: str = "srv-web01", address: str = "127.10.10.31", **rest: object) -> Target:
    return Target(host=host, address=address, via=Via.SSH, **rest)  # type: ignore[arg-type]


def way(config: Path, content: str, asked: Target) -> tuple[Hop, ...]:
    (config / "config").write_text(content, encoding="utf-8")
    return way_to(asked)


def hop(config: Path, content: str, asked: Target) -> Hop:
    (only,) = way(config, content, asked)
    return only


def test_without_the_file_the_inventory_says_all(ssh: Path) -> None:
    (only,) = way_to(target(account=ACCOUNT))
    assert (only.address, only.port, only.user) == ("127.10.10.31", 22, "svc-ict")
    assert only.names == ("127.10.10.31", "srv-web01")
    assert not (ssh / "config").exists()


def test_the_file_fills_in_what_the_inventory_leaves_open(ssh: Path) -> None:
    content = "Host 127.10.*\n  Port 2222\n  User jan\n  ConnectTimeout 7\n  IdentityFile ~/.ssh/werk\n"
    found = hop(ssh, content, target())
    assert (found.port, found.user, found.seconds) == (2222, "jan", 7.0)
    assert found.identities == (ssh / "werk",)
    assert found.names == ("[127.10.10.31]:2222", "[srv-web01]:2222")


def test_what_the_inventory_declares_goes_first(ssh: Path) -> None:
    content = "Host *\n  Port 2222\n  User jan\n  IdentityFile ~/.ssh/werk\n"
    found = hop(ssh, content, target(account=ACCOUNT, port=22))
    assert (found.port, found.user, found.identities) == (22, "svc-ict", ())


def test_blocks_may_name_the_host_as_the_inventory_does(ssh: Path) -> None:
    content = "Host srv-web01\n  HostName 127.9.9.9\n  Port 2222\nHost 127.*\n  Port 2223\n"
    found = hop(ssh, content, target())
    assert (found.port, found.address) == (2222, "127.10.10.31")


def test_an_address_may_be_an_alias_of_the_file(ssh: Path) -> None:
    content = "Host web\n  HostName 127.10.10.31\n  HostKeyAlias Web-Schoten\n"
    found = hop(ssh, content, target(address="web"))
    assert (found.address, found.names) == ("127.10.10.31", ("web-schoten",))


def test_included_files_count_and_what_follows_is_for_all(ssh: Path) -> None:
    (ssh / "config.d").mkdir()
    (ssh / "config.d" / "10-werk").write_text("Host 127.10.10.31\n  Port 2222\n")
    (ssh / "config.d" / "20-thuis").write_text("Host other\n  Port 2223\n")
    found = hop(ssh, "Include config.d/*\nUser jan\n", target())
    assert (found.port, found.user) == (2222, "jan")


def test_a_declared_jump_host_is_passed_first(ssh: Path) -> None:
    jump = target("bastion", "127.10.0.9", account=ACCOUNT)
    first, last = way(ssh, "Host *\n  ProxyJump other\n", target(jump=jump))[-2:]
    assert (first.host, first.user, last.host) == ("bastion", "svc-ict", "srv-web01")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bastion", [("bastion", 22, None)]),
        ("jan@bastion:2222", [("bastion", 2222, "jan")]),
        ("ssh://jan@bastion:2222", [("bastion", 2222, "jan")]),
        ("[::1]:2222", [("::1", 2222, None)]),
        ("one,jan@two", [("one", 22, None), ("two", 22, "jan")]),
        ("none", []),
    ],
)
def test_jump_hosts_of_the_file_are_passed_in_order(
    ssh: Path, value: str, expected: list[tuple[str, int, str | None]]
) -> None:
    *jumps, last = way(ssh, f"Host 127.10.10.31\n  ProxyJump {value}\n", target())
    assert [(each.address, each.port) for each in jumps] == [each[:2] for each in expected]
    assert all(want is None or each.user == want for each, (_, _, want) in zip(jumps, expected, strict=True))
    assert last.host == "srv-web01"


def test_a_jump_host_of_all_hosts_does_not_jump_over_itself(ssh: Path) -> None:
    assert [each.host for each in way(ssh, "Host *\n  ProxyJump bastion\n", target())] == [
        "bastion",
        "srv-web01",
    ]


def test_jump_hosts_in_circles_are_refused(ssh: Path) -> None:
    content = "Host one\n  ProxyJump two\nHost two\n  ProxyJump one\n"
    with pytest.raises(ConfigurationError, match="circles: one -> two -> one"):
        way(ssh, content, target("one", "one"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Host *\n  ProxyCommand nc %h %p\n", "ProxyCommand is not supported"),
        ('Match exec "true"\n  Port 2222\n', "config:1: Match exec is not supported"),
        ('Match host * exec "true"\n  Port 2222\n', "config:1: Match exec is not supported"),
        ("Host *\n  Include config.d/*\n", "config:2: Include"),
        ("Host *\n  Port nought\n", "makes no sense"),
        ("Host *\n  ConnectTimeout soon\n", "makes no sense"),
        ("Host *\n  ProxyJump jan@@:x\n", "is no jump host"),
        ("nonsense\n", "nonsense"),
        ("Host *\n  \x1b[2J\n", "Unparsable"),
    ],
)
def test_what_cannot_be_honoured_is_refused_in_one_line(ssh: Path, content: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        way(ssh, content, target())
    assert "\x1b" not in caught.value.problems[0].line()
    assert caught.value.remedy


def test_a_proxy_command_of_none_is_none(ssh: Path) -> None:
    assert hop(ssh, "Host *\n  ProxyCommand none\n", target()).address == "127.10.10.31"


def test_a_file_that_includes_itself_is_refused(ssh: Path) -> None:
    with pytest.raises(ConfigurationError, match="4 deep"):
        way(ssh, "Include config\n", target())


def test_no_name_is_looked_up_for_an_identity_file(ssh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> str:
        raise AssertionError("the network was asked for our own name")

    monkeypatch.setattr("socket.getfqdn", asked)
    assert hop(ssh, "IdentityFile ~/.ssh/%h\n", target()).identities == (ssh / "srv-web01",)
