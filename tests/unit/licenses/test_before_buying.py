"""What lies idle, what ends, and what is planned."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.facts import Person
from schoten_ict.core.hostfacts import Title
from schoten_ict.core.times import Duration
from schoten_ict.inventory.document import read_document
from schoten_ict.inventory.loading import evaluate
from schoten_ict.inventory.sections.licenses import LICENSES, Product
from schoten_ict.licenses.ask.titles import Titles, rules_of
from schoten_ict.licenses.cleaning import clean
from schoten_ict.licenses.judge import idle
from schoten_ict.licenses.judge.expiry import endings, notice_day
from schoten_ict.licenses.judge.idle import Machines
from schoten_ict.licenses.judge.naming import product_by_name
from schoten_ict.licenses.judge.plan import planned
from schoten_ict.licenses.judge.proposing import proposed, rule_for
from schoten_ict.licenses.model import Entitlement, Holding, Install, Metric, Outcome, Seat

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
OLD = datetime(2026, 9, 1, tzinfo=UTC)
SINCE = datetime(2026, 9, 29, tzinfo=UTC)
LEFT = Person("7", "Wim Weg", email="wim@x.be", username="wegw", leaves=date(2026, 11, 1))
HERE = Person("8", "Els Hier", email="els@x.be")
PEOPLE = {"7": LEFT, "8": HERE}
ACROBAT = Product(
    name="Adobe Acrobat Pro", publisher="Adobe", family="acrobat", metric="user",
    names=("(adobe )?acrobat pro.*",), skus=("ACRO",),
)  # fmt: skip
CORES = Product(name="Windows Server", publisher="Microsoft", family="ws", metric="core")
PRODUCTS = {"acrobat": ACROBAT, "cores": CORES}
FIND = product_by_name(PRODUCTS)


def test_units_of_who_left_and_of_what_is_out_of_use_lie_idle() -> None:
    holdings = [
        Holding("a", "person:7"),
        Holding("a", "person:8"),
        Holding("b", "asset:LT-1"),
        Holding("b", "host:x"),
    ]
    found = list(idle.of_holders(holdings, PEOPLE, {"asset:LT-1": "retired"}, TODAY))
    assert [(each.product, each.subject) for each in found] == [("a", "person:7"), ("b", "asset:LT-1")]
    assert found[0].why == "Wim Weg left on 2026-11-01"


def test_seats_of_blocked_accounts_leavers_and_the_unseen_lie_idle() -> None:
    seats = [
        Seat("E3", "blocked@x.be", blocked=True),
        Seat("E3", "WIM@x.be", blocked=False, last_seen=NOW),
        Seat("E3", "wegw@tenant"),
        Seat("E3", "old@x.be", blocked=None, last_seen=OLD),
        Seat("E3", "els@x.be", blocked=False, last_seen=NOW),
        Seat("E3", "unknown@x.be"),
    ]
    found = list(idle.of_seats(seats, {"wim@x.be": LEFT, "wegw": LEFT}, SINCE, {"E3": "m365-e3"}))
    assert [each.subject.partition(":")[2] for each in found] == [
        "blocked@x.be", "WIM@x.be", "wegw@tenant", "old@x.be",
    ]  # fmt: skip
    assert {each.product for each in found} == {"m365-e3"}


def test_paid_products_on_machines_that_nobody_uses_lie_idle_once() -> None:
    machines = Machines({"pc-1": OLD, "pc-2": NOW, "pc-3": NOW}, {"pc-2": LEFT, "pc-3": HERE})
    installs = [Install("paid", None, host, "t") for host in ("pc-1", "pc-1", "pc-2", "pc-3", "pc-4")]
    installs += [Install("free", None, "pc-1", "t")]
    found = list(idle.of_machines(installs, machines, SINCE, TODAY, {"paid"}))
    assert [each.subject for each in found] == ["host:pc-1", "host:pc-2"]
    assert idle.by_product(found) == {"paid": 2}


@pytest.mark.parametrize(
    ("expires", "notice", "last"),
    [
        (date(2027, 5, 31), "3m", date(2027, 2, 28)),
        (date(2027, 12, 31), "3m", date(2027, 9, 30)),
        (date(2028, 5, 31), "3m", date(2028, 2, 29)),
        (date(2027, 6, 30), "30d", date(2027, 5, 31)),
        (date(2027, 3, 30), "1m", date(2027, 2, 27)),
        (date(2027, 1, 15), "1y", date(2026, 1, 15)),
    ],
)
def test_notice_is_given_so_long_before_the_day_after_the_end(expires: date, notice: str, last: date) -> None:
    assert notice_day(expires, Duration.parse(notice)) == last


def test_what_ends_or_asks_for_notice_soon_is_told_in_that_order() -> None:
    rights = [
        Entitlement("LIC-0001", "a", expires=date(2027, 12, 31), notice=Duration.parse("12m")),
        Entitlement("LIC-0002", "b", expires=date(2027, 1, 31)),
        Entitlement("LIC-0003", "c", expires=date(2026, 11, 27)),
        Entitlement("LIC-0004", "d", expires=date(2026, 12, 1), ended_on=TODAY),
        Entitlement("LIC-0005", "e", expires=date(2028, 1, 1), maintenance_until=TODAY),
        Entitlement("LIC-0006", "f"),
    ]
    found = endings(rights, TODAY, Duration.parse("90d"))
    assert [(each.entitlement.number, each.what, each.days) for each in found] == [
        ("LIC-0005", "maintenance", 0), ("LIC-0001", "right", 398), ("LIC-0002", "right", 64),
    ]  # fmt: skip
    assert (found[1].notice_by, found[1].notice_days(TODAY)) == (date(2026, 12, 31), 33)


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("20 users Adobe Acrobat Pro", ("acrobat", Metric.USER, 20)),
        ("20 Adobe Acrobat Pro", ("acrobat", Metric.USER, 20)),
        ("3 x acrobat", ("acrobat", Metric.USER, 3)),
        ("5 gebruikers acrobat pro DC", ("acrobat", Metric.USER, 5)),
        ("5 seats ACRO", ("acrobat", Metric.USER, 5)),
        ("32 cores Windows Server", ("cores", Metric.CORE, 32)),
    ],
)
def test_a_plan_is_a_need(text: str, need: tuple[str, Metric, int]) -> None:
    if "seats" in text:
        with pytest.raises(UsageError):
            planned(text.replace("Acrobat", "x"), {"acrobat": CORES, **PRODUCTS}, lambda _: "cores")
    found = planned(text, PRODUCTS, FIND)
    assert (found.product, found.metric, found.quantity) == need


@pytest.mark.parametrize("text", ["Acrobat", "0 acrobat", "-3 acrobat", "20 devices Adobe Acrobat Pro", ""])
def test_a_plan_of_another_form_or_metric_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        planned(text, PRODUCTS, FIND)
    with pytest.raises(NotFoundError, match="did you mean"):
        planned("5 Adobe Acrobat Pri", PRODUCTS, FIND)


TITLES = st.text(min_size=1, max_size=80)


@given(TITLES)
def test_a_proposed_rule_fits_its_own_title(title: str) -> None:
    assume(clean(title))
    text = proposed([(title, "Someone")])
    values = evaluate([read_document("x.yaml", text.encode())], (LICENSES,))
    found = Titles(rules_of(values["licenses"].products.items(), ()))
    assert found(Title(title)).outcome is Outcome.PRODUCT


def test_a_year_in_a_title_is_proposed_as_its_version() -> None:
    assert (
        rule_for("Kassa Pro 2024 (build 1.2.3)") == r"Kassa Pro (?P<version>\d{4}) \(build \d+(?:[.\-]\d+)*\)"
    )
