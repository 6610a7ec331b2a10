"""Small servers on loopback that behave as they are told; every one ends with its block."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Manner = Callable[[socket.socket], None]


@contextlib.contextmanager
def listening(address: str, port: int, manner: Manner) -> Iterator[int]:
    """A listener that treats every caller in `manner`, in a thread of its own; gives its port."""
    assert address.startswith("127.")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen(16)
        callers: list[tuple[socket.socket, threading.Thread]] = []

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                thread = threading.Thread(target=_treat, args=(caller, manner), daemon=True)
                callers.append((caller, thread))
                thread.start()

        door = threading.Thread(target=serve, daemon=True)
        door.start()
        try:
            yield server.getsockname()[1]
        finally:
            _hang_up(server)
            door.join(5)
            for caller, thread in callers:
                _hang_up(caller)
                thread.join(5)


def _treat(caller: socket.socket, manner: Manner) -> None:
    with caller, contextlib.suppress(OSError):
        manner(caller)


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()


def says(text: bytes) -> Manner:
    """Sends `text` and waits until the caller goes."""

    def manner(caller: socket.socket) -> None:
        caller.sendall(text)
        says_nothing(caller)

    return manner


def says_nothing(caller: socket.socket) -> None:
    """Listens until the caller goes."""
    while caller.recv(65536):
        pass


def hangs_up(caller: socket.socket) -> None:
    """Goes at once."""


def floods(caller: socket.socket) -> None:
    """Sends ten million bytes without a line's end, as fast as they go."""
    for _ in range(10):
        caller.sendall(b"A" * 1_000_000)
