"""Sealed messages from the server's side ([MS-WSMV] 2.2.9.1); written apart from the client's."""

import struct

import spnego

CONTENT_TYPE = (
    'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
)
_MARK = b"--Encrypted Boundary"


def unseal(context: spnego.ContextProxy, body: bytes) -> bytes:
    """The message in a sealed request; raises `ValueError` or an error of spnego."""
    empty, head, rest = body.split(_MARK + b"\r\n", 2)
    payload = rest.removesuffix(_MARK + b"--\r\n").split(b"application/octet-stream\r\n", 1)[1]
    (size,) = struct.unpack_from("<i", payload)
    message = context.unwrap_winrm(payload[4 : 4 + size], payload[4 + size :])
    announced = int(head.rsplit(b"Length=", 1)[1])
    if empty or announced != len(message):
        raise ValueError("not as announced")
    return message


def seal(context: spnego.ContextProxy, message: bytes) -> bytes:
    """A sealed answer."""
    wrapped = context.wrap_winrm(message)
    length = len(message) + wrapped.padding_length
    head = (
        "\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
        f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n"
    ).encode("ascii")
    payload = struct.pack("<i", len(wrapped.header)) + wrapped.header + wrapped.data
    octets = b"\tContent-Type: application/octet-stream\r\n" + payload
    return _MARK + b"\r\n" + head + _MARK + b"\r\n" + octets + _MARK + b"--\r\n"
