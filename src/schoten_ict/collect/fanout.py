"""The fan-out: threads for SSH and WinRM, one event loop for SNMP, and one way to call them all."""

import asyncio
import queue
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.remote import Via

T = TypeVar("T")
_GRACE = 2.0
_TICK = 0.2


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """One question to one machine.

    Exactly one of `ask` (runs in a thread) and `ask_async` (runs in the event loop) is given; both get the
    seconds they have. `expected_ms` is how long it took last time: the slowest start first, and what was
    never asked (None) before them.
    """

    subject: str
    via: Via
    ask: Callable[[float], T] | None = None
    ask_async: Callable[[float], Awaitable[T]] | None = None
    expected_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What came of a request: a value, or the problem that took its place."""

    subject: str
    via: Via
    value: T | None
    problem: Problem | None
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How many at once per protocol, and for how long: seconds per machine and for the whole run.

    `jitter` spreads the first wave over so many seconds, so that one switch or hypervisor is not hit at once.
    """

    at_once: dict[Via, int] = field(
        default_factory=lambda: {Via.SSH: 32, Via.WINRM: 20, Via.SNMP: 100, Via.LOCAL: 2}
    )
    machine_seconds: float = 60.0
    run_seconds: float = 900.0
    jitter: float = 0.1


class FanOut(Generic[T]):
    """Asks all requests; iterate over it once for the answers as they arrive.

    Every request gets exactly one answer: what is not done at the run's deadline, or does not come back
    after its own, is answered with `timeout`. Two requests with one subject and protocol raise `ValueError`.
    Leaving the loop early starts nothing more; `waiting` then names what was not answered.
    """

    def __init__(
        self, requests: Sequence[Request[T]], limits: Limits | None = None, seed: int | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._random = random.Random(seed)  # noqa: S311 - spreads load, guards nothing
        self._answers: queue.SimpleQueue[Answer[T]] = queue.SimpleQueue()
        self._open = {(each.subject, each.via): each for each in _slowest_first(requests)}
        if len(self._open) < len(requests):
            raise ValueError("two requests to one machine over one protocol")
        self._started: dict[tuple[str, Via], float] = {}
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def waiting(self) -> list[str]:
        """The machines that have not answered, those that are being asked first."""
        started = set(self._started)
        return [subject for subject, _via in sorted(self._open, key=lambda key: key not in started)]

    def __iter__(self) -> Iterator[Answer[T]]:
        """Start, and yield the answers as they arrive."""
        until = time.monotonic() + self._limits.run_seconds
        self._start()
        try:
            while self._open and time.monotonic() < until:
                yield from self._arrived(wait=_TICK)
                yield from self._taken([self._late(key) for key in self._overdue()])
            self._stop.set()
            yield from self._arrived(wait=0)
            yield from self._taken([self._late(key) for key in self._open])
        finally:
            self._stop.set()
            loop = self._loop
            if loop is not None:
                with suppress(RuntimeError):  # it ended by itself meanwhile
                    loop.call_soon_threadsafe(_cancel_all, loop)

    def _arrived(self, wait: float) -> Iterator[Answer[T]]:
        """What has arrived; waits a moment for the first."""
        with suppress(queue.Empty):
            yield from self._taken([self._answers.get(timeout=wait) if wait else self._answers.get_nowait()])
            while True:
                yield from self._taken([self._answers.get_nowait()])

    def _taken(self, answers: list[Answer[T]]) -> Iterator[Answer[T]]:
        """Those answers whose requests were still open: a late one is not told twice."""
        for answer in answers:
            if self._open.pop((answer.subject, answer.via), None) is not None:
                yield answer

    def _overdue(self) -> list[tuple[str, Via]]:
        """What is being asked for longer than a machine may take."""
        limit = time.monotonic() - self._limits.machine_seconds - _GRACE
        return [key for key in self._open if self._started.get(key, limit) < limit]

    def _late(self, key: tuple[str, Via]) -> Answer[T]:
        subject, via = key
        began = self._started.get(key)
        if began is None:
            what = "was not asked before the run's deadline"
        else:
            what = f"gave no answer within {time.monotonic() - began:.0f} seconds"
        problem = Problem("timeout", what, f"host:{subject}", "try it alone, with a longer deadline")
        return Answer(subject, via, None, problem, _ms(began))

    def _start(self) -> None:
        threaded: dict[Via, list[Request[T]]] = {}
        looped: list[Request[T]] = []
        for request in self._open.values():
            if request.ask_async is not None:
                looped.append(request)
            else:
                threaded.setdefault(request.via, []).append(request)
        for via, requests in threaded.items():
            self._start_threads(via, requests)
        if looped:
            threading.Thread(target=self._run_loop, args=(looped,), name="ict-loop", daemon=True).start()

    def _start_threads(self, via: Via, requests: list[Request[T]]) -> None:
        work: queue.SimpleQueue[Request[T]] = queue.SimpleQueue()
        for request in requests:
            work.put(request)
        for number in range(min(self._limits.at_once[via], len(requests))):
            name = f"ict-{via}-{number}"
            threading.Thread(target=self._work, args=(work,), name=name, daemon=True).start()

    def _work(self, work: "queue.SimpleQueue[Request[T]]") -> None:
        self._stop.wait(self._random.uniform(0, self._limits.jitter))
        while not self._stop.is_set():
            try:
                request = work.get_nowait()
            except queue.Empty:
                return
            if request.ask is not None:
                began = self._begin(request)
                self._answers.put(_answered(request, began, request.ask, self._limits.machine_seconds))

    def _run_loop(self, requests: list[Request[T]]) -> None:
        self._loop = asyncio.new_event_loop()
        try:
            self._loop.run_until_complete(self._ask_all(requests))
        except asyncio.CancelledError:
            pass
        finally:
            loop, self._loop = self._loop, None
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _ask_all(self, requests: list[Request[T]]) -> None:
        gates = {via: asyncio.Semaphore(count) for via, count in self._limits.at_once.items()}
        await asyncio.gather(*(self._ask_one(request, gates[request.via]) for request in requests))

    async def _ask_one(self, request: Request[T], gate: asyncio.Semaphore) -> None:
        async with gate:
            await asyncio.sleep(self._random.uniform(0, self._limits.jitter))
            if request.ask_async is None or self._stop.is_set():
                return
            began = self._begin(request)
            seconds = self._limits.machine_seconds
            try:
                value = await asyncio.wait_for(request.ask_async(seconds), seconds + _GRACE)
            except Exception as error:  # noqa: BLE001 - one machine's failure is an answer
                self._answers.put(_failed(request, began, error))
            else:
                self._answers.put(Answer(request.subject, request.via, value, None, _ms(began)))

    def _begin(self, request: Request[T]) -> float:
        began = time.monotonic()
        self._started[request.subject, request.via] = began
        return began


def _answered(request: Request[T], began: float, ask: Callable[[float], T], seconds: float) -> Answer[T]:
    try:
        value = ask(seconds)
    except Exception as error:  # noqa: BLE001 - one machine's failure is an answer
        return _failed(request, began, error)
    return Answer(request.subject, request.via, value, None, _ms(began))


def _failed(request: Request[T], began: float, error: Exception) -> Answer[T]:
    return Answer(request.subject, request.via, None, _problem(request.subject, error), _ms(began))


def _problem(subject: str, error: Exception) -> Problem:
    about = f"host:{subject}"
    if isinstance(error, IctError):
        first = error.problems[0]
        return Problem(first.code, first.message, first.subject or about, first.remedy)
    if isinstance(error, TimeoutError):
        return Problem("timeout", "gave no answer within its deadline", about)
    return Problem("internal", f"unexpected {type(error).__name__}: {error}", about, "report it with --debug")


def _slowest_first(requests: Sequence[Request[T]]) -> list[Request[T]]:
    never = float("inf")
    return sorted(requests, key=lambda each: -(never if each.expected_ms is None else each.expected_ms))


def _ms(began: float | None) -> int:
    return 0 if began is None else round((time.monotonic() - began) * 1000)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
