"""Runs a program of `backup/sent` on a machine and reads its answer."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from schoten_ict.backup import sent
from schoten_ict.backup.ask.proving import fault_of
from schoten_ict.backup.facts import Fault, Kind
from schoten_ict.core.errors import IctError
from schoten_ict.core.machine import Machine, Program
from schoten_ict.core.remote import RemoteError
from schoten_ict.core.text import printable

_BOOTSTRAP = """
import sys, types
for name, text in {parts!a}:
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
module.main()
"""
_KINDS = {
    "too-large": Kind.NO_SPACE,
    "unsupported": Kind.NOT_PROVABLE,
    "not-found": Kind.UNREACHABLE,
}
_IMPORTED = re.compile(rf"^from {re.escape(sent.__name__)}\.(\w+) import", re.MULTILINE)
_QUOTED = 300
_CLOSING_SECONDS = 2.0
"""How much earlier than its deadline a program stops by itself, so that what it found so far arrives."""


def run_there(machine: Machine, name: str, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Run the program `name` on a machine and return its answer.

    `request` gets `seconds`, after which the program stops by itself. Raises `RemoteError`: `absent` without
    Python, `protocol` for an answer that is none, and what the program itself says (`denied`, `not-found`,
    `too-large`, `failed`).
    """
    for program in _programs(name, request, seconds):
        try:
            done = machine.run(program)
        except RemoteError as error:
            if error.problems[0].code != "absent":
                raise
            continue
        answer = answered(done.stdout)
        if answer is None:
            said = printable((done.stderr or done.stdout).decode("utf-8", "replace").strip()[-_QUOTED:])
            raise _error(machine, f"a check gave no answer (exit code {done.exit_code}): {said}", "protocol")
        if "trouble" in answer:
            raise _error(machine, printable(str(answer.get("message", ""))), str(answer["trouble"]))
        return answer
    raise _error(machine, "python3 is not there", "absent")


def lines_there(machine: Machine, name: str, request: Mapping[str, Any], seconds: float) -> Iterator[Any]:
    """Run the program `name` on a machine: each line of its answer as it comes, read as JSON.

    Raises `RemoteError`: `absent` without Python, `protocol` for a line that is no JSON, `failed` when the
    program breaks off, `timeout`.
    """
    for program in _programs(name, request, seconds):
        lines = machine.lines(program)
        try:
            first = next(lines, None)
        except RemoteError as error:
            if error.problems[0].code != "absent":
                raise
            continue
        for line in chain(() if first is None else (first,), lines):
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                raise _error(machine, "an answer is no JSON", "protocol") from None
        return
    raise _error(machine, "python3 is not there", "absent")


def _programs(name: str, request: Mapping[str, Any], seconds: float) -> Iterator[Program]:
    """The program with its request, in each Python that there may be: that of ict is the one here."""
    asked = json.dumps({**request, "seconds": max(0.1, seconds - _CLOSING_SECONDS)})
    for python in (sys.executable, "python3"):
        yield Program((python, "-I", "-", asked), stdin=_text(name), seconds=seconds)


def fault_there(error: IctError) -> Fault:
    """What kept a program from answering, as a fault: something that could not be looked at."""
    problem = error.problems[0]
    kind = _KINDS.get(problem.code)
    return Fault(kind, problem.message) if kind else fault_of(error)


def answered(stdout: bytes) -> dict[str, Any] | None:
    """The JSON object that a program printed last; None for anything else."""
    lines = stdout.splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


@cache
def _text(name: str) -> bytes:
    """The interpreter's input: the modules that the program needs, the program, and a call of its `main`."""
    parts = [(f"{sent.__name__}.{part}", _source(part)) for part in _needed(name)]
    return _BOOTSTRAP.format(parts=parts).encode("ascii")


def _needed(name: str) -> list[str]:
    """A module after those of its package that it imports."""
    before = [each for imported in _IMPORTED.findall(_source(name)) for each in _needed(imported)]
    return list(dict.fromkeys((*before, name)))


def _source(name: str) -> str:
    return Path(sent.__file__).with_name(f"{name}.py").read_text(encoding="utf-8")


def _error(machine: Machine, message: str, code: str) -> RemoteError:
    return RemoteError(f"{machine.name}: {message}", code=code, subject=f"host:{machine.name}")
