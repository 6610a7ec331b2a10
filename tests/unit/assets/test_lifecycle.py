"""Every act from every status; and long random lives, told by a model of a few lines."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from desk import NOW, Desk
from schoten_ict.assets.acts import ending, handover, incidents, intake, placing
from schoten_ict.assets.acts.handover import Order
from schoten_ict.assets.acts.incidents import Complaint
from schoten_ict.assets.acts.intake import Intake
from schoten_ict.assets.judge import lifecycle
from schoten_ict.assets.model import Asset, Status
from schoten_ict.core.errors import ConflictError, UsageError
from schoten_ict.core.facts import Custody, Holder, HolderKind, Person
from schoten_ict.store import journal
from wholeness import faults_in

T = TypeVar("T")
ORDERED, STOCK, REPAIR, LOST, STOLEN, RETIRED, DISPOSED = Status
LEADS_TO = {
    "receive": {ORDERED: STOCK},
    "repair-start": {STOCK: REPAIR},
    "repair-end": {REPAIR: STOCK},
    "lost": {STOCK: LOST, REPAIR: LOST},
    "stolen": {STOCK: STOLEN, REPAIR: STOLEN, LOST: STOLEN},
    "found": {LOST: STOCK, STOLEN: STOCK},
    "retire": {ORDERED: RETIRED, STOCK: RETIRED, REPAIR: RETIRED, LOST: RETIRED, STOLEN: RETIRED},
    "reinstate": {RETIRED: STOCK},
    "dispose": {RETIRED: DISPOSED},
}
WAY_OUT = {
    ORDERED: "ict assets receive LT-0001",
    REPAIR: "ict assets repair end LT-0001",
    LOST: "ict assets found LT-0001",
    STOLEN: "ict assets found LT-0001",
    RETIRED: "ict assets reinstate LT-0001",
    DISPOSED: "",
}


def test_there_is_no_other_act() -> None:
    assert set(lifecycle.TRANSITIONS) == set(LEADS_TO)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("act", LEADS_TO)
def test_an_act_leads_where_it_is_declared_or_is_refused_with_the_reason(act: str, status: Status) -> None:
    asset = Asset("LT-0001", "laptop", status)
    if status in LEADS_TO[act]:
        assert lifecycle.moved(asset, act) is LEADS_TO[act][status]
        return
    with pytest.raises(ConflictError) as caught:
        lifecycle.moved(asset, act)
    problem = caught.value.problems[0]
    assert (problem.subject, problem.message.partition(" ")[0]) == ("asset:LT-0001", "LT-0001")
    if status in LEADS_TO[act].values():
        assert (problem.message.rpartition(" ")[2], problem.remedy) == ("already", "")
    elif act == "dispose":
        assert problem.remedy == "ict assets retire LT-0001"
    else:
        assert problem.remedy == WAY_OUT[status]


@pytest.mark.parametrize("status", [each for each in Status if each is not STOCK])
def test_only_what_is_in_stock_can_be_handed_over(status: Status) -> None:
    with pytest.raises(ConflictError) as caught:
        lifecycle.require_free(Asset("LT-0001", "laptop", status), None, "")
    assert caught.value.remedy == WAY_OUT[status]


def test_what_somebody_holds_cannot_be_handed_over() -> None:
    held = Custody("LT-0001", Holder(HolderKind.PERSON, "1042"), NOW, None, None, "GO-2026-0001")
    with pytest.raises(ConflictError) as caught:
        lifecycle.require_free(Asset("LT-0001", "laptop"), held, "Els Peeters (1042)")
    assert caught.value.problems[0].line() == (
        "LT-0001 is already held by Els Peeters (1042) (since 2026-11-26, GO-2026-0001) - "
        "ict assets return LT-0001, or ict assets transfer LT-0001 --to PERSON"
    )


@pytest.mark.parametrize(("leaves", "gone"), [(-1, True), (0, False), (1, False), (None, False)])
def test_a_person_is_there_through_the_last_day(leaves: int | None, gone: bool) -> None:
    today = date(2026, 11, 26)
    person = Person("1042", "Els Peeters", leaves=None if leaves is None else today + timedelta(leaves))
    if not gone:
        lifecycle.require_present(person, today)
        return
    with pytest.raises(ConflictError, match=r"Els Peeters \(1042\) left on 2026-11-25"):
        lifecycle.require_present(person, today)


@dataclass
class Thing:
    """What the model knows of an asset."""

    status: Status
    holder: str | None = None
    handover: str | None = None

    @property
    def free(self) -> bool:
        return self.status is STOCK and self.holder is None

    @property
    def state(self) -> str:
        return "assigned" if self.holder and self.status is STOCK else str(self.status)


class Lives(RuleBasedStateMachine):
    """What is done at a desk, in any order, by people who type tags in any case and more than once."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.desk = Desk(Path(self.folder.name) / "workspace")
        self.things: dict[str, Thing] = {}
        self.handovers: dict[str, dict[str, Any]] = {}
        self.leaves: dict[str, date | None] = {}
        self.day = 0

    def teardown(self) -> None:
        self.desk.close()
        self.folder.cleanup()

    @initialize()
    def furnish(self) -> None:
        last = self.desk.today + timedelta(days=1)
        for key, leaves in (("1", None), ("2", None), ("3", last)):
            self.desk.person(key, f"Persoon {key}", leaves)
            self.leaves[key] = leaves
        for category in ("laptop", "laptop", "docking", "smartphone", "monitor"):
            self.things[self.desk.add(category)] = Thing(STOCK)

    # -- words

    def tags(self, data: st.DataObject, most: int = 3) -> list[str]:
        """Tags as typed: repeated, in lower case, with a blank."""
        words = data.draw(st.lists(st.sampled_from(sorted(self.things)), min_size=1, max_size=most))
        return [data.draw(st.sampled_from([word, word.lower(), f" {word} "])) for word in words]

    def meant(self, typed: list[str]) -> list[str]:
        return list(dict.fromkeys(word.strip().upper() for word in typed))

    def one(self, data: st.DataObject) -> str:
        """A tag, most often of something that is in use."""
        used = [tag for tag, thing in self.things.items() if thing.status is not DISPOSED]
        return data.draw(st.sampled_from(sorted(used or self.things)))

    def attempt(self, allowed: bool, act: Callable[[], T]) -> T | None:
        """Do it; what the model does not allow is refused and leaves no trace."""
        if allowed:
            return act()
        before = journal.head(self.desk.store.reader)
        with pytest.raises((ConflictError, UsageError)):
            act()
        assert journal.head(self.desk.store.reader) == before
        return None

    def present(self, key: str) -> bool:
        leaves = self.leaves[key]
        return leaves is None or leaves >= self.desk.today

    def given(self, tags: list[str], key: str, number: str) -> None:
        self.handovers[number] = {"items": tags, "person": key, "answered": False}
        for tag in tags:
            self.things[tag] = Thing(STOCK, f"person:{key}", number)

    def under(self, tag: str) -> list[str]:
        return [each for each, thing in self.things.items() if thing.holder == f"asset:{tag}"]

    # -- acts

    @rule(category=st.sampled_from(["laptop", "monitor"]), ordered=st.booleans())
    def buy(self, category: str, ordered: bool) -> None:
        status = ORDERED if ordered else STOCK
        tag = self.desk.add(category, status=status)
        assert tag not in self.things
        self.things[tag] = Thing(status)

    @rule()
    def sleep(self) -> None:
        self.day += 1
        self.desk = self.desk.at(NOW + timedelta(days=self.day))

    @rule(data=st.data(), key=st.sampled_from("123"))
    def assign(self, data: st.DataObject, key: str) -> None:
        typed = self.tags(data)
        tags = self.meant(typed)
        allowed = all(self.things[tag].free for tag in tags) and self.present(key)
        issued = self.attempt(allowed, lambda: self.desk.give(*typed, to=key))
        if issued:
            self.given(tags, key, issued.handover.number)

    @rule(data=st.data())
    def place(self, data: st.DataObject) -> None:
        typed = self.tags(data, 2)
        tags = self.meant(typed)
        place = data.draw(st.sampled_from(["room:Raadzaal", *(f"asset:{tag}" for tag in self.things)]))
        above, target = [place], place.partition(":")[2]
        while above[-1].startswith("asset:"):
            above.append(str(self.things[above[-1].partition(":")[2]].holder))
        allowed = all(self.things[tag].free and f"asset:{tag}" not in above for tag in tags)
        allowed = allowed and (target not in self.things or self.things[target].status is STOCK)
        holder = placing.place_of(place)
        if self.attempt(allowed, lambda: placing.place(self.desk.store, typed, holder)):
            for tag in tags:
                self.things[tag] = Thing(STOCK, place)

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        typed = self.tags(data)
        tags = self.meant(typed)
        holders = {self.things[tag].holder for tag in tags}
        if self.attempt(None not in holders and len(holders) == 1, lambda: self.desk.back(*typed)):
            for tag in tags:
                self.things[tag] = Thing(self.things[tag].status)

    @rule(data=st.data(), key=st.sampled_from("123"))
    def transfer(self, data: st.DataObject, key: str) -> None:
        typed = self.tags(data, 2)
        tags = self.meant(typed)
        holders = {self.things[tag].holder for tag in tags}
        allowed = None not in holders and len(holders) == 1 and f"person:{key}" not in holders
        allowed = allowed and self.present(key) and all(self.things[tag].status is STOCK for tag in tags)
        words, order = Intake(typed), Order(typed, key)
        done = self.attempt(allowed, lambda: intake.transfer(self.desk.office, words, order))
        if done:
            self.given(tags, key, done[1].handover.number)

    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        old, new = self.one(data), self.one(data)
        holder = str(self.things[old].holder)
        kind, _, key = holder.partition(":")
        allowed = old != new and kind == "person" and self.present(key) and self.things[new].free
        words, order = Intake([old]), Order([new], "")
        done = self.attempt(allowed, lambda: intake.swap(self.desk.office, words, order))
        if done:
            self.things[old] = Thing(self.things[old].status)
            self.given([new], key, done[1].handover.number)

    @rule(data=st.data(), lend=st.booleans())
    def start_repair(self, data: st.DataObject, lend: bool) -> None:
        tag, loaner = self.one(data), self.one(data)
        thing = self.things[tag]
        kind, _, key = str(thing.holder).partition(":")
        allowed = thing.status is STOCK
        if lend:
            allowed = allowed and kind == "person" and self.present(key) and self.things[loaner].free
        complaint = Complaint(tag, "Dell", "4711", "stuk", loaner if lend else None)
        done = self.attempt(allowed, lambda: incidents.start_repair(self.desk.office, complaint))
        if done:
            thing.status = REPAIR
            if done[1]:
                self.given([loaner], key, done[1].handover.number)

    @rule(data=st.data())
    def end_repair(self, data: st.DataObject) -> None:
        tag = self.one(data)

        def act() -> object:
            return incidents.end_repair(self.desk.store, tag, outcome="repaired", cost_cents=100)

        if self.attempt(self.things[tag].status is REPAIR, act):
            self.things[tag].status = STOCK

    @rule(data=st.data(), kind=st.sampled_from([LOST, STOLEN]))
    def lose(self, data: st.DataObject, kind: Status) -> None:
        tag = self.one(data)

        def act() -> object:
            return incidents.lose(self.desk.store, tag, kind, police_report=None, note=None)

        if self.attempt(self.things[tag].status in LEADS_TO[kind], act):
            self.things[tag] = Thing(kind)

    @rule(data=st.data())
    def find(self, data: st.DataObject) -> None:
        tag = self.one(data)
        allowed = self.things[tag].status in {LOST, STOLEN}
        if self.attempt(allowed, lambda: incidents.find(self.desk.store, tag, None)):
            self.things[tag].status = STOCK

    @rule(data=st.data(), act=st.sampled_from(["receive", "retire", "reinstate"]))
    def move(self, data: st.DataObject, act: str) -> None:
        typed = self.tags(data, 2)
        tags = self.meant(typed)
        allowed = all(self.things[tag].status in LEADS_TO[act] for tag in tags)
        if act == "retire":
            allowed = allowed and not any(self.things[tag].holder or self.under(tag) for tag in tags)
        if self.attempt(allowed, lambda: ending.move(self.desk.store, typed, act, "omdat")):
            for tag in tags:
                self.things[tag].status = LEADS_TO[act][self.things[tag].status]

    @rule(data=st.data())
    def dispose(self, data: st.DataObject) -> None:
        typed = self.tags(data, 2)
        tags = self.meant(typed)
        allowed = all(self.things[tag].status is RETIRED for tag in tags)
        farewell = ending.Farewell(typed, "recycler", "Recupel vzw", ["shredder"])
        if self.attempt(allowed, lambda: ending.dispose(self.desk.office, farewell)):
            for tag in tags:
                self.things[tag].status = DISPOSED

    @precondition(lambda self: self.handovers)
    @rule(data=st.data(), accept=st.booleans())
    def answer(self, data: st.DataObject, accept: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.handovers)))
        known = self.handovers[number]
        held = [tag for tag in known["items"] if self.things[tag].handover == number]
        office = self.desk.office

        def act() -> object:
            if accept:
                return handover.accept(office, number, how="paper", on=office.today, scan=None)
            return handover.decline(office, number, reason="neen", on=office.today)

        if self.attempt(not known["answered"] and (accept or bool(held)), act):
            known["answered"] = True
            for tag in () if accept else held:
                self.things[tag] = Thing(self.things[tag].status)

    # -- what holds after each

    @invariant()
    def the_workspace_is_whole(self) -> None:
        if self.things:
            assert faults_in(self.desk.data) == []

    @invariant()
    def the_store_tells_what_the_model_tells(self) -> None:
        for tag, thing in self.things.items():
            row = self.desk.row(tag)
            assert (row.status, row.holder_key, row.handover) == (thing.state, thing.holder, thing.handover)


FULL = os.environ.get("ICT_FAULTS") == "full"


@pytest.mark.timeout(1800 if FULL else 120)
class TestLives(Lives.TestCase):  # type: ignore[valid-type, misc]
    settings = settings(
        max_examples=300 if FULL else 25,
        stateful_step_count=50 if FULL else 25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
