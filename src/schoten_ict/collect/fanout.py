"""The fan-out: threads for SSH and WinRM, one event loop for SNMP, and one way to call them all."""

import asyncio
import queue
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from schoten_ict.core import finding
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import IctError, Problem
from schoten_ict.core.remote import Via

T = TypeVar("T")
INTERRUPTED = "interrupted"
"""The code of what a person broke off."""
_TICK = 0.2
_Key = tuple[str, Via]


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """One question to one machine, or about one thing: `kind` is that of a finding's subject.

    Exactly one of `ask` (runs in a thread) and `ask_async` (runs in the event loop) is given; both get the
    deadline that they have: they hand it to what they open, and let it stand still while they wait for
    somebody else. `expected_ms` is how long it took last time: the slowest start first, and what was never
    asked (None) before them.
    """

    subject: str
    via: Via
    ask: Callable[[Deadline], T] | None = None
    ask_async: Callable[[Deadline], Awaitable[T]] | None = None
    expected_ms: int | None = None
    kind: str = "host"

    @property
    def about(self) -> str:
        """The subject of problems: `host:NAME`."""
        return finding.subject(self.kind, self.subject)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What came of a request: a value, or the problem that took its place.

    `duration_ms` leaves out the time in which it waited for others. `asked` is False when its turn never
    came.
    """

    subject: str
    via: Via
    value: T | None
    problem: Problem | None
    duration_ms: int
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """How many at once per protocol, and for how long: seconds per machine and for the whole run.

    `ending_seconds` is how long it may take, after that, to end what runs on the machines. `jitter` spreads
    the first wave over so many seconds, so that one switch or hypervisor is not hit at once.
    """

    at_once: dict[Via, int] = field(
        default_factory=lambda: {Via.SSH: 32, Via.WINRM: 20, Via.SNMP: 100, Via.HTTP: 8, Via.LOCAL: 2}
    )
    machine_seconds: float = 60.0
    run_seconds: float = 900.0
    ending_seconds: float = 5.0
    jitter: float = 0.1


class _Turn(Generic[T]):
    """A request that is being asked."""

    def __init__(self, request: Request[T], seconds: float) -> None:
        self.request = request
        self.deadline = Deadline(seconds)
        self._began = time.monotonic()

    @property
    def milliseconds(self) -> int:
        """How long it has been going on, without waiting for others."""
        return round((time.monotonic() - self._began - self.deadline.waited) * 1000)

    def answered(self, value: T) -> Answer[T]:
        """The answer with a value."""
        return Answer(self.request.subject, self.request.via, value, None, self.milliseconds)

    def failed(self, error: Exception) -> Answer[T]:
        """The answer with a problem."""
        return self.without(_problem(self.request.about, error))

    def without(self, problem: Problem) -> Answer[T]:
        """The answer that a problem took the place of."""
        return Answer(self.request.subject, self.request.via, None, problem, self.milliseconds)


class FanOut(Generic[T]):
    """Asks all requests; iterate over it once for the answers as they arrive.

    Every request gets exactly one answer: what is not done at the run's deadline, or does not come back
    after its own, is answered with `timeout`. A late value is taken as long as the run goes on. Two requests
    with one subject and protocol raise `ValueError`.

    At the run's deadline, after `stop`, and when the loop is left early, nothing more is started, what is
    being asked is told to end, and what runs on machines gets `ending_seconds` for it. After `stop` the
    iteration gives what still comes in and ends; `unanswered` then says what is left.
    """

    def __init__(
        self, requests: Sequence[Request[T]], limits: Limits | None = None, seed: int | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._random = random.Random(seed)  # noqa: S311 - spreads load, guards nothing
        self._answers: queue.SimpleQueue[Answer[T]] = queue.SimpleQueue()
        self._open: dict[_Key, Request[T]] = {_key(each): each for each in _slowest_first(requests)}
        if len(self._open) < len(requests):
            raise ValueError("two requests to one machine over one protocol")
        self._turns: dict[_Key, _Turn[T]] = {}
        self._at_hand: _Key | None = None
        self._closed = threading.Event()
        self._cancel: Callable[[], object] | None = None
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether it was broken off."""
        return self._stopped

    def stop(self) -> None:
        """Break it off. Safe in a signal handler: the iteration, which looks for it, does the rest."""
        self._stopped = True

    @property
    def waiting(self) -> list[str]:
        """The machines that have not answered, those that are being asked first."""
        left = [key for key in self._open if key != self._at_hand]
        return [subject for subject, _via in sorted(left, key=lambda key: key not in self._turns)]

    @property
    def unanswered(self) -> list[Problem]:
        """After `stop`: a problem for each machine without an answer, saying how far it got."""
        return [self._unanswered(key) for key in self._open]

    def __iter__(self) -> Iterator[Answer[T]]:
        """Start, and yield the answers as they arrive."""
        until = time.monotonic() + self._limits.run_seconds
        self._start()
        try:
            while self._goes_on(until):
                yield from self._arrived(wait=_TICK)
            yield from self._ended(self._close())
            if not self._stopped:
                yield from self._told([self._late(key) for key in self._open])
        finally:
            live = self._close()
            if not self._stopped:  # who breaks it off a second time does not wait
                self._await(live)

    def _goes_on(self, until: float) -> bool:
        """Whether an answer may come that is not late: not when all that is left is stuck."""
        if self._stopped or time.monotonic() >= until:
            return False
        return not all(self._is_stuck(key) for key in self._open)

    def _is_stuck(self, key: _Key) -> bool:
        turn = self._turns.get(key)
        return turn is not None and turn.deadline.left < -self._limits.ending_seconds

    def _close(self) -> set[_Key]:
        """Start nothing more, and end what is being asked; the requests that run something on a machine."""
        self._closed.set()
        turns = {key: turn for key, turn in list(self._turns.items()) if key in self._open}
        for turn in turns.values():
            turn.deadline.break_off()
        cancel = self._cancel
        if cancel is not None:
            with suppress(RuntimeError):  # the loop ended by itself meanwhile
                cancel()
        return {key for key, turn in turns.items() if turn.deadline.acts}

    def _ended(self, live: set[_Key]) -> Iterator[Answer[T]]:
        """What still arrives while the live ones end."""
        until = time.monotonic() + self._limits.ending_seconds
        while live & self._open.keys() and time.monotonic() < until:
            yield from self._arrived(wait=_TICK)
        yield from self._arrived(wait=0)

    def _await(self, live: set[_Key]) -> None:
        """Give the live ones time to end; nobody takes their answers any more."""
        until = time.monotonic() + self._limits.ending_seconds
        while any(self._turns[key].deadline.acts for key in live) and time.monotonic() < until:
            time.sleep(_TICK / 4)

    def _arrived(self, wait: float) -> Iterator[Answer[T]]:
        """What has arrived; waits a moment for the first."""
        with suppress(queue.Empty):
            yield from self._told([self._answers.get(timeout=wait) if wait else self._answers.get_nowait()])
            while True:
                yield from self._told([self._answers.get_nowait()])

    def _told(self, answers: Iterable[Answer[T]]) -> Iterator[Answer[T]]:
        """The answers; a request is open until whoever takes its answer has dealt with it."""
        for answer in answers:
            self._at_hand = (answer.subject, answer.via)
            yield answer
            del self._open[self._at_hand]
            self._at_hand = None

    def _late(self, key: _Key) -> Answer[T]:
        turn, request = self._turns.get(key), self._open[key]
        if turn is None:
            what = "was not asked before the run's deadline"
        elif self._is_stuck(key):
            what = f"gave no answer within {self._limits.machine_seconds:.0f} seconds"
        else:
            what = "was being asked at the run's deadline"
        problem = Problem("timeout", what, request.about, "try it alone, with a longer deadline")
        return turn.without(problem) if turn else Answer(*key, None, problem, 0, asked=False)

    def _unanswered(self, key: _Key) -> Problem:
        if key == self._at_hand:
            what = "answered just then; its answer may not be kept"
        elif key in self._turns and self._turns[key].deadline.acts:
            what = "something runs there still, and was told to end"
        elif key in self._turns:
            what = "was being asked"
        else:
            what = "was not asked"
        return Problem(INTERRUPTED, what, self._open[key].about)

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
        self._closed.wait(self._random.uniform(0, self._limits.jitter))
        while not self._closed.is_set():
            try:
                request = work.get_nowait()
            except queue.Empty:
                return
            turn = self._begin(request)
            if turn is not None and request.ask is not None:
                self._answers.put(self._ask(turn, request.ask))

    def _ask(self, turn: _Turn[T], ask: Callable[[Deadline], T]) -> Answer[T]:
        try:
            return turn.answered(ask(turn.deadline))
        except Exception as error:  # noqa: BLE001 - one machine's failure is an answer
            return self._failed(turn, error)

    def _failed(self, turn: _Turn[T], error: Exception) -> Answer[T]:
        """The answer with a problem; no machine is too slow for whoever stops it."""
        answer = turn.failed(error)
        assert answer.problem is not None
        if self._stopped and turn.deadline.broken_off and answer.problem.code == "timeout":
            problem = answer.problem
            return turn.without(Problem(INTERRUPTED, problem.message, problem.subject))
        return answer

    def _run_loop(self, requests: list[Request[T]]) -> None:
        with closing(asyncio.new_event_loop()) as loop:
            asking = loop.create_task(self._ask_all(requests))
            self._cancel = partial(loop.call_soon_threadsafe, asking.cancel)
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(asking)
            self._cancel = None
            loop.run_until_complete(loop.shutdown_asyncgens())

    async def _ask_all(self, requests: list[Request[T]]) -> None:
        gates = {via: asyncio.Semaphore(count) for via, count in self._limits.at_once.items()}
        await asyncio.gather(*(self._ask_one(request, gates[request.via]) for request in requests))

    async def _ask_one(self, request: Request[T], gate: asyncio.Semaphore) -> None:
        async with gate:
            await asyncio.sleep(self._random.uniform(0, self._limits.jitter))
            turn = self._begin(request)
            if turn is None or request.ask_async is None:
                return
            seconds = self._limits.machine_seconds + self._limits.ending_seconds
            try:
                value = await asyncio.wait_for(request.ask_async(turn.deadline), seconds)
            except Exception as error:  # noqa: BLE001 - one machine's failure is an answer
                self._answers.put(self._failed(turn, error))
            else:
                self._answers.put(turn.answered(value))

    def _begin(self, request: Request[T]) -> _Turn[T] | None:
        """The turn of a request; None when nothing more is started."""
        turn = self._turns[_key(request)] = _Turn(request, self._limits.machine_seconds)
        if self._closed.is_set():  # looked at last: whoever closes ends the turns that are there by then
            del self._turns[_key(request)]
            return None
        return turn


def _key(request: Request[T]) -> _Key:
    return request.subject, request.via


def _problem(about: str, error: Exception) -> Problem:
    if isinstance(error, IctError):
        first = error.problems[0]
        return Problem(first.code, first.message, first.subject or about, first.remedy)
    if isinstance(error, TimeoutError):
        return Problem("timeout", "gave no answer within its deadline", about)
    return Problem("internal", f"unexpected {type(error).__name__}: {error}", about, "report it with --debug")


def _slowest_first(requests: Sequence[Request[T]]) -> list[Request[T]]:
    never = float("inf")
    return sorted(requests, key=lambda each: -(never if each.expected_ms is None else each.expected_ms))
