"""One SSH connection underneath: a transport whose peer can neither stall nor flood it without end."""

import contextlib
import errno
import socket
from collections.abc import Sequence
from typing import cast

import paramiko
from paramiko.message import Message
from paramiko.packet import Packetizer

from schoten_ict.core.deadline import Deadline
from schoten_ict.core.text import printable

_LARGEST_READ = 256 * 1024
_HANDSHAKE_BYTES = 256 * 1024
_GREETING = 512
_QUOTED = 120
_KEX = (
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "mlkem768x25519-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
)
"""Key exchanges, the cheapest first."""

_HOST_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""First of all ciphers: paramiko compares the checksums of the others byte by byte in Python."""

_RSA = ("rsa-sha2-512", "rsa-sha2-256")


class Wire:
    """A socket, or a jump host's channel, as paramiko's transport uses one, with a deadline and limits.

    `deadline` is None between commands; the peer may outlast it by `slack` seconds. Until `trusted` is set
    the peer may send so much and no more. `late`, `flooded` and `ended` say why the transport gave up.
    """

    def __init__(self, sock: socket.socket | paramiko.Channel, deadline: Deadline) -> None:
        self._sock = sock
        self._quick_ack = isinstance(sock, socket.socket) and hasattr(socket, "TCP_QUICKACK")
        self._received = 0
        self.deadline: Deadline | None = deadline
        self.slack = 0.0
        self.trusted = False
        self.greeting = b""
        self.late = self.flooded = self.ended = False

    def recv(self, size: int) -> bytes:
        """As `socket.recv`; `ConnectionAbortedError` past the deadline or a limit."""
        self._check_time()
        if size > _LARGEST_READ:  # a packet of RFC 4253 has 35,000 bytes
            raise self._flood()
        try:
            data = self._sock.recv(size)
        except ConnectionError:
            self.ended = True
            raise
        if (
            self._quick_ack
        ):  # sshd sends small packets, each of which waits 40 ms for a delayed acknowledgement
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # type: ignore[union-attr]
        if not data:
            self.ended = True
        elif not self.trusted:
            self._count(data)
        return data

    def send(self, data: bytes) -> int:
        """As `socket.send`; `ConnectionAbortedError` past the deadline."""
        self._check_time()
        return self._sock.send(data)

    def settimeout(self, seconds: float | None) -> None:
        """As `socket.settimeout`: how often the transport looks up."""
        self._sock.settimeout(seconds)

    def close(self) -> None:
        """Close at once, also for a thread that waits in `recv`."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._sock.close()

    @property
    def _closed(self) -> bool:
        return bool(self._sock._closed)  # type: ignore[union-attr]  # noqa: SLF001 - paramiko asks for it

    def said(self) -> str:
        """The first line that the peer sent, made safe to show."""
        lines = self.greeting.decode("utf-8", "replace").strip().splitlines()
        return printable(lines[0])[:_QUOTED] if lines else ""

    def _count(self, data: bytes) -> None:
        self._received += len(data)
        if len(self.greeting) < _GREETING:
            self.greeting += data[:_GREETING]
        if self._received > _HANDSHAKE_BYTES:
            raise self._flood()

    def _check_time(self) -> None:
        if self.deadline is not None and self.deadline.left < -self.slack:
            self.late = True
            # No ETIMEDOUT: that is what the transport expects ten times a second.
            raise ConnectionAbortedError(errno.ECONNABORTED, "the deadline has passed")

    def _flood(self) -> ConnectionAbortedError:
        self.flooded = True
        return ConnectionAbortedError(errno.ECONNABORTED, "the peer sends too much")


class _UnhurriedPacketizer(Packetizer):
    """Without paramiko's handshake timer, which is a thread per connection; `Wire` keeps the deadline."""

    def start_handshake(self, timeout: float) -> None:
        """No timer."""

    def handshake_timed_out(self) -> bool:
        """Never: the wire says so."""
        return False

    def complete_handshake(self) -> None:
        """No timer to stop."""


class Session(paramiko.Transport):
    """A transport that asks for the host keys that are known, and remembers the server's last words."""

    def __init__(self, wire: Wire, known_kinds: Sequence[str]) -> None:
        super().__init__(cast("socket.socket", wire), packetizer_class=_UnhurriedPacketizer)
        self.wire = wire
        self.last_words = ""
        wanted = [name for kind in known_kinds for name in (_RSA if kind == "ssh-rsa" else (kind,))]
        self._host_keys = tuple(dict.fromkeys(each for each in (*wanted, *_HOST_KEYS) if each in _HOST_KEYS))
        options = self.get_security_options()
        available = set(options.kex)
        options.kex = [each for each in _KEX if each in available]
        options.ciphers = [*_CIPHERS, *(each for each in options.ciphers if each not in _CIPHERS)]

    @property
    def preferred_keys(self) -> Sequence[str]:
        """The known kinds first, then all others, so that a server with a new key can show it."""
        return self._host_keys

    def _parse_disconnect(self, message: Message) -> None:
        message.get_int()
        self.last_words = printable(message.get_binary().decode("utf-8", "replace"))[:_QUOTED]

    def end(self) -> None:
        """Close everything and see the thread gone."""
        self.close()
        self.wire.close()
        if self.is_alive():
            self.join(1.0)
