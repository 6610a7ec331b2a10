"""National register numbers are kept out: their use needs an authorisation (law of 8 August 1983, art. 8)."""

import re
from collections.abc import Sequence

from schoten_ict.core.errors import IncompleteError
from schoten_ict.core.text import printable
from schoten_ict.formats.columns import distinct
from schoten_ict.formats.identifiers import (
    column_holds_national_numbers,
    looks_like_national_number,
    names_national_number,
)
from schoten_ict.formats.tables import RawTable

LAW = "may not be kept without an authorisation (law of 8 August 1983, art. 8)"
# The forms that can be such a number, each on a line, so that a long column is searched in one go. The line
# break in front lets the search jump from line to line.
_CANDIDATE = re.compile(
    r"\n[^\S\n]*([0-9]{9,11}|[0-9]{2}(?:[. /-]?[0-9]{2}){2}[ .-][0-9]{3}[ .-]?[0-9]{2})[^\S\n]*(?=\n)"
)
_INSIDE = re.compile(r"[0-9]{2}(?<![0-9]{3})([. /-]?)[0-9]{2}\1[0-9]{2}[ .-][0-9]{3}[ .-]?[0-9]{2}(?![0-9])")
_OFFICIAL = re.compile(r"[0-9]{2}(?<![0-9]{3})(\.)[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}(?![0-9])")


def holds_national_number(text: str, *, phone: bool = False) -> bool:
    """Whether a text has a formatted national register number anywhere, or is a bare one as a whole.

    With `phone` only the official form counts (`85.07.30-033.28`): telephone numbers have many gaps.
    """
    if not phone and looks_like_national_number(text):
        return True
    form = _OFFICIAL if phone else _INSIDE
    return any(map(_is_number, form.finditer(text)))


def refuse_national_number(option: str, text: str, *, phone: bool = False) -> None:
    """Raise `IncompleteError` (code `refused`) that names `option` when `text` holds such a number.

    The text is not repeated. See `holds_national_number` for `phone`.
    """
    if holds_national_number(text, phone=phone):
        raise refused(option, f"holds a national register number, which {LAW}")


def texts_with_national_numbers(values: Sequence[str], *, bare: bool = True, phone: bool = False) -> set[str]:
    """Those of a column's texts that hold such a number; without `bare` only formatted ones count."""
    few = distinct(values)
    found = national_numbers(values) if bare else set()
    texts = {text for text in few if text.strip() in found} if found else set()
    form = _OFFICIAL if phone else _INSIDE
    if any(map(_is_number, form.finditer("\n".join(few)))):
        texts |= {text for text in few if any(map(_is_number, form.finditer(text)))}
    return texts


def _is_number(match: re.Match[str]) -> bool:
    return looks_like_national_number(match[0])


def refuse_national_numbers(table: RawTable) -> None:
    """Raise `IncompleteError` (code `refused`) when a column of a file holds national register numbers.

    All columns count, also those that no field uses. No value is repeated.
    """
    for name, values in zip(table.header, table.columns(), strict=True):
        if names_national_number(name) or _holds(values):
            raise refused(
                table.name, f"column {printable(name)!r} holds national register numbers, which {LAW}"
            )


def refused(subject: str, message: str) -> IncompleteError:
    """The refusal of national register numbers in a file or a value."""
    return IncompleteError(
        message, subject=printable(subject), remedy="take it out and use the employee number", code="refused"
    )


def national_numbers(values: Sequence[str | None]) -> set[str]:
    """Those of many texts that look like a national register number each by itself."""
    return {text for text in _candidates(values) if looks_like_national_number(text)}


def _holds(values: Sequence[str]) -> bool:
    found = _candidates(values)
    return bool(found) and column_holds_national_numbers(found)


def _candidates(values: Sequence[str] | Sequence[str | None]) -> list[str]:
    lines = "\n".join(filter(None, distinct(values)))
    return _CANDIDATE.findall(f"\n{lines}\n")
