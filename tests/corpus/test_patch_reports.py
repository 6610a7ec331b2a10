"""Listings of real Windows machines, XP to 11, and answers of package managers, against what a person read."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schoten_ict.core.errors import IncompleteError
from schoten_ict.patch.ask.reports import Report, read

pytestmark = pytest.mark.corpus

Locate = Callable[[str], Path]

FOLDER = "patch/windows-systeminfo"
with Path(__file__).with_name("patch_reports_expected.tsv").open(encoding="utf-8", newline="") as table:
    EXPECTED = {row["file"]: row for row in csv.DictReader(table, delimiter="\t")}
LISTINGS = [name for name, row in EXPECTED.items() if row["kind"] == "systeminfo"]
UPDATES = [name for name, row in EXPECTED.items() if row["kind"] == "updates"]
EMPTY = [name for name, row in EXPECTED.items() if row["kind"] == "empty"]
CUT = [name for name in LISTINGS if EXPECTED[name]["said"] != EXPECTED[name]["listed"]]
ENTRY = re.compile(rb"\n +\[\d+\] ?: (KB\d+)")
LAST = re.compile(rb"\n +\[\d+\] ?: (?:KB\d+|Q\d+|\d{6})")


def content(corpus: Locate, name: str) -> bytes:
    return (corpus(FOLDER) / name).read_bytes()


def report(corpus: Locate, name: str) -> Report:
    return read(content(corpus, name), "report.txt")


def articles(found: bytes) -> set[str]:
    """The articles as they stand in the bytes of a listing: UTF-16 has NULs between."""
    return {each.decode() for each in ENTRY.findall(found.replace(b"\0", b""))}


def test_every_listing_was_read(corpus: Locate) -> None:
    assert set(EXPECTED) == {path.name for path in corpus(FOLDER).iterdir()}
    assert (len(LISTINGS), len(UPDATES), len(EMPTY), len(CUT)) == (32, 2, 1, 4)


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_gives_the_machine_and_its_windows_in_any_language(corpus: Locate, name: str) -> None:
    expected, found = EXPECTED[name], report(corpus, name)
    system = found.facts.system
    assert system is not None
    assert (found.host, system.name, system.edition, system.installation) == (
        expected["host"], expected["product"], expected["edition"], expected["installation"],
    )  # fmt: skip
    assert (str(system.build), system.version or "", system.architecture) == (
        expected["build"], expected["version"], expected["architecture"],
    )  # fmt: skip
    assert (system.family, system.ubr, found.facts.manager) == ("windows", None, "systeminfo")


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_gives_the_articles_that_are_installed_and_no_others(corpus: Locate, name: str) -> None:
    expected = EXPECTED[name]
    inside = articles(content(corpus, name))
    installed = report(corpus, name).facts.installed
    assert installed is not None
    assert set(installed) == inside
    assert len(installed) == len(inside)
    assert {expected["first"], expected["last"]} - {""} <= inside


@pytest.mark.parametrize("name", LISTINGS)
def test_a_list_that_shows_fewer_hotfixes_than_it_counts_says_so(corpus: Locate, name: str) -> None:
    expected = EXPECTED[name]
    said = [each.message for each in report(corpus, name).facts.missing if each.subject == "installed"]
    is_cut = name in CUT
    assert said == ([f"lists {expected['listed']} of {expected['said']} hotfixes"] if is_cut else [])


@pytest.mark.parametrize("name", LISTINGS)
def test_what_systeminfo_does_not_tell_is_named_and_not_guessed(corpus: Locate, name: str) -> None:
    facts = report(corpus, name).facts
    assert (facts.updates, facts.reboot, facts.lists_at, facts.patched_at) == (None,) * 4
    assert {"updates", "reboot", "system"} <= {each.subject for each in facts.missing}


@pytest.mark.parametrize("name", UPDATES)
def test_a_list_of_updates_gives_each_with_its_title_and_no_build(corpus: Locate, name: str) -> None:
    expected, found = EXPECTED[name], report(corpus, name)
    updates = found.facts.updates
    assert updates is not None
    assert [updates[0].key, updates[-1].key] == [expected["first"], expected["last"]]
    assert len(updates) == int(expected["listed"])
    assert all(each.title.endswith(f"({each.key})") and each.security is None for each in updates)
    assert (found.host, found.facts.system, found.facts.installed) == (None, None, None)


COPIED = {
    "apt/apt-get_-s_dist-upgrade.txt": ("apt", 98, 60),
    "apt/apt-get_-s_-t_trixie_dist-upgrade.txt": ("apt", 676, 14),
    "dnf/check_update.txt": ("dnf", 5, 0),
    "dnf/updateinfo_list.txt": ("dnf", 5, 3),
    "zypper/list-patches.txt": ("zypper", 4, 3),
    "zypper/list-updates.txt": ("zypper", 5, 0),
    "zypper/xml-list-patches.txt": ("zypper", 4, 3),
    "zypper/xml-list-updates.txt": ("zypper", 5, 0),
}
"""Answers of package managers: how many updates their own lines count, and how many of them are for security."""
REFUSED = {
    "checkmk/apt_trusty.txt": "does not count what it lists",
    "dnf/updateinfo_list_cves.txt": "lists CVE numbers, not advisories",
    "dnf/updateinfo_list_installed.txt": "is empty",
    "dnf/needsrestart_r.txt": "is no report",
    "zypper/lp-cve.txt": "is no report",
    "zypper/patch-check.txt": "is no report",
    "kev/known_exploited_vulnerabilities.csv": "is no report",
    "windows-update-search/full_run.txt": "is no report",
    "checkmk/windows_updates_failed.txt": "is no report",
}


@pytest.mark.parametrize("name", COPIED)
def test_answers_of_package_managers_give_as_many_updates_as_they_have(corpus: Locate, name: str) -> None:
    facts = read(corpus(f"patch/{name}").read_bytes(), "report.txt").facts
    updates = facts.updates
    assert updates is not None
    assert (facts.manager, len(updates), sum(each.security is True for each in updates)) == COPIED[name]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_report_or_no_whole_one_is_refused(corpus: Locate, name: str) -> None:
    with pytest.raises(IncompleteError, match=REFUSED[name]):
        read(corpus(f"patch/{name}").read_bytes(), "report.txt")


@pytest.mark.parametrize("name", EMPTY)
def test_a_file_with_nothing_in_it_is_refused_whatever_it_is_called(corpus: Locate, name: str) -> None:
    with pytest.raises(IncompleteError, match="is empty"):
        report(corpus, name)


@pytest.mark.parametrize(
    "name", ["10_1809_x64_enterprise_zh-cn_systeminfo.txt", "10_1803_x64_pro_it_systeminfo.txt"]
)
def test_code_pages_of_the_command_line_and_of_powershell_give_the_same(corpus: Locate, name: str) -> None:
    page = "gbk" if "zh-cn" in name else "cp850"
    text = content(corpus, name).decode(page)
    for encoded in (
        text.encode("utf-8-sig"), text.encode("utf-8"), text.encode("utf-16"), text.encode("utf-16-le"),
        text.encode("utf-16-be"), text.replace("\r\n", "\n").encode(page), text.replace("\n", "\r\n").encode(page),
    ):  # fmt: skip
        assert read(encoded, "report.txt") == report(corpus, name)


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_that_was_cut_anywhere_is_never_read_as_whole(corpus: Locate, name: str) -> None:
    whole = content(corpus, name)
    inside = articles(whole)
    narrow = whole.replace(b"\0", b"")
    last = max(found.end() for found in LAST.finditer(narrow)) * (2 if narrow != whole else 1)
    for end in range(2, last - 2, 97 if last > 5000 else 17):
        try:
            facts = read(whole[:end], "report.txt").facts
        except IncompleteError:
            continue
        assert set(facts.installed or ()) <= inside, end
        assert "installed" in {each.subject for each in facts.missing}, end


@pytest.mark.parametrize(
    "name", ["11_24H2_x64_enterprise_systeminfo.txt", "10_1803_x64_pro_it_systeminfo.txt", *UPDATES]
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_listings_are_read_or_refused_with_one_line(
    corpus: Locate, name: str, data: st.DataObject
) -> None:
    mutated = bytearray(content(corpus, name))
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(mutated) - 1))
        stop = data.draw(st.integers(start, min(len(mutated), start + 200)))
        mutated[start:stop] = data.draw(
            st.binary(max_size=20) | st.sampled_from([b"\r\n", b"[01]: ", b"KB", b"\0"])
        )
        if not mutated:
            break
    assert refusal_of(bytes(mutated)) in {None, 1}


def refusal_of(content: bytes) -> int | None:
    """How many lines refuse it; None where it is read."""
    try:
        read(content, "report.txt")
    except IncompleteError as error:
        return sum(len(each.line().splitlines()) for each in error.problems)
    return None
