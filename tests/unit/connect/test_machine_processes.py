"""Programs on this machine where pipes cannot be asked whether they are ready, as on Windows."""

import sys
from pathlib import Path

import pytest

from schoten_ict.connect.machines import here, process
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.machine import Program
from schoten_ict.core.remote import RemoteError


@pytest.fixture(params=[True, False], ids=["posix", "as on windows"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> HereMachine:
    if not request.param:
        monkeypatch.setattr(process, "_POSIX", False)
        monkeypatch.setattr(here, "_politely", tuple)
    elif not process._POSIX:
        pytest.skip("there is no POSIX here")
    return HereMachine(tmp_path)


def python(text: str, **options: object) -> Program:
    """A program that every system has."""
    return Program((sys.executable, "-c", text), **options)  # type: ignore[arg-type]  # by name


def test_a_program_gets_its_input_and_gives_its_output(machine: HereMachine) -> None:
    text = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()); sys.stderr.write('x'); sys.exit(3)"
    done = machine.run(python(text, stdin=b"a\0b" * 300_000))
    assert (done.exit_code, done.stdout, done.stderr, done.cut) == (3, b"a\0b" * 300_000, b"x", False)
    assert machine.run(python("pass", stdin=b"x" * 1_000_000)).exit_code == 0


def test_output_past_the_limit_ends_the_program(machine: HereMachine) -> None:
    done = machine.run(python("while True: print('x' * 1000)", limit=5000))
    assert (done.exit_code, len(done.stdout), done.cut) == (143, 5000, True)


def test_a_program_that_takes_too_long_is_ended(machine: HereMachine) -> None:
    with pytest.raises(RemoteError, match="not done within"):
        machine.run(python("import time; print('on', flush=True); time.sleep(50)", seconds=1.0))


def test_lines_come_and_can_be_left(machine: HereMachine) -> None:
    assert list(machine.lines(python("print('a'); print('b')"))) == [b"a", b"b"]
    lines = machine.lines(python("while True: print('x', flush=True)", seconds=30))
    assert next(lines) == b"x"
    lines.close()  # type: ignore[attr-defined]  # an iterator that is a generator
