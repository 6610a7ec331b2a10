"""One contract for programs, on this machine, over its shell and over SSH: run as they stand, ended in time."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.machine_rig import KINDS, ODD_NAMES, Ground, eventually, open_ground, running
from lab.servers.openssh import Farm
from lab.ssh_rig import code_of, nothing_left_over
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.machine import Program
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.secrets import Secret

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name != "posix", reason="programs of POSIX")]
ARGUMENTS = "import os, sys, json; print(json.dumps([os.fsencode(a).hex() for a in sys.argv[1:]]))"
PYTHON = "/usr/bin/python3"
"""Debian's: other accounts cannot enter the folder of the one that runs the tests."""


@pytest.fixture(params=KINDS)
def ground(request: pytest.FixtureRequest, ssh_farm: Farm) -> Iterator[Ground]:
    with nothing_left_over(), open_ground(request.param, ssh_farm) as opened:
        yield opened


def shell(text: str, *words: str, **options: object) -> Program:
    """A program that is a shell, which says what it sees."""
    return Program(("sh", "-c", text, "sh", *words), **options)  # type: ignore[arg-type]  # by name


def test_arguments_reach_the_program_as_they_stand(ground: Ground) -> None:
    words = ["", *(os.fsdecode(name) for name in ODD_NAMES), "a" * 50_000]
    done = ground.machine.run(Program((PYTHON, "-c", ARGUMENTS, *words)))
    assert [bytes.fromhex(each) for each in json.loads(done.stdout)] == [os.fsencode(word) for word in words]


def test_the_answer_has_both_streams_and_the_exit_code(ground: Ground) -> None:
    done = ground.machine.run(shell("printf 'a\\0\\377'; echo trouble >&2; exit 3"))
    assert (done.exit_code, done.stdout, done.stderr, done.cut) == (3, b"a\0\xff", b"trouble\n", False)
    assert ground.machine.run(shell("kill -9 $$")).exit_code == 137


def test_the_environment_is_clean_but_for_what_was_given(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNMP_AUTH", "hunter2")
    given = {"BORG_REPO": "/b o'r\ng", "TZ": "Europe/Brussels"}
    done = ground.machine.run(Program(("env", "-0"), environment=given))
    seen = dict(each.split(b"=", 1) for each in done.stdout.split(b"\0")[:-1])
    assert b"SNMP_AUTH" not in seen
    assert (seen[b"BORG_REPO"], seen[b"TZ"]) == (b"/b o'r\ng", b"Europe/Brussels")
    assert (seen[b"LC_ALL"], bool(seen[b"PATH"]), bool(seen[b"HOME"])) == (b"C.UTF-8", True, True)
    plain = ground.machine.run(shell("echo $LC_ALL $TZ"))
    assert plain.stdout == b"C.UTF-8 UTC\n"
    assert ground.machine.run(shell("echo $LC_ALL", environment={"LC_ALL": "C"})).stdout == b"C\n"


def test_secrets_arrive_and_stand_in_no_argument_list(ground: Ground) -> None:
    secret = " p\\a's$\"s Á\x81\t"
    look = 'printf \'%s|%s\' "$ONE" "$TWO"; cat; cat /proc/[0-9]*/cmdline 3>&2 2>/dev/null >&3; :'
    done = ground.machine.run(
        shell(look, secrets={"ONE": Secret(secret), "TWO": Secret("second")}, stdin=b"rest\n\0")
    )
    assert done.stdout == f"{secret}|second".encode() + b"rest\n\0"
    assert b"cat /proc" in done.stderr
    assert secret.encode() not in done.stderr
    assert b"ONE=" not in done.stderr


@pytest.mark.parametrize("secret", ["two\nlines", "nul\0"])
def test_a_secret_that_is_no_line_is_refused_without_showing_it(ground: Ground, secret: str) -> None:
    with pytest.raises(ConfigurationError, match="the secret for KEY holds a line break or a NUL") as caught:
        ground.machine.run(shell("env", secrets={"KEY": Secret(secret)}))
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"environment": {"A;id": "x"}}, {"secrets": {"": Secret("x")}}, {"folder": "\0"}]
)
def test_what_no_environment_can_hold_is_refused(ground: Ground, wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        ground.machine.run(shell("touch ran", **wrong))


def test_standard_input_ends_so_that_nothing_waits_for_it(ground: Ground) -> None:
    assert ground.machine.run(shell("cat; echo end")).stdout == b"end\n"
    data = os.urandom(3_000_000)
    assert ground.machine.run(Program(("cat",), stdin=data)).stdout == data
    assert ground.machine.run(Program(("true",), stdin=data)).exit_code == 0


def test_a_program_runs_in_its_folder_at_low_priority(ground: Ground) -> None:
    folder = ground.folder / "it's a folder"
    folder.mkdir()
    assert ground.machine.run(Program(("pwd",), folder=str(folder))).stdout.decode() == f"{folder}\n"
    assert ground.machine.run(shell('test "$PWD" = "$HOME"')).exit_code == 0
    lower = min(os.nice(0) + 10, 19)
    assert ground.machine.run(Program(("nice",))).stdout.decode() == f"{lower}\n"


def test_a_missing_program_or_folder_is_absent_and_no_exit_code(ground: Ground) -> None:
    for program in (
        Program(("no-such-program", "-x")),
        Program(("/nonesuch/program",)),
        Program(("true",), folder="/nonesuch"),
    ):
        with pytest.raises(RemoteError, match="is not there") as caught:
            ground.machine.run(program)
        assert code_of(caught.value) == "absent"
    assert ground.machine.run(shell("exit 127")).exit_code == 127


@pytest.mark.parametrize("kind", KINDS)
def test_when_it_is_broken_off_what_runs_is_ended_and_only_clearing_up_goes_on(
    kind: str, ssh_farm: Farm
) -> None:
    allowed, mark = Deadline(60), f"{os.getpid()}.61"
    with nothing_left_over(), open_ground(kind, ssh_farm, allowed) as ground:
        machine, _one = ground.machine, ground.put("one")

        def break_off() -> None:
            eventually(lambda: running(mark) != [], "the program never started")
            allowed.break_off()

        breaking = threading.Thread(target=break_off)
        with machine.scratch("job", str(ground.folder / "s"), 10) as scratch:
            breaking.start()
            with pytest.raises(RemoteError, match="broken off") as caught:
                machine.run(Program(("sleep", mark), seconds=50))
            breaking.join()
            assert running(mark) == []
            with pytest.raises(RemoteError):
                machine.run(Program(("touch", f"{ground.folder}/begun")))
            with pytest.raises(RemoteError):
                machine.tree(str(ground.folder), 10)
            assert machine.run(Program(("echo", "put away"), clears=True)).stdout == b"put away\n"
            assert Path(scratch).exists()
        assert code_of(caught.value) == "timeout"
        assert (list((ground.folder / "s").iterdir()), (ground.folder / "begun").exists()) == ([], False)


def test_output_past_the_limit_is_cut_and_the_program_ended(ground: Ground) -> None:
    mark = f"y{os.getpid()}"
    done = ground.machine.run(Program(("yes", mark), limit=1000))
    assert (done.exit_code, len(done.stdout), done.cut) == (143, 1000, True)
    eventually(lambda: running(mark) == [], "a process stayed")
    assert ground.machine.run(shell("echo x >&2; head -c 1000 /dev/zero", limit=1000)).cut is False


@pytest.mark.parametrize(
    "text", ['trap "" TERM; sleep "$1" & sleep "$1"', '(trap "" TERM; exec sleep "$1") & exec sleep "$1"']
)
def test_at_the_deadline_nothing_stays(ground: Ground, text: str) -> None:
    mark = f"71.{os.getpid()}"
    program = shell(text, mark, seconds=0.5)
    with pytest.raises(RemoteError, match=r"not done within 0\.5 s; it was ended") as caught:
        ground.machine.run(program)
    assert code_of(caught.value) == "timeout"
    eventually(lambda: running(mark) == [], "a process stayed")
    assert ground.machine.run(Program(("echo", "on"))).stdout == b"on\n"


def test_what_a_program_leaves_running_does_not_hold_it_up(ground: Ground) -> None:
    mark = f"72.{os.getpid()}"
    done = ground.machine.run(shell('sleep "$1" & echo started', mark, seconds=20, stdin=b"x" * 100_000))
    assert (done.exit_code, done.stdout) == (0, b"started\n")
    for process in running(mark):
        os.kill(process, 9)


def test_lines_come_whole_however_long_the_listing_is(ground: Ground) -> None:
    lines = list(ground.machine.lines(Program(("seq", "400000"), limit=1000)))
    assert lines == [b"%d" % number for number in range(1, 400_001)]
    assert list(ground.machine.lines(shell("printf 'a\\r\\n\\n\\r\\377b\\nlast'"))) == [
        b"a",
        b"",
        b"\r\xffb",
        b"last",
    ]
    assert list(ground.machine.lines(Program(("true",)))) == []


def test_lines_that_nobody_asks_for_are_not_made(ground: Ground) -> None:
    ground.machine.lines(shell('touch "$1"', f"{ground.folder}/made"))
    assert not (ground.folder / "made").exists()


@pytest.mark.parametrize("text", ["echo one; exec sleep {0}", "yes {0}"])
def test_leaving_the_lines_early_ends_the_program(ground: Ground, text: str) -> None:
    mark = f"73.{os.getpid()}"
    lines = ground.machine.lines(shell(text.format(mark), seconds=60))
    assert next(lines) in {b"one", mark.encode()}
    lines.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    eventually(lambda: running(mark) == [], "a process stayed")
    assert ground.machine.run(Program(("echo", "on"))).stdout == b"on\n"


def test_lines_of_a_program_that_fails_end_with_its_last_words(ground: Ground) -> None:
    lines = ground.machine.lines(shell("echo one; echo first >&2; echo 'bad\x1b[31m pack' >&2; exit 4"))
    assert next(lines) == b"one"
    with pytest.raises(RemoteError, match=r"srv-web01: bad.* pack$") as caught:
        next(lines)
    assert code_of(caught.value) == "failed"
    assert "\x1b" not in str(caught.value)
    with pytest.raises(RemoteError, match="exit code 7"):
        list(ground.machine.lines(shell("exit 7")))


def test_lines_end_at_the_deadline_and_without_a_program(ground: Ground) -> None:
    mark = f"74.{os.getpid()}"
    lines = ground.machine.lines(shell('echo one; sleep "$1"', mark, seconds=0.5))
    assert next(lines) == b"one"
    with pytest.raises(RemoteError, match="not done within"):
        next(lines)
    eventually(lambda: running(mark) == [], "a process stayed")
    with pytest.raises(RemoteError, match="no-such-program is not there"):
        next(ground.machine.lines(Program(("no-such-program",))))


def test_a_secret_helps_the_lines_too(ground: Ground) -> None:
    program = shell('echo "$KEY"', secrets={"KEY": Secret("geheim")})
    assert list(ground.machine.lines(program)) == [b"geheim"]


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from lab.machine_rig import machine_of
from lab.servers.openssh import Farm
import schoten_ict.connect.posix as posix
from schoten_ict.core.machine import Program
posix._WATCH_SECONDS = 1
farm = Farm({user!r}, folder=Path({folder!r}))
machine_of({kind!r}, Path("/"), farm).run(Program(("sleep", {mark!r}), seconds=6))
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_ends_when_ict_is_killed(ssh_farm: Farm, kind: str) -> None:
    """Over a shell at the latest when its time is over; on this machine at once."""
    mark = f"75.{os.getpid()}"
    script = KILLED.format(
        paths=sys.path, user=ssh_farm.user, folder=str(ssh_farm.folder), kind=kind, mark=mark
    )
    killed = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parent)
    try:
        eventually(lambda: running(mark) != [], "the program never started")
    finally:
        killed.kill()
        killed.wait()
    eventually(lambda: running(mark) == [], "a process stayed")
