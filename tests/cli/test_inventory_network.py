"""`ict inventory scan`, `ping` and `trust` against listeners of the test. Nothing but loopback is contacted."""

import contextlib
import ipaddress
import json
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from loopback import floods, hangs_up, listening, says, says_nothing
from running import NOW, Answer, Ict
from schoten_ict.inventory import load
from schoten_ict.store import Store, observations

NETWORK = "127.77.0.0/28"
KNOWN, SILENT, STRANGER, BEHIND = "127.77.0.3", "127.77.0.4", "127.77.0.5", "127.77.0.6"
SSH = b"SSH-2.0-OpenSSH_9.2p1\r\n"


@pytest.fixture
def port() -> int:
    """A port that is free on all of loopback now."""
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))
        free: int = sock.getsockname()[1]
        return free


@pytest.fixture
def declared(workspace: Path, port: int) -> Path:
    connect = f"connect: {{ssh: {{port: {port}}}}}"
    (workspace / "inventory.yaml").write_text(
        "organisation: {name: A}\n"
        "credentials: {switches: {kind: snmp, version: 2c, community: env:ICT_TEST_ABSENT},\n"
        "  linux: {kind: ssh, user: ict, key: file:absent}}\n"
        "hosts:\n"
        f"  - {{name: srv-a, address: {KNOWN}, {connect}}}\n"
        f"  - {{name: srv-b, address: {SILENT}, {connect}}}\n"
        f"  - {{name: srv-c, address: {BEHIND}, depends_on: [srv-b], {connect}}}\n"
        "  - {name: elsewhere, address: 127.78.0.1}\n",
        encoding="utf-8",
    )
    return workspace


@pytest.fixture
def two(port: int) -> Iterator[None]:
    """A declared machine and a stranger."""
    with (
        listening(KNOWN, port, says(SSH)),
        listening(STRANGER, port, says(b"\x1b[2J\x1b]0;owned\x07\xe2\x80\xae\n")),
    ):
        yield


def scan(ict: Ict, port: int, *words: object, tty: bool = False) -> Answer:
    return ict("inventory", "scan", NETWORK, "--no-dns", "--ports", port, *words, tty=tty)


class Watch:
    """Every address that this process connects or sends to while it is `on`."""

    def __init__(self) -> None:
        self.on = False
        self.seen: set[str] = set()
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            place = arguments[1]
            self.seen.add(str(place[0]) if isinstance(place, tuple) else str(place))

    def __call__(self, ict: Ict, *words: object) -> tuple[Answer, set[str]]:
        self.on, self.seen = True, set()
        try:
            return ict(*words), self.seen
        finally:
            self.on = False


watching = Watch()  # a hook stays as long as the process: there is one for all tests


def test_scan_tells_known_unknown_and_silent_apart(ict: Ict, declared: Path, two: None, port: int) -> None:
    answer = scan(ict, port)
    assert answer.exit == 0
    rows = {row["address"]: row for row in answer.table()}
    assert {address: (row["state"], row["host"]) for address, row in rows.items()} == {
        KNOWN: ("known", "srv-a"),
        SILENT: ("silent", "srv-b"),
        STRANGER: ("unknown", ""),
        BEHIND: ("silent", "srv-c"),
    }
    assert rows[KNOWN]["banner"] == f"{port}: SSH-2.0-OpenSSH_9.2p1"
    assert rows[STRANGER]["rtt_ms"]
    assert not rows[SILENT]["rtt_ms"]


def test_nothing_that_a_machine_says_reaches_the_terminal_raw(
    ict: Ict, declared: Path, two: None, port: int
) -> None:
    for words in ((), ("-o", "json"), ("-o", "csv"), ("-o", "markdown"), ("--write", "--dry-run")):
        answer = scan(ict, port, *words, tty=not words)
        text = answer.out.replace("\x1b[1m", "").replace("\x1b[0m", "")
        assert "\x1b]" not in text
        assert "[2J\x1b" not in text
        assert "\u202e" not in text


def test_what_was_seen_is_kept_and_what_was_not_too(ict: Ict, declared: Path, two: None, port: int) -> None:
    scan(ict, port)
    with Store(declared / "data", "jan", NOW) as store:
        seen = {each.subject: each.payload for each in observations.of_kind(store.reader, "scan.address")}
        failed = observations.last_failure(store.reader, f"address:{SILENT}", "scan.address", "scan")
    assert set(seen) == {f"address:{KNOWN}", f"address:{STRANGER}"}
    assert seen[f"address:{KNOWN}"]["ports"] == {str(port): "SSH-2.0-OpenSSH_9.2p1"}
    assert failed is not None


@pytest.mark.parametrize("manner", [floods, says_nothing, hangs_up, says(b"\0" * 5000)])
def test_a_machine_that_misbehaves_is_one_row(ict: Ict, declared: Path, port: int, manner: object) -> None:
    with listening(KNOWN, port, manner):  # type: ignore[arg-type]
        answer = scan(ict, port)
    assert answer.exit == 0
    assert [row["address"] for row in answer.table() if row["state"] == "known"] == [KNOWN]


def test_the_keys_of_rows_stay(ict: Ict, declared: Path, two: None, port: int) -> None:
    row = scan(ict, port, "-o", "json").json()["data"][0]
    assert list(row) == ["address", "name", "state", "host", "ports", "banner", "mac", "rtt_ms"]
    row = ict("inventory", "ping", "-o", "json").json()["data"][0]
    assert list(row) == ["host", "verdict", "via", "rtt_ms", "since", "collected", "note"]


IDENTITY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><i:IdentifyResponse '
    'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><i:ProductVendor>Microsoft '
    "Corporation</i:ProductVendor><i:ProductVersion>OS: 0.0.0</i:ProductVersion></i:IdentifyResponse></s:Body>"
    "</s:Envelope>"
)
HTTP = f"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: {len(IDENTITY)}\r\n\r\n"


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        (says(f"{HTTP}{IDENTITY}".encode()), "winrm: Microsoft Corporation OS: 0.0.0"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), ""),
        (floods, ""),
        (hangs_up, ""),
    ],
)
def test_winrm_is_asked_who_it_is_without_an_account(
    ict: Ict, declared: Path, manner: object, said: str
) -> None:
    with listening(STRANGER, 5985, manner):  # type: ignore[arg-type]
        answer = scan(ict, 5985)
    [row] = [row for row in answer.table() if row["state"] == "unknown"]
    assert (row["address"], row["banner"]) == (STRANGER, said)


def test_write_without_anyone_to_ask_shows_the_file_and_touches_nothing(
    ict: Ict, declared: Path, two: None, port: int
) -> None:
    answer = scan(ict, port, "--write")
    assert answer.exit == 8
    assert f'address: ""{STRANGER}""' in answer.err or STRANGER in answer.err
    assert not (declared / "inventory.d" / "discovered.yaml").exists()


def test_write_adds_what_is_unknown_and_the_next_scan_knows_it(
    ict: Ict, declared: Path, two: None, port: int
) -> None:
    answer = scan(ict, port, "--write", "--yes")
    assert answer.exit == 0
    assert {host.address for host in load(declared).hosts} >= {KNOWN, STRANGER}
    again = scan(ict, port, "--write", "--yes", "-o", "json").json()
    assert {row["address"]: row["state"] for row in again["data"]}[STRANGER] == "known"
    journal = ict("journal", "show", "-o", "json").json()["data"]
    assert [entry["action"] for entry in journal] == ["inventory.discovered"]


def test_a_host_that_is_declared_by_name_is_known_and_not_proposed(
    ict: Ict, declared: Path, port: int
) -> None:
    with (declared / "inventory.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {name: srv-named, address: localhost}\n")
    with listening("127.0.0.1", port, says(SSH)):
        answer = ict("inventory", "scan", "127.0.0.1/32", "--ports", port, "--write", "--yes")
        blind = ict("inventory", "scan", "127.0.0.1/32", "--ports", port, "--no-dns")
    assert (answer.exit, [(row["state"], row["host"]) for row in answer.table()]) == (
        0, [("known", "srv-named")],
    )  # fmt: skip
    assert not (declared / "inventory.d").exists()
    assert [row["state"] for row in blind.table()] == ["unknown"]
    assert blind.exit == 3
    assert "1 declared name without an address: localhost; an unknown one may be theirs" in blind.err
    drift = ict("inventory", "drift", "-o", "json").json()["findings"]
    assert not [each for each in drift if each["key"] == "listed"]  # where the name leads is remembered


def test_a_host_that_is_declared_by_name_and_is_silent_is_told(ict: Ict, declared: Path, port: int) -> None:
    with (declared / "inventory.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {name: srv-named, address: localhost}\n")
    answer = ict("inventory", "scan", "127.0.0.1/32", "--ports", port)
    assert [(row["state"], row["host"]) for row in answer.table()] == [("silent", "srv-named")]


def test_a_stranger_that_is_gone_is_none_any_more(ict: Ict, declared: Path, two: None, port: int) -> None:
    def listed() -> list[str]:
        findings = ict("inventory", "drift", "-o", "json", now=NOW.replace(hour=19)).json()["findings"]
        return [each["subject"] for each in findings if each["key"] == "listed"]

    scan(ict, port)
    assert listed() == [f"address:{STRANGER}"]
    with Store(declared / "data", "jan", NOW) as store:
        before = len(list(observations.of_kind(store.reader, "scan.address")))
    ict("inventory", "scan", NETWORK, "--no-dns", "--ports", 9, now=NOW.replace(hour=18))
    assert (listed(), before) == ([], 2)


def test_write_refuses_a_file_that_would_not_load(ict: Ict, declared: Path, two: None, port: int) -> None:
    path = declared / "inventory.d" / "discovered.yaml"
    path.parent.mkdir()
    path.write_text("hosts: []\nsites: []\n", encoding="utf-8")
    assert scan(ict, port, "--write", "--yes").exit == 7
    assert path.read_text(encoding="utf-8") == "hosts: []\nsites: []\n"


def test_dry_run_shows_the_file_in_the_answer(ict: Ict, declared: Path, two: None, port: int) -> None:
    document = scan(ict, port, "--write", "--dry-run", "-o", "json").json()
    assert [line["change"] for line in document["file"]] == ["+", "+", "+"]
    assert not (declared / "inventory.d").exists()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("127.0.0.0/15",), 8),
        (("127.0.0.0/8", "--yes"), 2),
        (("127.0.0.1/24",), 2),
        (("127.77.0.0/30", "--ports", "ssh"), 2),
        (("127.77.0.0/30", "--ports", "0"), 2),
        (("127.77.0.0/30", "--snmp", "switch"), 5),
        (("127.77.0.0/30", "--snmp", "linux"), 2),
        (("127.77.0.0/30", "--snmp", "switches"), 7),
        (("127.77.0.0/30", "--deadline", "soon"), 2),
    ],
    ids=str,
)
def test_what_cannot_be_scanned_is_refused_before_anything_is_asked(
    ict: Ict, declared: Path, words: tuple[str, ...], status: int
) -> None:
    answer, contacted = watching(ict, "inventory", "scan", *words)
    assert (answer.exit, contacted) == (status, set())


def test_only_the_addresses_of_the_network_are_contacted(
    ict: Ict, declared: Path, two: None, port: int
) -> None:
    answer, contacted = watching(ict, "inventory", "scan", NETWORK, "--no-dns", "--ports", port)
    assert answer.exit == 0
    assert contacted == {str(each) for each in ipaddress.ip_network(NETWORK).hosts()}


@pytest.mark.skipif(sys.platform != "linux", reason="which addresses cannot be asked is the system's matter")
def test_an_address_that_cannot_be_asked_is_a_problem_and_not_silent(ict: Ict, declared: Path) -> None:
    with (declared / "inventory.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {name: nobody, address: 127.255.255.255}\n")
    answer = ict("inventory", "scan", "127.255.255.255", "--no-dns", "-o", "json")
    assert answer.exit == 3
    assert [row["state"] for row in answer.json()["data"]] == ["not-asked"]
    assert "1 addresses: " in answer.json()["errors"][0]["message"]


def test_a_second_scan_at_the_same_time_is_refused(ict: Ict, declared: Path, port: int) -> None:
    from schoten_ict.store.runlock import run_lock

    with run_lock(declared / "data", "scan", "jan", NOW):
        assert scan(ict, port).exit == 6


def test_ping_says_who_answers_and_who_is_behind_whom(ict: Ict, declared: Path, two: None, port: int) -> None:
    answer = ict("inventory", "ping", "-o", "json")
    rows = {row["host"]: (row["verdict"], row["via"], row["note"]) for row in answer.json()["data"]}
    assert answer.exit == 4
    assert rows == {
        "srv-a": ("ok", f"tcp:{port}", ""),
        "srv-b": ("fail", "", f"no answer on tcp:{port}"),
        "srv-c": ("unknown", "", "behind srv-b"),
        "elsewhere": ("unknown", "", "nothing to ask: no TCP connection is declared, no ICMP possible"),
    }
    assert ict("inventory", "ping", "srv-a").exit == 0


def test_nobody_knocks_on_a_host_behind_a_jump_host(ict: Ict, declared: Path, port: int) -> None:
    with (declared / "inventory.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {name: inner, address: 127.77.0.9, connect: {ssh: {jump: srv-a}}}\n")
    answer, contacted = watching(ict, "inventory", "ping", "inner")
    assert (answer.table()[0]["verdict"], contacted) == ("unknown", set())


def test_ping_knows_since_when(ict: Ict, declared: Path, port: int) -> None:
    first = ict("inventory", "ping", "srv-b", "-o", "json").json()["data"]
    later = ict("inventory", "ping", "srv-b", "-o", "json", now=NOW.replace(hour=18)).json()["data"]
    assert first[0]["since"] == later[0]["since"] == "2026-11-26T17:05:00Z"


@contextlib.contextmanager
def ssh_server(address: str, port: int, key: paramiko.PKey) -> Iterator[None]:
    """Shows `key` to whoever asks, and lets nobody in."""

    def greet(caller: socket.socket) -> None:
        transport = paramiko.Transport(caller)
        transport.add_server_key(key)
        with contextlib.suppress(paramiko.SSHException, EOFError):
            transport.start_server(event=threading.Event(), server=paramiko.ServerInterface())
            transport.join(30)
        transport.close()

    with listening(address, port, greet):
        yield


@pytest.fixture(scope="module")
def keys() -> tuple[paramiko.PKey, paramiko.PKey]:
    return paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()


def test_trust_writes_down_a_new_key_once(
    ict: Ict, declared: Path, port: int, keys: tuple[paramiko.PKey, paramiko.PKey]
) -> None:
    with ssh_server(KNOWN, port, keys[0]):
        assert ict("inventory", "trust", "srv-a").exit == 8
        assert not (declared / "known_hosts").exists()
        planned = ict("inventory", "trust", "srv-a", "--dry-run").table()[0]
        assert (planned["standing"], planned["action"]) == ("unknown", "planned")
        assert planned["fingerprint"] == keys[0].fingerprint
        done = ict("inventory", "trust", "srv-a", stdin="y\n", tty=True)
        assert done.exit == 0
        assert keys[0].get_base64() in (declared / "known_hosts").read_text()
        again = ict("inventory", "trust", "srv-a", "--yes")
        assert (again.exit, again.table()[0]["action"]) == (0, "unchanged")
    journal = json.loads(ict("journal", "show", "-o", "json").out)["data"]
    assert [(entry["action"], entry["subject"]) for entry in journal] == [("inventory.trust", "host:srv-a")]


def test_a_changed_key_is_loud_and_takes_its_fingerprint(
    ict: Ict, declared: Path, port: int, keys: tuple[paramiko.PKey, paramiko.PKey]
) -> None:
    with ssh_server(KNOWN, port, keys[0]):
        ict("inventory", "trust", "srv-a", "--yes")
    before = (declared / "known_hosts").read_text()
    with ssh_server(KNOWN, port, keys[1]):
        refused = ict("inventory", "trust", "srv-a", "--yes")
        assert refused.exit == 8
        assert "CHANGED" in refused.err
        wrong = ict("inventory", "trust", "srv-a", "--yes", "--fingerprint", keys[0].fingerprint)
        assert wrong.exit == 6
        assert (declared / "known_hosts").read_text() == before
        done = ict("inventory", "trust", "srv-a", "--yes", "--fingerprint", keys[1].fingerprint)
        assert (done.exit, done.table()[0]["standing"]) == (0, "changed")
    after = (declared / "known_hosts").read_text()
    assert keys[1].get_base64() in after
    assert keys[0].get_base64() not in after


@pytest.mark.parametrize("manner", [hangs_up, floods])
def test_trust_of_something_that_is_no_ssh_server_ends(
    ict: Ict, declared: Path, port: int, manner: object
) -> None:
    with listening(KNOWN, port, manner):  # type: ignore[arg-type]
        answer = ict("inventory", "trust", "srv-a", "--yes", "--host-deadline", "1min")
    assert answer.exit == 3
    assert not (declared / "known_hosts").exists()
