"""Values of agents as words and numbers. Whatever has another type than its MIB says reads as absent."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from schoten_ict.connect.snmp.values import Values, number, text, words
from schoten_ict.connect.snmp.values import name as pointer
from schoten_ict.core.remote import Oid
from schoten_ict.formats.identifiers import clean_mac

__all__ = [
    "Values", "below", "mac", "mac_of", "moment", "number", "percentage", "pointer", "text", "unsigned",
    "words",
]  # fmt: skip

_MAC_BYTES = 6
_ZONED_DATE_BYTES = 11
_HALF = 1 << 31
_LOOSE_MAC = re.compile(r"[0-9a-fA-F]{1,2}(?:[: -][0-9a-fA-F]{1,2}){5}")


def below(values: Values, root: Oid) -> Iterator[Oid]:
    """The indexes of a column, as they come."""
    depth = len(root)
    return (oid[depth:] for oid in values if oid[:depth] == root)


def unsigned(value: int | None) -> int | None:
    """A count that a 32-bit agent may have let run over; -1 stands for not known."""
    if value is None or value == -1:
        return None
    return value + 2 * _HALF if -_HALF <= value < 0 else value


def percentage(value: int | None) -> int | None:
    """A number from 0 to 100; anything else is none."""
    return value if value is not None and 0 <= value <= 100 else None  # noqa: PLR2004 - per cent


def mac(values: Values, oid: Oid) -> str | None:
    """The hardware address at `oid`, as six octets or as text; None for all zeros and for others."""
    found = values.get(oid)
    return mac_of(found.value) if found and isinstance(found.value, bytes) else None


def mac_of(raw: bytes) -> str | None:
    """A hardware address as `aa:bb:cc:dd:ee:ff`."""
    written = raw.hex() if len(raw) == _MAC_BYTES else (words(raw) or "")
    if _LOOSE_MAC.fullmatch(written):
        written = "".join(part.zfill(2) for part in re.split("[: -]", written))
    try:
        return clean_mac(written)
    except ValueError:
        return None


def moment(values: Values, oid: Oid) -> datetime | None:
    """The DateAndTime at `oid` (RFC 2579); None where the agent does not tell its zone."""
    found = values.get(oid)
    raw = found.value if found and isinstance(found.value, bytes) else b""
    if len(raw) != _ZONED_DATE_BYTES:
        return None
    offset = timedelta(hours=raw[9], minutes=raw[10])
    try:
        zone = timezone({"+": offset, "-": -offset}[chr(raw[8])])
        year, month, day, hour, minute = int.from_bytes(raw[:2], "big"), *raw[2:6]
        second = min(raw[6], 59)  # 60 is a leap second
        return datetime(year, month, day, hour, minute, second, raw[7] * 100_000, zone)
    except (KeyError, ValueError):
        return None
