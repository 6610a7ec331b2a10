"""Commands on real OpenSSH servers: answers, limits, deadlines, and nothing left over there."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lab.need import need
from lab.servers.openssh import Farm, processes_of
from lab.ssh_rig import Memory, code_of, farm_target, nothing_left_over, opened, refusal_of, wait_until
from schoten_ict.connect.ssh import SshRunner
from schoten_ict.core.guard import AccountGuard
from schoten_ict.core.remote import Command, RemoteError

pytestmark = pytest.mark.lab


@pytest.fixture
def runner(ssh_farm: Farm) -> Iterator[SshRunner]:
    with nothing_left_over(), opened(farm_target(ssh_farm)) as session:
        yield session


def commands_of(farm: Farm) -> list[str]:
    """What runs as the farm's user, but for the sessions of sshd."""
    return [line for line in processes_of(farm.user) if " sshd: " not in line]


def timed_out(runner: SshRunner, command: Command) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        runner.run(command)
    assert code_of(caught.value) == "timeout"
    return caught.value


def test_an_answer_has_both_streams_and_the_exit_code(runner: SshRunner) -> None:
    done = runner.run(Command("printf 'a\\0\\377'; echo trouble >&2; exit 3"))
    assert (done.exit_code, done.stdout, done.stderr, done.cut) == (3, b"a\x00\xff", b"trouble\n", False)


def test_one_session_runs_several_commands(runner: SshRunner, ssh_farm: Farm) -> None:
    assert [runner.run(Command(f"echo {number}")).stdout for number in range(5)] == [
        b"0\n",
        b"1\n",
        b"2\n",
        b"3\n",
        b"4\n",
    ]
    assert len([line for line in processes_of(ssh_farm.user) if " sshd: " in line]) == 1


@pytest.mark.parametrize(
    ("text", "code"), [("kill -9 $$", 137), ("kill -15 $$", 143), ("nonesuch", 127), ("if", 2)]
)
def test_an_end_by_signal_is_an_exit_code_as_in_a_shell(runner: SshRunner, text: str, code: int) -> None:
    assert runner.run(Command(text)).exit_code == code


def test_a_command_gets_the_c_locale_and_no_standard_input(runner: SshRunner) -> None:
    assert runner.run(Command("echo $LC_ALL; cat; echo end")).stdout == b"C\nend\n"


def test_large_input_and_output_flow_both_ways_at_once(runner: SshRunner) -> None:
    data = os.urandom(8_000_000)
    done = runner.run(Command("tee /dev/stderr", stdin=data))
    assert done.stdout == data
    assert done.stderr == data


def test_a_command_that_reads_none_of_its_input_ends_as_it_will(runner: SshRunner) -> None:
    assert runner.run(Command("exit 4", stdin=b"x" * 8_000_000)).exit_code == 4


def test_endless_output_is_cut_and_the_command_ended(runner: SshRunner, ssh_farm: Farm) -> None:
    done = runner.run(Command("yes", limit=100_000))
    assert done.cut
    assert (done.exit_code, len(done.stdout)) == (143, 100_000)
    assert commands_of(ssh_farm) == []
    assert runner.run(Command("echo still here")).stdout == b"still here\n"


def test_the_limit_counts_for_each_stream(runner: SshRunner) -> None:
    done = runner.run(Command("head -c 1000; head -c 1000 /dev/zero >&2", stdin=b"x" * 1000, limit=1000))
    assert (len(done.stdout), len(done.stderr), done.cut) == (1000, 1000, False)


@pytest.mark.parametrize(
    "text",
    [
        "sleep 60 & sleep 60",
        "trap '' TERM HUP; while :; do sleep 1; done",
        "exec >&- 2>&- <&-; sleep 60",
        "nohup sh -c 'sleep 60; echo done' & wait",
        "yes > /dev/null",
    ],
)
def test_at_the_deadline_no_process_stays(runner: SshRunner, ssh_farm: Farm, text: str) -> None:
    started = time.monotonic()
    error = timed_out(runner, Command(text, seconds=0.5))
    assert "not done within 0.5 s; it was ended" in str(error)
    assert time.monotonic() - started < 5
    wait_until(lambda: commands_of(ssh_farm) == [], f"still there: {commands_of(ssh_farm)}")
    assert runner.run(Command("echo still here")).stdout == b"still here\n"


def test_a_daemon_that_a_command_starts_does_not_hold_it_up(runner: SshRunner, ssh_farm: Farm) -> None:
    done = runner.run(Command("sleep 60 & echo started"))
    assert (done.exit_code, done.stdout) == (0, b"started\n")
    assert any("sleep 60" in line for line in commands_of(ssh_farm))
    runner.run(Command("pkill -u $(id -u) sleep"))


def test_a_session_that_breaks_off_is_no_answer(ssh_farm: Farm) -> None:
    with nothing_left_over(), opened(farm_target(ssh_farm)) as runner:
        killer = threading.Thread(target=_kill_sessions, args=(ssh_farm,))
        killer.start()
        with pytest.raises(RemoteError, match="broke off before the end") as caught:
            runner.run(Command("echo half; exec sleep 61", seconds=30))
        killer.join()
    assert code_of(caught.value) == "unreachable"
    runner.close()


def _kill_sessions(farm: Farm) -> None:
    wait_until(lambda: any("sleep 61" in line for line in commands_of(farm)), "the command never started")
    for line in processes_of(farm.user):
        os.kill(int(line.split()[0]), 9)


def test_a_command_whose_shell_is_killed_is_no_answer(runner: SshRunner, ssh_farm: Farm) -> None:
    with pytest.raises(RemoteError, match="broke off"):
        runner.run(Command("kill -9 $PPID"))
    wait_until(lambda: commands_of(ssh_farm) == [], f"still there: {commands_of(ssh_farm)}")


def test_a_closed_session_says_so(ssh_farm: Farm) -> None:
    runner = opened(farm_target(ssh_farm))
    runner.close()
    with pytest.raises(RemoteError, match="broke off"):
        runner.run(Command("echo"))


def test_sudo_that_asks_for_a_password_is_refused_with_a_remedy(ssh_farm: Farm) -> None:
    need("sudo")
    with opened(replace(farm_target(ssh_farm), sudo=True)) as runner, pytest.raises(RemoteError) as caught:
        runner.run(Command("id -u"))
    assert code_of(caught.value) == "denied"
    assert "a password is required" in str(caught.value)
    assert "NOPASSWD" in caught.value.remedy


def test_sudo_runs_as_root_and_its_command_is_ended_too(ssh_farm: Farm) -> None:
    need("sudo")
    rule = Path(f"/etc/sudoers.d/{ssh_farm.user}")
    rule.write_text(f"{ssh_farm.user} ALL=(root) NOPASSWD: ALL\n", encoding="ascii")
    mark = f"61.{os.getpid()}"
    try:
        with opened(replace(farm_target(ssh_farm), sudo=True)) as runner:
            assert runner.run(Command("id -u; exit 5")).stdout == b"0\n"
            timed_out(runner, Command(f"sleep {mark} & sleep {mark}", seconds=0.5))
            wait_until(
                lambda: not [line for line in processes_of("root") if mark in line], "root's process stayed"
            )
    finally:
        rule.unlink()


def test_a_hundred_hosts_answer_side_by_side_all_verified(ssh_farm: Farm, tmp_path: Path) -> None:
    guard = AccountGuard(Memory())
    with Farm(ssh_farm.user, count=100, block=22) as farm, nothing_left_over():
        targets = [farm_target(farm, number) for number in range(100)]

        def ask(number: int) -> bytes:
            with opened(targets[number], guard=guard) as session:
                return session.run(Command("uname -a; cat /etc/os-release")).stdout

        with ThreadPoolExecutor(32) as pool:
            answers = set(pool.map(ask, range(100)))
        assert len(answers) == 1
        stranger = replace(targets[0], known_hosts=(tmp_path / "nobody",))
        assert code_of(refusal_of(stranger)) == "host-key"


def test_a_server_with_one_session_only_still_answers_in_turn(ssh_farm: Farm) -> None:
    with Farm(ssh_farm.user, block=23, settings=["MaxSessions 1"]) as farm:
        with opened(farm_target(farm)) as runner:
            assert [runner.run(Command("echo one")).exit_code for _ in range(3)] == [0, 0, 0]
            error = timed_out(runner, Command("sleep 60", seconds=0.5))
        assert "ended" in str(error)


def test_an_account_without_a_shell_is_no_failed_command(ssh_farm: Farm) -> None:
    with Farm(ssh_farm.user, block=23, settings=["ForceCommand echo 'Alleen SFTP'"]) as farm:
        error = refused_answer(farm)
    assert code_of(error) == "protocol"
    assert "Alleen SFTP" in str(error)


def refused_answer(farm: Farm) -> RemoteError:
    with opened(farm_target(farm)) as runner, pytest.raises(RemoteError) as caught:
        runner.run(Command("id"))
    return caught.value
