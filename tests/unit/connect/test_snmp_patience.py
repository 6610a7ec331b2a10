"""Waiting for answers: as long as was asked, one after the other, and time in which nobody looked is no time."""

import asyncio
import selectors
from collections.abc import Coroutine

import pytest

from schoten_ict.connect.snmp.backend import Patience


class SelectorOfALoopWithoutTime(selectors.DefaultSelector):
    """Waits for nothing: the time that would have been waited has passed."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class LoopWithoutTime(asyncio.SelectorEventLoop):
    """An event loop whose clock goes as fast as it is waited for."""

    def __init__(self) -> None:
        self.clock = SelectorOfALoopWithoutTime()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


def seconds_of(waiting: Coroutine[None, None, None]) -> float:
    """How long it took by the loop's own clock."""
    with asyncio.Runner(loop_factory=LoopWithoutTime) as runner:
        runner.run(waiting)
        return runner.get_loop().time()


def later(seconds: float) -> asyncio.Future[str]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()
    loop.call_later(seconds, answer.set_result, "answer")
    return answer


async def is_given_up(patience: Patience, seconds: float) -> None:
    with pytest.raises(TimeoutError):
        await patience.wait(asyncio.get_running_loop().create_future(), seconds)


def test_silence_is_waited_for_as_long_as_was_asked() -> None:
    async def silence() -> None:
        await is_given_up(Patience(), 3.0)

    assert seconds_of(silence()) == pytest.approx(3.0)


@pytest.mark.parametrize("first", [0.25, 8.0])
def test_the_alarm_of_one_answer_is_no_alarm_of_the_next(first: float) -> None:
    async def one_after_the_other() -> None:
        patience = Patience()
        assert await patience.wait(later(0.2), first) == "answer"
        assert await patience.wait(later(0.9), 1.0) == "answer"
        await is_given_up(patience, 1.0)

    assert seconds_of(one_after_the_other()) == pytest.approx(0.2 + 0.9 + 1.0)


def test_time_in_which_the_loop_was_busy_is_not_counted() -> None:
    async def busy() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LoopWithoutTime)

        def be_busy() -> None:
            loop.clock.now += 10.0

        loop.call_later(0.1, be_busy)
        assert await Patience().wait(later(11.0), 1.0) == "answer"

    seconds_of(busy())


def test_time_after_which_answers_wait_to_be_read_is_not_counted() -> None:
    waiting = [True, False, True, False, False, False]

    async def behind() -> None:
        await is_given_up(Patience(lambda: waiting.pop(0)), 1.0)

    assert seconds_of(behind()) == pytest.approx(1.5)
    assert waiting == []


def test_nothing_rings_after_the_end() -> None:
    async def closing() -> None:
        patience = Patience()
        await patience.wait(later(0.1), 60.0)
        patience.close()
        await asyncio.sleep(0.1)

    assert seconds_of(closing()) == pytest.approx(0.2)
