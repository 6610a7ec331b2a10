"""What a section of the inventory declares, and what sections use to check themselves."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from schoten_ict.inventory.flaws import Flaw, Path, cut

T = TypeVar("T")
Known = Mapping[str, Collection[str]]
"""Per section key the names that the document declares there; what a reference may point to."""


def _no_flaws(_value: Any, _known: Known) -> Iterable[Flaw]:
    return ()


def _no_clashes(_values: Mapping[str, Any]) -> Iterable[Flaw]:
    return ()


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True, eq=False)
class Section(Generic[T]):
    """One top-level key of `inventory.yaml`.

    `shape` is the type its value is converted to, `build` turns that into what `Inventory.get` returns
    (by default the same), `empty` is returned when the document lacks the section. `named_by` is the key
    that names the entries of a list: such names are unique. `check` yields what types cannot say, with
    paths that start inside the section. `clashes` yields what only the values of several sections say
    together, by section key, with paths from the document's root; it is asked when all else is well.
    """

    key: str
    shape: Any
    empty: T
    purpose: str
    named_by: str = ""
    check: Callable[[T, Known], Iterable[Flaw]] = _no_flaws
    clashes: Callable[[Mapping[str, Any]], Iterable[Flaw]] = _no_clashes
    build: Callable[[Any], T] = _as_it_is

    def names(self, raw: Any) -> list[tuple[Path, str]]:
        """The names that the unconverted section declares, each with its path inside the section."""
        if isinstance(raw, dict):
            return [((name,), name) for name in raw]
        if not isinstance(raw, list) or not self.named_by:
            return []
        by = self.named_by
        named = ((index, entry.get(by)) for index, entry in enumerate(raw) if isinstance(entry, dict))
        return [((index, by), name) for index, name in named if isinstance(name, str)]


def dangling(section: str, name: str, path: Path, known: Known) -> Flaw:
    """The flaw of a reference at `path` to a `name` that `section` does not declare."""
    message = f'"{cut(name)}" is not declared in {section}'
    return Flaw(path, message, f"correct it, or add it to {section}", word=name, known=known[section])


def loop_flaws(places: Mapping[str, Path], edges: Mapping[str, Sequence[str]]) -> Iterator[Flaw]:
    """One flaw per loop among dependencies, at the place of the entry where the loop is found."""
    for loop in loops(edges):
        text = " -> ".join(cut(name) for name in loop)
        yield Flaw((*places[loop[0]], "depends_on"), f"depends on itself: {text}", "remove one of these")


def loops(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The loops that a walk along `edges` meets, each as `[a, b, a]`; names without edges are ends."""
    found: list[list[str]] = []
    finished: set[str] = set()
    for start in edges:
        trail: dict[str, Iterator[str]] = {}
        name = start if start not in finished else None
        while name is not None or trail:
            if name is not None:
                trail[name] = iter(edges.get(name, ()))
            last = next(reversed(trail))
            name = _follow(trail, trail[last], finished, found)
            if name is None:
                finished.add(last)
                del trail[last]
    return found


def _follow(
    trail: Mapping[str, Any], onward: Iterator[str], finished: set[str], found: list[list[str]]
) -> str | None:
    """The next name to visit; a name that is on the trail already is a loop."""
    for name in onward:
        if name in trail:
            names = list(trail)
            found.append([*names[names.index(name) :], name])
        elif name not in finished:
            return name
    return None
