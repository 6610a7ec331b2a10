"""Values of agents: the same words for both libraries, and nothing unreadable or dangerous for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.servers import ber
from schoten_ict.connect.snmp import meanings, values
from schoten_ict.core.remote import Oid, SnmpValue
from schoten_ict.core.text import printable

ARC = st.integers(0, 2**32 - 1)


def as_gufo_shows(oid: Oid) -> str:
    """The library's reading of an OID: the first byte stands for two arcs, the rest is base 128."""
    encoded = ber.encode_oid(oid)
    _, body, _ = ber.decode(encoded)
    first, rest = body[0], ber.decode_oid(b"\x00" + body[1:])[2:] if body[1:] else ()
    return ".".join(map(str, (first // 40, first % 40, *rest)))


@given(st.integers(0, 1), st.integers(0, 39), st.lists(ARC, max_size=10))
def test_an_oid_reads_as_the_library_shows_it(root: int, second: int, rest: list[int]) -> None:
    oid = (root, second, *rest)
    assert values.native_oid(as_gufo_shows(oid)) == oid


@given(st.integers(0, 2**20), st.lists(ARC, max_size=10))
def test_an_oid_below_2_is_put_together_again(second: int, rest: list[int]) -> None:
    first = ber.encode_oid((2, second))[2:]
    if len(first) > 1 and first[1] in {0x00, 0x80}:
        return  # a zero in this place is lost for good
    assert values.native_oid(as_gufo_shows((2, second, *rest))) == (2, second, *rest)


@given(st.one_of(st.integers(), st.binary(), st.booleans(), st.floats(), st.none()))
def test_every_native_value_has_a_kind_or_is_left_out(value: object) -> None:
    made = values.native(value)
    assert made is None or made.kind in {"integer", "string"}


@given(st.ip_addresses(v=4).map(str))
def test_an_address_is_an_address(address: str) -> None:
    assert values.native(address) == SnmpValue("address", address)


@pytest.mark.parametrize(
    ("text", "oid"), [("1.3.6.1", (1, 3, 6, 1)), ("0.0", (0, 0)), ("1.3.6.256", (1, 3, 6, 256))]
)
def test_an_oid_is_no_address(text: str, oid: Oid) -> None:
    assert values.native(text) == SnmpValue("oid", oid)


AT: Oid = (1, 3, 6, 1, 2, 1, 1, 1, 0)


@pytest.mark.parametrize(
    ("value", "number", "text", "name"),
    [
        (SnmpValue("integer", 7), 7, None, None),
        (SnmpValue("string", b" sw-core-01\r\n"), None, "sw-core-01", None),
        (SnmpValue("string", b"  "), None, None, None),
        (SnmpValue("oid", (1, 3)), None, None, (1, 3)),
        (SnmpValue("address", "127.0.0.1"), None, None, None),
    ],
)
def test_a_reader_takes_only_its_own_type(
    value: SnmpValue, number: int | None, text: str | None, name: Oid | None
) -> None:
    found = {AT: value}
    assert (values.number(found, AT), values.text(found, AT), values.name(found, AT)) == (number, text, name)
    assert (values.number({}, AT), values.text({}, AT), values.name({}, AT)) == (None, None, None)


@given(st.binary(max_size=64))
def test_a_string_is_shown_on_one_line_without_controls(raw: bytes) -> None:
    shown = values.show(SnmpValue("string", raw))
    assert printable(shown) == shown
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"HP LaserJet", "HP LaserJet"),
        (b"two\tcolumns", "two columns"),
        (b"\x00\x1b\x21\x3a\x4f\x5e", "0x001b213a4f5e"),
        (b"\x1b[2Jgone", "0x1b5b324a676f6e65"),
        (b"two\nlines", "two"),
        (b"", ""),
        (b"\0\0\0", ""),
    ],
)
def test_how_strings_are_shown(raw: bytes, shown: str) -> None:
    assert values.show(SnmpValue("string", raw)) == shown


def test_any_value_can_be_shown() -> None:
    made = [
        SnmpValue("integer", -3), SnmpValue("string", b"x"), SnmpValue("oid", (1, 3, 6)),
        SnmpValue("address", "127.0.0.1"),
    ]  # fmt: skip
    assert [values.show(value) for value in made] == ["-3", "x", "1.3.6", "127.0.0.1"]


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (b"\x00", ()),
        (b"\x44", ("no paper", "jammed")),
        (b"\x00\x04", ("input tray empty",)),
        (b"", ()),
        (b"\xff" * 9, meanings.PRINTER_ERRORS),
    ],
)
def test_bits_have_names(raw: bytes, names: tuple[str, ...]) -> None:
    assert meanings.set_bits(raw, meanings.PRINTER_ERRORS) == names


def test_scales_are_powers_of_a_thousand() -> None:
    assert (meanings.SENSOR_SCALES[8], meanings.SENSOR_SCALES[9], meanings.SENSOR_SCALES[10]) == (-3, 0, 3)
