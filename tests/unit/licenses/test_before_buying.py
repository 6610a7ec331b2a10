"""What lies idle, what ends, what is planned, and a quote beside what is to be bought."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schoten_ict.core.errors import NotFoundError, UsageError
from schoten_ict.core.facts import Person
from schoten_ict.core.hostfacts import Title
from schoten_ict.core.times import Duration
from schoten_ict.formats.tables import read_table
from schoten_ict.inventory.document import read_document
from schoten_ict.inventory.loading import evaluate
from schoten_ict.inventory.sections.licenses import LICENSES, Product, Threshold
from schoten_ict.licenses.ask import quotes
from schoten_ict.licenses.ask.invoices import Line
from schoten_ict.licenses.ask.titles import Titles, clean, rules_of
from schoten_ict.licenses.judge import idle, quote
from schoten_ict.licenses.judge.expiry import endings, notice_day
from schoten_ict.licenses.judge.idle import Machines
from schoten_ict.licenses.judge.naming import product_by_name
from schoten_ict.licenses.judge.plan import planned
from schoten_ict.licenses.judge.proposing import proposed, rule_for
from schoten_ict.licenses.judge.quote import Offer
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


def line(place: int, text: str, quantity: str, whole: int | None = 100_00, vat: str | None = None) -> Line:
    number = Decimal(quantity)
    return Line(place, text, number, None, whole, Decimal(vat) if vat else None)


def test_a_quote_is_compared_product_by_product() -> None:
    lines = [
        line(2, "Acrobat Pro abonnement", "12"),
        line(3, "Acrobat Pro extra", "5"),
        line(4, "Windows Server", "40"),
        line(5, "Installatie", "1"),
        Line(6, "Acrobat Pro", None, None, None, None, wrong="quantity 'x' is no number"),
    ]
    found = quote.compare(lines, {"acrobat": 20, "cores": 32, "other": 4, "none": 0}, PRODUCTS, FIND)
    assert [(each.line, each.product, each.offered, each.needed, each.offer) for each in found] == [
        (2, "acrobat", Decimal(17), 20, Offer.TOO_FEW),
        (4, "cores", Decimal(40), 32, Offer.TOO_MANY),
        (5, "", Decimal(1), None, Offer.UNKNOWN),
        (6, "acrobat", None, None, Offer.UNREADABLE),
        (None, "other", None, 4, Offer.MISSING),
    ]


@pytest.mark.parametrize(
    ("number", "needed", "offer"),
    [
        ("20", 20, Offer.ENOUGH),
        ("1", 0, Offer.NOT_NEEDED),
        ("1", None, Offer.UNCERTAIN),
        ("0", 1, Offer.TOO_FEW),
    ],
)
def test_an_offer_that_nobody_can_judge_is_not_called_enough(
    number: str, needed: int | None, offer: Offer
) -> None:
    (found,) = quote.compare([line(1, "acrobat", number)], {"acrobat": needed}, PRODUCTS, FIND)
    assert found.offer is offer


def test_a_line_that_speaks_of_another_metric_is_told() -> None:
    (found,) = quote.compare([line(1, "Acrobat Pro per toestel", "20")], {"acrobat": 20}, PRODUCTS, FIND)
    assert found.offer is Offer.OTHER_METRIC


LIMITS = (
    Threshold(name="beperkte waarde", below=30_000, since=date(2018, 1, 1), source="s"),
    Threshold(name="oud", below=1, since=date(2018, 1, 1), until=date(2025, 12, 31), source="s"),
    Threshold(name="Europa", below=216_000, since=date(2026, 1, 1), source="s"),
)


@pytest.mark.parametrize(
    ("cents", "reached"),
    [(2_999_999, []), (3_000_000, ["beperkte waarde"]), (21_600_000, ["beperkte waarde", "Europa"])],
)
def test_a_limit_is_reached_at_its_amount_without_vat_and_only_while_it_holds(
    cents: int, reached: list[str]
) -> None:
    found = quote.total([line(1, "acrobat", "1", cents)], Decimal(21), LIMITS, TODAY)
    assert [each.partition(":")[0] for each in found.limits] == reached


def test_vat_is_by_rate_rounded_once_and_a_line_without_price_leaves_no_total() -> None:
    lines = [line(1, "a", "1", 1003), line(2, "b", "1", 1004, "21"), line(3, "c", "1", 1000, "6")]
    found = quote.total(lines, Decimal(21), (), TODAY)
    assert (found.without_vat, found.vat, found.with_vat) == (3007, 421 + 60, 3488)
    assert quote.total([*lines, line(4, "d", "1", None)], Decimal(21), (), TODAY).without_vat is None


def test_a_quote_in_a_table_has_price_of_one_or_of_all() -> None:
    text = (
        "Omschrijving;Aantal;Eenheidsprijs;Totaal;BTW\nAcrobat;20;282,00;;21%\nX;3;;900,00;\nY;veel;1,00;;\n"
    )
    one, all_, wrong = quotes.of_table(read_table(text.encode(), "q.csv"), (), None)
    assert (one.unit_cents, one.whole_cents, one.vat) == (28200, 564000, Decimal(21))
    assert (all_.unit_cents, all_.whole_cents, all_.vat) == (30000, 90000, None)
    assert "'veel' is no number" in wrong.wrong
    with pytest.raises(UsageError, match="no column holds the quantity"):
        quotes.of_table(read_table(b"product;prijs\na;1\n", "q.csv"), (), None)


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
