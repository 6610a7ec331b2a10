"""The house stands as the architecture page draws it: layers, and commands where the tables say."""

import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from grimp import build_graph
from importlinter.cli import lint_imports

from schoten_ict.cli import COMMANDS
from schoten_ict.commands.shell import LazyGroup, load_command

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "schoten_ict"


def contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def test_the_contracts_of_imports_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


def test_imports_inside_functions_are_seen() -> None:
    graph = build_graph("schoten_ict", cache_dir=None)
    lines = (PACKAGE / "workspace.py").read_text(encoding="utf-8").splitlines()
    assert "        from schoten_ict.inventory import load" in lines
    assert graph.direct_import_exists(importer="schoten_ict.workspace", imported="schoten_ict.inventory")


def test_every_part_of_the_package_has_its_layer() -> None:
    [layers] = [each["layers"] for each in contracts() if each["type"] == "layers"]
    named = {name.strip(" ()").removeprefix("schoten_ict.") for layer in layers for name in layer.split("|")}
    parts = {
        path.stem
        for path in PACKAGE.iterdir()
        if path.name[0] != "_" and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
    assert named == parts


def test_importing_the_package_loads_none_of_its_parts() -> None:
    code = "import sys, schoten_ict; print(*(each for each in sys.modules if 'schoten_ict' in each))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["schoten_ict"]


def commands(table: dict[str, tuple[str, str]], above: str = "ict") -> list[tuple[str, str, str]]:
    """Every command below a table: its words, its name and its module."""
    found = []
    for name, (module, _) in table.items():
        assert find_spec(module), f"{above} {name}: there is no module {module}"
        command = load_command(name, module)
        if isinstance(command, LazyGroup):
            found += commands(dict(command.table), f"{above} {name}")
        else:
            found.append((f"{above} {name}", name, module))
    return found


def test_the_tables_name_commands_that_are_there_and_no_module_is_left_out() -> None:
    found = commands(COMMANDS)
    assert len({words for words, _, _ in found}) == len(found)
    used = {module for _, _, module in found}
    apps = {
        ".".join(("schoten_ict", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for path in (PACKAGE / "commands").rglob("*.py")
        if "app = new_app()" in path.read_text(encoding="utf-8").splitlines()
    }
    assert used == apps


def test_no_module_grows_past_four_hundred_lines() -> None:
    long = [str(path) for path in PACKAGE.rglob("*.py") if len(path.read_bytes().splitlines()) > 400]
    assert not long
