"""Rules about what must still be there: retention, and backups that disappeared."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from schoten_ict.backup.facts import Point
from schoten_ict.backup.judge.case import Case, Known
from schoten_ict.core.finding import Finding
from schoten_ict.core.text import counted
from schoten_ict.core.times import utc_text
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import Retention

Bucket = Callable[[datetime], tuple[int, ...]]
BUCKETS: Mapping[str, Bucket] = {
    "daily": lambda at: (at.year, at.month, at.day),
    "weekly": lambda at: at.isocalendar()[:2],
    "monthly": lambda at: (at.year, at.month),
    "yearly": lambda at: (at.year,),
}
_SHOWN = 20


def kept(points: Sequence[Point], retention: Retention, zone: tzinfo) -> set[str]:
    """The ids that a retention keeps: the last of each of the newest days, weeks ... that have a backup.

    The rule of `restic forget --keep-*` and `borg prune --keep-*`, applied per host, paths and target.
    """
    alike: dict[tuple[str, tuple[str, ...], str], list[Point]] = {}
    for point in points:
        alike.setdefault((point.host, point.paths, point.target), []).append(point)
    return {
        identity
        for group in alike.values()
        for identity in _kept_of(sorted(group, key=lambda point: point.at, reverse=True), retention, zone)
    }


def _kept_of(newest_first: Sequence[Point], retention: Retention, zone: tzinfo) -> Iterator[str]:
    yield from (point.id for point in newest_first[: retention.last])
    for name, bucket in BUCKETS.items():
        seen: set[tuple[int, ...]] = set()
        for point in newest_first:
            place = bucket(point.at.astimezone(zone))
            if len(seen) < getattr(retention, name) and place not in seen:
                seen.add(place)
                yield point.id


def rollback(case: Case) -> Iterator[Finding]:
    """Nothing that was known is gone, but for what the retention explains."""
    if case.facts.points is None or not case.known or "rollback" in case.facts.cannot:
        return
    present = {name for each in case.facts.points for name in (each.id, each.original)} | set(
        case.facts.damaged
    )
    gone = [known for known in case.known if known.point.id not in present]
    unexplained = _unexplained(case, gone)
    newest_known = max(each.point.at for each in case.known)
    newest_here = max((each.at for each in case.points), default=None)
    back = bool(unexplained) and (newest_here is None or newest_here < newest_known)
    if not unexplained:
        words = (
            "every backup that was seen before is there"
            if not gone
            else "nothing is gone that should be there"
        )
        yield case.found("rollback", Verdict.OK, words, evidence={"points": len(case.points)})
        return
    ids = [known.point.id for known in sorted(unexplained, key=lambda known: known.point.at)]
    what = "rolled back: " if back else ""
    why = "that the retention would keep" if case.job.retention else "and no retention is declared"
    first = min(known.point.at for known in unexplained)
    yield case.found(
        "rollback",
        Verdict.FAIL if case.job.retention or back else Verdict.WARN,
        f"{what}{counted(len(ids), 'known backup')} disappeared {why}, the oldest of {utc_text(first)}",
        remedy="find out who removed them; accept it with an exception when it was meant",
        evidence={"gone": ids[-_SHOWN:]},
    )


def _unexplained(case: Case, gone: Sequence[Known]) -> list[Known]:
    """What a retention would by now not have removed, by the calendar here and in UTC.

    Without a retention a disappearance is told for some days, then it is settled.
    """
    if case.job.retention is None:
        return [known for known in gone if known.gone_at is None or case.now - known.gone_at < _TOLD_FOR]
    points = {each.point.id: each.point for each in case.known} | {each.id: each for each in case.points}
    everything = list(points.values())
    wanted = [kept(everything, case.job.retention, zone) for zone in (case.zone, UTC)]
    return [known for known in gone if all(known.point.id in ids for ids in wanted)]


_TOLD_FOR = timedelta(days=14)


def retention(case: Case) -> Iterator[Finding]:
    """Each series has backups of as many days, weeks and months as declared, as far as it is that old."""
    declared = case.job.retention
    if declared is None or case.facts.points is None or "retention" in case.facts.cannot:
        return
    several = len(case.series) > 1
    for series in case.series:
        points = [each for each in case.complete if series.covers(each)]
        if points:
            yield _retained(case, declared, points, str(series) if several else "")


def _retained(case: Case, declared: Retention, points: Sequence[Point], key: str) -> Finding:
    wanted = {name: getattr(declared, name) for name in ("last", *BUCKETS) if getattr(declared, name)}
    have = {name: _filled(case, name, number, points) for name, number in wanted.items()}
    short = {name: f"{have[name]} of {number} {name}" for name, number in wanted.items()}
    lacking = [name for name in wanted if have[name] < wanted[name] - _spared(name, wanted[name])]
    of = f" of {key}" if key else ""
    if not lacking:
        return case.found("retention", Verdict.OK, ", ".join(short.values()) + of, key=key)
    young = all(_too_young(case, name, wanted[name]) for name in lacking)
    words = ", ".join(short[name] for name in lacking) + of
    words += f": the job is known since {case.since:%Y-%m-%d}" if young else ""
    return case.found("retention", Verdict.OK if young else Verdict.WARN, words, key=key, learning=young)


def _filled(case: Case, name: str, number: int, points: Sequence[Point]) -> int:
    """How many of the last so many days, weeks ... before the newest backup have one."""
    if name == "last":
        return min(len(points), number)
    bucket = BUCKETS[name]
    local = [each.at.astimezone(case.zone) for each in points]
    begin = max(local) - timedelta(days=_DAYS[name] * number)
    return min(number, len({bucket(each) for each in local if each > begin}))


_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "yearly": 366}


def _spared(name: str, number: int) -> int:
    """Days that may lack: nobody works at the weekend, and freshness tells of any other day."""
    return 2 * -(-number // 7) if name == "daily" else 0


def _too_young(case: Case, name: str, number: int) -> bool:
    """Whether the job is not known long enough for so many to be there."""
    one = _DAYS.get(name) or (case.now - case.rpo.before(case.now)) / timedelta(days=1)
    return (case.now - case.since) / timedelta(days=1) < one * number
