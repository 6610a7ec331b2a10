"""How many updates every host lacks, counted in the store: 42,000 rows are not worth carrying out of it."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from schoten_ict.patch.judge.deadlines import Grade, HostPolicy
from schoten_ict.patch.known import Tally

_COUNTED = """
    FROM patch_update WHERE resolved_at IS NULL AND hold = '' AND grade = :grade
    AND host IN (SELECT value FROM json_each(:hosts))
"""


@dataclass(frozen=True, slots=True)
class Pivot:
    """One update over the hosts of one policy: `hosts` lack it, `late` of them are over their deadline."""

    key: str
    grade: Grade
    hosts: tuple[str, ...]
    late: int
    oldest: date
    due: date
    exploited: bool


def by_host(
    connection: sqlite3.Connection, policies: Mapping[str, HostPolicy], today: date
) -> dict[str, dict[Grade, Tally]]:
    """What each of these hosts lacks, by class."""
    found: dict[str, dict[Grade, Tally]] = defaultdict(dict)
    for _policy, kind, given in _by_class(policies, today):
        rows = connection.execute(
            "SELECT host, count(*), sum(clock < :late), sum(clock < :near), min(clock), "
            f"min(CASE WHEN clock >= :near THEN clock END) {_COUNTED} GROUP BY host",
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
        "SELECT key, group_concat(host, char(10)), sum(clock < :late), min(clock), max(exploited) "
        f"{_COUNTED} GROUP BY key",
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
        )
        for key, hosts, late, oldest, exploited in rows
    ]


def _by_class(
    policies: Mapping[str, HostPolicy], today: date
) -> Iterator[tuple[HostPolicy, Grade, Mapping[str, str]]]:
    """Each distinct policy and class with what a query needs to know: its hosts and its edges."""
    groups: list[tuple[HostPolicy, list[str]]] = []
    for host, policy in policies.items():
        hosts = next((hosts for other, hosts in groups if other == policy), None)
        if hosts is None:
            groups.append((policy, [host]))
        else:
            hosts.append(host)
    for policy, hosts in groups:
        told = json.dumps(hosts)
        for kind in Grade:
            edges = policy.edges(kind, today)
            late, near = edges.late_before.isoformat(), edges.near_before.isoformat()
            yield policy, kind, {"hosts": told, "grade": kind.value, "late": late, "near": near}
