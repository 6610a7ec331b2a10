"""`ict run` on the machine itself: what it asks, what it says of a cut answer, and what Ctrl-C leaves behind."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from running import NOW, Ict
from schoten_ict.collect import FanOut, Limits, Request
from schoten_ict.commands.watching import watch
from schoten_ict.core.deadline import Deadline
from schoten_ict.core.remote import Via
from schoten_ict.core.streams import Streams
from schoten_ict.store.runlock import run_lock
from schoten_ict.workspace import Workspace

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="commands run here, and /proc says what is left"
)
INVENTORY = """
organisation: {name: A}
sites: [{name: werf}]
hosts:
  - {name: me, address: 127.0.0.1, site: werf, connect: {local: {}}}
  - {name: me-too, address: 127.0.0.2, connect: {local: {}}}
  - {name: sw-1, address: 127.0.0.3, kind: switch, site: werf}
"""


@pytest.fixture
def here(workspace: Path) -> Path:
    (workspace / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    return workspace


def test_output_that_was_cut_is_unknown_and_not_well(ict: Ict, here: Path) -> None:
    long = "head -c 17000000 /dev/zero | tr '\\000' x"
    answer = ict("run", long, "--on", "me", "--yes", "-o", "json")
    document = answer.json()
    [row], [same], [error] = document["data"], document["same_answer"], document["errors"]
    told = "the command was ended after 16777216 bytes of output"
    assert (answer.exit, row["verdict"], row["note"]) == (3, "unknown", told)
    assert len(row["stdout"]) == 16777216
    assert (error["code"], error["subject"], error["message"]) == ("too-large", "host:me", told)
    assert same["note"] == "cut"


def test_a_machine_without_a_shell_is_named_and_stops_nobody(ict: Ict, here: Path) -> None:
    planned = ict("run", "echo hier", "--on", "site:werf", "--dry-run").table()
    assert [(row["host"], row["via"]) for row in planned] == [("me", "local"), ("sw-1", "")]
    assert planned[1]["note"] == "not-asked: declares neither ssh nor winrm: no command can run there"
    answer = ict("run", "echo hier", "--on", "site:werf", "--yes", "-o", "json")
    rows = {row["host"]: (row["verdict"], row["stdout"]) for row in answer.json()["data"]}
    assert (answer.exit, rows) == (3, {"me": ("ok", "hier"), "sw-1": ("unknown", "")})
    [error] = answer.json()["errors"]
    assert (error["code"], error["subject"]) == ("not-asked", "host:sw-1")
    [entry] = ict("journal", "show", "-o", "json").json()["data"]
    assert entry["changes"][0]["values"]["hosts"]["after"] == ["me"]


def test_where_no_machine_has_a_shell_nothing_is_run(ict: Ict, here: Path) -> None:
    answer = ict("run", "true", "--on", "sw-1", "--yes")
    assert answer.exit == 7
    assert "sw-1 declares neither ssh nor winrm" in answer.err.replace("host:sw-1: ", "sw-1 ")


def test_a_second_run_at_the_same_time_is_refused_with_the_holders_name(ict: Ict, here: Path) -> None:
    with run_lock(here / "data", "run", "somebody", NOW):
        answer = ict("run", "touch ran", "--on", "me", "--yes")
    assert (answer.exit, "somebody" in answer.err) == (6, True)
    assert ict("run", "true", "--on", "me", "--yes").exit == 0


@contextmanager
def ctrl_c_when(path: Path) -> Iterator[None]:
    """Ctrl-C once the file is there."""

    def press() -> None:
        for _ in range(600):
            if path.exists():
                os.kill(os.getpid(), signal.SIGINT)
                return
            time.sleep(0.02)

    presser = threading.Thread(target=press)
    presser.start()
    try:
        yield
    finally:
        presser.join()


def is_running(process: int) -> bool:
    """Whether it exists and is not only waiting to be collected."""
    try:
        words = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return False
    return words[0] != "Z"


def test_ctrl_c_ends_the_command_and_says_so(ict: Ict, here: Path, tmp_path: Path) -> None:
    began, done = tmp_path / "began", tmp_path / "done"
    command = f"echo $$ > {began}.new; mv {began}.new {began}; sleep 30; touch {done}"
    with ctrl_c_when(began):
        answer = ict("run", command, "--on", "me", "--yes", "-o", "json")
    document = answer.json()
    [row], [error] = document["data"], document["errors"]
    assert (answer.exit, document["exit_code"]) == (130, 130)
    assert "stopping" in answer.err
    assert (row["verdict"], error["code"]) == ("unknown", "interrupted")
    assert error["message"] == "me: broken off; it was ended"
    assert not is_running(int(began.read_text()))
    assert not done.exists()


def watched(keep_last: signal.Signals | None) -> tuple[list[str], list[str], bool]:
    """What `watch` gives of three machines, with a signal while the last answer is kept."""
    fan = FanOut([Request(name, Via.SSH, ask=_name) for name in "abc"], Limits(jitter=0.0))

    def kept() -> Iterator[str]:
        for count, answer in enumerate(fan, 1):
            if keep_last is not None and count == 3:
                os.kill(os.getpid(), keep_last)
                time.sleep(0.05)
            yield answer.subject

    came, left = watch(Workspace(Streams.standard(), NOW), fan, kept(), lambda name: (name, False))
    return sorted(came), [problem.subject for problem in left], fan.stopped


def _name(_deadline: Deadline) -> str:
    return "ok"


def test_ctrl_c_while_the_last_answer_is_kept_loses_nothing_and_is_no_success() -> None:
    assert watched(signal.SIGINT) == (["a", "b", "c"], [], True)
    assert watched(None) == (["a", "b", "c"], [], False)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_leaves_at_once() -> None:
    running, ended = threading.Event(), threading.Event()

    def deaf(deadline: Deadline) -> str:
        with deadline.acting():
            running.set()
            return str(ended.wait(30))

    fan = FanOut([Request("deaf", Via.SSH, ask=deaf), Request("a", Via.LOCAL, ask=_name)], Limits(jitter=0.0))

    def kept() -> Iterator[str]:
        for answer in fan:
            assert running.wait(10)
            os.kill(os.getpid(), signal.SIGINT)
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
            yield answer.subject

    came, left = watch(Workspace(Streams.standard(), NOW), fan, kept(), lambda name: (name, False))
    assert not ended.is_set()
    ended.set()
    assert came == ["a"]
    assert [problem.subject for problem in left] == ["host:deaf"]
