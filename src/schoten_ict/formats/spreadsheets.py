"""XLSX workbooks: from bytes to rows of text. Formulas count with the value that was saved with them."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from math import isfinite
from typing import TYPE_CHECKING, Any

from schoten_ict.core.errors import IctError, NotFoundError, Problem
from schoten_ict.core.text import nearest, printable
from schoten_ict.formats.columns import Number
from schoten_ict.formats.refusal import place, unreadable

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_ROWS = 1_048_576  # Excel's own limit; a file may claim any row number
MAX_CELLS = 20_000_000

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_CHUNK = 1 << 20
_OVERLAP = 32


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet as text, with their row numbers; formulas without a value are problems."""

    rows: list[tuple[int, list[str]]]
    problems: tuple[Problem, ...]


def is_zip(content: bytes) -> bool:
    """Whether the bytes begin as a ZIP archive does, which every XLSX file is."""
    return content.startswith(_ZIP_STARTS)


def read_sheet(content: bytes, name: str, sheet: str | None) -> Sheet:
    """The named sheet, else the first visible one.

    Raises `IncompleteError` (code `unreadable`) for what is no workbook, is damaged or unpacks to more
    than the limits above, `NotFoundError` for an unknown sheet.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which are not read
            has_formulas = _inspect(content, name)
            return _read(content, name, sheet, has_formulas=has_formulas)
    except IctError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged workbook raises anything from within openpyxl
        message = f"is a damaged workbook ({type(error).__name__})"
        raise unreadable(name, message, remedy="open it in Excel and save it as XLSX") from None


def _inspect(content: bytes, name: str) -> bool:
    """Refuse what is no workbook or too large, by unpacking it once; return whether it has formulas."""
    has_formulas = False
    size = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if not any(member.startswith("xl/") for member in archive.namelist()):
            raise unreadable(name, "is a ZIP archive, but no XLSX workbook")
        for member in archive.infolist():
            for chunk in _chunks(archive, member):
                size += len(chunk)
                if size > MAX_UNPACKED_BYTES:
                    raise _too_large(name)
                has_formulas = has_formulas or _FORMULA.search(chunk) is not None
    return has_formulas


def _chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes piece by piece: the size that an archive declares may be a lie.

    Each piece begins with the end of the one before, so that a tag is whole in one of them.
    """
    tail = b""
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            yield tail + chunk
            tail = chunk[-_OVERLAP:]


def _too_large(name: str) -> IctError:
    limit = f"{MAX_UNPACKED_BYTES >> 20} MiB, {MAX_ROWS:,} rows or {MAX_CELLS:,} cells"
    return unreadable(name, f"unpacks to more than {limit}", remedy="save the table alone, as CSV UTF-8")


def _read(content: bytes, name: str, sheet: str | None, *, has_formulas: bool) -> Sheet:
    title = _title(_open(content, data_only=True), name, sheet)
    rows = []
    count = 0
    for number, values in enumerate(_rows(content, title, data_only=True, values_only=True), start=1):
        count += len(values)
        if number > MAX_ROWS or count > MAX_CELLS:
            raise _too_large(name)
        if values:  # rows that the sheet leaves out come as empty ones
            rows.append((number, [each if type(each) is str else _text(each) for each in values]))
    return Sheet(rows, _missing_values(content, name, title) if has_formulas else ())


def _open(content: bytes, *, data_only: bool) -> "Workbook":
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(content), read_only=True, data_only=data_only)


def _rows(content: bytes, title: str, *, data_only: bool, values_only: bool) -> Iterator[tuple[Any, ...]]:
    page: Any = _open(content, data_only=data_only)[title]
    page.reset_dimensions()  # the size that a sheet declares is often wrong
    rows: Iterator[tuple[Any, ...]] = page.iter_rows(values_only=values_only)
    return rows


def _title(workbook: "Workbook", name: str, sheet: str | None) -> str:
    pages = workbook.worksheets
    titles = [page.title for page in pages]
    if not titles:
        raise unreadable(name, "has no sheet with cells")
    if sheet is None:
        return next((page.title for page in pages if page.sheet_state == "visible"), titles[0])
    if sheet in titles:
        return sheet
    known = ", ".join(printable(title) for title in titles)
    raise NotFoundError(
        f"has no sheet {printable(sheet)!r}{nearest(sheet, titles)}",
        subject=place(name), remedy=f"its sheets are: {known}",
    )  # fmt: skip


def _text(value: object) -> str:
    """A cell as text: `3` for 3.0, ISO dates, `true`; a date's time is kept unless it is midnight."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else Number(value) if isfinite(value) else repr(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | time):
        return value.isoformat(timespec="seconds")
    return "" if value is None else str(value)


def _missing_values(content: bytes, name: str, title: str) -> tuple[Problem, ...]:
    """One problem for each column in which formulas were saved without their value.

    A formula whose value is the empty text says so by its type (`str`) and is not missing.
    """
    written = _rows(content, title, data_only=False, values_only=False)
    saved = _rows(content, title, data_only=True, values_only=False)
    missing: dict[int, list[int]] = {}
    for number, (formulas, values) in enumerate(zip(written, saved, strict=True), start=1):
        for column, (formula, value) in enumerate(zip(formulas, values, strict=True), start=1):
            if formula.data_type == "f" and value.value is None and value.data_type != "str":
                missing.setdefault(column, []).append(number)
    return tuple(_missing(name, column, numbers) for column, numbers in sorted(missing.items()))


def _missing(name: str, column: int, numbers: list[int]) -> Problem:
    from openpyxl.utils import get_column_letter

    letter = get_column_letter(column)
    return Problem(
        code="formula",
        message=f"{len(numbers)} formula(s) in column {letter} have no saved value and read as blank",
        subject=place(name, numbers[0]),
        remedy="open it in Excel or LibreOffice and save it again",
    )
