"""Knocking on ports and asking for echoes: real sockets on loopback, and peers that mean no good."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loopback import floods, hangs_up, listening, says, says_nothing
from schoten_ict.connect import icmp
from schoten_ict.connect.probe import Door, Knock, Prober, arp_entries, banner_of, most_sockets
from schoten_ict.core.text import is_hidden

HERE = "127.77.1.1"
T = TypeVar("T")
ARP = """IP address       HW type     Flags       HW address            Mask     Device
127.10.0.2       0x1         0x2         B0:26:28:00:00:01     *        eth0
127.10.0.3       0x1         0x0         00:00:00:00:00:00     *        eth0
127.10.0.4       0x1         0x2         00:00:00:00:00:00     *        eth0
"""


def probing(act: Callable[[Prober], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Prober(frozenset({4})) as prober:
            return await act(prober)

    return asyncio.run(run())


def knock(port: int, listen: float = 0.3) -> Knock:
    return probing(lambda prober: prober.knock(HERE, port, 2, listen))


def test_an_open_port_says_its_first_line() -> None:
    with listening(HERE, 0, says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\nmore\r\n")) as port:
        found = knock(port)
    assert (found.door, found.banner) == (Door.OPEN, "SSH-2.0-OpenSSH_9.2p1 Debian-2")
    assert found.rtt_ms is not None


def test_a_port_where_nobody_listens_is_refused() -> None:
    with listening(HERE, 0, hangs_up) as port:
        pass
    assert knock(port).door is Door.REFUSED


@pytest.mark.parametrize(
    "manner", [says_nothing, hangs_up, says(b"\x1b]0;x\x07\x1b[2J\n"), says(b"\xff\xfe\x00")]
)
def test_odd_peers_are_open_and_what_they_say_steers_no_terminal(manner: Callable[..., None]) -> None:
    with listening(HERE, 0, manner) as port:
        found = knock(port)
    assert found.door is Door.OPEN
    assert not any(is_hidden(char) for char in found.banner)


def test_a_flood_is_left_after_one_packet() -> None:
    with listening(HERE, 0, floods) as port:
        assert knock(port).banner == "A" * 120


def test_a_peer_that_drips_gains_no_time() -> None:
    rang = threading.Event()

    def drips(caller: object) -> None:
        while not rang.wait(0.05):
            caller.sendall(b".")  # type: ignore[attr-defined]

    with listening(HERE, 0, drips) as port:
        found = knock(port, listen=0.4)
        rang.set()
    assert set(found.banner) == {"."}
    assert len(found.banner) < 120  # so much would come if every drop gave it more time


def test_ports_that_wait_for_the_client_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(HERE, 0, says(b"hello\n")) as port:
        monkeypatch.setattr("schoten_ict.connect.probe.SILENT_PORTS", frozenset({port}))
        assert knock(port, listen=60).banner == ""


def test_many_knocks_at_once_stay_within_the_open_sockets() -> None:
    async def all_of(prober: Prober) -> list[Knock]:
        return await asyncio.gather(*(prober.knock(HERE, 9, 2) for _ in range(3 * most_sockets())))

    assert {each.door for each in probing(all_of)} == {Door.REFUSED}


def test_a_blocking_call_is_left_in_time_and_its_thread_ends() -> None:
    rang = threading.Event()
    before = threading.active_count()
    assert probing(lambda prober: prober.call(lambda: rang.wait(60), 0.1)) is None
    rang.set()
    for thread in threading.enumerate():
        if thread.name.startswith("ict-ask"):
            thread.join(5)
    assert threading.active_count() <= before


def test_a_call_that_fails_gives_nothing() -> None:
    def fails() -> str:
        raise OSError("no such name")

    assert probing(lambda prober: prober.call(fails, 5)) is None


def test_the_resolver_knows_this_machine() -> None:
    assert "127.0.0.1" in probing(lambda prober: prober.addresses_of("localhost", 5))


def test_an_echo_comes_back_where_it_is_allowed() -> None:
    async def both(prober: Prober) -> tuple[float | None, dict[int, str]]:
        return await prober.ping("127.0.0.1", 2), prober.reasons

    rtt, reasons = probing(both)
    if reasons:
        assert rtt is None
        assert reasons[4]
    else:
        assert rtt is not None


def test_an_echo_of_somebody_else_is_no_answer() -> None:
    packet = icmp.request(4, b"abcdefghijkl")
    assert icmp.token_of(4, packet) is None  # a request is no reply
    reply = b"\0" + packet[1:]
    assert icmp.token_of(4, reply) == b"abcdefghijkl"
    assert icmp.token_of(4, b"\x45" + bytes(19) + reply) == b"abcdefghijkl"
    assert icmp.token_of(6, b"\x81" + packet[1:]) == b"abcdefghijkl"


@given(st.sampled_from([4, 6]), st.binary(max_size=80))
def test_any_packet_can_be_looked_at(version: int, packet: bytes) -> None:
    token = icmp.token_of(version, packet)
    assert token is None or len(token) == 12


@given(st.binary(max_size=300))
@example(b"\n\n\x1b[31mSSH-2.0-x\r\n")
@example("\u202egnp.exe".encode())
def test_any_first_words_are_one_safe_line(heard: bytes) -> None:
    line = banner_of(heard)
    assert len(line) <= 120
    assert not any(is_hidden(char) for char in line)


def test_complete_entries_of_the_arp_table_are_read() -> None:
    assert dict(arp_entries(ARP)) == {"127.10.0.2": "b0:26:28:00:00:01"}


@given(st.text())
def test_any_arp_table_can_be_read(table: str) -> None:
    dict(arp_entries(f"head\n{table}"))


def test_a_name_that_no_dns_can_hold_has_no_address() -> None:
    assert probing(lambda prober: prober.addresses_of("a..b", 30)) == []
    assert "127.0.0.1" in probing(lambda prober: prober.addresses_of("localhost", 30))


def test_cancelling_closes_every_socket() -> None:
    async def run() -> None:
        async with Prober(frozenset({4})) as prober:
            waiting = asyncio.create_task(prober.knock(HERE, port, 60, 60))
            await asyncio.sleep(0)
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiting

    with listening(HERE, 0, says_nothing) as port:
        asyncio.run(run())  # an open socket would be a ResourceWarning, which is an error here
