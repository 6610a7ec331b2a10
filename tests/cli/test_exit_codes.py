"""What the exit status says, and that a failure speaks the format that was asked for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from running import NOW, Ict
from schoten_ict.core.exits import ExitCode, NagiosCode
from schoten_ict.store import Store

DOCS = Path(__file__).parents[2] / "docs" / "exit-codes.md"


def documented(section: str) -> dict[str, int]:
    rows = re.findall(r"^\| (\d+) \| `([A-Z_]+)` \|", section, re.MULTILINE)
    return {name: int(number) for number, name in rows}


def test_the_page_lists_exactly_the_codes_there_are() -> None:
    own, nagios, _ = re.split(r"^## ", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert documented(own) == {code.name: code.value for code in ExitCode}
    assert documented(nagios) == {code.name: code.value for code in NagiosCode}


def test_the_numbers_are_those_that_scripts_rely_on() -> None:
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 130]


def test_0_without_a_workspace_for_what_needs_none(ict: Ict) -> None:
    assert ict().exit == 0
    assert "ict init DIR" in ict().out
    assert ict("--version").out.startswith("ict ")


@pytest.mark.parametrize(
    "words",
    [
        ("nosuch",),
        ("journal", "nosuch"),
        ("journal", "show", "--nosuch"),
        ("-o", "xml", "doctor"),
        ("-oxml", "doctor"),
        ("--output=xml", "doctor"),
        ("journal", "show", "--limit", "many"),
        ("journal", "show", "--since", "yesterday"),
        ("init",),
    ],
)
def test_2_for_wrong_usage_on_one_line(ict: Ict, workspace: Path, words: tuple[str, ...]) -> None:
    answer = ict(*words)
    assert answer.exit == ExitCode.USAGE
    assert answer.err.startswith("ict: ")
    assert answer.err.count("\n") == 1
    assert answer.out == ""


def test_a_near_miss_is_suggested(ict: Ict) -> None:
    assert "journal" in ict("jurnal").err


def test_3_for_a_verdict_about_nothing(ict: Ict, workspace: Path) -> None:
    assert ict("journal", "verify").exit == ExitCode.INCOMPLETE


def test_4_for_findings(ict: Ict, recorded: Path) -> None:
    (recorded / "data" / "ict.db").chmod(0o666)
    assert ict("store", "check").exit == ExitCode.FINDINGS


def test_5_for_what_does_not_exist(ict: Ict, workspace: Path) -> None:
    answer = ict("inventory", "show", "srv-nosuch")
    assert answer.exit == ExitCode.NOT_FOUND
    assert "srv-nosuch" in answer.err


def test_6_for_a_conflict(ict: Ict, workspace: Path) -> None:
    assert ict("init", workspace).exit == ExitCode.CONFLICT


def test_6_when_the_store_is_locked_names_who_holds_it(
    ict: Ict, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schoten_ict.store.connection.BUSY_SECONDS", 0.05)
    with Store(recorded / "data", "piet", NOW) as store, store.transaction():
        answer = ict("journal", "prune", "--before", "2026-11-20", "--yes")
    assert answer.exit == ExitCode.CONFLICT
    assert "in use by piet (process " in answer.err


def test_7_without_a_workspace(ict: Ict) -> None:
    answer = ict("inventory", "list")
    assert answer.exit == ExitCode.CONFIGURATION
    assert "ict init DIR" in answer.err


def test_7_for_a_named_folder_that_is_none(ict: Ict, tmp_path: Path) -> None:
    answer = ict("-w", tmp_path, "inventory", "list")
    assert answer.exit == ExitCode.CONFIGURATION
    assert "has no inventory.yaml" in answer.err


def test_7_with_every_problem_of_an_invalid_inventory(ict: Ict, workspace: Path) -> None:
    (workspace / "inventory.yaml").write_text("hosts:\n  - {name: a}\n  - {nam: b, address: x}\n")
    answer = ict("inventory", "validate", "-o", "json")
    assert answer.exit == ExitCode.CONFIGURATION
    subjects = [error["subject"] for error in answer.json()["errors"]]
    assert len(subjects) >= 3
    assert all(subject.startswith("inventory.yaml:") for subject in subjects)


def test_7_for_settings_that_are_wrong(ict: Ict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICT_OUTPUT", "xml")
    answer = ict("inventory", "list")
    assert answer.exit == ExitCode.CONFIGURATION
    assert "ICT_OUTPUT" in answer.err


def test_8_without_a_person_to_ask(ict: Ict, recorded: Path) -> None:
    answer = ict("journal", "prune", "--before", "2026-11-20")
    assert answer.exit == ExitCode.CONFIRMATION
    assert "--yes" in answer.err


def test_130_when_interrupted(ict: Ict, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("schoten_ict.inventory.schema.schema", interrupt)
    assert ict("inventory", "schema").exit == ExitCode.INTERRUPTED


def test_1_for_a_fault_of_ict_itself_without_a_traceback(
    ict: Ict, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schoten_ict.inventory.schema.schema", lambda: 1 / 0)
    answer = ict("inventory", "schema")
    assert answer.exit == ExitCode.INTERNAL
    assert "ZeroDivisionError" in answer.err
    assert "Traceback" not in answer.err
    with pytest.raises(ZeroDivisionError):
        ict("inventory", "schema", "--debug")


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("nosuch", "-o", "json"), "usage", 2),
        (("journal", "show", "-o", "json", "--nosuch"), "usage", 2),
        (("inventory", "list", "-o", "json"), "no-workspace", 7),
    ],
)
def test_a_failure_speaks_json_when_asked(
    ict: Ict, words: tuple[str, ...], code: str, exit_code: int
) -> None:
    answer = ict(*words)
    document = answer.json()
    assert answer.exit == document["exit_code"] == exit_code
    assert (document["schema"], document["status"], document["data"]) == ("ict/1", "unknown", [])
    assert document["errors"][0]["code"] == code


def test_a_failure_of_the_settings_speaks_json_too(ict: Ict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICT_COLOR", "purple")
    answer = ict("inventory", "list", "-o", "json")
    assert answer.json()["errors"][0]["message"].startswith("ICT_COLOR: ")
    assert answer.exit == ExitCode.CONFIGURATION


@pytest.mark.parametrize(
    "words", [("nosuch",), ("journal", "show", "--nosuch"), ("inventory", "list"), ("config", "show")]
)
def test_nagios_gets_unknown_for_every_failure(ict: Ict, words: tuple[str, ...]) -> None:
    answer = ict(*words, "-o", "nagios")
    assert answer.exit == NagiosCode.UNKNOWN
    assert answer.out.count("\n") == 1
    assert " UNKNOWN: " in answer.out


@pytest.mark.parametrize("words", [("inventory", "schema"), ("schedule", "list", "-o", "table")])
def test_a_reader_that_leaves_is_no_failure(tmp_path: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "schoten_ict", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        error = process.stderr.read()
    assert (process.returncode, error) == (0, b"")
