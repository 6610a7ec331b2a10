"""Looks at an answer before a library decodes it: is it well formed, does the agent report an error.

The libraries differ in what they make of broken answers (one drops them unseen, the other may abort), and one
of them hides the error status. So every datagram is checked here first. Formats: BER (ITU-T X.690) with
definite lengths; messages and PDUs of RFC 3416 section 3, RFC 3412 section 6 and RFC 3414 section 2.4.
"""

from dataclasses import dataclass

from schoten_ict.core.remote import Oid

RESPONSE, REPORT = 0xA2, 0xA8
AUTHENTICATED, ENCRYPTED = 0x01, 0x02

_SEQUENCE, _INTEGER, _STRING, _OBJECT = 0x30, 0x02, 0x04, 0x06
_NULL, _END_OF_MIB = 0x05, 0x82
_VALUES = frozenset({0x02, 0x04, 0x05, 0x06, 0x40, 0x41, 0x42, 0x43, 0x44, 0x46, 0x80, 0x81, 0x82})
_VERSIONS = {0: "1", 1: "2c", 3: "3"}
_LONGEST_LENGTH = 4
_MORE = 0x80
_SECURE = 3


class MalformedError(ValueError):
    """The bytes are no answer of an SNMP agent, or are cut off."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """What can be seen of an answer: its kind, request number, error status (RFC 3416) and last variable.

    `ends` says that the last value is the end of the MIB, `empty` that it is none (NULL).
    """

    kind: int
    number: int
    status: int
    name: bytes
    ends: bool
    empty: bool

    @property
    def last(self) -> Oid | None:
        """The OID of the last variable; None without variables."""
        return decode_oid(self.name) if self.name else None


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


def inspect(data: bytes) -> Message:
    """What `data` is; raises `MalformedError`."""
    try:
        body, end = _whole(_SEQUENCE, data, 0, len(data))
        start, at = _expect(_INTEGER, data, body, end)
        number = int.from_bytes(data[start:at], "big")
        if number == _SECURE:
            return _inspect_secure(data, at, end)
        _, at = _expect(_STRING, data, at, end, may_be_empty=True)
        pdu = _inspect_pdu(data, at, end)
        return Message(_VERSIONS[number], pdu.number, pdu)
    except (IndexError, KeyError):
        raise MalformedError("no SNMP message, or cut off") from None


def decode_oid(body: bytes) -> Oid:
    """The arcs in the body of an object identifier; raises `MalformedError`."""
    arcs, arc = [], 0
    for byte in body:
        arc = arc << 7 | byte & 0x7F
        if not byte & _MORE:
            arcs.append(arc)
            arc = 0
    if not body or body[-1] & _MORE:
        raise MalformedError("an object identifier is empty or cut off")
    root = min(arcs[0] // 40, 2)
    return (root, arcs[0] - 40 * root, *arcs[1:])


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
    name = stop = value = 0
    while at < end:  # written out: this runs for every value of every walk
        tag, at, after = _element(data, at, end)
        name_tag, name, stop = _element(data, at, after)
        value, start, at = _element(data, stop, after)
        if tag != _SEQUENCE or name_tag != _OBJECT or name == stop or at != after or value not in _VALUES:
            raise MalformedError("a variable is not of the form")
        if data[stop - 1] & _MORE or (value == _OBJECT and (start == at or data[at - 1] & _MORE)):
            raise MalformedError("an object identifier is empty or cut off")
    return Pdu(kind, number, status, data[name:stop], value == _END_OF_MIB, value == _NULL)


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
