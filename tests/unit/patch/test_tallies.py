"""What is counted in the store is what is counted row by row."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patching import NOW, TODAY, policy
from schoten_ict.patch.facts import Hold, Severity, Update
from schoten_ict.patch.judge.deadlines import Grade, policy_for
from schoten_ict.patch.judge.keeping import Lacked
from schoten_ict.patch.judge.tallying import tally
from schoten_ict.patch.records import tallies, updates
from schoten_ict.patch.records.updates import TOLD, Seen
from storing import Opener

LIMITS = policy(
    deadlines={"moderate": "3m", "other": "1m"},
    warn_before="3d",
    groups=[{"groups": ["dmz"], "deadlines": {"critical": "1d", "unrated": "1m"}}],
)
POLICIES = {"srv-a": policy_for(LIMITS, ()), "srv-b": policy_for(LIMITS, ("dmz",))}
found = st.builds(
    lambda severity, security, hold, age: Update(
        "", "", severity, security=security, hold=hold, published=TODAY - timedelta(days=age)
    ),
    st.sampled_from(Severity),
    st.sampled_from([None, False, True]),
    st.none() | st.sampled_from(Hold),
    st.integers(0, 130),
)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(tmp_path / "data")
    yield opener
    opener.close()


def kept(opened: Opener, host: str, lacks: list[tuple[Update, bool]]) -> None:
    seen = [
        Seen(
            Update(f"KB{n}", "", each.severity, each.security, published=each.published, hold=each.hold),
            TOLD,
            bad,
        )
        for n, (each, bad) in enumerate(lacks)
    ]
    with opened.change() as change:
        updates.keep(change, host, seen, [TOLD], TODAY)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(found, st.booleans()), max_size=12),
    st.lists(st.tuples(found, st.booleans()), max_size=12),
)
def test_the_store_counts_as_the_rules_do(
    one: list[tuple[Update, bool]], other: list[tuple[Update, bool]]
) -> None:
    with TemporaryDirectory() as name:
        opened = Opener(Path(name) / "data")
        kept(opened, "srv-a", one)
        kept(opened, "srv-b", other)
        reader = opened().reader
        counted = tallies.by_host(reader, POLICIES, TODAY)
        for host, held in POLICIES.items():
            assert counted.get(host, {}) == tally(updates.missing_of(reader, host), held, TODAY)
        opened.close()


@given(st.sampled_from(Grade), st.integers(0, 200), st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_an_edge_parts_what_is_due_earlier_from_what_is_due_later(
    grade: Grade, age: int, today: date
) -> None:
    for held in POLICIES.values():
        clock = today - timedelta(days=age)
        edges = held.edges(grade, today)
        assert (clock < edges.late_before) is (held.due(clock, grade) < today)
        assert (clock < edges.near_before) is (held.is_near(held.due(clock, grade), today))


def test_an_update_is_told_over_the_hosts_apart_for_each_class_and_policy(opened: Opener) -> None:
    for host in POLICIES:
        kept(
            opened,
            host,
            [(Update("", "", Severity.CRITICAL, security=True, published=TODAY - timedelta(days=4)), True)],
        )
    assert [
        (each.key, each.grade, each.hosts, each.late, each.due, each.exploited)
        for each in tallies.by_update(opened().reader, POLICIES, TODAY)
    ] == [
        ("KB0", Grade.CRITICAL, ("srv-a",), 0, TODAY + timedelta(days=3), True),
        ("KB0", Grade.CRITICAL, ("srv-b",), 1, TODAY - timedelta(days=3), True),
    ]


def test_hosts_that_are_not_asked_for_are_not_counted(opened: Opener) -> None:
    kept(opened, "srv-a", [(Update("", "", Severity.CRITICAL), False)])
    assert tallies.by_host(opened().reader, {"srv-b": POLICIES["srv-b"]}, TODAY) == {}


def test_episodes_are_counted_with_their_ends_and_without_what_is_held_back(opened: Opener) -> None:
    begun = TODAY - timedelta(days=4)
    rated = [
        Update("", "", Severity.CRITICAL, published=begun),
        Update("", "", Severity.CRITICAL, published=begun),
        Update("", "", Severity.CRITICAL, published=begun, hold=Hold.HELD),
    ]
    kept(opened, "srv-a", [(each, False) for each in rated])
    kept(opened, "srv-b", [(rated[0], False)])
    kept(opened, "srv-b", [])
    policy = POLICIES["srv-a"]
    assert list(tallies.lacked(opened().reader, {"srv-a": policy, "srv-c": policy}, NOW)) == [
        Lacked(policy, Grade.CRITICAL, begun, None, 2)
    ]
    there = Lacked(POLICIES["srv-b"], Grade.CRITICAL, begun, NOW, 1)
    assert there in tallies.lacked(opened().reader, POLICIES, NOW)
    assert there not in tallies.lacked(opened().reader, POLICIES, NOW + timedelta(seconds=1))
