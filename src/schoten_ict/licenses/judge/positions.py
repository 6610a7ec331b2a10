"""The effective licence position: per product and metric what is owned, required, covered and short."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.judge.demand import Demand, Row, demands, worded
from schoten_ict.licenses.judge.lines import Line, LineKind, in_order, named, units
from schoten_ict.licenses.judge.rights import Right, Rights, effective, lots, pool
from schoten_ict.licenses.judge.sharing import Sharing
from schoten_ict.licenses.judge.stocks import Served, Stock
from schoten_ict.licenses.judge.versions import ANY, Step
from schoten_ict.licenses.model import Doubt, Entitlement, Metric, Need

_WAYS = {
    Step.OEM: "OEM on its device",
    Step.EXACT: "same version",
    Step.DOWNGRADE: "downgrade",
    Step.UPGRADE: "upgrade or maintenance",
    Step.SUITE: "suite",
}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a product stands in one metric.

    `owned` are the valid units; None where nobody can tell, or without a limit (`unlimited`). `required` are
    the units that are surely needed, `at_most` all that could be; None is not known. `covered` are surely
    covered, of which `borrowed` by suites; `lent` units of this product cover members of it elsewhere.
    `shortfall` is what no right could cover: proven. What is neither covered nor short is not clear.
    `surplus` are units that nothing needs and that can be used anywhere. `delta` is minus the shortfall, or
    the surplus; None where neither is known.
    """

    product: str
    metric: Metric
    owned: int | None
    required: int | None
    at_most: int | None
    covered: int
    borrowed: int
    lent: int
    shortfall: int
    surplus: int
    delta: int | None
    unlimited: bool
    verdict: Verdict
    doubts: tuple[Doubt, ...]
    lines: tuple[Line, ...]


def positions(
    catalogue: Mapping[str, Product],
    entitlements: Sequence[Entitlement],
    needs: Iterable[Need],
    doubts: Iterable[Doubt],
    today: date,
    host_of_asset: Mapping[str, str],
) -> list[Position]:
    """The position of every product that is owned or needed, by product and metric.

    `fail` where a shortfall is proven even if all that is unclear were in our favour, `ok` where the rights
    surely suffice for all that could be needed, else `unknown`. `host_of_asset` is the host of an asset by
    its tag. The order of the input plays no part.
    """
    rights = effective(entitlements, today, host_of_asset)
    found = demands(catalogue, needs, doubts, rights.rights)
    books = _Books(catalogue, rights, found, Sharing(catalogue, rights.rights, found, today))
    return [books.position(row) for row in books.rows()]


class _Books:
    """All rows of a day."""

    def __init__(
        self, catalogue: Mapping[str, Product], rights: Rights, found: Mapping[Row, Demand], sharing: Sharing
    ) -> None:
        self._catalogue = catalogue
        self._rights = rights
        self._demands = found
        self._sharing = sharing
        self._lots: dict[str, list[tuple[Right, Right | None]]] = defaultdict(list)
        for lot, upper in lots(rights.rights):
            self._lots[lot.product].append((lot, upper))

    def rows(self) -> list[Row]:
        """The rows with needs, and those of rights that nothing needs."""
        needed = {row.product for row in self._demands}
        rows = set(self._demands)
        for product, metric in self._rights.lines:
            if metric is not None and metric is not Metric.SITE:
                rows.add(Row(product, pool(metric)))
            elif product not in needed:
                rows.add(Row(product, pool(self._metric_of(product))))
        return sorted(rows, key=lambda row: (row.product, row.metric))

    def position(self, row: Row) -> Position:
        """The position of one row."""
        demand = self._demands.get(row) or self._without_needs(row)
        served = self._sharing.served.get(row, Served())
        required = demand.required
        shortfall = required - self._sharing.at_best(row) if row in self._demands else 0
        sum_ = _Sum(row, self._sharing.stocks(row, sure=True), served, sum(self._sharing.lent[row].values()))
        known = row in self._demands or row.product in self._catalogue
        verdict = self._verdict(row, demand, served, shortfall)
        owned = None if sum_.unlimited or self._unclear(row) else sum_.owned
        return Position(
            product=row.product,
            metric=self._shown(row),
            owned=owned,
            required=required if known else None,
            at_most=None if demand.extra is None or not known else required + demand.extra,
            covered=served.covered,
            borrowed=sum_.borrowed,
            lent=sum_.lent,
            shortfall=shortfall,
            surplus=sum_.surplus,
            delta=self._delta(sum_, shortfall, owned, settled=known and served.covered == required),
            unlimited=sum_.unlimited,
            verdict=verdict,
            doubts=tuple(self._doubts(row, demand, served, shortfall)),
            lines=in_order(list(self._lines(row, demand, served, sum_, shortfall))),
        )

    def _without_needs(self, row: Row) -> Demand:
        """What is known of a row that only has rights: the doubts on the product hold for it too."""
        others = (demand for other, demand in self._demands.items() if other.product == row.product)
        return Demand(doubts=next((demand.doubts for demand in others), []))

    def _verdict(self, row: Row, demand: Demand, served: Served, shortfall: int) -> Verdict:
        if shortfall:
            return Verdict.FAIL
        if demand.extra is None or served.covered < demand.required or served.extra < demand.extra:
            return Verdict.UNKNOWN
        if row.product not in self._catalogue or (not demand.required and self._unclear(row)):
            return Verdict.UNKNOWN
        return Verdict.OK

    def _delta(self, sum_: "_Sum", shortfall: int, owned: int | None, *, settled: bool) -> int | None:
        if shortfall:
            return -shortfall
        if not settled or (owned is None and not sum_.unlimited):
            return None
        return sum_.surplus

    def _unclear(self, row: Row) -> list[Right]:
        """Rights that could count in a row, nobody knows for how much."""
        return [
            lot
            for lot, _ in self._lots.get(row.product, ())
            if (self._sharing.belongs(lot, row) and not lot.sure)
            or (self._sharing.perhaps(lot, row) and (lot.metric is None or row in self._demands))
        ]

    def _doubts(self, row: Row, demand: Demand, served: Served, shortfall: int) -> Iterator[Doubt]:
        yield from demand.doubts
        open_ = demand.required - served.covered - shortfall
        if open_:
            why = (
                f"whether {units(open_)} are covered cannot be told: of rights or of use the version, the "
                "machine or the metric is not known, or several products share a suite"
            )
            yield Doubt(row.product, why)
        if row.product not in self._catalogue:
            yield Doubt(row.product, "the catalogue does not know this product, so use of it is not seen")

    def _lines(
        self, row: Row, demand: Demand, served: Served, sum_: "_Sum", shortfall: int
    ) -> Iterator[Line]:
        for (product, metric), told in self._rights.lines.items():
            site = metric is None or metric is Metric.SITE
            if product == row.product and (site or pool(metric or row.metric) is row.metric):
                yield from told
        yield from self._moved_lines(row)
        for lot in self._unclear(row):
            if lot.metric is not None and not self._sharing.belongs(lot, row):
                text = f"{lot.number} counts by {lot.metric}, which cannot be set against this"
                yield Line(LineKind.UNCLEAR, text, None, lot.number)
        yield from demand.required_lines()
        yield from demand.lines
        yield from self._allocated(row, served)
        yield from _sum_lines(demand, served, sum_, shortfall)

    def _moved_lines(self, row: Row) -> Iterator[Line]:
        """What of a right counts as another product, and what of an upgrade stays with its base."""
        for lot, upper in self._lots.get(row.product, ()):
            if not self._sharing.belongs(lot, row):
                continue
            if upper is not None:
                moved = self._sharing.moved(upper, sure=True)
                text = f"{lot.number}: of these {moved} count as {upper.product} by {upper.number}"
                yield Line(LineKind.OWNED, text, -moved, upper.number)
            if lot.base is not None and lot.quantity is not None:
                kept = lot.quantity - self._sharing.moved(lot, sure=True)
                text = f"{lot.number}: of these {kept} are in use as {lot.base.product}, its base"
                if kept:
                    yield Line(LineKind.OWNED, text, -kept, lot.base.number)

    def _allocated(self, row: Row, served: Served) -> Iterator[Line]:
        ranked = sorted(
            served.units.items(),
            key=lambda each: (each[0][2], each[0][0].version or "", each[0][0].host or "", repr(each[0][1])),
        )
        for (group, stock, step), count in ranked:
            version = worded(group.version or ANY)
            where = f" on {group.host}" if stock.bound else ""
            whose = f" {stock.product}" if stock.product != row.product else ""
            text = f"{_WAYS[step]}{whose}: {version}{where}"
            yield Line(LineKind.ALLOCATED, text, count, self._numbers(stock))
        for product, count in sorted(self._sharing.lent[row].items()):
            if count:
                yield Line(LineKind.ALLOCATED, f"as a suite for {product}", count, product)

    def _numbers(self, stock: Stock) -> str:
        found = [
            lot.number
            for lot, _ in self._lots.get(stock.product, ())
            if (lot.grants, lot.metric, lot.host) == (stock.grants, stock.metric, stock.host)
            and lot.bound == stock.bound
        ]
        return named(found)

    def _metric_of(self, name: str) -> Metric:
        product = self._catalogue.get(name)
        return Metric(product.metric) if product is not None else Metric.DEVICE

    def _shown(self, row: Row) -> Metric:
        """The metric by its name in the catalogue, where that counts the same."""
        metric = self._metric_of(row.product)
        return metric if pool(metric) is row.metric else row.metric


class _Sum:
    """What is owned in a row and what becomes of it."""

    def __init__(self, row: Row, stocks: Mapping[Stock, int], served: Served, lent: int) -> None:
        used: dict[Stock, int] = defaultdict(int)
        for (_, stock, _), count in served.units.items():
            used[stock] += count
        self.unlimited = any(stock.metric is Metric.SITE for stock in stocks)
        self.owned = sum(count for stock, count in stocks.items() if stock.metric is not Metric.SITE)
        self.borrowed = sum(count for stock, count in used.items() if stock.product != row.product)
        self.idle = sum(count - used[stock] for stock, count in stocks.items() if stock.bound)
        free = sum(
            count - used[stock]
            for stock, count in stocks.items()
            if not stock.bound and stock.metric is not Metric.SITE
        )
        self.lent = lent
        self.surplus = 0 if self.unlimited else max(0, free - lent)


def _sum_lines(demand: Demand, served: Served, sum_: _Sum, shortfall: int) -> Iterator[Line]:
    if sum_.idle:
        text = "OEM rights that their own device does not use, and no other can"
        yield Line(LineKind.ALLOCATED, text, sum_.idle)
    open_ = demand.required - served.covered - shortfall
    owned = "a site right" if sum_.unlimited else f"{sum_.owned} owned"
    parts = [f"{owned}, {demand.required} required", f"{served.covered} covered"]
    parts += [f"{sum_.borrowed} of them by suites"] if sum_.borrowed else []
    parts += [f"{sum_.lent} used for members"] if sum_.lent else []
    parts += [f"{open_} not clear"] if open_ else []
    parts += [f"{shortfall} short"] if shortfall else []
    parts += [f"{sum_.surplus} left"] if sum_.surplus else []
    yield Line(LineKind.SUM, ": ".join((parts[0], ", ".join(parts[1:]))), sum_.surplus - shortfall)
