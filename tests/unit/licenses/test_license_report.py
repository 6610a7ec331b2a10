"""What the report on licences says of positions, sums and exceptions, before it has words."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.finding import ExceptionRule, Finding, apply_exceptions
from schoten_ict.core.verdict import Verdict
from schoten_ict.licenses.judge.audit import (
    CHECKS,
    COLLECTED,
    EXPIRING,
    FORBIDDEN,
    IDLE,
    POSITION,
    TITLES,
    Audited,
)
from schoten_ict.licenses.judge.positions import Position
from schoten_ict.licenses.judge.report import (
    Standing,
    Unclear,
    What,
    accepted_lines,
    product_lines,
    standings,
    sums,
)
from schoten_ict.licenses.model import Metric

NOW = datetime(2026, 11, 26, tzinfo=UTC)
TODAY = date(2026, 11, 26)


def audited(
    product: str, verdict: Verdict = Verdict.OK, *, metric: Metric = Metric.DEVICE, owned: int | None = 5,
    required: int | None = 5, at_most: int | None = 5, covered: int = 5, shortfall: int = 0, idle: int = 0,
    price: int | None = None, unlimited: bool = False, delta: int | None = None,
) -> Audited:  # fmt: skip
    position = Position(
        product,
        metric,
        owned,
        required,
        at_most,
        covered,
        0,
        0,
        shortfall,
        0,
        delta,
        unlimited,
        verdict,
        (),
        (),
    )
    return Audited(position, product.title(), idle, max(0, position.shortfall - idle), price)


def finding(check: str, subject: str, verdict: Verdict, key: str = "", **evidence: object) -> Finding:
    return Finding(check, subject, verdict, "an English sentence", NOW, key=key, evidence=evidence)


SHORT, OK, UNKNOWN = Verdict.FAIL, Verdict.OK, Verdict.UNKNOWN


def test_the_worst_stand_first_and_then_by_name() -> None:
    found = product_lines(
        [audited("b"), audited("z", SHORT), audited("a"), audited("c", UNKNOWN), audited("d")], [], {"d"}
    )
    assert [(each.audited.position.product, each.standing) for each in found] == [
        ("z", Standing.SHORT), ("c", Standing.UNDETERMINED), ("d", Standing.FORBIDDEN),
        ("a", Standing.IN_ORDER), ("b", Standing.IN_ORDER),
    ]  # fmt: skip


def test_what_is_forbidden_is_never_in_order_and_stays_short_where_it_is() -> None:
    found = product_lines([audited("a"), audited("b", SHORT)], [], {"a", "b"})
    assert [(each.standing, each.forbidden) for each in found] == [
        (Standing.SHORT, True), (Standing.FORBIDDEN, True),
    ]  # fmt: skip


def test_a_product_in_two_metrics_counts_once_by_the_worst() -> None:
    rows = [audited("a"), audited("a", UNKNOWN, metric=Metric.USER), audited("b")]
    assert standings(product_lines(rows, [], ())) == {Standing.UNDETERMINED: 1, Standing.IN_ORDER: 1}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (audited("a", UNKNOWN, required=None), (Unclear.CATALOGUE,)),
        (audited("a", UNKNOWN, owned=None, covered=2), (Unclear.RIGHTS, Unclear.COVER)),
        (audited("a", UNKNOWN, owned=None, unlimited=True, at_most=None), (Unclear.LIMIT,)),
        (audited("a", UNKNOWN, at_most=9), (Unclear.RANGE,)),
        (audited("a", SHORT, at_most=None, shortfall=5, covered=0), ()),
    ],
)
def test_each_reason_why_it_is_undetermined_comes_from_the_numbers(
    row: Audited, expected: tuple[Unclear, ...]
) -> None:
    (line,) = product_lines([row], [], ())
    assert line.unclear == expected


def test_what_is_undetermined_has_nothing_left() -> None:
    found = product_lines([audited("a", UNKNOWN, at_most=9, delta=4), audited("b", delta=4)], [], ())
    assert [each.delta for each in found] == [None, 4]


def test_sums_say_what_they_lack() -> None:
    rows = [
        audited("a", SHORT, shortfall=3, price=1001), audited("b", SHORT, shortfall=2),
        audited("c", UNKNOWN, price=500), audited("d", SHORT, shortfall=1, idle=1, price=700),
    ]  # fmt: skip
    found = sums(rows, {"d": 4, "e": 2}, {"a": 1001, "d": 700}, Decimal(21))
    assert (found.to_buy, found.unpriced, found.cost_cents, found.vat_cents) == (2, 1, 3003, 631)
    assert (found.idle, found.idle_unpriced, found.idle_cents) == (6, 2, 2800)


AMOUNTS = st.integers(0, 10_000)


@given(rows=st.lists(st.tuples(AMOUNTS, AMOUNTS, st.none() | AMOUNTS), max_size=6), more=AMOUNTS)
def test_what_lacks_more_never_costs_less(rows: list[tuple[int, int, int | None]], more: int) -> None:
    made = [
        audited(f"p{place}", SHORT, shortfall=lacks, idle=idle, price=price)
        for place, (lacks, idle, price) in enumerate(rows)
    ]
    before = sums(made, {}, {}, Decimal(21))
    after = sums([*made, audited("z", SHORT, shortfall=more, price=1)], {}, {}, Decimal(21))
    assert 0 <= before.cost_cents <= after.cost_cents
    assert before.vat_cents <= after.vat_cents


TOLD = [
    finding(POSITION, "product:a", Verdict.FAIL, "device", shortfall=3),
    finding(POSITION, "product:b", Verdict.UNKNOWN, "user", shortfall=0),
    finding(FORBIDDEN, "product:c", Verdict.FAIL),
    finding(TITLES, "software:all", Verdict.UNKNOWN),
    finding(IDLE, "product:a", Verdict.WARN),
    finding(EXPIRING, "entitlement:LIC-0001", Verdict.WARN, "right", on="2027-02-28"),
    finding(EXPIRING, "entitlement:LIC-0002", Verdict.WARN, "maintenance", on="2027-01-31"),
    finding(COLLECTED, "software:all", Verdict.UNKNOWN),
]
COUNTS = {
    (FORBIDDEN, "product:c"): 60, (TITLES, "software:all"): 12, (IDLE, "product:a"): 4, (COLLECTED, "software:all"): 7,
}  # fmt: skip


def test_an_accepted_finding_of_each_kind_is_told_by_its_numbers() -> None:
    told = apply_exceptions(TOLD, [ExceptionRule("*", "*", "mag", date(2027, 1, 1))], TODAY)
    found = {
        each.what: (each.about, each.count, each.on) for each in accepted_lines(told, {"a": "A"}, COUNTS)
    }
    assert found == {
        What.SHORT: ("A", 3, None),
        What.UNDETERMINED: ("b", None, None),
        What.FORBIDDEN: ("c", 60, None),
        What.TITLES: (None, 12, None),
        What.IDLE: ("A", 4, None),
        What.RIGHT: ("LIC-0001", None, date(2027, 2, 28)),
        What.MAINTENANCE: ("LIC-0002", None, date(2027, 1, 31)),
        What.COLLECTED: (None, 7, None),
    }
    assert {each.check for each in TOLD} == set(CHECKS)


def test_an_exception_that_ended_accepts_nothing() -> None:
    ended = apply_exceptions(TOLD, [ExceptionRule("*", "*", "mag", date(2026, 11, 25))], TODAY)
    assert accepted_lines(ended, {}, COUNTS) == ()


def test_an_accepted_shortfall_stays_short_and_says_until_when() -> None:
    told = apply_exceptions(TOLD, [ExceptionRule(POSITION, "product:a", "mag", date(2027, 1, 1))], TODAY)
    rows = [audited("a", SHORT), audited("a", SHORT, metric=Metric.USER)]
    assert [(each.standing, each.accepted is not None) for each in product_lines(rows, told, ())] == [
        (Standing.SHORT, True), (Standing.SHORT, False),
    ]  # fmt: skip
