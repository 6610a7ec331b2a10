"""A WinRM server for tests: real NTLM, real encryption, real TLS, and no PowerShell behind it."""

import contextlib
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, cast

from cryptography.x509 import load_pem_x509_certificate
from spnego.channel_bindings import GssChannelBindings

from lab.servers.winrm.answers import Answers
from lab.servers.winrm.certificates import Certificate
from lab.servers.winrm.manners import Manners
from lab.servers.winrm.shells import Counts, Shells
from lab.servers.winrm.web import Connection

_VARIABLE = "NTLM_USER_FILE"
_JOIN_SECONDS = 10


class NtlmAccounts:
    """The accounts that the servers of this process accept, for as long as the block lasts.

    pyspnego reads them from a file that the environment names. Keys are `DOMAIN\\user`, `user@realm` or `user`.
    """

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._before = os.environ.get(_VARIABLE)
        handle, name = tempfile.mkstemp(suffix=".ntlm")
        os.close(handle)
        self._path = Path(name)
        self.change(passwords)

    def change(self, passwords: Mapping[str, str]) -> None:
        """Replace all accounts."""
        split = ((*name.rpartition("\\")[::2], password) for name, password in passwords.items())
        self._path.write_text("".join(f"{':'.join(each)}\n" for each in split), encoding="utf-8")

    def __enter__(self) -> Self:
        os.environ[_VARIABLE] = str(self._path)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = self._before
        self._path.unlink(missing_ok=True)


class WinRmServer:
    """Listens on a port of loopback inside a `with` block. Leaving it fails when the server itself failed."""

    def __init__(
        self, answers: Answers | None = None, *, certificate: Certificate | None = None,
        require_binding: bool = False, offers: tuple[str, ...] = ("Negotiate",), address: str = "127.0.0.1",
        port: int = 0, name: str = "WIN-LAB01", **limits: Any,
    ) -> None:  # fmt: skip
        self.name = name
        self.address = address
        self.answers = answers or Answers()
        self.shells = Shells(self.answers, **limits)
        self.manners = Manners()
        self.offers = offers
        self.require_binding = require_binding
        self.bindings = _bindings(certificate) if certificate else None
        self.stopping = threading.Event()
        self._tls = certificate.context() if certificate else None
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._connections: set[socket.socket] = set()
        self._crashes: list[BaseException] = []
        self._listener = socket.create_server((address, port), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    @property
    def counts(self) -> Counts:
        """What happened so far."""
        return self.shells.counts

    def count_attempt(self) -> None:
        """A password is judged."""
        with self._lock:
            self.counts.attempts += 1

    def count_login(self) -> None:
        """A password was right."""
        with self._lock:
            self.counts.logins += 1

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.shells.stop()
        with contextlib.suppress(OSError):
            socket.create_connection((self.address, self.port), timeout=1).close()
        with self._lock:
            still_open = list(self._connections)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)
        self._listener.close()
        alive = [thread.name for thread in self._threads if thread.is_alive()]
        if alive or self._crashes:
            raise AssertionError(f"the server did not end well: {alive} {self._crashes}")

    def _start(self, function: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, place = self._listener.accept()
            if self.stopping.is_set():
                connection.close()
                return
            with self._lock:
                self._connections.add(connection)
            self._start(self._serve, connection, place)

    def _serve(self, connection: socket.socket, place: Any) -> None:
        try:
            connection.settimeout(60)
            if self._tls is None:
                Connection(connection, place, cast("Any", self))
                return
            secured = self._tls.wrap_socket(connection, server_side=True)
            with self._lock:
                self._connections.discard(connection)
                self._connections.add(secured)
            connection = secured
            Connection(connection, place, cast("Any", self))
        except (OSError, ssl.SSLError):
            pass  # the client went away, or refused the certificate
        except Exception as error:  # noqa: BLE001 - shown when the block is left
            self._crashes.append(error)
        finally:
            with self._lock:
                self._connections.discard(connection)
            with contextlib.suppress(OSError):
                connection.close()


def _bindings(certificate: Certificate) -> GssChannelBindings:
    """RFC 5929 for a certificate that was signed with SHA-256."""
    from cryptography.hazmat.primitives.hashes import SHA256

    fingerprint = load_pem_x509_certificate(certificate.chain.read_bytes()).fingerprint(SHA256())
    return GssChannelBindings(application_data=b"tls-server-end-point:" + fingerprint)
