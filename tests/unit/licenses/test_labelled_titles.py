"""The shipped catalogue against titles that somebody else labelled before its rules were written.

`class` is `paid` (an organisation must own a right for it), `free`, `component` (part of something else) or
`unclear` (the title does not tell). A paid title counts as recalled where it is taken for a product that
must be paid for and that is the same one by `_is_same`.
"""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from schoten_ict.core.hostfacts import Title
from schoten_ict.inventory.sections.licenses import LicensePolicy
from schoten_ict.licenses.catalogue import load
from schoten_ict.licenses.model import Metric, Outcome, Titled

CATALOGUE = load(LicensePolicy())
with Path(__file__).with_name("labelled_titles.csv").open(encoding="utf-8", newline="") as _stream:
    LABELLED = list(csv.DictReader(_stream))
FIRST = (96, 127)
"""How many of the paid titles were recalled when the rules were measured for the first time (commit efe8c84)."""
LEAST_RECALL = 0.8
_SOURCES = {"windows": "registry", "macos": "macos", "linux": "dpkg"}
_WORDS = re.compile(r"[a-z]+|[0-9]+")


def _title(row: Mapping[str, str]) -> Title:
    """The title as a list of software tells it; the Linux machines among the samples are of Fedora."""
    source = "rpm" if (row["platform"], row["source"]) == ("linux", "sample") else _SOURCES[row["platform"]]
    return Title(row["title"], row["version"] or None, row["publisher"] or None, source=source)


def _taken(kind: str) -> list[tuple[Mapping[str, str], Titled]]:
    return [(row, CATALOGUE.titles(_title(row))) for row in LABELLED if row["class"] == kind]


def _is_paid(taken: Titled) -> bool:
    return taken.product is not None and Metric(CATALOGUE.products[taken.product].metric) is not Metric.FREE


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(text.casefold()))


def _is_same(row: Mapping[str, str], name: str) -> bool:
    """Whether a product is the one that the label means.

    Each word of the label's family must stand in the product's id, name or family, or in those of a suite
    that includes it (Word of Office). Where label and product both tell an edition, the product's must stand
    in the label. Makers are not compared: they were bought and renamed (Symantec, Veritas, Broadcom).
    """
    product = CATALOGUE.products[name]
    suites = {other: each for other, each in CATALOGUE.products.items() if name in each.includes}
    named = [
        _words(f"{other} {each.name} {each.family}") for other, each in {name: product, **suites}.items()
    ]
    family, edition = _words(row["family"]), _words(row["edition"])
    told = not (product.edition and edition) or _words(product.edition) <= family | edition
    return told and any(family <= words for words in named)


def test_most_titles_that_must_be_paid_for_are_recalled() -> None:
    paid = _taken("paid")
    found = [row for row, taken in paid if _is_paid(taken) and _is_same(row, taken.product or "")]
    missed = [row["title"] for row, _ in paid if row not in found]
    first, of = FIRST
    figures = (
        f"first {first}/{of} = {first / of:.3f}, now {len(found)}/{len(paid)} = {len(found) / len(paid):.3f}"
    )
    assert len(paid) == of
    assert len(found) / len(paid) >= LEAST_RECALL, f"{figures}; missed: {missed}"


def test_nothing_that_must_be_paid_for_is_ignored_or_taken_as_free() -> None:
    wrong = [
        (row["title"], taken)
        for row, taken in _taken("paid")
        if taken.outcome is not Outcome.UNKNOWN and not _is_paid(taken)
    ]
    assert wrong == []


def test_no_free_title_and_no_part_is_taken_for_something_to_pay() -> None:
    titles = [*_taken("free"), *_taken("component")]
    assert [(row["title"], taken.product) for row, taken in titles if _is_paid(taken)] == []


def test_what_no_title_tells_is_never_said_to_be_paid_free_or_nothing() -> None:
    unclear = _taken("unclear")
    assert [(row["title"], taken) for row, taken in unclear if taken.outcome is not Outcome.UNKNOWN] == []


def test_the_labelled_set_is_large_and_holds_all_classes() -> None:
    classes = [row["class"] for row in LABELLED]
    assert len(classes) >= 150
    assert all(classes.count(each) >= 20 for each in ("paid", "free", "component", "unclear"))
