"""The fan-out over real connectors: one machine costs the others nothing, and nothing is left running."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_FAILED

from lab.servers.odd_ssh import Door, Listener, OpenDoor, paramiko_server
from lab.servers.openssh import Farm, processes_of
from lab.servers.winrm.answers import Answers, Known
from lab.servers.winrm.manners import Manner
from lab.ssh_rig import PASSWORD, account, farm_target, nothing_left_over, wait_until
from lab.ssh_rig import Memory as SshMemory
from lab.ssh_rig import target as ssh_target
from lab.winrm_rig import HELLO, Lab, Memory
from schoten_ict.collect import Answer, FanOut, Limits, Request
from schoten_ict.connect.local import open_local
from schoten_ict.connect.ssh import open_ssh
from schoten_ict.connect.winrm import open_winrm
from schoten_ict.core import guard
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Command, Completed, Runner, Target, Via

pytestmark = [pytest.mark.lab, pytest.mark.timeout(90)]
HOST_KEY = paramiko.ECDSAKey.generate()
Open = Callable[[Deadline], Runner]


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    with nothing_left_over():
        yield


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """Knows the key of the odd servers."""
    file = tmp_path / "known_hosts"
    file.write_text(f"* {HOST_KEY.get_name()} {HOST_KEY.get_base64()}\n", encoding="ascii")
    return file


def asking(target: Target, open_it: Open, text: str, expected_ms: int | None = None) -> Request[Completed]:
    """Runs one command there."""

    def ask(deadline: Deadline) -> Completed:
        with open_it(deadline) as runner:
            return runner.run(Command(text, seconds=3600))

    return Request(target.host, target.via, ask=ask, expected_ms=expected_ms)


def answers_of(fan: FanOut[Completed]) -> dict[str, Answer[Completed]]:
    return {answer.subject: answer for answer in fan}


def codes(answers: dict[str, Answer[Completed]]) -> dict[str, str]:
    return {name: each.problem.code if each.problem else "ok" for name, each in answers.items()}


def test_windows_machines_that_stall_at_the_login_cost_the_others_nothing(
    winrm: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "ALONE_SECONDS", 1.0)
    watch = AccountGuard(Memory())
    with winrm.server() as bad, winrm.server() as good:
        bad.manners.at("Login", Manner.STALL, 50)
        targets = [winrm.target(bad, host=f"bad-{number}") for number in range(2)]
        targets += [winrm.target(good, host=f"good-{number}") for number in range(6)]
        requests = [
            asking(each, partial(open_winrm, each, watch), HELLO, 1000 - rank)
            for rank, each in enumerate(targets)
        ]
        found = codes(answers_of(FanOut(requests, Limits(machine_seconds=8, jitter=0))))
        assert good.shells.open_now() == 0
    expected = {each.host: "timeout" if each.host.startswith("bad") else "ok" for each in targets}
    assert found == expected


def test_a_server_that_stalls_at_the_login_costs_those_with_its_account_nothing(
    ssh_farm: Farm, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "ALONE_SECONDS", 1.0)
    watch = AccountGuard(SshMemory())
    who = account(ssh_farm.user, "SCHOTEN.TEST", password=PASSWORD)

    class Staller(Door):
        def check_auth_password(self, _username: str, _password: str) -> int:
            while not listener.ended:
                time.sleep(0.05)
            return AUTH_FAILED

    with Listener(paramiko_server(Staller(), HOST_KEY)) as listener:
        targets = [ssh_target(listener.address, listener.port, who, known, host="stalls")]
        targets += [
            replace(farm_target(ssh_farm, number % 3), host=f"srv-{number}", account=who)
            for number in range(9)
        ]
        requests = [
            asking(each, partial(open_ssh, each, watch), "echo hier", 1000 - rank)
            for rank, each in enumerate(targets)
        ]
        answers = answers_of(FanOut(requests, Limits(machine_seconds=20, jitter=0)))
    assert codes(answers) == {"stalls": "timeout", **{f"srv-{number}": "ok" for number in range(9)}}


def test_a_command_gets_what_its_login_left_of_the_machines_time(known: Path) -> None:
    class Slow(OpenDoor):
        def check_auth_password(self, username: str, password: str) -> int:
            time.sleep(1.0)
            return super().check_auth_password(username, password)

    with Listener(paramiko_server(Slow("stall"), HOST_KEY)) as listener:
        who = account("svc-ict", password=PASSWORD)
        slow = ssh_target(listener.address, listener.port, who, known)
        request = asking(slow, partial(open_ssh, slow, AccountGuard(SshMemory())), "id")
        [answer] = FanOut([request], Limits(machine_seconds=3, jitter=0))
    assert answer.problem is not None
    told = re.search(r"not done within ([\d.]+) s", answer.problem.message)
    assert told is not None
    assert float(told[1]) <= 2


@pytest.fixture(params=["deadline", "stop", "left"])
def ending(request: pytest.FixtureRequest) -> str:
    """How a run ends while a command runs: its deadline, Ctrl-C, or an error of whoever takes the answers."""
    way: str = request.param
    return way


def broken_off(
    request: Request[Completed], began: Callable[[], bool], ending: str
) -> Answer[Completed] | None:
    """The answer of a command that was running when the run ended; None where nobody took it."""
    sign: Request[Completed] = Request(
        "sign",
        Via.SNMP,
        ask=lambda _deadline: wait_until(began, "the command never started"),  # type: ignore[arg-type, return-value]
    )
    seconds = 4 if ending == "deadline" else 60
    limits = Limits(dict.fromkeys(Via, 1), machine_seconds=60, run_seconds=seconds, jitter=0)
    fan = FanOut([request, sign], limits)
    found: dict[str, Answer[Completed]] = {}
    for answer in fan:
        found[answer.subject] = answer
        if ending == "left":
            break
        if ending == "stop":
            fan.stop()
    return found.get(request.subject)


def require_told(answer: Answer[Completed] | None, ending: str) -> None:
    if ending == "left":
        assert answer is None
        return
    assert answer is not None
    assert answer.problem is not None
    assert answer.problem.code == ("timeout" if ending == "deadline" else "interrupted")
    assert re.search(r"broken off[;,] it was ended", answer.problem.message)


def test_no_command_stays_on_a_server_when_the_run_ends(ssh_farm: Farm, ending: str) -> None:
    there = farm_target(ssh_farm)
    request = asking(
        there, partial(open_ssh, there, AccountGuard(SshMemory())), "trap '' TERM; sleep 61; sleep 62"
    )

    def running() -> list[str]:
        return [line for line in processes_of(ssh_farm.user) if "sleep 6" in line and " sshd: " not in line]

    answer = broken_off(request, lambda: bool(running()), ending)
    require_told(answer, ending)
    wait_until(lambda: running() == [], f"still there: {running()}")


def test_no_shell_stays_on_a_windows_machine_when_the_run_ends(winrm: Lab, ending: str) -> None:
    answers = Answers()
    script = answers.add("Start-Sleep 61", Known("written by hand", output="hi", seconds=61))
    with winrm.server(answers) as server:
        there = winrm.target(server)
        request = asking(there, partial(open_winrm, there, AccountGuard(Memory())), script)
        answer = broken_off(request, lambda: "Receive" in server.counts.requests, ending)
        require_told(answer, ending)
        assert server.shells.open_now() == 0


def test_no_command_stays_on_this_machine_when_the_run_ends(tmp_path: Path, ending: str) -> None:
    began, done = tmp_path / "began", tmp_path / "done"
    here = Target("me", "127.0.0.1", Via.LOCAL)
    request = asking(here, partial(open_local, here), f"touch {began}; exec 2>&- >&-; sleep 5; touch {done}")
    answer = broken_off(request, began.exists, ending)
    require_told(answer, ending)
    time.sleep(0.1)
    assert not done.exists()
