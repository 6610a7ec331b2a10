"""`ict people`: the sample's colleagues import whole, and what is done by hand."""

from pathlib import Path

import pytest

from running import Ict

SAMPLE = Path(__file__).parents[2] / "sample"
FILE = "Personeelsnummer;Naam;Voornaam;Gebruikersnaam\n1042;Peeters;Els;peeterel\n;Maes;Jan;maesja\n"


@pytest.fixture
def people(ict: Ict, workspace: Path) -> Ict:
    (workspace / "hr.csv").write_text(FILE, encoding="utf-8")
    return ict


def test_the_sample_imports_whole_and_a_second_time_nothing_happens(ict: Ict, workspace: Path) -> None:
    words = ("people", "import", SAMPLE / "people.csv", "--yes", "-o", "json")
    first = ict(*words)
    assert first.exit == 0, first.err
    assert [row["action"] for row in first.json()["data"]] == ["new"] * 200
    assert {row["action"] for row in ict(*words).json()["data"]} == {"unchanged"}
    assert len(ict("journal", "show").table()) == 1


def test_refused_rows_are_named_and_the_others_are_applied(people: Ict) -> None:
    answer = people("people", "import", "hr.csv", "--yes", "-o", "json")
    assert answer.exit == 3
    assert [(row["row"], row["action"], row["key"]) for row in answer.json()["data"]] == [
        (2, "new", "1042"),
        (3, "refused", ""),
    ]
    assert [error["subject"] for error in answer.json()["errors"]] == ["hr.csv:3"]
    assert [row["name"] for row in people("people", "list").table()] == ["Els Peeters"]


def test_strict_applies_nothing(people: Ict) -> None:
    assert people("people", "import", "hr.csv", "--yes", "--strict").exit == 3
    assert people("people", "list").table() == []


def test_without_a_terminal_and_without_yes_nothing_is_touched(people: Ict) -> None:
    answer = people("people", "import", "hr.csv")
    assert answer.exit == 8
    assert "Nothing was changed" in answer.err
    assert "Els Peeters" in answer.err
    assert people("people", "list").table() == []


def test_a_person_who_says_no_is_believed(people: Ict) -> None:
    assert people("people", "import", "hr.csv", stdin="n\n", tty=True).exit == 8
    assert people("people", "list").table() == []
    assert people("people", "import", "hr.csv", stdin="y\n", tty=True).exit == 3
    assert len(people("people", "list").table()) == 1


def test_a_dry_run_writes_nothing(people: Ict, workspace: Path) -> None:
    answer = people("people", "import", "hr.csv", "--dry-run", "-o", "json")
    assert answer.exit == 3
    assert answer.json()["data"][0]["changes"]["username"] == {"after": "peeterel"}
    assert not (workspace / "data" / "ict.db").exists()


def test_add_edit_leave_and_show(people: Ict) -> None:
    assert people("people", "add", "7", "An  Claes", "--username", "claesan", "--department", "ICT").exit == 0
    assert people("people", "add", "7", "An Claes").exit == 6
    assert people("people", "add", "8", "Ann Claes", "--username", "CLAESAN").exit == 6
    edited = people("people", "edit", "claesan", "--set", "phone=03 000 10 42", "--set", "department=")
    assert edited.table()[0]["phone"] == "03 000 10 42"
    assert people("people", "leave", "7", "--on", "30/11/2026").table()[0]["leaves"] == "2026-11-30"
    shown = people("people", "show", "An Claes", "-o", "json").json()
    assert (shown["data"][0]["department"], shown["holds"], shown["handovers"]) == (None, [], [])
    assert people("people", "list", "--left").table() == []
    assert people("people", "edit", "7", "--set", "leaves=2026-11-01").exit == 0
    assert len(people("people", "list", "--left").table()) == 1
    assert people("people", "show", "Jan").exit == 5


def test_show_tells_what_somebody_holds_and_has_not_signed(people: Ict) -> None:
    people("people", "add", "7", "An Claes")
    people("assets", "add", "--category", "laptop")
    assert people("assets", "assign", "LT-0001", "--to", "7").exit == 0
    shown = people("people", "show", "7", "-o", "json").json()
    assert [each["tag"] for each in shown["holds"]] == ["LT-0001"]
    assert [each["items"] for each in shown["handovers"]] == [["LT-0001"]]
    assert people("people", "leave", "7", "--on", "2026-12-31").exit == 0


@pytest.mark.parametrize("words", [("85.07.30-033.28", "Jan"), ("7", "Jan", "--location", "85.07.30-033.28")])
def test_a_national_number_is_not_kept(people: Ict, words: tuple[str, ...]) -> None:
    answer = people("people", "add", *words)
    assert answer.exit == 3
    assert "8 August 1983" in answer.err
    assert "033.28" not in answer.err
    assert people("people", "list").table() == []


def test_an_employee_number_replaces_a_user_name_with_all_that_hangs_on_it(people: Ict) -> None:
    people("people", "add", "peeterel", "Els Peeters", "--username", "peeterel")
    people("assets", "add", "--category", "laptop")
    assert people("assets", "assign", "LT-0001", "--to", "peeterel").exit == 0
    assert people("people", "import", "hr.csv", "--yes").exit == 3
    shown = people("people", "show", "1042", "-o", "json").json()
    assert [each["tag"] for each in shown["holds"]] == ["LT-0001"]
    assert len(shown["handovers"]) == 1
    assert len(people("people", "list").table()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("add", "7", "An", "--function", "nr 85.07.30-033.28"),
        ("edit", "1042", "--set", "location=85073003328"),
    ],
)
def test_a_national_number_in_a_value_is_refused(people: Ict, words: tuple[str, ...]) -> None:
    people("people", "import", "hr.csv", "--yes")
    answer = people("people", *words)
    assert (answer.exit, "033" in answer.err) == (3, False)
