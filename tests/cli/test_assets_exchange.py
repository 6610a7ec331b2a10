"""`ict assets import` and `export`: plan, question, application, and a file that Excel and ict both read."""

import shutil
from pathlib import Path

import pytest

from running import Ict

SAMPLE = Path(__file__).parents[2]
ROWS = (
    "Inventarisnummer;Categorie;Merk;Serienummer;Status;Aankoopdatum;Aankoopprijs;Houder;Opmerkingen\r\n"
    'LT-0100;Laptop;Dell;5CG100A;in gebruik;31/01/2026;1.012,77;"lokaal: GH-1";"=HYPERLINK(""x"")"\r\n'
    "LT-0101;Laptp;Dell;5CG101A;op voorraad;01/02/2026;950,00;;\r\n"
    "LT-0102;Laptop;Dell;;op voorraad;01/02/2026;950,00;;+32 3 000 10 42\r\n"
)


@pytest.fixture
def lists(ict: Ict, workspace: Path) -> Ict:
    (workspace / "assets.csv").write_bytes(ROWS.encode("utf-8-sig"))
    return ict


def tags(ict: Ict) -> list[str]:
    return [row["tag"] for row in ict("assets", "list").table()]


def test_a_dry_run_gives_the_whole_plan_and_writes_nothing(lists: Ict, workspace: Path) -> None:
    answer = lists("assets", "import", "assets.csv", "--dry-run", "-o", "json")
    assert answer.exit == 3
    document = answer.json()
    assert document["kind"] == "assets.import"
    assert [(row["row"], row["action"], row["key"]) for row in document["data"]] == [
        (2, "new", "LT-0100"),
        (3, "refused", "LT-0101"),
        (4, "new", "LT-0102"),
    ]
    first, refused, _ = (row["changes"] for row in document["data"])
    assert refused == {}
    assert first["serial"] == {"after": "5CG100A"}
    assert first["purchase_cents"] == {"after": 101277}
    assert first["holder"] == {"after": "room:GH-1"}
    (error,) = document["errors"]
    assert (error["code"], error["subject"]) == ("refused", "assets.csv:3")
    assert "did you mean laptop?" in error["message"]
    assert not (workspace / "data" / "ict.db").exists()


def test_the_good_rows_are_applied_together(lists: Ict) -> None:
    assert lists("assets", "import", "assets.csv", "--yes").exit == 3
    assert tags(lists) == ["LT-0100", "LT-0102"]
    again = lists("assets", "import", "assets.csv", "--yes", "-o", "json")
    assert [row["action"] for row in again.json()["data"]] == ["unchanged", "refused", "unchanged"]
    assert len(lists("journal", "show").table()) == 1


def test_a_row_that_fits_no_columns_is_refused_among_the_others(lists: Ict) -> None:
    text = "Tag;Categorie\nA1;laptop;x\nA2;laptop\n"
    (lists.folder / "long.csv").write_text(text, encoding="utf-8")
    answer = lists("assets", "import", "long.csv", "--dry-run", "-o", "json").json()
    assert [(row["row"], row["action"]) for row in answer["data"]] == [(2, "refused"), (3, "new")]
    assert answer["errors"][0]["message"] == "has 3 cells, the header has 2"


def test_strict_applies_none_when_one_is_refused(lists: Ict) -> None:
    assert lists("assets", "import", "assets.csv", "--yes", "--strict").exit == 3
    assert tags(lists) == []


def test_a_word_can_be_mapped_to_a_category(lists: Ict) -> None:
    words = ("assets", "import", "assets.csv", "--yes", "--strict", "--map-category", "laptp=laptop")
    assert lists(*words).exit == 0
    assert len(tags(lists)) == 3
    assert lists("assets", "import", "assets.csv", "--dry-run", "--map-category", "a=nothing").exit == 5
    assert lists("assets", "import", "assets.csv", "--dry-run", "--category", "lapto").exit == 5


def test_a_bulk_change_is_confirmed(lists: Ict) -> None:
    answer = lists("assets", "import", "assets.csv")
    assert answer.exit == 8
    assert "2\tnew\tLT-0100" in answer.err
    assert "did you mean laptop?" in answer.err
    assert tags(lists) == []
    assert lists("assets", "import", "assets.csv", stdin="y\n", tty=True).exit == 3
    assert len(tags(lists)) == 2


def test_the_plan_stands_above_the_question(lists: Ict) -> None:
    lists("assets", "import", "assets.csv", "--yes")
    more = "".join(f"LT-{number};Laptop;Dell;;op voorraad;;;;\r\n" for number in range(2000, 2025))
    text = ROWS.replace("5CG100A", "5CG999A") + more
    (lists.folder / "assets.csv").write_text(text, encoding="utf-8", newline="")
    answer = lists("assets", "import", "assets.csv", stdin="n\n", tty=True)
    plan, _, question = answer.err.partition("And 5 more new rows; --dry-run shows all. Import 25 new and 1")
    assert question
    assert "did you mean" in " ".join(plan.split())
    assert "5CG999A" in plan
    assert "LT-2019" in plan
    assert "LT-2020" not in plan


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (("nothing.csv",), 5),
        (("assets.csv", "--preset", "other"), 2),
        (("assets.csv", "--dates", "ydm"), 2),
        (("assets.csv", "--decimal", ";"), 2),
        (("assets.csv", "--map", "sreial=Merk"), 2),
        (("assets.csv", "--map", "serial=Nummer"), 2),
        (("assets.csv", "--preset", "glpi"), 3),
        (("assets.csv", "--sheet", "Blad1"), 2),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(lists: Ict, words: tuple[str, ...], exit_code: int) -> None:
    answer = lists("assets", "import", *words, "--yes")
    assert answer.exit == exit_code
    assert len(answer.err.splitlines()) == 1
    assert tags(lists) == []


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_an_export_reads_back_unchanged_and_runs_no_formula(lists: Ict, name: str) -> None:
    lists("assets", "import", "assets.csv", "--yes")
    assert lists("assets", "export", name).table()[0]["assets"] == "2"
    back = lists("assets", "import", name, "--dry-run", "-o", "json").json()
    assert [row["action"] for row in back["data"]] == ["unchanged", "unchanged"]
    assert lists("assets", "export", name).exit == 6


def test_the_csv_is_what_belgian_excel_saves(lists: Ict) -> None:
    lists("assets", "import", "assets.csv", "--yes")
    lists("assets", "export", "out.csv", "--status", "assigned")
    content = (lists.folder / "out.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfInventarisnummer;Categorie;Merk;")
    lines = content.decode("utf-8-sig").split("\r\n")
    assert len(lines) == 3
    assert ";31/01/2026;1012,77;" in lines[1]
    assert "\"'=HYPERLINK(" in lines[1]


def test_a_cell_of_the_workbook_is_text(lists: Ict) -> None:
    from openpyxl import load_workbook

    lists("assets", "import", "assets.csv", "--yes")
    lists("assets", "export", "out.xlsx")
    sheet = load_workbook(lists.folder / "out.xlsx").worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert '=HYPERLINK("x")' in {cell.value for cell in cells}


def test_the_sample_imports_whole_and_exports_its_own_headers(ict: Ict) -> None:
    shutil.copy(SAMPLE / "inventory.yaml", ict.folder)
    shutil.copytree(SAMPLE / "inventory.d", ict.folder / "inventory.d")
    assert ict("people", "import", SAMPLE / "sample" / "people.csv", "--yes").exit == 0
    words = ("assets", "import", SAMPLE / "sample" / "assets.csv", "--yes", "-o", "json")
    first = ict(*words)
    assert first.exit == 0, first.err
    assert [row["action"] for row in first.json()["data"]] == ["new"] * 600
    assert {row["action"] for row in ict(*words).json()["data"]} == {"unchanged"}
    ict("assets", "export", "out.csv")
    given = (SAMPLE / "sample" / "assets.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert (ict.folder / "out.csv").read_text(encoding="utf-8-sig").splitlines()[0] == given
    back = ict("assets", "import", "out.csv", "--dry-run", "-o", "json").json()["data"]
    assert {(row["action"], row["reason"]) for row in back} == {("unchanged", "")}


def test_a_national_number_in_a_value_by_hand_is_refused(lists: Ict) -> None:
    lists("assets", "import", "assets.csv", "--yes")
    answer = lists("assets", "edit", "LT-0100", "--set", "notes=van 85.07.30-033.28")
    assert (answer.exit, "033" in answer.err) == (3, False)
