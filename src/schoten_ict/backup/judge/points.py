"""Rules about the list of backups: reachable, there, recent, of everything, and of the usual size."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from statistics import median

from schoten_ict.backup.facts import Point
from schoten_ict.backup.judge.case import Case, Former, age_text
from schoten_ict.backup.judge.proofs import blocked
from schoten_ict.backup.judge.remedies import remedy_of
from schoten_ict.backup.judge.series import Series, earlier, newest
from schoten_ict.core.amounts import parse_share, size_text
from schoten_ict.core.finding import Finding
from schoten_ict.core.text import counted
from schoten_ict.core.times import utc_text
from schoten_ict.core.verdict import Verdict

_HISTORY = 14
_ENOUGH = 3
_COLLAPSE = 0.1


def reachable(case: Case) -> Iterator[Finding]:
    """The repository was opened with the key."""
    access = case.facts.access
    engine = " ".join(part for part in (case.facts.engine, case.facts.version) if part)
    if access.blocked is not None:
        last = case.history.proofs.get(("access", ""))
        yield blocked(case, "reachable", access.blocked, last.proven_at if last else None)
    elif access.faults:
        fault = access.faults[0]
        yield case.found(
            "reachable",
            Verdict.FAIL,
            f"{fault.kind}: {fault.message}",
            remedy=remedy_of(fault, case.job.verify.from_ or ""),
            evidence={"kinds": [fault.kind.value]},
        )
    else:
        yield case.found("reachable", Verdict.OK, f"opened with {engine}")


_LATE = "see why none was made since: its schedule, and the log of the tool"


def freshness(case: Case) -> Iterator[Finding]:
    """The newest complete backup of every series is younger than the RPO, and none is from the future."""
    if case.facts.points is None:
        yield from _as_far_as_known(case)
        return
    future = [each for each in case.points if case.is_future(each)]
    if future:
        furthest = max(each.at for each in future)
        yield case.found(
            "freshness",
            Verdict.FAIL,
            f"{counted(len(future), 'backup')} dated in the future, up to {utc_text(furthest)}",
            key="future",
            remedy="set the clock of the machine that makes the backups right",
            evidence={"points": [each.id for each in future[:_HISTORY]]},
        )
    ages = [(series, newest(series, case.complete)) for series in case.series]
    late = [(series, point) for series, point in ages if point is not None and _age(case, point) > _rpo(case)]
    present = [point for _, point in ages if point is not None]
    if late:
        series, point = min(late, key=lambda pair: pair[1].at)
        yield case.found(
            "freshness",
            Verdict.FAIL,
            f"the newest complete backup of {series} is {age_text(_age(case, point))} old; "
            f"at most {case.rpo} may be lost",
            remedy=_LATE,
            evidence={"last": utc_text(point.at)},
        )
    elif present:
        oldest = min(present, key=lambda point: point.at)
        yield case.found(
            "freshness",
            Verdict.OK,
            f"the newest complete backup is {age_text(_age(case, oldest))} old, of at most {case.rpo}",
            until=oldest.at + _rpo(case),
            evidence={"last": utc_text(oldest.at)},
        )


def _as_far_as_known(case: Case) -> Iterator[Finding]:
    """Without a list, the newest backup that was ever seen is the newest that there surely is."""
    seen = case.sound(known.point for known in case.known if known.gone_at is None)
    if not seen:
        return
    age = age_text(_age(case, seen[0]))
    if _age(case, seen[0]) > _rpo(case):
        words = f"the newest backup that was ever seen is {age} old; at most {case.rpo} may be lost"
        yield case.found(
            "freshness", Verdict.FAIL, words, remedy=_LATE, evidence={"last": utc_text(seen[0].at)}
        )
    else:
        words = f"not looked at; the newest backup that was seen is {age} old"
        yield case.found("freshness", Verdict.UNKNOWN, words, evidence={"last": utc_text(seen[0].at)})


def moved(case: Case) -> Iterator[Finding]:
    """The backups lie where they lay before, under the same name: what was known otherwise counts no more."""
    moved_from, former = case.history.moved_from, case.history.former
    if moved_from:
        words = f"nothing is known of this place yet; before, the job was at {moved_from}"
        remedy = "make sure that this was meant; it is told once"
        yield case.found("moved", Verdict.WARN, words, remedy=remedy)
    if former is not None:
        words = f"this place was looked at as {former.job}, which is no longer declared{_left(case, former)}"
        remedy = f"make sure that this was meant; ict backup history {former.job} shows it; it is told once"
        evidence = {"former": former.job, "open": list(former.open)}
        yield case.found("moved", Verdict.WARN, words, key=former.job, remedy=remedy, evidence=evidence)


def _left(case: Case, former: Former) -> str:
    """What was open at the last look under the former name."""
    day = f"{former.looked_at.astimezone(case.zone):%Y-%m-%d}"
    if not former.open:
        return f"; nothing was open at its last look on {day}"
    more = f"; and {len(former.open) - _TOLD} more" if len(former.open) > _TOLD else ""
    return f"; open at its last look on {day}: {'; '.join(former.open[:_TOLD])}{more}"


_TOLD = 3


def sources(case: Case) -> Iterator[Finding]:
    """Every declared host and path, or target, has a complete backup."""
    if case.facts.points is None:
        return
    missing = [series for series in case.series if newest(series, case.complete) is None]
    if not case.facts.points:
        words = "all backups are damaged" if case.facts.damaged else "there is no backup at all"
        yield case.found("sources", Verdict.FAIL, words, remedy="take one, and find out where they went")
    elif missing:
        yield case.found(
            "sources",
            Verdict.FAIL,
            _without(case, missing),
            evidence={"missing": [str(each) for each in missing]},
        )
    else:
        yield case.found("sources", Verdict.OK, _all_there(case.series))


def _without(case: Case, missing: Sequence[Series]) -> str:
    partial = [each for each in case.points if each.complete is False]
    some = any(series.covers(each) for series in missing for each in partial)
    return f"no complete backup of {', '.join(map(str, missing))}" + (", only partial ones" if some else "")


def _all_there(series: Sequence[Series]) -> str:
    if list(series) == [Series()]:
        return "a complete backup is there"
    return f"backups of {', '.join(map(str, series[:4]))}" + (", ..." if len(series) > 4 else "")  # noqa: PLR2004


def size(case: Case) -> Iterator[Finding]:
    """The newest backups hold something, and about as much as those before."""
    for series in case.series:
        sized = [each for each in case.complete if each.files is not None or each.size is not None]
        point = newest(series, sized)
        if point is None:
            continue
        past = [known.point for known in case.known if known.point.complete is not False]
        before = earlier(point, list({each.id: each for each in (*past, *case.complete)}.values()))[:_HISTORY]
        yield _size_of(case, series, point, before or _measured(case, point))


def _measured(case: Case, point: Point) -> list[Point]:
    """What a backup held at earlier looks, for engines that have always the same one (a replica)."""
    if len(case.series) > 1:
        return []
    return [replace(point, files=files, size=size) for files, size in case.history.measured[:_HISTORY]]


def _size_of(case: Case, series: Series, point: Point, before: Sequence[Point]) -> Finding:
    key = "" if series == Series() else str(series)
    told = _amount(point)
    if point.files == 0 or (point.files is None and point.size == 0):
        return case.found("size", Verdict.FAIL, f"empty: {told} in the newest backup of {series}", key=key)
    same = bool(before) and all(each.id == point.id for each in before)
    usual = _usual(point, before, 1 if same else _ENOUGH)
    if not usual:
        words = f"{told}; what is usual is not known yet"
        return case.found("size", Verdict.OK, words, key=key, learning=True)
    limits = {"files": parse_share(case.job.limits.files), "size": parse_share(case.job.limits.size)}
    ratios = {name: getattr(point, name) / amount for name, amount in usual.items()}
    odd = {name: ratio for name, ratio in ratios.items() if abs(ratio - 1) > limits[name]}
    evidence = {f"usual_{name}": amount for name, amount in usual.items()}
    if not odd:
        return case.found("size", Verdict.OK, f"{told}, as usual", key=key, evidence=evidence)
    verdict = Verdict.FAIL if min(odd.values()) < _COLLAPSE else Verdict.WARN
    parts = ", ".join(f"{ratio:.0%} of the usual {_NAMES[name]}" for name, ratio in odd.items())
    words = f"{told} in the newest backup of {series}: {parts}"
    return case.found("size", verdict, words, key=key, evidence=evidence)


def _usual(point: Point, before: Sequence[Point], enough: int) -> dict[str, float]:
    """The median of what the backups before held, where there are enough of them and they held something."""
    found = {}
    for name in ("files", "size"):
        values = [value for each in before if (value := getattr(each, name)) is not None]
        if getattr(point, name) is not None and len(values) >= enough and median(values) > 0:
            found[name] = median(values)
    return found


_NAMES = {"files": "number of files", "size": "size"}


def _amount(point: Point) -> str:
    files = counted(point.files, "file") if point.files is not None else ""
    weight = size_text(point.size) if point.size is not None else ""
    return ", ".join(part for part in (files, weight) if part)


def _age(case: Case, point: Point) -> timedelta:
    return max(case.now - point.at, timedelta(0))


def _rpo(case: Case) -> timedelta:
    return case.now - case.rpo.before(case.now)
