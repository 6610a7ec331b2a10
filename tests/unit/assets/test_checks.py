"""Leavers, overdue items, unsigned handovers: each boundary by the day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import NOW, Desk
from schoten_ict.assets.acts import handover, incidents
from schoten_ict.assets.acts.incidents import Complaint
from schoten_ict.assets.judge.checks import VALID_FOR, HeldItem, Limits, judge
from schoten_ict.assets.records.held import held_items
from schoten_ict.core.facts import Holder, HolderKind
from schoten_ict.core.finding import Finding
from schoten_ict.core.verdict import Verdict
from schoten_ict.store import custody

TODAY = date(2026, 11, 26)
OK, WARN, FAIL, UNKNOWN = Verdict


def item(tag: str = "LT-0001", **facts: object) -> HeldItem:
    usual: dict[str, object] = {
        "holder": "Els Peeters", "holder_key": "person:1042", "leaves": None, "due_back": None,
        "handover": "GO-2026-0001", "handed_over_on": TODAY, "answered": True,
    }  # fmt: skip
    return HeldItem(tag, **{**usual, **facts})  # type: ignore[arg-type]


def found(check: str, *items: HeldItem, limits: Limits | None = None) -> list[Finding]:
    return [each for each in judge(items, limits or Limits(), TODAY, NOW) if each.check == check]


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "verdict"), [(-1, OK), (0, OK), (1, WARN), (2, WARN), (3, FAIL), (400, FAIL)]
)
def test_a_leaver_warns_from_the_day_after_and_fails_after_the_grace(days: int, verdict: Verdict) -> None:
    (finding,) = found("assets.leaver", item(leaves=days_ago(days)))
    assert finding.verdict is verdict


def test_a_leaver_is_one_finding_with_all_tags(desk: Desk) -> None:
    left = days_ago(1)
    (finding,) = found("assets.leaver", item("LT-0002", leaves=left), item("DK-0001", leaves=left))
    assert finding.subject == "person:1042"
    assert finding.summary == "Els Peeters left on 2026-11-25 (1 day ago) and still holds DK-0001, LT-0002"
    assert finding.remedy == "ict assets return DK-0001 LT-0002"


def test_the_grace_for_leavers_can_be_another() -> None:
    (finding,) = found("assets.leaver", item(leaves=days_ago(1)), limits=Limits(leaver_days=0))
    assert finding.verdict is FAIL


@pytest.mark.parametrize(("days", "verdict"), [(-30, OK), (0, OK), (1, WARN), (900, WARN)])
def test_a_loan_is_overdue_from_the_day_after(days: int, verdict: Verdict) -> None:
    (finding,) = found("assets.overdue", item(due_back=days_ago(days)))
    assert finding.verdict is verdict


def test_an_overdue_item_says_since_when_and_from_whom() -> None:
    (finding,) = found("assets.overdue", item(due_back=days_ago(2)))
    assert finding.summary == "LT-0001 was due back on 2026-11-24 (2 days ago) from Els Peeters"
    assert finding.evidence == {"due_back": "2026-11-24", "days": 2, "holder": "person:1042"}


def test_a_loan_can_have_days_of_grace() -> None:
    limits = Limits(overdue_days=7)
    assert [found("assets.overdue", item(due_back=days_ago(days)), limits=limits)[0].verdict for days in (7, 8)] == [
        OK, WARN,
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "verdict"), [(0, OK), (14, OK), (15, WARN)])
def test_an_unsigned_handover_warns_after_its_days(days: int, verdict: Verdict) -> None:
    (finding,) = found("assets.unaccepted", item(answered=False, handed_over_on=days_ago(days)))
    assert finding.verdict is verdict


def test_a_handover_that_waits_is_one_finding_for_all_its_items() -> None:
    waiting = [item(tag, answered=False, handed_over_on=days_ago(20)) for tag in ("LT-0001", "DK-0001")]
    (finding,) = found("assets.unaccepted", *waiting, limits=Limits(unaccepted_days=19))
    assert (finding.subject, finding.summary) == (
        "handover:GO-2026-0001", "Els Peeters has not signed GO-2026-0001 for 20 days (2 items)",
    )  # fmt: skip


def test_nothing_waits_without_a_handover() -> None:
    (finding,) = found("assets.unaccepted", item(handover=None, handed_over_on=None, answered=False))
    assert finding.verdict is OK


def test_of_whom_nothing_is_known_it_is_not_known_whether_they_left() -> None:
    (finding,) = found("assets.leaver", item(holder="1777", holder_key="person:1777", known=False))
    assert (finding.verdict, finding.subject) == (UNKNOWN, "person:1777")


def test_where_nothing_is_held_nothing_is_known() -> None:
    findings = judge([], Limits(), TODAY, NOW)
    assert {each.check for each in findings} == {"assets.leaver", "assets.overdue", "assets.unaccepted"}
    assert {each.verdict for each in findings} == {UNKNOWN}


def test_what_is_well_says_of_how_many() -> None:
    assert [each.summary for each in judge([item()], Limits(), TODAY, NOW)] == [
        "no leaver holds anything (1 held item)",
        "no item is overdue (1 held item)",
        "no handover waits too long (1 held item)",
    ]


DAYS = st.dates(date(2026, 10, 1), date(2027, 1, 31))


@given(st.lists(st.builds(item, leaves=DAYS | st.none(), due_back=DAYS | st.none(), answered=st.booleans(),
                          handed_over_on=DAYS, tag=st.sampled_from(["A", "B", "C"]))))  # fmt: skip
def test_every_check_speaks_once_per_subject_and_its_word_has_an_end(items: list[HeldItem]) -> None:
    findings = judge(items, Limits(), TODAY, NOW)
    assert {each.check for each in findings} == {"assets.leaver", "assets.overdue", "assets.unaccepted"}
    assert all(each.valid_until == NOW + VALID_FOR for each in findings)
    bad = {each.subject for each in findings if each.check == "assets.overdue" and each.verdict is WARN}
    assert bad == {f"asset:{each.tag}" for each in items if each.due_back and each.due_back < TODAY}


# -- the facts, from the store


def held(desk: Desk) -> dict[str, HeldItem]:
    return {each.tag: each for each in held_items(desk.store.reader, desk.inventory.zone)}


def test_what_is_held_is_read_with_its_handover_and_its_holder(desk: Desk) -> None:
    desk.person("1050", "An Morgen", leaves=date(2026, 12, 1))
    desk.give("LT-0001", to="1050", due_back=date(2026, 12, 24))
    handover.accept(desk.office, "GO-2026-0001", how="desk", on=TODAY, scan=None)
    assert held(desk) == {
        "LT-0001": HeldItem(
            "LT-0001", "An Morgen", "person:1050", date(2026, 12, 1), date(2026, 12, 24), "GO-2026-0001", TODAY, True
        )
    }  # fmt: skip


def test_what_is_in_repair_is_still_held(desk: Desk) -> None:
    desk.give("LT-0001")
    incidents.start_repair(desk.office, Complaint("LT-0001"))
    assert list(held(desk)) == ["LT-0001"]


def test_a_handover_at_night_counts_from_the_day_it_was_here(desk: Desk) -> None:
    desk.at(datetime(2026, 11, 30, 23, 30, tzinfo=UTC)).give("LT-0001")
    assert held(desk)["LT-0001"].handed_over_on == date(2026, 12, 1)


def test_a_holder_of_whom_nothing_is_recorded_is_not_known(desk: Desk) -> None:
    with desk.store.transaction() as transaction:
        custody.begin(transaction, "LT-0001", Holder(HolderKind.PERSON, "1777"))
        custody.begin(transaction, "DK-0001", Holder(HolderKind.ROOM, "Raadzaal"))
    assert {tag: each.known for tag, each in held(desk).items()} == {"LT-0001": False, "DK-0001": True}
