"""Runs one command line in this process, as `ict` would, with streams of its own."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schoten_ict.cli import main
from schoten_ict.core.streams import Streams

UPDATE_PINS = bool(os.environ.get("ICT_UPDATE_PINS"))
NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)


class FakeTTY(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command line gave."""

    exit: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document

    def table(self) -> list[dict[str, str]]:
        """The rows of tsv."""
        head, *lines = [line.split("\t") for line in self.out.splitlines()]
        return [dict(zip(head, line, strict=True)) for line in lines]


@dataclass(frozen=True, slots=True)
class Ict:
    """Runs `ict` in `folder` at `now`; arguments are turned into text."""

    folder: Path
    now: datetime = NOW

    def __call__(
        self, *arguments: object, stdin: str = "", tty: bool = False, cwd: Path | None = None,
        now: datetime | None = None,
    ) -> Answer:  # fmt: skip
        kind = FakeTTY if tty else io.StringIO
        streams = Streams(kind(stdin), kind(), kind(), dict(os.environ))
        words = [str(each) for each in arguments]
        out, err = redirect_stdout(streams.stdout), redirect_stderr(streams.stderr)
        with _kept_umask(), chdir(cwd or self.folder), out, err:
            status = main(words, streams, now or self.now)
        assert isinstance(streams.stdout, io.StringIO)
        assert isinstance(streams.stderr, io.StringIO)
        return Answer(status, streams.stdout.getvalue(), streams.stderr.getvalue())


def pinned(pin: Path, now: str) -> str:
    """The text that was pinned; with ICT_UPDATE_PINS=1 in the environment the pin is written anew first."""
    if UPDATE_PINS:
        pin.write_text(now, encoding="utf-8", newline="\n")
    assert pin.exists(), f"{pin.name} is not pinned: run this test with ICT_UPDATE_PINS=1 and read the pin"
    return pin.read_text(encoding="utf-8")


@contextmanager
def _kept_umask() -> Iterator[None]:
    before = os.umask(0o022)
    os.umask(before)
    try:
        yield
    finally:
        os.umask(before)
