"""SSH servers that misbehave, and one that counts who tries to log in. All on loopback, all stopped by the block."""

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Self

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.server import InteractiveQuery

_LOOK_SECONDS = 0.1


class Listener:
    """Accepts on 127.0.24.1, on a port of its own, and hands each connection to `serve` in a thread."""

    address = "127.0.24.1"

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._ended = threading.Event()
        self._socket = socket.create_server((self.address, 0), backlog=128)
        self.port = int(self._socket.getsockname()[1])
        self.connections = 0

    def __enter__(self) -> Self:
        self._socket.settimeout(_LOOK_SECONDS)
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.cut()
        for thread in self._threads:
            thread.join(10)
        self._socket.close()

    @property
    def ended(self) -> bool:
        """Whether the block is being left."""
        return self._ended.is_set()

    def cut(self) -> None:
        """Break every connection off."""
        for peer in self._open:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                peer, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self._open.append(peer)
            peer.settimeout(None)
            self._start(lambda peer=peer: self._handle(peer))  # type: ignore[misc]

    def _handle(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self._serve(peer)


def says(*pieces: bytes) -> Callable[[socket.socket], None]:
    """Sends `pieces`, then reads until the client leaves."""

    def serve(peer: socket.socket) -> None:
        for piece in pieces:
            peer.sendall(piece)
        while peer.recv(4096):
            pass

    return serve


def says_for_ever(start: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    """Sends `start`, then `piece` until the client leaves."""

    def serve(peer: socket.socket) -> None:
        peer.sendall(start)
        while True:
            peer.sendall(piece)

    return serve


def dropping(count: int, upstream: tuple[str, int]) -> Callable[[socket.socket], None]:
    """Closes the first `count` connections at once, as MaxStartups does, and leads the others to `upstream`."""
    left = [count]

    def serve(peer: socket.socket) -> None:
        left[0] -= 1
        if left[0] >= 0:
            return
        with socket.create_connection(upstream) as server:
            back = threading.Thread(target=_pump, args=(server, peer), daemon=True)
            back.start()
            _pump(peer, server)
            back.join(10)

    return serve


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each in (source, sink):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class Door(paramiko.ServerInterface):
    """Lets nobody in but who has the right password, and counts the tries by method."""

    def __init__(self, ways: str = "password", password: str = "") -> None:
        self.ways = ways
        self.password = password
        self.tries: Counter[str] = Counter()

    def get_allowed_auths(self, _username: str) -> str:
        return self.ways

    def check_auth_password(self, _username: str, password: str) -> int:
        self.tries["password"] += 1
        return self._judge(password)

    def check_auth_publickey(self, _username: str, _key: paramiko.PKey) -> int:
        self.tries["publickey"] += 1
        return AUTH_FAILED

    def check_auth_interactive(self, _username: str, _submethods: str) -> InteractiveQuery | int:
        return InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> InteractiveQuery | int:
        self.tries["interactive"] += 1
        return self._judge(*responses)

    def _judge(self, *given: str) -> int:
        return AUTH_SUCCESSFUL if given == (self.password,) else AUTH_FAILED


class EndlessDoor(Door):
    """Asks for the password again and again."""

    def check_auth_interactive_response(self, _responses: list[str]) -> InteractiveQuery | int:
        self.tries["interactive"] += 1
        return InteractiveQuery("", "", ("Again: ", False))


class OpenDoor(Door):
    """Lets everyone in and then behaves as `manner` says: `stall`, `flood` or `refuse`."""

    def __init__(self, manner: str) -> None:
        super().__init__(password="")
        self.manner = manner

    def check_auth_password(self, _username: str, _password: str) -> int:
        return AUTH_SUCCESSFUL

    def check_channel_request(self, _kind: str, _chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, _command: bytes) -> bool:
        if self.manner == "flood":
            threading.Thread(target=_flood, args=(channel,), daemon=True).start()
        return self.manner != "refuse"


def _flood(channel: paramiko.Channel) -> None:
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while not channel.closed:
            channel.sendall(b"\x1b[2Jx" * 1000)


def paramiko_server(door: Door, host_key: paramiko.PKey) -> Callable[[socket.socket], None]:
    """A server in this process that asks `door`."""

    def serve(peer: socket.socket) -> None:
        with contextlib.closing(paramiko.Transport(peer)) as transport:
            transport.add_server_key(host_key)
            transport.start_server(server=door)
            transport.join()

    return serve
