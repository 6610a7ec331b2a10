"""Tables for Belgian Excel: CSV with semicolons, and XLSX. What looks like a formula stays text."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED = re.compile(r"'+[=+\-@\t\r]")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Cell = str | date | Decimal | None


def belgian_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """CSV as Belgian Excel saves it: `;`, UTF-8 with its mark, CRLF, decimal comma, dd/mm/yyyy."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_quoted(name) for name in header)
    writer.writerows([_flat(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def workbook(header: Sequence[str], rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """An XLSX workbook with one sheet; texts are cells of type text and never formulas."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    assert isinstance(sheet, WriteOnlyWorksheet)

    def text_cell(value: str) -> object:
        made = WriteOnlyCell(sheet, _NOT_IN_XML.sub("\ufffd", value))
        made.data_type = "s"  # whatever it begins with
        return made

    for row in (header, *rows):
        sheet.append([text_cell(_still(each)) if isinstance(each, str) else each for each in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def unquoted(text: str) -> str:
    """The text behind the apostrophe that keeps a spreadsheet from running it."""
    return text[1:] if text.startswith("'") and _QUOTED.match(text) else text


def _quoted(text: str) -> str:
    """Text with an apostrophe before what a spreadsheet would run (OWASP CSV injection)."""
    return f"'{text}" if _FORMULA.match(text) else text


def _still(text: str) -> str:
    """Text that `unquoted` gives back as it is."""
    return f"'{text}" if _QUOTED.match(text) else text


def _flat(cell: Cell) -> str:
    if isinstance(cell, str):
        return _quoted(cell)
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return "" if cell is None else str(cell).replace(".", ",")
