"""What is needed, added up: per product and way of counting, by version, and by device where that matters."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeVar

from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.judge.lines import Line, LineKind, named
from schoten_ict.licenses.judge.rights import Right, lots, pool
from schoten_ict.licenses.judge.versions import ANY, compare
from schoten_ict.licenses.model import Doubt, Metric, Need

_NAMED = ("host:", "person:")
_REASONS = 10
_Units = dict[str, int]
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Row:
    """A product and the way in which it is counted."""

    product: str
    metric: Metric


@dataclass(frozen=True, slots=True)
class Group:
    """Needs that are alike: of one version, on one `host` where a right is bound to it.

    Those that are not `named` are numbers without a subject: declared use, units of a tenant. `extra` is what
    could come on top, of whatever version.
    """

    version: str | None
    host: str | None = None
    named: bool = True
    extra: bool = False


EXTRA = Group(None, named=False, extra=True)


@dataclass(slots=True)
class Demand:
    """The needs of one row: units by group, by group and subject, and by version, reason and subject."""

    groups: dict[Group, int] = field(default_factory=dict)
    subjects: dict[Group, _Units] = field(default_factory=dict)
    reasons: dict[tuple[str | None, str], _Units] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)

    @property
    def required(self) -> int:
        """The units that are surely needed."""
        return sum(self.groups.values())

    @property
    def extra(self) -> int | None:
        """How many units more it could be; None where nobody can tell."""
        if any(doubt.at_most is None for doubt in self.doubts):
            return None
        return sum(doubt.at_most or 0 for doubt in self.doubts)

    def add(self, need: Need, group: Group) -> None:
        """Count a need in its group."""
        quantity, name = need.quantity, need.subject
        self.groups[group] = self.groups.get(group, 0) + quantity
        _count(self.subjects, group, name, quantity)
        _count(self.reasons, (need.version, need.why), name, quantity)

    def required_lines(self) -> Iterator[Line]:
        """What is required by version and reason; of many reasons the largest, and how many more."""
        by_version: dict[str | None, list[tuple[str, dict[str, int]]]] = defaultdict(list)
        for (version, why), whose in self.reasons.items():
            by_version[version].append((why, whose))
        for version in sorted(by_version, key=lambda version: (version is None, version or "")):
            told = "version not known" if version is None else worded(version)
            ranked = sorted(by_version[version], key=lambda each: (-sum(each[1].values()), each[0]))
            for why, whose in ranked[:_REASONS]:
                text = f"{told}: {why}" if version is not None else why
                yield Line(LineKind.REQUIRED, text, sum(whose.values()), named(whose))
            rest = [whose for _, whose in ranked[_REASONS:]]
            if rest:
                total = sum(sum(whose.values()) for whose in rest)
                text = f"{told}: for {len(rest)} more reasons"
                yield Line(LineKind.REQUIRED, text, total, named(name for whose in rest for name in whose))


def worded(version: str) -> str:
    """`version 2021`, `any version`."""
    return "any version" if version == ANY else f"version {version}"


def suites(catalogue: Mapping[str, Product]) -> dict[str, tuple[str, ...]]:
    """By product the others that include it, also through others; those that include most come first."""
    found: dict[str, list[str]] = defaultdict(list)
    within = {name: _within(catalogue, name) for name in catalogue}
    for name in sorted(within, key=lambda name: (-len(within[name]), name)):
        for member in within[name]:
            found[member].append(name)
    return {member: tuple(each) for member, each in found.items()}


def demands(
    catalogue: Mapping[str, Product], needs: Iterable[Need], doubts: Iterable[Doubt], rights: Sequence[Right]
) -> dict[Row, Demand]:
    """The needs by row. A doubt on a product is one on each of its rows; where there is none it makes one.

    A member of a suite needs nothing of its own on a subject that needs the suite too. Where its version is
    newer than that of the suite there, nobody can tell: a doubt.
    """
    added = _Added(catalogue, suites(catalogue), tuple(needs))
    added.add_all(_bound(rights, suites(catalogue)))
    added.note(doubts)
    for demand in added.rows.values():
        demand.groups = dict(sorted(demand.groups.items(), key=lambda each: _order(each[0])))
    return added.rows


class _Added:
    """The rows while needs are added up."""

    def __init__(
        self, catalogue: Mapping[str, Product], above: Mapping[str, Sequence[str]], needs: tuple[Need, ...]
    ) -> None:
        self.rows: dict[Row, Demand] = {}
        self._catalogue = catalogue
        self._above = above
        self._needs = needs
        self._spared: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._newer: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)

    def add_all(self, bound: AbstractSet[tuple[str, str]]) -> None:
        """Count the needs; `bound` are the products and hosts that have a right bound to the host."""
        by_metric: dict[tuple[str, Metric], Demand] = {}
        alike: dict[tuple[str | None, str | None, bool], Group] = {}
        for need in self._kept():
            demand = by_metric.get((need.product, need.metric))
            if demand is None:
                demand = self.rows.setdefault(Row(need.product, pool(need.metric)), Demand())
                by_metric[need.product, need.metric] = demand
            host = need.subject[5:] if need.subject.startswith("host:") else need.host
            at = host if host is not None and (need.product, host) in bound else None
            key = (need.version, at, need.subject.startswith(_NAMED))
            group = alike.get(key) or alike.setdefault(key, Group(*key))
            if need.metric is Metric.FREE:
                _free(demand, need)
            else:
                demand.add(need, group)

    def _kept(self) -> Iterator[Need]:
        """The needs that are not part of a suite on the same subject."""
        tops = {suite for each in self._above.values() for suite in each}
        having: dict[str, dict[str, list[str | None]]] = defaultdict(lambda: defaultdict(list))
        for need in self._needs:
            if need.product in tops and need.subject.startswith(_NAMED):
                having[need.subject][need.product].append(need.version)
        for need in self._needs:
            suite = next(
                (top for top in self._above.get(need.product, ()) if top in having.get(need.subject, ())),
                None,
            )
            if suite is None:
                yield need
            else:
                self._spare(need, suite, having[need.subject][suite])

    def _spare(self, need: Need, suite: str, there: Sequence[str | None]) -> None:
        """Write down a member beside its suite; `there` are the versions of the suite on the subject."""
        product = self._catalogue[need.product]
        newer = not self._catalogue[suite].latest and all(
            (compare(product, need.version, each) or 0) > 0 if need.version and each else False
            for each in there
        )
        if newer:
            found = self._newer[need.product, suite]
            found[need.subject] = found.get(need.subject, 0) + need.quantity
        else:
            self._spared[need.product, suite].add(need.subject)

    def note(self, doubts: Iterable[Doubt]) -> None:
        """Put the doubts and what was spared on the rows."""
        for product, suite in sorted(self._spared):
            whose = self._spared[product, suite]
            text = f"part of {suite}, which they have too"
            line = Line(LineKind.SPARED, text, len(whose), named(whose))
            for demand in self._rows_of(product):
                demand.lines.append(line)
        newer = []
        for (product, suite), units_of in sorted(self._newer.items()):
            why = f"newer than the {suite} of which it is part: {named(units_of)}"
            newer.append(Doubt(product, why, sum(units_of.values())))
        for doubt in sorted((*doubts, *newer), key=_order_of_doubts):
            for demand in self._rows_of(doubt.product):
                demand.doubts.append(doubt)

    def _rows_of(self, name: str) -> list[Demand]:
        found = [demand for row, demand in self.rows.items() if row.product == name]
        if not found:
            product = self._catalogue.get(name)
            metric = Metric(product.metric) if product is not None else Metric.DEVICE
            found = [self.rows.setdefault(Row(name, pool(metric)), Demand())]
        return found


def _count(place: dict[K, _Units], key: K, name: str, quantity: int) -> None:
    whose = place.get(key)
    if whose is None:
        whose = place[key] = {}
    whose[name] = whose.get(name, 0) + quantity


def _free(demand: Demand, need: Need) -> None:
    """Keep that a free product is used."""
    before = demand.lines.pop().quantity or 0 if demand.lines else 0
    demand.lines.append(Line(LineKind.SPARED, "free: needs no right", before + need.quantity))


def _within(catalogue: Mapping[str, Product], name: str) -> set[str]:
    found: set[str] = set()
    queue = [name]
    while queue:
        product = catalogue.get(queue.pop())
        fresh = set(product.includes) - found if product is not None else set()
        found |= fresh
        queue += sorted(fresh)
    return found - {name}


def _bound(rights: Sequence[Right], above: Mapping[str, Sequence[str]]) -> AbstractSet[tuple[str, str]]:
    """By product the hosts to which a right for it, or for a suite with it, is bound."""
    members: dict[str, list[str]] = defaultdict(list)
    for member, tops in above.items():
        for top in tops:
            members[top].append(member)
    return {
        (product, lot.host)
        for lot, _ in lots(rights)
        if lot.host is not None
        for product in (lot.product, *members[lot.product])
    }


def _order(group: Group) -> tuple[bool, bool, str, str]:
    """Named ones first, and those whose version is known."""
    return (not group.named, group.version is None, group.version or "", group.host or "")


def _order_of_doubts(doubt: Doubt) -> tuple[str, str, int]:
    return (doubt.product, doubt.why, -1 if doubt.at_most is None else doubt.at_most)
