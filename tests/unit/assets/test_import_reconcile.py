"""What an import would do to each row, and what it did: laws, conflicts, and the sample whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import Desk
from schoten_ict.assets.acts import importing
from schoten_ict.assets.acts.importing import Plan, Request
from schoten_ict.assets.acts.placing import place
from schoten_ict.assets.ask.reader import Proposals
from schoten_ict.assets.judge.fields import Rules
from schoten_ict.assets.judge.reconcile import Action, Known, Step, Stored, reconcile
from schoten_ict.assets.records import bulk, repairs, stories, views
from schoten_ict.assets.records.sheet import sheet
from schoten_ict.core.errors import ConflictError
from schoten_ict.core.facts import Holder, HolderKind
from schoten_ict.formats.identifiers import serial_key
from schoten_ict.formats.tables import read_table
from schoten_ict.formats.writing import belgian_csv, workbook
from schoten_ict.store import Transaction, custody, journal

Rows = Sequence[tuple[str | None, str | None, str | None, str | None]]


def proposals(rows: Rows) -> Proposals:
    """Rows of tag, serial, model, holder; all of them laptops."""
    tags, serials, models, holders = (
        (list(each) for each in zip(*rows, strict=True)) if rows else ([], [], [], [])
    )
    columns = {"tag": tags, "serial": serials, "model": models, "category": ["laptop"] * len(rows)}
    lines = list(range(2, len(rows) + 2))
    return Proposals(lines, columns, [False] * len(rows), holders, {}, {}, {})


def applied(known: Known, steps: Sequence[Step]) -> Known:
    """The assets as they are after a plan."""
    by_tag = dict(known.by_tag)
    for step in steps:
        if step.action is Action.NEW and step.tag:
            by_tag[step.tag.casefold()] = Stored(dict(step.values), step.holder)
        elif step.action is Action.CHANGED and step.tag:
            old = by_tag[step.tag.casefold()]
            by_tag[step.tag.casefold()] = Stored({**old.values, **step.values}, step.holder, old.handover)
    serials = {
        serial_key(each.values["serial"]): tag for tag, each in by_tag.items() if each.values.get("serial")
    }
    return Known(by_tag, serials)


TAGS = st.sampled_from([None, "A", "a", "B", "C", "D"])
SERIALS = st.sampled_from([None, "S1", "s 1", "S2", "S3"])
HOLDERS = st.sampled_from([None, "person:1", "room:x"])
ROWS = st.lists(st.tuples(TAGS, SERIALS, st.sampled_from([None, "x", "y"]), HOLDERS), max_size=7)
RULES = Rules({})


def known_of(rows: Rows) -> Known:
    """A store that came about by an import; what was refused is not in it."""
    return applied(Known({}, {}), reconcile(Known({}, {}), proposals(rows), RULES))


@given(ROWS, ROWS)
def test_no_row_is_swallowed_and_a_plan_after_its_application_changes_nothing(
    before: Rows, rows: Rows
) -> None:
    known = known_of(before)
    first = reconcile(known, proposals(rows), RULES)
    assert [step.row for step in first] == list(range(2, len(rows) + 2))
    second = reconcile(applied(known, first), proposals(rows), RULES)
    taken = [step.row for step in first if step.action is not Action.REFUSED]
    assert [step.action for step in second if step.row in taken] == [Action.UNCHANGED] * len(taken)


@given(st.permutations(list("ABCDEF")), ROWS)
def test_the_order_of_rows_about_different_assets_does_not_matter(order: list[str], before: Rows) -> None:
    known = known_of(before)
    rows = {tag: (tag, f"T{tag}", "x", "room:x") for tag in "ABCDEF"}
    usual = {
        step.key: step[1:] for step in reconcile(known, proposals([rows[tag] for tag in "ABCDEF"]), RULES)
    }
    other = {step.key: step[1:] for step in reconcile(known, proposals([rows[tag] for tag in order]), RULES)}
    assert other == usual


@given(ROWS, ROWS)
def test_no_tag_and_no_serial_ends_up_twice(before: Rows, rows: Rows) -> None:
    known = known_of(before)
    after = applied(known, reconcile(known, proposals(rows), RULES))
    serials = [
        serial_key(each.values["serial"]) for each in after.by_tag.values() if each.values.get("serial")
    ]
    assert len(serials) == len(set(serials))


def reasons(known: Known, rows: Rows) -> list[str]:
    return [step.reason for step in reconcile(known, proposals(rows), RULES)]


def test_a_tag_and_a_serial_of_two_assets_are_a_conflict() -> None:
    known = known_of([("A", "S1", None, None), ("B", "S2", None, None)])
    assert reasons(known, [("A", "s2", None, None)]) == ["the tag is A, but the serial number belongs to B"]
    assert reasons(known, [("C", "S2", None, None)]) == ["the tag is new, but the serial number belongs to B"]


def test_the_second_row_of_one_asset_names_the_first() -> None:
    known = known_of([("A", "S1", None, None)])
    rows: Rows = [
        ("A", None, "x", None),
        (None, "S1", "y", None),
        ("Z", "S9", None, None),
        ("Y", "s9", None, None),
    ]
    assert reasons(known, rows) == [
        "",
        "row 2 speaks of the same asset",
        "",
        "row 4 has the same serial number",
    ]


def test_a_row_that_could_not_be_recognised_again_is_refused() -> None:
    assert "neither a tag nor a serial number" in reasons(Known({}, {}), [(None, None, "x", None)])[0]


def test_a_holder_who_signed_is_not_replaced() -> None:
    values = {"tag": "A", "category": "laptop", "status": "in-stock"}
    known = Known({"a": Stored(values, "person:1", "GO-2026-0001")}, {})
    assert "under GO-2026-0001" in reasons(known, [("A", None, None, "room:x")])[0]
    assert reasons(known, [("A", None, None, "person:1")]) == [""]


@dataclass(frozen=True, slots=True)
class Importer:
    """Plans and applies text in the store of a desk."""

    desk: Desk

    def plan(self, text: str | bytes, **request: Any) -> Plan:
        content = text.encode() if isinstance(text, str) else text
        table = read_table(content, "a.csv")
        return importing.plan(
            self.desk.office.store.reader, self.desk.office.inventory, table, Request(**request)
        )

    def __call__(self, text: str | bytes, **request: Any) -> list[Step]:
        return importing.apply(self.desk.office.store, self.desk.office.inventory, self.plan(text, **request))

    def entries(self) -> int:
        return journal.counts(self.desk.office.store.reader)[0]


@pytest.fixture
def importer(desk: Desk) -> Importer:
    return Importer(desk)


def test_a_row_without_a_tag_gets_one_that_neither_store_nor_file_uses(importer: Importer) -> None:
    steps = importer("Tag;Categorie;Serial\n;laptop;S-1A\nLT-0002;laptop;S-2A\n;laptop;S-3A\n")
    assert [step.key for step in steps] == ["LT-0003", "LT-0002", "LT-0004"]
    again = importer.plan("Tag;Categorie;Serial\n;laptop;S-1A\nLT-0002;laptop;S-2A\n;laptop;S-3A\n")
    assert {step.action for step in again.steps} == {Action.UNCHANGED}


def test_blank_cells_erase_only_when_asked(importer: Importer) -> None:
    importer("Tag;Merk;Model;MAC;Houder\nLT-0001;Dell;XPS;00-11-22-33-44-55;lokaal: GH-1\n")
    blank = "Tag;Merk;Model;MAC;Houder\nLT-0001;;XPS;;\n"
    assert importer.plan(blank).steps[0].action is Action.UNCHANGED
    (step,) = importer(blank, erase_blank=True)
    assert (step.values, step.holder) == ({"manufacturer": None, "macs": "[]"}, None)
    assert custody.current(importer.desk.store.reader, "LT-0001") is None


def test_a_change_is_shown_kept_and_journalled_with_its_holder(importer: Importer) -> None:
    importer("Tag;Model;Houder\nLT-0001;XPS;lokaal: GH-1\n")
    (step,) = importer("Tag;Model;Houder\nlt-0001;Latitude;1042\n")
    assert (step.before, step.values) == ({"model": "XPS"}, {"model": "Latitude"})
    assert (step.held, step.holder) == ("room:GH-1", "person:1042")
    reader = importer.desk.store.reader
    assert [str(each.holder) for each in custody.history(reader, "LT-0001")] == ["room:GH-1", "person:1042"]
    last = stories.history(reader, "LT-0001")[-1]
    assert (last.what, last.details) == ("import", "holder room:GH-1 -> person:1042; model XPS -> Latitude")
    assert journal.entries(reader, subject="person:1042")[0].action == "asset.import"
    assert [row.tag for row in views.found(reader, "Latitude", 5)] == ["LT-0001"]
    assert views.found(reader, "XPS", 5) == []


@pytest.mark.parametrize(
    ("status", "word", "after"),
    [("besteld", "op voorraad", "in-stock"), ("op voorraad", "verloren", "lost"),
     ("verloren", "op voorraad", "in-stock"), ("buiten gebruik", "op voorraad", "in-stock")],
)  # fmt: skip
def test_a_status_moves_along_the_declared_transitions(
    importer: Importer, status: str, word: str, after: str
) -> None:
    importer(f"Tag;Categorie;Status\nX1;laptop;{status}\n")
    importer(f"Tag;Status\nX1;{word}\n")
    assert views.one(importer.desk.store.reader, "X1").status == after


@pytest.mark.parametrize(
    ("status", "word"),
    [("op voorraad", "besteld"), ("buiten gebruik", "afgevoerd"), ("afgevoerd", "in gebruik")],
)
def test_a_status_that_skips_a_step_is_refused(importer: Importer, status: str, word: str) -> None:
    importer(f"Tag;Categorie;Status\nX1;laptop;{status}\n")
    (step,) = importer.plan(f"Tag;Status\nX1;{word}\n").steps
    assert (step.action, "a status cannot go from" in step.reason) == (Action.REFUSED, True)


def test_a_list_begins_a_repair_but_never_ends_one(importer: Importer) -> None:
    importer("Tag;Categorie;Status\nX1;laptop;in herstelling\nX2;laptop;op voorraad\n")
    steps = importer("Tag;Status\nX1;op voorraad\nX2;in herstelling\n")
    assert "ict assets repair end X1" in steps[0].reason
    reader = importer.desk.store.reader
    assert [each.ended_at is None for each in repairs.of_asset(reader, "X1")] == [True]
    assert [each.ended_at is None for each in repairs.of_asset(reader, "X2")] == [True]


def test_rows_that_make_holders_go_in_a_circle_are_refused(importer: Importer) -> None:
    importer("Tag;Categorie\nX1;laptop\nX2;laptop\nX3;laptop\nX4;laptop\n")
    head = "Tag;Houder\n"
    steps = importer(f"{head}X1;toestel: X2\nX2;toestel: X3\nX3;toestel: X1\nX4;toestel: X1\n")
    assert [step.action for step in steps] == [Action.REFUSED] * 3 + [Action.CHANGED]
    assert "would hold itself" in steps[0].reason
    importer(f"{head}X1;toestel: X2\n")
    (step,) = importer.plan(f"{head}X2;toestel: X4\n").steps
    assert step.action is Action.REFUSED


def test_a_row_refused_for_a_circle_does_not_leave_another_circle(importer: Importer) -> None:
    importer("Tag;Categorie\nA;laptop\nB;laptop\nC;laptop\n")
    importer("Tag;Houder\nA;toestel: B\n")
    steps = importer.plan("Tag;Houder\nA;toestel: C\nC;toestel: A\nB;toestel: A\n").steps
    assert [step.action for step in steps] == [Action.REFUSED] * 3


@pytest.mark.parametrize("status", ["verloren", "buiten gebruik"])
def test_what_is_gone_holds_nothing(importer: Importer, status: str) -> None:
    importer(f"Tag;Categorie;Status\nX1;laptop;{status}\nX2;laptop;op voorraad\n")
    (step,) = importer.plan("Tag;Houder\nX2;toestel: X1\n").steps
    assert "cannot hold anything" in step.reason


def test_a_circle_in_the_store_is_no_endless_walk(importer: Importer) -> None:
    importer("Tag;Categorie\nX1;laptop\nX2;laptop\nX3;laptop\n")
    with importer.desk.store.transaction() as transaction:
        bulk.begin_custody(transaction, [("X1", "asset:X2"), ("X2", "asset:X1")])
    place(importer.desk.store, ["X3"], Holder(HolderKind.ASSET, "X1"))
    held = custody.current(importer.desk.store.reader, "X3")
    assert held is not None
    assert str(held.holder) == "asset:X1"


def test_what_is_lost_has_no_holder_and_what_is_held_is_not_retired(importer: Importer) -> None:
    steps = importer.plan(
        "Tag;Categorie;Status;Houder\nX1;laptop;verloren;1042\nX2;laptop;in gebruik;\n"
    ).steps
    assert steps[0].reason == "an asset that is lost cannot have a holder"
    assert (steps[1].action, steps[1].reason) == (Action.NEW, "in use, but no holder is named")
    importer.desk.give("LT-0001")
    (step,) = importer.plan("Tag;Status\nLT-0001;buiten gebruik\n").steps
    assert step.reason == "is held by person:1042; take it back first"


def test_an_end_of_life_follows_from_the_lifetime(importer: Importer) -> None:
    (step,) = importer("Tag;Categorie;Aankoopdatum\nX1;laptop;29/02/2024\n")
    assert step.values["end_of_life"] == "2029-02-28"


def test_custom_fields_are_those_of_the_category(importer: Importer) -> None:
    head = "Tag;Categorie;Veld: subscription;Veld: allocation\n"
    steps = importer(f"{head}X1;smartphone;Basis;dienst\nX2;laptop;Basis;\nX3;smartphone;;privé\n")
    assert [step.action for step in steps] == [Action.NEW, Action.REFUSED, Action.REFUSED]
    assert importer.plan(f"{head}X1;smartphone;Basis;dienst\n").steps[0].action is Action.UNCHANGED
    (step,) = importer(f"{head}X1;smartphone;Meer;\n")
    assert step.values == {"fields": '{"subscription": "Meer", "allocation": "dienst"}'}


def test_a_plan_for_a_store_that_changed_since_is_not_applied(importer: Importer) -> None:
    made = importer.plan("Tag;Categorie\nX1;laptop\n")
    importer.desk.add("laptop")
    with pytest.raises(ConflictError, match="changed since the plan"):
        importing.apply(importer.desk.store, importer.desk.inventory, made)


def test_a_failure_half_way_leaves_nothing_and_the_index_works(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"X{number};laptop;Zeldzaam\n" for number in range(bulk.MANY))
    made = importer.plan(f"Tag;Categorie;Model\n{lines}")

    def fail(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "record_many", fail)
        with pytest.raises(KeyboardInterrupt):
            importing.apply(importer.desk.store, importer.desk.inventory, made)
    reader = importer.desk.store.reader
    assert views.found(reader, "Zeldzaam", -1) == []
    importer(f"Tag;Categorie;Model\n{lines}")
    assert len(views.found(reader, "Zeldzaam", -1)) == bulk.MANY
    importer.desk.add("laptop", model="Zeldzaam")
    assert len(views.found(reader, "Zeldzaam", -1)) == bulk.MANY + 1
    reader.execute("SELECT count(*) FROM asset_text WHERE asset_text MATCH 'Zeldzaam'").fetchone()


def test_a_long_list_is_a_few_entries_that_tell_each_story(importer: Importer) -> None:
    lines = "".join(f"X{number:05};laptop\n" for number in range(importing.BATCH + 1))
    before = importer.entries()
    importer(f"Tag;Categorie\n{lines}")
    assert importer.entries() == before + 2
    assert [each.what for each in stories.history(importer.desk.store.reader, "X01000")] == ["import"]
    assert list(journal.verify(importer.desk.store.reader)) == []


TEXTS = st.text(st.characters(exclude_categories=("C", "Z")), max_size=6) | st.sampled_from(
    ["=1+1", "+32 470", "-5", "@x", "'=x", "''+", "a;b", 'a"b', "a\nb", "0123"]
)


@settings(max_examples=30)
@given(st.lists(TEXTS, min_size=6, max_size=6), st.sampled_from([belgian_csv, None]))
def test_an_export_reads_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], writer: Callable[..., bytes] | None
) -> None:
    desk = Desk(tmp_path_factory.mktemp("export"))
    importer = Importer(desk)
    names = ("manufacturer", "model", "location", "supplier", "phone_number", "notes")
    values: dict[str, Any] = {name: text.strip() or None for name, text in zip(names, texts, strict=True)}
    tag = desk.add("laptop", serial="5CG1", purchase_cents=101277, macs=("aa:bb:cc:dd:ee:ff",), **values)
    desk.add("smartphone")
    desk.person("1042", "Els Peeters")
    desk.give(tag)
    header, rows = sheet(desk.store.reader, desk.inventory, None, None)
    content = writer(header, rows) if writer else workbook(header, rows, "Assets")
    steps = importer.plan(content).steps
    desk.close()
    assert [(step.action, step.reason) for step in steps] == [(Action.UNCHANGED, "")] * 2
