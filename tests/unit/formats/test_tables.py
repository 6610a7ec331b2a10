"""Delimited text becomes a table with the file's own line numbers, or one clear error."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schoten_ict.core.errors import IctError, IncompleteError, UsageError
from schoten_ict.formats.tables import RawTable, read_table

LINE_ENDS = ("\n", "\r\n", "\r")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252")
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def encoded(text: str, encoding: str) -> bytes:
    return MARKS.get(encoding, b"") + text.encode(encoding)


def cells_of(table: RawTable) -> list[tuple[str, ...]]:
    return [cells for _, cells in table.rows]


def refusal(content: bytes, **options: str) -> str:
    with pytest.raises(IncompleteError) as caught:
        read_table(content, "assets.csv", **options)
    problem = caught.value.problems[0]
    assert problem.code == "unreadable"
    assert problem.remedy
    return problem.line()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    lines = ["tag,name,price", "LT-1,Laptop,1", "LT-2,Scherm,2"]
    content = "\n".join(lines).replace(",", delimiter).encode()
    table = read_table(content, "assets.csv")
    assert table.delimiter == delimiter
    assert table.header == ("tag", "name", "price")
    assert table.rows == [(2, ("LT-1", "Laptop", "1")), (3, ("LT-2", "Scherm", "2"))]
    assert table.encoding == "utf-8"
    assert table.problems == ()


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("naam;prijs\nPeeters, Jan;1,50\nMaes, An;2,50", ";"),
        ("Naam, voornaam;prijs\nPeeters, Jan;12", ";"),
        ("name,tags\nA,L1;L2;L3\nB,L1;L2;L3", ","),
        ('"a;b",c\n"d;e",f', ","),
        ("id,what\n1,a|b\n2,c|d", ","),
        ("a\tb;c\n1\t2;3", "\t"),
        ("a;b\n1;2;\n3;4;", ";"),
        ("a;b;c\n1\n2;3\n4;5;6", ";"),
        ("notes\none, two\nthree, four, five", ""),
        ("notes, if any\none\ntwo\nthree", ""),
        ("serial\nABC\nDEF", ""),
        ("a;b", ";"),
    ],
)
def test_the_delimiter_is_what_the_rows_speak_for(text: str, delimiter: str) -> None:
    assert read_table(text.encode(), "x.csv").delimiter == delimiter


def test_a_single_column_keeps_its_commas() -> None:
    table = read_table(b"notes\none, two\nthree; four, five\n", "notes.csv")
    assert cells_of(table) == [("one, two",), ("three; four, five",)]


def test_a_given_delimiter_wins() -> None:
    assert read_table(b"a;b,c\n1;2,3\n", "x.csv", delimiter=",").header == ("a;b", "c")


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
def test_the_separator_line_of_excel_is_no_row(first: str) -> None:
    table = read_table(f"{first}\r\na,b;c\r\n1,2;3\r\n".encode("utf-8-sig"), "x.csv")
    assert (table.delimiter, table.header) == (";", ("a,b", "c"))
    assert table.rows == [(3, ("1,2", "3"))]


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_found_and_told(encoding: str, shown: str) -> None:
    table = read_table(encoded("naam;prijs\nRené;€ 5\n", encoding), "x.csv")
    assert table.encoding == shown
    assert cells_of(table) == [("René", "€ 5")]
    assert table.header[0] == "naam"


def test_a_given_encoding_is_used_but_a_mark_is_believed() -> None:
    assert cells_of(read_table("a;b\né;1".encode("cp850"), "x.csv", encoding="CP850")) == [("é", "1")]
    assert read_table("a;b\né;1".encode("utf-8-sig"), "x.csv", encoding="cp1252").header == ("a", "b")


@pytest.mark.parametrize("encoding", ["klingon", "hex", "a\0b"])
def test_an_unknown_encoding_is_a_usage_error(encoding: str) -> None:
    with pytest.raises(UsageError, match="no text encoding"):
        read_table(b"a;b", "x.csv", encoding=encoding)


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_an_impossible_delimiter_is_a_usage_error(delimiter: str) -> None:
    with pytest.raises(UsageError, match="delimiter"):
        read_table(b"a;b", "x.csv", delimiter=delimiter)


def test_a_sheet_of_a_text_file_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no sheets"):
        read_table(b"a;b", "x.csv", sheet="Blad1")


@pytest.mark.parametrize("end", LINE_ENDS)
def test_line_numbers_are_those_of_the_file(end: str) -> None:
    lines = ["", "a;b", '1;"two', 'lines ""quoted"""', "", " ; ", "3;4", "", "5;6"]
    table = read_table(end.join(lines).encode(), "x.csv")
    assert table.rows == [(3, ("1", f'two{end}lines "quoted"')), (7, ("3", "4")), (9, ("5", "6"))]


def test_a_short_row_is_padded_and_a_long_one_is_a_problem() -> None:
    table = read_table(b"a;b\n1\n1;2;;\n1;2;3\n4;5\n", "x.csv")
    assert table.rows == [(2, ("1", "")), (3, ("1", "2")), (5, ("4", "5"))]
    assert [problem.line() for problem in table.problems] == [
        "x.csv:4: has 3 cells, the header has 2 - put quotes around a cell that holds the delimiter"
    ]


def test_header_names_are_trimmed_and_nameless_columns_at_the_end_dropped() -> None:
    table = read_table(b'\n tag ;"purchase\ndate";;\n1;2;;\n', "x.csv")
    assert table.header == ("tag", "purchase date")
    assert table.column("purchase date") == ["2"]


def test_cells_are_not_trimmed() -> None:
    assert cells_of(read_table(b"a;b\n 1 ;\t2\n", "x.csv")) == [(" 1 ", "\t2")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "assets.csv: is empty"),
        (b"\xef\xbb\xbf", "assets.csv: is empty"),
        (b" \r\n \t\r\n", "assets.csv: is empty"),
        (b"sep=;\n", "assets.csv: is empty"),
        (b"\n\na;b;A\n1;2;3", "assets.csv:3: columns 1 and 3 are both named A"),
        (b"a;;c\n1;2;3", "assets.csv:1: column 2 has no name"),
        (b"a;b\n1;\x002", "assets.csv:2: holds NUL bytes"),
        ("a;b\n".encode("utf-16-le"), "assets.csv:1: holds NUL bytes"),
        (b"\xff\xfea\0b", "assets.csv:1: is not valid utf-16-le"),
        (b"a;b\n1;\x81\n", "assets.csv:2: is not valid cp1252 (byte 7)"),
        (b"%PDF-1.7\n", "assets.csv: is a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "assets.csv: is an old or password-protected Excel file"),
        (b'a;b\n1;2\n3;"4\n5;6\n', "assets.csv:3: a quote that opens in this row is never closed"),
        (b'a;b\n1;2\n3;"' + b"x" * 200_000, "assets.csv:3: a quote that opens"),
        (b'a;"b', "assets.csv:1: a quote that opens"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(content: bytes, said: str) -> None:
    assert refusal(content).startswith(said)


def test_a_given_encoding_that_does_not_fit_is_refused_with_its_line() -> None:
    assert refusal(b"a;b\n1;\xe9\n", encoding="utf-8").startswith("assets.csv:2: is not valid utf-8")


def test_the_name_and_the_header_are_shown_without_steering_the_terminal() -> None:
    with pytest.raises(IncompleteError) as caught:
        read_table(b"\x1b[2Ja;\x1b[2JA\n", "\x1b]0;x.csv")
    assert "\x1b" not in caught.value.problems[0].line()


def assert_table_or_error(content: bytes) -> None:
    try:
        table = read_table(content, "x")
    except IctError:
        return
    assert all(len(cells) == len(table.header) for _, cells in table.rows)


@given(st.binary())
@example(b"sep=;")
@example(b"\r")
@example(b"PK\x03\x04")
def test_any_bytes_are_a_table_or_an_error_of_ours(content: bytes) -> None:
    assert_table_or_error(content)


@given(st.text(alphabet='a1;,\t|" \r\n='))
def test_any_text_is_a_table_or_an_error_of_ours(text: str) -> None:
    assert_table_or_error(text.encode())


def _is_plain(text: str) -> bool:
    return "\0" not in text and "\ufdd0" not in text


@st.composite
def written(draw: st.DrawFn) -> tuple[bytes, str, str, list[str], list[tuple[int, tuple[str, ...]]]]:
    """A file as csv.writer makes it, with what must be read from it."""
    delimiter = draw(st.sampled_from(",;\t|"))
    encoding = draw(st.sampled_from(ENCODINGS))
    end = draw(st.sampled_from(LINE_ENDS))
    codec = "cp1252" if encoding == "cp1252" else "utf-8"
    cell = st.text(st.characters(codec=codec, exclude_characters="\0\ufdd0"), max_size=8).filter(_is_plain)
    width = draw(st.integers(1, 4))
    header = [f"column {number}" for number in range(width)]
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=5))
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    expected = []
    for row in rows:
        so_far = buffer.getvalue()
        line = 1 + so_far.count("\n") + so_far.count("\r") - so_far.count("\r\n")
        writer.writerow(row)
        if "".join(row).strip():
            expected.append((line, tuple(row)))
    return encoded(buffer.getvalue(), encoding), encoding, delimiter, header, expected


@given(written())
def test_what_was_written_is_read_back(
    file: tuple[bytes, str, str, list[str], list[tuple[int, tuple[str, ...]]]],
) -> None:
    content, encoding, delimiter, header, expected = file
    table = read_table(content, "x.csv", delimiter=delimiter, encoding=encoding)
    assert list(table.header) == header
    assert table.rows == expected
    assert table.problems == ()


@given(
    st.sampled_from(",;\t|"),
    st.lists(st.lists(st.text("abc 12é\"'", max_size=6), min_size=3, max_size=3), max_size=6),
    st.sampled_from(LINE_ENDS),
)
def test_a_plain_table_needs_no_options(delimiter: str, rows: list[list[str]], end: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator=end).writerows([["a", "b", "c"], *rows])
    table = read_table(buffer.getvalue().encode(), "x.csv")
    assert table.delimiter == delimiter
    assert cells_of(table) == [tuple(row) for row in rows if "".join(row).strip()]
