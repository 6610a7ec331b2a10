"""One TCP or TLS connection whose peer can neither outlast a deadline nor send without end."""

import contextlib
import io
import select
import socket
import ssl
from collections.abc import Callable

from schoten_ict.core.deadline import Deadline, spans
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.remote import Target

_EACH = 64 * 1024
_LOOK_SECONDS = 0.25


class TooMuchError(Exception):
    """The peer sent more than one answer may hold."""


class Allowance:
    """For how long, in seconds or by a deadline, and how many bytes the peer may still take."""

    def __init__(self, allowed: float | Deadline, octets: int) -> None:
        self._deadline, _ = spans(allowed)
        self._octets = octets

    def left(self) -> float:
        """Seconds left; raises `TimeoutError` when there are none."""
        left = self._deadline.left
        if left <= 0:
            raise TimeoutError
        return left

    def spend(self, count: int) -> None:
        """Count what was received; raises `TooMuchError` beyond the allowance."""
        self._octets -= count
        if self._octets < 0:
            raise TooMuchError


class Wire:
    """A connected socket; as much of a socket as `http.client` uses. One thread at a time.

    `allowance` is set anew for every exchange and holds for each read and write in it, so that a peer that
    sends a byte now and then gains nothing. `certificate` is the peer's, in DER; None without TLS.
    """

    def __init__(self, sock: socket.socket, allowance: Allowance, certificate: bytes | None = None) -> None:
        self._sock = sock
        self.allowance = allowance
        self.certificate = certificate

    def sendall(self, content: bytes) -> None:
        """Send everything, or raise `OSError`."""
        view = memoryview(content)
        while view:
            view = view[self._patiently(self._sock.send, view[:_EACH]) :]

    def makefile(self, _mode: str = "rb", *_: object) -> io.BufferedReader:
        """What the peer sends, for reading."""
        return io.BufferedReader(_Incoming(self))

    def receive_into(self, buffer: memoryview) -> int:
        """Read at least one byte, or none at the end."""
        count = self._patiently(self._sock.recv_into, buffer)
        self.allowance.spend(count)
        return count

    def _patiently(self, move: Callable[[memoryview], int], content: memoryview) -> int:
        """Send or read, looking up now and then: the allowance may be broken off meanwhile."""
        while True:
            self._sock.settimeout(min(self.allowance.left(), _LOOK_SECONDS))
            with contextlib.suppress(TimeoutError):
                return move(content)

    def stale(self) -> bool:
        """Whether the peer hung up, or spoke out of turn, since the last answer."""
        with contextlib.suppress(OSError, ValueError):
            return bool(select.select([self._sock], [], [], 0)[0])
        return True

    def close(self) -> None:
        """Nothing: `http.client` closes before the last answer is read. `end` closes."""

    def end(self) -> None:
        """Close the socket; safe to call twice."""
        with contextlib.suppress(OSError):
            self._sock.close()


class _Incoming(io.RawIOBase):
    """The reading side of a wire; closing it leaves the wire open."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        return self._wire.receive_into(memoryview(buffer))  # type: ignore[arg-type]


def connect(address: str, port: int, allowance: Allowance) -> socket.socket:
    """A TCP connection to the first address that answers. Raises `OSError`."""
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(address, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(allowance.left())
            sock.connect(place)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


def secured(
    sock: socket.socket, context: ssl.SSLContext, server_name: str, allowance: Allowance
) -> ssl.SSLSocket:
    """TLS over `sock`, which is closed when it fails. Raises `ssl.SSLError`, `OSError`."""
    try:
        sock.settimeout(allowance.left())
        return context.wrap_socket(sock, server_hostname=server_name)
    except BaseException:
        sock.close()
        raise


def verifying(target: Target) -> ssl.SSLContext:
    """A TLS context that trusts the authority of `target` alone, or the system's where it names none.

    Raises `ConfigurationError` when its file cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if target.ca is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cafile=target.ca)
    except OSError as error:
        raise _unreadable(target, error) from None
    return context


def _unreadable(target: Target, error: OSError) -> ConfigurationError:
    reason = error.strerror if error.filename or error.errno == 2 else "no certificate in it"  # noqa: PLR2004
    return ConfigurationError(
        f"{target.ca}: {reason}",
        subject=f"host:{target.host}",
        remedy="tls: ca names a file with the authority's certificate in PEM",
    )


def unverified() -> ssl.SSLContext:
    """A TLS context that trusts anyone: to ask who is there, and for nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
