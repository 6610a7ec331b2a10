"""The one error for a file that cannot be read as what it claims to be."""

from schoten_ict.core.errors import IncompleteError
from schoten_ict.core.text import printable

SAVE_AS = "save it as CSV UTF-8 or as XLSX"


def unreadable(name: str, message: str, *, remedy: str = SAVE_AS, line: int | None = None) -> IncompleteError:
    """The error to raise for file `name`, at `line` where one is known. Code `unreadable`."""
    return IncompleteError(message, remedy=remedy, subject=place(name, line), code="unreadable")


def place(name: str, line: int | None = None) -> str:
    """Where in a file: `assets.csv` or `assets.csv:12`, safe to show."""
    return printable(name) if line is None else f"{printable(name)}:{line}"
