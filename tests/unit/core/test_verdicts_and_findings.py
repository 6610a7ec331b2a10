"""Verdicts combine, exceptions accept, and what is stale is unknown."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import ConfigurationError, Problem
from schoten_ict.core.exits import ExitCode
from schoten_ict.core.finding import ExceptionRule, Finding, apply_exceptions
from schoten_ict.core.result import Result, columns_of
from schoten_ict.core.verdict import Verdict, worst

OK, WARN, FAIL, UNKNOWN = Verdict.OK, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN
NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
TODAY = date(2026, 11, 26)


def finding(verdict: Verdict = FAIL, **more: object) -> Finding:
    return Finding("patch.reboot", "host:srv-app02", verdict, "needs a restart", NOW, **more)  # type: ignore[arg-type]


def rule(until: date = TODAY, **more: str) -> ExceptionRule:
    fields = {"check": "patch.reboot", "subject": "host:srv-app02", "reason": "leverancier", **more}
    return ExceptionRule(until=until, **fields)


def test_the_order_is_ok_unknown_warn_fail() -> None:
    assert sorted(Verdict, key=lambda verdict: verdict.rank) == [OK, UNKNOWN, WARN, FAIL]


def test_of_nothing_the_worst_is_unknown() -> None:
    assert worst([]) is UNKNOWN


@given(st.lists(st.sampled_from(Verdict), min_size=1))
def test_the_worst_is_one_of_them_and_none_is_worse(verdicts: list[Verdict]) -> None:
    found = worst(verdicts)
    assert found in verdicts
    assert all(verdict.rank <= found.rank for verdict in verdicts)


@pytest.mark.parametrize(
    "matching",
    [
        rule(),
        rule(until=date(2027, 1, 1)),
        rule(check="patch.*"),
        rule(subject="host:srv-*"),
        rule(check="*", subject="*"),
    ],
)
def test_a_rule_that_fits_accepts_and_counts_as_ok(matching: ExceptionRule) -> None:
    (judged,) = apply_exceptions([finding()], [matching], TODAY)
    assert judged.accepted is not None
    assert judged.accepted.reason == "leverancier"
    assert (judged.verdict, judged.counted) == (FAIL, OK)


@pytest.mark.parametrize(
    "other", [rule(check="patch"), rule(subject="host:SRV-app02"), rule(key="KB1"), rule(check="backup.*")]
)
def test_a_rule_that_does_not_fit_accepts_nothing(other: ExceptionRule) -> None:
    assert apply_exceptions([finding()], [other], TODAY) == [finding()]


def test_an_expired_rule_counts_as_none_and_says_so() -> None:
    (judged,) = apply_exceptions([finding()], [rule(until=TODAY - timedelta(days=1))], TODAY)
    assert judged.accepted is None
    assert judged.counted is FAIL
    assert judged.summary == "needs a restart (exception ended 2026-11-25: leverancier)"


def test_of_two_rules_the_one_that_lasts_counts() -> None:
    rules = [rule(until=TODAY - timedelta(days=1)), rule(until=TODAY + timedelta(days=1))]
    (judged,) = apply_exceptions([finding()], rules, TODAY)
    assert judged.accepted is not None


def test_what_is_ok_needs_no_acceptance() -> None:
    assert apply_exceptions([finding(OK)], [rule()], TODAY) == [finding(OK)]


def test_unknown_can_be_accepted_too() -> None:
    (judged,) = apply_exceptions([finding(UNKNOWN)], [rule()], TODAY)
    assert judged.counted is OK


def test_as_of_makes_unknown_after_its_time_and_not_before() -> None:
    fresh = finding(OK, valid_until=NOW, first_seen=NOW - timedelta(days=9))
    assert fresh.as_of(NOW) is fresh
    stale = fresh.as_of(NOW + timedelta(seconds=1))
    assert stale.verdict is UNKNOWN
    assert stale.summary == "not checked lately (was ok since 2026-11-17): needs a restart"
    assert finding(OK).as_of(NOW + timedelta(days=9999)).verdict is OK


def test_learning_is_never_counted() -> None:
    assert finding(FAIL, learning=True).counted is OK


@dataclass(frozen=True, slots=True)
class Row:
    """Stands for any row type; no rows are made here."""


def judged(*verdicts: Verdict, fail_on: Verdict = WARN, problems: tuple[Problem, ...] = ()) -> Result[Row]:
    found = [finding(verdict) for verdict in verdicts]
    return Result("x", Row, findings=found, judged=True, fail_on=fail_on, problems=problems)


PROBLEM = Problem("unreachable", "no route")


@pytest.mark.parametrize(
    ("result", "status", "exit_code"),
    [
        (judged(), UNKNOWN, ExitCode.INCOMPLETE),
        (judged(OK, OK), OK, ExitCode.OK),
        (judged(OK, UNKNOWN), UNKNOWN, ExitCode.INCOMPLETE),
        (judged(UNKNOWN, WARN), WARN, ExitCode.FINDINGS),
        (judged(WARN, FAIL, UNKNOWN), FAIL, ExitCode.FINDINGS),
        (judged(WARN, fail_on=FAIL), WARN, ExitCode.OK),
        (judged(WARN, UNKNOWN, fail_on=FAIL), WARN, ExitCode.INCOMPLETE),
        (judged(OK, problems=(PROBLEM,)), UNKNOWN, ExitCode.INCOMPLETE),
        (judged(FAIL, problems=(PROBLEM,)), FAIL, ExitCode.FINDINGS),
        (Result("x", Row, findings=[finding()]), OK, ExitCode.OK),
        (Result("x", Row, problems=[PROBLEM]), UNKNOWN, ExitCode.INCOMPLETE),
    ],
)
def test_status_and_exit_code(result: Result[Row], status: Verdict, exit_code: ExitCode) -> None:
    assert (result.status, result.exit_code) == (status, exit_code)


def test_a_column_is_named_after_its_field() -> None:
    (first, *_) = columns_of(Problem)
    assert (first.key, first.title) == ("code", "Code")


def test_one_error_can_hold_many_problems() -> None:
    error = ConfigurationError.of([PROBLEM, Problem("x", "second", "row:2", "fix it")])
    assert str(error) == "no route"
    assert [each.line() for each in error.problems] == ["no route", "row:2: second - fix it"]
