"""What a title of software is taken for, by the rules of the catalogue: a product, nothing, or unknown.

A rule fits a whole title, so that a product's name inside of another title (an update, a language pack, a
viewer) does not count as the product.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from schoten_ict.core.hostfacts import Title
from schoten_ict.inventory.sections.licenses import Ignored, Product, TitleRule
from schoten_ict.licenses.cleaning import clean
from schoten_ict.licenses.model import Outcome, Titled

UNKNOWN = Titled(Outcome.UNKNOWN)
_PLAIN = re.compile(r"[\w &',/:;<>=@%!~#\"-]*", re.ASCII)
_FIRST_GROUP = re.compile(r"\(\?:(?P<words>[\w &',/:;<>=@%!~#\"|-]*)\)(?P<optional>\?)?(?![*+{?])", re.ASCII)
_SETS_AND_ESCAPES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_INNERMOST = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class Rule:
    """One rule with what it says: a product's id, or why the title is ignored."""

    said: TitleRule
    product: str | None
    reason: str

    @cached_property
    def _title(self) -> re.Pattern[str]:
        return re.compile(self.said.title, re.IGNORECASE)

    def take(self, text: str, title: Title) -> Titled | None:
        """What it takes a title for; None where it does not fit."""
        match = self._title.fullmatch(text)
        if match is None or not self._fits(text, title):
            return None
        if self.product is None:
            return Titled(Outcome.IGNORED, reason=self.reason)
        return Titled(Outcome.PRODUCT, self.product, self._version(match, title), self.said.title)

    def _fits(self, text: str, title: Title) -> bool:
        said = self.said
        if said.unless is not None and re.search(said.unless, text, re.IGNORECASE):
            return False
        asked = (
            (said.publisher, title.publisher),
            (said.version, title.version),
            (said.source, title.source),
        )
        return all(
            want is None or re.fullmatch(want, clean(told or ""), re.IGNORECASE) for want, told in asked
        )

    def _version(self, match: re.Match[str], title: Title) -> str | None:
        """The version in use: from the title, else from the version that the list told."""
        found = match.groupdict().get("version")
        if found is None and self.said.version is not None:
            told = re.fullmatch(self.said.version, clean(title.version or ""), re.IGNORECASE)
            found = told.groupdict().get("version") if told else None
        return found or None


class Titles:
    """Takes titles for what they are. Of several rules that fit the first counts.

    Only rules that begin as the title does are looked at, so that most of a long catalogue costs nothing.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_start: dict[str, list[tuple[int, Rule]]] = defaultdict(list)
        for place, rule in enumerate(rules):
            for start in beginnings(rule.said.title):
                self._by_start[start].append((place, rule))
        self._lengths = sorted({len(start) for start in self._by_start})

    def __call__(self, title: Title) -> Titled:
        """What a title is taken for."""
        text = clean(title.name)
        for _, rule in self._beginning_like(text.lower()):
            taken = rule.take(text, title)
            if taken is not None:
                return taken
        return UNKNOWN

    def _beginning_like(self, text: str) -> list[tuple[int, Rule]]:
        found: list[tuple[int, Rule]] = []
        for length in self._lengths:
            found += self._by_start.get(text[:length], ())
        return sorted(found, key=_place)


def rules_of(products: Iterable[tuple[str, Product]], ignored: Sequence[Ignored]) -> list[Rule]:
    """The rules of products and of what is ignored; what is ignored goes first, since it is more exact."""
    rules = [Rule(each, None, group.reason) for group in ignored for each in group.rules]
    rules += [Rule(each, name, "") for name, product in products for each in product.rules]
    return rules


def beginnings(pattern: str) -> set[str]:
    """With which letters, in small, a text begins that a pattern fits: one of these; `""` is any text."""
    if _has_alternatives(pattern):
        return {""}
    group = _FIRST_GROUP.match(pattern)
    if group is None:
        return {_beginning(pattern)}
    found = set(group["words"].lower().split("|"))
    if group["optional"]:
        found |= beginnings(pattern[group.end() :])
    return {""} if "" in found else found


def _beginning(pattern: str) -> str:
    plain = _PLAIN.match(pattern)
    start = plain[0] if plain else ""
    optional = pattern[len(start) : len(start) + 1] in {"?", "*", "{"}
    return (start[:-1] if optional else start).lower()


def _has_alternatives(pattern: str) -> bool:
    """Whether a `|` stands outside of all groups."""
    bare, before = _SETS_AND_ESCAPES.sub("", pattern), ""
    while bare != before:
        bare, before = _INNERMOST.sub("", bare), bare
    return "|" in bare


def _place(found: tuple[int, Rule]) -> int:
    return found[0]
