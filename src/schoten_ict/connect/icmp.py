"""Echo requests (RFC 792, RFC 4443): who answers at all. Without rights this is said, and nothing is sent."""

import asyncio
import contextlib
import os
import secrets
import socket
import struct
import time
from ipaddress import IPv6Address, ip_address

_TOKEN = 12
_HEADER = 8
_ECHO = {4: (8, 0), 6: (128, 129)}
"""Types of request and reply by version of IP."""
_FAMILIES = {4: (socket.AF_INET, socket.IPPROTO_ICMP), 6: (socket.AF_INET6, socket.IPPROTO_ICMPV6)}
_IPV4 = 4


class Pinger:
    """Sends echo requests in one event loop; `reasons` says by IP version why that is not possible here.

    Linux allows it to the groups of `net.ipv4.ping_group_range` and to root; on Windows only administrators
    may, and it is not tried.
    """

    def __init__(self) -> None:
        self.reasons: dict[int, str] = {}
        self._sockets: dict[int, socket.socket] = {}
        self._readers: list[asyncio.Task[None]] = []
        self._waiting: dict[bytes, tuple[str, asyncio.Future[float]]] = {}

    def open(self, versions: frozenset[int]) -> None:
        """Open a socket for each IP version that will be asked."""
        for version in sorted(versions):
            try:
                self._sockets[version] = _socket(version)
            except OSError as error:
                self.reasons[version] = error.strerror or "it is not allowed"
        for version, sock in self._sockets.items():
            self._readers.append(asyncio.create_task(self._read(version, sock)))

    def can_ask(self, version: int) -> bool:
        """Whether echoes can be asked for over this IP version."""
        return version in self._sockets

    async def ping(self, address: str, seconds: float) -> float | None:
        """Milliseconds until the answer of `address`; None when none came or none can be asked for."""
        target = ip_address(address)
        sock = self._sockets.get(target.version)
        if sock is None:
            return None
        token = secrets.token_bytes(_TOKEN)
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[float] = loop.create_future()
        self._waiting[token] = (address, answered)
        began = time.monotonic()
        place: tuple[object, ...] = (address, 0)
        if isinstance(target, IPv6Address):
            scope = int(target.scope_id) if target.scope_id and target.scope_id.isdigit() else 0
            place = (str(target).partition("%")[0], 0, 0, scope)
        try:
            await loop.sock_sendto(sock, request(target.version, token), place)
            return (await asyncio.wait_for(answered, seconds) - began) * 1000
        except (OSError, TimeoutError):
            return None
        finally:
            del self._waiting[token]

    async def close(self) -> None:
        """Stop listening and close the sockets."""
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for sock in self._sockets.values():
            sock.close()

    async def _read(self, version: int, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(OSError):  # an error that a router reports belongs to one address only
                packet, peer = await loop.sock_recvfrom(sock, 2048)
                expected = self._waiting.get(token_of(version, packet) or b"")
                if expected is not None and not expected[1].done() and _same(expected[0], peer[0]):
                    expected[1].set_result(time.monotonic())


def _socket(version: int) -> socket.socket:
    """The socket that needs the fewest rights. Raises `OSError` when neither kind is allowed."""
    if os.name == "nt":
        raise PermissionError(0, "on Windows it takes an administrator")
    family, protocol = _FAMILIES[version]
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM, protocol)
    except OSError:
        sock = socket.socket(family, socket.SOCK_RAW, protocol)
    sock.setblocking(False)
    return sock


def request(version: int, token: bytes) -> bytes:
    """An echo request with `token` as its content. ICMPv6's checksum is the kernel's work."""
    kind = _ECHO[version][0]
    body = struct.pack("!HH", int.from_bytes(token[:2], "big"), 1) + token
    checksum = _checksum(struct.pack("!BBH", kind, 0, 0) + body) if version == _IPV4 else 0
    return struct.pack("!BBH", kind, 0, checksum) + body


def token_of(version: int, packet: bytes) -> bytes | None:
    """The token in an echo reply, with or without its IPv4 header; None for anything else."""
    if version == _IPV4 and packet and packet[0] >> 4 == _IPV4:
        packet = packet[(packet[0] & 0x0F) * 4 :]
    if len(packet) < _HEADER + _TOKEN or packet[0] != _ECHO[version][1]:
        return None
    return packet[_HEADER : _HEADER + _TOKEN]


def _checksum(content: bytes) -> int:
    """The ones' complement sum of RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(content) // 2}H", content))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _same(asked: str, peer: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(asked.partition("%")[0]) == ip_address(peer.partition("%")[0])
    return False
