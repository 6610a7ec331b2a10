"""The duty script tells in one screen what is to be done, with jq and without it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from consoles import program_in
from running import Ict

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "permanentie.sh"
TOOLS = ("bash", "cat", "date", "dirname", "expand", "head", "mkdir", "python3", "rm", "sed", "wc", "env")
pytestmark = pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="a bash script")


def on_duty(
    workspace: Path, home: Path, *, jq: bool = True, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the script with only the tools that it may use on the path."""
    tools = home / "tools"
    tools.mkdir(exist_ok=True)
    for name in (*TOOLS, "jq") if jq else TOOLS:
        found = sys.executable if name == "python3" else shutil.which(name)
        if found and not (tools / name).exists():
            (tools / name).symlink_to(found)
    path = os.pathsep.join((str(program_in(home)), str(tools)))
    return subprocess.run(
        [SCRIPT, home / "copies"], cwd=workspace, capture_output=True, encoding="utf-8", check=False,
        env={"PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8", **environ},
    )  # fmt: skip


def lines(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The verdict of each subject on the screen."""
    found = (
        line for line in done.stdout.splitlines() if line[:8].strip() in {"in orde", "te doen", "onbekend"}
    )
    return {line[8:31].strip(): line[:8].strip() for line in found}


@pytest.mark.parametrize("jq", [True, False])
def test_it_names_what_is_to_be_done_on_one_screen(workspace: Path, home: Path, jq: bool) -> None:
    if jq and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    done = on_duty(workspace, home, jq=jq)
    assert (done.returncode, done.stderr) == (4, "")
    assert lines(done) | {
        "register": "te doen",
        "uit dienst, nog iets": "te doen",
        "back-ups": "onbekend",
        "updates": "onbekend",
        "logboek": "in orde",
    } == lines(done)
    assert "3 te bekijken met: ict assets leavers" in done.stdout
    assert "Petra Maes" in done.stdout
    assert len(done.stdout.splitlines()) < 24
    assert max(len(line) for line in done.stdout.splitlines() if str(home) not in line) <= 80


def test_a_second_run_on_the_same_day_keeps_the_copy(workspace: Path, home: Path) -> None:
    on_duty(workspace, home)
    [copy] = (home / "copies").iterdir()
    before = copy.stat()
    done = on_duty(workspace, home)
    assert "bestond al" in done.stdout
    assert (copy.stat().st_mtime_ns, copy.stat().st_size) == (before.st_mtime_ns, before.st_size)


def test_only_the_newest_copies_are_kept(workspace: Path, home: Path) -> None:
    copies = home / "copies"
    copies.mkdir()
    for day in range(1, 6):
        (copies / f"ict-2020-01-0{day}.db").touch()
    (copies / "ict-notes.txt").touch()
    on_duty(workspace, home, BEWAAR="3")
    names = sorted(path.name for path in copies.iterdir())
    assert names[:2] == ["ict-2020-01-04.db", "ict-2020-01-05.db"]
    assert names[-1] == "ict-notes.txt"
    assert len(names) == 4


def test_what_cannot_be_read_is_said_and_is_not_in_order(home: Path, tmp_path: Path) -> None:
    done = on_duty(tmp_path, home)
    assert done.returncode == 3
    assert set(lines(done).values()) >= {"onbekend"}
    assert "in orde" not in done.stdout
    assert "Niet alles kon worden nagekeken." in done.stdout


def test_a_quiet_week_ends_with_all_in_order(workspace: Path, home: Path) -> None:
    (workspace / "inventory.d" / "backups.yaml").unlink()  # its jobs were never proven
    (workspace / "inventory.d" / "accepted.yaml").write_text(
        'exceptions: [{check: "patch.*", subject: "*", reason: nooit gescand, until: 2199-12-31}]\n',
        encoding="utf-8",
    )
    leavers = Ict(workspace)("assets", "leavers", "-o", "json").json()["data"]
    for each in leavers:
        given = Ict(workspace)("assets", "return", *each["tags"])
        assert given.exit == 0, given.err
    done = on_duty(workspace, home)
    assert done.stdout.splitlines()[-1] == "Alles in orde.", done.stdout
    assert done.returncode == 0


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_scripts_are_clean() -> None:
    root = SCRIPT.parents[1]
    scripts = [SCRIPT, root / ".ci" / "run", root / ".ci" / "packages"]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert done.stdout == ""
