"""How many updates every host lacks, counted in the store: 42,000 rows are not worth carrying out of it."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from schoten_ict.core.times import day_of, parse_utc, utc_text
from schoten_ict.patch.judge.deadlines import Grade, HostPolicy
from schoten_ict.patch.judge.keeping import Lacked
from schoten_ict.patch.known import Tally

_COUNTED = """
    FROM patch_update WHERE resolved_at IS NULL AND hold = '' AND grade = :grade
    AND host IN (SELECT value FROM json_each(:hosts))
"""


@dataclass(frozen=True, slots=True)
class Pivot:
    """One update over the hosts of one policy: `hosts` lack it, `late` of them are over their deadline.

    `has_cves` says whether a source of it tells its CVEs: without them, not `exploited` means nothing.
    """

    key: str
    grade: Grade
    hosts: tuple[str, ...]
    late: int
    oldest: date
    due: date
    exploited: bool
    has_cves: bool


def by_host(
    connection: sqlite3.Connection, policies: Mapping[str, HostPolicy], today: date
) -> dict[str, dict[Grade, Tally]]:
    """What each of these hosts lacks, by class."""
    found: dict[str, dict[Grade, Tally]] = defaultdict(dict)
    for _policy, kind, given in _by_class(policies, today):
        rows = connection.execute(
            "SELECT host, count(*), count(*) FILTER (WHERE clock < :late), "
            "count(*) FILTER (WHERE clock < :near), min(clock), min(clock) FILTER (WHERE clock >= :near) "
            f"{_COUNTED} GROUP BY host",
            given,
        )
        for host, count, late, near, oldest, later in rows:
            following = date.fromisoformat(later) if later else None
            found[host][kind] = Tally(count, late, near - late, date.fromisoformat(oldest), following)
    return found


def by_update(connection: sqlite3.Connection, policies: Mapping[str, HostPolicy], today: date) -> list[Pivot]:
    """Each update with the hosts that lack it, apart for each class and policy."""
    return [
        pivot
        for policy, kind, given in _by_class(policies, today)
        for pivot in _pivots(connection, policy, kind, given)
    ]


def _pivots(
    connection: sqlite3.Connection, policy: HostPolicy, kind: Grade, given: Mapping[str, str]
) -> list[Pivot]:
    rows = connection.execute(
        "SELECT key, group_concat(host, char(10)), count(*) FILTER (WHERE clock < :late), min(clock), "
        f"max(exploited), min(instr(told, '\"cves\":[]')) = 0 {_COUNTED} GROUP BY key",
        given,
    )
    return [
        Pivot(
            key,
            kind,
            tuple(sorted(hosts.split("\n"))),
            late,
            date.fromisoformat(oldest),
            policy.due(date.fromisoformat(oldest), kind),
            bool(exploited),
            bool(has_cves),
        )
        for key, hosts, late, oldest, exploited, has_cves in rows
    ]


def lacked(
    connection: sqlite3.Connection, policies: Mapping[str, HostPolicy], since: datetime
) -> Iterator[Lacked]:
    """What these hosts lack, or lacked until after a moment, without what is held back from the first."""
    for policy, hosts in _by_policy(policies):
        rows = connection.execute(
            "SELECT grade, clock, resolved_at, held_since, count(*) FROM patch_update "
            "WHERE (resolved_at IS NULL OR resolved_at >= :since) AND (hold = '' OR held_since IS NOT NULL) "
            "AND host IN (SELECT value FROM json_each(:hosts)) "
            "GROUP BY grade, clock, resolved_at, held_since",
            {"since": utc_text(since), "hosts": hosts},
        )
        for kind, clock, resolved, held, count in rows:
            moment = parse_utc(resolved) if resolved else None
            yield Lacked(policy, Grade(kind), date.fromisoformat(clock), moment, count, day_of(held))


def spans(connection: sqlite3.Connection, keys: Collection[str]) -> dict[str, list[tuple[date, date | None]]]:
    """From when to when each host was told to lack one of these updates, by their clocks."""
    rows = connection.execute(
        "SELECT host, clock, resolved_at FROM patch_update WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(keys)),),
    )
    found: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
    for host, clock, resolved in rows:
        found[host].append((date.fromisoformat(clock), parse_utc(resolved).date() if resolved else None))
    return found


def _by_class(
    policies: Mapping[str, HostPolicy], today: date
) -> Iterator[tuple[HostPolicy, Grade, Mapping[str, str]]]:
    """Each distinct policy and class with what a query needs to know: its hosts and its edges."""
    for policy, hosts in _by_policy(policies):
        for kind in Grade:
            edges = policy.edges(kind, today)
            late, near = edges.late_before.isoformat(), edges.near_before.isoformat()
            yield policy, kind, {"hosts": hosts, "grade": kind.value, "late": late, "near": near}


def _by_policy(policies: Mapping[str, HostPolicy]) -> Iterator[tuple[HostPolicy, str]]:
    """Each distinct policy with its hosts, as JSON for a query."""
    for policy, hosts in alike(policies):
        yield policy, json.dumps(hosts)


def alike(policies: Mapping[str, HostPolicy]) -> list[tuple[HostPolicy, list[str]]]:
    """Each distinct policy with its hosts."""
    groups: list[tuple[HostPolicy, list[str]]] = []
    for host, policy in policies.items():
        hosts = next((hosts for other, hosts in groups if other == policy), None)
        if hosts is None:
            groups.append((policy, [host]))
        else:
            hosts.append(host)
    return groups
