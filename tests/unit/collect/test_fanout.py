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
