"""Messages encrypted under a log-in, as they travel over plain HTTP ([MS-WSMV] 2.2.9.1)."""

import re
import struct

import spnego

MEDIA_TYPE = "multipart/encrypted"
CONTENT_TYPE = (
    f'{MEDIA_TYPE};protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
)
_BOUNDARY = b"--Encrypted Boundary"
_HEAD = re.compile(
    rb"\A-- ?Encrypted Boundary\r\n"
    rb"[ \t]*Content-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
    rb"[ \t]*OriginalContent: [^\r\n]*Length=(?P<length>\d{1,9})\r\n"
    rb"-- ?Encrypted Boundary\r\n"
    rb"[ \t]*Content-Type: application/octet-stream\r\n"
)
_TAIL = re.compile(rb"-- ?Encrypted Boundary--(\r\n)?\Z")


def seal(security: spnego.ContextProxy, message: bytes) -> bytes:
    """`message` as the body of a sealed request; `security` is a completed log-in."""
    wrapped = security.wrap_winrm(message)
    length = len(message) + wrapped.padding_length
    return b"".join((
        _BOUNDARY, b"\r\n",
        b"\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n",
        b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % length,
        _BOUNDARY, b"\r\n",
        b"\tContent-Type: application/octet-stream\r\n",
        struct.pack("<i", len(wrapped.header)), wrapped.header, wrapped.data,
        _BOUNDARY, b"--\r\n",
    ))  # fmt: skip


def unseal(security: spnego.ContextProxy, body: bytes) -> bytes:
    """The message in a sealed answer. Raises `ValueError`; `SpnegoError` when it was tampered with."""
    head, tail = _HEAD.match(body), _TAIL.search(body)
    if head is None or tail is None:
        raise ValueError("an incomplete encrypted message")
    payload = body[head.end() : tail.start()]
    size = int.from_bytes(payload[:4], "little")
    if size > len(payload) - 4:
        raise ValueError("an incomplete encrypted message")
    message = security.unwrap_winrm(payload[4 : 4 + size], payload[4 + size :])
    if len(message) != int(head["length"]):
        raise ValueError("an encrypted message of the wrong length")
    return message
