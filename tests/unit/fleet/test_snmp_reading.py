"""Values of agents as words, numbers, addresses and times."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.remote import Oid, SnmpValue
from schoten_ict.core.text import is_hidden
from schoten_ict.fleet.ask.snmp.reading import (
    below,
    mac,
    mac_of,
    moment,
    number,
    percentage,
    pointer,
    text,
    unsigned,
    words,
)

AT: Oid = (1, 3, 6, 1)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"Smart-UPS 1000", "Smart-UPS 1000"),
        (b"UPS 09.8 (ID20) ", "UPS 09.8 (ID20)"),
        (b"MFC-L2710DW\0\0\0", "MFC-L2710DW"),
        (b"WAN Miniport\0garbage", "WAN Miniport"),
        ("Café".encode(), "Café"),
        ("Café".encode("latin-1"), "Café"),
        ("廢棄碳粉".encode(), "廢棄碳粉"),
        (b"\x01\x15VNCRC48198", "VNCRC48198"),
        (b"\r\n  Cisco IOS Software\r\nTechnical Support", "Cisco IOS Software"),
        (b"", None),
        (b"\0\0\0\0", None),
        (b"   ", None),
        (b"a\x1b[31mred", None),
        (b"\x00\x1b!:O^", None),
        (b"\x07\xe2\x05\x15\x00", None),
    ],
)
def test_strings_are_read_as_text_or_not_at_all(raw: bytes, read: str | None) -> None:
    assert words(raw) == read


@given(st.binary(max_size=300))
def test_text_is_one_line_without_what_steers_a_terminal(raw: bytes) -> None:
    found = words(raw)
    if found is not None:
        assert found == found.strip() != ""
        assert not any(is_hidden(char) for char in found if char != "\t")
        decodings = {raw.decode("utf-8", "replace"), raw.decode("latin-1")}
        assert any(found in each for each in decodings)


def test_endless_text_is_cut_between_characters() -> None:
    found = words("é".encode() * 5_000_000)
    assert found == "é" * 1024


def test_text_that_ends_within_a_character_is_no_utf_8() -> None:
    assert words(b"Caf\xc3") == "CafÃ"


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"\x00\x1b\x21\x3a\x4f\x5e", "00:1b:21:3a:4f:5e"),
        (b"20-4C-9E-6E-08-FE", "20:4c:9e:6e:08:fe"),
        (b"cc:88:c7:00:00:01", "cc:88:c7:00:00:01"),
        (b"0:1b:21:3a:4f:5e", "00:1b:21:3a:4f:5e"),
        (b"00 1B 21 3A 4F 5E ", "00:1b:21:3a:4f:5e"),
        (b"\0\0\0\0\0\0", None),
        (b"\xff\xff\xff\xff\xff\xff", None),
        (b"", None),
        (b"port17", "70:6f:72:74:31:37"),
        (b"port 1", "70:6f:72:74:20:31"),
        (b"1.2.3.4.5.6.7", None),
    ],
)
def test_hardware_addresses_are_octets_or_text(raw: bytes, read: str | None) -> None:
    assert mac_of(raw) == read
    assert mac({AT: SnmpValue("string", raw)}, AT) == read


@pytest.mark.parametrize(
    ("octets", "at"),
    [
        ("07ea0b1a110500002b0100", datetime(2026, 11, 26, 16, 5, tzinfo=UTC)),
        ("07ea0b1a110500052d011e", datetime(2026, 11, 26, 18, 35, 0, 500_000, tzinfo=UTC)),
        ("07ea0b1a11053c002b0000", datetime(2026, 11, 26, 17, 5, 59, tzinfo=UTC)),
        ("07ea0b1a11050000", None),
        ("0000000000000000000000", None),
        ("07ea0d1a110500002b0100", None),
        ("07ea0b1a110500002a0100", None),
        ("07ea0b1a110500002bff00", None),
    ],
)
def test_times_need_their_zone(octets: str, at: datetime | None) -> None:
    assert moment({AT: SnmpValue("string", bytes.fromhex(octets))}, AT) == at


@given(st.binary(min_size=11, max_size=11))
def test_any_octets_are_a_time_or_none(raw: bytes) -> None:
    found = moment({AT: SnmpValue("string", raw)}, AT)
    assert found is None or found.timestamp() < 10**13


def test_values_of_another_type_read_as_absent() -> None:
    values: dict[Oid, SnmpValue] = {
        (*AT, 1): SnmpValue("string", b"text"),
        (*AT, 2): SnmpValue("integer", 7),
        (*AT, 3): SnmpValue("oid", (1, 3)),
        (*AT, 4): SnmpValue("address", "10.0.0.1"),
    }
    rows = list(values)
    assert [text(values, oid) for oid in rows] == ["text", None, None, None]
    assert [number(values, oid) for oid in rows] == [None, 7, None, None]
    assert [pointer(values, oid) for oid in rows] == [None, None, (1, 3), None]
    assert [mac(values, oid) for oid in rows] == [None] * 4
    assert (text(values, AT), number(values, AT), pointer(values, AT)) == (None, None, None)
    assert list(below(values, AT)) == [(1,), (2,), (3,), (4,)]


@pytest.mark.parametrize(
    ("count", "meant"), [(0, 0), (5, 5), (None, None), (-1, None), (-2, 2**32 - 2), (-(2**31), 2**31)]
)
def test_counts_that_ran_over_are_put_right(count: int | None, meant: int | None) -> None:
    assert unsigned(count) == meant


@pytest.mark.parametrize(("count", "share"), [(0, 0), (100, 100), (101, None), (-1, None), (None, None)])
def test_a_share_lies_between_none_and_all(count: int | None, share: int | None) -> None:
    assert percentage(count) == share
