"""Build and UBR of a Windows against the newest cumulative security update that is known for it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schoten_ict.core.text import counted
from schoten_ict.patch.data.status import FRESH_FOR, is_fresh
from schoten_ict.patch.data.tables import (
    Kind,
    Release,
    Table,
    absent_between,
    months_text,
    patch_tuesday,
)
from schoten_ict.patch.facts import System


class State(StrEnum):
    """What build and UBR prove."""

    BELOW = "below"
    CURRENT = "current"
    ABOVE = "above"
    """Newer than the data knows, while the data is fresh: a preview, or an update of these days."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BuildStanding:
    """Where a machine stands. `why` is the reason for `unknown`, else empty.

    `newest` is the newest release of its track that is known. `missed` are the known releases that it lacks,
    oldest first. `absent` are the months before the first of them of which the data has nothing: where it
    `is_at_a_release`, it lacks that of the first such month as well, else the data cannot tell.
    """

    state: State
    build: str
    newest: Release | None = None
    missed: tuple[Release, ...] = ()
    why: str = ""
    absent: tuple[str, ...] = ()
    is_at_a_release: bool = False

    @property
    def behind(self) -> int:
        """How many known releases it lacks."""
        return len(self.missed)

    @property
    def missed_since(self) -> date | None:
        """The patch Tuesday of the oldest that it lacks, the clock of its deadline: it came out by then."""
        if self.absent and self.is_at_a_release:
            return patch_tuesday(self.absent[0])
        return min((each.published for each in self.missed), default=None)

    @property
    def since_when(self) -> str:
        """Why it is not known since when it is below; empty where it is."""
        if not self.absent or self.is_at_a_release:
            return ""
        return f"the data has nothing of {months_text(self.absent)}, which it may have or lack"

    @property
    def cves(self) -> tuple[str, ...]:
        """The vulnerabilities that what it lacks would mend, as far as the data names them."""
        return tuple(sorted({cve for each in self.missed for cve in each.cves}))

    @property
    def names_all_cves(self) -> bool:
        """Whether the data names the vulnerabilities of every release that it lacks."""
        return all(each.cves for each in self.missed)

    @property
    def summary(self) -> str:
        """One line with the numbers in it."""
        newest = self.newest
        if self.state is State.UNKNOWN or newest is None:
            return f"build {self.build}: {self.why}"
        known = f"{newest.build}.{newest.ubr} ({newest.kb}, {newest.month})"
        if self.state is State.BELOW:
            least = "at least " if self.absent else ""
            return f"build {self.build} is {least}{counted(self.behind, 'security release')} behind {known}"
        return f"build {self.build} is {'newer than' if self.state is State.ABOVE else 'at'} {known}"


@dataclass(frozen=True, slots=True)
class Builds:
    """The releases by `(is a server, build)`, lowest UBR first, and the day of which they tell everything.

    `months` are those of which anything is known.
    """

    as_of: date
    by_build: Mapping[tuple[bool, int], Sequence[Release]]
    months: frozenset[str] = frozenset()

    @property
    def kbs(self) -> frozenset[str]:
        """The articles of all releases."""
        return frozenset(row.kb for rows in self.by_build.values() for row in rows)


def indexed(table: Table[Release]) -> Builds:
    """The table as the rule looks things up in it."""
    found: dict[tuple[bool, int], list[Release]] = defaultdict(list)
    for row in sorted(table.rows, key=lambda row: (row.ubr, not row.hotpatch)):
        found[row.server, row.build].append(row)
    return Builds(table.as_of, found, frozenset(row.month for row in table.rows))


def standing(system: System, builds: Builds, today: date) -> BuildStanding | None:
    """The verdict on a Windows; None for any other system.

    Old data still proves what is below it, and nothing else. Server Core and desktop share their builds;
    servers and clients do not, not even where the number is the same (17763, 26100).
    """
    if system.family != "windows":
        return None
    told = f"{system.build or '?'}.{'?' if system.ubr is None else system.ubr}"
    if system.build is None or system.ubr is None:
        return BuildStanding(State.UNKNOWN, told, why="the machine did not tell its build and UBR whole")
    server = is_server(system)
    if server is None:
        return BuildStanding(State.UNKNOWN, told, why="whether it is a server was not told")
    releases = builds.by_build.get((server, system.build))
    if not releases:
        return BuildStanding(State.UNKNOWN, told, why="no release of this build is known")
    return _compared(told, system.ubr, track_of(system, builds), builds, today)


def track_of(system: System, builds: Builds) -> list[Release]:
    """The releases that a Windows of this build needs, lowest UBR first; none where that is not known."""
    server = is_server(system)
    releases = builds.by_build.get((server, system.build), ()) if server is not None and system.build else ()
    return _track(releases, hotpatch=_is_hotpatched(system, releases))


def is_server(system: System) -> bool | None:
    """Whether a Windows is a server, by InstallationType, else EditionID, else its name; None if untold."""
    for told in (system.installation, system.edition):
        if told:
            return told.startswith("Server")
    return "Server" in system.name if system.name else None


def _is_hotpatched(system: System, releases: Sequence[Release]) -> bool:
    """What the machine says; where it does not, the UBR of a hotpatch that no ordinary update has."""
    if system.hotpatch is not None:
        return system.hotpatch
    kinds = {each.hotpatch for each in releases if each.ubr == system.ubr}
    return kinds == {True}


def _track(releases: Sequence[Release], *, hotpatch: bool) -> list[Release]:
    """The releases that a machine needs: the ordinary ones, or the hotpatches and the baselines.

    A baseline is an ordinary update without a hotpatch between it and the one before it: that of the same
    day has a lower UBR (Microsoft: baselines in January, April, July and October).
    """
    if not hotpatch:
        return [each for each in releases if not each.hotpatch]
    kept, is_covered = list[Release](), False
    for each in releases:
        if each.hotpatch or not is_covered:
            kept.append(each)
        is_covered = each.hotpatch
    return kept


def _compared(told: str, ubr: int, track: Sequence[Release], builds: Builds, today: date) -> BuildStanding:
    if not track:
        return BuildStanding(State.UNKNOWN, told, why="no release of its track is known")
    newest = track[-1]
    missed = tuple(each for each in track if each.ubr > ubr)
    if missed:
        had = [each for each in track if each.ubr <= ubr]
        absent = absent_between(had[-1].month, missed[0].month, builds.months) if had else ()
        is_at_one = bool(had) and had[-1].ubr == ubr
        return BuildStanding(State.BELOW, told, newest, missed, absent=absent, is_at_a_release=is_at_one)
    if not is_fresh(Kind.BUILDS, builds.as_of, today):
        days = FRESH_FOR[Kind.BUILDS]
        why = f"the data is of {builds.as_of}, more than {days} days ago; it misses nothing older"
        return BuildStanding(State.UNKNOWN, told, newest, why=why)
    return BuildStanding(State.CURRENT if ubr == newest.ubr else State.ABOVE, told, newest)
