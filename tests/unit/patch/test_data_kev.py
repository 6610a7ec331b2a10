"""CISA's catalogue, as CSV and as JSON: the same entries, and nothing from half a file."""

import csv
import io
import json
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IncompleteError
from schoten_ict.patch.data.kev import read_csv, read_json
from schoten_ict.patch.data.tables import Exploited

ENTRIES = (
    {"cveID": "CVE-2026-0002", "vendorProject": "A", "product": "B", "vulnerabilityName": "A, B hole",
     "dateAdded": "2026-02-03", "shortDescription": 'it says "no"', "requiredAction": "patch",
     "dueDate": "2026-02-24", "knownRansomwareCampaignUse": "Known", "notes": "", "cwes": "CWE-1"},
    {"cveID": "CVE-2025-123456", "vendorProject": "A", "product": "B", "vulnerabilityName": "Other",
     "dateAdded": "2026-01-05", "shortDescription": "", "requiredAction": "", "dueDate": "",
     "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": ""},
)  # fmt: skip
ROWS = (
    Exploited("CVE-2025-123456", date(2026, 1, 5), None, ransomware=False, name="Other"),
    Exploited("CVE-2026-0002", date(2026, 2, 3), date(2026, 2, 24), ransomware=True, name="A, B hole"),
)


def as_csv(*entries: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ENTRIES[0]))
    writer.writeheader()
    writer.writerows(entries)
    return out.getvalue().encode()


def as_json(*entries: dict[str, str], **more: Any) -> bytes:
    head = {
        "catalogVersion": "2026.02.05",
        "dateReleased": "2026-02-05T17:00:01.0000Z",
        "count": len(entries),
    }
    return json.dumps(head | {"vulnerabilities": list(entries)} | more).encode()


def test_the_csv_is_of_the_day_of_its_newest_entry() -> None:
    found = read_csv(as_csv(*ENTRIES), "kev.csv")
    assert (found.rows, found.as_of, found.licence) == (ROWS, date(2026, 2, 3), "CC0-1.0")


def test_the_json_is_of_the_day_it_states() -> None:
    found = read_json(as_json(*ENTRIES), "kev.json")
    assert (found.rows, found.as_of) == (ROWS, date(2026, 2, 5))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (as_csv(ENTRIES[0] | {"cveID": "GHSA-1"}), "'GHSA-1' is no CVE"),
        (as_csv(ENTRIES[0] | {"dateAdded": ""}), "CVE-2026-0002 has no day"),
        (as_csv(), "no entry is in it"),
        (as_csv(*ENTRIES).rpartition(b",")[0], "a row has not 11 cells"),
        (as_csv(*ENTRIES)[:-95], "no whole CSV|a row has not 11 cells"),
        (as_csv(*ENTRIES).replace(b"dateAdded", b"added"), "column dateAdded is missing"),
    ],
)
def test_a_broken_csv_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(IncompleteError, match=why):
        read_csv(content, "kev.csv")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (as_json(*ENTRIES, count=1404), "it says to have 1404 entries and has 2"),
        (as_json(*ENTRIES, dateReleased="today"), "no whole KEV catalogue"),
        (as_json(*ENTRIES)[:-1], "no whole KEV catalogue"),
        (as_json(), "no entry is in it"),
    ],
)
def test_a_broken_json_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(IncompleteError, match=why):
        read_json(content, "kev.json")


@given(st.binary())
def test_any_bytes_are_refused(content: bytes) -> None:
    for reader in (read_csv, read_json):
        with pytest.raises(IncompleteError):
            reader(content, "a")


@given(st.data())
def test_a_catalogue_with_any_bytes_in_it_is_read_or_refused(data: st.DataObject) -> None:
    for reader, whole in ((read_csv, as_csv(*ENTRIES)), (read_json, as_json(*ENTRIES))):
        at = data.draw(st.integers(0, len(whole)))
        mangled = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 9)) :]
        with suppress(IncompleteError):
            assert reader(mangled, "a").rows
