"""When to replace what, and what it costs: pure rules from records and lifetimes to a plan.

A plan with a budget takes the items strictly in order of urgency. An item that no longer fits in a year
closes that year: it and everything less urgent go to a later one. That leaves some of a year unspent, and in
return nothing overtakes what is more urgent, and a larger budget never makes anything later.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median_low

from schoten_ict.assets.model import ASSIGNED, Asset, Status
from schoten_ict.core.times import Duration

REPLACED = frozenset({ASSIGNED, Status.IN_STOCK.value, Status.IN_REPAIR.value})
"""The states of what is in service, and so will need a successor."""
GONE = frozenset({Status.LOST.value, Status.STOLEN.value})
"""The states of what may have to be replaced at once: that is no matter of age, and not in the plan."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is declared of a category: its place in the order of importance, lifetime, and cost in cents."""

    rank: int
    lifetime: Duration | None = None
    cost_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One asset to replace. `due` is None where nothing tells; costs are in euro cents, None when unknown.

    `due_from` and `cost_from` say what they rest on; `rank` is the importance of its category, 0 first.
    """

    asset: Asset
    due: date | None
    due_from: str
    cost_cents: int | None
    cost_from: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Planned:
    """An item and its year; None when it is unknown when it is due. `postponed` counts years."""

    item: Item
    year: int | None
    postponed: int = 0


@dataclass(frozen=True, slots=True)
class Sum:
    """What a group of items costs in cents; `unknown` of its `items` have no known cost."""

    items: int = 0
    cents: int = 0
    unknown: int = 0

    def plus(self, item: Item) -> "Sum":
        """The sum with one more item."""
        return Sum(
            self.items + 1, self.cents + (item.cost_cents or 0), self.unknown + (item.cost_cents is None)
        )


def items(assets: Iterable[Asset], kinds: Mapping[str, Kind], bought: Iterable[Asset]) -> list[Item]:
    """Every asset as an item, with when it is due and what its successor costs.

    Due is its end of life, else purchase date and lifetime, else the end of its warranty. The cost is that
    declared of its category, else the price last paid for the model, else the median of the category, from
    all that was ever `bought`.
    """
    prices = _Prices(bought)
    undeclared = Kind(len(kinds))
    return [_item(asset, kinds.get(asset.category, undeclared), prices) for asset in assets]


def plan(wanted: Iterable[Item], first: int, budget_cents: int | None = None) -> list[Planned]:
    """A year for every item, never before it is due and never before `first`; most urgent first.

    With a budget no year costs more, unless one item alone does. What is due at an unknown time has no year;
    what costs an unknown amount has the year in which it is due, and counts for nothing.
    """
    waiting = sorted(wanted, key=_urgency)
    unknown = [Planned(item, None) for item in waiting if item.due is None]
    free = [Planned(item, _due_year(item, first)) for item in waiting if item.due and _is_free(item)]
    paid = [item for item in waiting if item.due and not _is_free(item)]
    found = [*_spread(paid, first, budget_cents), *free]
    found.sort(key=lambda each: (each.year or 0, _urgency(each.item)))
    return [*found, *unknown]


def by_year(planned: Iterable[Planned]) -> dict[int, Sum]:
    """What each year costs; years without an item are absent."""
    sums: dict[int, Sum] = defaultdict(Sum)
    for each in planned:
        if each.year is not None:
            sums[each.year] = sums[each.year].plus(each.item)
    return dict(sorted(sums.items()))


def by_cost_centre(planned: Iterable[Planned]) -> dict[str | None, dict[int, Sum]]:
    """What each cost centre pays in each year; None is what has no cost centre."""
    sums: dict[str | None, dict[int, Sum]] = defaultdict(lambda: defaultdict(Sum))
    for each in planned:
        if each.year is not None:
            years = sums[each.item.asset.cost_centre]
            years[each.year] = years[each.year].plus(each.item)
    order = sorted(sums, key=lambda name: (name is None, name or ""))
    return {name: dict(sorted(sums[name].items())) for name in order}


def _spread(waiting: Iterable[Item], first: int, budget: int | None) -> Iterator[Planned]:
    """The items in their order, each in the first year from its own on that is not closed yet."""
    year, spent = first, 0
    for item in waiting:
        due, cost = _due_year(item, first), item.cost_cents or 0
        if due > year:
            year, spent = due, 0
        if budget is not None and spent and spent + cost > budget:
            year, spent = year + 1, 0
        spent += cost
        yield Planned(item, year, year - due)


def _due_year(item: Item, first: int) -> int:
    return max(first, item.due.year) if item.due else first


def _is_free(item: Item) -> bool:
    return not item.cost_cents


def _urgency(item: Item) -> tuple[int, int, date, str]:
    """What is longest due comes first, by year; within a year the order of the categories decides."""
    due = item.due or date.max
    return due.year, item.rank, due, item.asset.tag


def _item(asset: Asset, kind: Kind, prices: "_Prices") -> Item:
    due, due_from = _due(asset, kind.lifetime)
    cost, cost_from = prices.of(asset)
    if kind.cost_cents is not None:
        cost, cost_from = kind.cost_cents, "category"
    return Item(asset, due, due_from, cost, cost_from, kind.rank)


def _due(asset: Asset, lifetime: Duration | None) -> tuple[date | None, str]:
    if asset.end_of_life is not None:
        return asset.end_of_life, "end of life"
    if asset.purchase_date is not None and lifetime is not None:
        return lifetime.after(asset.purchase_date), "purchase + lifetime"
    if asset.warranty_until is not None:
        return asset.warranty_until, "warranty"
    return None, "unknown"


class _Prices:
    """What was paid before: the last price of each model, and the median of each category, in cents."""

    def __init__(self, assets: Iterable[Asset]) -> None:
        paid = sorted(
            (asset for asset in assets if asset.purchase_cents),
            key=lambda asset: (asset.purchase_date or date.min, asset.tag),
        )
        self._models = {_model(asset): asset.purchase_cents for asset in paid if asset.model}
        by_category: dict[str, list[int]] = defaultdict(list)
        for asset in paid:
            by_category[asset.category].append(asset.purchase_cents or 0)
        self._categories = {name: median_low(cents) for name, cents in by_category.items()}

    def of(self, asset: Asset) -> tuple[int | None, str]:
        """The price in cents and what it rests on."""
        if asset.model and _model(asset) in self._models:
            return self._models[_model(asset)], "last price of the model"
        if asset.category in self._categories:
            return self._categories[asset.category], "median of the category"
        return None, "unknown"


def _model(asset: Asset) -> tuple[str, str, str]:
    return asset.category, (asset.manufacturer or "").casefold(), (asset.model or "").casefold()
