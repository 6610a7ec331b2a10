"""Firmware against the approved version: real ways of writing, what does not compare, the end of support."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching import policy
from schoten_ict.core.times import Duration
from schoten_ict.patch.judge.firmware import Device, judge, order, supported

SEEN = datetime(2026, 11, 26, 12, tzinfo=UTC)
RULES = policy(
    firmware=[
        {"model": "C9300-*", "approved": "17.9.5", "support_until": "2029-10-31"},
        {"model": "JL*", "approved": "WC.16.11.0012"},
        {"model": "*", "approved": "2.0"},
    ]
).firmware


def verdict(model: str | None, version: str | None) -> str:
    found = list(judge([Device("sw-1", model, version, SEEN)], RULES))
    return found[0].verdict.value if found else "no row"


@pytest.mark.parametrize(
    ("model", "version", "expected"),
    [
        ("C9300-48P", "17.9.5", "ok"),
        ("c9300-48p", "17.9.4a", "fail"),
        ("C9300-48P", "17.9.5a", "ok"),
        ("C9300-48P", "17.12.1", "ok"),
        ("C9300-48P", "16.12.10", "fail"),
        ("C9300-48P", "17.09.05", "ok"),
        ("C9300-48P", None, "unknown"),
        ("C9300-48P", "Denali", "unknown"),
        ("JL676A", "WC.16.11.0011", "fail"),
        ("JL676A", "WC.16.11.0012", "ok"),
        ("JL676A", "YA.16.11.0099", "unknown"),
        ("LaserJet", "10.1", "ok"),
        ("LaserJet", "1" * 5000, "ok"),
        ("LaserJet", "0" * 5000 + "1.9", "fail"),
        (None, "1.0", "no row"),
    ],
)
def test_a_version_is_compared_as_its_maker_counts_or_not_at_all(
    model: str | None, version: str | None, expected: str
) -> None:
    assert verdict(model, version) == expected


def test_a_model_without_an_approved_version_is_no_row() -> None:
    assert list(judge([Device("sw-1", "C9300-48P", "1", SEEN)], RULES[1:2])) == []


@pytest.mark.parametrize(
    ("today", "expected"),
    [("2029-04-30", "ok"), ("2029-05-01", "warn"), ("2029-10-31", "warn"), ("2029-11-01", "fail")],
)
def test_the_end_of_support_is_told_in_time(today: str, expected: str) -> None:
    (approved,) = judge([Device("sw-1", "C9300-48P", "17.9.5", SEEN)], RULES)
    found = supported(approved, Duration(months=6), date.fromisoformat(today))
    assert found is not None
    assert found.verdict == expected


def test_a_verdict_on_what_was_collected_long_ago_is_unknown() -> None:
    (approved,) = judge([Device("sw-1", "C9300-48P", "17.9.5", SEEN)], RULES)
    assert approved.finding().as_of(datetime(2026, 12, 5, tzinfo=UTC)).verdict == "unknown"


@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=5),
    st.lists(st.integers(0, 300), min_size=1, max_size=5),
)
def test_numbers_are_ordered_as_numbers(one: list[int], other: list[int]) -> None:
    assert (order(".".join(map(str, one))) < order(".".join(map(str, other)))) is (one < other)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_gets_a_verdict(version: str, model: str) -> None:
    assert verdict(model, version) in {"ok", "fail", "unknown", "no row"}
