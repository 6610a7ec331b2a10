"""A physical count: pure rules from what should be there and what was scanned to what is wrong."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from schoten_ict.assets.model import ASSIGNED, Status
from schoten_ict.core.facts import HolderKind
from schoten_ict.core.finding import Finding, subject
from schoten_ict.core.result import Show, column
from schoten_ict.core.verdict import Verdict

PRESENT = frozenset({ASSIGNED, Status.IN_STOCK.value})
"""The states in which an asset should be somewhere in the house."""
VALID_FOR = timedelta(days=366)
"""Equipment is counted once a year; an older count says nothing of today."""


class Outcome(StrEnum):
    """How one asset or one code turned out, in the order in which they are listed."""

    FOUND = "found"
    MISPLACED = "misplaced"
    UNEXPECTED = "unexpected"
    UNKNOWN = "unknown"
    MISSING = "missing"


_ORDER = {outcome: place for place, outcome in enumerate(Outcome)}


@dataclass(frozen=True, slots=True)
class Recorded:
    """An asset as it is recorded. `location` is the room that holds it, else the one written down.

    `holder` is the name for people of whoever holds it; `holder_kind` is that of `core.facts.HolderKind`.
    """

    tag: str
    category: str
    make: str
    state: str
    site: str | None = None
    location: str | None = None
    holder: str | None = None
    holder_kind: str | None = None

    @property
    def is_present(self) -> bool:
        """Whether it should be somewhere in the house."""
        return self.state in PRESENT


@dataclass(frozen=True, slots=True)
class Scope:
    """What a count looks for; None means any."""

    site: str | None = None
    location: str | None = None
    category: str | None = None

    def covers(self, thing: Recorded) -> bool:
        """Whether an asset should turn up in this count."""
        return (
            thing.is_present
            and (self.category is None or thing.category == self.category)
            and (self.site is None or same(self.site, thing.site))
            and (self.location is None or same(self.location, thing.location))
        )


@dataclass(frozen=True, slots=True)
class Scan:
    """One code as it was read: the asset it belongs to, if any, and the room, if it was told."""

    code: str
    asset: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How one asset or one unknown code turned out. `code` is what was scanned, where that is not the tag."""

    tag: str | None = column("Tag")
    code: str | None = column("Code", show=Show.IF_ANY)
    outcome: Outcome = column("Outcome")
    make: str | None = column("Make and model")
    expected_location: str | None = column("Recorded at")
    seen_location: str | None = column("Seen at")
    holder: str | None = column("Holder", show=Show.IF_ANY)
    note: str = column("Note", show=Show.IF_ANY)


def same(one: str | None, other: str | None) -> bool:
    """Whether two places are the same; case does not count."""
    return (one or "").casefold() == (other or "").casefold()


def place_in_list(row: Counted) -> tuple[int, str, str]:
    """What rows are sorted by: what was found first, what is missing last, where a reader ends."""
    return _ORDER[row.outcome], row.tag or "", row.code or ""


def outcomes(
    scope: Scope, expected: Collection[str], scans: Sequence[Scan], things: Mapping[str, Recorded]
) -> list[Counted]:
    """Every expected asset, every other asset that was scanned and every unknown code, each once.

    `expected` are the tags fixed at the start, `things` all assets by tag; of several scans of one asset
    the last one counts.
    """
    last = {scan.asset or f"\n{scan.code}": scan for scan in scans}
    rows = [
        judged(scan, things.get(scan.asset or ""), scope, expected=scan.asset in expected)
        for scan in last.values()
    ]
    visited = {scan.location.casefold() for scan in scans if scan.location}
    rows += [_missing(things[tag], visited) for tag in expected if tag not in last]
    return sorted(rows, key=place_in_list)


def judged(scan: Scan, thing: Recorded | None, scope: Scope, *, expected: bool) -> Counted:
    """How one scan turns out. `expected` says that the asset was in scope when the count began."""
    if thing is None:
        return _row(scan, None, Outcome.UNKNOWN, "not on record")
    belongs = expected or scope.covers(thing)
    foreign = _foreign(thing, scope, belongs=belongs)
    if foreign:
        return _row(scan, thing, Outcome.UNEXPECTED, foreign)
    elsewhere = _elsewhere(scan, thing, scope, belongs=belongs)
    if elsewhere:
        note = "" if elsewhere == thing.location else f"recorded at {elsewhere}"
        return _row(scan, thing, Outcome.MISPLACED, note)
    if belongs:
        return _row(scan, thing, Outcome.FOUND, "")
    return _row(scan, thing, Outcome.UNEXPECTED, f"not in scope, recorded at {thing.location or 'no place'}")


def _foreign(thing: Recorded, scope: Scope, *, belongs: bool) -> str:
    """Why this asset should not turn up here at all, or nothing."""
    if not thing.is_present:
        return f"recorded as {thing.state}"
    if scope.category not in {None, thing.category}:
        return f"category {thing.category} is not in scope"
    if not belongs and thing.holder and thing.holder_kind != HolderKind.ROOM:
        return f"assigned to {thing.holder}, not in scope"
    return ""


def _elsewhere(scan: Scan, thing: Recorded, scope: Scope, *, belongs: bool) -> str:
    """The place where this asset is recorded, when it was seen at another one."""
    if scan.location and thing.location and not same(scan.location, thing.location):
        return thing.location
    if not belongs and scope.site and thing.site and not same(scope.site, thing.site):
        return thing.location or thing.site
    return ""


def findings(
    name: str,
    rows: Sequence[Counted],
    things: Mapping[str, Recorded],
    corrected: Collection[str],
    now: datetime,
) -> list[Finding]:
    """What is wrong after count `name`; each check that has nothing to say says so with its number.

    What is missing fails, and warns where somebody holds it or a later record explains it. `corrected` are
    the misplaced tags whose record was put right.
    """
    found: list[Finding] = []
    totals = Counter(row.outcome for row in rows)
    for outcome in (Outcome.MISSING, Outcome.MISPLACED, Outcome.UNEXPECTED, Outcome.UNKNOWN):
        wrong = [row for row in rows if row.outcome is outcome and row.tag not in corrected]
        told = [_finding(name, row, things.get(row.tag or ""), now) for row in wrong]
        found += told or [_none_wrong(name, outcome, totals, now)]
    return found


def _missing(thing: Recorded, visited: Collection[str]) -> Counted:
    note = ""
    if not thing.is_present:
        note = f"recorded as {thing.state} since the count began"
    elif visited and thing.location and thing.location.casefold() not in visited:
        note = f"nothing was scanned in {thing.location}"
    return _row(Scan(thing.tag, thing.tag), thing, Outcome.MISSING, note)


def _row(scan: Scan, thing: Recorded | None, outcome: Outcome, note: str) -> Counted:
    if thing is None:
        return Counted(None, scan.code, outcome, None, None, scan.location, None, note)
    return Counted(
        tag=thing.tag,
        code=None if same(scan.code, thing.tag) else scan.code,
        outcome=outcome,
        make=thing.make,
        expected_location=thing.location,
        seen_location=scan.location,
        holder=None if thing.holder_kind == HolderKind.ROOM else thing.holder,
        note=note,
    )


_REMEDIES = {
    Outcome.MISSING: "look for it, then scan it in a new count or: ict assets lost {tag}",
    Outcome.MISPLACED: "ict assets edit {tag} --set location={place}",
    Outcome.UNEXPECTED: "ict assets show {tag}",
    Outcome.UNKNOWN: "put a label on it: ict assets add, or ict assets find {code}",
}


def _finding(name: str, row: Counted, thing: Recorded | None, now: datetime) -> Finding:
    excused = thing is not None and (not thing.is_present or thing.holder_kind == HolderKind.PERSON)
    fails = row.outcome is Outcome.MISSING and not excused
    return Finding(
        check=f"assets.count.{row.outcome}",
        subject=subject("asset", row.tag) if row.tag else subject("count", name),
        key="" if row.tag else row.code or "",
        verdict=Verdict.FAIL if fails else Verdict.WARN,
        summary=", ".join(_words(name, row)),
        observed_at=now,
        evidence={
            "count": name,
            "code": row.code,
            "expected_location": row.expected_location,
            "seen_location": row.seen_location,
            "holder": row.holder,
        },
        remedy=_remedy(row, thing),
    )


def _remedy(row: Counted, thing: Recorded | None) -> str:
    if thing is not None and thing.state in {Status.LOST, Status.STOLEN}:
        return f"ict assets found {thing.tag}" if row.outcome is Outcome.UNEXPECTED else ""
    return _REMEDIES[row.outcome].format(tag=row.tag, code=row.code, place=row.seen_location or "ROOM")


def _words(name: str, row: Counted) -> Iterator[str]:
    yield f"{row.tag or row.code} is {row.outcome} in count {name}"
    if row.make:
        yield row.make
    if row.seen_location:
        yield f"seen at {row.seen_location}"
    if row.outcome in {Outcome.MISSING, Outcome.MISPLACED} and row.expected_location:
        yield f"recorded at {row.expected_location}"
    if row.outcome is Outcome.MISSING and row.holder:
        yield f"held by {row.holder}"
    if row.note:
        yield row.note


def _none_wrong(name: str, outcome: Outcome, totals: Mapping[Outcome, int], now: datetime) -> Finding:
    looked_at = sum(totals.values())
    words = f"0 of {looked_at} {outcome} in count {name}"
    if totals.get(outcome):
        words = f"{totals[outcome]} of {looked_at} {outcome} in count {name}, all put right"
    return Finding(
        check=f"assets.count.{outcome}",
        subject=subject("count", name),
        verdict=Verdict.OK if looked_at else Verdict.UNKNOWN,
        summary=words if looked_at else f"count {name} expected nothing and saw nothing",
        observed_at=now,
        valid_until=now + VALID_FOR,
    )
