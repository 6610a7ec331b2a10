"""Taking back, passing on and swapping."""

from typing import Any

import pytest

from desk import Desk
from schoten_ict.assets.acts import incidents, intake, placing
from schoten_ict.assets.acts.handover import Issued, Order
from schoten_ict.assets.acts.incidents import Complaint
from schoten_ict.assets.acts.intake import Intake, Taken
from schoten_ict.assets.model import Status
from schoten_ict.core.errors import ConflictError, UsageError
from schoten_ict.store import journal
from wholeness import faults_in


def transfer(desk: Desk, *tags: str, to: str) -> tuple[Taken, Issued]:
    return intake.transfer(desk.office, Intake(tags), Order(tags, to))


def swap(desk: Desk, old: str, new: str, **words: Any) -> tuple[Taken, Issued]:
    return intake.swap(desk.office, Intake([old], **words), Order([new], ""))


def test_the_form_says_what_came_back_how_and_what_did_not(desk: Desk) -> None:
    desk.give("LT-0001", "DK-0001", accessories=["lader 65W", "LT-0001=tas"])
    taken = desk.back(
        "lt-0001", "LT-0001", "DK-0001", missing=["Lader"], states=["DK-0001=kras"], wiped=["LT-0001=BitLocker", "DK-0001=none"],
        remarks="Lader thuis.",
    )  # fmt: skip
    template, printed, _ = desk.writer.made[-1]
    assert (template, printed["number"], printed["remarks"]) == ("return", "IN-2026-0001", "Lader thuis.")
    assert (printed["person"]["key"], printed["handovers"]) == ("1042", ["GO-2026-0001"])
    assert [
        (
            each["tag"],
            each["accessories_back"],
            each["accessories_missing"],
            each["state"],
            each["wipe"]["status"],
        )
        for each in printed["items"]
    ] == [
        ("LT-0001", ["tas"], ["lader 65W"], None, "yes"),
        ("DK-0001", [], [], "kras", "not_applicable"),
    ]
    assert taken.holder == "Els Peeters (1042)"
    assert desk.row("LT-0001").status == "in-stock"
    assert desk.history("LT-0001") == [
        ("add", None), ("assign", "GO-2026-0001"), ("return", "IN-2026-0001"),
    ]  # fmt: skip
    assert faults_in(desk.data) == []


@pytest.mark.parametrize("word", ["lder", "LT-0001=muis", "lader"])
def test_a_missing_accessory_is_one_that_went_out(desk: Desk, word: str) -> None:
    desk.give("LT-0001", accessories=["lader 65W", "LT-0001=lader 90W"])
    with pytest.raises(UsageError, match="LT-0001 went out with lader 65W, lader 90W"):
        desk.back("LT-0001", missing=[word])


def test_of_two_alike_one_can_be_missing(desk: Desk) -> None:
    desk.give("LT-0001", accessories=["lader", "LT-0001=lader"])
    item = desk.back("LT-0001", missing=["lader"]).items[0]
    assert (item.returned, item.missing) == (("lader",), ("lader",))


def test_where_no_accessory_was_noted_anything_can_be_missing(desk: Desk) -> None:
    desk.give("LT-0001")
    assert desk.back("LT-0001", missing=["muis"]).items[0].missing == ("muis",)


def test_what_nobody_holds_does_not_come_back(desk: Desk) -> None:
    with pytest.raises(ConflictError, match="LT-0001 is held by nobody: it is in stock"):
        desk.back("LT-0001")
    incidents.lose(desk.store, "LT-0001", Status.LOST, police_report=None, note=None)
    with pytest.raises(ConflictError, match="LT-0001 is lost") as caught:
        desk.back("LT-0001")
    assert caught.value.remedy == "ict assets found LT-0001"


def test_one_form_is_for_one_holder(desk: Desk) -> None:
    desk.give("LT-0001")
    desk.give("DK-0001", to="1043")
    with pytest.raises(ConflictError, match=r"different holders: Els Peeters \(1042\), Jan Maes \(1043\)"):
        desk.back("LT-0001", "DK-0001")
    assert desk.row("LT-0001").holder == "Els Peeters"


def test_what_stood_in_a_room_comes_back_with_a_form_too(desk: Desk) -> None:
    placing.place(desk.store, ["LT-0001"], placing.place_of("room:Raadzaal"))
    desk.back("LT-0001")
    assert desk.writer.last["person"]["name"] == "Raadzaal"


def test_a_leaver_can_hand_in_what_is_in_repair_and_it_stays_there(desk: Desk) -> None:
    desk.give("LT-0001")
    incidents.start_repair(desk.office, Complaint("LT-0001", supplier="Dell"))
    desk.back("LT-0001")
    row = desk.row("LT-0001")
    assert (row.status, row.holder) == ("in-repair", None)
    incidents.end_repair(desk.store, "LT-0001", outcome="repaired", cost_cents=None)
    assert desk.row("LT-0001").status == "in-stock"
    assert faults_in(desk.data) == []


def test_a_transfer_is_an_intake_and_a_handover_or_neither(desk: Desk) -> None:
    desk.give("LT-0001")
    taken, issued = transfer(desk, "lt-0001", to="1043")
    assert (taken.number, issued.handover.number) == ("IN-2026-0001", "GO-2026-0002")
    assert desk.row("LT-0001").holder == "Jan Maes"
    with pytest.raises(ConflictError, match="Wim Vertrokken"):
        transfer(desk, "LT-0001", to="1099")
    assert desk.row("LT-0001").holder == "Jan Maes"
    assert faults_in(desk.data) == []


def test_a_transfer_to_who_holds_it_is_refused_with_the_way_to_sign_again(desk: Desk) -> None:
    desk.give("LT-0001", "DK-0001")
    head = journal.head(desk.store.reader)
    with pytest.raises(ConflictError) as caught:
        transfer(desk, "LT-0001", "DK-0001", to="els peeters")
    assert caught.value.problems[0].line() == (
        "LT-0001 DK-0001: held by Els Peeters (1042) already - to have it signed again: "
        "ict assets return LT-0001 DK-0001, then ict assets assign LT-0001 DK-0001"
    )
    assert journal.head(desk.store.reader) == head


def test_what_is_in_repair_is_not_passed_on(desk: Desk) -> None:
    desk.give("LT-0001")
    incidents.start_repair(desk.office, Complaint("LT-0001"))
    with pytest.raises(ConflictError, match="LT-0001 is in repair"):
        transfer(desk, "LT-0001", to="1043")
    assert desk.row("LT-0001").holder == "Els Peeters"


def test_a_swap_gives_the_same_holder_another(desk: Desk) -> None:
    new = desk.add("laptop")
    desk.give("LT-0001", accessories=["lader"])
    taken, issued = swap(desk, "LT-0001", new, missing=["lader"])
    assert (taken.items[0].missing, issued.person.key) == (("lader",), "1042")
    assert (desk.row("LT-0001").holder, desk.row(new).holder) == (None, "Els Peeters")


def test_nothing_is_swapped_for_itself(desk: Desk) -> None:
    desk.give("LT-0001")
    with pytest.raises(UsageError, match="LT-0001 cannot be swapped for itself"):
        swap(desk, "LT-0001", "lt-0001")


def test_only_with_a_person_something_is_swapped(desk: Desk) -> None:
    placing.place(desk.store, ["LT-0001"], placing.place_of("room:Raadzaal"))
    with pytest.raises(ConflictError) as caught:
        swap(desk, "LT-0001", "DK-0001")
    assert (
        caught.value.remedy == "ict assets return LT-0001, then ict assets assign DK-0001 --to room:Raadzaal"
    )
    assert desk.row("LT-0001").holder == "Raadzaal"


def test_a_swap_with_what_is_not_free_changes_nothing(desk: Desk) -> None:
    desk.give("LT-0001")
    desk.give("DK-0001", to="1043")
    with pytest.raises(ConflictError, match="DK-0001 is already held by Jan Maes"):
        swap(desk, "LT-0001", "DK-0001")
    assert desk.row("LT-0001").holder == "Els Peeters"
