"""People are found by what others call them; an asset has one holder at a time."""

from datetime import date, timedelta

import pytest

from schoten_ict.core.errors import ConflictError, IctError, NotFoundError
from schoten_ict.core.facts import Holder, HolderKind, Person
from schoten_ict.store import custody, people
from storing import NOW, Opener

AN = Person("1042", "An Peeters", "an.peeters@schoten.example", "Burgerzaken", username="apeeters")
ANS_NAMESAKE = Person("1043", "An Peeters", "an.peeters2@schoten.example", username="apeeters2")
ODD = Person("apeeters2", "Łukasz Zieliński", starts=date(2026, 1, 1), leaves=date(2026, 12, 31))
HOLDER = Holder(HolderKind.PERSON, "1042")


@pytest.fixture
def staffed(opened: Opener) -> Opener:
    with opened.change() as change:
        for person in (AN, ANS_NAMESAKE, ODD):
            people.put(change, person)
    return opened


def test_a_person_survives_and_is_replaced_by_key(staffed: Opener) -> None:
    assert people.get(staffed().reader, "apeeters2") == ODD
    with staffed.change() as change:
        people.put(change, Person("1042", "An Peeters-Maes"))
    found = people.get(staffed().reader, "1042")
    assert found == Person("1042", "An Peeters-Maes")
    assert people.get(staffed().reader, "104") is None


@pytest.mark.parametrize("word", ["1042", " 1042 ", "APEETERS", "An.Peeters@schoten.example"])
def test_identify_takes_key_user_name_and_address(staffed: Opener, word: str) -> None:
    assert people.identify(staffed().reader, word) == AN


def test_a_key_wins_over_a_user_name(staffed: Opener) -> None:
    assert people.identify(staffed().reader, "apeeters2") == ODD


def test_namesakes_are_not_guessed(staffed: Opener) -> None:
    with pytest.raises(ConflictError) as caught:
        people.identify(staffed().reader, "an peeters")
    assert "1042, 1043" in caught.value.remedy


def test_nobody_is_not_found_with_the_nearest_name(staffed: Opener) -> None:
    with pytest.raises(NotFoundError, match=r"did you mean An Peeters\?"):
        people.identify(staffed().reader, "An Peters")


@pytest.mark.parametrize("word", ["%", "' OR 1=1 --", "", "1042; DROP TABLE person"])
def test_words_are_values_never_sql(staffed: Opener, word: str) -> None:
    with pytest.raises(NotFoundError):
        people.identify(staffed().reader, word)
    assert len(people.every(staffed().reader)) == 3


def test_search_wants_every_word_somewhere(staffed: Opener) -> None:
    assert people.search(staffed().reader, "peeters burger") == [AN]
    assert people.search(staffed().reader, "ŁUKASZ") == [ODD]
    assert people.search(staffed().reader, "peeters werf") == []


def test_a_user_name_belongs_to_one_person_whatever_its_case(staffed: Opener) -> None:
    with pytest.raises(IctError), staffed.change() as change:
        people.put(change, Person("9", "Iemand", username="APEETERS"))


def test_custody_has_periods(opened: Opener) -> None:
    later = NOW + timedelta(days=3)
    with opened.change() as change:
        custody.begin(change, "LT-1", HOLDER, due_back=date(2027, 1, 1))
    with opened.change(later) as change:
        ended = custody.end(change, "LT-1")
        custody.begin(change, "LT-1", Holder(HolderKind.ROOM, "GH-1.01"))
    assert ended is not None
    reader = opened().reader
    first, second = custody.history(reader, "LT-1")
    assert (first.holder, first.since, first.until) == (HOLDER, NOW, later)
    assert first.due_back == date(2027, 1, 1)
    assert (str(second.holder), second.until) == ("room:GH-1.01", None)
    assert custody.current(reader, "LT-1") == second
    assert custody.held_by(reader, HOLDER) == []


def test_an_asset_has_one_open_period(opened: Opener) -> None:
    with opened.change() as change:
        custody.begin(change, "LT-1", HOLDER)
    with pytest.raises(IctError), opened.change() as change:
        custody.begin(change, "LT-1", Holder(HolderKind.PERSON, "1043"))
    assert [each.holder for each in custody.history(opened().reader, "LT-1")] == [HOLDER]


def test_ending_what_nobody_holds_changes_nothing(opened: Opener) -> None:
    with opened.change() as change:
        assert custody.end(change, "LT-1") is None
    assert custody.history(opened().reader, "LT-1") == []


def test_held_by_lists_by_tag(opened: Opener) -> None:
    with opened.change() as change:
        for tag in ("MN-2", "LT-1"):
            custody.begin(change, tag, HOLDER)
    assert [each.asset for each in custody.held_by(opened().reader, HOLDER)] == ["LT-1", "MN-2"]
