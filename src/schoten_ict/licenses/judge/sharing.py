"""Rights against needs, twice: what is surely covered, and the most that could be.

The truth lies between the two. `surely` counts only what is known, lets the products that include others go
first, and gives each unit of a suite to one subject, for all members that it needs there. `at_best` lets what
is not clear cover too, and shares a suite among its members freely: for each product by itself a maximum flow
whose links only grow when an entitlement is added. So what is short even then is proven to be short, and an
entitlement more never makes it more.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.judge.allocation import UNLIMITED, Supply, allocate
from schoten_ict.licenses.judge.demand import EXTRA, Demand, Group, Row, suites
from schoten_ict.licenses.judge.rights import Right, by_number, lots, pool
from schoten_ict.licenses.judge.stocks import EVERYONE, Book, Served, Stock, stock_of
from schoten_ict.licenses.judge.versions import Grant, Step, reach
from schoten_ict.licenses.model import Metric


class Sharing:
    """The rights and the needs of all products on one day."""

    def __init__(
        self,
        catalogue: Mapping[str, Product],
        rights: tuple[Right, ...],
        demands: Mapping[Row, Demand],
        today: date,
    ) -> None:
        self._catalogue = catalogue
        self._demands = demands
        self._today = today
        self._above = suites(catalogue)
        self._lots: dict[str, list[tuple[Right, Right | None]]] = defaultdict(list)
        for lot, upper in lots(rights):
            self._lots[lot.product].append((lot, upper))
        self._moved: dict[tuple[str, Metric, bool], dict[int, int]] = {}
        self._moving: set[tuple[str, Metric, bool]] = set()
        self._stocks: dict[tuple[Row, bool], dict[Stock, int]] = {}
        self._reached: dict[tuple[str, str, tuple[Grant, ...], str | None], tuple[Step, bool] | None] = {}
        self.served: dict[Row, Served] = {}
        self.lent: dict[Row, dict[str, int]] = defaultdict(dict)
        self._books: dict[Stock, Book] = {}
        for row in sorted(demands, key=self._suites_first):
            self._serve(row)

    def stocks(self, row: Row, *, sure: bool) -> dict[Stock, int]:
        """What there is for a row, alike rights together, up to `UNLIMITED`.

        Surely, what counts as another product is not in it; at best it is, and so is what perhaps counts.
        """
        if (row, sure) in self._stocks:
            return self._stocks[row, sure]
        found: dict[Stock, int] = defaultdict(int)
        for lot, upper in self._lots.get(row.product, ()):
            if self.belongs(lot, row):
                units = self._units(lot, upper, sure=sure)
                stock = stock_of(lot)
            elif not sure and self.perhaps(lot, row):
                units, stock = UNLIMITED, replace(stock_of(lot), sure=False)
            else:
                continue
            if units:
                found[stock] = min(UNLIMITED, found[stock] + units)
        if not self._moving:
            self._stocks[row, sure] = found
        return found

    def _units(self, lot: Right, upper: Right | None, *, sure: bool) -> int:
        if not lot.sure:
            return 0 if sure else UNLIMITED
        if lot.quantity is None:
            return UNLIMITED
        units = lot.quantity if lot.base is None else self.moved(lot, sure=sure)
        return units - (self.moved(upper, sure=True) if sure and upper is not None else 0)

    def at_best(self, row: Row) -> int:
        """The most units of a row that could be covered, if all that is not clear were in its favour."""
        above = self._above.get(row.product, ())
        caps = {suite: self._lendable(Row(suite, row.metric)) for suite in above}
        supplies = [*self._own(row, sure=False), *self._borrowed(row)]
        return allocate(self._demands[row].groups, supplies, caps).total

    def moved(self, upper: Right, *, sure: bool) -> int:
        """How many units of an upgrade to another product count as that: those its base does not need."""
        if upper.base is None or upper.metric is None:
            return upper.quantity or 0
        row = Row(upper.base.product, pool(upper.metric))
        key = (row.product, row.metric, sure)
        if key in self._moving:  # products that are upgrades of each other
            return 0 if sure else upper.quantity or 0
        if key not in self._moved:
            self._moving.add(key)
            self._moved[key] = self._move(row, sure=sure)
            self._moving.remove(key)
        return self._moved[key][id(upper)]

    def _move(self, row: Row, *, sure: bool) -> dict[int, int]:
        """By upgrade (the right itself: several may have one number) how many of its units move to it."""
        pairs = []
        for lot, upper in self._lots.get(row.product, ()):
            if upper is not None and self.belongs(lot, row):
                size = (lot.quantity or 0) if lot.base is None else self.moved(lot, sure=sure)
                pairs.append((lot, upper, size))
        left = sum(size for _, _, size in pairs)
        left -= self._kept(row, [(lot, size) for lot, _, size in pairs], sure=sure)
        moved = {}
        for _, upper, size in sorted(pairs, key=lambda pair: by_number(pair[1].number)):
            moved[id(upper)] = min(size, max(0, left))
            left -= moved[id(upper)]
        return moved

    def _kept(self, row: Row, paired: list[tuple[Right, int]], *, sure: bool) -> int:
        """How many of the paired units the base's own needs cannot do without."""
        demand = self._demands.get(row)
        if demand is None or (not sure and not self._plain(row)):
            return 0
        if sure and demand.extra is None:
            return sum(size for _, size in paired)
        groups = {**demand.groups, EXTRA: demand.extra or 0} if sure else demand.groups
        rest = [] if sure else self._borrowed(row)
        for lot, upper in self._lots.get(row.product, ()):
            if upper is None and self.belongs(lot, row) and (lot.base is None or not sure):
                units = UNLIMITED if lot.quantity is None else lot.quantity
                rest += self._supplies(row, stock_of(lot), units, sure=sure)
            elif not sure and self.perhaps(lot, row):
                rest += self._supplies(row, replace(stock_of(lot), sure=False), UNLIMITED, sure=False)
        pairs = list(rest)
        for lot, size in paired:
            pairs += self._supplies(row, stock_of(lot), size, sure=True)
        return allocate(groups, pairs).total - allocate(groups, rest).total

    def _lendable(self, row: Row) -> int:
        """How many units of a suite its own needs leave to members, at best."""
        stocks = self.stocks(row, sure=False)
        demand = self._demands.get(row)
        if demand is None or not self._plain(row):
            return sum(stocks.values())
        groups = {group: units for group, units in demand.groups.items() if group.named}
        others = self._borrowed(row)
        own = list(others)
        for stock, units in stocks.items():
            own += self._supplies(row, stock, units, sure=True)
        return sum(stocks.values()) - allocate(groups, own).total + allocate(groups, others).total

    def _plain(self, row: Row) -> bool:
        """Whether no upgrade widens what a right of a row covers.

        With one, what the row's own needs keep for themselves could grow by an entitlement more, and other
        products would fall short by it; so at best nothing is kept then.
        """
        products = (row.product, *self._above.get(row.product, ()))
        return not any(len(lot.grants) > 1 for name in products for lot, _ in self._lots.get(name, ()))

    def _borrowed(self, row: Row) -> list[Supply[Group]]:
        """All that suites could cover of a row, as if they served nothing else."""
        return [
            supply
            for suite in self._above.get(row.product, ())
            for stock, units in self.stocks(Row(suite, row.metric), sure=False).items()
            for supply in self._supplies(row, stock, units, sure=False)
        ]

    def _serve(self, row: Row) -> None:
        """Allocate what is surely there to a row, and write down what is left of it."""
        demand, served = self._demands[row], Served()
        books = {stock: self._book(stock, row) for stock in self.stocks(row, sure=True)}
        supplies = [
            supply
            for stock, book in books.items()
            for supply in self._supplies(row, stock, book.free, sure=True)
        ]
        for suite in self._above.get(row.product, ()):
            for stock in self.stocks(Row(suite, row.metric), sure=True):
                books[stock] = self._book(stock, Row(suite, row.metric))
                supplies += self._supplies(row, stock, books[stock].usable(demand), sure=True)
        for group, stock, step, units in _flows({**demand.groups, EXTRA: demand.extra or 0}, supplies):
            new = taken = units
            if stock.product != row.product:
                taken, new = books[stock].lend(demand, group, units)
                self._note_lent(row, stock, 0 if group.extra else new)
            elif not group.named and not group.extra:
                books[stock].hold(EVERYONE, units)
            books[stock].free -= 0 if books[stock].endless else new
            served.add(group, stock, step, taken)
        for stock, book in books.items():
            book.begin()
            if demand.extra is None and stock.product == row.product and not book.endless:
                book.free = 0
        self.served[row] = served

    def _note_lent(self, row: Row, stock: Stock, units: int) -> None:
        lent = self.lent[Row(stock.product, row.metric)]
        lent[row.product] = lent.get(row.product, 0) + units

    def _book(self, stock: Stock, row: Row) -> Book:
        if stock not in self._books:
            self._books[stock] = Book(self.stocks(row, sure=True)[stock], stock.metric is Metric.SITE)
        return self._books[stock]

    def _own(self, row: Row, *, sure: bool) -> list[Supply[Group]]:
        return [
            supply
            for stock, units in self.stocks(row, sure=sure).items()
            for supply in self._supplies(row, stock, units, sure=sure)
        ]

    def _supplies(self, row: Row, stock: Stock, units: int, *, sure: bool) -> Iterator[Supply[Group]]:
        """The supply that a stock is for a row; none where it serves none of its needs."""
        demand = self._demands.get(row)
        if demand is None or units <= 0:
            return
        serves: dict[Group, int] = {}
        for group in (*demand.groups, EXTRA):
            step = self._step(row, stock, group, sure=sure)
            if step is not None:
                serves[group] = step
        if serves:
            yield Supply(stock, units, serves, stock.product)

    def _step(self, row: Row, stock: Stock, group: Group, *, sure: bool) -> Step | None:
        if not stock.sure:
            return None if sure else Step.UPGRADE
        if stock.bound and (sure or stock.host is not None) and (stock.host != group.host or not stock.host):
            return None
        steps = []
        for grant in stock.grants:
            found = self._reach(stock.product, row.product, grant, group.version)
            if found is not None and (found[1] or not sure):
                steps.append(found[0])
        if not steps:
            return None
        if stock.product != row.product:
            return Step.SUITE
        if stock.bound:
            return Step.OEM
        return Step.UPGRADE if stock.chained else min(steps)

    def _reach(self, holder: str, used: str, grant: Grant, version: str | None) -> tuple[Step, bool] | None:
        key = (holder, used, (grant,), version)
        if key not in self._reached:
            products = self._catalogue.get(holder), self._catalogue.get(used)
            if products[0] is None or products[1] is None:
                self._reached[key] = (Step.EXACT, False)
            else:
                found = reach(products[0], products[1], grant, version, self._today)
                self._reached[key] = None if found is None else (found.step, found.sure)
        return self._reached[key]

    def belongs(self, lot: Right, row: Row) -> bool:
        """Whether a right counts as a row does; a site has no count."""
        return lot.metric is Metric.SITE or (lot.metric is not None and pool(lot.metric) is row.metric)

    def perhaps(self, lot: Right, row: Row) -> bool:
        """Whether a right counts otherwise, or nobody knows how, and no needs are counted in its way."""
        if self.belongs(lot, row):
            return False
        return lot.metric is None or Row(lot.product, pool(lot.metric)) not in self._demands

    def _suites_first(self, row: Row) -> tuple[int, str, str]:
        return (len(self._above.get(row.product, ())), row.product, row.metric)


def _flows(
    needs: Mapping[Group, int], supplies: list[Supply[Group]]
) -> Iterator[tuple[Group, Stock, Step, int]]:
    """What is allocated, needs first and what may come on top last."""
    served = allocate(needs, supplies).served
    for (group, place), units in sorted(served.items(), key=lambda each: each[0][0].extra):
        stock = supplies[place].name
        if isinstance(stock, Stock):
            yield group, stock, Step(supplies[place].serves[group]), units
