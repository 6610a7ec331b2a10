"""What is known of a family of devices: how to recognise it, and where its agent keeps what it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from schoten_ict.core.remote import Oid
from schoten_ict.fleet.ask.snmp import oids
from schoten_ict.fleet.ask.snmp.reading import Values, below, pointer, text


@dataclass(frozen=True, slots=True)
class At:
    """A place where a word stands: an object, and where more stands there a pattern whose group 1 it is.

    A column of ENTITY-MIB (`oids.ENT_MODEL` ...) means its row for the chassis.
    """

    oid: Oid
    pattern: str = ""

    def word(self, values: Values, chassis: int) -> str | None:
        """The word, or None."""
        found = text(values, (*self.oid, chassis) if self.oid in oids.ENT_COLUMNS else self.oid)
        if found is None or not self.pattern:
            return found
        match = re.search(self.pattern, found)
        return match[1].strip() or None if match else None


@dataclass(frozen=True, slots=True)
class Own:
    """The device's own row of a column by hardware address: one of its interfaces has the address."""

    oid: Oid

    def word(self, values: Values, _chassis: int) -> str | None:
        """The word, or None."""
        addresses = [values[(*oids.IF_MAC, *index)].value for index in below(values, oids.IF_MAC)]
        rows = ((*self.oid, *address) for address in addresses if isinstance(address, bytes))
        return next(filter(None, (text(values, row) for row in rows)), None)


Place = At | Own
Places = Mapping[str, tuple[Place, ...]]


@dataclass(frozen=True, slots=True)
class Sign:
    """Tells a platform by all that is given: sysObjectID begins so, sysDescr matches, an object is there."""

    object_id: Oid = ()
    says: str = ""
    holds: Oid = ()

    def strength(self, values: Values) -> tuple[bool, bool, int] | None:
        """How specific this sign is where it applies, to compare with others; None where it does not."""
        identifier = pointer(values, oids.SYS_OBJECT_ID) or ()
        if identifier[: len(self.object_id)] != self.object_id or (self.holds and self.holds not in values):
            return None
        if self.says and not re.search(self.says, text(values, oids.SYS_DESCR) or ""):
            return None
        return bool(self.holds), bool(self.says), len(self.object_id)


@dataclass(frozen=True, slots=True)
class Platform:
    """A family of devices. `places` by field of `Identity`, tried in order, before the standard MIBs.

    `vendor` is the name of the maker where no place gives one, `os` that of the system. `names` are other
    names of `vendor` in agents' texts. `columns` are tables to walk for the places. `expects` are the parts
    that such a device has; `never` names fields that its standard MIBs give wrongly.
    """

    name: str
    signs: tuple[Sign, ...]
    vendor: str | None = None
    os: str | None = None
    places: Places = field(default_factory=dict)
    names: tuple[str, ...] = ()
    columns: tuple[Oid, ...] = ()
    expects: frozenset[str] = frozenset({"interfaces"})
    never: frozenset[str] = frozenset()

    def objects(self) -> tuple[Oid, ...]:
        """What to ask such a device beside `oids.STANDARD`."""
        wanted = dict.fromkeys(place.oid for places in self.places.values() for place in places)
        asked = {*oids.STANDARD, *oids.ENT_COLUMNS, *self.columns}
        return tuple(each for each in wanted if each not in asked)


UNKNOWN = Platform("unknown", ())


@cache
def known() -> tuple[Platform, ...]:
    """Every platform that a module of the package `platforms` declares in its `PLATFORMS`."""
    package = import_module("schoten_ict.fleet.ask.snmp.platforms")
    found: list[Platform] = []
    for module in sorted(each.name for each in iter_modules(package.__path__)):
        found += import_module(f"{package.__name__}.{module}").PLATFORMS
    return tuple(found)


@cache
def probes() -> tuple[Oid, ...]:
    """The objects whose presence tells a platform."""
    return tuple(dict.fromkeys(sign.holds for each in known() for sign in each.signs if sign.holds))


def recognise(values: Values) -> Platform:
    """The platform with the most specific sign; `UNKNOWN` where none applies."""
    best, found = (False, False, 0), UNKNOWN
    for platform in known():
        strengths = (sign.strength(values) for sign in platform.signs)
        strongest = max((each for each in strengths if each is not None), default=best)
        if strongest > best:
            best, found = strongest, platform
    return found


@cache
def makers() -> Mapping[str, str]:
    """The makers by each of their names in lower case, the longest first."""
    names = {
        name.casefold(): each.vendor for each in known() if each.vendor for name in (each.vendor, *each.names)
    }
    return {name: names[name] for name in sorted(names, key=len, reverse=True)}
