"""Columns that a narrow terminal leaves out come back on a wide one, and are never lost to machines."""

import io
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest

from schoten_ict.core.result import Result, Show, column
from schoten_ict.core.streams import Streams
from schoten_ict.render import flat
from schoten_ict.render.screen import Screen


@dataclass(frozen=True, slots=True)
class Row:
    tag: str = column("Tag")
    serial: str | None = column("Serial", show=Show.IF_ROOM)
    email: str | None = column("E-mail", show=Show.IF_ROOM)


RESULT = Result("x", Row, [Row("LT-0001", "5CG1234567", "an.janssens.with.a.long.name@schoten.example")])


def drawn(width: int, monkeypatch: pytest.MonkeyPatch, result: Result[Row] = RESULT) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    out = io.StringIO()
    Screen(Streams(io.StringIO(), out, io.StringIO(), {}), lambda: ZoneInfo("UTC"), color=False).result(
        result, verbose=False
    )
    return out.getvalue()


def test_a_wide_terminal_shows_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(120, monkeypatch)
    assert "5CG1234567" in text
    assert "@schoten.example" in text


def test_the_widest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(30, monkeypatch)
    assert "5CG1234567" in text
    assert "E-mail" not in text


def test_a_column_without_values_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Serial" not in drawn(120, monkeypatch, Result("x", Row, [Row("LT-0001", None, None)]))


def test_machines_get_every_column() -> None:
    assert flat.tsv(RESULT).splitlines()[0] == "tag\tserial\temail"
