"""The rules of a count: every expected asset and every scanned thing has exactly one outcome."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.assets.judge import counting
from schoten_ict.assets.judge.counting import Counted, Outcome, Recorded, Scan, Scope
from schoten_ict.core.verdict import Verdict, worst

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
ROOMS = ("GH-1.01", "GH-1.02", "BIB-balie")
STATES = ("assigned", "in-stock", "in-repair", "lost", "stolen", "retired", "disposed", "ordered")
TOWN_HALL = Scope(site="gemeentehuis")


def thing(tag: str = "LT-0001", /, **values: str | None) -> Recorded:
    usual = {"category": "laptop", "make": "Dell Latitude", "state": "in-stock", "site": "gemeentehuis"}
    return Recorded(tag, **{**usual, **values})  # type: ignore[arg-type]


def one(scan: Scan, recorded: Recorded, scope: Scope = TOWN_HALL, *, expected: bool = True) -> Counted:
    return counting.judged(scan, recorded, scope, expected=expected)


def test_what_is_seen_where_it_is_recorded_is_found() -> None:
    row = one(Scan("LT-0001", "LT-0001", "gh-1.01"), thing(location="GH-1.01"))
    assert (row.outcome, row.note) == (Outcome.FOUND, "")


def test_without_a_room_nothing_is_misplaced() -> None:
    assert one(Scan("LT-0001", "LT-0001"), thing(location="GH-1.01")).outcome is Outcome.FOUND


def test_what_has_no_room_on_record_is_found_anywhere() -> None:
    assert one(Scan("LT-0001", "LT-0001", "GH-1.01"), thing()).outcome is Outcome.FOUND


def test_what_is_seen_elsewhere_is_misplaced_also_when_it_was_not_expected() -> None:
    recorded = thing(site="bibliotheek", location="BIB-balie")
    for expected in (True, False):
        row = one(Scan("LT-0001", "LT-0001", "GH-1.01"), recorded, expected=expected)
        assert (row.outcome, row.expected_location) == (Outcome.MISPLACED, "BIB-balie")


def test_what_belongs_to_another_site_is_misplaced_without_a_room_too() -> None:
    row = one(Scan("LT-0001", "LT-0001"), thing(site="bibliotheek"), expected=False)
    assert (row.outcome, row.note) == (Outcome.MISPLACED, "recorded at bibliotheek")


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"state": "stolen"}, "recorded as stolen"),
        ({"state": "disposed"}, "recorded as disposed"),
        ({"category": "monitor"}, "category monitor is not in scope"),
        (
            {"site": "werf", "state": "assigned", "holder": "Jan Peeters", "holder_kind": "person"},
            "assigned to Jan Peeters, not in scope",
        ),
        ({"site": None}, "not in scope, recorded at no place"),
    ],
)
def test_what_should_not_be_there_is_unexpected_and_says_why(
    values: dict[str, str | None], note: str
) -> None:
    scope = Scope(site="gemeentehuis", category="laptop")
    row = one(Scan("LT-0001", "LT-0001", "GH-1.01"), thing(**values), scope, expected=False)
    assert (row.outcome, row.note) == (Outcome.UNEXPECTED, note)


def test_what_became_part_of_the_scope_after_the_start_is_found() -> None:
    assert one(Scan("LT-0001", "LT-0001"), thing(), expected=False).outcome is Outcome.FOUND


def test_a_missing_asset_says_when_nobody_was_in_its_room() -> None:
    things = {"LT-0001": thing(location="GH-1.01"), "LT-0002": thing("LT-0002", location="GH-1.02")}
    rows = counting.outcomes(TOWN_HALL, list(things), [Scan("LT-0002", "LT-0002", "GH-1.02")], things)
    assert [(row.tag, row.outcome, row.note) for row in rows] == [
        ("LT-0002", Outcome.FOUND, ""),
        ("LT-0001", Outcome.MISSING, "nothing was scanned in GH-1.01"),
    ]


def test_what_is_missing_fails_unless_somebody_holds_it_or_a_record_explains_it() -> None:
    things = {
        "LT-0001": thing("LT-0001"),
        "LT-0002": thing("LT-0002", state="assigned", holder="Jan Peeters", holder_kind="person"),
        "LT-0003": thing("LT-0003", state="stolen"),
    }
    rows = counting.outcomes(TOWN_HALL, list(things), [], things)
    told = counting.findings("voorjaar", rows, things, (), NOW)
    missing = {each.subject: each.verdict for each in told if each.check == "assets.count.missing"}
    assert missing == {
        "asset:LT-0001": Verdict.FAIL,
        "asset:LT-0002": Verdict.WARN,
        "asset:LT-0003": Verdict.WARN,
    }
    assert "held by Jan Peeters" in next(each.summary for each in told if "LT-0002" in each.subject)


def test_what_was_put_right_is_no_finding_and_is_still_told() -> None:
    things = {"LT-0001": thing(location="GH-1.01")}
    rows = counting.outcomes(TOWN_HALL, list(things), [Scan("LT-0001", "LT-0001", "GH-1.02")], things)
    before = counting.findings("voorjaar", rows, things, (), NOW)
    after = counting.findings("voorjaar", rows, things, {"LT-0001"}, NOW)
    assert worst(each.verdict for each in before) is Verdict.WARN
    assert worst(each.verdict for each in after) is Verdict.OK
    assert "1 of 1 misplaced in count voorjaar, all put right" in [each.summary for each in after]


def test_a_count_of_nothing_proves_nothing() -> None:
    told = counting.findings("leeg", [], {}, (), NOW)
    assert {each.verdict for each in told} == {Verdict.UNKNOWN}


def test_a_good_count_is_not_good_for_ever() -> None:
    things = {"LT-0001": thing()}
    rows = counting.outcomes(TOWN_HALL, list(things), [Scan("LT-0001", "LT-0001")], things)
    told = counting.findings("voorjaar", rows, things, (), NOW)
    assert {each.verdict for each in told} == {Verdict.OK}
    assert {each.as_of(NOW + timedelta(days=400)).verdict for each in told} == {Verdict.UNKNOWN}


places = st.one_of(st.none(), st.sampled_from(ROOMS))
recorded_things = st.builds(
    Recorded,
    tag=st.integers(1, 9).map("LT-{:04}".format),
    category=st.sampled_from(["laptop", "monitor"]),
    make=st.just("Dell"),
    state=st.sampled_from(STATES),
    site=st.one_of(st.none(), st.sampled_from(["gemeentehuis", "bibliotheek"])),
    location=places,
    holder=st.one_of(st.none(), st.just("Jan Peeters")),
    holder_kind=st.one_of(st.none(), st.sampled_from(["person", "room", "department"])),
)
scopes = st.builds(
    Scope,
    site=st.one_of(st.none(), st.just("gemeentehuis")),
    location=places,
    category=st.one_of(st.none(), st.just("laptop")),
)


@given(
    st.lists(recorded_things, unique_by=lambda each: each.tag),
    scopes,
    st.lists(st.tuples(st.integers(0, 12), places)),
)
def test_each_thing_has_one_outcome_and_none_is_dropped(
    listed: list[Recorded], scope: Scope, read: list[tuple[int, str | None]]
) -> None:
    things = {each.tag: each for each in listed}
    expected = {each.tag for each in listed if scope.covers(each)}
    scans = [
        Scan(f"LT-{number:04}", f"LT-{number:04}" if f"LT-{number:04}" in things else None, room)
        for number, room in read
    ]
    rows = counting.outcomes(scope, expected, scans, things)
    known = Counter(row.tag for row in rows if row.tag)
    assert set(known) == expected | {scan.asset for scan in scans if scan.asset}
    assert set(known.values()) <= {1}
    assert Counter(row.code for row in rows if row.tag is None) == Counter(
        {scan.code for scan in scans if scan.asset is None}
    )
    seen = {scan.asset for scan in scans}
    for row in rows:
        assert (row.outcome is Outcome.UNKNOWN) == (row.tag is None)
        assert (row.outcome is Outcome.MISSING) == (row.tag in expected - seen)
    told = counting.findings("x", rows, things, (), NOW)
    wrong = sum(each.verdict is not Verdict.OK for each in told)
    assert wrong == sum(row.outcome is not Outcome.FOUND for row in rows) or not rows
    assert len({each.identity for each in told}) == len(told)
