"""What a Windows lacks by its build, by the data of today: one update now, and each release over time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from schoten_ict.patch.data.tables import Release
from schoten_ict.patch.facts import Hold, System, Update
from schoten_ict.patch.judge.builds import Builds, BuildStanding, State, track_of
from schoten_ict.patch.known import Missing

SOURCE = "build"


@dataclass(frozen=True, slots=True)
class Stay:
    """From when to when a host was seen at one build and UBR, and the system as it told it last then."""

    system: System
    build: int
    ubr: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Missed:
    """A release that a host lacked from `first_seen` on, until it was seen at it or above it."""

    release: Release
    first_seen: datetime
    resolved_at: datetime | None


def latest(told: System | None, stays: Sequence[Stay]) -> System | None:
    """The system as it is known last: as told before, where the newest answer does not tell the UBR.

    A build that is another one than before says that nothing of before holds any more.
    """
    if not stays or (told is not None and (told.family != "windows" or told.ubr is not None)):
        return told
    last = stays[-1]
    return last.system if told is None or told.build in {None, last.build} else told


def update(found: BuildStanding | None) -> Update | None:
    """The newest security release of a Windows that is below it; `published` is that of the oldest missed."""
    if found is None or found.state is not State.BELOW or found.newest is None:
        return None
    newest = found.newest
    return Update(
        newest.kb, found.summary, security=True, installed=found.build, restart=True,
        available=f"{newest.build}.{newest.ubr}", published=found.missed_since, source=SOURCE,
        cves=found.cves,
    )  # fmt: skip


def covers(known: Missing, below: Missing) -> bool:
    """Whether what is kept of an update says all that the build says: it counts, since then, and as bad.

    What a person hid or pinned is a decision; that the vendor calls it optional is none.
    """
    if known.hold is not None:
        return known.hold is Hold.HELD
    return known.clock <= below.clock and (known.exploited or not below.exploited)


def overlaid(known: Missing, below: Missing) -> Missing:
    """An update that is kept, with what the build adds."""
    if covers(known, below):
        return known
    clock = min(known.clock, below.clock)
    return replace(known, clock=clock, exploited=known.exploited or below.exploited, hold=None)


def joined(lacks: Iterable[Missing], below: Missing | None) -> list[Missing]:
    """What a host lacks, with what its build says."""
    found = list(lacks)
    if below is None:
        return found
    if all(each.key != below.key for each in found):
        return [*found, below]
    return [overlaid(each, below) if each.key == below.key else each for each in found]


def history(stays: Sequence[Stay], builds: Builds) -> Iterator[Missed]:
    """Every release that a host was seen without after it came out, and when it was there."""
    by_build: Mapping[int, list[Stay]] = _by_build(stays)
    for build, of_build in by_build.items():
        later = [each for each in stays if each.build > build]
        for release in track_of(of_build[-1].system, builds):
            missed = _missed(release, of_build, later)
            if missed is not None:
                yield missed


def _by_build(stays: Sequence[Stay]) -> dict[int, list[Stay]]:
    found: dict[int, list[Stay]] = defaultdict(list)
    for each in stays:
        found[each.build].append(each)
    return found


def _missed(release: Release, stays: Sequence[Stay], later: Sequence[Stay]) -> Missed | None:
    without = [each for each in stays if each.ubr < release.ubr]
    if not without:
        return None
    there = [each for each in (*stays, *later) if each not in without]
    out = datetime.combine(release.published, time(), UTC)
    if all(each.last_seen < out for each in without) and any(each.first_seen <= out for each in there):
        return None
    seen = max(min(each.first_seen for each in without), out)
    if max((*without, *there), key=lambda each: (each.last_seen, each.build, each.ubr)) in without:
        return Missed(release, seen, None)
    ends = (each.first_seen if each.first_seen >= seen else each.last_seen for each in there)
    return Missed(release, seen, min(end for end in ends if end >= seen))
