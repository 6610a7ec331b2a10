"""`ict demo` runs the main job for real, in a folder of its own and nowhere else."""

import json
import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from running import Ict
from schoten_ict.commands.demo import folder as demo_folder
from schoten_ict.commands.demo import updates
from schoten_ict.commands.demo.teller import Teller
from schoten_ict.core.errors import IctError
from schoten_ict.core.streams import Streams
from schoten_ict.workspace import Workspace


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ICT_")}
    return subprocess.run(
        [sys.executable, "-m", "schoten_ict", *map(str, words)], cwd=cwd, capture_output=True, encoding="utf-8",
        check=False, env={**environ, "HOME": str(cwd), "COLUMNS": "80"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder of a demo that was run, and what it printed."""
    here = tmp_path_factory.mktemp("with space")
    return here / "try it", run("demo", "try it", cwd=here)


def test_it_shows_every_line_and_answer_and_leaves_real_records(
    told: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = told
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = [line for line in done.stdout.splitlines() if line.startswith("$ ")]
    assert len(lines) >= 10
    assert all(line.startswith("$ ict -w 'try it' ") for line in lines)
    ict = Ict(folder.parent)
    assert len(ict("-w", folder, "people", "list", "-o", "json").json()["data"]) == 200
    held = ict("-w", folder, "assets", "holder", "1140", "-o", "json").json()["data"]
    assert "LT-0157" in {row["tag"] for row in held}
    assert len(list((folder / "data" / "documents").rglob("*.pdf"))) == 3
    assert ict("-w", folder, "journal", "verify").exit == 0
    (row,) = ict("-w", folder, "patch", "status", "deze-machine", "-o", "json").json()["data"]
    assert f"deze-machine  {row['verdict']}" in done.stdout
    assert (
        f"\nThe verdict is {row['verdict'] if row['verdict'] in {'ok', 'unknown'} else 'no ok'}"
        in done.stdout
    )


def test_its_last_lines_can_be_typed_as_they_stand(
    told: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = told
    _, _, rest = done.stdout.partition("Go on with:\n")
    lines = [line.strip() for line in rest.splitlines() if line.strip()]
    assert len(lines) >= 5
    for line in lines:
        answer = subprocess.run(
            ["bash", "-c", line], cwd=folder.parent, capture_output=True, text=True, check=False
        )
        allowed = {0, 3, 4} if " patch " in line else {0, 4}
        assert answer.returncode in allowed, f"{line}: {answer.stderr}"


def test_an_earlier_demo_is_made_anew_only_with_yes(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo_folder.prepare(folder, yes=False)
    (folder / "data" / "mine.txt").touch()
    ict = Ict(tmp_path)
    assert ict("demo", "demo").exit == 8
    assert (folder / "data" / "mine.txt").exists()
    demo_folder.prepare(folder, yes=True)
    assert not (folder / "data" / "mine.txt").exists()


def test_a_folder_with_anything_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    answer = Ict(tmp_path)("demo", "mine", "--yes")
    assert answer.exit == 6
    assert "not empty" in answer.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    assert Ict(tmp_path)("demo", "mine/notes.txt", "--yes").exit == 6


def test_a_step_that_goes_another_way_ends_it(tmp_path: Path) -> None:
    demo_folder.prepare(tmp_path / "demo", yes=False)
    streams = Streams(StringIO(), StringIO(), StringIO(), dict(os.environ))
    ict = Teller(Workspace(streams, datetime.now(UTC)), tmp_path / "demo", aside=False)
    with pytest.raises(IctError, match="exit code 5 where 0 was due"):
        ict("assets", "show", "LT-9999")
    with pytest.raises(IctError, match="does not hold"):
        ict("assets", "show", "LT-9999", gives=5, shows="LT-0001 is here")
    assert [step.exit_code for step in ict.steps] == [5, 5]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no package manager to hide")
def test_a_machine_without_a_package_manager_that_it_knows_is_unknown_and_the_demo_goes_on(
    tmp_path: Path,
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    hidden = ("apt", "dnf", "zypper", "yum", "apk", "pacman", "rpm", "dpkg")
    for path in Path("/usr/bin").iterdir():
        if not path.name.startswith(hidden):
            (tools / path.name).symlink_to(path)
    demo_folder.prepare(tmp_path / "demo", yes=False)
    told = StringIO()
    streams = Streams(StringIO(), told, StringIO(), {**os.environ, "PATH": str(tools)})
    updates.tell(Teller(Workspace(streams, datetime.now(UTC)), tmp_path / "demo", aside=False))
    assert "ict asks apt, dnf and zypper only" in " ".join(told.getvalue().split())
    assert "The verdict is unknown, so never ok" in told.getvalue()


def test_with_json_the_story_is_aside_and_the_steps_are_data(tmp_path: Path) -> None:
    done = run("demo", "demo", "-o", "json", cwd=tmp_path)
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    codes = {row["command"].partition(" -w demo ")[2]: row["exit_code"] for row in answer["data"]}
    of_this_machine = {name: code for name, code in codes.items() if name.startswith("patch ")}
    assert set(codes.values()) - set(of_this_machine.values()) <= {0, 4, 6}
    assert of_this_machine.keys() == {"patch scan deze-machine", "patch status deze-machine"}
    assert set(of_this_machine.values()) <= {0, 3, 4}
    assert "$ ict -w demo journal verify" in done.stderr


def test_the_wheel_holds_every_part_of_the_sample() -> None:
    root = Path(__file__).resolve().parents[2]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert shipped == {part: f"schoten_ict/sample/{part}" for part in demo_folder.PARTS}
