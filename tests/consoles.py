"""Runs the console blocks of a page as a reader would type them, in bash, with `ict` at a fixed time."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from running import NOW

BLOCK = re.compile(
    r"(?P<mark><!-- not run: [^>]+ -->\n)?```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
ANYTHING = "..."
ACCOUNT = "pjdh"
_END = "\x1e"


@dataclass(slots=True)
class Command:
    """One command of a page, with the output that the page shows below it (None: it shows none)."""

    words: str
    line: int
    shown: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command gave: its exit status, and stdout and stderr together."""

    status: int
    lines: list[str] = field(default_factory=list)


def commands_of(page: str) -> list[Command]:
    """The commands in all console blocks that run `ict` and are not marked `<!-- not run: reason -->`."""
    found = []
    for block in BLOCK.finditer(page):
        if block["mark"] is None and re.search(r"^\$ .*\bict\b", block["body"], re.MULTILINE):
            found += _commands(block["body"], page.count("\n", 0, block.start("body")) + 1)
    return found


def _commands(body: str, first: int) -> list[Command]:
    """A command begins with `$ `, goes on with `> `; other lines are the output of the command above."""
    found: list[Command] = []
    for number, line in enumerate(body.splitlines(), first):
        if line.startswith("$ "):
            found.append(Command(line[2:], number))
        elif line.startswith("> ") and found and found[-1].shown is None:
            found[-1].words += f"\n{line[2:]}"
        else:
            found[-1].shown = [*(found[-1].shown or []), line]
    return found


def run(commands: list[str], folder: Path, home: Path) -> list[Ran]:
    """Run commands one after the other in one bash, in `folder`."""
    program = program_in(home)
    script = "".join(
        f"{{ {command}\n}} 2>&1; status=$?; printf '{_END}%d{_END}' $status; (exit $status)\n"
        for command in commands
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ICT_", "XDG_"))}
    environ |= {"HOME": str(home), "PATH": f"{program}{os.pathsep}{os.environ['PATH']}"}
    environ |= {"ICT_OUTPUT": "table", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, env=environ, capture_output=True, encoding="utf-8", check=False
    )
    parts = done.stdout.split(_END)
    assert len(parts) == 2 * len(commands) + 1, done.stderr
    return [
        Ran(int(status), text.splitlines()) for text, status in zip(parts[::2], parts[1::2], strict=False)
    ]


def program_in(home: Path) -> Path:
    """A folder with an `ict` for which it is always the same moment and the same person at the keyboard."""
    folder = home / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "ict.py"
    script.write_text(
        "import sys\n"
        "from datetime import datetime\n"
        "from schoten_ict.core import actor\n"
        f"actor.actor = lambda: {ACCOUNT!r}\n"
        "from schoten_ict.cli import main\n"
        f"sys.exit(main(sys.argv[1:], now=datetime.fromisoformat({NOW.isoformat()!r})))\n",
        encoding="utf-8",
    )
    program = folder / "ict"
    words = shlex.join([sys.executable, str(script)])
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


def normal(line: str) -> str:
    """A line without what differs between runs: hashes, and blanks at its end."""
    return re.sub(r"\b[0-9a-f]{64}\b", "<hash>", line).rstrip()


def as_shown(shown: list[str], ran: list[str]) -> bool:
    """Whether output is what a page shows; a line `...` there stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == ANYTHING else f"{re.escape(normal(line))}\n"
        for line in _without_blanks(shown)
    )
    text = "".join(f"{normal(line)}\n" for line in _without_blanks(ran))
    return re.fullmatch(pattern, text) is not None


def _without_blanks(lines: list[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def updated(page: str, commands: list[Command], ran: list[Ran]) -> str:
    """The page with the output that was got in the place of what it shows."""
    lines = page.splitlines()
    for command, answer in reversed(list(zip(commands, ran, strict=True))):
        if command.shown is None or as_shown(command.shown, answer.lines):
            continue
        start = command.line + command.words.count("\n") + 1
        lines[start - 1 : start - 1 + len(command.shown)] = [line.rstrip() for line in answer.lines]
    return "\n".join(lines) + "\n"
