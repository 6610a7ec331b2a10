"""Tags: given in order, never twice, in any case; and adding and editing by hand."""

import re
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import Desk
from schoten_ict.assets.acts import keeping
from schoten_ict.assets.model import Asset
from schoten_ict.assets.records import assets, views
from schoten_ict.core.errors import ConflictError, IctError, NotFoundError, UsageError


def edit(desk: Desk, tag: str, *words: str) -> Asset:
    values, fields = keeping.parsed(list(words))
    return keeping.edit(desk.store, desk.inventory, tag, values, fields)


def test_tags_are_given_in_order(desk: Desk) -> None:
    assert [desk.add("laptop") for _ in range(3)] == ["LT-0002", "LT-0003", "LT-0004"]


def test_a_pattern_can_end_in_more_than_a_number(desk: Desk) -> None:
    assert [desk.add("monitor"), desk.add("monitor", "MN-007-S"), desk.add("monitor")] == [
        "MN-001-S", "MN-007-S", "MN-002-S",
    ]  # fmt: skip


def test_a_tag_that_was_not_added_is_given_again(desk: Desk) -> None:
    with pytest.raises(ConflictError, match="serial number X1 belongs to LT-0002"):
        keeping.add(desk.store, desk.inventory, [keeping.Draft("laptop", {"serial": "X1"})] * 2)
    assert desk.add("laptop") == "LT-0002"


@pytest.mark.parametrize("tag", ["MN-0412-S", "mn-0412-s", "Mn-412-S"])
def test_numbers_begin_after_the_highest_that_came_in_by_import(desk: Desk, tag: str) -> None:
    for each in ("MN-007-S", tag, "MN-9999", "MN-abc-S", "MN-99999999999999999999-S"):
        desk.add("monitor", each)
    assert desk.add("monitor") == "MN-413-S"


def test_where_the_numbers_meet_an_imported_one_they_go_on_after_the_highest(desk: Desk) -> None:
    for tag in ("lt-0003", "LT-0007"):
        desk.add("laptop", tag)
    assert [desk.add("laptop") for _ in range(3)] == ["LT-0002", "LT-0008", "LT-0009"]


@pytest.mark.parametrize("tag", ["LT-0001", "lt-0001", " Lt-0001 "])
def test_tags_that_differ_in_case_are_one(desk: Desk, tag: str) -> None:
    with pytest.raises(ConflictError) as caught:
        desk.add("laptop", tag)
    assert caught.value.problems[0].line() == f"tag {tag.strip()} is taken - leave --tag out"
    assert assets.get(desk.store.reader, tag).tag == "LT-0001"


@pytest.mark.parametrize("tag", ["pc-12a", "PC-12A", "Pc-12a"])
def test_an_imported_tag_keeps_its_spelling_and_is_found_in_any(desk: Desk, tag: str) -> None:
    desk.add("laptop", "Pc-12a")
    assert assets.get(desk.store.reader, tag).tag == "Pc-12a"


@pytest.mark.parametrize("tag", ["", " ", "LT 1", "LT=1", "-LT", "LT:1", "L" * 41, "LT\n1", "Łt"])
def test_a_tag_fits_on_a_label_and_in_a_command(desk: Desk, tag: str) -> None:
    with pytest.raises(UsageError, match="is no tag"):
        desk.add("laptop", tag)


def test_an_asset_keeps_its_tag(desk: Desk) -> None:
    for word in ("tag=LT-0009", "status=lost", "fields=x"):
        with pytest.raises(UsageError, match="is not set by hand"):
            edit(desk, "LT-0001", word)
    before = assets.get(desk.store.reader, "LT-0001")
    with desk.store.transaction() as transaction, pytest.raises(ValueError, match="keeps its tag"):
        assets.update(transaction, before, Asset("LT-0009", "laptop"), "asset.edit")


def test_serial_numbers_are_compared_as_people_read_them(desk: Desk) -> None:
    desk.add("laptop", serial="5CG 1234")
    with pytest.raises(ConflictError, match=r"serial number 5cg1234 belongs to LT-0002 \(laptop\)"):
        edit(desk, "LT-0001", "serial=5cg1234")
    assert edit(desk, "LT-0002", "serial=5CG1234").serial == "5CG1234"


def test_an_edit_is_journalled_with_what_differs_and_twice_changes_nothing(desk: Desk) -> None:
    for _ in range(2):
        edit(desk, "lt-0001", "location=Balie", "purchase_cost=1299,95", "purchase-date=26/11/2026")
    assert desk.history("LT-0001") == [("add", None), ("edit", None)]
    assert desk.details("LT-0001")[-1] == "location Balie; purchase 1299.95 EUR; purchase date 2026-11-26"
    assert edit(desk, "LT-0001", "location=").location is None


def test_the_end_of_life_follows_from_the_purchase(desk: Desk) -> None:
    tag = desk.add("laptop", purchase_date=date(2024, 2, 29))
    assert desk.row(tag).end_of_life == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("location", "--set 'location' has no = - write --set NAME=VALUE"),
        ("loction=x", "laptop has no field 'loction'"),
        ("warranty_until=31/02/2027", "--set warranty_until: "),
        ("imei=123", "--set imei: no IMEI: it has 15 digits"),
        ("macs=zz", "--set macs: no MAC address; write aa:bb:cc:dd:ee:ff"),
        ("purchase_cost=1.299", "--set purchase_cost: '1.299' is no amount; write 1234.50 or 1234,50"),
        (
            "purchase_cents=1299",
            "--set purchase_cents: amounts are in euros - write --set purchase_cost=12,50",
        ),
        ("category=", "category cannot be empty - write --set category=NAME"),
        ("category=lapto", "no category 'lapto' (did you mean laptop?) - declared are laptop, docking, "),
    ],
)
def test_a_wrong_word_changes_nothing(desk: Desk, word: str, line: str) -> None:
    with pytest.raises(IctError) as caught:
        edit(desk, "LT-0001", word)
    assert caught.value.problems[0].line().startswith(line)
    assert desk.history("LT-0001") == [("add", None)]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "a smartphone needs allocation - give --set allocation=..."),
        (["allocation=prive"], "allocation='prive' is no choice - choose dienst, ambt"),
        (["allocation=dienst", "colour=red"], "smartphone has no field 'colour' - its fields: allocation, "),
    ],
)
def test_the_fields_of_a_category_are_checked(desk: Desk, words: list[str], line: str) -> None:
    values, fields = keeping.parsed(words)
    with pytest.raises(UsageError) as caught:
        keeping.add(desk.store, desk.inventory, [keeping.Draft("smartphone", values, fields=fields)])
    assert caught.value.problems[0].line().startswith(line)


def test_an_unknown_tag_names_the_nearest_in_any_case(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match=re.escape("no asset 'lt-0011' (did you mean LT-0001?)")):
        assets.get(desk.store.reader, "lt-0011")


@pytest.mark.parametrize(
    ("text", "tags"),
    [("lat 54", ["LT-0002"]), ("LATITUDE", ["LT-0002"]), ("lt-00", ["LT-0001", "LT-0002"]), ("ecran", ["LT-0002"])],
)  # fmt: skip
def test_words_are_found_by_their_beginning_in_any_case_and_without_accents(
    desk: Desk, text: str, tags: list[str]
) -> None:
    desk.add("laptop", model="Latitude 5440", notes="écran mat")
    assert sorted(row.tag for row in views.found(desk.store.reader, text, 10)) == tags


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.text('"*()^-+:{}\0 AND OR NOT NEAR'))
def test_any_text_can_be_searched_for(desk: Desk, text: str) -> None:
    views.found(desk.store.reader, text, 10)
