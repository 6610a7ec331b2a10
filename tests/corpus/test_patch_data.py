"""The public data of Microsoft, endoflife.date and CISA against what ships: all of it, cleaned by rule."""

import csv
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from schoten_ict.patch.data import msrc, tables
from schoten_ict.patch.data.tables import MONTHS, Release
from schoten_ict.patch.refreshing import read_source

pytestmark = pytest.mark.corpus

Locate = Callable[[str], Path]
TODAY = date(2026, 11, 26)

# What each typo of the sample should come to, read in the rows: (server, build), UBR -> in the data or not.
TYPOS: tuple[tuple[bool, int, int, bool, bool], ...] = (
    (False, 26200, 7982, True, True),  # 25H2 for ARM64 stands as 10.0.26100.7982
    (False, 22621, 5909, False, True),  # 22H2 as 10.0.22631.5909
    (False, 22631, 5335, False, True),  # 23H2 as 10.0.22621.5335
    (False, 19044, 3693, False, True),  # 21H2 as 10.0.19043.3693
    (False, 18363, 2037, False, True),  # 1909 as 10.0.18362.2037
    (True, 19042, 1466, False, True),  # Server 20H2 as 10.0.19043.1466
    (False, 17763, 5285, False, False),  # 1809 with the build of 1607
    (False, 17763, 2274, False, False),  # 1809 with the build of 1909
    (False, 22621, 1098, False, False),  # 22H2 with the builds of 21H2
    (False, 22621, 819, False, False),
    (True, 17763, 3284, False, False),  # KB5012170 is no cumulative update
    (True, 26100, 7392, False, False),  # KB5074204 is a part of the hotpatch with that UBR
    (True, 26100, 7392, True, True),
    (True, 9600, 21075, False, False),  # Security Only
    (True, 9600, 21063, False, True),
    (False, 10240, 19562, False, True),  # KB5019970 has two UBRs, each in 2 rows: the lower
    (False, 10240, 19567, False, False),
)
# The newest of each track in March 2026, read in the rows.
NEWEST = {
    (False, 26100, False): 8037, (False, 26100, True): 7982, (False, 26200, False): 8037, (False, 26200, True): 7982,
    (True, 26100, False): 32522, (True, 26100, True): 32463, (True, 20348, False): 4893, (True, 20348, True): 4830,
    (True, 17763, False): 8511, (False, 17763, False): 8511, (True, 14393, False): 8957, (False, 19045, False): 7058,
    (False, 19044, False): 7058, (False, 22631, False): 6783, (True, 9600, False): 23074,
}  # fmt: skip


def month(text: str) -> str:
    year, name = text.split("-")
    return f"{year}-{MONTHS.index(name) + 1:02}"


@pytest.fixture(scope="session")
def fixes(corpus: Locate) -> list[msrc.Fix]:
    with corpus("patch/msrc/windows_fixedbuild.csv").open(encoding="utf-8", newline="") as stream:
        return [
            msrc.Fix(
                row["product"],
                row["fixedbuild"],
                row["kb"],
                month(row["month"]),
                row["subtype"],
                row["restart"],
            )
            for row in csv.DictReader(stream)
        ]


def test_the_shipped_builds_are_the_samples_cleaned_by_rule_and_by_nothing_else(
    fixes: list[msrc.Fix],
) -> None:
    assert msrc.releases(fixes) == tables.releases(None).table.rows


def test_each_typo_comes_to_what_it_should() -> None:
    known = {(row.server, row.build, row.ubr, row.hotpatch) for row in tables.releases(None).table.rows}
    assert {typo: typo[:4] in known for typo in TYPOS} == {typo: typo[4] for typo in TYPOS}


def test_the_newest_of_each_track_is_that_of_march() -> None:
    newest: dict[tuple[bool, int, bool], Release] = {}
    for row in tables.releases(None).table.rows:
        newest[row.server, row.build, row.hotpatch] = row  # they are in order
    assert {key: newest[key].ubr for key in NEWEST} == NEWEST
    assert {newest[key].month for key in NEWEST} == {"2026-03"}


def test_no_release_came_out_after_a_higher_one() -> None:
    rows = tables.releases(None).table.rows
    for one, other in pairwise(rows):
        if (one.server, one.build) == (other.server, other.build):
            assert one.ubr <= other.ubr
            assert one.month <= other.month


def test_the_shipped_lifecycles_are_all_29_products(corpus: Locate) -> None:
    found = read_source(corpus("patch/endoflife"), TODAY)
    assert found.lifecycle == tables.cycles(None).table
    assert found.skipped == ("product-schema.json",)
    assert len({row.product for row in tables.cycles(None).table.rows}) == 29


def test_the_shipped_catalogue_is_whole(corpus: Locate) -> None:
    found = read_source(corpus("patch/kev/known_exploited_vulnerabilities.csv"), TODAY)
    assert found.exploited == tables.exploited(None).table
    assert len(tables.exploited(None).table.rows) == 1404
