"""A wipe after the return completes the intake; it is told once and never for what somebody holds."""

from dataclasses import replace

import msgspec
import pytest

from desk import Desk
from schoten_ict.assets.acts import wiping
from schoten_ict.assets.acts.handover import Order, assign
from schoten_ict.assets.acts.intake import Intake, take_back
from schoten_ict.assets.records import stories
from schoten_ict.core.errors import ConflictError
from schoten_ict.inventory.sections.assets import ASSETS


def test_a_wipe_after_the_return_completes_the_last_intake(desk: Desk) -> None:
    desk.give("LT-0001")
    desk.back("LT-0001", wiped=["reset"])
    desk.give("LT-0001")
    taken = desk.back("LT-0001")
    done = wiping.record(desk.store, "lt-0001", "BitLocker-sleutel vernietigd")
    assert (done.tag, done.intake) == ("LT-0001", taken.number)
    rows = desk.store.reader.execute("SELECT intake, wiped FROM intake_item ORDER BY intake").fetchall()
    assert [row["wiped"] for row in rows] == ["reset", "BitLocker-sleutel vernietigd"]
    assert stories.history(desk.store.reader, "LT-0001")[-1].details == "wiped BitLocker-sleutel vernietigd"


def test_what_somebody_holds_was_not_wiped(desk: Desk) -> None:
    desk.give("LT-0001")
    with pytest.raises(ConflictError, match="is held by"):
        wiping.record(desk.store, "LT-0001", "reset")


def test_what_never_came_back_has_no_intake_to_complete(desk: Desk) -> None:
    with pytest.raises(ConflictError, match="never came back"):
        wiping.record(desk.store, "LT-0001", "reset")


def test_a_wipe_on_record_is_not_told_twice(desk: Desk) -> None:
    desk.give("LT-0001")
    desk.back("LT-0001", wiped=["reset"])
    with pytest.raises(ConflictError, match="says already: reset"):
        wiping.record(desk.store, "LT-0001", "reset")


def test_what_holds_data_of_another_is_not_handed_on(desk: Desk) -> None:
    categories = desk.office.inventory.categories
    wiping_laptops = {**categories, "laptop": msgspec.structs.replace(categories["laptop"], wipe=True)}
    rules = msgspec.structs.replace(desk.office.inventory.get(ASSETS), categories=wiping_laptops)
    inventory = replace(desk.office.inventory, values={**desk.office.inventory.values, "assets": rules})
    office = replace(desk.office, inventory=inventory)
    assign(office, Order(["LT-0001"], "1042"))
    take_back(office, Intake(["LT-0001"]))
    with pytest.raises(ConflictError, match="was not wiped"):
        assign(office, Order(["LT-0001"], "1043"))
    assign(office, Order(["LT-0001"], "1042"))
    take_back(office, Intake(["LT-0001"]))
    wiping.record(desk.store, "LT-0001", "reset")
    assign(office, Order(["LT-0001"], "1043"))
