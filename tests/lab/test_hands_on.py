"""`make lab` as a person uses it: started, its printed lines typed at a terminal, and stopped with Ctrl-C."""

import contextlib
import os
import pty
import pwd
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.hands_on import __main__ as hands_on
from lab.hands_on.parts import REPOSITORY, corpus
from lab.hands_on.playing import USER, LabError
from lab.need import lack

pytestmark = pytest.mark.lab
READY = "Ctrl-C here stops the lab"


class Lab:
    """A running `make lab` and what it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith(READY):
                break
        self.block = "\n".join(lines)
        found = re.search(r"workspace is (\S+):", self.block)
        assert found, self.block
        self.workspace = Path(found[1])

    @property
    def lines(self) -> dict[str, str]:
        """The lines to type, by the words after the workspace."""
        return {
            line.partition(f"{self.workspace} ")[2]: line.strip()
            for line in self.block.splitlines()
            if f" -w {self.workspace} " in line
        }

    def stop(self, number: signal.Signals) -> str:
        """Send a signal as a terminal does, to the whole group; what was said after that."""
        os.killpg(self.process.pid, number)
        return self.process.communicate(timeout=60)[0]


@contextlib.contextmanager
def started(**environ: str) -> Iterator[Lab]:
    """`make lab` with this Python instead of the one that `make setup` makes."""
    if os.geteuid() != 0:
        lack("make lab needs root")
    words = ["make", "lab", "READY=", f"BIN={Path(sys.executable).parent}"]
    with subprocess.Popen(
        words, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, env={**os.environ, **environ},
    ) as process:  # fmt: skip
        try:
            yield Lab(process)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


def typed(line: str, cwd: Path) -> tuple[int, str]:
    """The exit code and the screen of a line typed at a terminal, with a yes to what it asks."""
    ours, theirs = pty.openpty()
    os.write(ours, b"y\n")
    environ = {**os.environ, "COLUMNS": "200", "TERM": "xterm", "HOME": str(cwd)}
    with subprocess.Popen(
        ["/bin/sh", "-c", line], cwd=REPOSITORY, stdin=theirs, stdout=theirs, stderr=theirs, env=environ
    ) as process:
        os.close(theirs)
        screen = b""
        with contextlib.suppress(OSError):  # how a terminal ends on Linux
            while piece := os.read(ours, 65_536):
                screen += piece
        os.close(ours)
    return process.returncode, screen.decode()


def left_over(lab: Lab) -> list[str]:
    """What the lab should have taken away."""
    users = [each.pw_name for each in pwd.getpwall() if each.pw_name == USER]
    ports = subprocess.run(["ss", "-Hltnup"], capture_output=True, text=True, check=True).stdout
    heard = [line for line in ports.splitlines() if re.search(r"\s127\.(10|20|30|40)\.", line)]
    return [*users, *heard, *(str(each) for each in [lab.workspace] if each.exists())]


def test_the_printed_lines_work_and_ctrl_c_takes_all_away(tmp_path: Path) -> None:
    if not corpus().is_dir():
        lack("the recordings are not there (ICT_CORPUS)")
    with started() as lab:
        screens = {words: typed(line, tmp_path) for words, line in lab.lines.items()}
        codes = {" ".join(words.split()[:2]): code for words, (code, _) in screens.items()}
        said = {" ".join(words.split()[:2]): screen for words, (_, screen) in screens.items()}
        print(*said.values(), sep="\n")
        assert codes == {
            "inventory ping": 0, "inventory trust": 0, "inventory collect": 3, "inventory drift": 4,
            'run "uptime"': 0, 'run "hostname"': 0,
        }  # fmt: skip
        assert "0 fail, 0 warn, 0 unknown, 32 ok" in said["inventory ping"]
        assert said["inventory trust"].count("trusted") == 5
        assert "30 of 32 answered whole" in said["inventory collect"]
        assert "Aruba JL727A" in said["inventory collect"]
        assert "srv-app02: uptime, identity, serial" in said["inventory collect"]
        assert "FG100E4Q17011652" in said["inventory drift"]
        assert "load average" in said['run "uptime"']
        assert "SRV-PRINT01" in said['run "hostname"']
        assert "stopped and removed" in lab.stop(signal.SIGINT)
    assert left_over(lab) == []


def test_without_recordings_the_others_answer_and_a_signal_stops_them(tmp_path: Path) -> None:
    with started(ICT_CORPUS=str(tmp_path)) as lab:
        assert "16 do not answer, for want of recordings" in lab.block
        assert "ICT_CORPUS" in lab.block
        ping = f"{lab.lines['inventory ping']} ap-bib-01 sw-core-01 -o tsv"
        code, screen = typed(ping, tmp_path)
        assert code == 3
        assert re.search(r"ap-bib-01\s+ok\s+snmp", screen)
        assert re.search(r"sw-core-01\s+unknown", screen)
        assert "stopped and removed" in lab.stop(signal.SIGTERM)
    assert left_over(lab) == []


def test_without_root_it_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert hands_on.main() == 2
    assert capsys.readouterr().err.splitlines() == [
        "make lab: needs root, for ports below 1024 and a user of its own: sudo make lab"
    ]


def test_a_user_that_a_killed_lab_left_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("lab.hands_on.__main__.found", lambda program: program)
    monkeypatch.setattr("lab.hands_on.__main__.USER", pwd.getpwuid(os.getuid()).pw_name)
    with pytest.raises(LabError, match="userdel --remove"):
        hands_on.check()
