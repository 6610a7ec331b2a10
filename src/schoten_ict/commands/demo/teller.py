"""Runs one command line after the other as a person would type them, and shows what they answer."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from schoten_ict.core.errors import IctError
from schoten_ict.core.result import column
from schoten_ict.workspace import Workspace

_SECONDS = 120
_MOST, _FIRST, _LAST = 30, 5, 3


@dataclass(frozen=True, slots=True)
class Step:
    """One command line that was run, and the exit code it gave as it had to."""

    command: str = column("Command")
    exit_code: int = column("Exit code", right=True)
    duration_ms: int = column("ms", right=True)


class Teller:
    """Tells on stdout, or on stderr when `aside`; raises `IctError` when a step goes another way."""

    def __init__(self, workspace: Workspace, folder: Path, *, aside: bool) -> None:
        streams = workspace.streams
        self.folder = folder
        self.year = workspace.today.year
        self.steps: list[Step] = []
        self._stream = streams.stderr if aside else streams.stdout
        color = workspace.settings["color"].value or "auto"
        self._color = not aside and streams.colored(color)
        self._environ = {
            **streams.environ,
            "COLUMNS": str(streams.width),
            "ICT_COLOR": "always" if self._color else "never",
            "ICT_OUTPUT": "table",
            "PYTHONUTF8": "1",
        }

    def say(self, text: str = "") -> None:
        """A line of the story itself."""
        self._stream.write(f"\x1b[1m{text}\x1b[0m\n" if self._color and text else f"{text}\n")
        self._stream.flush()

    def __call__(self, *words: str, gives: int | Collection[int] = 0, shows: str = "") -> str:
        """Run `ict` in the demo's workspace; its answer must hold `shows`.

        It must exit with `gives`, or with one of them where that depends on the machine.
        """
        line = command_line("ict", "-w", str(self.folder), *words)
        self._stream.write(f"$ {line}\n")
        self._stream.flush()
        start = monotonic()
        status, answer = self._run(words)
        self._stream.write(shortened(answer))
        self.steps.append(Step(line, status, round((monotonic() - start) * 1000)))
        due = (gives,) if isinstance(gives, int) else sorted(gives)
        if status not in due:
            words_due = " or ".join(str(int(each)) for each in due)
            raise IctError(f"{line}: exit code {status} where {words_due} was due", code="demo-failed")
        if shows not in answer:
            raise IctError(f"{line}: the answer does not hold {shows!r}", code="demo-failed")
        self.say()
        return answer

    def _run(self, words: tuple[str, ...]) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "schoten_ict", "-w", str(self.folder), *words],
            env=self._environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", errors="replace", timeout=_SECONDS, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout


def shortened(answer: str) -> str:
    """An answer whose middle is left out when it is longer than a screen."""
    lines = answer.splitlines()
    if len(lines) > _MOST:
        left_out = f"    ... {len(lines) - _FIRST - _LAST} lines ..."
        lines = [*lines[:_FIRST], left_out, *lines[-_LAST:]]
    return "".join(f"{line}\n" for line in lines)


def command_line(*words: str) -> str:
    """Words as the shell of this platform takes them."""
    return shlex.join(words) if os.name == "posix" else subprocess.list2cmdline(words)


def program() -> str:
    """How to call this `ict` from here: by name where the PATH finds it, else by its path."""
    own = Path(sys.executable).parent / ("ict.exe" if os.name == "nt" else "ict")
    found = shutil.which("ict")
    if not own.exists():
        return "ict" if found else command_line(sys.executable, "-m", "schoten_ict")
    if found and Path(found).resolve() == own.resolve():
        return "ict"
    here = Path.cwd()
    return command_line(str(own.relative_to(here) if own.is_relative_to(here) else own))
