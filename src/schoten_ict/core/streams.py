"""Where a command reads and writes, and whether a person is there."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

_DEFAULT_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Streams:
    """The three streams of one run. Tests replace it whole."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str]

    @classmethod
    def standard(cls) -> "Streams":
        """The process's own streams."""
        return cls(sys.stdin, sys.stdout, sys.stderr, os.environ)

    @property
    def can_ask(self) -> bool:
        """Whether a question on stderr reaches a person who can answer on stdin."""
        return self.stdin.isatty() and self.stderr.isatty()

    @property
    def is_screen(self) -> bool:
        """Whether stdout is a terminal that can draw."""
        return self.stdout.isatty() and self.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns

    def colored(self, choice: str) -> bool:
        """Whether to colour stdout: `choice` is auto, always or never; NO_COLOR counts when not empty."""
        if choice != "auto":
            return choice == "always"
        return self.is_screen and not self.environ.get("NO_COLOR")

    def leave(self) -> None:
        """Nobody reads stdout any more: what is left in it goes nowhere, quietly."""
        if self.stdout is sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())

    def say(self, line: str) -> None:
        """One line to a person, on stderr."""
        self.stderr.write(f"{line}\n")
        self.stderr.flush()
