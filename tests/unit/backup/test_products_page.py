"""The page about backup products can be copied: its inventory loads, its SQL parses, and it names every script."""

import re
from pathlib import Path

import pytest
import sqlglot

from schoten_ict.backup.ask import powershell
from schoten_ict.backup.engines import ENGINES, Way
from schoten_ict.connect.winrm import script as winrm
from schoten_ict.inventory import load
from schoten_ict.inventory.sections.backups import BACKUPS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "backup-products.md").read_text(encoding="utf-8")
SCRIPTS = ("windows_server_backup", "mssql", "veeam")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_its_inventory_loads_and_has_every_product(tmp_path: Path) -> None:
    [text] = blocks("yaml")
    (tmp_path / "inventory.yaml").write_text(f"organisation: {{name: Schoten}}\n{text}", encoding="utf-8")
    jobs = load(tmp_path).get(BACKUPS)
    asked = {name for name, engine in ENGINES.items() if Way.MACHINE not in engine.ways}
    assert {job.engine for job in jobs} == asked


def test_its_sql_parses() -> None:
    [text] = blocks("sql")
    assert len(sqlglot.parse(text, read="tsql")) == 7


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_uses_no_name_of_the_runner_that_runs_it(name: str) -> None:
    """It runs in a scope below: a function or variable of the same name would hide the runner's."""
    runner, text = winrm.program("runner.ps1"), powershell.script(name)
    functions = [set(re.findall(r"^\s*function ([\w-]+)", each, re.MULTILINE)) for each in (runner, text)]
    variables = [set(re.findall(r"^\s*\$(\w+) = ", each, re.MULTILINE)) for each in (runner, text)]
    shared = {"ErrorActionPreference", "ProgressPreference"}
    assert not functions[0] & functions[1]
    assert not (variables[0] & variables[1]) - shared
    assert "$answer" not in text


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_changes_nothing(name: str) -> None:
    verbs = {
        word.partition("-")[0] for word in re.findall(r"\b([A-Z][a-z]+-[A-Z]\w+)", powershell.script(name))
    }
    assert verbs <= {"Get", "Read", "Write", "Test", "Import", "New", "Where", "ForEach", "ConvertTo"}
    made = re.findall(r"New-Object ([\w.]+)", powershell.script(name))
    assert set(made) <= {
        "System.Collections.ArrayList", "System.Data.SqlClient.SqlConnectionStringBuilder",
        "System.Data.SqlClient.SqlConnection",
    }  # fmt: skip
