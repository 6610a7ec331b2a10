"""Every command in a procedure runs on the sample workspace and shows what the procedure expects."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from running import Ict

ROOT = Path(__file__).resolve().parents[2]
PROCEDURES = sorted((ROOT / "procedures").glob("*.md"))
STEP = re.compile(r"^## (\d+)\. (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(opdracht|verwacht)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\bGO-\d{4}-\d{4}\b")


@dataclass(frozen=True, slots=True)
class Order:
    """One command of a step, and the lines that the step expects in its answer."""

    step: str
    command: str
    expected: tuple[str, ...]


def orders(text: str) -> list[list[Order]]:
    """The commands by step. What a step expects holds for each command above it up to the last expectation."""
    steps = []
    for number, _, body in STEP.findall(text):
        found: list[Order] = []
        waiting: list[str] = []
        for kind, content in FENCE.findall(body):
            if kind == "opdracht":
                waiting.append(content.strip())
                continue
            found += [Order(number, command, tuple(content.split("\n")[:-1])) for command in waiting]
            waiting = []
        steps.append([*found, *(Order(number, command, ()) for command in waiting)])
    return steps


def examples(text: str, scan: Path) -> dict[str, str]:
    """The blanks with the examples that the procedure gives."""
    given = re.findall(r"^\| `\{(\w+)\}` \| [^|]+ \| ([^|\n]*) \|$", text, re.MULTILINE)
    return {name: value.strip() for name, value in given} | {"scan": str(scan)}


def filled(text: str, blanks: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: blanks[match[1]], text)


def words(command: str) -> list[str]:
    """The words after `ict`, as bash and PowerShell both read them: double quotes only."""
    return [re.sub(r'"', "", word) for word in re.findall(r'(?:[^\s"]|"[^"]*")+', command)][1:]


@pytest.mark.parametrize("path", PROCEDURES, ids=lambda path: path.stem)
def test_the_commands_do_what_the_procedure_says(path: Path, workspace: Path, tmp_path: Path) -> None:
    """Of several commands in one step the first goes on; the others are tried on a copy from before it."""
    text = path.read_text(encoding="utf-8")
    scan = tmp_path / "overeenkomst.pdf"
    scan.write_bytes(b"%PDF-1.7\n%%EOF\n")
    blanks = examples(text, scan)
    for step in orders(text):
        copy = shutil.copytree(workspace, tmp_path / f"step-{step[0].step}") if len(step) > 1 else workspace
        for place, order in enumerate(step):
            ict = Ict(workspace if place == 0 else copy)
            line = filled(order.command, blanks)
            answer = ict(*words(line))
            assert answer.exit == 0, f"{order.step}: {line}: {answer.err}"
            for expected in order.expected:
                assert filled(expected, blanks) in answer.out, f"{order.step}: {line}: {answer.out}"
            if place == 0 and (number := NUMBER.search(answer.out)):
                blanks["document"] = blanks.get("document") or number[0]


@pytest.mark.parametrize("path", PROCEDURES, ids=lambda path: path.stem)
def test_commands_within_the_text_exist_with_their_options(path: Path, workspace: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for command in re.findall(r"`(ict [^`\n]+)`", text):
        given = words(command)
        name = [word for word in given if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")]
        answer = Ict(workspace)(*name, "--help")
        assert answer.exit == 0, f"{command}: {answer.err}"
        for option in (word for word in given if word.startswith("--")):
            assert f"{option} " in answer.out, command
