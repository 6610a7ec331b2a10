"""Rights of one kind, and what is left of them while they are allocated."""

from dataclasses import dataclass, field

from schoten_ict.licenses.judge.allocation import UNLIMITED
from schoten_ict.licenses.judge.demand import Demand, Group
from schoten_ict.licenses.judge.rights import Right
from schoten_ict.licenses.judge.versions import Grant, Step
from schoten_ict.licenses.model import Metric

EVERYONE = ""
"""The key of numbers without a subject."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Rights that are alike, as one supply. `chained` ones are upgrades with their base."""

    product: str
    grants: tuple[Grant, ...]
    metric: Metric | None
    bound: bool
    host: str | None
    chained: bool
    sure: bool


@dataclass(slots=True)
class Served:
    """What was allocated in one row: units by group, stock and step; `extra` are those of what may come."""

    units: dict[tuple[Group, Stock, Step], int] = field(default_factory=dict)
    extra: int = 0

    def add(self, group: Group, stock: Stock, step: Step, units: int) -> None:
        """Count units that cover needs, or what may come on top."""
        if group.extra:
            self.extra += units
        elif units:
            self.units[group, stock, step] = units

    @property
    def covered(self) -> int:
        """The units of needs that are covered."""
        return sum(self.units.values())


@dataclass(slots=True)
class Book:
    """The units of a stock that are free, and which subjects have one for a member of the suite.

    Numbers without a subject are taken to be of the same people: they are under one key. `spare` are the
    units that subjects had before the product at hand, which they can use for it too.
    """

    free: int
    endless: bool = False
    held: dict[str, int] = field(default_factory=dict)
    spare: dict[str, int] = field(default_factory=dict)

    def begin(self) -> None:
        """Another product's turn: who has a unit can use it for that one too."""
        self.spare = dict(self.held)

    def hold(self, name: str, units: int) -> None:
        """Write down that a subject has units."""
        self.held[name] = self.held.get(name, 0) + units

    def usable(self, demand: Demand) -> int:
        """The units that needs can use: the free ones, and those that their subjects have already."""
        anonymous = sum(units for group, units in demand.groups.items() if not group.named)
        reused = min(anonymous, self.spare.get(EVERYONE, 0))
        for group, subjects in demand.subjects.items():
            if group.named and self.spare:
                reused += sum(min(units, self.spare.get(name, 0)) for name, units in subjects.items())
        return min(UNLIMITED, self.free + reused)

    def lend(self, demand: Demand, group: Group, units: int) -> tuple[int, int]:
        """Give units to the subjects of a group; returns how many they got, and how many of those are new.

        Who has one already goes first.
        """
        if group.extra:
            return min(units, self.free), min(units, self.free)
        subjects = demand.subjects[group] if group.named else {EVERYONE: units}
        taken = new = 0
        for name in sorted(subjects, key=lambda name: (-self.spare.get(name, 0), name)):
            wanted = min(subjects[name], units - taken)
            reused = min(wanted, self.spare.get(name, 0))
            fresh = min(wanted - reused, self.free - new)
            if reused:
                self.spare[name] -= reused
            if fresh:
                self.hold(name, fresh)
            taken, new = taken + reused + fresh, new + fresh
        return taken, new


def stock_of(lot: Right) -> Stock:
    """The kind of a right."""
    chained = len(lot.numbers) > 1
    return Stock(lot.product, lot.grants, lot.metric, lot.bound, lot.host, chained, lot.sure)
