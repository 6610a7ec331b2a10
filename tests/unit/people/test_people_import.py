"""What an HR export means, and what it would do to the people there are."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IncompleteError, UsageError
from schoten_ict.core.facts import Person
from schoten_ict.formats.dates import DateOrder
from schoten_ict.formats.tables import read_table
from schoten_ict.people.ask import Entry, Listing, read
from schoten_ict.people.judge import Action, plan

HEAD = "Personeelsnummer;Naam;Voornaam;E-mail;Gebruikersnaam;In dienst;Uit dienst\n"
VALID_NATIONAL_NUMBER = "85.07.30-033.28"


def listing(text: str, *words: str, key: str = "key", order: DateOrder | None = None) -> Listing:
    return read(read_table(text.encode(), "hr.csv"), words, key, order)


def test_dutch_columns_are_known_and_the_first_name_goes_first() -> None:
    (entry,) = listing(HEAD + "1001;De Backer;Renée;r@x.example;debackre;13/02/1990;\n").entries
    assert (entry.row, entry.key, entry.problem) == (2, "1001", "")
    assert entry.values == {
        "name": "Renée De Backer", "email": "r@x.example", "username": "debackre", "starts": date(1990, 2, 13),
    }  # fmt: skip


def test_a_column_that_decides_nothing_follows_the_others_of_the_file() -> None:
    (entry,) = listing(HEAD + "1001;A;B;;;01/02/1990;31/12/2026\n").entries
    assert entry.values["starts"] == date(1990, 2, 1)


def test_undecided_dates_name_the_column_two_values_and_the_option() -> None:
    with pytest.raises(UsageError, match=r"'In dienst'.*'01/02/1990' and '03/04/1991'") as caught:
        listing(HEAD + "1;A;B;;;01/02/1990;\n2;C;D;;;03/04/1991;\n")
    assert "--dates dmy|mdy" in caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "Personeelsnummer;Naam;Rijksregisternummer\n1;A;\n",
        f"Personeelsnummer;Naam;Code\n1;A;{VALID_NATIONAL_NUMBER}\n",
        f"Personeelsnummer;Naam\n{VALID_NATIONAL_NUMBER};A\n",
    ],
)
def test_a_column_of_national_numbers_refuses_the_file_without_repeating_them(text: str) -> None:
    with pytest.raises(IncompleteError, match="law of 8 August 1983") as caught:
        listing(text)
    assert VALID_NATIONAL_NUMBER not in caught.value.problems[0].line()


def test_a_row_without_a_key_or_a_name_is_refused_with_the_reason() -> None:
    first, second = listing(HEAD + ";A;B;;ab;;\n1002;;;;cd;;\n").entries
    assert "--key username" in first.problem
    assert second.problem == "has no name"


def test_a_user_name_may_be_the_key() -> None:
    (entry,) = listing(HEAD + ";A;B;;ab;;\n", key="username").entries
    assert (entry.key, entry.problem) == ("ab", "")


def test_a_column_can_be_named_and_left_out() -> None:
    (entry,) = listing("Code,Who,E-mail\n7,Jan,j@x\n", "key=Code", "name=who", "email=").entries
    assert (entry.key, entry.values) == ("7", {"name": "Jan"})


def test_blank_cells_erase_nothing_and_people_missing_from_the_file_stay() -> None:
    people = [Person("1", "Jan Maes", email="j@x"), Person("2", "Els Peeters")]
    found = plan(people, [Entry(2, "1", {"name": "Jan Maes", "department": "ICT"})])
    (step,) = found.steps
    assert (step.action, dict(step.changes)) == (Action.CHANGED, {"department": (None, "ICT")})
    assert step.after == Person("1", "Jan Maes", email="j@x", department="ICT")
    assert found.absent == 1


def test_a_user_name_of_somebody_else_is_refused() -> None:
    people = [Person("1", "Jan Maes", username="Maesja")]
    (step,) = plan(people, [Entry(2, "2", {"name": "Jana Maes", "username": "maesja"})]).steps
    assert step.action is Action.REFUSED
    assert "belongs to Jan Maes (1)" in step.reason


def test_who_was_known_by_user_name_gets_the_employee_number() -> None:
    people = [Person("maesja", "Jan Maes", username="maesja")]
    found = plan(people, [Entry(2, "1042", {"name": "Jan Maes", "username": "maesja"})])
    assert found.steps[0].changes == {"key": ("maesja", "1042")}
    assert found.absent == 0


def test_the_second_row_of_a_key_or_user_name_names_the_first() -> None:
    values = {"name": "A", "username": "a"}
    steps = plan([], [Entry(2, "1", values), Entry(3, "1", {"name": "B"}), Entry(4, "2", values)]).steps
    assert [step.action for step in steps] == [Action.NEW, Action.REFUSED, Action.REFUSED]
    assert "row 2 has the same key" in steps[1].reason
    assert "row 2 has the same user name" in steps[2].reason


WORDS = st.sampled_from(["", "1", "2", "3", "a", "b"])


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=8))
def test_no_row_is_swallowed_and_a_second_import_changes_nothing(rows: list[tuple[str, str, str]]) -> None:
    lines = "".join(f"{key};{name};;;{user};;\n" for key, name, user in rows)
    entries = listing(HEAD + lines).entries
    first = plan([], entries)
    filled = [number for number, row in enumerate(rows, start=2) if any(row)]
    assert [step.row for step in first.steps] == filled
    people = [step.after for step in first.steps if step.after is not None]
    second = plan(people, entries)
    assert {step.action for step in second.steps} <= {Action.UNCHANGED, Action.REFUSED}
    assert [step.reason for step in second.steps] == [step.reason for step in first.steps]


@given(st.binary(max_size=200))
def test_bytes_are_a_listing_or_an_error_with_a_reason(content: bytes) -> None:
    with suppress(IncompleteError, UsageError):
        read(read_table(content, "hr.csv"), (), "key", None)


def test_an_address_without_a_domain_and_a_leave_before_the_start_are_refused() -> None:
    entries = listing(
        HEAD + "1;A;B;els.example;;;\n2;C;D;c@x;;31/12/2020;30/12/2020\n3;E;F;;;gisteren;\n"
    ).entries
    assert "has no @" in entries[0].problem
    assert entries[1].problem == "leaves on 2020-12-30, before the start on 2020-12-31"
    assert entries[2].problem.startswith("In dienst 'gisteren' is no date")


def test_an_address_belongs_to_one_person() -> None:
    people = [Person("1", "Jan Maes", email="jan@x.example")]
    rows = [Entry(2, "2", {"name": "Jana", "email": "JAN@x.example"}),
            Entry(3, "3", {"name": "An", "email": "an@x.example"}),
            Entry(4, "4", {"name": "Ann", "email": "an@X.example"})]  # fmt: skip
    first, second, third = plan(people, rows).steps
    assert first.reason == "the e-mail address belongs to Jan Maes (1)"
    assert second.action is Action.NEW
    assert third.reason == "row 3 has the same e-mail"


def test_a_leave_before_the_recorded_start_is_refused() -> None:
    people = [Person("1", "Jan Maes", starts=date(2020, 5, 1))]
    (step,) = plan(people, [Entry(2, "1", {"name": "Jan Maes", "leaves": date(2020, 4, 30)})]).steps
    assert step.action is Action.REFUSED
