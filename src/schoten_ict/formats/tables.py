"""Tables from other people's files: CSV and XLSX to a header and rows of text.

Nothing is interpreted here; a whole column decides what its dates and amounts mean (`dates`, `money`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schoten_ict.core.errors import Problem, UsageError
from schoten_ict.core.text import printable
from schoten_ict.formats import delimited, spreadsheets
from schoten_ict.formats.refusal import place, unreadable

Record = tuple[int, Sequence[str]]
Row = tuple[int, tuple[str, ...]]

_TURNED = 500  # so many rows become columns at once: they fit in the processor's cache


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as it stands in its file.

    `header` names each column, trimmed; no two names differ only in case. A row is the line on which it
    begins (the row number in a workbook) and as many cells as there are names, untrimmed. Blank rows are
    left out, and so is every row that a problem names, except under the code `formula`. `encoding` is
    `xlsx` for a workbook and `cp1252` where the text was not valid UTF-8; `delimiter` is empty for a
    workbook and for a single column.
    """

    name: str
    header: tuple[str, ...]
    rows: Sequence[Row]
    encoding: str
    delimiter: str
    problems: tuple[Problem, ...] = ()

    def column(self, name: str) -> list[str]:
        """The cells under the header `name`, in row order; raises `ValueError` for an unknown name."""
        index = self.header.index(name)
        return [cells[index] for _, cells in self.rows]

    def columns(self) -> list[list[str]]:
        """The cells of every column, in the order of the header and of the rows."""
        found: list[list[str]] = [[] for _ in self.header]
        for start in range(0, len(self.rows), _TURNED):
            block = [cells for _, cells in self.rows[start : start + _TURNED]]
            for column, cells in zip(found, zip(*block, strict=True), strict=True):
                column.extend(cells)
        return found


def read_table(
    content: bytes,
    name: str,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> RawTable:
    """The table in a file of any kind; `name` is what errors call it.

    The content tells a workbook from text. `delimiter` and `encoding` are for text and found out when
    None, `sheet` is for workbooks. Raises `IncompleteError` (code `unreadable`) when there is no table to
    read, `NotFoundError` for an unknown sheet, `UsageError` for options that cannot be.
    """
    if spreadsheets.is_zip(content):
        page = spreadsheets.read_sheet(content, name, sheet)
        header, rows, problems = _shape(page.rows, name)
        return RawTable(name, header, rows, "xlsx", "", (*page.problems, *problems))
    if sheet is not None:
        raise UsageError(f"{place(name)} is no workbook and has no sheets", remedy="leave the sheet out")
    return _text_table(content, name, delimiter, encoding)


def _text_table(content: bytes, name: str, delimiter: str | None, encoding: str | None) -> RawTable:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise UsageError(
            f"{printable(delimiter)!r} cannot be a delimiter", remedy="give one character, such as ;"
        )
    text, used = delimited.decode(content, name, encoding)
    named, start = delimited.separator_line(text)
    body = text[start:]
    chosen = delimiter or named or delimited.guess_delimiter(body)
    first_line = 2 if start else 1
    header, rows, problems = _shape(delimited.records(body, chosen, name, first_line), name)
    return RawTable(name, header, rows, used, chosen, problems)


def _shape(records: Iterable[Record], name: str) -> tuple[tuple[str, ...], list[Row], tuple[Problem, ...]]:
    """Header, rows of the header's width, and a problem for each row that does not fit."""
    iterator = iter(records)
    header = _header(iterator, name)
    width = len(header)
    rows: list[Row] = []
    problems = []
    for line, cells in iterator:
        fitted = tuple(cells) if len(cells) == width else _fitted(cells, width)
        if fitted is None:
            problems.append(_too_long(name, line, len(cells), width))
        elif "".join(fitted).strip():
            rows.append((line, fitted))
    return header, rows, tuple(problems)


def _fitted(cells: Sequence[str], width: int) -> tuple[str, ...] | None:
    """The row cut or padded to `width`; None when that would lose text."""
    if "".join(cells[width:]).strip():
        return None
    return (*cells[:width], *("" for _ in range(width - len(cells))))


def _too_long(name: str, line: int, cells: int, width: int) -> Problem:
    return Problem(
        code="row",
        message=f"has {cells} cells, the header has {width}",
        subject=place(name, line),
        remedy="put quotes around a cell that holds the delimiter",
    )


def _header(records: Iterable[Record], name: str) -> tuple[str, ...]:
    for line, cells in records:
        names = [" ".join(cell.split()) for cell in cells]
        while names and not names[-1]:
            names.pop()
        if names:
            return _named(names, name, line)
    raise unreadable(name, "is empty", remedy="give a file with a header and rows")


def _named(names: list[str], name: str, line: int) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for column, each in enumerate(names, start=1):
        if not each:
            raise unreadable(name, f"column {column} has no name", remedy="name it in the header", line=line)
        first = seen.setdefault(each.casefold(), column)
        if first != column:
            message = f"columns {first} and {column} are both named {printable(each)}"
            raise unreadable(name, message, remedy="rename or remove one of them", line=line)
    return tuple(names)
