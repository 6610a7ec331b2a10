"""Every command explains itself, and its help stays what it was."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from running import Ict, pinned
from schoten_ict.cli import COMMANDS
from schoten_ict.commands.shell import GLOBAL_SECTION, LazyGroup

PINS = Path(__file__).parent / "help"
Row = tuple[tuple[str, ...], str]


def commands(table: dict[str, tuple[str, str]], above: tuple[str, ...] = ()) -> Iterator[Row]:
    """Every group and command: its words, and the line in the table above it."""
    for name, (module, line) in table.items():
        words = (*above, name)
        if find_spec(module) is None:  # the table may be ahead of the modules
            continue
        yield words, line
        app = import_module(module).app
        if isinstance(app, LazyGroup):
            yield from commands(dict(app.table), words)


ALL = [((), "The toolkit of a municipal ICT team."), *commands(COMMANDS)]


def split(text: str) -> tuple[str, str]:
    """A help page without the global options, and these: they are the same everywhere, and pinned once."""
    own, _, shared = text.partition(f"\n{GLOBAL_SECTION}:\n")
    return own, shared


def _is_group(words: tuple[str, ...]) -> bool:
    return sum(each[: len(words)] == words for each, _ in ALL) > 1


@pytest.mark.parametrize(("words", "line"), ALL, ids=["-".join(("ict", *words)) for words, _ in ALL])
def test_help_starts_with_the_line_of_the_table_and_is_pinned(
    ict: Ict, words: tuple[str, ...], line: str
) -> None:
    answer = ict(*words, "--help")
    assert (answer.exit, answer.err) == (0, "")
    usage, _, rest = answer.out.partition("\n\n")
    assert usage.startswith(f"Usage: {' '.join(('ict', *words))} ")
    assert rest.lstrip().startswith(line[:76])
    assert max(len(each) for each in answer.out.splitlines()) <= 80
    own, shared = split(answer.out)
    assert shared == split(ict("--help").out)[1]
    pin = PINS / f"{'-'.join(('ict', *words))}.txt"
    text = own if words else answer.out
    assert text == pinned(pin, text)


def test_no_pin_is_left_of_a_command_that_is_gone() -> None:
    known = {f"{'-'.join(('ict', *words))}.txt" for words, _ in ALL}
    assert {path.name for path in PINS.glob("*.txt")} <= known


def test_short_h_helps_too(ict: Ict) -> None:
    assert ict("-h").out == ict("--help").out


def test_a_group_alone_shows_its_help_and_is_wrong_usage(ict: Ict) -> None:
    answer = ict("journal")
    assert answer.exit == 2
    assert "Commands:" in answer.out


@pytest.mark.parametrize("words", [words for words, _ in ALL if words and not _is_group(words)], ids="-".join)
def test_every_command_shows_an_example(ict: Ict, words: tuple[str, ...]) -> None:
    text = ict(*words, "--help").out.partition("\n\n")[2]
    assert f"ict {words[0]}" in text or "ict -w" in text
