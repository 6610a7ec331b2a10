"""A server for restic's REST backend (its design document, "REST Backend"), over a repository on disk.

It only reads: whoever wants to write is refused and noted.
"""

import base64
import json
import threading
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

_V2 = "application/vnd.x.restic.rest.v2"
_KINDS = ("data", "index", "keys", "locks", "snapshots")


class ResticRest(AbstractContextManager["ResticRest"]):
    """Serves a repository on a port of loopback, to whoever has the name and the password if there are any."""

    def __init__(self, repository: Path, account: str = "") -> None:
        self.refused: list[str] = []
        self._repository = repository
        self._account = account
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """How restic calls it, without an account."""
        return f"rest:http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        rest = self

        class Handler(_Handler):
            server_of = rest

        return Handler

    def allows(self, header: str) -> bool:
        """Whether an `Authorization` header is that of the account."""
        return not self._account or header == f"Basic {base64.b64encode(self._account.encode()).decode()}"

    def listing(self, kind: str) -> list[Path]:
        """The files of a kind."""
        return [path for path in (self._repository / kind).rglob("*") if path.is_file()]

    def file(self, parts: list[str]) -> Path:
        """Where a file lies: packs are in folders by the beginning of their names."""
        if parts[0] == "data":
            return self._repository / "data" / parts[1][:2] / parts[1]
        return self._repository.joinpath(*parts)


class _Handler(BaseHTTPRequestHandler):
    server_of: ResticRest
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = [part for part in self.path.partition("?")[0].split("/") if part]
        if not self.server_of.allows(self.headers.get("Authorization", "")):
            self._answer(401, b"")
        elif len(parts) == 1 and parts[0] in _KINDS:
            self._list(parts[0])
        else:
            path = self.server_of.file(parts)
            self._answer_range(path.read_bytes()) if parts and path.is_file() else self._answer(404, b"")

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        self.server_of.refused.append(f"{self.command} {self.path}")
        self.close_connection = True
        self._answer(403, b"")

    do_DELETE = do_POST  # noqa: N815

    def _list(self, kind: str) -> None:
        found = self.server_of.listing(kind)
        if self.headers.get("Accept") == _V2:
            names = [{"name": path.name, "size": path.stat().st_size} for path in found]
            self._answer(200, json.dumps(names).encode(), _V2)
        else:
            self._answer(200, json.dumps([path.name for path in found]).encode())

    def _answer_range(self, content: bytes) -> None:
        wanted = self.headers.get("Range", "")
        if not wanted.startswith("bytes="):
            self._answer(200, content)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last) + 1 if last else None]
        self._answer(206, part)

    def _answer(self, status: int, content: bytes, kind: str = "application/octet-stream") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
