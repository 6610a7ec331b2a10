"""Rules about the other copies: there, complete, in time, and beyond anybody's reach."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from schoten_ict.backup.facts import CopyFacts, Point, Probe
from schoten_ict.backup.judge.case import Case, age_text
from schoten_ict.backup.judge.series import newest
from schoten_ict.core.finding import Finding
from schoten_ict.core.text import counted
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import Copy, Immutable

CONFIRMED_FOR = timedelta(days=90)
"""So long a person's word counts that something cannot be changed."""


def copies(case: Case) -> Iterator[Finding]:
    """Every declared copy has what the first has, but for what is younger than it may lag."""
    seen = {each.name: each for each in case.facts.copies}
    for copy in case.job.copies:
        if copy.name in seen:
            yield _copy(case, copy, seen[copy.name])


def _copy(case: Case, copy: Copy, facts: CopyFacts) -> Finding:
    if facts.fault is not None or facts.points is None:
        fault = facts.fault
        ignorant = fault is None or fault.kind.is_ignorance
        words = (
            f"copy {copy.name}: {fault.kind}: {fault.message}" if fault else f"copy {copy.name} was not seen"
        )
        return case.found("copies", Verdict.UNKNOWN if ignorant else Verdict.FAIL, words, key=copy.name)
    good = case.sound(facts.points)
    if not good:
        words = f"copy {copy.name} " + ("holds no complete backup" if facts.points else "is empty")
        return case.found("copies", Verdict.FAIL, words, key=copy.name)
    remedy = f"it may lag {copy.within}; look at what makes the copy"
    wrong = _old(case, copy, good) or _gone_back(case, copy, good) or _holes(case, copy, good)
    if facts.damaged:
        wrong = f"{counted(len(facts.damaged), 'backup')} cannot be loaded"
    if wrong:
        return case.found("copies", Verdict.FAIL, f"copy {copy.name}: {wrong}", key=copy.name, remedy=remedy)
    words = f"copy {copy.name} holds {counted(len(good), 'backup')}, the newest {_age(case, good[0])} old"
    return case.found("copies", Verdict.OK, words, key=copy.name)


def _age(case: Case, point: Point) -> str:
    return age_text(max(case.now - point.at, timedelta(0)))


def _old(case: Case, copy: Copy, good: Sequence[Point]) -> str:
    """What is too old by itself: a copy may lag behind a backup that may be as old as the RPO."""
    oldest = copy.within.before(case.rpo.before(case.now))
    for series in case.series:
        last = newest(series, good)
        if last is None:
            return f"it has no complete backup of {series}"
        if last.at < oldest:
            return f"its newest backup of {series} is {_age(case, last)} old, and it may lag {copy.within}"
    return ""


def _gone_back(case: Case, copy: Copy, good: Sequence[Point]) -> str:
    known = case.history.copies.get(copy.name)
    if known is None or good[0].at >= known:
        return ""
    return f"rolled back: it had a backup of {known:%Y-%m-%d %H:%M} UTC"


def _holes(case: Case, copy: Copy, good: Sequence[Point]) -> str:
    """What the first has and the copy should have by now, since the oldest that the copy holds."""
    due = copy.within.before(case.now)
    first = {each.id: each for each in case.complete}
    first |= {
        each.point.id: each.point for each in case.known if each.gone_at is None and case.facts.points is None
    }
    wanted = [each for each in case.sound(first.values()) if good[-1].at <= each.at <= due]
    lacking = [each for each in wanted if not _has(good, each)]
    if not lacking:
        return ""
    newest_lacking = f"{lacking[0].at:%Y-%m-%d %H:%M} UTC"
    return f"it lacks {counted(len(lacking), 'backup')} that the first has, the newest of {newest_lacking}"


def _has(points: Sequence[Point], wanted: Point) -> bool:
    """Whether a copy has a point: under its own id or another, or as of the same moment."""
    names = {wanted.id, wanted.original} - {""}
    return any(
        not names.isdisjoint({each.id, each.original})
        or (each.at, each.host, each.target) == (wanted.at, wanted.host, wanted.target)
        for each in points
    )


def immutable(case: Case) -> Iterator[Finding]:
    """What is declared to be beyond anybody's reach is so."""
    if case.job.immutable is not None:
        yield _immutable(case, "", case.job.immutable, case.facts.immutable)
    seen = {each.name: each.immutable for each in case.facts.copies}
    for copy in case.job.copies:
        if copy.immutable is not None:
            yield _immutable(case, copy.name, copy.immutable, seen.get(copy.name))


def _immutable(case: Case, name: str, declared: Immutable, probe: Probe | None) -> Finding:
    where = f"copy {name}" if name else "the repository"
    if probe is not None and probe.faults:
        words = f"{where} can be changed: {probe.faults[0].message}"
        return case.found("immutable", Verdict.FAIL, words, key=name)
    if probe is not None and probe.proven:
        words = f"{where} is protected ({declared.by}) for {declared.for_}"
        return case.found("immutable", Verdict.OK, words, key=name)
    if declared.confirmed is not None:
        age = case.now.astimezone(case.zone).date() - declared.confirmed
        if timedelta(0) <= age <= CONFIRMED_FOR:
            words = f"{where}: {declared.by}, confirmed by hand on {declared.confirmed}"
            return case.found("immutable", Verdict.OK, words, key=name)
        when = "more than 90 days ago" if age > CONFIRMED_FOR else "which is not yet"
        words = f"{where}: {declared.by}, last confirmed on {declared.confirmed}, {when}"
    else:
        words = f"{where}: {declared.by} cannot be looked at and was never confirmed"
    remedy = "look at it by hand, then set confirmed: to today in the inventory"
    return case.found("immutable", Verdict.UNKNOWN, words, key=name, remedy=remedy)
