"""The account guard as an event loop uses it: it never blocks, and still one login goes alone."""

import asyncio

import pytest

from schoten_ict.connect.snmp.admission import admitted
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Account, RemoteError
from schoten_ict.core.secrets import Secret


class Memory:
    """Remembers in this process only."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    def refused(self, _account: Account) -> bool:
        return bool(self.hosts)

    def remember(self, _account: Account, host: str) -> None:
        self.hosts.append(host)


WHO = Account("switches", "ict", "host:sw", "f", {"auth": Secret("sesam")})


class Agent:
    """Counts logins, and how many were under way together."""

    def __init__(self, code: str = "") -> None:
        self.attempts = self.together = self.most = 0
        self._code = code

    async def log_in(self) -> None:
        self.attempts += 1
        self.together += 1
        self.most = max(self.most, self.together)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.together -= 1
        if self._code:
            raise RemoteError("refused", code=self._code)


async def ask(guard: AccountGuard | None, agent: Agent) -> str:
    try:
        async with admitted(guard, WHO, "sw-1"):
            await agent.log_in()
    except RemoteError as error:
        return error.problems[0].code
    return "ok"


async def together(guard: AccountGuard | None, agent: Agent, number: int) -> list[str]:
    async with asyncio.timeout(5):
        return await asyncio.gather(*(ask(guard, agent) for _ in range(number)))


def test_many_at_once_with_a_wrong_key_make_one_attempt() -> None:
    agent, memory = Agent("authentication"), Memory()
    answers = asyncio.run(together(AccountGuard(memory), agent, 32))
    assert agent.attempts == 1
    assert sorted(answers) == ["authentication"] + ["not-asked"] * 31
    assert memory.hosts == ["sw-1"]


def test_after_one_login_the_others_go_side_by_side() -> None:
    agent = Agent()
    assert asyncio.run(together(AccountGuard(Memory()), agent, 16)) == ["ok"] * 16
    assert agent.most > 1


def test_until_one_login_ended_well_each_goes_alone() -> None:
    agent = Agent("no-answer")
    assert asyncio.run(together(AccountGuard(Memory()), agent, 8)) == ["no-answer"] * 8
    assert (agent.attempts, agent.most) == (8, 1)


def test_without_a_guard_nothing_waits() -> None:
    agent = Agent("authentication")
    assert asyncio.run(together(None, agent, 8)) == ["authentication"] * 8
    assert agent.most == 8


def test_a_cancelled_login_gives_its_turn_back() -> None:
    guard, agent = AccountGuard(Memory()), Agent()

    async def run() -> str:
        async def hold() -> None:
            async with admitted(guard, WHO, "sw-1"):
                await asyncio.sleep(60)

        holding = asyncio.create_task(hold())
        waiting = asyncio.create_task(ask(guard, agent))
        await asyncio.sleep(0)
        waiting.cancel()
        holding.cancel()
        await asyncio.gather(holding, waiting, return_exceptions=True)
        async with asyncio.timeout(5):
            return await ask(guard, agent)

    assert asyncio.run(run()) == "ok"


def test_an_account_that_was_refused_before_is_not_asked() -> None:
    memory, agent = Memory(), Agent()
    memory.hosts.append("sw-0")
    with pytest.raises(RemoteError, match="not asked") as caught:
        asyncio.run(_enter(AccountGuard(memory)))
    assert caught.value.problems[0].code == "not-asked"
    assert agent.attempts == 0


async def _enter(guard: AccountGuard) -> None:
    async with admitted(guard, WHO, "sw-1"):
        raise AssertionError("must not get here")
