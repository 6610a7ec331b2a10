"""Where an edition without a limit of guests licenses a host, so that the lesser one needs nothing there.

Windows Server: Datacenter licenses a host for every guest, Standard for two each time; a guest with Standard
may run under Datacenter of its version or a later one. Where Datacenter is needed anyhow, Standard of no
later version needs nothing besides. Elsewhere rights of Datacenter that nothing else needs go to hosts that
need less of it than of Standard, first to those that it saves most per unit. After ServiceNow's pages on
Microsoft's rules, `microsoft-percore-withcal`; the Product Terms prevail.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.judge.cores import Way, least, machine_needs, place_of, usual_way
from schoten_ict.licenses.judge.rights import Right
from schoten_ict.licenses.judge.versions import compare, reach
from schoten_ict.licenses.model import Machine, Metric, Need

Running = dict[str, str | None]
"""The version of a product by the machine or guest that has it; None is not known."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """What runs where, after guests went under a larger edition; `under` are their names by that edition."""

    running: Mapping[str, Running]
    under: Mapping[str, frozenset[str]] = field(default_factory=dict)


def hosted(
    products: Mapping[str, Product],
    machines: Sequence[Machine],
    running: Mapping[str, Running],
    rights: Iterable[Right],
    today: date,
) -> Hosted:
    """`running` by product, where each host has the edition that licenses it. No right is counted twice."""
    every = tuple(rights)
    found = {name: dict(each) for name, each in running.items()}
    under: dict[str, set[str]] = defaultdict(set)
    for lesser, larger in sorted(_editions(products, running)):
        stock = _Stock(products, lesser, larger, every, today)
        for name in stock.moved(machines, found[lesser], found.get(larger, {})):
            found.setdefault(larger, {})[name] = found[lesser].pop(name)
            under[larger].add(name.casefold())
    kept = {name: each for name, each in found.items() if each}
    return Hosted(kept, {name: frozenset(each) for name, each in under.items()})


def _editions(products: Mapping[str, Product], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Products with a limit of guests per host, each with those that include it and have none."""
    for name in names:
        product = products[name]
        if _by_host(product) and product.cores is not None and product.cores.guests:
            for larger, each in products.items():
                if name in each.includes and _by_host(each) and each.cores and not each.cores.guests:
                    yield name, larger


def _by_host(product: Product) -> bool:
    return Metric(product.metric) is Metric.CORE and usual_way(product) is Way.HOST


@dataclass(frozen=True, slots=True)
class _Place:
    """Hosts between which guests move, and who has the lesser edition there.

    `lesser` are the units of it that they need, `more` those of the larger one besides what is needed anyhow.
    `open` says that what is needed anyhow is surely of no earlier version than what runs.
    """

    machines: Sequence[Machine]
    names: Sequence[str]
    lesser: int
    more: int
    open: bool

    @property
    def saved(self) -> float:
        """The units of the lesser edition that one of the larger does away with."""
        return self.lesser / self.more if self.more else float("inf")


class _Stock:
    """The rights of a larger edition, while hosts of the lesser one are given to it."""

    def __init__(
        self,
        products: Mapping[str, Product],
        lesser: str,
        larger: str,
        rights: Sequence[Right],
        today: date,
    ) -> None:
        self._products = products
        self._lesser = lesser
        self._larger = larger
        self._today = today
        self._rights = [
            each
            for each in rights
            if each.product == larger and each.metric is Metric.CORE and each.sure and each.base is None
        ]

    def moved(self, machines: Sequence[Machine], lesser: Running, larger: Running) -> list[str]:
        """The names that go under the larger edition."""
        every = self._places(machines, lesser, larger)
        places_of = Counter(name for place in every for name in place.names)
        found: list[str] = []
        used = self._used(machines, larger)
        for place in sorted(every, key=lambda each: (-each.saved, each.machines[0].name)):
            versions = [lesser[name] for name in place.names]
            alone = place.machines[0].name if len(place.machines) == 1 else ""
            rest = max(0, place.more - self._bound(alone, versions))
            once = place.open and all(places_of[name] == 1 for name in place.names)
            if once and place.lesser > place.more and rest <= max(0, self._free(versions) - used):
                used += rest
                found += place.names
        return found

    def _used(self, machines: Sequence[Machine], larger: Running) -> int:
        """The units that are needed anyhow, besides those that were sold with a host."""
        needs = self._needs(self._larger, machines, larger)
        return sum(max(0, each.quantity - self._bound(_host(each), [])) for each in needs)

    def _places(self, machines: Sequence[Machine], lesser: Running, larger: Running) -> list[_Place]:
        by_place: dict[str, list[Machine]] = defaultdict(list)
        for machine in sorted(machines, key=lambda each: each.name):
            by_place[place_of(machine)].append(machine)
        return [self._place(each, lesser, larger) for each in by_place.values()]

    def _place(self, machines: Sequence[Machine], lesser: Running, larger: Running) -> _Place:
        here = {each.name.casefold() for each in machines}
        here |= {guest.name.casefold() for each in machines for guest in each.guests}
        names = sorted(name for name in lesser if name.casefold() in here)
        product = self._products[self._larger]
        needs = self._needs(self._lesser, machines, {name: lesser[name] for name in names})
        anyhow = self._needs(
            self._larger, machines, {n: v for n, v in larger.items() if n.casefold() in here}
        )
        more = sum(least(product, each) for each in machines if each.name not in map(_host, anyhow))
        no_later = all(
            version is not None
            and each.version is not None
            and compare(product, version, each.version) in {0, -1}
            for each in anyhow
            for version in (lesser[name] for name in names)
        )
        known = all(each.processors and all(each.processors) for each in machines)
        return _Place(machines, names, sum(each.quantity for each in needs), more, known and no_later)

    def _needs(self, name: str, machines: Sequence[Machine], running: Running) -> list[Need]:
        return machine_needs(name, self._products[name], machines, running)[0]

    def _free(self, versions: Sequence[str | None]) -> int:
        """The units that can go to any host and cover these versions."""
        return sum(
            each.quantity or 0 for each in self._rights if not each.bound and self._fits(each, versions)
        )

    def _bound(self, host: str, versions: Sequence[str | None]) -> int:
        """The units that were sold with a host and cover these versions."""
        here = [each for each in self._rights if each.bound and each.host == host]
        return sum(each.quantity or 0 for each in here if self._fits(each, versions))

    def _fits(self, right: Right, versions: Sequence[str | None]) -> bool:
        larger, lesser = self._products[self._larger], self._products[self._lesser]
        return all(
            any(
                found is not None and found.sure
                for grant in right.grants
                for found in (reach(larger, lesser, grant, version, self._today),)
            )
            for version in versions
        )


def _host(need: Need) -> str:
    return need.subject.partition(":")[2]
