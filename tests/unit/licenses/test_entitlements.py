"""Entitlements: recorded with their proof, changed, ended, given and taken back; everything in the journal."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schoten_ict.core.errors import ConflictError, IctError, NotFoundError, UsageError
from schoten_ict.core.facts import Person
from schoten_ict.core.times import Duration
from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses import fields
from schoten_ict.licenses.acts import holding, importing, keeping
from schoten_ict.licenses.acts.desk import Desk
from schoten_ict.licenses.model import Entitlement, Kind, Metric
from schoten_ict.licenses.proposals import Proposal
from schoten_ict.licenses.records import entitlements
from schoten_ict.store import documents, journal, people
from storing import NOW, Opener

ACROBAT = Product(name="Adobe Acrobat Pro", publisher="Adobe", family="acrobat", metric="user")
TODAY = NOW.date()
QUARTER = Duration.parse("90d")


def desk(opened: Opener, now: datetime = NOW) -> Desk:
    return Desk(opened(now), {"adobe-acrobat-pro": ACROBAT}, now.date())


def add(opened: Opener, proof: Path | None = None, **values: Any) -> Entitlement:
    return keeping.add(desk(opened), "Adobe Acrobat Pro", {"quantity": 2, **values}, proof)


def colleague(opened: Opener, key: str) -> None:
    with opened.change() as change:
        people.put(change, Person(key, f"Person {key}"))


def test_what_was_bought_is_kept_as_it_was_given(opened: Opener) -> None:
    values = keeping.parsed(
        ["version=2020", "expires=30/06/2027", "cost=1.234,50", "notice=3m", "supplier=Bechtle",
         "key-reference=keyring:ict/acrobat", "maintenance_until=2027-01-31", "notes="]
    )  # fmt: skip
    new = add(opened, **values)
    found = entitlements.get(opened().reader, "lic-0001")
    assert found == new
    assert (found.metric, found.quantity, found.cost_cents) == (Metric.USER, 2, 123450)
    assert (found.expires, str(found.notice), found.notes) == (date(2027, 6, 30), "3m", None)


def test_its_proof_is_filed_with_its_hash(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / "factuur.PDF").write_bytes(b"%PDF invoice")
    new = add(opened, tmp_path / "factuur.PDF")
    assert new.proof is not None
    filed = documents.find(opened().reader, new.proof)
    assert (opened().data / filed.path).read_bytes() == b"%PDF invoice"
    again = keeping.edit(desk(opened), new.number, {}, tmp_path / "factuur.PDF")
    assert again.proof not in {None, new.proof}
    assert entitlements.get(opened().reader, new.number).proof == again.proof


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"kind": Kind.OEM}, "lives on one machine"),
        ({"kind": Kind.UPGRADE}, "only with its base"),
        ({"base": "LIC-0001"}, "only an upgrade has a base"),
        ({"base": "LIC-0009", "kind": Kind.UPGRADE}, "no entitlement"),
        ({"asset": "LT-9"}, "no asset"),
        ({"starts": date(2027, 1, 1), "expires": date(2026, 1, 1)}, "before it starts"),
        ({"quantity": None}, "how many is not said"),
    ],
)
def test_what_contradicts_itself_is_refused_and_nothing_is_kept(
    opened: Opener, values: dict[str, Any], says: str
) -> None:
    with pytest.raises((UsageError, NotFoundError), match=says):
        add(opened, **values)
    assert entitlements.every(opened().reader) == []


def test_a_site_licence_needs_no_number(opened: Opener) -> None:
    assert add(opened, quantity=None, metric=Metric.SITE).quantity is None


@pytest.mark.parametrize(
    "word",
    [
        "metric=kilo", "quantity=-1", "quantity=many", "expires=soon", "cost=1.234", "colour=red", "notice=3 manen",
        "key_reference=ABCDE-12345-FGHIJ-67890-KLMNO", "notes=key ABCDE-12345-FGHIJ-67890-KLMNO", "noequals",
    ],
)  # fmt: skip
def test_a_wrong_word_is_refused_and_a_key_is_never_repeated(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        keeping.parsed([word])
    assert "67890" not in str(caught.value)


def test_text_with_dashes_is_no_key() -> None:
    assert not fields.holds_key("meer-dan-genoeg-licenties-voor-iedereen")
    assert fields.holds_key("9dda5116-ec27-4a64-a566-1cb06513460f")


def test_ending_counts_from_that_day_and_only_once(opened: Opener) -> None:
    new = add(opened)
    ended = keeping.end(desk(opened), new.number, TODAY, "opgezegd")
    assert not ended.counts(TODAY)
    assert ended.counts(TODAY - timedelta(days=1))
    with pytest.raises(ConflictError, match="opgezegd"):
        keeping.end(desk(opened), new.number, TODAY, "nog eens")


def test_what_happened_stands_in_the_journal_and_nothing_where_nothing_changed(opened: Opener) -> None:
    new = add(opened)
    keeping.edit(desk(opened), new.number, {"supplier": "Bechtle"})
    keeping.edit(desk(opened), new.number, {"supplier": "Bechtle"})
    entries = journal.entries(opened().reader, subject=f"entitlement:{new.number}")
    assert [each.action for each in reversed(entries)] == ["entitlement.add", "entitlement.edit"]


def test_more_than_were_bought_is_recorded_and_told(opened: Opener) -> None:
    new = add(opened)
    for key in ("1", "2", "3"):
        colleague(opened, key)
        done = holding.assign(desk(opened), new.number, "person", key, 1, QUARTER)
    assert (done.held, done.too_many) == (3, 1)
    assert entitlements.in_use(opened().reader)[new.number] == 3
    with pytest.raises(ConflictError, match="already"):
        holding.assign(desk(opened), new.number, "person", "3", 1, QUARTER)


@pytest.mark.parametrize(("because", "days", "waits"), [("moved", 10, True), ("moved", 90, False), ("left", 10, False)])  # fmt: skip
def test_a_unit_passes_on_after_ninety_days_or_at_once_when_its_holder_left(
    opened: Opener, because: str, days: int, waits: bool
) -> None:
    new = add(opened)
    colleague(opened, "1")
    colleague(opened, "2")
    holding.assign(desk(opened), new.number, "person", "1", 1, QUARTER)
    later = NOW + timedelta(days=days)
    holding.release(desk(opened, later), new.number, "person", "1", because)
    done = holding.assign(desk(opened, later), new.number, "person", "2", 1, QUARTER)
    assert bool(done.waiting) is waits
    if waits:
        assert done.waiting == (TODAY + timedelta(days=90),)


def test_who_has_none_gives_none_back_and_nobody_unknown_gets_one(opened: Opener) -> None:
    new = add(opened)
    colleague(opened, "1")
    with pytest.raises(NotFoundError, match="has no LIC-0001"):
        holding.release(desk(opened), new.number, "person", "1", "moved")
    for kind, word in (("person", "9"), ("asset", "LT-9")):
        with pytest.raises(IctError, match=r"no (person|asset)"):
            holding.assign(desk(opened), new.number, kind, word, 1, QUARTER)


def test_what_counts_no_more_is_given_to_nobody(opened: Opener) -> None:
    new = add(opened, expires=TODAY - timedelta(days=1))
    colleague(opened, "1")
    with pytest.raises(ConflictError, match="counts no more"):
        holding.assign(desk(opened), new.number, "person", "1", 1, QUARTER)


PROPOSED = [Proposal(2, "Adobe Acrobat Pro", "generic:0123456789abcdef", {"quantity": 5})]


def test_a_plan_holds_only_as_long_as_nothing_changed(opened: Opener) -> None:
    made = importing.plan(desk(opened), "list.csv", PROPOSED)
    add(opened)
    with pytest.raises(ConflictError, match="changed since the plan"):
        importing.apply(desk(opened), made)
    assert len(entitlements.every(opened().reader)) == 1
    (done,) = importing.apply(desk(opened), importing.plan(desk(opened), "list.csv", PROPOSED))
    assert done.after == entitlements.get(opened().reader, "LIC-0002")


def test_a_plan_looks_at_the_journal_before_the_records_that_it_compares(opened: Opener) -> None:
    add(opened)
    here = desk(opened)
    asked: list[str] = []
    here.store.reader.set_trace_callback(asked.append)
    importing.plan(here, "list.csv", PROPOSED)
    here.store.reader.set_trace_callback(None)
    first = [
        next(place for place, each in enumerate(asked) if table in each)
        for table in ("journal", "entitlement")
    ]
    assert first == sorted(first)


KEY = "AB12C-DE34F-GH56I-JK78L-MN90P"


@pytest.mark.parametrize(
    "text",
    [
        KEY, KEY.replace("-", " "), KEY.replace("-", ""), KEY.lower(), f"Office ({KEY.replace('-', '')})",
        "1118-1234-5678-9012-3456-7890", "1118 1234 5678 9012 3456 7890", "111812345678901234567890",
    ],
)  # fmt: skip
def test_a_key_is_known_in_groups_and_as_one_word(text: str) -> None:
    assert fields.why_not_kept(text)
    assert "12" not in fields.why_not_kept(text)


@pytest.mark.parametrize(
    "text",
    [
        "BE68 5390 0754 7034", "DE89 3704 0044 0532 0130 00", "BE68539007547034", "ENTERPRISEPREMIUM_NOPSTNCONF",
        "DYN365ENTERPRISEPLAN1", "BB-2019-0412", "Office 2016 2019 2021 2024", "tel. 03 680 09 50",
    ],
)  # fmt: skip
def test_names_accounts_and_orders_are_no_keys(text: str) -> None:
    assert fields.why_not_kept(text) == ""


def test_names_of_software_have_dashes_and_ids() -> None:
    for name in (
        "python3-sphinx-theme-alabaster",
        "{9DDA5116-EC27-4A64-A566-1CB06513460F}",
        "9b74c9897bac770ffc029102a200c5de",
    ):
        assert fields.why_not_kept(name, name=True) == ""
    for name in (f"Office {KEY}", KEY.replace("-", ""), "85.07.30-033.28"):
        assert fields.why_not_kept(name, name=True)


def test_a_name_of_a_user_that_is_a_national_number_is_not_kept() -> None:
    for text in ("85073003328@schoten.be", "85.07.30-033.28", "85073003328", "nr 85.07.30-033.28"):
        assert "national register" in fields.why_not_kept(text)
