"""Values of agents: the same words for both libraries, and nothing unreadable or dangerous for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.servers import ber
from schoten_ict.connect.snmp import values
from schoten_ict.core.remote import Oid, SnmpValue

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
