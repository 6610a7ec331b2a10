"""Receiving, retiring, reinstating and disposing."""

from typing import Any

import pytest

from desk import Desk
from schoten_ict.assets.acts import ending, incidents, placing
from schoten_ict.assets.acts.ending import Disposed, Farewell
from schoten_ict.assets.acts.incidents import Complaint
from schoten_ict.assets.model import Status
from schoten_ict.assets.records import losses, repairs
from schoten_ict.core.errors import ConflictError, UsageError
from schoten_ict.store import journal
from wholeness import faults_in


def move(desk: Desk, act: str, *tags: str, reason: str | None = None) -> list[str]:
    return [asset.tag for asset in ending.move(desk.store, tags, act, reason)]


def dispose(desk: Desk, *tags: str, method: str = "recycler", **words: Any) -> Disposed:
    return ending.dispose(
        desk.office, Farewell(tags, method, "Recupel vzw", **{"wiped": ["shredder"], **words})
    )


def test_a_tag_that_is_named_twice_moves_once(desk: Desk) -> None:
    assert move(desk, "retire", "LT-0001", "lt-0001", reason="oud") == ["LT-0001"]
    assert desk.details("LT-0001")[-1] == "status in-stock -> retired; reason oud"


def test_all_move_or_none(desk: Desk) -> None:
    move(desk, "retire", "DK-0001")
    with pytest.raises(ConflictError, match="DK-0001 is retired already"):
        move(desk, "retire", "LT-0001", "DK-0001")
    assert desk.row("LT-0001").status == "in-stock"


def test_what_somebody_holds_is_not_retired(desk: Desk) -> None:
    desk.give("LT-0001")
    with pytest.raises(ConflictError, match=r"LT-0001 is held by Els Peeters \(1042\)") as caught:
        move(desk, "retire", "LT-0001")
    assert caught.value.remedy == "ict assets return LT-0001"


def test_what_holds_something_is_not_retired(desk: Desk) -> None:
    screens = [desk.add("monitor"), desk.add("monitor")]
    placing.place(desk.store, screens, placing.place_of("asset:DK-0001"))
    with pytest.raises(ConflictError) as caught:
        move(desk, "retire", "DK-0001")
    assert caught.value.problems[0].line() == (
        "DK-0001 holds MN-001-S MN-002-S - ict assets return MN-001-S MN-002-S"
    )
    desk.back(*screens)
    assert move(desk, "retire", "DK-0001") == ["DK-0001"]


def test_retiring_ends_a_repair(desk: Desk) -> None:
    incidents.start_repair(desk.office, Complaint("LT-0001"))
    move(desk, "retire", "LT-0001")
    assert repairs.of_asset(desk.store.reader, "LT-0001")[0].outcome == "retired"
    assert faults_in(desk.data) == []


def test_what_was_written_off_as_lost_and_is_reinstated_is_back(desk: Desk) -> None:
    incidents.lose(desk.store, "LT-0001", Status.LOST, police_report=None, note=None)
    move(desk, "retire", "LT-0001")
    move(desk, "reinstate", "LT-0001")
    assert losses.standing(desk.store.reader, "LT-0001") is None
    assert faults_in(desk.data) == []


def test_what_was_ordered_arrives_once(desk: Desk) -> None:
    tag = desk.add("laptop", status=Status.ORDERED)
    assert move(desk, "receive", tag) == [tag]
    with pytest.raises(ConflictError, match="LT-0002 is in service already"):
        move(desk, "receive", tag)


def test_disposal_has_a_record_with_the_proof_for_every_item(desk: Desk) -> None:
    move(desk, "retire", "LT-0001", "DK-0001", "GS-0001")
    done = dispose(
        desk, "lt-0001", "LT-0001", "DK-0001", "GS-0001", method="donated",
        wiped=["NIST 800-88 purge", "DK-0001=none"], certificates=["LT-0001=C-77"],
    )  # fmt: skip
    template, printed, _ = desk.writer.made[-1]
    assert (template, printed["number"], printed["method"]) == ("disposal", "AF-2026-0001", "donated")
    assert [
        (each["tag"], each["wipe"]["status"], each["wipe"].get("method"), each["wipe"]["certificate"])
        for each in printed["items"]
    ] == [
        ("LT-0001", "yes", "NIST 800-88 purge", "C-77"),
        ("DK-0001", "not_applicable", None, None),
        ("GS-0001", "yes", "NIST 800-88 purge", None),
    ]
    assert {asset.status for asset in done.assets} == {Status.DISPOSED}
    assert desk.history("DK-0001")[-1] == ("dispose", "AF-2026-0001")
    assert desk.details("LT-0001")[-1] == (
        "status retired -> disposed; certificate C-77; wiped NIST 800-88 purge"
    )
    assert faults_in(desk.data) == []


@pytest.mark.parametrize("wiped", [[], ["DK-0001=shredder"], ["LT-0001="]])
def test_nothing_is_disposed_of_without_proof_of_wiping(desk: Desk, wiped: list[str]) -> None:
    move(desk, "retire", "LT-0001", "DK-0001")
    head = journal.head(desk.store.reader)
    with pytest.raises(UsageError, match="LT-0001 has no proof of wiping"):
        dispose(desk, "LT-0001", "DK-0001", wiped=wiped)
    assert journal.head(desk.store.reader) == head


def test_only_what_is_retired_is_disposed_of_and_once(desk: Desk) -> None:
    with pytest.raises(ConflictError) as caught:
        dispose(desk, "LT-0001")
    assert caught.value.problems[0].line() == "LT-0001 is in service - ict assets retire LT-0001"
    move(desk, "retire", "LT-0001")
    dispose(desk, "LT-0001")
    with pytest.raises(ConflictError, match="LT-0001 is disposed of already"):
        dispose(desk, "LT-0001")
    assert faults_in(desk.data) == []


def test_the_way_of_disposal_is_one_that_the_record_knows(desk: Desk) -> None:
    move(desk, "retire", "LT-0001")
    with pytest.raises(UsageError, match="--method 'gone' is no way to dispose"):
        dispose(desk, "LT-0001", method="gone")
