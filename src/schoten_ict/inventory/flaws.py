"""What is wrong in an inventory: a place in the document, one line about it, and what to do."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from schoten_ict.core.text import printable

Path = tuple[str | int, ...]
_PLAIN_KEY = re.compile(r"[\w-]+")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Flaw:
    """One error at a `path` of the merged document.

    `first` is the path of an earlier, competing entry. `word` is what was written and `known` what it may
    have been meant for.
    """

    path: Path
    message: str
    remedy: str = ""
    first: Path | None = None
    word: str = ""
    known: Collection[str] = ()


def cut(text: str) -> str:
    """Untrusted `text` on one line, without terminal controls, at most 60 characters."""
    safe = printable(text[: _SHOWN + 1])
    return safe if len(text) <= _SHOWN else f"{safe[: _SHOWN - 1]}…"


def path_text(path: Path) -> str:
    """`("hosts", 3, "address")` as `hosts[3].address`; keys with odd characters as `["patch.reboot"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{cut(part)}" if text else cut(part)
        else:
            text += f'["{cut(part)}"]'
    return text


def shown(value: Any) -> str:
    """How an error names a value that a document holds."""
    if isinstance(value, str):
        return f'"{cut(value)}"'
    if isinstance(value, bool):
        return f"the word {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    noun = "mapping" if isinstance(value, dict) else "list"
    return f"a {noun}" if value else f"an empty {noun}"
