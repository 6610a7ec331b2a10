"""Until when a system or an installed title gets security updates, by its vendor, and who says so."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from schoten_ict.patch.data.status import is_fresh
from schoten_ict.patch.data.tables import Cycle, Cycles, End, Kind, Table
from schoten_ict.patch.facts import System
from schoten_ict.patch.judge import lifecycle_systems

if TYPE_CHECKING:
    from schoten_ict.core.hostfacts import Title


class Support(StrEnum):
    """Where on its way something is. Whatever cannot be told is `unknown`, never supported."""

    SUPPORTED = "supported"
    EXTENDED = "extended"
    """The support that everybody has is over, that of an extension that applies is not."""
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Extension:
    """What a vendor offers beyond: its name, its end (None where the data has none), whether it applies."""

    name: str
    until: End
    applies: bool


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The dates of one release cycle. `product` is its title, `cycle` its label, both to show.

    `active_until` and `security_until` hold for everybody; True is ended at some day, False no end announced,
    None not stated. `extensions` are those that its vendor has for this cycle. `source` says who states it,
    as of `as_of`.
    """

    product: str
    cycle: str
    active_until: End
    security_until: End
    extensions: tuple[Extension, ...]
    source: str
    as_of: date

    @property
    def until(self) -> date | None:
        """The last day that counts here: the latest of the security support and of what applies.

        None where no day is announced or known: see `support`.
        """
        ends = [self.security_until, *(each.until for each in self.extensions if each.applies)]
        return max((each for each in ends if isinstance(each, date)), default=None)

    def support(self, today: date) -> Support:
        """Whether it gets security updates on `today`.

        No announced end holds while the data is fresh. An extension that is on and of which no day is known
        makes unknown what would be ended.
        """
        if self.security_until is False:
            return Support.SUPPORTED if is_fresh(Kind.LIFECYCLE, self.as_of, today) else Support.UNKNOWN
        if self.security_until is None:
            return Support.UNKNOWN
        if isinstance(self.security_until, date) and today <= self.security_until:
            return Support.SUPPORTED
        if self.until is not None and today <= self.until:
            return Support.EXTENDED
        is_open = any(each.applies and not isinstance(each.until, date) for each in self.extensions)
        return Support.UNKNOWN if is_open else Support.ENDED


@dataclass(frozen=True, slots=True)
class _Offer:
    """An extension: `subscription` is the one that brings it, empty where everybody has it.

    `dated` tells whether endoflife.date gives its end as `eoes`.
    """

    name: str
    subscription: str
    dated: bool = True


_ESU = (_Offer("ESU", "esu"),)
_OFFERS = {
    "debian": (_Offer("LTS", ""), _Offer("ELTS", "lts", dated=False)),
    "ubuntu": (_Offer("ESM", "esm-infra"),),
    "rhel": (_Offer("ELS", "els"),),
    "sles": (_Offer("LTSS", "lts"),),
    "windows": _ESU, "windows-server": _ESU, "mssqlserver": _ESU, "msexchange": _ESU,
    "oracle-database": (_Offer("Extended Support", "extended"),),
}  # fmt: skip
_LTS_ARCHITECTURES = {"", "amd64", "x86_64", "arm64", "aarch64", "i386", "i686", "armhf", "armv7l"}
"""Those that the Debian LTS team keeps (https://wiki.debian.org/LTS)."""


def indexed(table: Table[Cycle]) -> Cycles:
    """The cycles as the rules look them up."""
    found: dict[str, dict[str, Cycle]] = defaultdict(dict)
    for row in table.rows:
        found[row.product][row.cycle] = row
    return found


def of_system(system: System, cycles: Cycles, source: str) -> Lifecycle | None:
    """The lifecycle of an operating system; None where no release cycle is certain."""
    row = lifecycle_systems.cycle_of(system, cycles)
    return _lifecycle(row, system, source) if row else None


def of_title(title: "Title", cycles: Cycles, source: str) -> Lifecycle | None:
    """The lifecycle of software; None where no rule is certain, and for what a distribution keeps.

    No subscription of the system extends it: that of Windows has nothing for SQL Server.
    """
    from schoten_ict.patch.judge import lifecycle_titles  # its patterns are for titles alone

    row = lifecycle_titles.cycle_of(title, cycles)
    return _lifecycle(row, None, source) if row else None


def _lifecycle(row: Cycle, system: System | None, source: str) -> Lifecycle:
    offers = _OFFERS.get(row.product, ())
    found = (_extension(row, each, system) for each in offers)
    return Lifecycle(
        product=row.title,
        cycle=row.label,
        active_until=row.active,
        security_until=row.security,
        extensions=tuple(each for each in found if each is not None),
        source=source,
        as_of=row.as_of,
    )


def _extension(row: Cycle, offer: _Offer, system: System | None) -> Extension | None:
    if system is None:
        is_on = False
    elif not offer.subscription:
        is_on = (system.architecture or "") in _LTS_ARCHITECTURES
    else:
        is_on = offer.subscription in system.subscriptions
    if not offer.dated:
        return Extension(offer.name, None, applies=True) if is_on else None
    if not row.extended:
        return None
    until: End = row.extended
    if is_on and offer in _ESU and system is not None:
        until = _licensed(until, system.esu_until)
    return Extension(offer.name, until, is_on)


def _licensed(offered: End, licensed: date | None) -> End:
    """Each year of it is bought apart: it ends with the last of them; None where that is not told."""
    if licensed is None or not isinstance(offered, date):
        return licensed
    return min(offered, licensed)
