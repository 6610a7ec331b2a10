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
    FROM patch_update WHERE resolved_at IS NULL AND hold = ''
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
    for _policy, given in _by_policy(policies, today):
        rows = connection.execute(
            f"SELECT host, grade, count(*), sum(clock < {_edge('late')}), sum(clock < {_edge('near')}), "
            f"min(clock), min(CASE WHEN clock >= {_edge('near')} THEN clock END) "
            f"{_COUNTED} GROUP BY host, grade",
            given,
        )
        for host, kind, count, late, near, oldest, later in rows:
            following = date.fromisoformat(later) if later else None
            found[host][Grade(kind)] = Tally(count, late, near - late, date.fromisoformat(oldest), following)
    return found


def by_update(connection: sqlite3.Connection, policies: Mapping[str, HostPolicy], today: date) -> list[Pivot]:
    """Each update with the hosts that lack it, apart for each class and policy."""
    return [
        pivot for policy, given in _by_policy(policies, today) for pivot in _pivots(connection, policy, given)
    ]


def _pivots(connection: sqlite3.Connection, policy: HostPolicy, given: Mapping[str, str]) -> list[Pivot]:
    rows = connection.execute(
        f"SELECT key, grade, group_concat(host, char(10)), sum(clock < {_edge('late')}), min(clock), "
        f"max(exploited) {_COUNTED} GROUP BY key, grade",
        given,
    )
    return [
        Pivot(
            key,
            Grade(kind),
            tuple(sorted(hosts.split("\n"))),
            late,
            date.fromisoformat(oldest),
            policy.due(date.fromisoformat(oldest), kind),
            bool(exploited),
        )
        for key, kind, hosts, late, oldest, exploited in rows
    ]


def _edge(which: str) -> str:
    """The day before which a clock of a row's class is late, or near."""
    cases = " ".join(f"WHEN '{each}' THEN :{which}_{each}" for each in Grade)
    return f"CASE grade {cases} END"


def _by_policy(
    policies: Mapping[str, HostPolicy], today: date
) -> Iterator[tuple[HostPolicy, Mapping[str, str]]]:
    """Each distinct policy with what a query needs to know: its hosts and its edges."""
    groups: list[tuple[HostPolicy, list[str]]] = []
    for host, policy in policies.items():
        hosts = next((hosts for other, hosts in groups if other == policy), None)
        if hosts is None:
            groups.append((policy, [host]))
        else:
            hosts.append(host)
    for policy, hosts in groups:
        given = {"hosts": json.dumps(hosts)}
        for kind in Grade:
            edges = policy.edges(kind, today)
            given[f"late_{kind}"] = edges.late_before.isoformat()
            given[f"near_{kind}"] = edges.near_before.isoformat()
        yield policy, given
