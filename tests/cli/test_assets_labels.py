"""`ict assets labels`: which labels, where the next run begins, and a file that is whole or not there."""

from datetime import date
from pathlib import Path

import pytest

from running import NOW, Ict
from schoten_ict.render.documents import label_sheet
from schoten_ict.render.labels import SHEETS
from schoten_ict.render.shapes import Label

TODAY = date(2026, 11, 26)


@pytest.fixture
def stock(ict: Ict, workspace: Path) -> Ict:
    """Three laptops of two days and a monitor."""
    words = ("--set", "manufacturer=Dell", "--set", "model=Latitude 5540", "--set", "serial=5CG1234")
    assert ict("assets", "add", "--category", "laptop", *words, now=NOW.replace(day=10)).exit == 0
    assert ict("assets", "add", "--category", "laptop", "--count", 2).exit == 0
    assert ict("assets", "add", "--category", "monitor").exit == 0
    return ict


def test_a_label_says_tag_organisation_make_and_serial(stock: Ict) -> None:
    answer = stock("assets", "labels", "lt-0001", "MN-0001", "--pdf", "labels.pdf", "--sheet", "Avery-L7163")
    assert answer.exit == 0, answer.err
    faces = [
        Label("LT-0001", "LT-0001", ("Dell Latitude 5540", "S/N 5CG1234")),
        Label("MN-0001", "MN-0001", ()),
    ]
    expected = label_sheet(faces, "L7163", day=TODAY, organisation="Lokaal bestuur Voorbeeld")
    assert (stock.folder / "labels.pdf").read_bytes() == expected
    assert answer.table()[0]["tags"] == '["LT-0001","MN-0001"]'


def test_the_inventory_chooses_the_sheet_and_adds_a_line(stock: Ict) -> None:
    inventory = stock.folder / "inventory.yaml"
    text = inventory.read_text(encoding="utf-8")
    added = "assets:\n  labels: {sheet: avery-L4732, text: ict@schoten.example}\n"
    inventory.write_text(text.replace("assets:\n", added, 1), encoding="utf-8")
    assert stock("assets", "labels", "LT-0002", "--pdf", "a.pdf").table()[0]["sheet"] == "L4732"
    expected = label_sheet(
        [Label("LT-0002", "LT-0002", ("ict@schoten.example",))], "L4732", day=TODAY,
        organisation="Lokaal bestuur Voorbeeld",
    )  # fmt: skip
    assert (stock.folder / "a.pdf").read_bytes() == expected


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        (("--category", "laptop"), '["LT-0001","LT-0002","LT-0003"]'),
        (("--new-since", "26/11/2026"), '["LT-0002","LT-0003","MN-0001"]'),
        (("--new-since", "2026-11-10"), '["LT-0001","LT-0002","LT-0003","MN-0001"]'),
        (("--category", "laptop", "--new-since", "2026-11-11"), '["LT-0002","LT-0003"]'),
        (("LT-0003", "LT-0001", "lt-0003"), '["LT-0003","LT-0001"]'),
    ],
)
def test_the_choice(stock: Ict, words: tuple[str, ...], tags: str) -> None:
    assert stock("assets", "labels", *words, "--pdf", "a.pdf").table()[0]["tags"] == tags


def test_what_has_left_gets_a_label_only_by_name(stock: Ict) -> None:
    stock("assets", "retire", "LT-0001")
    stock("assets", "lost", "LT-0002")
    answer = stock("assets", "labels", "--category", "laptop", "--pdf", "a.pdf")
    assert answer.table()[0]["tags"] == '["LT-0003"]'
    assert stock("assets", "labels", "LT-0001", "--pdf", "b.pdf").exit == 0


@pytest.mark.parametrize(
    ("sheet", "start", "labels", "pages", "after"),
    [
        ("L7160", 1, 1, 1, 2),
        ("L7160", 5, 30, 2, 14),
        ("L7160", 5, 17, 1, 1),
        ("L7160", 21, 2, 2, 2),
        ("dymo-11354", 1, 3, 3, 1),
    ],
)
def test_the_next_run_begins_where_this_one_ends(
    stock: Ict, sheet: str, start: int, labels: int, pages: int, after: int
) -> None:
    stock("assets", "add", "--category", "laptop", "--count", 30)
    tags = [f"LT-{number:04}" for number in range(1, labels + 1)]
    answer = stock("assets", "labels", *tags, "--pdf", "a.pdf", "--sheet", sheet, "--start", start)
    row = answer.table()[0]
    assert (row["labels"], row["pages"], row["next_start"]) == (str(labels), str(pages), str(after))


def test_a_file_that_is_there_is_replaced_only_after_yes(stock: Ict) -> None:
    pdf = stock.folder / "labels.pdf"
    pdf.write_bytes(b"something else")
    answer = stock("assets", "labels", "LT-0001", "--pdf", "labels.pdf")
    assert answer.exit == 6
    assert "labels.pdf exists already" in answer.err
    assert pdf.read_bytes() == b"something else"
    assert stock("assets", "labels", "LT-0001", "--pdf", "labels.pdf", "--yes").exit == 0
    assert pdf.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("LT-0001",), 2, "give --pdf FILE"),
        (("--pdf", "a.pdf"), 2, "give tags, --category or --new-since"),
        (("LT-0001", "--category", "laptop", "--pdf", "a.pdf"), 2, "exclude each other"),
        (("LT-0001", "--pdf", "a.pdf", "--start", "22"), 2, "start 22 lies beyond the sheet"),
        (("LT-0001", "--pdf", "a.pdf", "--start", "0"), 2, "--start"),
        (("--new-since", "gisteren", "--pdf", "a.pdf"), 2, "--new-since"),
        (("LT-9", "--pdf", "a.pdf"), 5, "no asset 'LT-9'"),
        (("--category", "lapto", "--pdf", "a.pdf"), 5, "did you mean laptop?"),
        (("--new-since", "2026-12-01", "--pdf", "a.pdf"), 5, "no asset to label"),
        (("LT-0001", "--pdf", "a.pdf", "--sheet", "dymo-1135"), 5, "did you mean dymo-11354?"),
        (("LT-0001", "--pdf", "nowhere/a.pdf"), 5, "there is no folder nowhere"),
        (("LT-0001", "--pdf", "data"), 6, "data is a folder"),
    ],
)
def test_refusals_say_why_and_write_nothing(
    stock: Ict, words: tuple[str, ...], status: int, message: str
) -> None:
    before = sorted(stock.folder.iterdir())
    answer = stock("assets", "labels", *words)
    assert (answer.exit, answer.out) == (status, "")
    assert message in answer.err
    assert sorted(stock.folder.iterdir()) == before


def test_the_known_sheets_are_listed_without_a_workspace(ict: Ict) -> None:
    rows = ict("assets", "labels", "--sheets").table()
    assert [row["sheet"] for row in rows] == list(SHEETS)
    assert rows[2] == {
        "sheet": "L7160", "columns": "3", "rows": "7", "labels": "21", "width": "63.5", "height": "38.1",
    }  # fmt: skip
