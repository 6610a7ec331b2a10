"""One connection to the server: HTTP, the log-in that belongs to it, and sealed messages."""

import base64
import binascii
import os
import ssl
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, cast

import spnego
from spnego.exceptions import SpnegoError

from lab.servers.winrm.manners import Manner
from lab.servers.winrm.messages import FaultError, Request, fault, identity, read
from lab.servers.winrm.sealing import CONTENT_TYPE, seal, unseal

if TYPE_CHECKING:
    from lab.servers.winrm.server import WinRmServer

_SOAP = "application/soap+xml;charset=UTF-8"
_LARGEST = 512_000
_HIDDEN_VERSION = "OS: 0.0.0 SP: 0.0 Stack: 3.0"
_NONSENSE = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>'
_BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 20 if n else b"&a;" * 20) for n in range(8))
    + b"]><a>&a7;</a>"
)
_ENTITY = (
    b'<!DOCTYPE s:Envelope [<!ENTITY own "0000">]><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    b'<s:Body><a Name="ShellId">&own;</a><b:CommandId xmlns:b="b">&own;</b:CommandId></s:Body></s:Envelope>'
)
_MESSAGES = {
    Manner.GARBAGE: os.urandom(500),
    Manner.NONSENSE: _NONSENSE,
    Manner.BOMB: _BOMB,
    Manner.ENTITY: _ENTITY,
}
_KEPT = {Manner.TORN, Manner.FORGED, Manner.PLAIN}  # the connection stays


class Connection(BaseHTTPRequestHandler):
    """NTLM authenticates the connection, so the log-in lives as long as this object."""

    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    context: spnego.ContextProxy | None = None
    user: str | None = None

    @property
    def site(self) -> "WinRmServer":
        return cast("WinRmServer", self.server)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Nothing is logged."""

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if "WSMANIDENTIFY" in self.headers or self.path == "/wsman-anon/identify":
            self._say("Identify", 200, identity(_HIDDEN_VERSION), _SOAP)
        elif self.path.partition("?")[0] != "/wsman":
            self._plain(404)
        elif self.headers.get("Authorization"):
            self._log_in(self.headers["Authorization"], body)
        elif self.user is None:
            self._plain(401, offers=self.site.offers)
        else:
            self._answer(body)

    def _log_in(self, authorization: str, body: bytes) -> None:
        scheme, _, value = authorization.partition(" ")
        if scheme != "Negotiate" or "Negotiate" not in self.site.offers:
            self._plain(401, offers=self.site.offers)
            return
        first = self.context is None or self.context.complete
        action = "Negotiate" if first else "Login"
        self.site.counts.requests.append(action)
        if first:
            bindings = self.site.bindings if self.site.require_binding else None
            self.context, self.user = spnego.server(protocol="negotiate", channel_bindings=bindings), None
        else:
            self.site.count_attempt()
        assert self.context is not None
        try:
            reply = self.context.step(base64.b64decode(value))
        except (SpnegoError, ValueError, binascii.Error):
            self.context = None
            self._plain(401, offers=self.site.offers)
            return
        offers = (f"Negotiate {base64.b64encode(reply).decode('ascii')}",) if reply else ()
        if not self.context.complete:
            self._say(action, 401, b"", "", offers)
            return
        self.user = self.context.client_principal
        self.site.count_login()
        if body:
            self._answer(body)  # some clients log in with their first message
        else:
            self._say(action, 200, b"", "", offers)

    def _answer(self, body: bytes) -> None:
        sealed = self.headers.get("Content-Type", "").startswith("multipart/encrypted")
        if not sealed and not isinstance(self.connection, ssl.SSLSocket):
            self._plain(500)  # AllowUnencrypted is false
            return
        assert self.context is not None
        try:
            request = read(unseal(self.context, body) if sealed else body)
        except (ValueError, SpnegoError, IndexError):
            self._plain(400)
            return
        self.site.counts.requests.append(request.action)
        status, message = self._respond(request, len(body))
        self._say(request.action, status, message, CONTENT_TYPE if sealed else _SOAP)

    def _respond(self, request: Request, size: int) -> tuple[int, bytes]:
        try:
            self._check(request, size)
            return 200, self.site.shells.respond(request, self.user or "")
        except FaultError as refused:
            return 500, fault(refused, self.site.name, request)

    def _check(self, request: Request, size: int) -> None:
        if size > _LARGEST:
            raise FaultError(2150858842, "w:EncodingLimit", "The envelope is too large. ")
        refusal = self.site.manners.take(f"{request.action} fault")
        if isinstance(refusal, FaultError):
            raise refusal

    def _say(self, action: str, status: int, message: bytes, kind: str, offers: tuple[str, ...] = ()) -> None:
        """Answer with `message`, sealed where `kind` says so, unless there are other manners."""
        self.site.manners.called(action)
        manner = self.site.manners.take(action)
        if manner is None or manner is Manner.HANG_UP:
            self._send(status, self._sealed(message, kind), kind, offers)
            self.close_connection = self.close_connection or manner is Manner.HANG_UP
            return
        assert isinstance(manner, Manner)
        if manner in _MESSAGES:
            self._send(200, self._sealed(_MESSAGES[manner], kind), kind or _SOAP)
        else:
            self._misbehave(manner, status, message, kind)
            self.close_connection = manner not in _KEPT

    def _misbehave(self, manner: Manner, status: int, message: bytes, kind: str) -> None:
        acts: dict[Manner, Callable[[], object]] = {
            Manner.DROP: lambda: None,
            Manner.HALF: lambda: self._send(status, self._sealed(message, kind), kind, half=True),
            Manner.STALL: self.site.stopping.wait,
            Manner.TRICKLE: self._trickle,
            Manner.ENDLESS: self._flood,
            Manner.BOAST: lambda: self._send(status, message, kind, length=10**12),
            Manner.HTML: lambda: self._send(200, b"<html><body>Welcome</body></html>", "text/html"),
            Manner.REDIRECT: lambda: self._send(302, b"", "", location="http://127.0.0.1:1/"),
            Manner.UNAVAILABLE: lambda: self._send(503, b"<html>503</html>", "text/html"),
            Manner.NOT_HTTP: lambda: self.wfile.write(b"220 mail.example.test ESMTP \x1b[31mhello\r\n"),
            Manner.TORN: lambda: self._send(status, self._sealed(message, kind)[:-40], kind),
            Manner.FORGED: lambda: self._send(status, _changed(self._sealed(message, kind)), kind),
            Manner.PLAIN: lambda: self._send(status, message, _SOAP),
        }
        acts[manner]()

    def _sealed(self, message: bytes, kind: str) -> bytes:
        return seal(self.context, message) if kind == CONTENT_TYPE and self.context else message

    def _trickle(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.site.stopping.wait(0.05):
            self.wfile.write(b"x")
            self.wfile.flush()

    def _flood(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n")
        while not self.site.stopping.is_set():
            self.wfile.write(b"x" * 65536)

    def _plain(self, status: int, offers: tuple[str, ...] = ()) -> None:
        self._send(status, b"", "", offers)

    def _send(
        self, status: int, content: bytes, kind: str, offers: tuple[str, ...] = (), *,
        half: bool = False, length: int | None = None, location: str = "",
    ) -> None:  # fmt: skip
        self.send_response(status, "" if status == 401 else None)
        for name, value in [("WWW-Authenticate", offer) for offer in offers] + [("Location", location)]:
            if value:
                self.send_header(name, value)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if half else content)
        self.wfile.flush()


def _changed(content: bytes) -> bytes:
    place = content.rindex(b"--Encrypted Boundary--") - 5
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
