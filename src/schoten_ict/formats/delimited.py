"""Delimited text (CSV, TSV): from bytes to records with the line each begins on.

Quoting follows RFC 4180 as `csv` reads it; `sep=;` as a first line is Excel's own convention.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import chain

from schoten_ict.core.errors import IncompleteError, UsageError
from schoten_ict.core.text import printable
from schoten_ict.formats.refusal import SAVE_AS, unreadable

FALLBACK = "cp1252"

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
)
_SIGNATURES = (
    (b"%PDF-", "a PDF document", SAVE_AS),
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Excel file", "save it as XLSX without a password"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"\x89PNG", "a picture", SAVE_AS),
    (b"\xff\xd8\xff", "a picture", SAVE_AS),
    (b"{\\rtf", "a text document", SAVE_AS),
)
_CANDIDATES = ("\t", ";", ",", "|")
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 100
_SEPARATOR_LINE = re.compile(
    r'(?P<quote>"?)sep=(?P<delimiter>[\t;,|:~^])(?P=quote)(?:\r\n|\r|\n|\Z)', re.IGNORECASE
)
_END = "\0"  # follows the last line; text with NUL is refused, so nothing else reads like it
_NOTHING = "\ufdd0"  # a noncharacter: as a delimiter it splits nothing


def decode(content: bytes, name: str, encoding: str | None) -> tuple[str, str]:
    """The text of a file and the encoding it was read with.

    A byte order mark decides; else `encoding`; else UTF-8, and `FALLBACK` for what is not valid UTF-8.
    The encoding is named as Python does, with `utf-8-sig` for UTF-8 behind a mark. Raises
    `IncompleteError` (code `unreadable`) for binary files and bytes that do not fit, `UsageError` for an
    unknown encoding.
    """
    _refuse_binary(content, name)
    for mark, shown, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _checked(_decode(content[len(mark) :], name, codec), name), shown
    if encoding is not None:
        return _checked(_decode(content, name, encoding), name), codecs.lookup(encoding).name
    try:
        return _checked(content.decode("utf-8"), name), "utf-8"
    except UnicodeDecodeError:
        return _checked(_decode(content, name, FALLBACK), name), FALLBACK


def _refuse_binary(content: bytes, name: str) -> None:
    for signature, what, remedy in _SIGNATURES:
        if content.startswith(signature):
            raise unreadable(name, f"is {what}, not a table", remedy=remedy)


def _decode(content: bytes, name: str, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not valid {encoding} (byte {error.start + 1})"
        raise unreadable(name, message, remedy=f"give its encoding, or {SAVE_AS}", line=line) from None
    except (LookupError, ValueError):
        raise UsageError(
            f"{printable(encoding)!r} is no text encoding", remedy="for example utf-8, cp1252, utf-16"
        ) from None


def _checked(text: str, name: str) -> str:
    position = text.find("\0")
    if position < 0:
        return text
    line = text.count("\n", 0, position) + 1
    raise unreadable(name, "holds NUL bytes: it is binary, or UTF-16 without its mark", line=line)


def separator_line(text: str) -> tuple[str | None, int]:
    """The delimiter that a first line `sep=;` names (None without one) and where the table starts."""
    match = _SEPARATOR_LINE.match(text)
    return (match["delimiter"], match.end()) if match else (None, 0)


def guess_delimiter(text: str) -> str:
    """The delimiter that the first rows speak for; empty when there is one column.

    Evidence is a column count that the rows share with the header, counted outside quotes; more columns
    weigh more, and of equals the one that is rarer in prose wins.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    scores = {each: _evidence(sample, each, cut=len(sample) < len(text)) for each in _CANDIDATES}
    best = max(_CANDIDATES, key=lambda each: scores[each])
    return best if scores[best] else ""


def _evidence(sample: str, delimiter: str, *, cut: bool) -> float:
    """Columns beyond the first, times the share of rows that have them; 0 below half of the rows."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    rows = [cells for cells, _ in zip(reader, range(_SAMPLE_ROWS), strict=False) if "".join(cells).strip()]
    if cut and 1 < len(rows) < _SAMPLE_ROWS:
        rows.pop()
    if not rows or len(rows[0]) < 2:  # noqa: PLR2004 - two columns need a delimiter, one does not
        return 0
    width = len(rows[0])
    share = sum(_agreement(cells, width) for cells in rows) / len(rows)
    return share * (width - 1) if share >= 0.5 else 0  # noqa: PLR2004 - half of the rows


def _agreement(cells: list[str], width: int) -> float:
    """1 for a row as wide as the header, a half for one that stops early, 0 for any other."""
    if len(cells) == width or (len(cells) > width and not "".join(cells[width:]).strip()):
        return 1
    return 0.5 if 1 < len(cells) < width else 0


def records(text: str, delimiter: str, name: str, first_line: int = 1) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line of the file on which it begins; an empty `delimiter` splits nothing.

    Raises `IncompleteError` (code `unreadable`) for a quote that is never closed.
    """
    lines = chain(io.StringIO(text, newline=""), (_END,))
    reader = csv.reader(lines, delimiter=delimiter or _NOTHING)
    end = [_END]
    start = following = first_line
    try:
        for cells in reader:
            if cells == end:
                return
            start, following = following, first_line + reader.line_num
            yield start, cells
    except csv.Error:
        raise _open_quote(name, following) from None
    raise _open_quote(name, start)


def _open_quote(name: str, line: int) -> IncompleteError:
    """`csv` refuses nothing but a cell beyond its limit (128 KiB), and that is a forgotten quote too."""
    message = "a quote that opens in this row is never closed"
    return unreadable(name, message, remedy="close it, or double it when it is part of the text", line=line)
