"""The answers of many tools in one text: what each of them said stands between two lines of ours.

A script is handed a marker that nobody can guess and prints `MARKER begin NAME`, the tool's output, its
complaints as `MARKER said LINE` where it tells them, and `MARKER end STATUS`.
"""

import secrets
from dataclasses import dataclass

_MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Section:
    """One tool's answer: its text, its exit status (-1 for none), and what it said on standard error."""

    text: str
    status: int
    said: str = ""


def new_marker() -> str:
    """A marker of one run: a word that needs no quotes in a shell."""
    return f"@ict-{secrets.token_hex(8)}"


def sections(text: str, marker: str) -> dict[str, Section]:
    """The framed answers by name; one that does not end is not there."""
    found: dict[str, Section] = {}
    name, lines, said = "", list[str](), list[str]()
    for line in text.splitlines():
        head, _, rest = line.partition(" ")
        if head != marker:
            lines.append(line)
            continue
        word, _, value = rest.partition(" ")
        if word == "begin":
            name, lines, said = value, [], []
        elif word == "said":
            said.append(value)
        elif word == "end" and name:
            found[name] = Section("\n".join(lines).rstrip("\n"), _status(value), "\n".join(said).strip("\n"))
            name = ""
    return found


def _status(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else -1
