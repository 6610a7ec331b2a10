"""`ict licenses audit --quote`: a quote beside what the whole store says is to be bought."""

from datetime import timedelta
from typing import Any

import pytest

from cli.test_license_audit import INVENTORY, listed
from running import NOW, Answer, Ict
from schoten_ict.commands.init import make_workspace

MORE = """\
    teken: {name: Teken, publisher: T, family: teken, metric: device, names: ["teken.*"], rules: [{title: Teken}]}
"""


@pytest.fixture
def room(ict: Ict) -> Ict:
    """A workspace in which two machines may tell their software."""
    list(make_workspace(ict.folder))
    text = INVENTORY.replace("  ignored:", f"{MORE}  ignored:")
    (ict.folder / "inventory.yaml").write_text(text, encoding="utf-8")
    return ict


@pytest.fixture
def desk(room: Ict) -> Ict:
    """Kassa Pro 3 and 4 on two machines, and Teken on one of them."""
    listed(room, "pc-1", "Kassa Pro 3")
    listed(room, "pc-2", "Kassa Pro 4", "Teken")
    return room


def quoted(desk: Ict, *lines: str, options: tuple[str, ...] = ()) -> dict[str, Any]:
    path = desk.folder / "offerte.csv"
    path.write_text("\n".join(("omschrijving;aantal;prijs", *lines)) + "\n", encoding="utf-8")
    answer: Answer = desk("licenses", "audit", "--quote", path, *options, "-o", "json")
    return answer.json()


def offers(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["product"], each["offer"]) for each in document["quote"]]


def test_a_version_that_serves_only_one_of_two_machines_is_told(desk: Ict) -> None:
    (kassa, _) = quoted(desk, "Kassa Pro 3;2;10,00")["quote"]
    assert (kassa["offer"], kassa["remark"]) == (
        "other version", "version 3 covers 1 of the 2 that lack",
    )  # fmt: skip
    assert offers(quoted(desk, "Kassa Pro 4;2;10,00"))[0] == ("kassa", "enough")


def test_the_version_must_serve_what_lacks_once_the_idle_licence_is_given_on(room: Ict) -> None:
    listed(room, "pc-1", "Kassa Pro 3", at=NOW - timedelta(days=70))
    listed(room, "pc-2", "Kassa Pro 4")
    (kassa,) = quoted(room, "Kassa Pro 3;1;10,00")["quote"]
    assert (kassa["needed"], kassa["offer"]) == (1, "other version")
    (kassa,) = quoted(room, "Kassa Pro 4;1;10,00")["quote"]
    assert kassa["offer"].startswith("enough")


def test_what_is_planned_is_among_what_a_quote_must_offer(desk: Ict) -> None:
    found = quoted(desk, "Teken;2;10,00", options=("--planned", "1 Teken"))
    assert offers(found)[0] == ("teken", "enough")
    assert offers(quoted(desk, "Teken;2;10,00"))[0] == ("teken", "too many")


def test_one_product_asked_for_leaves_the_others_of_the_quote_compared(desk: Ict) -> None:
    found = quoted(desk, "Teken;1;10,00", options=("--product", "teken"))
    assert offers(found) == [("teken", "enough")]
    found = quoted(desk, "Teken;1;10,00", options=("--product", "kassa"))
    assert offers(found) == [("teken", "enough"), ("kassa", "not offered")]


def test_what_is_known_of_a_total_and_its_own_sum_are_told(desk: Ict) -> None:
    (total,) = quoted(desk, "Teken;4;10000,00", "Kassa Pro 4;2;", "Totaal excl. btw;;45000,00")["total"]
    assert (total["excl_vat"], total["at_least"]) == (None, 40000.0)
    assert "30000 euro" in total["limits"][0]
    assert total["remarks"] == ["1 line has no price: at least 40000.00 without VAT"]
