"""An SNMP v1 and v2c agent that replays recordings on loopback ports, and misbehaves when asked to.

By hand, printing `ready` once it answers: `python -m lab.servers.snmp_replay FILE FIRST_PORT COUNT`.
"""

import heapq
import selectors
import socket
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Self

from lab.servers import ber
from lab.servers.snmprec import Recording, read_recording

NO_SUCH_NAME, TOO_BIG = 2, 1
_LARGEST = 8_000
_LARGEST_DATAGRAM = 65_507


@dataclass(frozen=True, slots=True)
class Reply:
    """One datagram to send. `elsewhere`: from another port than the one that was asked."""

    data: bytes
    after: float = 0.0
    elsewhere: bool = False


Manner = Callable[["Agent", ber.Request], Iterable[Reply]]


def honest(agent: "Agent", request: ber.Request) -> Iterable[Reply]:
    """Answers as the recording says."""
    yield Reply(agent.answer(request))


class Agent:
    """Answers requests out of a recording, in the manner it was given.

    `asked` are the requests it understood; `at_once` is the most that waited for an answer together;
    `refused` counts datagrams that the network did not take.
    """

    def __init__(
        self, recording: Recording, manner: Manner = honest, *, community: bytes = b"public",
        largest: int = _LARGEST,
    ) -> None:  # fmt: skip
        self.recording, self.manner, self.community = recording, manner, community
        self.asked: list[ber.Request] = []
        self.waiting = self.at_once = self.refused = 0
        self._largest = largest
        self._sorted = sorted(recording.rows)
        self._in_order = [recording.rows[oid] for oid in recording.order]
        self._straight = all(self.recording.after[oid] == n for n, oid in enumerate(recording.order, 1))

    def replies(self, data: bytes) -> list[Reply]:
        """What goes back for one datagram: nothing for garbage or a wrong community."""
        try:
            request = ber.decode_request(data)
        except ber.BerError:
            return []
        if request.community != self.community:
            return []
        self.asked.append(request)
        return list(self.manner(self, request))

    def answer(self, request: ber.Request) -> bytes:
        """The honest answer (RFC 1157, RFC 3416)."""
        if request.kind == ber.GET:
            return self._get(request)
        if request.kind == ber.GET_BULK and request.version > 0:
            return ber.encode_response(request, self._bulk(request))
        return self._next(request)

    def following(self, oid: ber.Oid) -> tuple[ber.Oid, bytes] | None:
        """The row that comes after `oid`; None at the end."""
        place = self.recording.after.get(oid)
        if place is None:
            place = self._first_after(oid)
        if place >= len(self.recording.order):
            return None
        name = self.recording.order[place]
        return name, self.recording.rows[name]

    def _first_after(self, oid: ber.Oid) -> int:
        """Where a walk from `oid`, which is no row itself, begins."""
        at = bisect_right(self._sorted, oid)
        if at == len(self._sorted):
            return len(self.recording.order)
        below = [name for name in self._sorted[at : at + 1000] if name[: len(oid)] == oid]
        return min(self.recording.order.index(name) for name in below or self._sorted[at : at + 1])

    def _get(self, request: ber.Request) -> bytes:
        found = []
        for place, oid in enumerate(request.oids, 1):
            row = self.recording.rows.get(oid)
            if row is None and request.version == 0:
                return _no_such_name(request, place)
            found.append(row or _exception(oid, ber.NO_SUCH_INSTANCE))
        return ber.encode_response(request, b"".join(found))

    def _next(self, request: ber.Request) -> bytes:
        found = []
        for place, oid in enumerate(request.oids, 1):
            row = self.following(oid)
            if row is None and request.version == 0:
                return _no_such_name(request, place)
            found.append(row[1] if row else _exception(oid, ber.END_OF_MIB))
        return ber.encode_response(request, b"".join(found))

    def _bulk(self, request: ber.Request) -> bytes:
        if self._straight and len(request.oids) == 1 and not request.first:
            return self._straight_bulk(request.oids[0], request.second)
        found, size = [], 0
        names = list(request.oids)
        for round_ in range(max(request.second, 1)):
            places = range(len(names)) if round_ == 0 else range(request.first, len(names))
            for place in places:
                row = self.following(names[place])
                found.append(row[1] if row else _exception(names[place], ber.END_OF_MIB))
                names[place] = row[0] if row else names[place]
                size += len(found[-1])
            if size > self._largest or row is None:
                break
        return b"".join(found)

    def _straight_bulk(self, oid: ber.Oid, repetitions: int) -> bytes:
        """The usual case of `_bulk`, which must be quick when many agents are measured."""
        place = self.recording.after.get(oid)
        first = self._first_after(oid) if place is None else place
        found = self._in_order[first : first + max(repetitions, 1)]
        while len(found) > 1 and sum(map(len, found)) > self._largest:
            found = found[: len(found) // 2]
        if first + len(found) == len(self._in_order) and len(found) < repetitions:
            found.append(_exception(self.recording.order[-1] if found else oid, ber.END_OF_MIB))
        return b"".join(found)


def _exception(oid: ber.Oid, value: bytes) -> bytes:
    return ber.encode(ber.SEQUENCE, ber.encode_oid(oid) + value)


def _no_such_name(request: ber.Request, place: int) -> bytes:
    bindings = b"".join(_exception(oid, b"\x05\x00") for oid in request.oids)
    return ber.encode_response(request, bindings, error=NO_SUCH_NAME, index=place)


class ReplayServer(AbstractContextManager["ReplayServer"]):
    """Agents on loopback, each on a port of its own, served by one thread until the block ends."""

    def __init__(self, agents: Sequence[Agent], address: str = "127.0.0.1", first_port: int = 0) -> None:
        self._agents, self._address, self._first = agents, address, first_port
        self._closing = ExitStack()
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, socket.socket, tuple[str, int], Agent, Reply]] = []
        self._number = count()
        self.ports: list[int] = []

    def __enter__(self) -> Self:
        self._closing.enter_context(self._selector)
        for offset, agent in enumerate(self._agents):
            served = self._open(self._first + offset if self._first else 0)
            self._selector.register(served, selectors.EVENT_READ, agent)
            self.ports.append(served.getsockname()[1])
        self._elsewhere = self._open(0)
        waker, self._waker = socket.socketpair()
        self._closing.enter_context(waker)
        self._closing.enter_context(self._waker)
        self._selector.register(waker, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._serve, name="snmp-replay")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._waker.send(b".")
        self._thread.join()
        self._closing.close()

    def _open(self, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        opened = self._closing.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        opened.setblocking(False)
        opened.bind((self._address, port))
        return opened

    def _serve(self) -> None:
        while True:
            wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for key, _ in self._selector.select(wait):
                if key.data is None:
                    return
                assert isinstance(key.fileobj, socket.socket)
                self._receive(key.fileobj, key.data)
            self._send_due()

    def _receive(self, served: socket.socket, agent: Agent) -> None:
        while True:
            try:
                data, sender = served.recvfrom(65_535)
            except (BlockingIOError, ConnectionError):
                return
            for reply in agent.replies(data):
                if not reply.after:
                    self._send(served, sender, agent, reply)
                    continue
                agent.waiting += 1
                agent.at_once = max(agent.at_once, agent.waiting)
                due = time.monotonic() + reply.after
                heapq.heappush(self._due, (due, next(self._number), served, sender, agent, reply))

    def _send_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, served, sender, agent, reply = heapq.heappop(self._due)
            agent.waiting -= 1
            self._send(served, sender, agent, reply)

    def _send(self, served: socket.socket, sender: tuple[str, int], agent: Agent, reply: Reply) -> None:
        try:
            (self._elsewhere if reply.elsewhere else served).sendto(reply.data, sender)
        except OSError:
            agent.refused += 1
            (self._elsewhere if reply.elsewhere else served).sendto(reply.data[:_LARGEST_DATAGRAM], sender)


def main(arguments: Sequence[str]) -> None:
    """Replay one file on many ports until standard input ends."""
    path, first, amount = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    recording = read_recording(path)
    with ReplayServer([Agent(recording) for _ in range(amount)], first_port=first):
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
