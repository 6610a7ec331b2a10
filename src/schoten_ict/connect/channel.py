"""HTTP/1.1 over one connection: no redirects, proxies, cookies or compression."""

import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, IncompleteRead
from typing import cast

from schoten_ict.connect.wire import Allowance, TooMuchError, Wire, connect, secured
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.remote import HttpAnswer

ANSWER_LIMIT = 4 * 1024 * 1024
_PIECE = 64 * 1024


class Channel:
    """A connection to one server, in use by one thread.

    `whole` is False from the moment a request is begun until its answer was read: a channel that is not
    whole cannot be used again.
    """

    def __init__(self, host: str, port: int, wire: Wire) -> None:
        self._http = HTTPConnection(host, port)
        self._http.auto_open = 0
        self._http.sock = cast("socket.socket", wire)
        self._wire = wire
        self.whole = True

    @classmethod
    def open(
        cls, address: str, port: int, allowed: float | Deadline, tls: ssl.SSLContext | None, server_name: str
    ) -> "Channel":
        """Connect within what is allowed, with TLS where a context is given. Raises `OSError`."""
        allowance = Allowance(allowed, ANSWER_LIMIT)
        sock = connect(address, port, allowance)
        if tls is None:
            return cls(address, port, Wire(sock, allowance))
        encrypted = secured(sock, tls, server_name, allowance)
        return cls(server_name, port, Wire(encrypted, allowance, encrypted.getpeercert(binary_form=True)))

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate in DER; None without TLS."""
        return self._wire.certificate

    def usable(self) -> bool:
        """Whether another request can be sent."""
        return self.whole and not self._wire.stale()

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str], allowed: float | Deadline
    ) -> HttpAnswer:
        """POST `body`; see `ask`."""
        return self.ask("POST", path, body, headers, allowed)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        allowed: float | Deadline,
        *,
        limit: int = ANSWER_LIMIT,
    ) -> HttpAnswer:
        """One request and its answer, both within what is allowed, the answer of at most `limit` bytes.

        Raises `OSError` (`TimeoutError` included), `http.client.HTTPException` and `TooMuchError`.
        """
        self._wire.allowance = Allowance(allowed, limit)
        self.whole = False
        self._http.request(method, path, body, {"User-Agent": "ict", "Connection": "Keep-Alive", **headers})
        with self._http.getresponse() as response:
            content = bytearray()
            if (response.length or 0) > limit:
                raise TooMuchError
            while piece := response.read(_PIECE):
                content += piece
            if response.length:
                raise IncompleteRead(bytes(content), response.length)
            names = {name.lower() for name in response.headers}
            joined = {name: ", ".join(response.headers.get_all(name, [])) for name in names}
            self.whole = not response.will_close
        return HttpAnswer(response.status, joined, bytes(content))

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        self.whole = False
        self._http.close()
        self._wire.end()
