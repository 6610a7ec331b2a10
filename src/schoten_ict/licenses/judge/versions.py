"""Versions of a product: which is later, and whether a right for one covers another."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from schoten_ict.inventory.sections.licenses import Product

ANY = "any"
"""The version of a need that every version meets: what is planned, of which none is in use yet."""
_NUMBERED = re.compile(r"v?[0-9]+(?:[ .]?(?:r(?=[0-9]))?[0-9]+)*", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+")


class Step(IntEnum):
    """How a right comes to cover a need, the preferred way first."""

    OEM = 0
    """On the device that it was sold with: it can serve no other."""
    EXACT = 1
    DOWNGRADE = 2
    UPGRADE = 3
    """By an upgrade with its base, or by maintenance."""
    SUITE = 4


@dataclass(frozen=True, slots=True)
class Grant:
    """What one entitlement gives of a product: the version bought, and maintenance until a day."""

    product: str
    version: str | None = None
    maintenance_until: date | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """That a grant covers a version. Not `sure` where a version or a day of release is not known."""

    step: Step
    sure: bool = True


def compare(product: Product, one: str, other: str) -> int | None:
    """Whether `one` is later (1), the same (0) or earlier (-1); None where that cannot be told.

    The order is `versions` of the catalogue; without it that of the numbers in both texts (`2012 R2` comes
    after `2012`). A text that neither knows is the same as itself and nothing else.
    """
    left, right = one.strip().casefold(), other.strip().casefold()
    if left == right:
        return 0
    places = {text.strip().casefold(): (place,) for place, text in enumerate(product.versions)}
    first, second = (places.get(left), places.get(right)) if places else (_numbers(left), _numbers(right))
    if first is None or second is None:
        return None
    return (first > second) - (first < second)


def newest(product: Product, versions: Iterable[str]) -> str | None:
    """The latest of these; None of nothing, and where one cannot be compared with the others."""
    latest: str | None = None
    for version in sorted(versions):
        order = 1 if latest is None else compare(product, version, latest)
        if order is None:
            return None
        latest = version if order > 0 else latest
    return latest


def is_versioned(product: Product) -> bool:
    """Whether the catalogue tells versions of it apart."""
    if product.versions or product.released or product.support:
        return True
    return any("(?P<version>" in f"{rule.title}{rule.version or ''}" for rule in product.rules)


def reach(holder: Product, used: Product, grant: Grant, version: str | None, today: date) -> Reach | None:
    """Whether a grant for `holder` covers `used` in this version; None where it surely does not.

    `holder` is the product of the right: `used` itself, or a suite that includes it. Versions of a suite are
    compared in the order of its member.
    - Same version: exact. Earlier: where the holder has downgrade rights.
    - Later: only by maintenance, where it was released by the last day of it. What is in use today was
      released by today, so maintenance that still runs covers every later version.
    - A product without versions, one whose rights are for the `latest`, and a suite without versions: any.
    - A need of `ANY` version: every right.
    - A version in use that is not known may be any that the catalogue knows: only a right that covers the
      newest of them and has downgrade rights surely covers it.
    """
    if _plays_no_part(holder, used, grant, version):
        return Reach(Step.EXACT)
    order = _order(holder, used, grant.version, version)
    maintained = grant.maintenance_until is not None and grant.maintenance_until >= today
    if maintained and holder.downgrade and order is None:
        return Reach(Step.UPGRADE)
    if version is None:
        return Reach(Step.DOWNGRADE, sure=_covers_all(holder, used, grant, today))
    if order is None:
        return Reach(Step.UPGRADE, sure=False)
    if order < 0:
        return _by_maintenance(holder, used, grant, version, today)
    step = Step.DOWNGRADE if order else Step.EXACT
    return Reach(step) if holder.downgrade or not order else None


def _plays_no_part(holder: Product, used: Product, grant: Grant, version: str | None) -> bool:
    if holder.latest or version == ANY or (version is None and not is_versioned(used)):
        return True
    return holder is not used and grant.version is None and not is_versioned(holder)


def _by_maintenance(holder: Product, used: Product, grant: Grant, version: str, today: date) -> Reach | None:
    if grant.maintenance_until is None:
        return None
    if grant.maintenance_until >= today:
        return Reach(Step.UPGRADE)
    released = _released(used, version) or _released(holder, version)
    if released is None:
        return Reach(Step.UPGRADE, sure=False)
    return Reach(Step.UPGRADE) if released <= grant.maintenance_until else None


def _covers_all(holder: Product, used: Product, grant: Grant, today: date) -> bool:
    known = used.versions or {*used.released, *used.support}
    last = newest(used, known)
    if last is None or not holder.downgrade:
        return False
    found = reach(holder, used, grant, last, today)
    return found is not None and found.sure


def _order(holder: Product, used: Product, bought: str | None, version: str | None) -> int | None:
    if bought is None or version is None:
        return None
    order = compare(used, bought, version)
    return compare(holder, bought, version) if order is None else order


def _released(product: Product, version: str) -> date | None:
    wanted = version.strip().casefold()
    return next((day for text, day in product.released.items() if text.strip().casefold() == wanted), None)


def _numbers(text: str) -> tuple[int, ...] | None:
    if not _NUMBERED.fullmatch(text):
        return None
    numbers = [int(each) for each in _NUMBER.findall(text)]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
