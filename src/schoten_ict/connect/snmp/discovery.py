"""Finds out whether an SNMPv3 agent is there, without naming a user (RFC 3414 section 4)."""

import asyncio
import secrets
import socket

from schoten_ict.connect.snmp import wire
from schoten_ict.connect.snmp.backend import UnansweredError

_LARGEST = 65_535
_HEAD = bytes.fromhex("303e020103 3011 0204")
_BODY = bytes.fromhex(
    "020300ffe3 040104 020103"  # largest message, reportable and unprotected, user-based security
    "0410 300e 0400 020100 020100 0400 0400 0400"  # no engine, no clock, no user
    "3014 0400 0400 a00e 0204"  # a GET of nothing
)
_TAIL = bytes.fromhex("020100 020100 3000")


def question(number: int) -> bytes:
    """The message; `number` is below 2**31 and comes back."""
    digits = number.to_bytes(4, "big")
    return _HEAD + digits + _BODY + digits + _TAIL


async def find_engine(peer: tuple[str, int], seconds: float, *, ipv6: bool) -> bytes:
    """The engine ID of the agent; raises `UnansweredError`."""
    number, heard, unreadable = secrets.randbits(31), 0, 0
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(peer)
            asking.send(question(number))
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        message = wire.inspect(await loop.sock_recv(asking, _LARGEST))
                    except wire.MalformedError:
                        unreadable += 1
                        continue
                    if message.number == number and message.engine_id:
                        return message.engine_id
                    heard += 1
        except TimeoutError:
            raise UnansweredError(heard, unreadable) from None
        except OSError:
            raise UnansweredError(refused=True) from None
