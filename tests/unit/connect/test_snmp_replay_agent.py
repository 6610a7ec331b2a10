"""The lab's replay agent itself: its BER, its reader of recordings, and its honest answers."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.servers import ber
from lab.servers.snmp_manners import looping, shuffled, stuck
from lab.servers.snmp_replay import Agent
from lab.servers.snmprec import Recording, SnmprecError, read_line, read_recording

NAMES = st.builds(
    lambda root, second, rest: (root, second, *rest),
    st.integers(0, 1), st.integers(0, 39), st.lists(st.integers(0, 2**32 - 1), max_size=10),
)  # fmt: skip


@given(st.integers(-(2**70), 2**70))
def test_an_integer_is_decoded_as_it_was_encoded(number: int) -> None:
    encoded = ber.encode_integer(number)
    assert ber.decode_integer(encoded, 0) == (number, len(encoded))


@given(NAMES)
def test_an_oid_is_decoded_as_it_was_encoded(oid: ber.Oid) -> None:
    _, body, _ = ber.decode(ber.encode_oid(oid))
    assert ber.decode_oid(body) == oid


@given(st.integers(0, 255), st.binary(max_size=70_000))
def test_an_element_is_decoded_as_it_was_encoded(tag: int, body: bytes) -> None:
    encoded = ber.encode(tag, body)
    assert ber.decode(encoded) == (tag, body, len(encoded))


@given(st.binary(max_size=120))
def test_arbitrary_bytes_are_a_request_or_an_error(data: bytes) -> None:
    with suppress(ber.BerError):
        ber.decode_request(data)


@given(st.binary(max_size=60))
def test_an_agent_says_nothing_to_garbage(data: bytes) -> None:
    assert Agent(RECORDING).replies(data) == []


@given(st.binary(max_size=80))
def test_any_line_is_a_row_or_an_error(line: bytes) -> None:
    with suppress(SnmprecError):
        oid, value = read_line(line)
        assert len(oid) > 1
        assert ber.decode(value)[2] == len(value)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"1.3.6|2|-7", ber.encode_integer(-7)),
        (b"1.3.6|4|a|b", b"\x04\x03a|b"),
        (b"1.3.6|4x|00ff", b"\x04\x02\x00\xff"),
        (b"1.3.6|6|.1.3.6.1", b"\x06\x03\x2b\x06\x01"),
        (b"1.3.6|64|127.0.0.1", b"\x40\x04\x7f\x00\x00\x01"),
        (b"1.3.6|64x|7f000001", b"\x40\x04\x7f\x00\x00\x01"),
        (b"1.3.6|5|", b"\x05\x00"),
        (b"1.3.6|70|18446744073709551615", ber.encode_integer(2**64 - 1, 70)),
    ],
)
def test_lines_of_every_type(line: bytes, value: bytes) -> None:
    assert read_line(line) == ((1, 3, 6), value)


@pytest.mark.parametrize(
    "line", [b"1.3.6|2", b"1.3.x|2|1", b"1.3.6|9|1", b"1.3.6|2|one", b"3.1|2|1", b"1.40|2|1"]
)
def test_lines_that_are_not_of_the_format_are_refused(line: bytes) -> None:
    with pytest.raises(SnmprecError):
        read_line(line)


def test_a_file_is_read_whole_and_names_what_it_could_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.snmprec"
    path.write_bytes(b"1.3.6.2|2|2\n1.3.6.10|2|10\n1.3.xx|2|1\n\n1.3.6.2|2|22\r\n")
    made = read_recording(path)
    assert made.order == ((1, 3, 6, 2), (1, 3, 6, 10))
    assert made.unreadable == (3,)
    assert made.rows[1, 3, 6, 2].endswith(b"\x02\x01\x16")


RECORDING = Recording.of({(1, 3, 6, number): ber.encode_integer(number) for number in range(1, 6)})


def walked(recording: Recording, most: int = 20) -> list[int]:
    agent = Agent(recording)
    oid: ber.Oid = (1, 3, 6)
    found: list[int] = []
    while (row := agent.following(oid)) and len(found) < most:
        oid = row[0]
        found.append(oid[-1])
    return found


def test_an_honest_recording_is_walked_in_order() -> None:
    assert walked(RECORDING) == [1, 2, 3, 4, 5]


def test_a_shuffled_recording_gives_every_row_once() -> None:
    found = walked(shuffled(RECORDING, 3))
    assert found != [1, 2, 3, 4, 5]
    assert sorted(found) == [1, 2, 3, 4, 5]


def test_bent_recordings_never_end() -> None:
    assert walked(looping(RECORDING), 7) == [1, 2, 3, 4, 5, 1, 2]
    assert walked(stuck(RECORDING, 2), 6) == [1, 2, 3, 3, 3, 3]


def test_a_wrong_community_is_not_answered() -> None:
    request = ber.Request(1, b"secret", ber.GET, 1, 0, 0, ())
    question = ber.encode_response(request, b"").replace(bytes((ber.RESPONSE,)), bytes((ber.GET,)), 1)
    assert Agent(RECORDING).replies(question) == []
    assert Agent(RECORDING, community=b"secret").replies(question)
