"""What keeps all updates away from a machine, and an answer whose time is yet to come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from patching import NOW, TODAY, WELL, judged, scan, verdicts
from schoten_ict.patch.facts import Feed
from schoten_ict.patch.judge import CHECKS


def warnings(kind: str = "policy", **told: str) -> dict[str, str]:
    """What is said of such a policy, by key."""
    words = {name.replace("_", " "): each for name, each in told.items()}
    found = judged(scan(replace(WELL, manager="windows", feed=Feed(kind, told=words))))
    return {key: each.summary for (check, key), each in found.items() if check == "feed"}


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def test_an_update_service_that_never_starts_is_a_warning() -> None:
    assert "disabled" in warnings(update_service="disabled")["service"]


@pytest.mark.parametrize(
    ("since", "is_told"),
    [
        (days_ago(0), True), (days_ago(35), True), (days_ago(36), False), (f"{days_ago(3)}T08:00:00Z", True),
        ("onbekend", True), ("9999-12-31", True),
    ],
)  # fmt: skip
def test_a_pause_is_a_warning_until_it_ends_by_itself(since: str, is_told: bool) -> None:
    assert ("pause" in warnings(paused_since=since)) is is_told


def test_choices_and_names_of_repositories_are_no_warning() -> None:
    assert warnings(automatic_updates="off", deferred="30 days") == {}
    assert warnings("repositories", update_service="disabled", paused_since=days_ago(1)) == {}
    assert "patch.feed" in CHECKS


@pytest.mark.parametrize(
    ("ahead", "verdict"), [(timedelta(hours=23), "ok"), (timedelta(days=1200), "unknown")]
)
def test_an_answer_of_a_time_that_is_yet_to_come_proves_nothing(ahead: timedelta, verdict: str) -> None:
    known = scan(scanned_at=NOW + ahead)
    assert verdicts(known)["scanned"] == verdict
    if verdict == "unknown":
        assert "the clock was wrong" in judged(known)["scanned", ""].summary
        assert judged(known)["scanned", ""].remedy == "ict patch scan srv-a"
