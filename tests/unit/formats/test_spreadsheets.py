"""A workbook reads like the CSV of its first sheet, and a hostile one is refused."""

import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from schoten_ict.core.errors import IctError, IncompleteError, NotFoundError
from schoten_ict.formats import spreadsheets
from schoten_ict.formats.tables import read_table

SHEET = "xl/worksheets/sheet1.xml"


def workbook(rows: Iterable[Iterable[Any]], title: str = "Blad1") -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_member(content: bytes, name: str, data: bytes) -> bytes:
    """The archive with one member replaced or added."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, data)
    return buffer.getvalue()


def with_cells(xml: str) -> bytes:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    page = f'<worksheet xmlns="{namespace}"><sheetData>{xml}</sheetData></worksheet>'
    return with_member(workbook([["a", "b"]]), SHEET, page.encode())


HEADER = '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("LT-1", "LT-1"),
        (" 007 ", " 007 "),
        (3, "3"),
        (3.0, "3"),
        (-1234.5, "-1234.5"),
        (1234.4999999999, "1234.4999999999"),
        (1e20, "1e+20"),
        (True, "true"),
        (False, "false"),
        (date(2028, 10, 27), "2028-10-27"),
        (datetime(2028, 10, 27), "2028-10-27"),
        (datetime(2028, 10, 27, 14, 30), "2028-10-27T14:30:00"),
        (time(8, 5), "08:05:00"),
        (timedelta(hours=26), "1 day, 2:00:00"),
        ("#N/A", "#N/A"),
        (None, ""),
    ],
)
def test_a_cell_has_one_text(value: Any, text: str) -> None:
    table = read_table(workbook([["key", "value"], ["x", value]]), "a.xlsx")
    assert table.rows == [(2, ("x", text))]
    assert (table.encoding, table.delimiter, table.problems) == ("xlsx", "", ())


def test_the_content_tells_a_workbook_not_the_name() -> None:
    assert read_table(workbook([["a"], ["1"]]), "export.csv").encoding == "xlsx"


def test_line_numbers_are_row_numbers() -> None:
    rows: list[list[Any]] = [[None, None], ["a", "b"], [None], ["1", None], ["2", "3", "4"], ["5", "6"]]
    table = read_table(workbook(rows), "a.xlsx")
    assert table.rows == [(4, ("1", "")), (6, ("5", "6"))]
    assert [problem.subject for problem in table.problems] == ["a.xlsx:5"]


def test_a_wrong_declared_size_loses_no_cells() -> None:
    content = workbook([["a", "b"], ["1", "2"]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        page = archive.read(SHEET).replace(b'ref="A1:B2"', b'ref="A1:A1"')
    assert read_table(with_member(content, SHEET, page), "a.xlsx").rows == [(2, ("1", "2"))]


def test_the_first_visible_sheet_is_read_unless_one_is_named() -> None:
    book = Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title = "Lijsten"
    hidden.sheet_state = "hidden"
    hidden.append(["hidden"])
    book.create_sheet("Toestellen").append(["tag"])
    content = saved(book)
    assert read_table(content, "a.xlsx").header == ("tag",)
    assert read_table(content, "a.xlsx", sheet="Lijsten").header == ("hidden",)
    with pytest.raises(NotFoundError, match="did you mean Toestellen") as caught:
        read_table(content, "a.xlsx", sheet="Toestel")
    assert caught.value.remedy == "its sheets are: Lijsten, Toestellen"


def test_formulas_count_with_their_saved_value() -> None:
    xml = HEADER + (
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>IF(1,"","")</f><v></v></c></row>'
    )
    table = read_table(with_cells(xml), "a.xlsx")
    assert table.rows == [(2, ("2", ""))]
    assert table.problems == ()


def test_formulas_without_a_saved_value_are_reported_once_a_column() -> None:
    content = workbook([["a", "b"], ["1", "=A2"], ["2", "=A3"]])
    table = read_table(content, "a.xlsx")
    assert table.rows == [(2, ("1", "")), (3, ("2", ""))]
    assert [(problem.code, problem.subject, problem.message) for problem in table.problems] == [
        ("formula", "a.xlsx:2", "2 formula(s) in column B have no saved value and read as blank")
    ]


def refusal(content: bytes) -> str:
    with pytest.raises(IncompleteError) as caught:
        read_table(content, "a.xlsx")
    problem = caught.value.problems[0]
    assert problem.code == "unreadable"
    assert problem.remedy
    return problem.message


def test_another_archive_is_no_workbook() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(buffer.getvalue()) == "is a ZIP archive, but no XLSX workbook"


def test_a_damaged_workbook_is_refused() -> None:
    content = workbook([["a"], ["1"]])
    assert "damaged" in refusal(content[: len(content) // 2])
    assert "damaged" in refusal(with_member(content, SHEET, b"<worksheet>"))


def test_a_bomb_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_UNPACKED_BYTES", 1 << 20)
    bomb = with_member(workbook([["a"]]), "xl/media/image.bin", bytes(2 << 20))
    assert len(bomb) < 1 << 14
    assert refusal(bomb).startswith("unpacks to more than 1 MiB")


def test_a_row_number_beyond_those_of_excel_is_refused() -> None:
    xml = HEADER + '<row r="2000000"><c r="A2000000" t="str"><v>x</v></c></row>'
    assert refusal(with_cells(xml)).startswith("unpacks to more than")


def test_very_wide_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_CELLS", 10_000)
    assert refusal(with_cells(HEADER + '<row r="2"><c r="XFD2"><v>1</v></c></row>')).startswith(
        "unpacks to more"
    )


def test_xml_entities_are_not_expanded() -> None:
    page = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    assert refusal(with_member(workbook([["a"]]), SHEET, page)).startswith("is a damaged workbook")


WHOLE = workbook([["tag", "price"], ["LT-1", 3.5], ["LT-2", date(2026, 1, 2)]])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_spoilt_workbook_is_a_table_or_an_error_of_ours(changes: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for position, byte in changes:
        content[position] = byte
    try:
        read_table(bytes(content), "a.xlsx")
    except IctError:
        return


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_spoilt_sheet_is_a_table_or_an_error_of_ours(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as archive:
        page = archive.read(SHEET)
    start = data.draw(st.integers(0, len(page) - 1))
    length = data.draw(st.integers(0, 20))
    filler = data.draw(st.binary(max_size=6))
    try:
        read_table(with_member(WHOLE, SHEET, page[:start] + filler + page[start + length :]), "a.xlsx")
    except IctError:
        return
