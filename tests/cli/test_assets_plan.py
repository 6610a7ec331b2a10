"""`ict assets replace-plan`: years, budget, cost centres, and what is left out."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from running import Ict

CATEGORIES = """\
    laptop: {title: Laptop, tag: "LT-{:04}", lifetime: 5y, replacement_cost: 950.50}
    monitor: {title: Monitor, tag: "MN-{:04}"}
"""


@pytest.fixture
def park(ict: Ict, workspace: Path) -> Ict:
    """Laptops of 2019, 2022 and 2023, a stolen one, a retired one, and two monitors of which nothing is known."""
    inventory = workspace / "inventory.yaml"
    text = inventory.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("    laptop:"))
    inventory.write_text("".join([*lines[:start], CATEGORIES, *lines[start + 2 :]]), encoding="utf-8")
    for bought, centre in (("2019-05-01", "0119"), ("2022-06-01", "0110"), ("2023-07-01", "0119")):
        words = ("--set", f"purchase_date={bought}", "--set", f"cost_centre={centre}")
        assert ict("assets", "add", "--category", "laptop", *words).exit == 0
    assert (
        ict("assets", "add", "--category", "laptop", "--count", 2, "--set", "end_of_life=2027-01-01").exit
        == 0
    )
    assert ict("assets", "add", "--category", "monitor", "--set", "warranty_until=2027-01-01").exit == 0
    assert ict("assets", "add", "--category", "monitor").exit == 0
    assert ict("assets", "add", "--category", "laptop", "--ordered").exit == 0
    assert ict("assets", "stolen", "LT-0004").exit == 0
    assert ict("assets", "retire", "LT-0005").exit == 0
    return ict


def planned(ict: Ict, *words: object) -> dict[str, Any]:
    answer = ict("assets", "replace-plan", *words, "-o", "json")
    assert answer.exit == 0, answer.err
    return answer.json()


def test_the_plan_by_year_and_cost_centre(park: Ict) -> None:
    document = planned(park, "--years", "2")
    rows = [(row["tag"], row["plan"], row["year"], row["cost"], row["due_from"]) for row in document["data"]]
    assert rows == [
        ("LT-0001", "planned", 2026, 950.5, "end of life"),
        ("LT-0002", "planned", 2027, 950.5, "end of life"),
        ("MN-0001", "planned", 2027, None, "warranty"),
        ("LT-0003", "later", 2028, 950.5, "end of life"),
        ("MN-0002", "unknown", None, None, "unknown"),
    ]
    assert [(row["year"], row["assets"], row["unknown_cost"], row["cost"]) for row in document["years"]] == [
        ("2026", 1, 0, 950.5),
        ("2027", 2, 1, 950.5),
        ("after 2027", 1, 0, 950.5),
        ("unknown", 1, 1, 0.0),
    ]
    centres = [(row["cost_centre"], row["cost"], row["years"]) for row in document["cost_centres"]]
    assert centres == [
        ("0110", 950.5, {"2027": 950.5}),
        ("0119", 950.5, {"2026": 950.5}),
        (None, 0.0, {"2027": 0.0}),
    ]
    assert document["left_out"] == [{"status": "stolen", "assets": 1}]


@pytest.mark.parametrize("budget", ["1000", "1000/year", "1000,00", "1000.00/year"])
def test_a_budget_postpones_and_says_by_how_long(park: Ict, budget: str) -> None:
    document = planned(park, "--from", "2028", "--budget", budget)
    postponed = {row["tag"]: (row["plan"], row["year"], row["postponed"]) for row in document["data"]}
    assert postponed["LT-0001"] == ("planned", 2028, None)
    assert postponed["LT-0002"] == ("postponed", 2029, 1)
    assert postponed["LT-0003"] == ("postponed", 2030, 2)
    assert [row["postponed"] for row in document["years"][:3]] == [0, 1, 1]
    assert {row["over_budget"] for row in document["years"][:5]} == {False}


def test_one_item_that_costs_more_than_a_year_is_named(park: Ict) -> None:
    answer = park("assets", "replace-plan", "--budget", "900", "-o", "table")
    assert "Over budget because one item alone costs more: 2026, 2027, 2028" in answer.err
    assert [row["over_budget"] for row in planned(park, "--budget", "900")["years"][:3]] == [True] * 3


def test_the_price_of_a_successor_is_learnt_from_what_was_bought(park: Ict) -> None:
    park("assets", "edit", "MN-0002", "--set", "purchase_cost=199,95")
    row = next(row for row in planned(park)["data"] if row["tag"] == "MN-0001")
    assert (row["cost"], row["cost_from"]) == (199.95, "median of the category")


def test_one_category_alone(park: Ict) -> None:
    assert [row["tag"] for row in planned(park, "--category", "monitor")["data"]] == ["MN-0001", "MN-0002"]


def test_csv_has_every_row_and_adds_up_to_the_cent(park: Ict) -> None:
    rows = park("assets", "replace-plan").table()
    total = sum(Decimal(row["cost"]) for row in rows if row["cost"])
    assert total == Decimal("2851.50")
    assert len(park("assets", "replace-plan", "-o", "csv").out.splitlines()) == len(rows) + 1


def test_on_a_screen_each_year_has_a_bar(park: Ict) -> None:
    answer = park("assets", "replace-plan", "-o", "table")
    years = answer.out[answer.out.index("Years") : answer.out.index("Cost centres")]
    assert years.count("\u2588" * 20) == 3
    assert "\u2588" not in park("assets", "replace-plan", "-o", "markdown").out
    assert "1 assets are in no year" in answer.err
    assert "1 lost or stolen assets are not in the plan" in answer.err


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("--budget", "veel"), 2, "write 60000 or 60000/year"),
        (("--budget", "0"), 2, "is no amount per year"),
        (("--budget", "-5"), 2, "is no amount per year"),
        (("--budget", "60000/month"), 2, "is no amount per year"),
        (("--years", "0"), 2, "--years"),
        (("--from", "26"), 2, "--from"),
        (("--category", "lapto"), 5, "did you mean laptop?"),
    ],
)
def test_refusals_say_why(park: Ict, words: tuple[str, ...], status: int, message: str) -> None:
    answer = park("assets", "replace-plan", *words)
    assert (answer.exit, answer.out) == (status, "")
    assert message in answer.err


def test_an_empty_workspace_has_nothing_to_plan(ict: Ict, workspace: Path) -> None:
    document = planned(ict, "--years", "1")
    assert (document["data"], document["cost_centres"]) == ([], [])
    assert [row["assets"] for row in document["years"]] == [0]
