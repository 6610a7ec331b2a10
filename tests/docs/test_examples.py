"""What the pages show is what the program answers. ICT_UPDATE_PINS=1 writes the answers into the pages."""

import re
import shutil
from pathlib import Path

import pytest

from consoles import as_shown, commands_of, run, updated
from running import UPDATE_PINS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if commands_of(path.read_text("utf-8"))
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are written for bash")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_answer_as_the_page_shows(page: Path, workspace: Path, home: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = commands_of(text)
    ran = run([command.words for command in commands], workspace, home)
    if UPDATE_PINS:
        page.write_text(updated(text, commands, ran), encoding="utf-8", newline="\n")
        commands = commands_of(page.read_text(encoding="utf-8"))
    following = [*(command.words for command in commands[1:]), ""]
    for command, answer, after in zip(commands, ran, following, strict=True):
        place = f"{page.name}:{command.line}: {command.words}"
        assert answer.status == 0 or after == "echo $?", f"{place} gave {answer.status}:\n" + "\n".join(
            answer.lines
        )
        if command.shown is not None:
            assert as_shown(command.shown, answer.lines), f"{place} gave:\n" + "\n".join(answer.lines)


def test_pages_link_to_files_that_are_there() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_page_stands_in_the_table_of_contents() -> None:
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "index.md" or f"({page.name})" in contents, page.name
