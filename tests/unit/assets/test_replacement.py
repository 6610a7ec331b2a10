"""The laws of a replacement plan: nothing dropped, nothing early, no year too full, no money that harms."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.assets.judge import replacement
from schoten_ict.assets.judge.replacement import Item, Kind, Planned, Sum
from schoten_ict.assets.model import Asset
from schoten_ict.core.times import Duration

FIRST = 2026
FIVE_YEARS = Duration(months=60)


def asset(tag: str = "LT-0001", **values: Any) -> Asset:
    return Asset(**{"tag": tag, "category": "laptop", **values})


def item_of(one: Asset, kind: Kind, *bought: Asset) -> Item:
    return replacement.items([one], {one.category: kind}, [one, *bought])[0]


@pytest.mark.parametrize(
    ("values", "due", "source"),
    [
        ({"end_of_life": date(2029, 3, 1), "purchase_date": date(2020, 1, 1)}, date(2029, 3, 1), "end of life"),
        ({"purchase_date": date(2024, 2, 29), "warranty_until": date(2027, 1, 1)}, date(2029, 2, 28), "purchase + lifetime"),
        ({"warranty_until": date(2027, 1, 1)}, date(2027, 1, 1), "warranty"),
        ({}, None, "unknown"),
    ],
)  # fmt: skip
def test_when_it_is_due_rests_on_the_best_date_there_is(
    values: dict[str, Any], due: date | None, source: str
) -> None:
    item = item_of(asset(**values), Kind(0, FIVE_YEARS))
    assert (item.due, item.due_from) == (due, source)


def test_without_a_lifetime_the_warranty_counts() -> None:
    item = item_of(asset(purchase_date=date(2024, 1, 1), warranty_until=date(2027, 1, 1)), Kind(0))
    assert item.due == date(2027, 1, 1)


def test_the_declared_cost_comes_before_any_price() -> None:
    item = item_of(asset(purchase_cents=80000), Kind(0, cost_cents=95000))
    assert (item.cost_cents, item.cost_from) == (95000, "category")


def test_else_the_price_last_paid_for_the_model() -> None:
    old = asset(
        "LT-0002", manufacturer="DELL", model="5540", purchase_cents=1, purchase_date=date(2020, 1, 1)
    )
    new = asset(
        "LT-0003", manufacturer="Dell", model="5540", purchase_cents=2, purchase_date=date(2024, 1, 1)
    )
    item = item_of(asset(manufacturer="Dell", model="5540"), Kind(0), new, old)
    assert (item.cost_cents, item.cost_from) == (2, "last price of the model")


def test_else_the_median_of_the_category_which_is_a_price_that_was_paid() -> None:
    others = [asset(f"LT-{cents}", model=f"M{cents}", purchase_cents=cents) for cents in (300, 100, 900, 200)]
    printer = asset("PR-1", category="printer", purchase_cents=77)
    item = item_of(asset(model="new"), Kind(0), *others, printer)
    assert (item.cost_cents, item.cost_from) == (200, "median of the category")


def test_else_the_cost_is_unknown() -> None:
    item = item_of(asset(), Kind(0), asset("PR-1", category="printer", purchase_cents=77))
    assert (item.cost_cents, item.cost_from) == (None, "unknown")


def test_an_undeclared_category_comes_last() -> None:
    wanted = [asset("XX-1", category="odd"), asset("LT-1")]
    assert [each.rank for each in replacement.items(wanted, {"laptop": Kind(0)}, wanted)] == [1, 0]


def item(tag: str, due: date | None, cents: int | None, rank: int = 0, centre: str | None = None) -> Item:
    return Item(asset(tag, cost_centre=centre), due, "", cents, "", rank)


def years(planned: list[Planned]) -> dict[str, tuple[int | None, int]]:
    return {each.item.asset.tag: (each.year, each.postponed) for each in planned}


def test_what_is_past_due_falls_in_the_first_year() -> None:
    planned = replacement.plan([item("A", date(2019, 1, 1), 1), item("B", date(2028, 1, 1), 1)], FIRST)
    assert years(planned) == {"A": (2026, 0), "B": (2028, 0)}


def test_a_full_year_passes_on_what_is_least_urgent() -> None:
    wanted = [
        item("recent", date(2026, 2, 1), 60, rank=0),
        item("oldest", date(2021, 1, 1), 60, rank=9),
        item("important", date(2025, 8, 1), 60, rank=1),
        item("minor", date(2025, 1, 1), 60, rank=2),
    ]
    planned = replacement.plan(wanted, FIRST, 120)
    assert years(planned) == {
        "oldest": (2026, 0),
        "important": (2026, 0),
        "minor": (2027, 1),
        "recent": (2027, 1),
    }


def test_nothing_overtakes_what_is_more_urgent() -> None:
    wanted = [
        item("A", date(2026, 1, 1), 70),
        item("B", date(2026, 2, 1), 50),
        item("C", date(2026, 3, 1), 20),
    ]
    assert years(replacement.plan(wanted, FIRST, 100)) == {"A": (2026, 0), "B": (2027, 1), "C": (2027, 1)}


def test_what_alone_costs_more_than_a_year_has_that_year_to_itself() -> None:
    wanted = [item("small", date(2026, 1, 1), 10), item("big", date(2026, 2, 1), 500), item("next", date(2026, 3, 1), 10)]  # fmt: skip
    planned = replacement.plan(wanted, FIRST, 100)
    assert years(planned) == {"small": (2026, 0), "big": (2027, 1), "next": (2028, 2)}


def test_a_new_year_has_its_own_money() -> None:
    wanted = [
        item("A", date(2026, 1, 1), 100),
        item("B", date(2027, 1, 1), 100),
        item("C", date(2028, 1, 1), 500),
    ]
    assert years(replacement.plan(wanted, FIRST, 100)) == {"A": (2026, 0), "B": (2027, 0), "C": (2028, 0)}


def test_what_costs_an_unknown_amount_has_its_year_and_is_in_no_sum() -> None:
    planned = replacement.plan(
        [item("A", date(2026, 1, 1), 100), item("B", date(2026, 1, 1), None)], FIRST, 100
    )
    assert years(planned) == {"A": (2026, 0), "B": (2026, 0)}
    assert replacement.by_year(planned) == {2026: Sum(items=2, cents=100, unknown=1)}


def test_sums_by_cost_centre_name_what_has_none_last() -> None:
    wanted = [
        item("A", date(2026, 1, 1), 5),
        item("B", date(2026, 1, 1), 7, centre="0119"),
        item("C", date(2027, 1, 1), 9, centre="0119"),
    ]
    sums = replacement.by_cost_centre(replacement.plan(wanted, FIRST))
    assert list(sums) == ["0119", None]
    assert {year: each.cents for year, each in sums["0119"].items()} == {2026: 7, 2027: 9}


days = st.dates(date(2018, 1, 1), date(2034, 12, 31))
items = st.lists(
    st.builds(
        item,
        tag=st.integers(1, 10**6).map(str),
        due=st.one_of(st.none(), days),
        cents=st.one_of(st.none(), st.integers(0, 500_000)),
        rank=st.integers(0, 5),
        centre=st.one_of(st.none(), st.sampled_from(["0110", "0119"])),
    ),
    unique_by=lambda each: each.asset.tag,
    max_size=60,
)
budgets = st.integers(1, 2_000_000)


@given(items, st.one_of(st.none(), budgets))
def test_every_asset_appears_once_never_early_and_as_late_as_it_says(
    wanted: list[Item], budget: int | None
) -> None:
    planned = replacement.plan(wanted, FIRST, budget)
    assert sorted(each.item.asset.tag for each in planned) == sorted(each.asset.tag for each in wanted)
    for each in planned:
        if each.item.due is None:
            assert (each.year, each.postponed) == (None, 0)
        else:
            assert each.year == max(FIRST, each.item.due.year) + each.postponed
            assert each.postponed >= 0
            assert budget is not None or not each.postponed


@given(items, budgets)
def test_no_year_costs_more_unless_one_item_alone_does(wanted: list[Item], budget: int) -> None:
    planned = replacement.plan(wanted, FIRST, budget)
    for year, total in replacement.by_year(planned).items():
        paid = [each.item.cost_cents for each in planned if each.year == year and each.item.cost_cents]
        assert total.cents <= budget or len(paid) == 1


@given(items, budgets)
def test_a_year_passes_on_only_what_it_cannot_pay(wanted: list[Item], budget: int) -> None:
    planned = replacement.plan(wanted, FIRST, budget)
    totals = replacement.by_year(planned)
    firsts: dict[int, Planned] = {}
    for each in sorted((each for each in planned if each.item.cost_cents and each.year), key=urgency):
        firsts.setdefault(each.year or 0, each)
    for year, first in firsts.items():
        if first.postponed:
            assert totals[year - 1].cents + (first.item.cost_cents or 0) > budget


def urgency(planned: Planned) -> tuple[int, int, date, str]:
    due = planned.item.due or date.max
    return due.year, planned.item.rank, due, planned.item.asset.tag


@given(items, budgets, budgets)
def test_more_money_never_makes_anything_later(wanted: list[Item], one: int, other: int) -> None:
    less, more = sorted((one, other))
    poor, rich = (years(replacement.plan(wanted, FIRST, budget)) for budget in (less, more))
    free = years(replacement.plan(wanted, FIRST))
    for tag, (_, postponed) in rich.items():
        assert free[tag][1] <= postponed <= poor[tag][1]


@given(items, st.one_of(st.none(), budgets))
def test_the_sums_are_those_of_the_rows_to_the_cent(wanted: list[Item], budget: int | None) -> None:
    planned = replacement.plan(wanted, FIRST, budget)
    dated = [each.item for each in planned if each.year is not None]
    expected = (len(dated), sum(each.cost_cents or 0 for each in dated), sum(each.cost_cents is None for each in dated))  # fmt: skip
    in_years = replacement.by_year(planned).values()
    in_centres = [each for sums in replacement.by_cost_centre(planned).values() for each in sums.values()]
    for sums in (in_years, in_centres):
        assert (
            sum(s.items for s in sums),
            sum(s.cents for s in sums),
            sum(s.unknown for s in sums),
        ) == expected


@given(items, st.one_of(st.none(), budgets), st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_the_records(
    wanted: list[Item], budget: int | None, random: object
) -> None:
    shuffled = list(wanted)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert replacement.plan(shuffled, FIRST, budget) == replacement.plan(wanted, FIRST, budget)
