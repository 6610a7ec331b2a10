"""An HTTPS server that answers as it is told and misbehaves on demand."""

import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

from lab.servers.winrm.certificates import Certificate


class Manner(Enum):
    """What comes instead of an answer."""

    DROP = auto()  # the connection closes without an answer
    HALF = auto()  # half of the answer, then the connection closes
    STALL = auto()  # nothing at all
    TRICKLE = auto()  # one byte of a header now and then
    DRIP = auto()  # one byte of the body now and then
    ENDLESS = auto()  # a body without end
    BOAST = auto()  # a Content-Length of a terabyte
    HEADERS = auto()  # headers without end
    HTML = auto()  # a web page, as if all were well
    TORN = auto()  # JSON without its end
    DEEP = auto()  # JSON nested ten thousand times
    REDIRECT = auto()  # HTTP 302 to another host
    UNAVAILABLE = auto()  # HTTP 503
    NOT_HTTP = auto()  # a banner of another protocol
    HANG_UP = auto()  # the right answer, after which the connection closes


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. Names in `headers` are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """One answer."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Site(ThreadingHTTPServer):
    """Serves on a port of loopback inside a `with` block. Leaving it fails when the server itself failed."""

    def __init__(
        self, certificate: Certificate, answer: Callable[[Asked], Said], *, address: str = "127.0.0.1"
    ) -> None:
        assert address.startswith("127.")
        super().__init__((address, 0), _Connection)
        self.address = address
        self.port: int = self.server_address[1]
        self.asked: list[Asked] = []
        self.stopping = threading.Event()
        self.elsewhere = "https://127.0.0.1:1/"
        self.answer = answer
        self._context = certificate.context()
        self._manners: dict[str, list[Manner | Said]] = {}
        self._connections: set[socket.socket] = set()
        self._crashes: list[BaseException] = []
        self._lock = threading.Lock()
        self._door = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def at(self, path: str, manner: Manner | Said, times: int = 1) -> None:
        """Misbehave at the next `times` requests for `path`, or answer them so."""
        with self._lock:
            self._manners.setdefault(path, []).extend([manner] * times)

    def paths(self, method: str = "GET") -> list[str]:
        """What was asked for, in order."""
        return [each.path for each in self.asked if each.method == method]

    def __enter__(self) -> Self:
        self._door.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.shutdown()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self._door.join(5)
        if self._crashes:
            raise self._crashes[0]

    def taken(self, asked: Asked) -> Manner | Said | None:
        """How to behave at a request; None for as it should be."""
        with self._lock:
            self.asked.append(asked)
            waiting = self._manners.get(asked.path)
            return waiting.pop(0) if waiting else None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """TLS in the thread of the connection: a slow handshake holds up nobody else."""
        with contextlib.suppress(OSError):
            request.settimeout(20)
            with self._context.wrap_socket(request, server_side=True) as secured:
                with self._lock:
                    self._connections.add(secured)
                try:
                    super().finish_request(secured, client_address)
                finally:
                    with self._lock:
                        self._connections.discard(secured)

    def handle_error(self, *_: object) -> None:
        """Keep what went wrong here; peers that go away are part of the tests."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self._crashes.append(error)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    connection: ssl.SSLSocket

    @property
    def site(self) -> Site:
        return cast("Site", self.server)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Nothing is logged."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Asked(self.command, parts.path, query, headers, body)
        manner = self.site.taken(asked)
        if manner is None or manner is Manner.HANG_UP:
            self._say(self.site.answer(asked))
        elif isinstance(manner, Said):
            self._say(manner)
        else:
            self._misbehave(manner)
        self.close_connection = self.close_connection or isinstance(manner, Manner)

    def do_POST(self) -> None:
        self.do_GET()

    def _misbehave(self, manner: Manner) -> None:
        acts: dict[Manner, Callable[[], object]] = {
            Manner.DROP: lambda: None,
            Manner.HALF: lambda: self._say(Said(200, b'{"data": ['), length=100),
            Manner.STALL: self.site.stopping.wait,
            Manner.TRICKLE: lambda: self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: "),
            Manner.DRIP: lambda: self._drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
            Manner.ENDLESS: lambda: self._flood(b"Content-Type: application/json\r\n\r\n", b"x" * 65536),
            Manner.HEADERS: lambda: self._flood(b"", b"X-More: " + b"x" * 60_000 + b"\r\n"),
            Manner.BOAST: lambda: self._say(Said(), length=10**12),
            Manner.HTML: lambda: self._say(Said(200, b"<html><body>Welcome</body></html>", "text/html")),
            Manner.TORN: lambda: self._say(Said(200, b'{"data": [{"id": "1"')),
            Manner.DEEP: lambda: self._say(Said(200, b"[" * 10_000 + b"]" * 10_000)),
            Manner.REDIRECT: lambda: self._say(Said(302, headers={"Location": self.site.elsewhere})),
            Manner.UNAVAILABLE: lambda: self._say(Said(503, b"<html>503</html>", "text/html")),
            Manner.NOT_HTTP: lambda: self.wfile.write(b"220 mail.example.test ESMTP \x1b[31mhello\r\n"),
        }
        acts[manner]()

    def _drip(self, head: bytes) -> None:
        self.wfile.write(head)
        while not self.site.stopping.wait(0.05):
            self.wfile.write(b"x")
            self.wfile.flush()

    def _flood(self, head: bytes, piece: bytes) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + head)
        while not self.site.stopping.is_set():
            self.wfile.write(piece)

    def _say(self, said: Said, length: int | None = None) -> None:
        self.send_response(said.status)
        words: Iterable[tuple[str, str]] = {"Content-Type": said.kind, **said.headers}.items()
        for name, value in words:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said.body) if length is None else length))
        self.end_headers()
        self.wfile.write(said.body)
        self.wfile.flush()
