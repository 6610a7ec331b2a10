"""Rules about the other copies: there, complete, in time, and beyond anybody's reach."""

from collections.abc import Iterator
from datetime import timedelta

from schoten_ict.backup.facts import CopyFacts, Point, Probe
from schoten_ict.backup.judge.case import Case, age_text
from schoten_ict.backup.judge.series import newest
from schoten_ict.core.finding import Finding
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
    if not facts.points:
        return case.found("copies", Verdict.FAIL, f"copy {copy.name} is empty", key=copy.name)
    due = copy.within.before(case.now)
    for series in case.series:
        wanted = newest(series, [each for each in case.complete if each.at <= due])
        if wanted is None or _has(facts.points, wanted):
            continue
        last = newest(series, facts.points)
        lag = f"its newest is {age_text(case.now - last.at)} old" if last else "it has none"
        words = f"copy {copy.name} lacks the backup of {wanted.at:%Y-%m-%d %H:%M} UTC of {series}; {lag}"
        remedy = f"it may lag {copy.within}; look at what makes the copy"
        return case.found("copies", Verdict.FAIL, words, key=copy.name, remedy=remedy)
    newest_there = max(each.at for each in facts.points)
    words = f"copy {copy.name} is {age_text(max(case.now - newest_there, timedelta(0)))} behind at the most"
    return case.found("copies", Verdict.OK, words, key=copy.name)


def _has(points: tuple[Point, ...], wanted: Point) -> bool:
    """Whether a copy has a point, under its own id or another, or something newer of the same."""
    return any(
        wanted.id in {each.id, each.original}
        or (wanted.original and wanted.original in {each.id, each.original})
        or (
            each.at >= wanted.at
            and (each.host, each.paths, each.target) == (wanted.host, wanted.paths, wanted.target)
        )
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
        if age <= CONFIRMED_FOR:
            words = f"{where}: {declared.by}, confirmed by hand on {declared.confirmed}"
            return case.found("immutable", Verdict.OK, words, key=name)
        words = f"{where}: {declared.by}, last confirmed on {declared.confirmed}, more than 90 days ago"
    else:
        words = f"{where}: {declared.by} cannot be looked at and was never confirmed"
    remedy = "look at it by hand, then set confirmed: to today in the inventory"
    return case.found("immutable", Verdict.UNKNOWN, words, key=name, remedy=remedy)
