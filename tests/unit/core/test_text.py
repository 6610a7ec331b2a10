"""Untrusted text cannot steer a terminal or run in a spreadsheet."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.text import nearest, printable, printable_lines, spreadsheet_safe

REPLACED = "\ufffd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łukasz Zieliński – 10 €", "Łukasz Zieliński – 10 €"),
        ("a\tb\nc\rd", "a b c d"),
        ("\x1b[31mred\x1b[0m", f"{REPLACED}[31mred{REPLACED}[0m"),
        ("\x9b2J", f"{REPLACED}2J"),
        ("\x1b]0;title\x07", f"{REPLACED}]0;title{REPLACED}"),
        ("abc\u202egpj.exe", f"abc{REPLACED}gpj.exe"),
        ("a\u2066b\u2069", f"a{REPLACED}b{REPLACED}"),
        ("a\u200bb\ufeffc", f"a{REPLACED}b{REPLACED}c"),
        ("a\u2028b", f"a{REPLACED}b"),
        ("a\x00b\x7f", f"a{REPLACED}b{REPLACED}"),
        ("\udc80", REPLACED),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_printable(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text())
def test_nothing_that_steers_is_left(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert not {unicodedata.category(char) for char in shown if char != "\xad"} & {
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    }
    assert printable(shown) == shown
    shown.encode("utf-8")


def test_blocks_keep_their_lines() -> None:
    assert printable_lines("a\x1b[1m\nb\r\nc") == f"a{REPLACED}[1m\nb\nc"


@pytest.mark.parametrize("text", ["=1+1", "+32 3 000", "-5", "@SUM(A1)", "\t=1", "\r=1"])
def test_formulas_are_quoted(text: str) -> None:
    assert spreadsheet_safe(text) == f"'{text}"


@given(st.text())
def test_no_cell_starts_as_a_formula(text: str) -> None:
    assert spreadsheet_safe(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert spreadsheet_safe(text).endswith(text)


def test_nearest_suggests_only_what_is_near() -> None:
    assert nearest("srv-fil01", ["srv-file01", "srv-web01"]) == " (did you mean srv-file01?)"
    assert nearest("zzz", ["srv-file01"]) == ""
    assert nearest("x", []) == ""
