"""CISA's catalogue of exploited vulnerabilities (KEV), its CSV and its JSON.

Format: https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities_schema.json
"""

import csv
import io
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from schoten_ict.formats.delimited import decode
from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.data.tables import Exploited, Table

SOURCE = "CISA KEV catalogue, https://github.com/cisagov/kev-data"
LICENCE = "CC0-1.0"
AGAIN = "download it again from https://www.cisa.gov/known-exploited-vulnerabilities-catalog"
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_COLUMNS = ("cveID", "dateAdded", "dueDate", "vulnerabilityName", "knownRansomwareCampaignUse")
_LONGEST_NAME = 300


class _Catalogue(msgspec.Struct):
    released: str = msgspec.field(name="dateReleased")
    count: int
    vulnerabilities: list[dict[str, Any]]


def read_csv(content: bytes, name: str) -> Table[Exploited]:
    """The CSV; its day is that of the newest entry. Raises `IncompleteError` (`unreadable`)."""
    text, _ = decode(content, name, None)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: list[Exploited] = []
    try:
        missing = [each for each in _COLUMNS if each not in (reader.fieldnames or ())]
        if missing:
            raise unreadable(name, f"its column {missing[0]} is missing", remedy=AGAIN)
        width = len(reader.fieldnames or ())
        for each in reader:
            if None in each or None in each.values():
                raise unreadable(name, f"a row has not {width} cells", remedy=AGAIN, line=reader.line_num)
            rows.append(_row(each, name, reader.line_num))
    except csv.Error as error:
        raise unreadable(name, f"no whole CSV: {error}", remedy=AGAIN, line=reader.line_num) from error
    return _table(rows, None, name)


def read_json(content: bytes, name: str) -> Table[Exploited]:
    """The JSON; its day is the one it states. Raises `IncompleteError` (`unreadable`)."""
    try:
        found = msgspec.json.decode(content, type=_Catalogue)
        released = date.fromisoformat(found.released[:10])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise unreadable(name, f"no whole KEV catalogue: {error}", remedy=AGAIN) from error
    if found.count != len(found.vulnerabilities):
        what = f"it says to have {found.count} entries and has {len(found.vulnerabilities)}"
        raise unreadable(name, what, remedy=AGAIN)
    rows = [_row(each, name, None) for each in found.vulnerabilities]
    return _table(rows, released, name)


def _table(rows: list[Exploited], released: date | None, name: str) -> Table[Exploited]:
    if not rows:
        raise unreadable(name, "no entry is in it", remedy=AGAIN)
    found = {row.cve: row for row in rows}
    newest = released or max(row.added for row in rows)
    return Table(newest, SOURCE, LICENCE, tuple(found[cve] for cve in sorted(found)))


def _row(each: Mapping[str, Any], name: str, line: int | None) -> Exploited:
    """One entry; only the day by which US agencies must act may be absent."""
    told = {column: value.strip() for column in _COLUMNS if isinstance(value := each.get(column), str)}
    cve = told.get("cveID", "")
    if not _CVE.fullmatch(cve):
        raise unreadable(name, f"{cve[:40]!r} is no CVE", remedy=AGAIN, line=line)
    try:
        added = date.fromisoformat(told.get("dateAdded", ""))
        due = date.fromisoformat(told["dueDate"]) if told.get("dueDate") else None
    except ValueError as error:
        raise unreadable(name, f"{cve} has no day: {error}", remedy=AGAIN, line=line) from error
    ransomware = told.get("knownRansomwareCampaignUse", "").casefold() == "known"
    return Exploited(cve, added, due, ransomware, told.get("vulnerabilityName", "")[:_LONGEST_NAME])
