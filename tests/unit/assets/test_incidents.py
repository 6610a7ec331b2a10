"""Repair, loss and theft, and the way back."""

from datetime import timedelta

import pytest

from desk import NOW, Desk
from schoten_ict.assets.acts import incidents, placing
from schoten_ict.assets.acts.incidents import Complaint, Loss
from schoten_ict.assets.model import Asset, Status
from schoten_ict.assets.records import losses, repairs
from schoten_ict.core.errors import ConflictError, UsageError
from wholeness import faults_in


def lose(desk: Desk, tag: str = "LT-0001", kind: Status = Status.LOST, **words: str) -> Loss:
    return incidents.lose(
        desk.store, tag, kind, police_report=words.get("police_report"), note=words.get("note")
    )


def find(desk: Desk, tag: str = "LT-0001") -> Asset:
    return incidents.find(desk.store, tag, "in de trein")


def end(desk: Desk, cost: int | None = None) -> repairs.Repair:
    return incidents.end_repair(desk.store, "lt-0001", outcome="repaired", cost_cents=cost)


def test_in_repair_shows_while_its_holder_stays_on_record(desk: Desk) -> None:
    desk.give("LT-0001")
    incidents.start_repair(desk.office, Complaint("lt-0001", "Dell", "4711", "scherm zwart"))
    row = desk.row("LT-0001")
    assert (row.status, row.holder, row.handover) == ("in-repair", "Els Peeters", "GO-2026-0001")
    later = desk.at(NOW + timedelta(days=9, hours=5))
    assert end(later, 12995).days(later.now) == 9
    assert desk.row("LT-0001").status == "assigned"
    assert desk.history("LT-0001")[-2:] == [("repair.start", None), ("repair.end", None)]
    assert desk.details("LT-0001")[-2:] == [
        "status in-stock -> in-repair; complaint scherm zwart; rma 4711; supplier Dell",
        "status in-repair -> in-stock; cost 129.95 EUR; outcome repaired",
    ]


def test_a_loaner_has_an_agreement_of_its_own(desk: Desk) -> None:
    loaner = desk.add("laptop")
    desk.give("LT-0001")
    repair, loaned = incidents.start_repair(desk.office, Complaint("LT-0001", loaner=loaner))
    assert loaned is not None
    assert (repair.loaner, loaned.handover.number, loaned.person.key) == (loaner, "GO-2026-0002", "1042")
    assert desk.writer.last["remarks"] == "Leentoestel voor LT-0001"
    assert faults_in(desk.data) == []


@pytest.mark.parametrize(
    ("loaner", "reason"),
    [("LT-0001", "LT-0001 is already held"), ("DK-0001", "DK-0001 is already held by Jan Maes")],
)
def test_a_loaner_that_is_not_free_sends_nothing_to_repair(desk: Desk, loaner: str, reason: str) -> None:
    desk.give("LT-0001")
    desk.give("DK-0001", to="1043")
    with pytest.raises(ConflictError, match=reason):
        incidents.start_repair(desk.office, Complaint("LT-0001", loaner=loaner))
    assert desk.row("LT-0001").status == "assigned"
    assert not repairs.of_asset(desk.store.reader, "LT-0001")


def test_without_a_person_there_is_nobody_to_lend_to(desk: Desk) -> None:
    placing.place(desk.store, ["LT-0001"], placing.place_of("room:Raadzaal"))
    with pytest.raises(ConflictError, match="held by no person who could get a loaner"):
        incidents.start_repair(desk.office, Complaint("LT-0001", loaner="DK-0001"))


def test_a_repair_starts_once_and_ends_once(desk: Desk) -> None:
    incidents.start_repair(desk.office, Complaint("LT-0001"))
    with pytest.raises(ConflictError, match="LT-0001 is in repair already"):
        incidents.start_repair(desk.office, Complaint("LT-0001"))
    end(desk)
    with pytest.raises(ConflictError, match="LT-0001 is in service already"):
        end(desk)


def test_a_repair_costs_nothing_or_something(desk: Desk) -> None:
    incidents.start_repair(desk.office, Complaint("LT-0001"))
    with pytest.raises(UsageError, match="cannot be negative"):
        end(desk, -1)
    assert end(desk, 0).cost_cents == 0


def test_a_loss_ends_custody_and_keeps_who_held_it(desk: Desk) -> None:
    desk.give("LT-0001")
    loss = lose(desk, note="trein")
    assert (loss.holder, loss.handover) == ("person:1042", "GO-2026-0001")
    assert loss.report_before == NOW + timedelta(hours=72)
    assert (desk.row("LT-0001").status, desk.row("LT-0001").holder) == ("lost", None)
    assert desk.details("LT-0001")[-1] == "holder person:1042 -> none; status in-stock -> lost; note trein"
    assert faults_in(desk.data) == []


def test_what_is_lost_in_repair_is_in_repair_no_more(desk: Desk) -> None:
    desk.give("LT-0001")
    incidents.start_repair(desk.office, Complaint("LT-0001", supplier="Dell"))
    assert lose(desk).holder == "person:1042"
    assert repairs.of_asset(desk.store.reader, "LT-0001")[0].outcome == "lost"
    find(desk)
    assert desk.row("LT-0001").status == "in-stock"
    assert faults_in(desk.data) == []


def test_what_was_lost_and_proves_stolen_keeps_its_holder_and_its_clock(desk: Desk) -> None:
    desk.give("LT-0001")
    lose(desk)
    later = desk.at(NOW + timedelta(days=2))
    loss = lose(later, kind=Status.STOLEN, police_report="AN.11.L1.1/2026")
    assert (loss.holder, loss.report_before) == ("person:1042", NOW + timedelta(hours=72))
    with pytest.raises(ConflictError, match="LT-0001 is stolen"):
        lose(later)
    find(later)
    assert {each.found_at for each in losses.of_asset(desk.store.reader, "LT-0001")} == {later.now}
    again = lose(desk.at(NOW + timedelta(days=9)))
    assert (again.holder, again.report_before) == (None, NOW + timedelta(days=12))


def test_a_loss_names_what_may_be_gone_with_it(desk: Desk) -> None:
    screen = desk.add("monitor")
    placing.place(desk.store, [screen], placing.place_of("asset:DK-0001"))
    assert lose(desk, "DK-0001").holds == (screen,)
    desk.back(screen)
    assert desk.row(screen).status == "in-stock"


def test_a_loss_is_told_once_and_what_is_here_is_not_found(desk: Desk) -> None:
    with pytest.raises(ConflictError, match="LT-0001 is in service already"):
        find(desk)
    lose(desk)
    with pytest.raises(ConflictError, match="LT-0001 is lost already"):
        lose(desk)
    find(desk)
    assert desk.details("LT-0001")[-1] == "status lost -> in-stock; note in de trein"
