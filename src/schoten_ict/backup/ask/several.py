"""The newest backups of a job that backs up several things apart: which they are, and their proofs as one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from msgspec import structs

from schoten_ict.backup.facts import Churn, Point, Probe, Signs
from schoten_ict.backup.judge.series import Series, declared, newest
from schoten_ict.backup.order import Order

_SKEW = timedelta(minutes=5)


def newest_of_each(order: Order, points: Sequence[Point]) -> list[Point]:
    """The newest point of each declared host and path, none from the future; of anything where none fits."""
    past = [point for point in points if point.at <= order.now + _SKEW] or points
    found = [newest(series, past) for series in declared(order.job)]
    some = {point.id: point for point in found if point is not None}
    return list(some.values()) or ([max(past, key=lambda point: point.at)] if past else [])


def narrowed(order: Order, point: Point, number: int) -> Order:
    """The order for one of `number` points: the hosts and paths in it, and its part of the sample."""
    source = order.job.source
    hosts = tuple(host for host in source.hosts if Series(host).covers(point))
    paths = tuple(path for path in source.paths if Series("", path).covers(point))
    mine = structs.replace(source, hosts=hosts, paths=paths if hosts or not source.hosts else ())
    job = structs.replace(order.job, source=mine)
    return replace(order, job=job, sample=-(-order.sample // number))


def together(probes: Iterable[Probe | None]) -> Probe | None:
    """The probes of several points as one; numbers are added up."""
    some = [probe for probe in probes if probe is not None]
    if not some:
        return None
    first, *others = some
    told: Counter[str] = Counter()
    for probe in some:
        told.update({name: value for name, value in probe.told.items() if not isinstance(value, str)})
    whole = Probe(
        faults=tuple(fault for probe in some for fault in probe.faults),
        blocked=next((probe.blocked for probe in some if probe.blocked is not None), None),
        seconds=sum(probe.seconds for probe in some),
        told=dict(told),
        weak=next((probe.weak for probe in some if probe.weak), ""),
    )
    return whole if others else first


def churn_together(found: Iterable[Churn | None]) -> Churn | None:
    """What several points changed, added up."""
    some = [churn for churn in found if churn is not None]
    if not some:
        return None
    suffixes, before = Counter[str](), Counter[str]()
    for each in some:
        suffixes.update(each.suffixes)
        before.update(each.suffixes_before)
    return Churn(
        new=sum(each.new for each in some),
        changed=sum(each.changed for each in some),
        removed=sum(each.removed for each in some),
        total=sum(each.total for each in some),
        suffixes=dict(suffixes),
        suffixes_before=dict(before),
    )


def signs_together(found: Iterable[Signs | None]) -> Signs | None:
    """The signs of several points; a canary is missing only where none of them has it."""
    some = [signs for signs in found if signs is not None]
    if not some:
        return None
    canaries: dict[str, str] = {}
    for each in some:
        canaries |= {path: digest or canaries.get(path, "") for path, digest in each.canaries.items()}
    untyped = tuple(path for each in some for path in each.untyped)
    return Signs(sum(each.typed for each in some), untyped, canaries)
