"""Products of endoflife.date, as Markdown and as the answer of its API."""

import json
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IncompleteError
from schoten_ict.patch.data.endoflife import read_json, read_markdown
from schoten_ict.patch.data.tables import Cycle

MARKDOWN = b"""---
title: Debian
permalink: /debian
releaseLabel: "__RELEASE_CYCLE__ (__CODENAME__)"
eoesColumn: Debian LTS
releases:
  - releaseCycle: "12"
    codename: "Bookworm"
    releaseDate: 2023-06-10
    eol: 2026-07-11
    eoes: 2028-06-30
    latest: "12.15"
    latestReleaseDate: 2026-07-11

  - releaseCycle: 3
    releaseLabel: "3 special"
    releaseDate: 2002-07-19
    lts: true
    eoas: true
    eol: false
    link: null
---
> eol: 1999-01-01 in the prose is no fact
"""
DAY = date(2026, 7, 11)
ROWS = (
    Cycle("debian", "Debian", "12", "12 (Bookworm)", False, date(2023, 6, 10), None, date(2026, 7, 11),
          date(2028, 6, 30), "12.15", DAY),
    Cycle("debian", "Debian", "3", "3 special", True, date(2002, 7, 19), True, False, None, "", DAY),
)  # fmt: skip


def answer(**more: Any) -> dict[str, Any]:
    releases = [
        {"name": "12", "codename": "Bookworm", "label": "12 (Bookworm)", "releaseDate": "2023-06-10", "isLts": False,
         "ltsFrom": None, "isEol": True, "eolFrom": "2026-07-11", "isEoes": False, "eoesFrom": "2028-06-30",
         "isMaintained": True, "latest": {"name": "12.15", "date": "2026-07-11", "link": None}, "custom": None},
        {"name": "3", "label": "3 special", "releaseDate": "2002-07-19", "isLts": True, "isEoas": True,
         "eoasFrom": None, "isEol": False, "eolFrom": None, "isMaintained": False, "latest": None},
    ]  # fmt: skip
    return {
        "schema_version": "1.2.0", "generated_at": "2026-11-20T01:02:03+00:00",
        "result": {"name": "debian", "label": "Debian", "aliases": [], "releases": releases},
    } | more  # fmt: skip


def test_a_file_tells_its_cycles_and_is_of_the_day_of_its_newest_release() -> None:
    found = read_markdown(MARKDOWN, "debian.md")
    assert (found.rows, found.as_of, found.licence) == (ROWS, DAY, "MIT")


def test_the_api_says_the_same_as_of_the_day_it_states() -> None:
    found = read_json(json.dumps(answer()).encode(), "debian.json")
    assert found.as_of == date(2026, 11, 20)
    assert [(row.cycle, row.label, row.lts, row.released, row.active, row.security, row.extended, row.latest)
            for row in found.rows] == [
        (row.cycle, row.label, row.lts, row.released, row.active, row.security, row.extended, row.latest)
        for row in ROWS
    ]  # fmt: skip


def test_all_products_of_the_api_are_read_at_once() -> None:
    one = answer()["result"]
    whole = answer(result=[one, one | {"name": "ubuntu", "label": "Ubuntu"}], total=2)
    assert {row.product for row in read_json(json.dumps(whole).encode(), "full").rows} == {"debian", "ubuntu"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (MARKDOWN.replace(b"eol: 2026-07-11", b"eol: soon"), "12: eol is no day: 'soon'"),
        (MARKDOWN.replace(b"eol: 2026-07-11", b"eol: 2026-13-45"), "its front matter is no YAML"),
        (MARKDOWN.replace(b'"12"', b"15.10"), "a release without a releaseCycle that is text: 15.1"),
        (MARKDOWN.replace(b"releaseCycle: 3", b'releaseCycle: "12"'), "a release cycle is in it twice"),
        (MARKDOWN.replace(b"permalink", b"link"), "permalink or releases are missing"),
        (MARKDOWN.replace(b"/debian", b"/../x"), "'../x' is no name of a product"),
        (MARKDOWN.partition(b"---\n>")[0], "its front matter does not end"),
        (b"---\n" + b"[" * 5000 + b"\n---\n", "its front matter is no YAML"),
        (b"---\n" + b"a" * (1 << 20) + b"\n---\n", "at most 1 MiB"),
        (MARKDOWN.replace(b"releases:", b"releases: []\nothers:"), "no release with its day"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(IncompleteError, match=why) as caught:
        read_markdown(content, "debian.md")
    assert caught.value.problems[0].subject == "debian.md"


@pytest.mark.parametrize(
    "broken",
    [
        answer(generated_at=None),
        answer(generated_at="now"),
        answer(result={}),
        answer(result=[]),
        answer(result=None),
    ],
)
def test_a_broken_answer_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(IncompleteError):
        read_json(json.dumps(broken).encode(), "debian.json")


@given(st.binary())
def test_any_bytes_are_refused(content: bytes) -> None:
    for reader in (read_markdown, read_json):
        with pytest.raises(IncompleteError):
            reader(content, "a")


@given(st.data())
def test_a_product_with_any_bytes_in_it_is_read_or_refused(data: st.DataObject) -> None:
    for reader, whole in ((read_markdown, MARKDOWN), (read_json, json.dumps(answer()).encode())):
        at = data.draw(st.integers(0, len(whole)))
        mangled = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 9)) :]
        with suppress(IncompleteError):
            assert reader(mangled, "a").rows
