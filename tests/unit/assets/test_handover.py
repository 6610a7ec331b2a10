"""Handing over: one paper for many items, answered once; and what is refused."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desk import NOW, Desk
from schoten_ict.assets.acts import handover, placing
from schoten_ict.assets.model import Status
from schoten_ict.assets.records import handovers
from schoten_ict.core.errors import ConflictError, IctError, NotFoundError, UsageError
from schoten_ict.core.facts import HolderKind
from schoten_ict.store import custody, journal
from wholeness import faults_in

TODAY = date(2026, 11, 26)


def refused(kind: type[IctError], desk: Desk, *tags: str, **words: Any) -> str:
    """The line of a refusal, which left no trace."""
    before = journal.head(desk.store.reader)
    with pytest.raises(kind) as caught:
        desk.give(*tags, **words)
    assert journal.head(desk.store.reader) == before
    return caught.value.problems[0].line()


def test_many_items_are_one_handover_with_one_document(desk: Desk) -> None:
    issued = desk.give(
        "LT-0001", "DK-0001", "GS-0001",
        accessories=["lader 65W", "GS-0001=hoesje", "gs-0001=lader"], states=["DK-0001=kras"], remarks="Tijdelijk.",
        due_back=date(2027, 1, 31),
    )  # fmt: skip
    template, printed, language = desk.writer.made[-1]
    assert (template, language, len(desk.writer.made)) == ("handover", "nl", 1)
    assert (printed["number"], printed["date"]) == ("GO-2026-0001", "2026-11-26")
    assert (printed["issuer"], printed["person"]["name"]) == ("Koen Baeten", "Els Peeters")
    assert (printed["due_back"], printed["remarks"]) == ("2027-01-31", "Tijdelijk.")
    assert [(each["tag"], each["accessories"], each["state"]) for each in printed["items"]] == [
        ("LT-0001", ["lader 65W"], None),
        ("DK-0001", [], "kras"),
        ("GS-0001", ["hoesje", "lader"], None),
    ]
    path = desk.data / issued.document.path
    assert hashlib.sha256(path.read_bytes()).hexdigest() == issued.document.sha256
    kept = handovers.get(desk.store.reader, "go-2026-0001")
    assert (kept.person, kept.due_back, len(kept.items), kept.outcome) == ("1042", date(2027, 1, 31), 3, None)
    assert {desk.row(tag).holder_key for tag in ("LT-0001", "DK-0001", "GS-0001")} == {"person:1042"}
    assert faults_in(desk.data) == []


@pytest.mark.parametrize("typed", [("LT-0001", "LT-0001"), ("LT-0001", "lt-0001"), (" lt-0001 ", "Lt-0001")])
def test_a_tag_that_is_given_twice_is_one_item(desk: Desk, typed: tuple[str, str]) -> None:
    assert [item.asset for item in desk.give(*typed).handover.items] == ["LT-0001"]


@pytest.mark.parametrize("word", ["1042", "person:1042", "1042@schoten.example", "els peeters"])
def test_a_person_is_named_as_people_do(desk: Desk, word: str) -> None:
    assert desk.give("LT-0001", to=word).person.key == "1042"


def test_a_loan_may_be_due_today_and_not_yesterday(desk: Desk) -> None:
    line = refused(UsageError, desk, "LT-0001", due_back=TODAY - timedelta(days=1))
    assert line == "--until 2026-11-25 lies in the past - name a day from today on"
    assert desk.give("LT-0001", due_back=TODAY).handover.due_back == TODAY


def test_today_is_the_day_in_the_workspace(desk: Desk) -> None:
    late = desk.at(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))  # half past midnight in Brussels
    assert late.give("LT-0001").handover.number == "GO-2027-0001"
    with pytest.raises(UsageError, match=r"before the handover itself \(2027-01-01\)"):
        handover.accept(late.office, "GO-2027-0001", how="paper", on=date(2026, 12, 31), scan=None)
    accepted = handover.accept(late.office, "GO-2027-0001", how="paper", on=date(2027, 1, 1), scan=None)
    assert accepted.outcome_on == date(2027, 1, 1)


def test_who_has_left_gets_nothing(desk: Desk) -> None:
    assert refused(ConflictError, desk, "LT-0001", to="1099") == (
        "Wim Vertrokken (1099) left on 2026-11-25 - "
        "hand it to somebody else, or correct the last day with ict people import"
    )


def test_who_leaves_today_or_tomorrow_still_works_with_it(desk: Desk) -> None:
    desk.person("1050", "An Morgen", leaves=TODAY)
    assert desk.give("LT-0001", to="1050").person.leaves == TODAY


def test_one_item_that_is_not_free_refuses_all(desk: Desk) -> None:
    desk.give("LT-0001", to="1043")
    assert refused(ConflictError, desk, "DK-0001", "LT-0001") == (
        "LT-0001 is already held by Jan Maes (1043) (since 2026-11-26, GO-2026-0001) - "
        "ict assets return LT-0001, or ict assets transfer LT-0001 --to PERSON"
    )
    assert desk.row("DK-0001").holder is None
    assert desk.give("DK-0001").handover.number == "GO-2026-0002"


def test_what_was_ordered_has_to_arrive_first(desk: Desk) -> None:
    tag = desk.add("laptop", status=Status.ORDERED)
    assert refused(ConflictError, desk, tag) == (
        "LT-0002 is ordered and has not arrived - ict assets receive LT-0002"
    )


def test_an_unknown_tag_is_refused_with_the_nearest(desk: Desk) -> None:
    assert refused(NotFoundError, desk, "LT-00O1") == (
        "no asset 'LT-00O1' (did you mean LT-0001?) - ict assets find TEXT looks in all fields"
    )


def test_words_about_an_item_that_is_not_handed_over_are_refused(desk: Desk) -> None:
    line = refused(UsageError, desk, "LT-0001", accessories=["DK-0001=lader"])
    assert line.startswith("--accessory 'DK-0001=lader': DK-0001 is not in this list of tags")


# -- answers


def scan(tmp_path: Path, content: bytes = b"%PDF signed") -> Path:
    path = tmp_path / "Scan 12.PDF"
    path.write_bytes(content)
    return path


def test_accepting_files_the_signed_paper_and_tells_every_item(desk: Desk, tmp_path: Path) -> None:
    desk.give("LT-0001", "DK-0001")
    later = desk.at(NOW + timedelta(days=3))
    done = handover.accept(later.office, "GO-2026-0001", how="paper", on=TODAY, scan=scan(tmp_path))
    assert (done.outcome, done.outcome_on, done.how, done.scan) == (
        "accepted", TODAY, "paper", "GO-2026-0001-signed",
    )  # fmt: skip
    filed = desk.data / "documents" / "2026" / "GO-2026-0001-signed.pdf"
    assert filed.read_bytes() == b"%PDF signed"
    entry = journal.entries(desk.store.reader, subject="handover:GO-2026-0001")[0]
    assert entry.changes is not None
    whole = entry.changes[0].after
    assert whole is not None
    assert whole["scan_sha256"] == hashlib.sha256(b"%PDF signed").hexdigest()
    assert desk.history("DK-0001")[-1] == ("accept", "GO-2026-0001")
    assert faults_in(desk.data) == []


def test_the_same_scan_may_belong_to_two_handovers(desk: Desk, tmp_path: Path) -> None:
    desk.give("LT-0001")
    desk.give("DK-0001")
    for number in ("GO-2026-0001", "GO-2026-0002"):
        handover.accept(desk.office, number, how="paper", on=TODAY, scan=scan(tmp_path))
    assert faults_in(desk.data) == []


def test_a_handover_is_answered_once(desk: Desk) -> None:
    desk.give("LT-0001")
    handover.accept(desk.office, "GO-2026-0001", how="desk", on=TODAY, scan=None)
    with pytest.raises(ConflictError, match="GO-2026-0001 was accepted on 2026-11-26"):
        handover.accept(desk.office, "GO-2026-0001", how="desk", on=TODAY, scan=None)
    with pytest.raises(ConflictError, match="GO-2026-0001 was accepted on 2026-11-26"):
        handover.decline(desk.office, "GO-2026-0001", reason="neen", on=TODAY)
    assert desk.row("LT-0001").holder == "Els Peeters"


@pytest.mark.parametrize(
    ("day", "words"), [(1, "lies in the future"), (-1, "lies before the handover itself")]
)
def test_an_answer_has_its_day_between_the_handover_and_today(desk: Desk, day: int, words: str) -> None:
    desk.give("LT-0001")
    with pytest.raises(UsageError, match=words):
        handover.accept(desk.office, "GO-2026-0001", how="desk", on=TODAY + timedelta(days=day), scan=None)


def test_a_scan_that_is_not_there_or_empty_accepts_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.give("LT-0001")
    with pytest.raises(NotFoundError, match="No such file"):
        handover.accept(desk.office, "GO-2026-0001", how="paper", on=TODAY, scan=tmp_path / "geen.pdf")
    with pytest.raises(UsageError, match="is empty"):
        handover.accept(desk.office, "GO-2026-0001", how="paper", on=TODAY, scan=scan(tmp_path, b""))
    assert handovers.get(desk.store.reader, "GO-2026-0001").outcome is None


def test_declining_takes_back_what_is_still_held_and_tells_those_items(desk: Desk) -> None:
    desk.give("LT-0001", "DK-0001", "GS-0001")
    desk.back("GS-0001")
    desk.give("GS-0001", to="1043")
    handover.decline(desk.office, "GO-2026-0001", reason="te zwaar", on=TODAY)
    assert [desk.row(tag).status for tag in ("LT-0001", "DK-0001", "GS-0001")] == [
        "in-stock", "in-stock", "assigned",
    ]  # fmt: skip
    assert desk.history("LT-0001")[-1] == ("decline", "GO-2026-0001")
    assert desk.details("LT-0001")[-1] == "holder person:1042 -> none; reason te zwaar"
    assert desk.history("GS-0001")[-1] == ("assign", "GO-2026-0002")
    assert faults_in(desk.data) == []


def test_what_all_came_back_cannot_be_refused_any_more_but_a_late_paper_is_filed(
    desk: Desk, tmp_path: Path
) -> None:
    desk.give("LT-0001")
    desk.back("LT-0001")
    with pytest.raises(ConflictError, match="nothing of GO-2026-0001 is held any more"):
        handover.decline(desk.office, "GO-2026-0001", reason="neen", on=TODAY)
    handover.accept(desk.office, "GO-2026-0001", how="paper", on=TODAY, scan=scan(tmp_path))
    assert desk.row("LT-0001").status == "in-stock"


def test_an_unknown_number_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="no handover 'GO-2026-0009'"):
        handover.accept(desk.office, "GO-2026-0009", how="paper", on=TODAY, scan=None)


# -- places


def put(desk: Desk, place: str, *tags: str) -> None:
    placing.place(desk.store, tags, placing.place_of(place, ["Burgerzaken", "Financiën"]))


def test_a_place_holds_without_paper(desk: Desk) -> None:
    put(desk, "room:Raadzaal", "LT-0001", "lt-0001", "DK-0001")
    assert (desk.row("DK-0001").holder, desk.row("DK-0001").handover) == ("Raadzaal", None)
    assert desk.history("LT-0001")[-1] == ("place", None)
    assert not desk.writer.made
    with pytest.raises(ConflictError, match="LT-0001 is already held by room:Raadzaal"):
        put(desk, "room:Raadzaal", "LT-0001")


def test_a_department_is_one_that_is_declared(desk: Desk) -> None:
    put(desk, "department:financiën", "LT-0001")
    assert desk.row("LT-0001").holder_key == "department:Financiën"
    with pytest.raises(NotFoundError, match=r"no department 'Financien' \(did you mean Financiën\?\)"):
        put(desk, "department:Financien", "DK-0001")
    with pytest.raises(UsageError, match="names no room"):
        put(desk, "room: ", "DK-0001")


def test_an_asset_holds_another_and_goes_along_with_its_holder(desk: Desk) -> None:
    screen = desk.add("monitor")
    put(desk, "asset:dk-0001", screen)
    desk.give("DK-0001")
    held = custody.current(desk.store.reader, screen)
    assert held is not None
    assert (held.holder.kind, held.holder.key) == (HolderKind.ASSET, "DK-0001")
    assert refused(ConflictError, desk, screen).startswith(f"{screen} is already held by asset:DK-0001")
    desk.back("DK-0001")
    assert desk.row(screen).holder == "DK-0001"


def test_nothing_holds_itself_not_through_others_either(desk: Desk) -> None:
    put(desk, "asset:DK-0001", "LT-0001")
    for tag, place in (("DK-0001", "asset:LT-0001"), ("DK-0001", "asset:dk-0001")):
        with pytest.raises(ConflictError, match="would hold itself"):
            put(desk, place, tag)


def test_what_is_not_here_holds_nothing(desk: Desk) -> None:
    tag = desk.add("docking", status=Status.ORDERED)
    with pytest.raises(ConflictError, match="DK-0002 is ordered and has not arrived"):
        put(desk, f"asset:{tag}", "LT-0001")
