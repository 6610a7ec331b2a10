"""Commands on the management machine itself: the same answers as over SSH, and nothing left over."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab.need import lack, need
from lab.servers.openssh import Farm
from lab.ssh_rig import code_of, farm_target, nothing_left_over, opened, wait_until
from schoten_ict.connect.local import LocalRunner, open_local
from schoten_ict.core.remote import Command, Completed, RemoteError, Target, Via

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name != "posix", reason="there is no POSIX shell")]

HERE = Target(host="beheer01", address="127.0.0.1", via=Via.LOCAL)


@pytest.fixture
def runner() -> Iterator[LocalRunner]:
    with nothing_left_over(), open_local(HERE) as local:
        yield local


def running(mark: str) -> list[str]:
    """The processes whose command line holds `mark` as a word."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in words:
            found.append(entry.parent.name)
    return found


def essence(done: Completed) -> tuple[int, bytes, bytes, bool]:
    return done.exit_code, done.stdout, done.stderr, done.cut


@pytest.mark.parametrize(
    "command",
    [
        Command("printf 'a\\0\\377'; echo trouble >&2; exit 3"),
        Command("kill -9 $$"),
        Command("if"),
        Command("nonesuch"),
        Command("echo $LC_ALL $0 $#; cat; echo end"),
        Command("wc -c", stdin=b"\0\xff" * 4_000_000),
        Command("exit 4", stdin=b"x" * 8_000_000),
        Command("head -c 1000; head -c 1000 /dev/zero >&2", stdin=b"x" * 1000, limit=1000),
        Command("yes", limit=50_000),
        Command("yes >&2", limit=50_000),
        Command("echo 'een\ntwee'  \"drie\" \\\\ '\\\\' $((1+1)) `echo vier` # vijf"),
    ],
    ids=lambda command: command.text[:20],
)
def test_answers_are_those_that_ssh_gives(runner: LocalRunner, ssh_farm: Farm, command: Command) -> None:
    with opened(farm_target(ssh_farm)) as remote:
        assert essence(runner.run(command)) == essence(remote.run(command))


def test_large_input_and_output_flow_both_ways_at_once(runner: LocalRunner) -> None:
    data = os.urandom(8_000_000)
    done = runner.run(Command("tee /dev/stderr", stdin=data))
    assert done.stdout == data
    assert done.stderr == data


@pytest.mark.parametrize(
    "text",
    [
        "sleep {0} & sleep {0}",
        "trap '' TERM HUP; sleep {0}; sleep {0}",
        "exec >&- 2>&- <&-; sleep {0}",
        "nohup sleep {0} & wait",
    ],
)
def test_at_the_deadline_no_process_stays(runner: LocalRunner, text: str) -> None:
    mark = f"61.{os.getpid()}"
    started = time.monotonic()
    with pytest.raises(RemoteError, match=r"not done within 0\.4 s; it was ended") as caught:
        runner.run(Command(text.format(mark), seconds=0.4))
    assert code_of(caught.value) == "timeout"
    assert time.monotonic() - started < 5
    wait_until(lambda: running(mark) == [], "a process stayed")


def test_a_process_that_is_cut_does_not_stay(runner: LocalRunner) -> None:
    mark = f"n{os.getpid()}"
    assert runner.run(Command(f"yes {mark}", limit=1000)).cut
    wait_until(lambda: running(mark) == [], "a process stayed")


def test_a_daemon_that_a_command_starts_does_not_hold_it_up(runner: LocalRunner) -> None:
    mark = f"62.{os.getpid()}"
    done = runner.run(Command(f"sleep {mark} & echo started"))
    assert (done.exit_code, done.stdout) == (0, b"started\n")
    assert running(mark)
    runner.run(Command(f"kill {running(mark)[0]}"))


def test_an_interrupt_ends_the_command_too(runner: LocalRunner) -> None:
    mark = f"63.{os.getpid()}"

    def interrupt() -> None:
        wait_until(lambda: running(mark) != [], "the command never started")
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        runner.run(Command(f"sleep {mark}"))
    thread.join()
    wait_until(lambda: running(mark) == [], "a process stayed")


def test_a_command_sees_no_secret_of_the_environment(
    runner: LocalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNMP_AUTH", "hunter2")
    seen = runner.run(Command("env")).stdout
    assert b"hunter2" not in seen
    assert b"PATH=" in seen


def test_a_command_gets_none_of_our_files(runner: LocalRunner) -> None:
    with Path("/dev/null").open() as held:
        os.set_inheritable(held.fileno(), True)
        listed = runner.run(Command("ls /proc/self/fd")).stdout.split()
    assert set(map(int, listed)) <= {0, 1, 2, 3}


def test_sudo_runs_as_root_and_its_command_is_ended_too() -> None:
    need("sudo")
    if os.geteuid() != 0:
        lack("sudo without a password needs root here")
    mark = f"64.{os.getpid()}"
    with nothing_left_over(), open_local(replace(HERE, sudo=True)) as local:
        assert local.run(Command("id -u; exit 5")).stdout == b"0\n"
        with pytest.raises(RemoteError, match="it was ended"):
            local.run(Command(f"sleep {mark} & sleep {mark}", seconds=0.4))
    wait_until(lambda: running(mark) == [], "a process stayed")


def test_without_a_posix_shell_the_remedy_is_winrm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schoten_ict.connect.local.os.name", "nt")
    with pytest.raises(RemoteError, match="need a POSIX shell") as caught:
        open_local(HERE)
    assert "winrm" in caught.value.remedy
