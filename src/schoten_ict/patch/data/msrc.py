"""Microsoft's security updates (MSRC CVRF 3.0, JSON or XML) to the builds of Windows, cleaned by rule.

The documents of https://api.msrc.microsoft.com/cvrf/v3.0/cvrf/2026-Mar name for each fix the products, the
KB and the build. They are written by hand, and some rows are wrong: `settled` and `releases` say how.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import msgspec

from schoten_ict.formats.refusal import unreadable
from schoten_ict.patch.data.tables import MONTHS, Release, patch_tuesday

SOURCE = "MSRC CVRF API, https://api.msrc.microsoft.com/cvrf/v3.0"
LICENCE = "facts published by Microsoft"
AGAIN = "download it again from https://api.msrc.microsoft.com/cvrf/v3.0/cvrf/YYYY-MMM"

_OWN_BUILD = {
    "Windows 7": 7601, "Windows 8.1": 9600,
    "Windows 10 Version 1507": 10240, "Windows 10 Version 1607": 14393,
    "Windows 10 Version 1703": 15063, "Windows 10 Version 1709": 16299, "Windows 10 Version 1803": 17134,
    "Windows 10 Version 1809": 17763, "Windows 10 Version 1903": 18362, "Windows 10 Version 1909": 18363,
    "Windows 10 Version 2004": 19041, "Windows 10 Version 20H2": 19042, "Windows 10 Version 21H1": 19043,
    "Windows 10 Version 21H2": 19044, "Windows 10 Version 22H2": 19045, "Windows 11 Version 21H2": 22000,
    "Windows 11 Version 22H2": 22621, "Windows 11 Version 23H2": 22631, "Windows 11 Version 24H2": 26100,
    "Windows 11 Version 25H2": 26200, "Windows 11 Version 26H1": 28000, "Windows Server 2008": 6003,
    "Windows Server 2008 R2": 7601, "Windows Server 2012": 9200, "Windows Server 2012 R2": 9600,
    "Windows Server 2016": 14393, "Windows Server 2019": 17763, "Windows Server, Version 20H2": 19042,
    "Windows Server 2022": 20348, "Windows Server 2022, 23H2 Edition": 25398, "Windows Server 2025": 26100,
}  # fmt: skip
"""The build that each Windows has, from Microsoft's release information; others have that of most rows."""
_SIBLINGS = ({18362, 18363}, {19041, 19042, 19043, 19044, 19045}, {22621, 22631}, {26100, 26200})
"""Builds that get the same cumulative updates, so that a UBR of one is the UBR of all."""
_ALIAS = {"Windows 10": "Windows 10 Version 1507", "Windows 11": "Windows 11 Version 21H2"}
_VARIANT = re.compile(
    r"\s+(?:for (?:32-bit|x64-based|ARM64-based|Itanium-Based) Systems|Service Pack \d"
    r"|\(Server Core installation\))",
    re.IGNORECASE,
)
_HOTPATCH = re.compile(r"(?:\s+Azure Edition)?(?:\s+Core)?\s+Hotpatch$", re.IGNORECASE)
_PRODUCT = re.compile(r"Windows (?:7|8\.1|1[0-9] Version \w{4}|Server,? .+)")
_BUILD = re.compile(r"(?:6|10)\.[0-3]\.(\d{4,5})\.(\d{1,6})", re.ASCII)
_KB = re.compile(r"(?:KB)?(\d{6,8})", re.ASCII)
_MONTH = re.compile(rf"(20\d\d)-({'|'.join(MONTHS)})", re.ASCII | re.IGNORECASE)
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_NOT_CUMULATIVE = {"iecumulative", "servicingstackupdate"}
_SECURITY_ONLY, _FIRST_OF_10 = "securityonly", 10240


@dataclass(frozen=True, slots=True)
class Fix:
    """One row as Microsoft has it: `build` is `10.0.17763.8511`, `month` `2026-03`, `cves` what it mends."""

    product: str
    build: str
    kb: str
    month: str
    subtype: str
    restart: str
    cves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One month's document: the last day of which it tells everything, and its rows about Windows."""

    month: str
    as_of: date
    fixes: tuple[Fix, ...]


class _Value(msgspec.Struct):
    value: str | None = msgspec.field(name="Value", default=None)


class _Remediation(msgspec.Struct):
    description: _Value | None = msgspec.field(name="Description", default=None)
    products: list[str] | None = msgspec.field(name="ProductID", default=None)
    restart: _Value | None = msgspec.field(name="RestartRequired", default=None)
    subtype: str | None = msgspec.field(name="SubType", default=None)
    build: str | None = msgspec.field(name="FixedBuild", default=None)


class _Vulnerability(msgspec.Struct):
    cve: str | None = msgspec.field(name="CVE", default=None)
    remediations: list[_Remediation] | None = msgspec.field(name="Remediations", default=None)


class _Product(msgspec.Struct):
    key: str = msgspec.field(name="ProductID")
    name: str = msgspec.field(name="Value")


class _Tree(msgspec.Struct):
    products: list[_Product] = msgspec.field(name="FullProductName")


class _Identification(msgspec.Struct):
    id: _Value = msgspec.field(name="ID")


class _Tracking(msgspec.Struct):
    identification: _Identification = msgspec.field(name="Identification")
    revised: str = msgspec.field(name="CurrentReleaseDate")


class _Cvrf(msgspec.Struct):
    tracking: _Tracking = msgspec.field(name="DocumentTracking")
    tree: _Tree = msgspec.field(name="ProductTree")
    vulnerabilities: list[_Vulnerability] = msgspec.field(name="Vulnerability")


def read_json(content: bytes, name: str) -> Document:
    """A document as JSON. Raises `IncompleteError` (`unreadable`) for anything else."""
    try:
        found = msgspec.json.decode(content, type=_Cvrf)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(name, f"no whole CVRF document: {error}", remedy=AGAIN) from error
    return _document(found, name)


def read_xml(content: bytes, name: str) -> Document:
    """A document as XML (CVRF 1.1), as a browser gets it. Raises like `read_json`."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(content)
        plain = _plain(root)
        found = msgspec.convert(plain, _Cvrf)
    except (ParseError, DefusedXmlException, msgspec.MsgspecError, ValueError, LookupError) as error:
        raise unreadable(name, f"no whole CVRF document: {error}", remedy=AGAIN) from error
    return _document(found, name)


def _plain(root: Any) -> dict[str, Any]:
    """The parts of the XML that count, in the shape of the JSON."""
    tracking = root.find("{*}DocumentTracking")
    if tracking is None:
        raise ValueError("there is no DocumentTracking in it")
    return {
        "DocumentTracking": {
            "Identification": {"ID": {"Value": tracking.findtext("{*}Identification/{*}ID")}},
            "CurrentReleaseDate": tracking.findtext("{*}CurrentReleaseDate"),
        },
        "ProductTree": {
            "FullProductName": [
                {"ProductID": each.get("ProductID"), "Value": each.text}
                for each in root.iterfind("{*}ProductTree/{*}FullProductName")
            ]
        },
        "Vulnerability": [
            {
                "CVE": each.findtext("{*}CVE"),
                "Remediations": [
                    _plain_remediation(fix) for fix in each.iterfind("{*}Remediations/{*}Remediation")
                ],
            }
            for each in root.iterfind("{*}Vulnerability")
        ],
    }


def _plain_remediation(fix: Any) -> dict[str, Any]:
    return {
        "Description": {"Value": fix.findtext("{*}Description")},
        "ProductID": [each.text or "" for each in fix.iterfind("{*}ProductID")],
        "RestartRequired": {"Value": fix.findtext("{*}RestartRequired")},
        "SubType": fix.findtext("{*}SubType"),
        "FixedBuild": fix.findtext("{*}FixedBuild"),
    }


def _document(found: _Cvrf, name: str) -> Document:
    match = _MONTH.fullmatch((found.tracking.identification.id.value or "").strip())
    if match is None:
        raise unreadable(name, "the document does not say of which month it is", remedy=AGAIN)
    month = f"{match[1]}-{MONTHS.index(match[2].title()) + 1:02}"
    try:
        revised = date.fromisoformat(found.tracking.revised[:10])
    except ValueError as error:
        raise unreadable(name, f"its CurrentReleaseDate is no day: {error}", remedy=AGAIN) from error
    fixes = tuple(_fixes(found, month))
    if not any(_read(fix) for fix in fixes):
        raise unreadable(name, "no build of Windows is in it", remedy=AGAIN)
    return Document(month, _told_until(month, revised), fixes)


def _told_until(month: str, revised: date) -> date:
    """A month's document that was written before its Tuesday tells everything of the month before only."""
    tuesday = patch_tuesday(month)
    if revised >= tuesday:
        return tuesday
    year, number = int(month[:4]), int(month[5:])
    before = f"{year}-{number - 1:02}" if number > 1 else f"{year - 1}-12"
    return patch_tuesday(before)


def _fixes(found: _Cvrf, month: str) -> Iterator[Fix]:
    """One row for each product of each remediation; a month repeats these for every vulnerability."""
    names = {each.key: each.name for each in found.tree.products}
    groups: dict[tuple[_Told, tuple[str, ...]], dict[str, None]] = {}
    for each in found.vulnerabilities:
        cve = (each.cve or "").strip().upper()
        for fix in each.remediations or ():
            if fix.build:
                mended = groups.setdefault((_told(fix), tuple(fix.products or ())), {})
                mended.update({cve: None} if _CVE.fullmatch(cve) else {})
    rows: dict[tuple[str, _Told], set[str]] = {}
    for (told, products), cves in groups.items():
        for key in products:
            rows.setdefault((names.get(key, ""), told), set()).update(cves)
    for (name, told), mends in rows.items():
        yield Fix(name, told[0], told[1], month, told[2], told[3], tuple(sorted(mends)))


_Told = tuple[str, str, str, str]


def _told(fix: _Remediation) -> _Told:
    """Build, KB, kind, and whether a restart is needed."""
    kb = fix.description and fix.description.value
    restart = fix.restart and fix.restart.value
    return (fix.build or "").strip(), (kb or "").strip(), fix.subtype or "", (restart or "").strip()


@dataclass(frozen=True, slots=True)
class _Read:
    product: str
    build: int
    ubr: int
    hotpatch: bool
    month: str
    kb: str
    cves: tuple[str, ...]
    aside: bool
    """Perhaps no cumulative update, but one beside it."""

    @property
    def server(self) -> bool:
        return self.product.startswith("Windows Server")


def releases(fixes: Sequence[Fix]) -> tuple[Release, ...]:
    """The cumulative updates among the rows, cleaned by these rules.

    - 32-bit, x64, ARM64 and Server Core share their builds: one row for all;
    - updates that are no cumulative ones go: Internet Explorer, servicing stack, `Security Only` before
      Windows 10. What is called so later (KB5074204), or `Maybe` needs a restart (KB5012170, whose builds are
      not its own), goes where the month has an ordinary one with a higher UBR;
    - a row with the build of a sibling (`10.0.26100` for 25H2) gets the own build, as both have the same
      UBR; one with any other build than its own goes;
    - a KB with two UBRs of one build has that of most rows, else the lower, which proves less.
    """
    read = [each for fix in fixes if (each := _read(fix)) is not None]
    own = _own_builds(read)
    placed = [each for row in read if (each := _placed(row, own[row.product])) is not None]
    ubrs: dict[tuple[bool, int, str, bool], Counter[int]] = defaultdict(Counter)
    for row in placed:
        ubrs[row.server, row.build, row.kb, row.hotpatch][row.ubr] += 1
    chosen = {key: min(count, key=lambda ubr: (-count[ubr], ubr)) for key, count in ubrs.items()}
    kept = [row for row in placed if row.ubr == chosen[row.server, row.build, row.kb, row.hotpatch]]
    return settled(
        Release(row.product, row.server, row.build, row.ubr, row.hotpatch, row.month, row.kb, row.cves)
        for row in _ordinary(kept)
    )


def _ordinary(rows: Sequence[_Read]) -> Iterator[_Read]:
    tops: dict[tuple[bool, int, str], int] = defaultdict(int)
    for row in rows:
        if not row.aside and not row.hotpatch:
            key = (row.server, row.build, row.month)
            tops[key] = max(tops[key], row.ubr)
    return (row for row in rows if not row.aside or row.ubr > tops[row.server, row.build, row.month])


def _read(fix: Fix) -> _Read | None:
    name, is_hotpatch = _product(fix.product)
    build, kb = _BUILD.fullmatch(fix.build), _KB.fullmatch(fix.kb)
    subtype = re.sub(r"[^a-z]", "", fix.subtype.casefold())
    if not _PRODUCT.fullmatch(name) or build is None or kb is None:
        return None
    is_only = subtype == _SECURITY_ONLY
    if subtype in _NOT_CUMULATIVE or (is_only and int(build[1]) < _FIRST_OF_10):
        return None
    hotpatch = is_hotpatch or "hotpatch" in subtype
    aside = is_only or fix.restart.casefold() == "maybe"
    return _Read(name, int(build[1]), int(build[2]), hotpatch, fix.month, f"KB{kb[1]}", fix.cves, aside)


def _product(text: str) -> tuple[str, bool]:
    """The name without what shares its builds, and whether it is that of a hotpatch."""
    name = " ".join(_VARIANT.sub("", text).split()).replace(" version ", " Version ")
    plain = _HOTPATCH.sub("", name)
    return _ALIAS.get(plain, plain), plain != name


def _own_builds(rows: Iterable[_Read]) -> dict[str, int]:
    builds: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        builds[row.product][row.build] += 1
    return {
        name: _OWN_BUILD.get(name) or min(count, key=lambda build: (-count[build], build))
        for name, count in builds.items()
    }


def _placed(row: _Read, own: int) -> _Read | None:
    if row.build == own:
        return row
    if any({row.build, own} <= family for family in _SIBLINGS):
        return replace(row, build=own)
    return None


def settled(rows: Iterable[Release]) -> tuple[Release, ...]:
    """The rows in order, each once, with the first month that any row allows and what all of them mend.

    Builds only grow: one that is lower than another came out in the same month or earlier, however late a
    document names it. An ordinary row with the UBR of a hotpatch, and with a higher one of the same month, is
    a part of that hotpatch (KB5074204).
    """
    groups: dict[tuple[bool, int], list[Release]] = defaultdict(list)
    for row in rows:
        groups[row.server, row.build].append(row)
    return tuple(row for key in sorted(groups) for row in _settled_build(groups[key]))


def _settled_build(rows: list[Release]) -> list[Release]:
    first: dict[tuple[int, bool], Release] = {}
    for row in sorted(rows, key=lambda row: (row.month, row.kb)):
        known = first.setdefault((row.ubr, row.hotpatch), row)
        if row.cves != known.cves:
            both = tuple(sorted({*known.cves, *row.cves}))
            first[row.ubr, row.hotpatch] = msgspec.structs.replace(known, cves=both)
    found, month = list[Release](), "9999-12"
    for row in sorted(first.values(), key=lambda row: (-row.ubr, row.hotpatch)):
        month = min(month, row.month)
        found.append(msgspec.structs.replace(row, month=month))
    found.reverse()
    return [row for row in found if not _is_part(row, found)]


def _is_part(row: Release, among: Sequence[Release]) -> bool:
    if row.hotpatch or not any(each.hotpatch and each.ubr == row.ubr for each in among):
        return False
    return any(not each.hotpatch and each.ubr > row.ubr and each.month == row.month for each in among)
