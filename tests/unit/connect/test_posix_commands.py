"""How commands are started, recognised and ended on POSIX machines."""

import itertools
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schoten_ict.connect import posix
from schoten_ict.connect.posix import Launch, Stream, ending, quoted
from schoten_ict.core.remote import Command, RemoteError, Target, Via

SCRIPTS = Path(posix.__file__).parent
TARGET = Target(host="srv-web01", address="127.10.10.31", via=Via.SSH)
SHELLS = [shell for shell in ("sh", "bash", "busybox", "zsh", "ksh", "fish") if shutil.which(shell)]
needs_posix = pytest.mark.skipif(shutil.which("sh") is None, reason="no POSIX shell here")


def in_shell(shell: str, line: str) -> subprocess.CompletedProcess[bytes]:
    words = ["busybox", "sh"] if shell == "busybox" else [shell]
    return subprocess.run(
        [*words, "-c", line],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
    )


def answered(launch: Launch, done: subprocess.CompletedProcess[bytes]) -> Launch:
    launch.stdout.feed(done.stdout)
    launch.stderr.feed(done.stderr)
    return launch


@needs_posix
@pytest.mark.parametrize("shell", SHELLS)
def test_every_login_shell_hands_on_the_command_unchanged(shell: str) -> None:
    text = "printf '%s|' 'a\\b' \"$HOME\" '$HOME' '!x' \"it's\" '\\\\'\nprintf '\\0\\377\\n'"
    plain = subprocess.run(["sh", "-c", text], capture_output=True, check=True).stdout
    launch = Launch(TARGET, Command(text))
    assert answered(launch, in_shell(shell, launch.line)).completed(0, 1).stdout == plain


@needs_posix
@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_quoted_text_is_one_word_of_a_shell(text: str) -> None:
    done = in_shell("sh", f"printf %s {quoted(text)}")
    assert done.stdout.decode() == text


@needs_posix
@pytest.mark.parametrize(
    ("text", "code"),
    [("exit 7", 7), ("kill -9 $$", 137), ("if then", 2), ("no-such-program", 127), ("exit 7 & wait $!", 7)],
)
def test_the_exit_code_is_the_commands(text: str, code: int) -> None:
    launch = Launch(TARGET, Command(text))
    assert in_shell("sh", launch.line).returncode == code


@needs_posix
def test_the_shell_around_the_command_adds_nothing_to_its_streams() -> None:
    launch = Launch(TARGET, Command("kill -9 $$"))
    completed = answered(launch, in_shell("sh", launch.line)).completed(137, 1)
    assert (completed.stdout, completed.stderr) == (b"", b"")


@needs_posix
def test_a_command_speaks_the_c_locale() -> None:
    launch = Launch(TARGET, Command("echo $LC_ALL"))
    assert (
        answered(launch, in_shell("sh", f"LC_ALL=nl_BE.UTF-8; {launch.line}")).completed(0, 1).stdout
        == b"C\n"
    )


@needs_posix
def test_what_a_login_shell_says_first_is_none_of_the_answer() -> None:
    launch = Launch(TARGET, Command("echo answer; echo trouble >&2"))
    done = in_shell("sh", f"printf 'Welcome to srv-web01'; echo warning >&2; {launch.line}")
    completed = answered(launch, done).completed(0, 1)
    assert (completed.stdout, completed.stderr) == (b"answer\n", b"trouble\n")


@needs_posix
def test_a_group_that_nobody_ends_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posix, "_WATCH_SECONDS", 0)
    launch = Launch(TARGET, Command("sleep 60 & sleep 60", seconds=0.5))
    assert in_shell("sh", launch.line).returncode == -15


@needs_posix
def test_ending_a_group_reaches_what_ignores_being_asked() -> None:
    launch = Launch(TARGET, Command("trap '' TERM; echo ready; while :; do sleep 1; done"))
    process = subprocess.Popen(
        ["sh", "-c", launch.line], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        while not launch.stdout.content:
            launch.stdout.feed(process.stdout.readline())
        ender = in_shell("sh", ending(launch.group, sudo=False))
        process.communicate(timeout=10)  # returns when nobody holds the stream any more
    assert ender.returncode == 0


@needs_posix
def test_a_command_that_ends_every_sleep_does_not_end_itself() -> None:
    launch = Launch(TARGET, Command("until pkill -g 0 -x sleep; do :; done; sleep 0.5; echo survived"))
    assert answered(launch, in_shell("sh", launch.line)).completed(0, 1).stdout == b"survived\n"


@needs_posix
def test_ending_what_is_gone_is_no_failure() -> None:
    process = subprocess.Popen(["true"], start_new_session=True)
    process.wait()
    assert in_shell("sh", ending(f"-{process.pid}", sudo=False)).returncode == 0


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", ["launch.sh", "end.sh"])
def test_shellcheck_has_nothing_to_say(name: str) -> None:
    done = subprocess.run(
        ["shellcheck", "-s", "sh", SCRIPTS / name], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


@given(
    noise=st.binary(max_size=50), content=st.binary(max_size=200), cuts=st.lists(st.integers(0, 300), max_size=8),
    limit=st.integers(0, 250),
)  # fmt: skip
def test_a_stream_is_read_the_same_however_it_is_split(
    noise: bytes, content: bytes, cuts: list[int], limit: int
) -> None:
    whole = noise.replace(b"ict-", b"") + b"ict-token -123\n" + content
    stream = Stream(b"ict-token ", limit)
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    for start, end in itertools.pairwise(edges):
        stream.feed(whole[start:end])
    assert stream.group == "-123"
    assert bytes(stream.content) == content[:limit]
    assert stream.cut == (len(content) > limit)


@given(st.binary(max_size=300))
def test_bytes_without_the_mark_are_no_answer(data: bytes) -> None:
    launch = Launch(TARGET, Command("id"))
    launch.stdout.feed(data)
    with pytest.raises(RemoteError) as caught:
        launch.completed(0, 1)
    assert caught.value.problems[0].code == "protocol"
    assert "\x1b" not in str(caught.value)


def test_a_login_shell_that_never_ends_its_greeting_is_cut() -> None:
    stream = Stream(b"ict-token ", 10)
    stream.feed(b"x" * 100_000)
    assert stream.cut


def test_an_account_without_a_shell_is_told_apart_from_a_failed_command() -> None:
    launch = Launch(TARGET, Command("id"))
    launch.stdout.feed(b"This account is currently not available.\n")
    with pytest.raises(
        RemoteError, match=r"no POSIX shell .*This account is currently not available"
    ) as caught:
        launch.completed(1, 1)
    assert "WinRM" in caught.value.remedy


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"sudo: a password is required\n", 1),
        (b"sudo: sorry, you must have a tty to run sudo\n", 1),
        (b"env: sudo: No such file or directory\n", 127),
        (b"", 127),
    ],
)
def test_a_refused_sudo_is_no_exit_code(said: bytes, code: int) -> None:
    launch = Launch(Target(host="srv-web01", address="", via=Via.SSH, sudo=True), Command("id"))
    launch.stderr.feed(said)
    with pytest.raises(RemoteError, match="sudo -n refused") as caught:
        launch.completed(code, 1)
    assert caught.value.problems[0].code == "denied"
    assert "NOPASSWD" in caught.value.remedy


@pytest.mark.parametrize("text", ["echo \0", "x" * 200_000])
def test_a_command_that_no_shell_could_take_is_refused(text: str) -> None:
    with pytest.raises(RemoteError) as caught:
        Launch(TARGET, Command(text))
    assert caught.value.problems[0].code == "too-large"


def test_a_group_that_is_no_number_is_never_used() -> None:
    launch = Launch(TARGET, Command("id"))
    launch.stdout.feed(launch.stdout.mark + b"-1; reboot\n")
    assert launch.group == ""
