"""Words of other people's lists: statuses in Dutch and English, categories, holders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from schoten_ict.assets.model import Status
from schoten_ict.core.facts import HolderKind
from schoten_ict.core.text import nearest, printable
from schoten_ict.formats.headers import fold

IN_USE = "in gebruik"
DUTCH = {
    Status.ORDERED: "besteld",
    Status.IN_STOCK: "op voorraad",
    Status.IN_REPAIR: "in herstelling",
    Status.LOST: "verloren",
    Status.STOLEN: "gestolen",
    Status.RETIRED: "buiten gebruik",
    Status.DISPOSED: "afgevoerd",
}
"""What an export calls the statuses; what somebody holds is `in gebruik`."""

_IN_USE = (
    "ingebruik gebruikt deployed assigned toegewezen uitgeleend inuse active actief checkedout production"
)
_STATUSES = {
    Status.ORDERED: "besteld ordered onorder inbestelling",
    Status.IN_STOCK: "opvoorraad voorraad instock stock readytodeploy deployable available beschikbaar spare "
    "reserve pending inreserve",
    Status.IN_REPAIR: "inherstelling herstelling inreparatie reparatie inrepair outforrepair "
    "outfordiagnostics",
    Status.LOST: "verloren lost loststolen kwijt vermist missing",
    Status.STOLEN: "gestolen stolen",
    Status.RETIRED: "buitengebruik retired archived gearchiveerd nonactive brokennotfixable uitdienst",
    Status.DISPOSED: "afgevoerd disposed disposedof verkocht sold recycled",
}
_BY_WORD = {word: status for status, words in _STATUSES.items() for word in words.split()}
_USED_WORDS = frozenset(_IN_USE.split())
_KINDS = {
    "lokaal": HolderKind.ROOM,
    "room": HolderKind.ROOM,
    "dienst": HolderKind.DEPARTMENT,
    "department": HolderKind.DEPARTMENT,
    "toestel": HolderKind.ASSET,
    "asset": HolderKind.ASSET,
    "person": HolderKind.PERSON,
    "persoon": HolderKind.PERSON,
}
_DUTCH_KINDS = {HolderKind.ROOM: "lokaal", HolderKind.DEPARTMENT: "dienst", HolderKind.ASSET: "toestel"}
MOST_MONTHS = 600
_LENGTH = re.compile(
    r"([0-9]{1,3})(?:[.,]0+)?\s*(?:(months?|maand(?:en)?)|(years?|jaar|jaren))?", re.IGNORECASE
)
SEVERAL = ""
"""In the people by word: several people bear it."""


class Meant(NamedTuple):
    """What a word means, or why it means nothing; both None for a blank."""

    value: str | None
    problem: str | None = None


def status(word: str) -> Meant:
    """The status behind a word, `in use` ones as `assigned`."""
    folded = fold(word)
    if not word.strip():
        return Meant(None)
    if folded in _USED_WORDS:
        return Meant("assigned")
    if folded in _BY_WORD:
        return Meant(_BY_WORD[folded].value)
    known = [*DUTCH.values(), IN_USE]
    return Meant(None, f"{printable(word)!r} is unknown{nearest(word, known)}")


def months_in(text: str) -> int | None:
    """A length such as `36`, `36.0`, `36 maanden` or `3 years` in months; None for any other text."""
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    months = int(match[1]) * (12 if match[3] else 1)
    return months if months <= MOST_MONTHS else None


@dataclass(frozen=True, slots=True)
class Categories:
    """Category ids by word in lower case (ids and titles); `own` accepts words that are not among them."""

    by_word: Mapping[str, str]
    own: bool = False

    def meant(self, word: str) -> Meant:
        """The id behind a word."""
        text = word.strip()
        if not text:
            return Meant(None)
        known = self.by_word.get(text.casefold())
        if known is not None:
            return Meant(known)
        slug = slugged(text)
        if self.own and slug:
            return Meant(slug)
        close = nearest(text.casefold(), list(self.by_word))
        return Meant(
            None,
            f'category {printable(text)!r} is unknown{close}; give --map-category "{printable(text)}=ID"',
        )


def slugged(text: str) -> str:
    """A word as an id: lower case, dashes for what is no letter or digit."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


@dataclass(frozen=True, slots=True)
class Holders:
    """People by word in lower case (key, user name, e-mail address, name), departments by lower case."""

    people: Mapping[str, str]
    departments: Mapping[str, str]
    tags: Mapping[str, str]

    def meant(self, word: str) -> Meant:
        """The holder behind a word, as `person:1042` or `room:GH-1.01`."""
        text = word.strip()
        if not text:
            return Meant(None)
        prefix, colon, rest = text.partition(":")
        kind = _KINDS.get(prefix.strip().casefold()) if colon else None
        name = " ".join(rest.split()) if kind else text
        if kind is not None and not name:
            return Meant(None, f"holder {printable(text)!r} names nobody")
        if kind is None or kind is HolderKind.PERSON:
            return self._person(name)
        if kind is HolderKind.ASSET:
            tag = self.tags.get(name.casefold())
            return (
                Meant(f"asset:{tag}") if tag else Meant(None, f"holder {printable(text)!r} is no known asset")
            )
        if kind is HolderKind.DEPARTMENT:
            name = self.departments.get(name.casefold(), name)
        return Meant(f"{kind}:{name}")

    def _person(self, name: str) -> Meant:
        word = name.rpartition("\\")[2].casefold()
        key = self.people.get(word)
        if key == SEVERAL:
            return Meant(None, f"several people are called {printable(name)!r}; name one by employee number")
        if key is None:
            return Meant(None, f"nobody is called {printable(name)!r}; import or add the person first")
        return Meant(f"person:{key}")


def holder_in_dutch(kind: str, key: str) -> str:
    """A holder as an export writes it and `Holders` reads it: `1042`, `lokaal: GH-1.01`."""
    word = _DUTCH_KINDS.get(HolderKind(kind))
    return f"{word}: {key}" if word else key
