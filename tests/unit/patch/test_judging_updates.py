"""Deadlines, what is held back, what was never told: the rules about updates and restarts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching import NOW, TODAY, WELL, judged, lacks, policy, scan, verdicts
from schoten_ict.core.errors import Problem
from schoten_ict.patch.facts import Failure, Feed, Hold, Reboot, Severity, System
from schoten_ict.patch.judge import CHECKS
from schoten_ict.patch.judge.deadlines import Grade, grade, policy_for
from schoten_ict.patch.known import Scan

WINDOWS = System("windows", "Windows Server 2022 Standard", "21H2", "ServerStandard", "Server", 20348, 4893)
"""At the newest build of March 2026."""
MARCH = datetime(2026, 3, 20, 12, tzinfo=UTC)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_a_host_that_lacks_nothing_is_ok_and_says_so() -> None:
    assert set(verdicts(scan()).values()) == {"ok"}
    assert judged(scan())["updates", ""].summary == "nothing lacks"


def test_a_host_that_was_never_asked_is_unknown_and_nothing_else_is_said() -> None:
    assert verdicts(None) == {"scanned": "unknown"}
    assert judged(None)["scanned", ""].remedy == "ict patch scan srv-a"


def test_a_try_that_failed_makes_it_unknown_and_what_was_late_stays_late() -> None:
    failed = scan(failed=Problem("unreachable", "no route"), scanned_at=NOW - timedelta(days=1))
    found = judged(failed, [lacks(clock=days_ago(30))])
    assert found["scanned", ""].verdict == "unknown"
    assert "no route; last answer 2026-11-25" in found["scanned", ""].summary
    assert found["update", "KB1"].verdict == "fail"


@pytest.mark.parametrize(("age", "verdict"), [(8, "ok"), (8.01, "unknown")])
def test_an_answer_holds_for_as_long_as_is_declared(age: float, verdict: str) -> None:
    at = NOW - timedelta(days=age)
    assert verdicts(scan(replace(WELL, lists_at=NOW), scanned_at=at))["scanned"] == verdict


@pytest.mark.parametrize(("age", "verdict"), [(7, "ok"), (7.01, "unknown"), (None, "unknown")])
def test_old_lists_prove_nothing(age: float | None, verdict: str) -> None:
    at = None if age is None else NOW - timedelta(days=age)
    assert verdicts(scan(replace(WELL, lists_at=at)))["lists"] == verdict


def test_what_was_not_told_is_unknown_with_the_reason() -> None:
    why = Problem("denied", "access denied", "updates", "ask WSUS")
    tool = Problem("absent", "nothing tells", "reboot", "install needrestart")
    found = judged(scan(replace(WELL, updates=None, reboot=None, missing=(why, tool))))
    assert (found["updates", ""].verdict, found["updates", ""].remedy) == ("unknown", "ask WSUS")
    assert found["updates", ""].summary == "what it lacks was not told: access denied"
    assert (found["reboot", ""].verdict, found["reboot", ""].remedy) == ("unknown", "install needrestart")


def untold(**more: Any) -> Scan:
    """An answer that did not tell its updates, though an older one did."""
    why = Problem("failed", "apt-get: E: broken", "updates", "mend it")
    return scan(replace(WELL, updates=None, missing=(why,), **more))


def test_updates_of_an_older_answer_prove_nothing_when_the_newest_tells_none() -> None:
    found = judged(untold(), [lacks(clock=days_ago(1))])["updates", ""]
    assert (found.verdict, found.remedy) == ("unknown", "mend it")
    assert found.summary == (
        "what it lacks was not told: apt-get: E: broken; an older answer: 1 critical lack, all within their deadlines"
    )


def test_what_an_older_answer_told_stays_late_and_nearly_due() -> None:
    assert verdicts(untold(), [lacks(clock=days_ago(30))])["updates"] == "fail"
    assert verdicts(untold(), [lacks(clock=days_ago(6))])["updates"] == "warn"


@pytest.mark.parametrize(
    ("at", "verdict"), [(NOW, "ok"), (NOW - timedelta(days=20), "unknown"), (None, "unknown")]
)
def test_lists_are_judged_also_where_the_updates_were_not_told(at: datetime | None, verdict: str) -> None:
    assert verdicts(untold(lists_at=at), [lacks(clock=days_ago(1))])["lists"] == verdict


@pytest.mark.parametrize(("code", "verdict"), [("incomplete", "unknown"), ("absent", "ok")])
def test_updates_that_were_told_in_part_are_not_all_and_those_not_told_apart_count_as_security(
    code: str, verdict: str
) -> None:
    gap = Problem(code, "only advisories are told", "updates", "add check-update")
    told = scan(replace(WELL, missing=(gap,)))
    assert verdicts(told)["updates"] == verdict
    assert verdicts(told, [lacks(clock=days_ago(1))])["updates"] == verdict
    assert verdicts(told, [lacks(clock=days_ago(30))])["updates"] == "fail"


@pytest.mark.parametrize(
    ("severity", "security", "exploited", "expected"),
    [
        (Severity.CRITICAL, True, False, Grade.CRITICAL),
        (Severity.LOW, True, True, Grade.CRITICAL),
        (Severity.UNRATED, False, True, Grade.CRITICAL),
        (Severity.IMPORTANT, True, False, Grade.IMPORTANT),
        (Severity.IMPORTANT, False, False, Grade.OTHER),
        (Severity.MODERATE, None, False, Grade.MODERATE),
        (Severity.LOW, True, False, Grade.OTHER),
        (Severity.UNRATED, True, False, Grade.UNRATED),
        (Severity.UNRATED, None, False, Grade.UNRATED),
        (Severity.UNRATED, False, False, Grade.OTHER),
    ],
)
def test_what_is_exploited_is_critical_and_what_nobody_rates_counts_as_security(
    severity: Severity, security: bool | None, exploited: bool, expected: Grade
) -> None:
    assert grade(severity, security=security, exploited=exploited) is expected


@pytest.mark.parametrize(
    ("age", "verdict"), [(0, "ok"), (4, "ok"), (5, "warn"), (7, "warn"), (8, "fail"), (400, "fail")]
)
def test_a_critical_update_is_due_on_the_seventh_day_and_late_on_the_eighth(age: int, verdict: str) -> None:
    found = verdicts(scan(), [lacks(clock=days_ago(age))])
    assert (found["updates"], found.get("update", "ok")) == (verdict, verdict)


@pytest.mark.parametrize(
    ("clock", "length", "due"),
    [
        ("2026-01-31", "1m", "2026-02-28"),
        ("2024-01-31", "1m", "2024-02-29"),
        ("2026-08-31", "6m", "2027-02-28"),
        ("2026-10-24", "1d", "2026-10-25"),
        ("2026-12-31", "7d", "2027-01-07"),
    ],
)
def test_deadlines_follow_the_calendar(clock: str, length: str, due: str) -> None:
    held = policy_for(policy(deadlines={"critical": length}), ())
    assert held.due(date.fromisoformat(clock), "critical").isoformat() == due


def test_a_day_ends_where_the_workspace_is() -> None:
    missing = [lacks(clock=date(2026, 11, 19))]
    last = datetime(2026, 11, 26, 22, 59, tzinfo=UTC)
    assert verdicts(scan(), missing, now=last)["update"] == "warn"
    assert verdicts(scan(), missing, now=last + timedelta(minutes=1))["update"] == "fail"


def test_a_finding_that_is_in_time_holds_until_it_is_nearly_due() -> None:
    found = judged(scan(), [lacks(clock=days_ago(1))])["updates", ""]
    assert found.summary == "1 critical lack, all within their deadlines"
    assert found.valid_until == datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
    assert found.as_of(datetime(2026, 12, 1, tzinfo=UTC)).verdict == "unknown"


def test_the_policy_of_a_group_counts_key_by_key_and_the_first_that_fits() -> None:
    limits = policy(
        deadlines={"important": "20d"},
        groups=[
            {"groups": ["dmz"], "deadlines": {"critical": "2d"}, "windows": [{"days": ["thu"], "from": "19:00", "until": "23:00"}]},
            {"groups": ["dmz", "servers"], "deadlines": {"critical": "4d", "reboot": "1d"}},
        ],
    )  # fmt: skip
    found = policy_for(limits, ["servers", "dmz"])
    told = {name: str(length) for name, length in found.deadlines.items()}
    assert told == {
        "critical": "2d",
        "important": "20d",
        "moderate": "90d",
        "unrated": "30d",
        "other": "90d",
        "reboot": "1d",
    }
    assert [window.text() for window in found.windows] == ["thu 19:00-23:00"]
    assert str(policy_for(limits, []).deadlines["critical"]) == "7d"


def test_what_is_held_back_has_no_deadline_and_is_told() -> None:
    old = days_ago(300)
    missing = [
        lacks("a", old, hold=Hold.HELD),
        lacks("b", old, hold=Hold.PHASED),
        lacks("c", old, hold=Hold.SUBSCRIPTION),
    ]
    found = judged(scan(), missing)
    assert {key: each.verdict.value for key, each in found.items() if each.verdict != "ok"} == {
        ("held", "a"): "warn",
        ("subscription", "c"): "warn",
    }
    assert found["held", "a"].summary == "a is held back on the machine"


def test_what_did_not_install_lately_is_told_once_with_its_last_code() -> None:
    failures = (
        Failure(NOW - timedelta(days=3), "KB5", "0x80070643"),
        Failure(NOW - timedelta(days=1), "KB5", "0x800f0922"),
        Failure(NOW - timedelta(days=41), "KB4"),
    )
    found = judged(scan(replace(WELL, failures=failures)))
    assert [key for check, key in found if check == "failures"] == ["KB5"]
    assert found["failures", "KB5"].summary == "KB5 did not install (0x800f0922): 2 times, last on 2026-11-25"


@pytest.mark.parametrize(
    ("since", "verdict"), [(None, "ok"), (0, "ok"), (5, "warn"), (7, "warn"), (8, "fail")]
)
def test_a_restart_has_a_deadline_from_when_it_was_first_seen(since: int | None, verdict: str) -> None:
    waits = replace(WELL, reboot=Reboot(needed=True, reasons=("kernel",), shown=("rename of x",)))
    known = scan(waits, reboot_since=None if since is None else days_ago(since))
    found = judged(known)["reboot", ""]
    assert found.verdict == verdict
    assert found.evidence["reasons"] == ["kernel"]


def test_every_check_that_the_rules_make_is_one_that_they_look_at_whole() -> None:
    told = replace(WELL, updates=None, reboot=Reboot(needed=True), failures=(Failure(NOW, "KB5"),))
    holds = [lacks(hold.value, hold=hold) for hold in Hold]
    found = [
        judged(None),
        judged(scan()),
        judged(scan(told)),
        judged(scan(replace(WELL, system=WINDOWS))),
        judged(scan(replace(WELL, feed=Feed("policy", told={"update service": "disabled"})))),
        judged(scan(), [lacks(clock=days_ago(30)), *holds]),
    ]
    assert {f"patch.{check}" for each in found for check, _key in each} == set(CHECKS)


@given(st.integers(0, 200), st.integers(0, 200), st.booleans())
def test_more_that_lacks_never_makes_it_better(first: int, second: int, exploited: bool) -> None:
    rank = {"ok": 0, "unknown": 1, "warn": 2, "fail": 3}

    def worst(*missing: object) -> int:
        return max(rank[each] for each in verdicts(scan(), missing).values())

    one = lacks("one", days_ago(first), severity=Severity.IMPORTANT)
    other = lacks("other", days_ago(second), exploited=exploited)
    assert worst(one, other) >= max(worst(one), worst(other), worst())


def in_march(**more: Any) -> Scan:
    """A Windows that made no search, scanned while the data of the package was new."""
    system = replace(WINDOWS, **more)
    facts = replace(WELL, system=system, updates=None, lists_at=None)
    return scan(facts, scanned_at=MARCH, tried_at=MARCH)


def test_a_windows_at_the_newest_known_build_is_ok_as_long_as_the_data_is_new() -> None:
    found = verdicts(in_march(), now=MARCH)
    assert (found["build"], found["updates"], found.get("lists")) == ("ok", "ok", None)
    assert verdicts(in_march(), [lacks(clock=MARCH.date())], now=MARCH)["updates"] == "ok"
    later = MARCH + timedelta(days=60)
    old = replace(in_march(), scanned_at=later, tried_at=later)
    found = verdicts(old, now=later)
    assert (found["build"], found["updates"]) == ("unknown", "unknown")


def test_a_windows_of_which_no_build_is_known_is_unknown() -> None:
    found = verdicts(in_march(build=12345), now=MARCH)
    assert (found["build"], found["updates"], found["support"]) == ("unknown", "unknown", "unknown")


@pytest.mark.parametrize(
    ("day", "verdict"),
    [("2031-04-13", "ok"), ("2031-04-14", "warn"), ("2031-10-14", "warn"), ("2031-10-15", "fail")],
)
def test_the_end_of_support_comes_with_a_warning(day: str, verdict: str) -> None:
    now = datetime.fromisoformat(f"{day}T12:00+00:00")
    known = replace(in_march(), scanned_at=now, tried_at=now)
    found = judged(known, now=now)["support", ""]
    assert found.verdict == verdict
    assert "2031-10-14" in found.summary


def test_a_system_that_nothing_is_known_of_is_never_supported() -> None:
    assert verdicts(scan(replace(WELL, system=System("plan9", "Plan 9"))))["support"] == "unknown"
    assert verdicts(scan(replace(WELL, system=None)))["support"] == "unknown"
