"""Values of agents: into the words of the project, and from there to what a person reads.

Everything that comes from an agent may be of another type than its MIB says; the readers return None then.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from schoten_ict.core.remote import Oid, SnmpValue
from schoten_ict.core.text import printable

INTEGER, STRING, OID, ADDRESS = "integer", "string", "oid", "address"

_ADDRESS = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})")
_INTERNET = "1.3.6.1"
_LAST_ROOT, _MORE = 2, 0x80
_MAC_BYTES = 6
_DATE_BYTES, _ZONED_DATE_BYTES = 8, 11
_READABLE_SHARE = 0.75

Values = Mapping[Oid, SnmpValue]


def native(value: object) -> SnmpValue | None:
    """What gufo-snmp made of a value; None for types that SNMP does not have.

    It gives OIDs and addresses both as dotted text; four arcs are an address, except 1.3.6.1 itself.
    """
    if isinstance(value, int):
        return SnmpValue(INTEGER, int(value))
    if isinstance(value, bytes):
        return SnmpValue(STRING, value)
    if not isinstance(value, str):
        return None
    quarters = _ADDRESS.fullmatch(value)
    if quarters and value != _INTERNET and all(int(each) < 256 for each in quarters.groups()):  # noqa: PLR2004
        return SnmpValue(ADDRESS, value)
    return SnmpValue(OID, native_oid(value))


def native_oid(text: str) -> Oid:
    """The arcs of an OID from gufo-snmp, which takes the first byte for the first two arcs.

    That byte is only the beginning of them below 2 (X.690 section 8.19.4); the library then shows a first arc
    above 2. What it took apart is put together again.
    """
    if text[0] <= "2":
        head, _, last = text.rpartition(".")
        return (*_arcs(head), int(last))
    arcs = parse_oid(text)
    first, rest = arcs[0] * 40 + arcs[1], arcs[2:]
    if first & _MORE and rest:
        digits = max(1, -(-rest[0].bit_length() // 7))
        first, rest = (first & ~_MORE) << 7 * digits | rest[0], rest[1:]
    return (_LAST_ROOT, first - 40 * _LAST_ROOT, *rest)


@lru_cache(maxsize=512)
def _arcs(head: str) -> Oid:
    """Kept, because the values of a walk share all arcs but the last, column by column."""
    return parse_oid(head)


def parse_oid(text: str) -> Oid:
    """The arcs of dotted text, with or without a leading dot; raises `ValueError`."""
    return tuple(map(int, text.removeprefix(".").split(".")))


def number(values: Values, oid: Oid) -> int | None:
    """The integer at `oid`."""
    found = values.get(oid)
    return found.value if found and isinstance(found.value, int) else None


def text(values: Values, oid: Oid) -> str | None:
    """The string at `oid` as one readable line; None when it is absent, blank or no string."""
    found = values.get(oid)
    return (readable(found.value).strip() or None) if found and isinstance(found.value, bytes) else None


def name(values: Values, oid: Oid) -> Oid | None:
    """The OID that stands at `oid`."""
    found = values.get(oid)
    return found.value if found and isinstance(found.value, tuple) else None


def show(value: SnmpValue) -> str:
    """Any value as one readable line."""
    match value.value:
        case bytes() as raw:
            return readable(raw)
        case tuple() as oid:
            return ".".join(map(str, oid))
        case other:
            return str(other)


def readable(raw: bytes) -> str:
    """A string as one line: UTF-8, else Latin-1, without what steers a terminal; binary as `0x...`."""
    trimmed = raw.rstrip(b"\0")
    try:
        decoded = trimmed.decode("utf-8")
    except UnicodeDecodeError:
        decoded = trimmed.decode("latin-1")
        plain = sum(0x20 <= byte < 0x7F for byte in trimmed)  # noqa: PLR2004 - the printable part of ASCII
        if plain < _READABLE_SHARE * len(trimmed):
            return f"0x{raw.hex()}"
    if any(char < " " and char not in "\t\r\n" for char in decoded):
        return f"0x{raw.hex()}"
    return printable(decoded)


def mac(raw: bytes) -> str | None:
    """A hardware address as `00:1b:21:3a:4f:5e`; also one that the agent wrote as text. None for others."""
    if len(raw) == _MAC_BYTES:
        return raw.hex(":")
    digits = re.sub(rb"[\s:.-]", b"", raw)
    return bytes.fromhex(digits.decode()).hex(":") if re.fullmatch(rb"[0-9A-Fa-f]{12}", digits) else None


def date_and_time(raw: bytes) -> datetime | None:
    """A DateAndTime (RFC 2579): aware where the agent told its zone, else naive; None for what is none."""
    if len(raw) not in {_DATE_BYTES, _ZONED_DATE_BYTES}:
        return None
    try:
        zone = None
        if len(raw) == _ZONED_DATE_BYTES:
            offset = timedelta(hours=raw[9], minutes=raw[10])
            zone = timezone({"+": offset, "-": -offset}[chr(raw[8])])
        second = min(raw[6], 59)  # 60 is a leap second
        year, month, day, hour, minute = int.from_bytes(raw[:2], "big"), *raw[2:6]
        return datetime(year, month, day, hour, minute, second, raw[7] * 100_000, zone)
    except (ValueError, KeyError):
        return None
