"""The shipped catalogue: its entries are well formed, and take their examples and nothing else."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.hostfacts import Title
from schoten_ict.inventory.sections.licenses import LicensePolicy, product_flaws, rule_flaws
from schoten_ict.licenses.ask.titles import UNKNOWN, Rule, beginnings
from schoten_ict.licenses.catalogue import load
from schoten_ict.licenses.cleaning import clean
from schoten_ict.licenses.judge.naming import product_by_name
from schoten_ict.licenses.judge.versions import compare
from schoten_ict.licenses.model import Metric, Outcome, Titled

CATALOGUE = load(LicensePolicy())
TITLES = CATALOGUE.titles
NAMED = product_by_name(CATALOGUE.products)
PAID = {name for name, each in CATALOGUE.products.items() if Metric(each.metric) is not Metric.FREE}
with Path(__file__).with_name("catalogue_examples.tsv").open(encoding="utf-8", newline="") as _stream:
    EXAMPLES = list(csv.DictReader(_stream, delimiter="\t", quoting=csv.QUOTE_NONE))
"""`title` must be taken for the product, `quote` be found by name, `other` is a near miss: what it is instead."""
_MOST_REPEATS = 3


def _title(row: Mapping[str, str | None]) -> Title:
    return Title(
        row["text"] or "", row["version"] or None, row["publisher"] or None, source=row["source"] or None
    )


def _of(kind: str) -> list[Mapping[str, str | None]]:
    return [each for each in EXAMPLES if each["kind"] == kind]


def test_there_are_enough_products_of_each_kind() -> None:
    assert len(PAID) >= 90
    assert len(CATALOGUE.products) - len(PAID) >= 60


def test_products_are_well_formed() -> None:
    for name, product in CATALOGUE.products.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert list(product_flaws(name, product)) == []
        assert set(product.includes) <= CATALOGUE.products.keys() - {name}, name
        assert product.rules or product.names or product.skus, f"nothing would ever be taken for {name}"


def test_what_is_ignored_is_well_formed_and_has_a_reason() -> None:
    ignored = [each for each in CATALOGUE.rules if each.product is None]
    assert ignored
    assert all(each.reason for each in ignored)
    assert [flaw for each in ignored for flaw in rule_flaws(each.said, ())] == []


def test_days_are_of_versions_that_can_be_compared() -> None:
    for product in CATALOGUE.products.values():
        told = [*product.released, *product.support, *product.versions]
        assert all(compare(product, one, other) is not None for one in told for other in told), product.name


def test_a_name_of_a_subscription_is_that_of_one_product() -> None:
    seen: dict[str, str] = {}
    for name, product in CATALOGUE.products.items():
        for sku in product.skus:
            assert seen.setdefault(sku.casefold(), name) == name, sku


def test_a_title_is_taken_for_its_product() -> None:
    wrong = [
        (row["text"], row["product"], taken.product, taken.version)
        for row in _of("title")
        for taken in (TITLES(_title(row)),)
        if (taken.product, taken.version or "") != (row["product"], row["licensed"] or "")
    ]
    assert wrong == []


def test_a_near_miss_is_what_it_is_and_nothing_that_must_be_paid_for() -> None:
    wrong = [
        (row["text"], row["product"], taken)
        for row in _of("other")
        for taken in (TITLES(_title(row)),)
        if (taken.product or taken.outcome.value) != row["product"] or taken.product in PAID
    ]
    assert wrong == []


def test_a_line_of_a_quote_is_found_by_name() -> None:
    wrong = [
        (row["text"], row["product"], found)
        for row in _of("quote")
        for found in (NAMED(row["text"] or ""),)
        if found != row["product"]
    ]
    assert wrong == []


def test_every_paid_product_has_two_examples_of_what_tells_it() -> None:
    examples: dict[str, int] = defaultdict(int)
    for row in (*_of("title"), *_of("quote")):
        examples[row["product"] or ""] += 1
    assert {name for name in PAID if examples[name] < 2} == set()
    titled = {row["product"] for row in _of("title")}
    assert {name for name in PAID if CATALOGUE.products[name].rules} <= titled


def test_no_other_product_or_reason_claims_an_example() -> None:
    for row in _of("title"):
        title = _title(row)
        text = clean(title.name)
        taken = {
            each.take(text, title) is not None and (each.product or each.reason) for each in CATALOGUE.rules
        }
        assert taken - {False} == {row["product"]}, row["text"]


def test_a_limit_of_procurement_says_where_it_can_be_looked_up() -> None:
    assert CATALOGUE.thresholds
    assert all(each.source.startswith("https://") for each in CATALOGUE.thresholds)


def test_limits_of_one_name_do_not_hold_at_the_same_time() -> None:
    spans = defaultdict(list)
    for limit in CATALOGUE.thresholds:
        spans[limit.name].append((limit.since, limit.until))
    for each in spans.values():
        ordered = sorted(each)
        assert all(one[1] is not None and one[1] < other[0] for one, other in pairwise(ordered))


def _patterns() -> Iterator[str]:
    for rule in CATALOGUE.rules:
        said = rule.said
        yield from (each for each in (said.title, said.publisher, said.version, said.unless) if each)
    for product in CATALOGUE.products.values():
        yield from product.names


def test_no_expression_takes_more_than_a_few_passes_over_a_text() -> None:
    """No group repeats without end, and few signs do one after the other: at most n**3 steps for n letters.

    A text is at most 300 long; alternatives of one group are tried one after the other.
    """
    for pattern in _patterns():
        bare = re.sub(r"\[\^?\]?(?:\\.|[^\]\\])*\]", "x", re.sub(r"\\.", "x", pattern))
        assert not re.search(r"\)(?:[*+]|\{\d*,\})", bare), pattern
        assert _repeats(bare) <= _MOST_REPEATS, pattern


def _repeats(bare: str) -> int:
    """How many endless repeats follow each other at most: of alternatives the one with most counts."""
    while group := re.search(r"\((?:\?(?:P<\w+>|[:=!]))?([^()]*)\)", bare):
        most = max(_repeats(each) for each in group[1].split("|"))
        bare = bare[: group.start()] + "x+" * most + bare[group.end() :]
    return max(len(re.findall(r"[*+]", each)) for each in bare.split("|"))


@given(
    st.sampled_from(
        ["a ", "1", " 1.", "(x) ", "- ", "KB12 ", "Microsoft ", "Canon Print ", "Service Pack 1 "]
    )
)
def test_a_title_without_end_is_taken_like_any_other(part: str) -> None:
    assert TITLES(Title(part * 10_000)).outcome in set(Outcome)


def _first(title: Title) -> Titled:
    """What the first rule takes a title for, when all are asked in turn."""
    text = clean(title.name)
    taken = (each.take(text, title) for each in CATALOGUE.rules)
    return next((each for each in taken if each is not None), UNKNOWN)


@given(
    st.sampled_from([row["text"] or "" for row in EXAMPLES]),
    st.integers(0, 40),
    st.text("aA1 .-()", max_size=4),
)
def test_looking_at_rules_that_begin_alike_is_the_same_as_asking_all(
    text: str, place: int, noise: str
) -> None:
    title = Title(f"{text[:place]}{noise}{text[place:]}", "8.1", "Oracle", source="dpkg")
    assert TITLES(title) == _first(title)


@pytest.mark.parametrize(
    ("pattern", "starts"),
    [
        ("Microsoft Visio.*", {"microsoft visio"}),
        (r"7-Zip(?: \d+)?", {"7-zip"}),
        ("Snagits? 9", {"snagit"}),
        ("(?:Autodesk )?AutoCAD", {"autodesk ", "autocad"}),
        ("(?:Kofax|Nuance) PDF", {"kofax", "nuance"}),
        ("(?:(?:A|B) )?C", {""}),
        ("a|b", {""}),
        (r"a\|b", {"a"}),
        ("x[|]y", {"x"}),
        (".*Driver", {""}),
    ],
)
def test_what_a_fitting_title_begins_with(pattern: str, starts: set[str]) -> None:
    assert beginnings(pattern) == starts


def test_a_rule_is_compiled_when_a_title_begins_like_it_and_not_before() -> None:
    fresh = load(LicensePolicy())
    fresh.titles(Title("Snagit 2023"))
    compiled = [each for each in fresh.rules if "_title" in vars(each)]
    assert 0 < len(compiled) < len(fresh.rules) / 2
    assert all(isinstance(each, Rule) for each in compiled)
