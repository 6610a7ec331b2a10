"""The scripts about Windows updates: PowerShell that parses, reads only, and asks for every part that is read."""

import re
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from schoten_ict.connect.winrm import script as winrm
from schoten_ict.patch.ask import windows_told
from windows_updating import SERVER_2022, computer, missing, policy, reboot, search, system, wsus

SCRIPTS = ("windows", "windows_search", "wsus")
ANSWERS = {"windows": SERVER_2022, "windows_search": search(), "wsus": wsus()}
ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "patch-on-windows.md").read_text(encoding="utf-8")


def errors(source: str) -> list[int]:
    """The lines that the grammar of PowerShell does not understand."""
    found = []
    waiting: list[Node] = [
        Parser(Language(tree_sitter_powershell.language())).parse(source.encode()).root_node
    ]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(node.start_point[0] + 1)
        waiting.extend(node.children)
    return found


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_powershell_in_plain_ascii(name: str) -> None:
    text = windows_told.script(name)
    assert text.isascii()
    assert errors(text) == []
    assert errors(text.rstrip().replace("catch {", "catch", 1)) != []  # it does look


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_asks_for_the_parts_that_its_answers_have(name: str) -> None:
    asked = re.findall(r"^\s*Read-Part '(\w+)'", windows_told.script(name), re.MULTILINE)
    assert len(asked) == len(set(asked))
    assert set(asked) == set(ANSWERS[name])
    assert f"schema = '{windows_told.SCHEMA}'" in windows_told.script(name)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "windows",
            [*system("x", "1", 1), *policy(), *reboot(), *SERVER_2022["hotpatch"], *SERVER_2022["events"]],
        ),
        ("windows_search", [missing("x", "1"), *search()["search"]]),
        ("wsus", [computer("x"), *wsus()["server"], {"lists": [], "updates": []}]),
    ],
)
def test_the_answers_of_the_tests_have_the_names_that_the_script_writes(
    name: str, rows: list[dict[str, object]]
) -> None:
    written = set(re.findall(r"(?:^|[;{(])\s*(\w+)\s*= ", windows_told.script(name), re.MULTILINE))
    written |= {"parts", "errors", "lists", "updates"}
    assert {key for row in rows for key in row} <= written


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_uses_no_name_of_the_runner_that_runs_it(name: str) -> None:
    """It runs in a scope below: a function or variable of the same name would hide the runner's."""
    runner, text = winrm.program("runner.ps1"), windows_told.script(name)
    functions = [set(re.findall(r"^\s*function ([\w-]+)", each, re.MULTILINE)) for each in (runner, text)]
    variables = [set(re.findall(r"^\s*\$(\w+) = ", each, re.MULTILINE)) for each in (runner, text)]
    assert not functions[0] & functions[1]
    assert not (variables[0] & variables[1]) - {"ErrorActionPreference", "ProgressPreference"}
    assert "$answer" not in text


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_changes_nothing(name: str) -> None:
    code = "\n".join(
        line for line in windows_told.script(name).splitlines() if not line.lstrip().startswith("#")
    )
    verbs = {
        word.partition("-")[0]
        for word in re.findall(r"\b([A-Z][a-zA-Z]+-[A-Z]\w+)", re.sub(r"'[^']*'", "", code))
    }
    assert verbs <= {"Get", "Read", "Write", "Test", "New", "Where", "ForEach", "ConvertTo", "Sort", "Select"}
    made = set(re.findall(r"New-Object (?:-ComObject )?([\w.]+)", code))
    assert made <= {"Microsoft.Update.Session", "Microsoft.UpdateServices.Administration.UpdateScope"}
    called = set(re.findall(r"\.([A-Z]\w+)\(", code))
    assert called <= {
        "AddDays", "ContainsKey", "CreateUpdateSearcher", "Search", "Close", "GetValue", "GetSubKeyNames", "OpenSubKey",
        "GetBaseException", "ToString", "ToUniversalTime", "ToXml", "GetElementsByTagName", "GetAttribute",
        "GetComputerTargetGroup", "GetComputerTargets", "GetTotalSummaryPerComputerTarget", "GetUpdate",
        "GetUpdateInstallationInfoPerUpdate", "GetUpdateClassification", "GetSubscription",
        "GetSynchronizationHistory",
    }  # fmt: skip


def test_the_powershell_of_the_page_parses() -> None:
    blocks = re.findall(r"```powershell\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) > 2
    assert [errors(block) for block in blocks] == [[] for _ in blocks]
