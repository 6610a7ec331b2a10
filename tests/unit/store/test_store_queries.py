"""What is asked of one subject is found by an index, however long the journal is."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest

from schoten_ict.store import findings, journal
from storing import NOW, Opener


@pytest.mark.parametrize(
    "ask",
    [
        lambda reader: journal.entries(reader, subject="asset:LT-1"),
        lambda reader: journal.entries(reader, subject="asset:LT-1", since=NOW, limit=5),
        lambda reader: findings.open_findings(reader, NOW, subject="host:a"),
    ],
)
def test_one_subject_is_found_without_reading_all(
    opened: Opener, ask: Callable[[sqlite3.Connection], object]
) -> None:
    with opened.change() as change:
        change.record("test", "asset:LT-1", None, {})
    reader = opened().reader
    asked: list[str] = []
    reader.set_trace_callback(asked.append)
    ask(reader)
    reader.set_trace_callback(None)
    (statement,) = asked
    plan = [str(row["detail"]) for row in reader.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert plan
    assert [step for step in plan if step.startswith("SCAN")] == []


def test_entries_of_a_subject_come_newest_first_since_a_moment_and_at_most_so_many(opened: Opener) -> None:
    for day in range(4):
        with opened.change(NOW + timedelta(days=day)) as change:
            change.record("test", f"asset:LT-{day % 2}", None, {"day": day})
    reader = opened().reader

    def found(subject: str, since: int | None = None, limit: int = -1) -> list[int]:
        moment = None if since is None else NOW + timedelta(days=since)
        return [each.seq for each in journal.entries(reader, subject=subject, since=moment, limit=limit)]

    assert found("asset:LT-1") == [4, 2]
    assert found("asset:LT-1", since=3) == [4]
    assert found("asset:LT-1", limit=1) == [4]
