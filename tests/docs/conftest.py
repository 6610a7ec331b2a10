"""One sample workspace with its people and assets imported; every test gets a copy."""

import shutil
from pathlib import Path

import pytest

from consoles import run
from schoten_ict.commands.demo.folder import copy_sample


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample workspace after the first imports. Do not change it: take `workspace`."""
    folder = tmp_path_factory.mktemp("sample") / "ict"
    copy_sample(folder)
    lines = [f"ict {kind} import sample/{kind}.csv --yes" for kind in ("people", "assets")]
    for answer in run(lines, folder, tmp_path_factory.mktemp("home")):
        assert answer.status == 0, answer.lines
    return folder


@pytest.fixture
def workspace(imported: Path, tmp_path: Path) -> Path:
    """A workspace of one's own, as the imports left it."""
    return shutil.copytree(imported, tmp_path / "ict")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder
