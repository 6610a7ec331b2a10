"""Which rights serve which needs: as many as can be, in the preferred way.

A maximum flow with augmenting paths (Ford and Fulkerson). Ways are tried one after another: what was covered
stays covered, and a need that is short may push another one to a less preferred way.
"""

from collections import defaultdict, deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
UNLIMITED = 10**12
"""More units than anybody needs."""
_Node = tuple[str, object]
_END: _Node = ("end", None)


@dataclass(frozen=True, slots=True)
class Supply(Generic[K]):
    """`capacity` units that serve needs, each in a way (lower is preferred). Supplies of one `pool` share."""

    name: Hashable
    capacity: int
    serves: Mapping[K, int]
    pool: str | None = None


@dataclass(frozen=True, slots=True)
class Allocation(Generic[K]):
    """How many units of which supply, by its place, serve which need; and how many each need got."""

    served: Mapping[tuple[K, int], int]
    covered: Mapping[K, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All units that are covered."""
        return sum(self.covered.values())


def allocate(
    needs: Mapping[K, int], supplies: Sequence[Supply[K]], pools: Mapping[str, int] | None = None
) -> Allocation[K]:
    """Serve as many units of the needs as can be; of what is short the earlier need goes first."""
    network = _Network()
    ways: dict[int, list[tuple[K, int]]] = defaultdict(list)
    for place, supply in enumerate(supplies):
        shared = pools is not None and supply.pool in pools
        network.link(("supply", place), ("pool", supply.pool) if shared else _END, supply.capacity)
        for need, way in supply.serves.items():
            ways[way].append((need, place))
    for name, capacity in (pools or {}).items():
        network.link(("pool", name), _END, capacity)
    left = {need: quantity for need, quantity in needs.items() if quantity > 0}
    for way in sorted(ways):
        for need, place in ways[way]:
            network.link(("need", need), ("supply", place), UNLIMITED)
        network.closed.clear()
        for need, quantity in left.items():
            left[need] -= network.push(("need", need), quantity)
    served = {
        (need, place): units
        for way in ways.values()
        for need, place in way
        if (units := network.pushed(("need", need), ("supply", place)))
    }
    covered = {need: needs[need] - short for need, short in left.items()}
    return Allocation(served, covered)


class _Network:
    """What can still flow over each link, in both directions."""

    def __init__(self) -> None:
        self._left: dict[_Node, dict[_Node, int]] = defaultdict(dict)
        self.closed: set[_Node] = set()
        """Nodes from which there is no way to the end, until links are added."""

    def link(self, start: _Node, end: _Node, capacity: int) -> None:
        self._left[start][end] = capacity
        self._left[end].setdefault(start, 0)

    def pushed(self, start: _Node, end: _Node) -> int:
        return self._left[end][start]

    def push(self, start: _Node, wanted: int) -> int:
        """Send up to `wanted` units from a node to the end; returns how many went."""
        sent = 0
        while sent < wanted and (path := self._path(start)):
            links = list(pairwise(path))
            amount = min(wanted - sent, *(self._left[one][two] for one, two in links))
            for one, two in links:
                self._left[one][two] -= amount
                self._left[two][one] += amount
            sent += amount
        return sent

    def _path(self, start: _Node) -> list[_Node]:
        """The shortest way to the end on which something can flow; empty where there is none."""
        before: dict[_Node, _Node] = {start: start}
        queue = deque([start])
        while queue:
            node = queue.popleft()
            for following, capacity in self._left[node].items():
                if capacity and following not in before and following not in self.closed:
                    before[following] = node
                    if following == _END:
                        return _traced(before, start)
                    queue.append(following)
        self.closed.update(before)
        return []


def _traced(before: Mapping[_Node, _Node], start: _Node) -> list[_Node]:
    path = [_END]
    while path[-1] != start:
        path.append(before[path[-1]])
    return path[::-1]
