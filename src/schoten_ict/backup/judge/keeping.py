"""Rules about what must still be there: retention, and backups that disappeared."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

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
    if case.facts.points is None or not case.history.known or "rollback" in case.facts.cannot:
        return
    present = {each.id for each in case.facts.points} | set(case.facts.damaged)
    gone = [known for known in case.history.known if known.point.id not in present]
    unexplained = [known for known in gone if not _explained(case, known)]
    if not unexplained:
        words = (
            f"all {len(present)} known backups are there"
            if not gone
            else f"{counted(len(gone), 'backup')} gone as the retention says"
        )
        yield case.found("rollback", Verdict.OK, words)
        return
    newest_known = max((each.point.at for each in case.history.known), default=None)
    newest_here = max((each.at for each in case.facts.points), default=None)
    back = newest_known is not None and (newest_here is None or newest_here < newest_known)
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


def _explained(case: Case, known: Known) -> bool:
    """Whether a retention would by now have removed a point, by the calendar here or in UTC."""
    if case.job.retention is None:
        return False
    others = {each.point.id: each.point for each in case.history.known}
    others |= {each.id: each for each in case.facts.points or ()}
    everything = list(others.values())
    return any(known.point.id not in kept(everything, case.job.retention, zone) for zone in (case.zone, UTC))


def retention(case: Case) -> Iterator[Finding]:
    """As many days, weeks and months have a backup as declared, as far as the job is that old."""
    declared = case.job.retention
    if declared is None or case.facts.points is None or "retention" in case.facts.cannot:
        return
    points = case.complete
    have = Counter(
        {
            name: len({bucket(each.at.astimezone(case.zone)) for each in points})
            for name, bucket in BUCKETS.items()
        }
    )
    have["last"] = len(points)
    wanted = {name: getattr(declared, name) for name in ("last", *BUCKETS) if getattr(declared, name)}
    short = {name: f"{min(have[name], number)} of {number} {name}" for name, number in wanted.items()}
    lacking = [words for name, words in short.items() if have[name] < wanted[name]]
    if not lacking:
        yield case.found("retention", Verdict.OK, ", ".join(short.values()))
        return
    young = all(_too_young(case, name, wanted[name]) for name in wanted if have[name] < wanted[name])
    words = ", ".join(lacking) + (f": the job is known since {case.since:%Y-%m-%d}" if young else "")
    verdict = Verdict.OK if young else Verdict.WARN
    yield case.found("retention", verdict, words, learning=young)


_DAYS = {"last": 1, "daily": 1, "weekly": 7, "monthly": 31, "yearly": 366}


def _too_young(case: Case, name: str, number: int) -> bool:
    """Whether the job is not known long enough for so many to be there."""
    return (case.now - case.since).days < _DAYS[name] * number
