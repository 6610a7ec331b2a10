"""What a command line loads. A list of modules, not milliseconds: it fails on the day it gets slow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from running import NOW, Ict
from schoten_ict.commands.init import make_workspace
from schoten_ict.store import Store

HEAVY = (
    "asyncio", "importlib.metadata", "msgspec", "openpyxl", "pydantic", "rich", "segno", "sqlite_utils", "typst",
    "yaml",
)  # fmt: skip
PROGRAM = """
import json, os, sys
try:
    from schoten_ict.cli import main
    status = main(sys.argv[1:])
except SystemExit as done:
    status = done.code or 0
print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    list(make_workspace(tmp_path / "ws"))
    with Store(tmp_path / "ws" / "data", "jan", NOW) as store, store.transaction() as change:
        change.record("test", "asset:LT-1", None, {"a": 1})
    return tmp_path / "ws"


def loaded(folder: Path, *words: str, **environ: str) -> tuple[int, str, set[str]]:
    """Exit status, output and the heavy modules that the command line loaded."""
    env = {**os.environ, "HOME": str(folder), **environ}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=folder,
        env=env,
        capture_output=True,
        check=True,
        text=True,
    )
    status, modules = json.loads(done.stderr.splitlines()[-1])
    return status, done.stdout, set(HEAVY) & set(modules)


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("assets", "--help"),
        ("assets", "assign", "--help"),
        ("journal", "prune", "--help"),
        ("inventory", "list", "--help"),
        ("journal", "verify"),
        (),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded(workspace: Path, words: tuple[str, ...]) -> None:
    status, output, heavy = loaded(workspace, *words)
    assert status == 0
    assert output
    assert heavy == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_loads_nothing_heavy(workspace: Path, shell: str) -> None:
    asked = {
        "_ICT_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "ict journal ver",
        "COMP_CWORD": "2",
        "_TYPER_COMPLETE_ARGS": "ict journal ver",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": "ver",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    status, output, heavy = loaded(workspace, **asked)
    assert status == 0
    assert "verify" in output
    assert heavy == set()


def test_showing_an_asset_and_completing_its_tag_load_nothing_heavy(counter: Ict) -> None:
    status, output, heavy = loaded(counter.folder, "assets", "show", "LT-0001")
    assert (status, heavy) == (0, set()), output
    words = {"COMP_WORDS": "ict assets show LT-", "COMP_CWORD": "3", "_ICT_COMPLETE": "complete_bash"}
    status, output, heavy = loaded(counter.folder, **words)
    assert "LT-0001" in output
    assert (status, heavy) == (0, set())


def test_an_answer_in_a_pipe_loads_no_drawing(workspace: Path) -> None:
    _status, output, heavy = loaded(workspace, "journal", "show", "-o", "json")
    assert heavy == set(), output
