"""Values of agents in the words of the project, and readers for each type.

Everything that comes from an agent may be of another type than its MIB says; the readers return None then.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Mapping
from functools import lru_cache

from schoten_ict.core.remote import Oid, SnmpValue
from schoten_ict.core.text import is_hidden

INTEGER, STRING, OID, ADDRESS = "integer", "string", "oid", "address"

_ADDRESS = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})")
_INTERNET = "1.3.6.1"
_LAST_ROOT, _MORE = 2, 0x80
_LONGEST = 2048
_PML_STRING = b"\x01\x15"
"""Type and character set before a string of HP's printer management language, which some makers use too."""

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


def words(raw: bytes) -> str | None:
    """The first line of a string up to a NUL, trimmed: UTF-8, else Latin-1; None for what is no text.

    A text that goes on and on is cut: the longest that a MIB allows has 255 octets.
    """
    body = raw[:_LONGEST].removeprefix(_PML_STRING).partition(b"\0")[0]
    try:
        decoded = getincrementaldecoder("utf-8")().decode(body, final=len(raw) <= _LONGEST)
    except UnicodeDecodeError:
        decoded = body.decode("latin-1")
    line = next((trimmed for each in decoded.splitlines() if (trimmed := each.strip())), "")
    return None if not line or any(is_hidden(char) and char != "\t" for char in line) else line


def number(values: Values, oid: Oid) -> int | None:
    """The integer at `oid`."""
    found = values.get(oid)
    return found.value if found and isinstance(found.value, int) else None


def text(values: Values, oid: Oid) -> str | None:
    """The string at `oid` as `words` reads it; None when it is absent, blank, binary or no string."""
    found = values.get(oid)
    return words(found.value) if found and isinstance(found.value, bytes) else None


def name(values: Values, oid: Oid) -> Oid | None:
    """The OID that stands at `oid`."""
    found = values.get(oid)
    return found.value if found and isinstance(found.value, tuple) else None
