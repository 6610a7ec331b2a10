"""Findings in the store: episodes keep "since when" through bad readings, and end when the problem ends."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from schoten_ict.core.finding import Finding
from schoten_ict.core.verdict import Verdict
from schoten_ict.store import findings
from storing import NOW, Opener

OK, WARN, FAIL, UNKNOWN = Verdict.OK, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


def finding(verdict: Verdict, number: int = 0, key: str = "") -> Finding:
    return Finding("patch.age", "host:srv-a", verdict, f"day {number}", day(number), key=key)


def run(opened: Opener, number: int, *given: Finding) -> list[Finding]:
    with opened.change(day(number)) as change:
        return findings.record(change, ["patch.*"], given)


def episodes(opened: Opener) -> list[tuple[Verdict, int | None, int | None]]:
    """Last verdict, first day and last day of each episode."""
    found = findings.episodes(opened().reader, "patch.age", "host:srv-a")
    return [(each.verdict, _day(each.first_seen), _day(each.resolved_at)) for each in found]


def _day(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - NOW).days


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([OK, OK], [(OK, 0, None)]),
        ([FAIL, FAIL], [(FAIL, 0, None)]),
        ([WARN, FAIL], [(FAIL, 0, None)]),
        ([FAIL, UNKNOWN], [(UNKNOWN, 0, None)]),
        ([FAIL, UNKNOWN, FAIL], [(FAIL, 0, None)]),
        ([FAIL, OK], [(FAIL, 0, 1), (OK, 1, None)]),
        ([FAIL, OK, FAIL], [(FAIL, 0, 1), (OK, 1, 2), (FAIL, 2, None)]),
        ([OK, UNKNOWN, OK], [(OK, 0, 1), (UNKNOWN, 1, 2), (OK, 2, None)]),
        ([UNKNOWN, FAIL], [(UNKNOWN, 0, 1), (FAIL, 1, None)]),
    ],
)
def test_episodes(
    opened: Opener, verdicts: list[Verdict], expected: list[tuple[Verdict, int | None, int | None]]
) -> None:
    for number, verdict in enumerate(verdicts):
        run(opened, number, finding(verdict, number))
    assert episodes(opened) == expected


def test_a_run_is_told_since_when(opened: Opener) -> None:
    run(opened, 0, finding(FAIL))
    (kept,) = run(opened, 3, finding(FAIL, 3))
    assert (kept.first_seen, kept.observed_at) == (day(0), day(3))


def test_what_a_run_does_not_give_again_is_resolved(opened: Opener) -> None:
    run(opened, 0, finding(FAIL), finding(FAIL, key="KB1"))
    run(opened, 1, finding(FAIL, 1))
    standing = findings.open_findings(opened().reader, day(1))
    assert [each.key for each in standing] == [""]
    assert findings.episodes(opened().reader, "patch.age", "host:srv-a", "KB1")[0].resolved_at == day(1)


def test_a_run_resolves_nothing_outside_its_scope(opened: Opener) -> None:
    other = replace(finding(FAIL), check="backup.age")
    with opened.change() as change:
        findings.record(change, ["backup.*"], [other])
    run(opened, 1)
    assert [each.check for each in findings.open_findings(opened().reader, day(1))] == ["backup.age"]


def test_a_return_after_absence_opens_a_new_episode(opened: Opener) -> None:
    run(opened, 0, finding(FAIL))
    run(opened, 1)
    run(opened, 2, finding(FAIL, 2))
    assert episodes(opened) == [(FAIL, 0, 1), (FAIL, 2, None)]


def test_past_valid_until_a_reader_sees_unknown(opened: Opener) -> None:
    run(opened, 0, replace(finding(OK), valid_until=day(2)))
    (fresh,) = findings.open_findings(opened().reader, day(2))
    (stale,) = findings.open_findings(opened().reader, day(2) + timedelta(seconds=1))
    assert (fresh.verdict, stale.verdict) == (OK, UNKNOWN)
    assert stale.summary == "not checked lately (was ok since 2026-11-26): day 0"


def test_everything_of_a_finding_survives(opened: Opener) -> None:
    given = replace(
        finding(WARN, key="KB1"),
        evidence={"days": 12, "hosts": ["a", "ë"]}, remedy="patch it", learning=True, valid_until=day(3),
    )  # fmt: skip
    run(opened, 0, given)
    (kept,) = findings.open_findings(opened().reader, NOW)
    assert kept == replace(given, first_seen=NOW)


def test_open_findings_select_by_scope_and_subject(opened: Opener) -> None:
    run(opened, 0, finding(FAIL), replace(finding(FAIL), subject="host:srv-b"))
    reader = opened().reader
    assert len(findings.open_findings(reader, NOW, scope="patch.*")) == 2
    assert len(findings.open_findings(reader, NOW, subject="host:srv-b")) == 1
    assert findings.open_findings(reader, NOW, scope="backup.*") == []


@pytest.mark.parametrize("twice", [(FAIL, OK), (OK, FAIL), (WARN, FAIL), (FAIL, UNKNOWN)])
def test_of_two_verdicts_about_one_thing_the_worst_is_kept(
    opened: Opener, twice: tuple[Verdict, Verdict]
) -> None:
    run(opened, 0, finding(FAIL))
    (kept,) = run(opened, 1, *(finding(verdict, 1) for verdict in twice))
    assert (kept.verdict, kept.first_seen) == (FAIL, day(0))
    assert episodes(opened) == [(FAIL, 0, None)]


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        ([FAIL, FAIL], "was fail since 2026-11-26"),
        ([WARN, FAIL], "was fail on 2026-11-27"),
    ],
)
def test_a_stale_finding_says_since_only_of_the_verdict_it_began_with(
    opened: Opener, verdicts: list[Verdict], words: str
) -> None:
    for number, verdict in enumerate(verdicts):
        run(opened, number, replace(finding(verdict, number), valid_until=day(5)))
    (stale,) = findings.open_findings(opened().reader, day(6))
    assert words in stale.summary
