"""The part of BER that SNMP messages use (ITU-T X.690, RFC 3417 section 8): definite lengths only."""

from dataclasses import dataclass

SEQUENCE = 0x30
INTEGER = 0x02
STRING = 0x04
NULL = 0x05
OBJECT = 0x06
GET, GET_NEXT, RESPONSE, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA5
NO_SUCH_INSTANCE, END_OF_MIB = b"\x81\x00", b"\x82\x00"

Oid = tuple[int, ...]


class BerError(ValueError):
    """The bytes are no BER, or end too early."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request of SNMP v1 or v2c. `first` and `second` are non-repeaters and repetitions of a GETBULK."""

    version: int
    community: bytes
    kind: int
    request_id: int
    first: int
    second: int
    oids: tuple[Oid, ...]


def encode(tag: int, body: bytes) -> bytes:
    """One element with its length."""
    return encode_header(tag, len(body)) + body


def encode_header(tag: int, size: int) -> bytes:
    """Tag and length of an element whose body follows, or never comes."""
    if size < 0x80:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length


def encode_integer(value: int, tag: int = INTEGER) -> bytes:
    """A signed integer in as few bytes as it needs."""
    return encode(tag, value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True))


def encode_oid(oid: Oid) -> bytes:
    """An object identifier of at least two arcs."""
    return encode(OBJECT, b"".join(_encode_arc(arc) for arc in (oid[0] * 40 + oid[1], *oid[2:])))


def _encode_arc(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(0x80 | (arc & 0x7F))
    return bytes(reversed(digits))


def decode(data: bytes, at: int = 0) -> tuple[int, bytes, int]:
    """Tag and body of the element at `at`, and where the next begins; raises `BerError`."""
    if at + 2 > len(data):
        raise BerError("an element ends in its header")
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        width = size & 0x7F
        if width == 0 or at + width > len(data):
            raise BerError("a length is indefinite or cut off")
        size, at = int.from_bytes(data[at : at + width], "big"), at + width
    if at + size > len(data):
        raise BerError("an element is longer than what was sent")
    return tag, data[at : at + size], at + size


def decode_integer(data: bytes, at: int) -> tuple[int, int]:
    """The integer at `at`, and where the next element begins; raises `BerError`."""
    body, at = _expect(INTEGER, data, at)
    if not body:
        raise BerError("an integer is empty")
    return int.from_bytes(body, "big", signed=True), at


def decode_oid(body: bytes) -> Oid:
    """The arcs in the body of an object identifier; raises `BerError`."""
    arcs, arc, pending = [], 0, False
    for byte in body:
        arc, pending = arc << 7 | byte & 0x7F, bool(byte & 0x80)
        if not pending:
            arcs.append(arc)
            arc = 0
    if pending or not arcs:
        raise BerError("an object identifier is empty or cut off")
    root = min(arcs[0] // 40, 2)
    return (root, arcs[0] - 40 * root, *arcs[1:])


def decode_request(data: bytes) -> Request:
    """A whole message; raises `BerError`."""
    message, _ = _expect(SEQUENCE, data, 0)
    version, at = decode_integer(message, 0)
    community, at = _expect(STRING, message, at)
    kind, pdu, _ = decode(message, at)
    request_id, at = decode_integer(pdu, 0)
    first, at = decode_integer(pdu, at)
    second, at = decode_integer(pdu, at)
    bindings, _ = _expect(SEQUENCE, pdu, at)
    return Request(version, community, kind, request_id, first, second, _decode_names(bindings))


def _decode_names(bindings: bytes) -> tuple[Oid, ...]:
    names, at = [], 0
    while at < len(bindings):
        binding, at = _expect(SEQUENCE, bindings, at)
        name, _ = _expect(OBJECT, binding, 0)
        names.append(decode_oid(name))
    return tuple(names)


def _expect(tag: int, data: bytes, at: int) -> tuple[bytes, int]:
    found, body, end = decode(data, at)
    if found != tag:
        raise BerError(f"tag {found:#x} stands where {tag:#x} belongs")
    return body, end


def encode_response(
    request: Request, bindings: bytes, *, error: int = 0, index: int = 0, request_id: int | None = None
) -> bytes:
    """The answer to `request`; `bindings` are the encoded variable bindings one after the other."""
    number = request.request_id if request_id is None else request_id
    pdu = encode_integer(number) + encode_integer(error) + encode_integer(index) + encode(SEQUENCE, bindings)
    head = encode_integer(request.version) + encode(STRING, request.community)
    return encode(SEQUENCE, head + encode(RESPONSE, pdu))
