"""What is planned may name its version; without one every right that is owned and not needed will do."""

from datetime import date

import pytest

from schoten_ict.core.errors import NotFoundError
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.licenses import Product, TitleRule
from schoten_ict.licenses.judge.naming import product_by_name
from schoten_ict.licenses.judge.plan import planned
from schoten_ict.licenses.judge.positions import Position, positions
from schoten_ict.licenses.judge.versions import ANY
from schoten_ict.licenses.model import Entitlement, Metric, Need

TODAY = date(2026, 11, 28)
PRODUCTS = {
    "office": Product(
        name="Office Standard", publisher="M", family="office", metric="device",
        versions=("2012", "2012 R2", "2016", "2021"), downgrade=False,
    ),
    "kassa": Product(
        name="Kassa Pro", publisher="K", family="kassa", metric="device",
        rules=(TitleRule(title="Kassa Pro (?P<version>[0-9]+)"),), names=("kassaprogramma.*",),
    ),
    "plain": Product(name="Plain", publisher="P", family="plain", metric="device"),
}  # fmt: skip


def plan(text: str) -> Need:
    return planned(text, PRODUCTS, product_by_name(PRODUCTS))


@pytest.mark.parametrize(
    ("text", "product", "version"),
    [
        ("20 devices Office Standard 2021", "office", "2021"),
        ("20 Office Standard 2012 R2", "office", "2012 R2"),
        ("20 office 2012", "office", "2012"),
        ("20 Office Standard", "office", ANY),
        ("3 Kassa Pro 4", "kassa", "4"),
        ("3 kassaprogramma deluxe", "kassa", ANY),
        ("3 Plain", "plain", None),
    ],
)
def test_a_plan_names_its_version_or_takes_any(text: str, product: str, version: str | None) -> None:
    assert (plan(text).product, plan(text).version) == (product, version)


@pytest.mark.parametrize("text", ["20 Office Standard 2031", "3 Plain 7", "3 Kassa Pro deluxe"])
def test_what_follows_a_name_and_is_no_version_of_it_is_another_product(text: str) -> None:
    with pytest.raises(NotFoundError):
        plan(text)


def stands(text: str, *owned: tuple[int, str | None]) -> Position:
    rights = [
        Entitlement(f"LIC-{at}", "office", Metric.DEVICE, quantity, version)
        for at, (quantity, version) in enumerate(owned)
    ]
    used = Need("office", Metric.DEVICE, 2, "host:a", "Office Standard 2016", "2016")
    return positions(PRODUCTS, rights, [used, plan(text)], (), TODAY, {})[0]


def test_without_a_version_a_plan_takes_whatever_is_left() -> None:
    found = stands("5 Office Standard", (2, "2016"), (3, "2012"), (2, None))
    assert (found.verdict, found.covered) == (Verdict.OK, 7)
    assert "any version: planned: 5 Office Standard" in [line.text for line in found.lines]
    found = stands("5 Office Standard", (2, "2016"), (3, "2012"))
    assert (found.verdict, found.shortfall) == (Verdict.FAIL, 2)


def test_with_a_version_a_plan_takes_only_what_covers_it() -> None:
    found = stands("5 Office Standard 2021", (2, "2016"), (9, "2012"))
    assert (found.verdict, found.shortfall) == (Verdict.FAIL, 5)
    assert stands("5 Office Standard 2021", (2, "2016"), (5, "2021")).verdict is Verdict.OK
