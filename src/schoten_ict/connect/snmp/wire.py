"""Reads an answer: is it well formed, does the agent report an error, and what does it say in the open.

The libraries differ in what they make of broken answers (one drops them unseen, the other prints its own
panics), and one of them hides the error status and cuts numbers that are too long. So every datagram is read
here first. Formats: BER (ITU-T X.690) with definite lengths; messages and PDUs of RFC 3416 section 3,
RFC 3412 section 6 and RFC 3414 section 2.4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from schoten_ict.connect.snmp.values import ADDRESS, INTEGER, OID, STRING
from schoten_ict.core.remote import Oid, SnmpValue

RESPONSE, REPORT = 0xA2, 0xA8
AUTHENTICATED, ENCRYPTED = 0x01, 0x02

_SEQUENCE, _INTEGER, _STRING, _OBJECT, _END_OF_MIB = 0x30, 0x02, 0x04, 0x06, 0x82
_VERSIONS = {0: "1", 1: "2c", 3: "3"}
_LONGEST_LENGTH = 4
_LONGEST_NUMBER = 8
_LONGEST_NAME = 640  # 128 arcs of 32 bits (RFC 2578 section 3.5)
_LARGEST_ARC = 2**32 - 1  # RFC 2578 section 3.5
_TOO_LARGE = "a number in an object identifier is larger than SNMP has"
_ADDRESS_BYTES = 4
_MORE = 0x80
_SECURE = 3


class MalformedError(ValueError):
    """The bytes are no answer of an SNMP agent, or are cut off."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """An answer: its kind, request number, error status (RFC 3416) and values in the agent's order.

    What has no value is not among them: NULL, what the agent lacks, the end of the MIB. `last` is the OID of
    the last variable with or without a value; `ends` says that it is the end of the MIB.
    """

    kind: int
    number: int
    status: int
    values: tuple[tuple[Oid, SnmpValue], ...]
    last: Oid | None
    ends: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A datagram.

    `number` tells which request it answers, `pdu` is None where it is encrypted, `digest` is the place of the
    authentication code.
    """

    version: str
    number: int
    pdu: Pdu | None
    flags: int = 0
    engine_id: bytes = b""
    digest: tuple[int, int] = (0, 0)
    community: bytes = b""


def inspect(data: bytes) -> Message:
    """What `data` is; raises `MalformedError`."""
    try:
        body, end = _whole(_SEQUENCE, data, 0, len(data))
        start, at = _expect(_INTEGER, data, body, end)
        number = int.from_bytes(data[start:at], "big")
        if number == _SECURE:
            return _inspect_secure(data, at, end)
        start, at = _expect(_STRING, data, at, end, may_be_empty=True)
        pdu = _inspect_pdu(data, at, end)
        return Message(_VERSIONS[number], pdu.number, pdu, community=data[start:at])
    except (IndexError, KeyError):
        raise MalformedError("no SNMP message, or cut off") from None


def number_of(request: bytes) -> int:
    """The number of a request of version 1 or 2c."""
    at, end = _expect(_SEQUENCE, request, 0, len(request))
    for tag in (_INTEGER, _STRING):
        _, at = _expect(tag, request, at, end, may_be_empty=True)
    _, at, end = _element(request, at, end)
    return _integer(request, *_expect(_INTEGER, request, at, end))


@lru_cache(maxsize=8192)
def decode_oid(body: bytes) -> Oid:
    """The arcs in the body of an object identifier; raises `MalformedError`.

    Kept, because machines of one kind have the same tables: neither time nor memory is spent on each again.
    """
    if not 0 < len(body) <= _LONGEST_NAME or body[-1] & _MORE:
        raise MalformedError("an object identifier is empty, cut off or too long")
    start = len(body) - 1
    while start and body[start - 1] & _MORE:
        start -= 1
    if not start:
        return _arcs(body)
    last = body[-1]
    for place, byte in enumerate(reversed(body[start:-1]), 1):
        last |= (byte & 0x7F) << 7 * place
    if last > _LARGEST_ARC:
        raise MalformedError(_TOO_LARGE)
    return (*_arcs(body[:start]), last)


@lru_cache(maxsize=512)
def _arcs(body: bytes) -> Oid:
    """Kept, because the values of a walk share all arcs but the last, column by column."""
    arcs, arc = [], 0
    for byte in body:
        arc = arc << 7 | byte & 0x7F
        if not byte & _MORE:
            arcs.append(arc)
            arc = 0
    if max(arcs) > _LARGEST_ARC:
        raise MalformedError(_TOO_LARGE)
    root = min(arcs[0] // 40, 2)
    return (root, arcs[0] - 40 * root, *arcs[1:])


@lru_cache(maxsize=4096)
def _signed(body: bytes) -> SnmpValue:
    """Kept like the unsigned ones, because most numbers of most agents are small, and the same."""
    if len(body) > _LONGEST_NUMBER:
        raise MalformedError("a number is longer than SNMP has")
    return SnmpValue(INTEGER, int.from_bytes(body, "big", signed=True))


@lru_cache(maxsize=4096)
def _unsigned(body: bytes) -> SnmpValue:
    """Also one that lacks the zero before its first bit, as some agents write it."""
    if body[:-_LONGEST_NUMBER] not in {b"", b"\0"}:
        raise MalformedError("a number is longer than SNMP has")
    return SnmpValue(INTEGER, int.from_bytes(body, "big"))


def _string(body: bytes) -> SnmpValue:
    return SnmpValue(STRING, body)


def _name(body: bytes) -> SnmpValue:
    return SnmpValue(OID, decode_oid(body))


def _address(body: bytes) -> SnmpValue | None:
    return SnmpValue(ADDRESS, ".".join(map(str, body))) if len(body) == _ADDRESS_BYTES else None


def _nothing(_body: bytes) -> None:
    return None


_READERS: dict[int, Callable[[bytes], SnmpValue | None]] = {
    _INTEGER: _signed, _STRING: _string, 0x05: _nothing, _OBJECT: _name, 0x40: _address, 0x41: _unsigned,
    0x42: _unsigned, 0x43: _unsigned, 0x44: _string, 0x46: _unsigned, 0x80: _nothing, 0x81: _nothing,
    _END_OF_MIB: _nothing,
}  # fmt: skip
"""By tag: RFC 2578 section 7.1, and the exceptions of RFC 3416 section 3."""


def _inspect_secure(data: bytes, at: int, end: int) -> Message:
    head, at = _expect(_SEQUENCE, data, at, end)
    start, head = _expect(_INTEGER, data, head, at)
    number = _integer(data, start, head)
    _, head = _expect(_INTEGER, data, head, at)
    flags, head = _expect(_STRING, data, head, at)
    _whole(_INTEGER, data, head, at)
    level = data[flags]
    security, at = _expect(_STRING, data, at, end)
    field, stop = _whole(_SEQUENCE, data, security, at)
    engine, field = _expect(_STRING, data, field, stop, may_be_empty=True)
    engine_id = data[engine:field]
    for tag in (_INTEGER, _INTEGER, _STRING):
        _, field = _expect(tag, data, field, stop, may_be_empty=tag == _STRING)
    digest, field = _expect(_STRING, data, field, stop, may_be_empty=True)
    _whole(_STRING, data, field, stop)
    place = (digest, field)
    if level & ENCRYPTED:
        _whole(_STRING, data, at, end)
        return Message("3", number, None, level, engine_id, place)
    scoped, _ = _whole(_SEQUENCE, data, at, end)
    for tag in (_STRING, _STRING):
        _, scoped = _expect(tag, data, scoped, end, may_be_empty=True)
    return Message("3", number, _inspect_pdu(data, scoped, end), level, engine_id, place)


def _inspect_pdu(data: bytes, at: int, end: int) -> Pdu:
    kind, at, after = _element(data, at, end)
    if kind not in {RESPONSE, REPORT} or after != end:
        raise MalformedError("no answer")
    start, at = _expect(_INTEGER, data, at, end)
    number = _integer(data, start, at)
    start, at = _expect(_INTEGER, data, at, end)
    status = _integer(data, start, at)
    _, at = _expect(_INTEGER, data, at, end)
    at, _ = _whole(_SEQUENCE, data, at, end)
    return Pdu(kind, number, status, *_read_variables(data, at, end))


def _read_variables(
    data: bytes, at: int, end: int
) -> tuple[tuple[tuple[Oid, SnmpValue], ...], Oid | None, bool]:
    """`values`, `last` and `ends` of a `Pdu`."""
    values: list[tuple[Oid, SnmpValue]] = []
    tag, oid = 0, None
    while at < end:  # the usual form is written out: this runs for every value of every walk
        size, name, stop = data[at + 1], at + 4, at + 4 + data[at + 3]
        if size < _MORE and data[at + 3] < _MORE and data[stop + 1] < _MORE:
            if data[at] != _SEQUENCE or data[at + 2] != _OBJECT or stop + data[stop + 1] != at + size:
                raise MalformedError("a variable is not of the form")
            tag, start, at = data[stop], stop + 2, at + 2 + size
        else:
            name, stop, tag, start, at = _variable(data, at, end)
        oid, value = decode_oid(data[name:stop]), _READERS[tag](data[start:at])
        if value is not None:
            values.append((oid, value))
    if at != end:
        raise MalformedError("a variable is longer than what holds it")
    return tuple(values), oid, tag == _END_OF_MIB


def _variable(data: bytes, at: int, end: int) -> tuple[int, int, int, int, int]:
    """Start and stop of its name, tag, start and stop of its value, whatever the form of their lengths."""
    tag, at, after = _element(data, at, end)
    name_tag, name, stop = _element(data, at, after)
    value_tag, value, last = _element(data, stop, after)
    if tag != _SEQUENCE or name_tag != _OBJECT or last != after:
        raise MalformedError("a variable is not of the form")
    return name, stop, value_tag, value, after


def _element(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Tag, start of the body and start of the next element, which is at most `end`."""
    size, body = data[at + 1], at + 2
    if size & _MORE:
        width = size & 0x7F
        if not 0 < width <= _LONGEST_LENGTH:
            raise MalformedError("a length is not of the form")
        body += width
        size = int.from_bytes(data[at + 2 : body], "big")
    if body + size > end:
        raise MalformedError("an element is longer than what holds it")
    return data[at], body, body + size


def _integer(data: bytes, start: int, stop: int) -> int:
    return int.from_bytes(data[start:stop], "big", signed=True)


def _expect(tag: int, data: bytes, at: int, end: int, *, may_be_empty: bool = False) -> tuple[int, int]:
    found, body, after = _element(data, at, end)
    if found != tag or (body == after and not may_be_empty and tag in {_INTEGER, _STRING}):
        raise MalformedError(f"tag {found:#x} stands where {tag:#x} belongs")
    return body, after


def _whole(tag: int, data: bytes, at: int, end: int) -> tuple[int, int]:
    """Like `_expect`, for an element that ends with what holds it."""
    body, after = _expect(tag, data, at, end, may_be_empty=True)
    if after != end:
        raise MalformedError("something follows where nothing may")
    return body, after
