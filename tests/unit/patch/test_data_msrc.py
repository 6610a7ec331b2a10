"""Documents of Microsoft to builds: what is kept of them, which typos are mended, and what is refused."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IncompleteError
from schoten_ict.patch.data.msrc import Document, Fix, read_json, read_xml, releases, settled
from schoten_ict.patch.data.tables import Release

PC, CORE = "Windows 11 Version 25H2 for x64-based Systems", "Windows Server 2022 (Server Core installation)"


def fix(
    product: str,
    build: str,
    kb: str,
    month: str = "2026-03",
    subtype: str = "Security Update",
    restart: str = "Yes",
) -> Fix:
    return Fix(product, build, kb, month, subtype, restart)


def rows(*fixes: Fix) -> list[tuple[str, int, int, bool, str, str]]:
    return [(row.product, row.build, row.ubr, row.hotpatch, row.month, row.kb) for row in releases(fixes)]


def test_architectures_and_server_core_share_one_row() -> None:
    names = ("Windows Server 2016", "Windows Server 2016  (Server Core installation)")
    assert rows(*(fix(name, "10.0.14393.8957", "5078938") for name in names)) == [
        ("Windows Server 2016", 14393, 8957, False, "2026-03", "KB5078938")
    ]
    clients = tuple(
        f"Windows 10 Version 1809 for {each} Systems" for each in ("32-bit", "x64-based", "ARM64-based")
    )
    assert len(rows(*(fix(name, "10.0.17763.8511", "5078752") for name in clients))) == 1


@pytest.mark.parametrize(
    ("name", "product", "build"),
    [
        ("Windows 10 for x64-based Systems", "Windows 10 Version 1507", "10.0.10240.1"),
        ("Windows 11 for ARM64-based Systems", "Windows 11 Version 21H2", "10.0.22000.1"),
        ("Windows 11 version 26H1 for x64-based Systems", "Windows 11 Version 26H1", "10.0.28000.1"),
        ("Windows Server, version 20H2 (Server Core Installation)", "Windows Server, Version 20H2", "10.0.19042.1"),
        ("Windows Server 2022, 23H2 Edition (Server Core installation)", "Windows Server 2022, 23H2 Edition", "10.0.25398.1"),
        ("Windows 7 for 32-bit Systems Service Pack 1", "Windows 7", "6.1.7601.1"),
        ("Windows 8.1 for x64-based systems", "Windows 8.1", "6.3.9600.1"),
    ],
)  # fmt: skip
def test_the_names_of_one_product_are_one(name: str, product: str, build: str) -> None:
    assert [row[0] for row in rows(fix(name, build, "5000001"))] == [product]


def test_the_build_of_a_sibling_is_a_typo_with_the_right_ubr() -> None:
    assert rows(fix(PC, "10.0.26100.7982", "5084597")) == [
        ("Windows 11 Version 25H2", 26200, 7982, False, "2026-03", "KB5084597")
    ]


def test_the_build_of_another_windows_is_no_row() -> None:
    assert rows(fix("Windows 10 Version 1809 for 32-bit Systems", "10.0.14393.5285", "5012170")) == []
    assert rows(fix("Windows 11 Version 22H2 for x64-based Systems", "10.0.22000.1098", "5018418")) == []
    assert rows(fix("Windows Server 2025", "10.0.26200.8037", "5079473")) != [], "26200 is a sibling"


def test_a_product_that_is_not_known_yet_has_the_build_of_most_rows() -> None:
    name = "Windows 11 Version 27H2 for x64-based Systems"
    found = rows(
        fix(name, "10.0.30100.5", "5000001"),
        fix(name, "10.0.30100.9", "5000002"),
        fix(name, "10.0.28000.7", "5000003"),
    )
    assert [row[1:3] for row in found] == [(30100, 5), (30100, 9)]


@pytest.mark.parametrize(
    ("product", "build", "subtype"),
    [
        ("Windows Server 2012", "6.2.9200.1", "IE Cumulative"),
        ("Windows Server 2012 R2", "10.0.0.0", "Monthly Rollup"),
        ("Windows Server 2012", "1.001", "Security Update"),
        ("Windows Server 2012 R2", "6.3.9600.21075", "Security Only"),
        ("Windows RT 8.1", "6.3.9600.20367", "ServicingStackUpdate"),
        ("Windows Malicious Software Removal Tool 64-bit", "5.109.19957.1", "Security Update"),
        ("Microsoft Edge (Chromium-based)", "10.0.17763.1", "Security Update"),
        ("Windows Server 2019", "10.0.17763.99999999", "Security Update"),
    ],
)
def test_what_is_no_cumulative_update_of_windows_is_no_row(product: str, build: str, subtype: str) -> None:
    assert rows(fix(product, build, "5000001", subtype=subtype)) == []


def test_an_update_without_the_number_of_a_kb_is_no_row() -> None:
    assert rows(fix("Windows Server 2019", "10.0.17763.1", "Release Notes")) == []


@pytest.mark.parametrize(("subtype", "restart"), [("Security Update", "Maybe"), ("Security Only", "Yes")])
def test_what_may_be_beside_the_cumulative_update_goes_only_where_that_one_is_told(
    subtype: str, restart: str
) -> None:
    beside = fix("Windows Server 2019", "10.0.17763.3284", "5012170", subtype=subtype, restart=restart)
    ordinary = fix("Windows Server 2019", "10.0.17763.3287", "5016623")
    assert [row[2] for row in rows(beside, ordinary)] == [3287]
    assert [row[2] for row in rows(beside)] == [3284], "else the newest could be lost"


@pytest.mark.parametrize(
    "subtype", ["Security Hotpatch Update", "SecurityHotpatchUpdate", "Azure Hotpatch", "AzureHotpatch"]
)
def test_every_spelling_of_a_hotpatch_is_one(subtype: str) -> None:
    assert rows(fix(PC, "10.0.26200.7979", "5079420", subtype=subtype))[0][3]


def test_the_product_of_a_hotpatch_makes_it_one() -> None:
    assert rows(fix("Windows Server 2022 Azure Edition Core Hotpatch", "10.0.20348.525", "5010456")) == [
        ("Windows Server 2022", 20348, 525, True, "2026-03", "KB5010456")
    ]


def test_an_ordinary_row_with_the_ubr_of_a_hotpatch_is_a_part_of_it_unless_it_is_the_newest() -> None:
    hot = fix(CORE, "10.0.20348.4467", "5071413", subtype="Security Hotpatch Update")
    same, higher = fix(CORE, "10.0.20348.4467", "5074353"), fix(CORE, "10.0.20348.4529", "5071547")
    assert [row[2:4] for row in rows(hot, same, higher)] == [(4467, True), (4529, False)]
    assert [row[2:4] for row in rows(hot, same)] == [(4467, True), (4467, False)]


def test_a_kb_with_two_ubrs_has_that_of_most_rows_and_else_the_lower() -> None:
    two = [fix(f"Windows 10 for {each} Systems", build, "5019970") for each, build in
           (("32-bit", "10.0.10240.19567"), ("x64-based", "10.0.10240.19562"))]  # fmt: skip
    assert [row[2] for row in rows(*two)] == [19562]
    third = fix("Windows 10 Version 1507 for x64-based Systems", "10.0.10240.19567", "5019970")
    assert [row[2] for row in rows(*two, third)] == [19567]


def test_a_build_that_a_late_document_names_came_out_no_later_than_a_higher_one() -> None:
    found = rows(
        fix("Windows Server 2019", "10.0.17763.3887", "5022286", "2023-04"),
        fix("Windows Server 2019", "10.0.17763.4010", "5022840", "2023-02"),
        fix("Windows Server 2019", "10.0.17763.4252", "5025229", "2023-04"),
    )
    assert [(row[2], row[4]) for row in found] == [(3887, "2023-02"), (4010, "2023-02"), (4252, "2023-04")]


def test_the_first_month_that_names_a_build_counts() -> None:
    found = rows(
        *(fix("Windows Server 2019", "10.0.17763.8027", "5068791", month) for month in ("2025-12", "2025-11"))
    )
    assert [row[4] for row in found] == ["2025-11"]


a_release = st.builds(
    Release, st.just("Windows Server 2022"), st.just(True), st.sampled_from([20348, 20349]), st.integers(0, 9),
    st.booleans(), st.sampled_from([f"2026-{month:02}" for month in range(1, 13)]), st.just("KB5000000"),
)  # fmt: skip


@given(st.lists(a_release, max_size=12))
def test_settling_keeps_the_newest_of_each_build_orders_months_and_is_settled(
    found: Sequence[Release],
) -> None:
    once = settled(found)
    assert settled(once) == once
    for build in {row.build for row in found}:
        for hot in (True, False):
            had = [row.ubr for row in found if (row.build, row.hotpatch) == (build, hot)]
            kept = [row for row in once if (row.build, row.hotpatch) == (build, hot)]
            assert max(had, default=None) == max((row.ubr for row in kept), default=None)
            assert [row.month for row in kept] == sorted(row.month for row in kept)


def document(month: str = "2026-Mar", revised: str = "2026-03-20T07:00:00", **more: Any) -> dict[str, Any]:
    remedies = [
        {"Type": 2, "Description": {"Value": "5078752"}, "ProductID": ["1", "2"], "SubType": "Security Update",
         "RestartRequired": {"Value": "Yes"}, "FixedBuild": "10.0.17763.8511", "Supercedence": "5075904"},
        {"Type": 2, "Description": {"Value": "Release Notes"}, "ProductID": ["9"], "FixedBuild": "145.0.1"},
        {"Type": 6, "Description": None, "ProductID": None, "SubType": None, "FixedBuild": None},
        {"Type": 3, "ProductID": ["1"]},
    ]  # fmt: skip
    return {
        "DocumentTitle": {"Value": "Security Updates"},
        "DocumentTracking": {"Identification": {"ID": {"Value": month}}, "CurrentReleaseDate": revised},
        "ProductTree": {
            "FullProductName": [
                {"ProductID": "1", "CPE": "x", "Value": "Windows 10 Version 1809 for 32-bit Systems"},
                {"ProductID": "2", "Value": "Windows Server 2019"},
                {"ProductID": "9", "Value": "Microsoft Edge (Chromium-based)"},
            ]
        },
        "Vulnerability": [{"CVE": "CVE-2026-1000", "Remediations": remedies}, {"CVE": "CVE-2026-2"}],
    } | more


def read(found: dict[str, Any]) -> Document:
    return read_json(json.dumps(found).encode(), "2026-Mar.json")


def test_a_document_tells_its_month_and_its_rows_about_windows() -> None:
    found = read(document())
    assert (found.month, found.as_of) == ("2026-03", date(2026, 3, 10))
    assert [(row.product, row.build, row.ubr, row.kb) for row in releases(found.fixes)] == [
        ("Windows 10 Version 1809", 17763, 8511, "KB5078752"),
        ("Windows Server 2019", 17763, 8511, "KB5078752"),
    ]


@pytest.mark.parametrize(
    ("month", "revised", "as_of"),
    [("2026-Mar", "2026-03-09", date(2026, 2, 10)), ("2026-Jan", "2026-01-05", date(2025, 12, 9)),
     ("2026-Mar", "2026-03-10T07:00:00Z", date(2026, 3, 10))],
)  # fmt: skip
def test_a_document_of_before_its_tuesday_tells_everything_of_the_month_before_only(
    month: str, revised: str, as_of: date
) -> None:
    assert read(document(month, revised)).as_of == as_of


XML = """<?xml version="1.0" encoding="utf-8"?>
<cvrf:cvrfdoc xmlns:cvrf="http://www.icasi.org/CVRF/schema/cvrf/1.1" xmlns:prod="http://www.icasi.org/CVRF/schema/prod/1.1"
 xmlns:vuln="http://www.icasi.org/CVRF/schema/vuln/1.1">
<cvrf:DocumentTracking><cvrf:Identification><cvrf:ID>2026-Mar</cvrf:ID></cvrf:Identification>
<cvrf:CurrentReleaseDate>2026-03-20T07:00:00</cvrf:CurrentReleaseDate></cvrf:DocumentTracking>
<prod:ProductTree><prod:Branch Type="Vendor" Name="Microsoft"><prod:FullProductName ProductID="2">Windows Server 2019</prod:FullProductName></prod:Branch>
<prod:FullProductName ProductID="1">Windows 10 Version 1809 for 32-bit Systems</prod:FullProductName>
<prod:FullProductName ProductID="2">Windows Server 2019</prod:FullProductName></prod:ProductTree>
<vuln:Vulnerability Ordinal="1"><vuln:CVE>CVE-2026-1000</vuln:CVE><vuln:Remediations><vuln:Remediation Type="Vendor Fix">
<vuln:Description>5078752</vuln:Description><vuln:URL/><vuln:ProductID>1</vuln:ProductID><vuln:ProductID>2</vuln:ProductID>
<vuln:RestartRequired>Yes</vuln:RestartRequired><vuln:SubType>Security Update</vuln:SubType>
<vuln:FixedBuild>10.0.17763.8511</vuln:FixedBuild></vuln:Remediation></vuln:Remediations></vuln:Vulnerability>
</cvrf:cvrfdoc>"""


def test_an_update_mends_what_every_vulnerability_says_that_names_it() -> None:
    plain = document()
    [first, _] = plain["Vulnerability"]
    more = [first, first | {"CVE": "cve-2026-2000 "}, first | {"CVE": "ADV260001"}, {"Remediations": []}]
    found = releases(read(plain | {"Vulnerability": more}).fixes)
    assert {row.cves for row in found} == {("CVE-2026-1000", "CVE-2026-2000")}
    assert {row.cves for row in releases(read_xml(XML.encode(), "2026-Mar").fixes)} == {("CVE-2026-1000",)}


def test_rows_of_one_release_mend_together_what_each_of_them_mends() -> None:
    one = Release("Windows Server 2022", True, 20348, 4800, False, "2026-03", "KB1", ("CVE-2026-1000",))
    other = Release("Windows Server 2022", True, 20348, 4800, False, "2026-04", "KB1", ("CVE-2026-0999",))
    bare = Release("Windows Server 2022", True, 20348, 4800, False, "2026-04", "KB1")
    [row] = settled([other, bare, one])
    assert (row.month, row.cves) == ("2026-03", ("CVE-2026-0999", "CVE-2026-1000"))


def test_the_xml_says_what_the_json_says() -> None:
    ours = [each for each in read(document()).fixes if each.product.startswith("Windows")]
    assert read_xml(XML.encode(), "2026-Mar") == Document("2026-03", date(2026, 3, 10), tuple(ours))


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (document() | {"ProductTree": {}}, "missing required field `FullProductName`"),
        (document("March"), "does not say of which month"),
        (document(revised="soon"), "CurrentReleaseDate is no day"),
        (document() | {"Vulnerability": []}, "no build of Windows is in it"),
        (document() | {"Vulnerability": "none"}, "Expected `array`"),
    ],
)
def test_a_broken_document_is_refused_with_the_reason(broken: dict[str, Any], why: str) -> None:
    with pytest.raises(IncompleteError, match=why) as caught:
        read(broken)
    assert caught.value.problems[0].subject == "2026-Mar.json"


def test_a_document_that_breaks_off_is_refused() -> None:
    with pytest.raises(IncompleteError, match="no whole CVRF document"):
        read_json(json.dumps(document()).encode()[:-9], "a.json")
    with pytest.raises(IncompleteError, match="no whole CVRF document"):
        read_xml(XML.encode()[:-9], "a.xml")


def test_entities_are_not_followed() -> None:
    bomb = XML.replace("<cvrf:cvrfdoc", '<!DOCTYPE x [<!ENTITY a "aaaa">]><cvrf:cvrfdoc', 1).replace(
        ">5078752<", ">&a;<"
    )
    with pytest.raises(IncompleteError, match="no whole CVRF document"):
        read_xml(bomb.encode(), "a.xml")


@given(st.binary())
def test_any_bytes_are_refused_in_one_line(content: bytes) -> None:
    for reader in (read_json, read_xml):
        with pytest.raises(IncompleteError) as caught:
            reader(content, "a")
        assert "\n" not in caught.value.problems[0].line()


@given(st.data())
def test_a_document_with_any_bytes_in_it_is_read_or_refused(data: st.DataObject) -> None:
    for reader, whole in ((read_json, json.dumps(document()).encode()), (read_xml, XML.encode())):
        at = data.draw(st.integers(0, len(whole)))
        mangled = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 9)) :]
        with suppress(IncompleteError):
            releases(reader(mangled, "a").fixes)
