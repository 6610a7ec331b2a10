"""The fan-out answers every request once, is bounded, and neither hangs nor lies."""

import asyncio
import threading
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schoten_ict.collect import Answer, FanOut, Limits, Request
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.remote import RemoteError, Via

QUICK = Limits(jitter=0.0, machine_seconds=5.0, run_seconds=20.0)


def answering(subject: str, via: Via = Via.SSH, expected_ms: int | None = None) -> Request[str]:
    return Request(subject, via, ask=lambda _deadline: f"answer of {subject}", expected_ms=expected_ms)


def failing(subject: str, error: Exception) -> Request[str]:
    def ask(_deadline: Deadline) -> str:
        raise error

    return Request(subject, Via.SSH, ask=ask)


def test_every_request_is_answered_once_over_threads_and_event_loop_alike() -> None:
    async def ask_async(_deadline: Deadline) -> str:
        await asyncio.sleep(0)
        return "answer"

    requests = [answering(f"s{number}") for number in range(40)]
    requests += [Request(f"n{number}", Via.SNMP, ask_async=ask_async) for number in range(40)]
    answers = list(FanOut(requests, QUICK))
    assert Counter(answer.subject for answer in answers) == Counter(request.subject for request in requests)
    assert all(answer.problem is None and answer.value for answer in answers)


def test_one_machines_failure_is_a_row_and_keeps_its_code() -> None:
    refused = RemoteError("connection refused", code="unreachable", remedy="is it on?")
    answers = {
        answer.subject: answer
        for answer in FanOut([answering("a"), failing("b", refused), failing("c", KeyError("x"))], QUICK)
    }
    assert answers["a"].value == "answer of a"
    problem = answers["b"].problem
    assert problem is not None
    assert (problem.code, problem.subject, problem.remedy) == ("unreachable", "host:b", "is it on?")
    unexpected = answers["c"].problem
    assert unexpected is not None
    assert unexpected.code == "internal"


@pytest.mark.parametrize("via", [Via.SSH, Via.SNMP])
def test_no_more_machines_are_asked_at_once_than_allowed(via: Via) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def enter() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)

    def leave() -> None:
        nonlocal running
        with lock:
            running -= 1

    def ask(_deadline: Deadline) -> str:
        enter()
        time.sleep(0.01)
        leave()
        return "ok"

    async def ask_async(_deadline: Deadline) -> str:
        enter()
        await asyncio.sleep(0.01)
        leave()
        return "ok"

    looped = via is Via.SNMP
    requests = [
        Request(str(number), via, ask=None if looped else ask, ask_async=ask_async if looped else None)
        for number in range(30)
    ]
    answers = list(FanOut(requests, Limits(at_once={via: 4}, jitter=0.0)))
    assert len(answers) == 30
    assert 1 < most <= 4


def test_the_slowest_start_first_and_the_unknown_before_them() -> None:
    order: list[str] = []

    def asking(subject: str, expected_ms: int | None) -> Request[None]:
        return Request(
            subject, Via.LOCAL, ask=lambda _deadline: order.append(subject), expected_ms=expected_ms
        )

    requests = [asking("quick", 10), asking("slow", 9000), asking("new", None), asking("middling", 400)]
    list(FanOut(requests, Limits(at_once={Via.LOCAL: 1}, jitter=0.0)))
    assert order == ["new", "slow", "middling", "quick"]


@pytest.mark.parametrize("looped", [False, True])
def test_a_machine_that_never_answers_is_a_timeout_and_holds_up_nobody(looped: bool) -> None:
    release = threading.Event()

    def ask(_deadline: Deadline) -> str:
        release.wait(30)
        return "late"

    async def ask_async(_deadline: Deadline) -> str:
        await asyncio.sleep(30)
        return "late"

    stuck: Request[str] = (
        Request("stuck", Via.SNMP, ask_async=ask_async) if looped else Request("stuck", Via.SSH, ask=ask)
    )
    limits = Limits(at_once={Via.SSH: 2, Via.SNMP: 2}, machine_seconds=0.1, run_seconds=0.6, jitter=0.0)
    answers = {answer.subject: answer for answer in FanOut([stuck, answering("a")], limits)}
    release.set()
    assert answers["a"].value == "answer of a"
    problem = answers["stuck"].problem
    assert problem is not None
    assert problem.code == "timeout"


def test_what_was_not_reached_before_the_runs_deadline_is_named_as_such() -> None:
    def ask(_deadline: Deadline) -> str:
        time.sleep(0.4)
        return "ok"

    requests = [Request(str(number), Via.LOCAL, ask=ask) for number in range(6)]
    answers = list(FanOut(requests, Limits(at_once={Via.LOCAL: 1}, run_seconds=0.5, jitter=0.0)))
    assert len(answers) == 6
    late = [answer.problem.message for answer in answers if answer.problem]
    assert any("was not asked" in message for message in late)
    assert any(answer.value == "ok" for answer in answers)


def test_leaving_early_names_what_did_not_answer_and_starts_nothing_more() -> None:
    asked: list[str] = []

    def asking(subject: str) -> Request[str]:
        def ask(_deadline: Deadline) -> str:
            asked.append(subject)
            time.sleep(0.05)
            return subject

        return Request(subject, Via.LOCAL, ask=ask)

    fan = FanOut([asking(str(number)) for number in range(50)], Limits(at_once={Via.LOCAL: 1}, jitter=0.0))
    for _answer in fan:
        break
    started = len(asked)
    time.sleep(0.2)
    assert len(asked) <= started + 1
    assert len(fan.waiting) == 49


class Machine:
    """Runs commands until they are ended, and says so; `deaf` ones go on for a while."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.running = threading.Event()
        self.ended = threading.Event()
        self._deaf = deaf

    def request(self, subject: str = "live", via: Via = Via.SSH) -> Request[str]:
        return Request(subject, via, ask=self._run)

    def _run(self, deadline: Deadline) -> str:
        with deadline.acting():
            self.running.set()
            while self._deaf or not deadline.over:
                if self.ended.wait(0.01):
                    break
            self.ended.set()
            raise RemoteError("broken off; it was ended", code="timeout")


def after(event: threading.Event, subject: str = "first") -> Request[str]:
    """Answers once the event is set."""
    return Request(subject, Via.WINRM, ask=lambda _deadline: str(event.wait(10)))


def test_a_machines_clock_stands_still_while_it_waits_for_another() -> None:
    turn = threading.Lock()

    def ask(deadline: Deadline) -> str:
        with deadline.standing_still():
            turn.acquire()
        time.sleep(0.4)
        turn.release()
        if deadline.over:
            raise RemoteError("too late", code="timeout")
        return "ok"

    requests = [Request(str(number), Via.SSH, ask=ask) for number in range(6)]
    limits = Limits(machine_seconds=1.5, ending_seconds=0.1, jitter=0.0)
    answers = list(FanOut(requests, limits))
    assert [answer.value for answer in answers] == ["ok"] * 6
    assert all(answer.duration_ms <= 1500 for answer in answers)


def test_a_late_value_is_kept_as_long_as_the_run_goes_on() -> None:
    taken = threading.Event()

    def late(_deadline: Deadline) -> str:
        time.sleep(0.5)  # far beyond its time
        return "late"

    def patient(deadline: Deadline) -> str:
        with deadline.standing_still():
            return str(taken.wait(10))

    requests = [Request("late", Via.SSH, ask=late), Request("patient", Via.LOCAL, ask=patient)]
    limits = Limits(machine_seconds=0.05, ending_seconds=0.05, jitter=0.0)
    values = {}
    for answer in FanOut(requests, limits):
        values[answer.subject] = answer.value
        taken.set()
    assert values == {"late": "late", "patient": "True"}


def test_a_run_in_which_only_stuck_machines_are_left_ends_without_its_own_deadline() -> None:
    release = threading.Event()
    stuck = Request("stuck", Via.SSH, ask=lambda _deadline: str(release.wait(30)))
    limits = Limits(machine_seconds=0.05, ending_seconds=0.05, run_seconds=60, jitter=0.0)
    answers = {answer.subject: answer.problem for answer in FanOut([stuck, answering("a")], limits)}
    assert not release.is_set()
    release.set()
    assert answers["a"] is None
    assert answers["stuck"] is not None
    assert answers["stuck"].code == "timeout"


def test_what_runs_at_the_runs_deadline_is_ended_and_says_so() -> None:
    machine = Machine()
    requests = [machine.request(), *(answering(f"never-{n}", Via.SSH) for n in range(3))]
    limits = Limits(at_once={Via.SSH: 1}, run_seconds=0.3, jitter=0.0)
    answers = {answer.subject: answer for answer in FanOut(requests, limits)}
    assert machine.ended.is_set()
    assert answers["live"].problem is not None
    assert (answers["live"].problem.code, answers["live"].problem.message) == (
        "timeout", "broken off; it was ended",
    )  # fmt: skip
    assert {(each.asked, each.problem and each.problem.message) for each in answers.values()} == {
        (True, "broken off; it was ended"),
        (False, "was not asked before the run's deadline"),
    }


def test_stop_ends_what_runs_and_tells_it_from_what_was_never_asked() -> None:
    machine, deaf = Machine(), Machine(deaf=True)
    asked = threading.Event()

    def ask(_deadline: Deadline) -> str:
        asked.set()
        return str(deaf.ended.wait(10))

    limits = Limits(at_once=dict.fromkeys(Via, 1), ending_seconds=0.4, jitter=0.0)
    fan = FanOut(
        [
            machine.request(),
            answering("never"),
            deaf.request("deaf", Via.LOCAL),
            Request("shy", Via.SNMP, ask=ask),
            after(machine.running),
        ],
        limits,
    )
    came = {}
    for answer in fan:
        came[answer.subject] = answer
        assert deaf.running.wait(10)
        assert asked.wait(10)
        fan.stop()
    left = {(each.code, each.subject): each.message for each in fan.unanswered}
    deaf.ended.set()
    assert machine.ended.is_set()
    assert fan.stopped
    problem = came["live"].problem
    assert problem is not None
    assert (problem.code, problem.message) == ("interrupted", "broken off; it was ended")
    assert left == {
        ("interrupted", "host:never"): "was not asked",
        ("interrupted", "host:deaf"): "something runs there still, and was told to end",
        ("interrupted", "host:shy"): "was being asked",
    }


def test_what_came_in_while_an_answer_was_kept_is_kept_too_after_stop() -> None:
    done: list[int] = []
    requests = [
        Request(str(number), Via.SSH, ask=lambda _deadline, number=number: done.append(number))  # type: ignore[misc]
        for number in range(20)
    ]
    fan = FanOut(requests, Limits(jitter=0.0))
    kept = []
    for answer in fan:
        kept.append(answer.subject)
        while len(done) < 20:
            time.sleep(0.01)
        fan.stop()
    assert len(kept) == 20
    assert fan.stopped
    assert fan.unanswered == []


def test_leaving_the_loop_ends_what_runs() -> None:
    machine = Machine()
    for _answer in FanOut([machine.request(), after(machine.running)], Limits(jitter=0.0)):
        break
    assert machine.ended.is_set()


def test_an_answer_that_could_not_be_kept_is_not_counted_as_kept() -> None:
    fan = FanOut([answering("a")], QUICK)

    def keep() -> None:
        for _answer in fan:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        keep()
    fan.stop()
    assert [(each.subject, each.code) for each in fan.unanswered] == [("host:a", "interrupted")]


def test_a_request_may_be_about_something_else_than_a_host() -> None:
    def ask(_deadline: Deadline) -> str:
        raise KeyError("x")

    [answer] = FanOut([Request("nightly", Via.LOCAL, ask=ask, kind="job")], QUICK)
    assert answer.problem is not None
    assert answer.problem.subject == "job:nightly"


def test_no_thread_outlives_the_run() -> None:
    before = threading.active_count()

    async def ask_async(_deadline: Deadline) -> str:
        return "ok"

    requests = [answering(f"s{n}") for n in range(20)]
    requests += [Request(f"n{n}", Via.SNMP, ask_async=ask_async) for n in range(20)]
    list(FanOut(requests, QUICK))
    for _ in range(100):
        if threading.active_count() <= before:
            break
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_two_requests_to_one_machine_over_one_protocol_are_refused() -> None:
    with pytest.raises(ValueError, match="two requests"):
        FanOut([answering("a"), answering("a")])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.none() | st.integers(0, 5000)), max_size=25))
def test_any_mixture_is_answered_whole(mixture: list[tuple[bool, bool, int | None]]) -> None:
    async def ask_async(_deadline: Deadline) -> str:
        return "ok"

    async def fail_async(_deadline: Deadline) -> str:
        raise RemoteError("no answer", code="no-answer")

    requests: list[Request[str]] = []
    for number, (looped, fails, expected) in enumerate(mixture):
        name = str(number)
        if looped:
            requests.append(
                Request(name, Via.SNMP, ask_async=fail_async if fails else ask_async, expected_ms=expected)
            )
        elif fails:
            requests.append(failing(name, RemoteError("refused", code="unreachable")))
        else:
            requests.append(answering(name, expected_ms=expected))
    answers: list[Answer[str]] = list(FanOut(requests, QUICK, seed=1))
    assert sorted(answer.subject for answer in answers) == sorted(request.subject for request in requests)
    assert all((answer.value is None) is (answer.problem is not None) for answer in answers)
