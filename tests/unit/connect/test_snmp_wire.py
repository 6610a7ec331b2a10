"""The look at a datagram: reads what is sound, refuses everything else, and never fails otherwise."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.servers import ber
from schoten_ict.connect.snmp import wire
from schoten_ict.core.remote import SnmpValue

REQUEST = ber.Request(1, b"public", ber.GET_BULK, 4711, 0, 20, ())
ARCS = st.lists(st.integers(0, 2**32 - 1), max_size=12).map(tuple)
NAMES = st.builds(lambda second, rest: (1, second, *rest), st.integers(0, 39), ARCS)
VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(ber.encode_integer),
    st.binary(max_size=300).map(lambda raw: ber.encode(ber.STRING, raw)),
    NAMES.map(ber.encode_oid),
    st.sampled_from([b"\x05\x00", ber.NO_SUCH_INSTANCE, ber.END_OF_MIB, b"\x40\x04\x7f\x00\x00\x01"]),
)
ROWS = st.lists(st.tuples(NAMES, VALUES), max_size=8)

# recorded from net-snmp: the engine's own ID, then an answer with and without encryption
DISCOVERED = bytes.fromhex(
    "3071020103301102040e183f9c020300ffe30401000201030421301f041180001f8880796dbc39b295046b00000000020101020100"
    "0400040004003036041180001f8880796dbc39b295046b000000000400a81f02044ed773440201000201003011300f060a2b060106"
    "030f01010400410101"
)
SIGNED = bytes.fromhex(
    "30819e0201033011020461085634020300ffe304010102010304483046041180001f8880796dbc39b295046b000000000201010201"
    "00040f6c61622d5348413235362d6e6f6e6504186195bc2a8703f7baeb92083adbc2bbf3c87611468bf3adde0400303c0411800"
    "01f8880796dbc39b295046b000000000400a225020468d32a7a0201000201003017301506082b0601020101050004096c61622d61"
    "67656e74"
)
SEALED = bytes.fromhex(
    "308193020103301102046321d01e020300ffe304010302010304523050041180001f8880796dbc39b295046b00000000020101020100"
    "04116c61622d5348413235362d414553313238041868cfe4d207f7c9b3e96ee45d0fe0364f0461fdda546d1cba04082903ceb72730"
    "e7c6042736f6fe9c0221b6d8bc0a73e5b6478293eee771f4c748341d4031ddd445dfa957dc4027f6d1d103"
)
ENGINE = bytes.fromhex("80001f8880796dbc39b295046b00000000")


def answer(rows: list[tuple[ber.Oid, bytes]], *, error: int = 0) -> bytes:
    bindings = b"".join(ber.encode(ber.SEQUENCE, ber.encode_oid(oid) + value) for oid, value in rows)
    return ber.encode_response(REQUEST, bindings, error=error)


@given(ROWS, st.integers(0, 18))
def test_a_sound_answer_shows_its_status_and_its_last_name(
    rows: list[tuple[ber.Oid, bytes]], error: int
) -> None:
    message = wire.inspect(answer(rows, error=error))
    assert (message.version, message.number) == ("2c", 4711)
    assert message.pdu is not None
    assert (message.pdu.kind, message.pdu.status) == (wire.RESPONSE, error)
    assert message.pdu.last == (rows[-1][0] if rows else None)
    assert message.pdu.ends == (bool(rows) and rows[-1][1] == ber.END_OF_MIB)


def value_of(encoded: bytes) -> SnmpValue | None:
    """What the encoded value is, read by the lab's own decoder."""
    tag, body, _ = ber.decode(encoded)
    readers: dict[int, Callable[[], SnmpValue]] = {
        ber.INTEGER: lambda: SnmpValue("integer", int.from_bytes(body, "big", signed=True)),
        ber.STRING: lambda: SnmpValue("string", body),
        ber.OBJECT: lambda: SnmpValue("oid", ber.decode_oid(body)),
        0x40: lambda: SnmpValue("address", "127.0.0.1"),
    }
    return readers[tag]() if tag in readers else None


@given(ROWS)
def test_a_sound_answer_is_read_whole_and_in_its_order(rows: list[tuple[ber.Oid, bytes]]) -> None:
    pdu = wire.inspect(answer(rows)).pdu
    assert pdu is not None
    told = [(oid, value_of(encoded)) for oid, encoded in rows]
    assert list(pdu.values) == [(oid, value) for oid, value in told if value is not None]


@given(NAMES, VALUES)
def test_lengths_that_are_longer_than_they_need_be_are_read_the_same(oid: ber.Oid, value: bytes) -> None:
    def longer(element: bytes) -> bytes:
        tag, body, _ = ber.decode(element)
        return bytes((tag, 0x84)) + len(body).to_bytes(4, "big") + body

    short = ber.encode(ber.SEQUENCE, ber.encode_oid(oid) + value)
    for name in (ber.encode_oid(oid), longer(ber.encode_oid(oid))):
        for odd in (value, longer(value)):
            variable = longer(ber.encode(ber.SEQUENCE, name + odd))
            assert (
                wire.inspect(ber.encode_response(REQUEST, variable + short)).pdu
                == wire.inspect(ber.encode_response(REQUEST, short + short)).pdu
            )


@pytest.mark.parametrize(
    ("encoded", "number"),
    [
        pytest.param(b"\x41\x04\xff\xff\xff\xff", 2**32 - 1, id="counter-without-its-zero"),
        pytest.param(b"\x41\x05\x00\xff\xff\xff\xff", 2**32 - 1, id="counter"),
        pytest.param(b"\x46\x09\x00" + b"\xff" * 8, 2**64 - 1, id="counter-of-64-bits"),
        pytest.param(b"\x02\x04\xff\xff\xff\xff", -1, id="negative"),
        pytest.param(b"\x02\x00", 0, id="empty"),
    ],
)
def test_a_number_is_read_as_its_type_says(encoded: bytes, number: int) -> None:
    pdu = wire.inspect(answer([((1, 3, 6), encoded)])).pdu
    assert pdu is not None
    assert pdu.values == (((1, 3, 6), SnmpValue("integer", number)),)


@given(ROWS, st.data())
def test_a_cut_answer_is_refused(rows: list[tuple[ber.Oid, bytes]], data: st.DataObject) -> None:
    whole = answer(rows)
    with pytest.raises(wire.MalformedError):
        wire.inspect(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(ROWS, st.binary(min_size=1, max_size=4))
def test_something_behind_an_answer_is_refused(rows: list[tuple[ber.Oid, bytes]], more: bytes) -> None:
    with pytest.raises(wire.MalformedError):
        wire.inspect(answer(rows) + more)


@given(st.sampled_from([answer([((1, 3, 6), b"\x02\x01\x05")] * 3), DISCOVERED, SIGNED, SEALED]), st.data())
def test_changed_bytes_are_read_or_refused(whole: bytes, data: st.DataObject) -> None:
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(wire.MalformedError):
        wire.inspect(bytes(changed))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(wire.MalformedError):
        wire.inspect(data)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"\x40\x03\x7f\x00\x01", id="address-of-three-bytes-is-no-value"),
        pytest.param(b"\x44\x00", id="empty-opaque"),
    ],
)
def test_odd_values_of_known_types_pass(value: bytes) -> None:
    assert wire.inspect(answer([((1, 3, 6), value)])).pdu


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"\x01\x01\xff", id="boolean"),
        pytest.param(b"\x30\x00", id="sequence"),
        pytest.param(b"\x1f\x1f\x00", id="tag-of-several-bytes"),
        pytest.param(b"\x06\x00", id="empty-oid"),
        pytest.param(b"\x06\x02\x2b\x86", id="cut-oid"),
        pytest.param(b"\x04\x80", id="indefinite-length"),
        pytest.param(b"\x04\x85\x01\x00\x00\x00\x00", id="length-of-five-bytes"),
        pytest.param(b"\x02\x01", id="longer-than-its-variable"),
        pytest.param(b"\x02\x01\x05\x05\x00", id="two-values"),
        pytest.param(b"", id="no-value"),
        pytest.param(b"\x02\x09\x01" + bytes(8), id="number-of-nine-bytes"),
        pytest.param(b"\x46\x09\x01" + bytes(8), id="counter-above-64-bits"),
        pytest.param(b"\x46\x82\x40\x00" + bytes(0x4000), id="counter-of-16-kB"),
        pytest.param(b"\x06\x82\x02\x81" + b"\x01" * 641, id="oid-of-more-than-128-arcs"),
    ],
)
def test_values_that_are_none_are_refused(value: bytes) -> None:
    with pytest.raises(wire.MalformedError):
        wire.inspect(answer([((1, 3, 6), value)]))


@pytest.mark.parametrize("kind", [ber.GET, ber.GET_NEXT, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7])
def test_a_message_that_is_no_answer_is_refused(kind: int) -> None:
    whole = answer([((1, 3, 6), b"\x05\x00")])
    with pytest.raises(wire.MalformedError):
        wire.inspect(whole.replace(bytes((ber.RESPONSE,)), bytes((kind,)), 1))


def test_an_answer_of_version_1_names_its_version() -> None:
    request = ber.Request(0, b"public", ber.GET, 1, 0, 0, ())
    assert wire.inspect(ber.encode_response(request, b"")).version == "1"


@given(st.integers(-(2**31), 2**31 - 1), st.sampled_from([0, 1]), st.binary(max_size=20))
def test_an_answer_tells_which_request_it_answers(number: int, version: int, community: bytes) -> None:
    request = ber.Request(version, community, ber.GET, number, 0, 0, ())
    whole = ber.encode_response(request, b"")
    message = wire.inspect(whole)
    assert (message.number, message.community) == (number, community)
    assert wire.number_of(whole) == number


def test_a_secure_message_tells_which_message_it_answers() -> None:
    assert wire.inspect(SEALED).number == 0x6321D01E


def test_a_report_is_seen_with_its_engine() -> None:
    message = wire.inspect(DISCOVERED)
    assert message.pdu is not None
    assert (message.version, message.pdu.kind, message.engine_id) == ("3", wire.REPORT, ENGINE)
    assert message.pdu.last == (1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0)
    assert message.flags == 0


def test_a_signed_answer_shows_the_place_of_its_code() -> None:
    message = wire.inspect(SIGNED)
    assert message.pdu is not None
    assert message.pdu.last == (1, 3, 6, 1, 2, 1, 1, 5, 0)
    assert SIGNED[slice(*message.digest)].hex() == "6195bc2a8703f7baeb92083adbc2bbf3c87611468bf3adde"
    assert message.flags == wire.AUTHENTICATED


def test_of_a_sealed_answer_only_the_envelope_is_seen() -> None:
    message = wire.inspect(SEALED)
    assert message.pdu is None
    assert message.flags == wire.AUTHENTICATED | wire.ENCRYPTED


@given(NAMES)
def test_an_oid_is_decoded_as_it_was_encoded(oid: ber.Oid) -> None:
    _, body, _ = ber.decode(ber.encode_oid(oid))
    assert wire.decode_oid(body) == oid
