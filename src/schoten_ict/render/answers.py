"""A command's answer in the format that was asked for: data to stdout, everything else to stderr."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from schoten_ict.core.errors import Problem
from schoten_ict.core.exits import ExitCode
from schoten_ict.core.result import Document, Result
from schoten_ict.core.streams import Streams
from schoten_ict.core.text import printable
from schoten_ict.render import envelope, flat, nagios

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "markdown", "nagios")
MOST_PROBLEMS = 20
"""So many lines of errors a person reads; `-v` and JSON have them all."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """How to show answers in one run. `zone` is asked only when a time is shown to a person."""

    streams: Streams
    format: str
    now: datetime
    zone: Callable[[], tzinfo]
    color: str = "auto"
    quiet: bool = False
    verbose: bool = False

    def show(self, answer: Result[Any] | Document | None) -> int:
        """Write an answer and return the exit status; a reader who left (`| head`) does not change it."""
        try:
            return self._show(answer)
        except BrokenPipeError:
            self.streams.leave()
            return answer.exit_code if isinstance(answer, Result) else ExitCode.OK

    def _show(self, answer: Result[Any] | Document | None) -> int:
        if answer is None:
            return ExitCode.OK
        if isinstance(answer, Document):
            self._write(answer.content)
            return ExitCode.OK
        if self.format == "nagios":
            return self._nagios(answer)
        self._problems(answer.problems)
        if not (
            self.quiet
            and answer.judged
            and answer.exit_code is ExitCode.OK
            and self.format in {"table", "tsv"}
        ):
            self._data(answer)
        if self.format == "table" and not self.quiet:
            for note in answer.notes:
                self.streams.say(note)
        return answer.exit_code

    def fail(self, kind: str, problems: Sequence[Problem], code: ExitCode) -> int:
        """Write a failure from before there was an answer and return the exit status."""
        if self.format == "nagios":
            line, status = nagios.failure_line(kind, problems)
            self._write(f"{line}\n")
            return status
        if self.format == "json":
            self._write(envelope.dumps(envelope.failure(kind, problems, code, self.now), indent=2) + "\n")
        self._problems(problems)
        return code

    def _nagios(self, result: Result[Any]) -> int:
        if not result.judged:
            problem = Problem("usage", "this command gives no verdict", remedy="use -o json or -o tsv")
            return self.fail(result.kind, [problem], ExitCode.USAGE)
        line, code = nagios.status_line(result)
        self._write(f"{line}\n")
        return code

    def _data(self, result: Result[Any]) -> None:
        if self.format == "table":
            from schoten_ict.render.screen import Screen

            screen = Screen(self.streams, self.zone, color=self.streams.colored(self.color))
            if self.quiet and result.judged:
                screen.findings(result, verbose=self.verbose)
            else:
                screen.result(result, verbose=self.verbose)
        elif self.format == "json":
            self._write(envelope.dumps(envelope.envelope(result, self.now), indent=2) + "\n")
        elif self.format == "jsonl":
            self._write("".join(f"{line}\n" for line in envelope.lines(result)))
        else:
            formats = {"tsv": flat.tsv, "csv": flat.comma_separated, "markdown": flat.markdown}
            self._write(formats[self.format](result))

    def _problems(self, problems: Sequence[Problem]) -> None:
        told = problems if self.verbose else problems[:MOST_PROBLEMS]
        for problem in told:
            self.streams.say(f"ict: {printable(problem.line())}")
        if len(told) < len(problems):
            self.streams.say(f"ict: and {len(problems) - len(told)} more; -v shows them all")

    def _write(self, text: str) -> None:
        self.streams.stdout.write(text)
        self.streams.stdout.flush()
