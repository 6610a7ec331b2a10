"""What hosts lack: what was kept of them, and what their builds say by the data of today."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from schoten_ict.core.times import utc_text
from schoten_ict.patch.desk import Desk
from schoten_ict.patch.facts import Severity, System, Update
from schoten_ict.patch.judge.behind import SOURCE, Missed, covers, history, joined, latest, overlaid
from schoten_ict.patch.judge.deadlines import Grade, HostPolicy, grade, grade_of
from schoten_ict.patch.judge.exploited import exploited
from schoten_ict.patch.judge.keeping import Lacked
from schoten_ict.patch.judge.succession import is_cumulative
from schoten_ict.patch.known import Episode, Missing, Scan
from schoten_ict.patch.records import builds, scans, tallies, updates
from schoten_ict.patch.records.tallies import Pivot
from schoten_ict.patch.records.updates import Seen

_HOST = attrgetter("missing.host")


@dataclass(frozen=True, slots=True)
class Below:
    """The update that a build lacks, in short and whole."""

    missing: Missing
    update: Update


def below(desk: Desk, connection: sqlite3.Connection, host: str, scan: Scan | None) -> Below | None:
    """What the build of a host lacks, by what it told last; None where it is below nothing that is known."""
    told = scan.facts.system if scan is not None and scan.facts is not None else None
    system = system_of(connection, host, told) if scan is not None else None
    dated = desk.dated(system) if system is not None else None
    if dated is None or dated.lacks is None:
        return None
    update = dated.lacks
    clock = min(update.published or desk.today, desk.today)
    short = Missing(host, update.key, clock, update.severity, update.security, dated.is_exploited, None)
    return Below(short, update)


def system_of(connection: sqlite3.Connection, host: str, told: System | None) -> System | None:
    """The system of a host as it is known last; `told` is that of its newest answer."""
    if told is not None and (told.family != "windows" or told.ubr is not None):
        return told
    return latest(told, builds.of_host(connection, host))


def below_of(desk: Desk, known: Mapping[str, Scan], hosts: Iterable[str]) -> dict[str, Below]:
    """The same of several hosts, of which `known` are the answers."""
    reader = desk.store.reader
    found = ((host, below(desk, reader, host, known.get(host))) for host in hosts)
    return {host: each for host, each in found if each is not None}


def missing_of(desk: Desk, connection: sqlite3.Connection, host: str, scan: Scan | None) -> list[Missing]:
    """What one host lacks now, in short."""
    own = below(desk, connection, host, scan)
    return joined(updates.missing_of(connection, host), own.missing if own else None)


def open_of(desk: Desk, hosts: Collection[str]) -> list[Episode]:
    """What these hosts lack now, whole, host by host."""
    reader = desk.store.reader
    chosen = set(hosts)
    if len(chosen) == 1:
        kept = updates.open_of(reader, next(iter(chosen)))
        known = {host: scan for host in chosen if (scan := scans.of_host(reader, host)) is not None}
    else:
        kept = [
            each for each in updates.episodes(reader, "resolved_at IS NULL") if each.missing.host in chosen
        ]
        known = scans.every(reader)
    return _with_builds(kept, known, below_of(desk, known, sorted(chosen)))


def _with_builds(
    kept: Iterable[Episode], known: Mapping[str, Scan], below: Mapping[str, Below]
) -> list[Episode]:
    """The episodes, which come host by host, with those of the builds behind those of their host."""
    left, found = dict(below), list[Episode]()
    for host, group in groupby(kept, key=_HOST):
        own = left.pop(host, None)
        of_host = list(group)
        found += of_host if own is None else _with_build(of_host, own, known[host])
    if left:
        found += [_episode(own, known[host]) for host, own in left.items()]
        found.sort(key=_HOST)
    return found


def _with_build(kept: list[Episode], own: Below, scan: Scan) -> list[Episode]:
    if all(each.update.key != own.update.key for each in kept):
        return [*kept, _episode(own, scan)]
    return [
        replace(each, missing=overlaid(each.missing, own.missing))
        if each.update.key == own.update.key
        else each
        for each in kept
    ]


def _episode(own: Below, scan: Scan) -> Episode:
    at = scan.told_at("system") or scan.tried_at
    return Episode(own.missing, own.update, at, at, None)


@dataclass(frozen=True, slots=True)
class Beside:
    """What builds say beside the store: what is `alone`, as nobody else told it as due, by host.

    Of hosts in `more` it says more of an update that is kept: an earlier day, or that it is exploited.
    """

    alone: Mapping[str, Below]
    more: frozenset[str]


def beside(desk: Desk, own: Mapping[str, Below]) -> Beside:
    """What these builds say that the store does not count."""
    kept = updates.kept_of(desk.store.reader, {each.update.key for each in own.values()})
    alone, more = dict[str, Below](), set[str]()
    for host, each in own.items():
        known = kept.get((host, each.update.key))
        if known is None or (known.hold is not None and not covers(known, each.missing)):
            alone[host] = each
        elif not covers(known, each.missing):
            more.add(host)
    return Beside(alone, frozenset(more))


def pivots(desk: Desk, policies: Mapping[str, HostPolicy]) -> list[Pivot]:
    """Each update with the hosts that lack it, apart for each class and policy."""
    reader = desk.store.reader
    found = tallies.by_update(reader, policies, desk.today)
    alone = beside(desk, below_of(desk, scans.every(reader), policies)).alone
    for policy, hosts in tallies.alike(policies):
        groups: dict[tuple[str, Grade], list[Below]] = defaultdict(list)
        for each in (alone[host] for host in hosts if host in alone):
            groups[each.update.key, grade_of(each.missing)].append(each)
        found += [_pivot(kind, policy, group, desk.today) for (_, kind), group in groups.items()]
    return found


def _pivot(kind: Grade, policy: HostPolicy, group: Sequence[Below], today: date) -> Pivot:
    edges, oldest = policy.edges(kind, today), min(each.missing.clock for each in group)
    return Pivot(
        group[0].update.key, kind, tuple(sorted(each.missing.host for each in group)),
        sum(each.missing.clock < edges.late_before for each in group), oldest, policy.due(oldest, kind),
        any(each.missing.exploited for each in group), all(each.update.cves for each in group),
    )  # fmt: skip


def changes(desk: Desk, hosts: Collection[str], since: datetime) -> list[Episode]:
    """What these hosts began to lack since a moment, or lacked until after it."""
    reader, text = desk.store.reader, utc_text(since)
    found = updates.episodes(reader, "first_seen >= ? OR resolved_at >= ?", text, text)
    known, told = desk.knowledge.builds, tallies.spans(reader, desk.knowledge.builds.kbs)
    kept = [each for each in found if each.missing.host in hosts]
    for host, stays in builds.every(reader).items():
        if host in hosts:
            missed = [each for each in history(stays, known) if _counts(each, told.get(host, ()), since)]
            new = [each for each in missed if each.resolved_at is None and each.first_seen >= since]
            gone = [each for each in missed if each.resolved_at is not None and each.first_seen < since]
            kept += [_change(host, each[-1]) for each in (new, gone) if each]
    return kept


def _change(host: str, each: Missed) -> Episode:
    """A release of Windows as an episode of its own: the newest stands for those before it."""
    row = each.release
    short = Missing(host, row.kb, row.published, Severity.UNRATED, security=True, exploited=False, hold=None)
    title = f"{row.product}: build {row.build}.{row.ubr} ({row.month})"
    update = Update(row.kb, title, security=True, published=row.published, source=SOURCE, cves=row.cves)
    return Episode(short, update, each.first_seen, each.first_seen, each.resolved_at)


def seen(desk: Desk, update: Update, origin: str, system: System | None) -> Seen:
    """An update that a machine, or WSUS, says it lacks, with what its build adds to that."""
    is_bad = bool(exploited(update.cves, desk.knowledge.exploited))
    dated = desk.dated(system) if system is not None and system.family == "windows" else None
    if dated is None or dated.build is None or not _is_of_windows(update, dated.releases):
        return Seen(update, origin, is_bad)
    is_newest = dated.lacks is not None and dated.lacks.key == update.key
    since = dated.build.missed_since if is_newest or is_cumulative(update) else None
    placed = replace(update, installed=update.installed or dated.build.build)
    return Seen(placed, origin, is_bad or (is_newest and dated.is_exploited), since)


def _is_of_windows(update: Update, releases: Collection[str]) -> bool:
    return update.key in releases or is_cumulative(update)


def lacked(desk: Desk, policies: Mapping[str, HostPolicy], since: datetime) -> Iterator[Lacked]:
    """What these hosts lack or lacked until after a moment: what was told, and the releases of Windows."""
    reader, known = desk.store.reader, desk.knowledge.builds
    yield from tallies.lacked(reader, policies, since)
    stays, told = builds.every(reader), tallies.spans(reader, known.kbs)
    for policy, hosts in tallies.alike(policies):
        counted = Counter(
            (_grade(desk, each), each.release.published, each.resolved_at)
            for host in hosts
            for each in history(stays.get(host, ()), known)
            if _counts(each, told.get(host, ()), since)
        )
        for (kind, clock, resolved), number in counted.items():
            yield Lacked(policy, kind, clock, resolved, number)


def _counts(each: Missed, told: Iterable[tuple[date, date | None]], since: datetime) -> bool:
    """Not where it was told that the host lacks it, which counts, nor where it was there before `since`."""
    day = each.release.published
    if any(begin <= day and (end is None or day <= end) for begin, end in told):
        return False
    return each.resolved_at is None or each.resolved_at >= since


def _grade(desk: Desk, each: Missed) -> Grade:
    is_bad = bool(exploited(each.release.cves, desk.knowledge.exploited))
    return grade(Severity.UNRATED, security=True, exploited=is_bad)
