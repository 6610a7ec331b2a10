"""`ict patch` over weeks: data that is renewed, answers in part, holds, and updates that supersede each other."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cli.test_patch_commands import HOSTS, OPENSSL, SYSTEMINFO, told
from patching import WELL
from running import NOW, Ict
from schoten_ict.core.errors import Problem
from schoten_ict.patch.data import tables
from schoten_ict.patch.data.tables import Release, Table
from schoten_ict.patch.facts import INCOMPLETE, Failure, Hold, PatchFacts, Severity, System, Update

ROWS = (("2026-08", 4500, "KB5000008"), ("2026-09", 4600, "KB5000009"), ("2026-10", 4700, "KB5000010"),
        ("2026-11", 4800, "KB5000011"))  # fmt: skip
TUESDAYS = (date(2026, 8, 11), date(2026, 9, 8), date(2026, 10, 13), date(2026, 11, 10))
BEFORE = System("windows", "Windows Server 2022 Standard", "21H2", "ServerStandard", "Server", 20348, 4400)
REFUSED = Problem("denied", "this Windows refuses the search", "updates", "ask the WSUS server")
PART = Problem(INCOMPLETE, "the search ended with errors: there may be more", "updates", "try again later")


@pytest.fixture
def here(ict: Ict) -> Ict:
    (ict.folder / "inventory.yaml").write_text(HOSTS, encoding="utf-8")
    know(ict, 4)
    return ict


def know(ict: Ict, months: int, cves: tuple[str, ...] = (), unnamed: int = 0) -> None:
    """The data of the workspace knows the first so many releases, and was new on the day of the last one.

    It names what they mend, but for the first `unnamed` ones.
    """
    rows = [
        Release("Windows Server 2022", True, 20348, ubr, False, month, kb, cves if place >= unnamed else ())
        for place, (month, ubr, kb) in enumerate(ROWS)
    ]
    folder = ict.folder / "data" / "patch"
    folder.mkdir(parents=True, exist_ok=True)
    table = Table(TUESDAYS[months - 1], "test", "none", tuple(rows[:months]))
    (folder / "builds.json").write_bytes(tables.content(table))


def at(ubr: int | None, **more: Any) -> PatchFacts:
    """A Windows at a revision that made no search, unless told otherwise."""
    facts = replace(WELL, manager="windows", system=replace(BEFORE, ubr=ubr), updates=None, lists_at=None)
    return replace(facts, **more)


def on(day: date) -> int:
    """A day as days from now."""
    return (day - NOW.date()).days


def scanned(ict: Ict, day: date, facts: PatchFacts, host: str = "srv-b") -> None:
    told(ict, host, facts, on(day))


def searched(ict: Ict, day: date, ubr: int, *found: Update) -> None:
    moment = NOW + timedelta(days=on(day))
    scanned(ict, day, at(ubr, updates=found, lists_at=moment))


def linux(ict: Ict, day: date, *found: Update, **more: Any) -> None:
    facts = replace(WELL, updates=found, lists_at=NOW + timedelta(days=on(day)))
    scanned(ict, day, replace(facts, **more), "srv-a")


def status(ict: Ict, day: date, host: str = "srv-b") -> tuple[str, str]:
    """The verdict on a host on a day, and what is said of its updates."""
    answer = ict("patch", "status", host, "-o", "json", now=NOW + timedelta(days=on(day))).json()
    [said] = [each["summary"] for each in answer["findings"] if each["check"] == "patch.updates"]
    return answer["data"][0]["verdict"], said


def lacks(ict: Ict, day: date, host: str = "srv-b") -> list[tuple[str, str]]:
    """What a host lacks on a day, and since when, as the table of the host has it."""
    found = ict("patch", "host", host, "-o", "json", now=NOW + timedelta(days=on(day))).json()["updates"]
    exported = ict("patch", "export", host, "-o", "json", now=NOW + timedelta(days=on(day))).json()["data"]
    rows = [(row["update"], row["since"]) for row in found]
    assert sorted(rows) == sorted((row["update"], row["since"]) for row in exported)
    return rows


def kept(ict: Ict, day: date) -> list[tuple[str, int, int]]:
    """Month, in time and late, of all classes together."""
    data = ict("patch", "sla", "-o", "json", now=NOW + timedelta(days=on(day))).json()["data"]
    found: dict[str, tuple[int, int]] = {}
    for row in data:
        if row["grade"] != "all":
            met, late = found.get(row["month"], (0, 0))
            found[row["month"]] = met + row["met"], late + row["late"]
    return [(month, *numbers) for month, numbers in found.items()]


def cumulative(month: int, **more: Any) -> Update:
    """What the search told in that month: the newest cumulative update, and no older one."""
    place = month - 8
    plain = Update(
        ROWS[place][2], f"2026-{month:02} Cumulative Update for Microsoft server operating system",
        Severity.IMPORTANT, security=True, published=TUESDAYS[place],
    )  # fmt: skip
    return replace(plain, **more)


def test_a_windows_that_new_data_shows_to_be_below_lacks_an_update_before_it_is_scanned_again(
    here: Ict,
) -> None:
    know(here, 3)
    scanned(here, date(2026, 11, 5), at(4700))
    assert status(here, date(2026, 11, 9)) == (
        "ok", "the monthly security update is there; what else may lack was not asked",
    )  # fmt: skip
    know(here, 4)
    assert lacks(here, date(2026, 11, 12)) == [("KB5000011", "2026-11-10")]
    verdict, said = status(here, date(2026, 12, 11))
    assert (verdict, said) == ("fail", "1 update over the deadline: 1 unrated since 2026-11-10")
    late = here("patch", "missing", "--late", "-o", "json", now=datetime(2026, 12, 11, 17, tzinfo=UTC))
    assert [(row["update"], row["on"], row["late"]) for row in late.json()["data"]] == [
        ("KB5000011", ["srv-b"], 1)
    ]


def test_a_hundred_hosts_of_one_build_count_as_each_of_them(here: Ict) -> None:
    scanned(here, date(2026, 11, 26), at(4600))
    scanned(here, date(2026, 11, 26), at(4600), "srv-new")
    [row] = here("patch", "missing", "-o", "json").json()["data"]
    assert (row["update"], row["hosts"], row["oldest"], row["exploited"]) == (
        "KB5000011", 2, "2026-10-13", None,
    )  # fmt: skip
    assert here("patch", "status", "srv-b", "-o", "json").json()["data"][0]["unrated"] == 1


def test_a_search_that_tells_the_newest_only_does_not_begin_anew_each_month(here: Ict) -> None:
    for month in (8, 9, 10, 11):
        know(here, month - 7)
        for days in (1, 20):
            searched(here, TUESDAYS[month - 8] + timedelta(days), 4400, cumulative(month))
    assert lacks(here, date(2026, 11, 30)) == [("KB5000011", "2026-08-11")]
    assert status(here, date(2026, 11, 30))[0] == "fail"
    assert kept(here, date(2026, 12, 20)) == [("2026-09", 0, 1)]
    searched(here, date(2026, 12, 3), 4800)
    assert lacks(here, date(2026, 12, 3)) == []
    assert kept(here, date(2026, 12, 20)) == [("2026-09", 0, 1)]


def test_nor_does_it_where_the_data_knows_none_of_them(here: Ict) -> None:
    know(here, 1)
    for month in (9, 10):
        searched(here, TUESDAYS[month - 8] + timedelta(3), 4500, cumulative(month))
    assert lacks(here, date(2026, 10, 17)) == [("KB5000010", "2026-09-08")]
    searched(here, date(2026, 11, 13), 4700, cumulative(11))
    assert lacks(here, date(2026, 11, 13)) == [("KB5000011", "2026-11-10")]
    assert kept(here, date(2026, 11, 26)) == [("2026-10", 0, 1)]


def test_an_update_that_both_tell_lacks_since_the_oldest_release_that_was_missed(here: Ict) -> None:
    searched(here, date(2026, 11, 25), 4500, cumulative(11))
    assert lacks(here, date(2026, 11, 26)) == [("KB5000011", "2026-09-08")]
    assert status(here, date(2026, 11, 26)) == (
        "fail", "1 update over the deadline: 1 important since 2026-09-08",
    )  # fmt: skip


def test_a_cumulative_update_that_is_newer_than_the_data_lacks_since_then_as_well(here: Ict) -> None:
    know(here, 3)
    searched(here, date(2026, 11, 25), 4500, cumulative(11))
    assert lacks(here, date(2026, 11, 26)) == [("KB5000010", "2026-09-08"), ("KB5000011", "2026-09-08")]


def test_a_release_that_the_build_lacks_does_not_end_where_a_search_tells_it_no_more(here: Ict) -> None:
    know(here, 3)
    searched(here, date(2026, 10, 15), 4600, cumulative(10))
    searched(here, date(2026, 10, 20), 4600)
    searched(here, date(2026, 11, 25), 4600)
    assert lacks(here, date(2026, 11, 26)) == [("KB5000010", "2026-10-13")]
    assert kept(here, date(2026, 11, 26)) == [("2026-11", 0, 1)]


def test_it_does_so_too_where_data_came_later_that_knows_more(here: Ict) -> None:
    know(here, 1)
    searched(here, date(2026, 11, 25), 4500, replace(cumulative(11), title="Windows Server 2022"))
    assert lacks(here, date(2026, 11, 26)) == [("KB5000011", "2026-11-10")]
    know(here, 4)
    assert lacks(here, date(2026, 11, 26)) == [("KB5000011", "2026-09-08")]
    assert status(here, date(2026, 11, 26))[0] == "fail"


def test_a_security_release_that_the_agent_calls_optional_is_due_and_one_that_somebody_hid_is_told(
    here: Ict,
) -> None:
    searched(here, date(2026, 11, 25), 4500, cumulative(11, hold=Hold.OPTIONAL))
    assert status(here, date(2026, 11, 26))[1] == "1 update over the deadline: 1 unrated since 2026-09-08"
    assert lacks(here, date(2026, 11, 26)) == [("KB5000011", "2026-09-08")]
    searched(here, date(2026, 11, 25), 4500, cumulative(11, hold=Hold.HELD))
    found = here("patch", "status", "srv-b", "-o", "json").json()["findings"]
    assert [each["key"] for each in found if each["check"] == "patch.held"] == ["KB5000011"]
    assert status(here, date(2026, 11, 26)) == ("warn", "nothing lacks but what is held back")


@pytest.mark.parametrize("silent", [at(None), at(None, system=None)], ids=["no UBR", "no system"])
def test_an_answer_that_does_not_tell_the_build_ends_nothing(here: Ict, silent: PatchFacts) -> None:
    scanned(here, date(2026, 11, 24), at(4500))
    scanned(here, date(2026, 11, 25), silent)
    assert status(here, date(2026, 11, 26))[0] == "fail"
    assert lacks(here, date(2026, 11, 26)) == [("KB5000011", "2026-09-08")]
    scanned(here, date(2026, 11, 26), at(None, system=replace(BEFORE, build=26100, ubr=None)))
    assert lacks(here, date(2026, 11, 26)) == []


def test_what_was_never_true_of_a_host_says_nothing_of_its_build(here: Ict) -> None:
    scanned(here, date(2026, 11, 24), at(4500))
    (here.folder / "s.txt").write_text(SYSTEMINFO.replace("17763", "20348"), encoding="utf-8")
    answer = here("patch", "import", "s.txt", "--host", "srv-b", "--replace", "--at", "2026-11-25")
    assert answer.exit == 0, answer.err
    assert lacks(here, date(2026, 11, 26)) == []


def test_a_release_that_a_newer_one_took_the_place_of_was_not_there_in_time(here: Ict) -> None:
    know(here, 3)
    scanned(here, date(2026, 10, 15), at(4600))
    know(here, 4)
    scanned(here, date(2026, 11, 11), at(4600))
    assert kept(here, date(2026, 12, 20)) == [("2026-12", 0, 1), ("2026-11", 0, 1)]
    scanned(here, date(2026, 11, 20), at(4800))
    assert kept(here, date(2026, 12, 20)) == [("2026-12", 1, 0), ("2026-11", 0, 1)]


def test_what_came_and_went_with_a_build_is_told_by_its_newest_release(here: Ict) -> None:
    def changed(day: date) -> list[tuple[str, str]]:
        moment = NOW + timedelta(days=on(day))
        data = here("patch", "diff", "--since", "9d", "-o", "json", now=moment).json()["data"]
        return [(row["change"], row["update"]) for row in data]

    know(here, 1)
    scanned(here, date(2026, 9, 1), at(4400))
    assert changed(date(2026, 9, 2)) == [("new", "KB5000008")]
    know(here, 4)
    scanned(here, date(2026, 11, 20), at(4800))
    assert changed(date(2026, 11, 26)) == [("gone", "KB5000011")]
    assert changed(date(2026, 12, 20)) == []


def test_months_of_which_the_data_has_nothing_are_told_and_are_no_excuse(here: Ict) -> None:
    know(here, 4)
    path = here.folder / "data" / "patch" / "builds.json"
    rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(row for row in rows if "2026-10" not in row or "rows" in row), encoding="utf-8")
    scanned(here, date(2026, 11, 26), at(4600))
    assert lacks(here, date(2026, 11, 26)) == [("KB5000011", "2026-10-13")]
    assert status(here, date(2026, 11, 26))[0] == "fail"
    scanned(here, date(2026, 11, 26), at(4650))
    assert lacks(here, date(2026, 11, 26)) == [("KB5000011", "2026-11-10")]
    assert status(here, date(2026, 11, 26))[0] == "unknown"
    found = here("patch", "data", "status", "-o", "json").json()["findings"]
    assert "nothing of 1 month: 2026-10" in next(
        each["summary"] for each in found if "builds" in each["subject"]
    )


def test_an_update_that_was_taken_off_again_lacks_again(here: Ict) -> None:
    for day, ubr in ((12, 4800), (14, 4700), (16, 4700)):
        scanned(here, date(2026, 11, day), at(ubr))
    assert lacks(here, date(2026, 11, 16)) == [("KB5000011", "2026-11-10")]


@pytest.mark.parametrize("why", [REFUSED, replace(REFUSED, code="failed"), PART])
def test_a_search_that_failed_is_unknown_and_the_build_is_judged_all_the_same(
    here: Ict, why: Problem
) -> None:
    scanned(here, date(2026, 11, 26), at(4800, missing=(why,)))
    verdict, said = status(here, date(2026, 11, 26))
    assert (verdict, said) == ("unknown", f"what it lacks was not told: {why.message}")
    found = here("patch", "status", "srv-b", "-o", "json").json()["findings"]
    assert [each["verdict"] for each in found if each["check"] == "patch.build"] == ["ok"]
    scanned(here, date(2026, 11, 26), at(4500, missing=(why,)))
    assert status(here, date(2026, 11, 26))[0] == "fail"


def test_an_answer_in_part_ends_nothing_that_it_leaves_out(here: Ict) -> None:
    other = Update("KB1111111", "Visual C++", Severity.CRITICAL, security=True, published=date(2026, 11, 25))
    searched(here, date(2026, 11, 24), 4800, other, cumulative(11))
    facts = at(4800, updates=(replace(other, key="KB2"),), lists_at=NOW, missing=(PART,))
    scanned(here, date(2026, 11, 26), facts)
    assert sorted(key for key, _ in lacks(here, date(2026, 11, 26))) == ["KB1111111", "KB2"]
    assert status(here, date(2026, 11, 26))[0] == "unknown"
    scanned(here, date(2026, 11, 26), replace(facts, missing=()))
    assert [key for key, _ in lacks(here, date(2026, 11, 26))] == ["KB2"]


def test_a_hold_stops_no_clock_that_ran_and_meets_no_deadline(here: Ict) -> None:
    linux(here, date(2026, 10, 1), OPENSSL)
    linux(here, date(2026, 10, 20), replace(OPENSSL, hold=Hold.HELD))
    assert kept(here, date(2026, 11, 26)) == []
    linux(here, date(2026, 11, 25), OPENSSL)
    assert lacks(here, date(2026, 11, 26), "srv-a") == [("openssl", "2026-10-01")]
    assert status(here, date(2026, 11, 26), "srv-a")[0] == "fail"
    assert kept(here, date(2026, 11, 26)) == [("2026-10", 0, 1)]


def test_what_was_late_before_it_was_held_back_stays_late(here: Ict) -> None:
    linux(here, date(2026, 9, 1), OPENSSL)
    linux(here, date(2026, 10, 20), replace(OPENSSL, hold=Hold.HELD))
    linux(here, date(2026, 11, 1))
    assert kept(here, date(2026, 11, 26)) == [("2026-10", 0, 1)]


def test_an_install_on_the_way_to_the_version_that_lacks_stops_no_clock(here: Ict) -> None:
    linux(here, date(2026, 10, 1), OPENSSL)
    linux(here, date(2026, 11, 25), replace(OPENSSL, installed="3.0.14"))
    assert lacks(here, date(2026, 11, 26), "srv-a") == [("openssl", "2026-10-01")]
    linux(here, date(2026, 11, 26), replace(OPENSSL, installed="3.0.15", available="3.0.16"))
    assert lacks(here, date(2026, 11, 26), "srv-a") == [("openssl", "2026-11-26")]


ADVISORY = Update(
    "RHSA-2026:7", "openssl", Severity.MODERATE, security=True, available="1:3.0.7-28.el9_4",
    packages=("openssl-1:3.0.7-28.el9_4",), published=date(2026, 11, 20),
)  # fmt: skip
CHECK_UPDATE = b"\nopenssl.x86_64   1:3.0.7-28.el9_4   baseos\n"
RHEL = System("rhel", "Red Hat Enterprise Linux", "9.4")


def brought(ict: Ict, day: date) -> None:
    (ict.folder / "dnf.txt").write_bytes(CHECK_UPDATE)
    answer = ict("patch", "import", "dnf.txt", "--host", "srv-a", "--at", str(day), now=NOW)
    assert answer.exit in {0, 3}, answer.err


def test_a_list_of_packages_ends_no_advisory_and_is_not_all(here: Ict) -> None:
    linux(here, date(2026, 11, 24), ADVISORY, manager="dnf", system=RHEL)
    brought(here, date(2026, 11, 25))
    assert sorted(key for key, _ in lacks(here, date(2026, 11, 26), "srv-a")) == [
        "RHSA-2026:7", "openssl.x86_64",
    ]  # fmt: skip
    verdict, said = status(here, date(2026, 11, 26), "srv-a")
    assert (verdict, "only packages are told" in said) == ("unknown", True)


def test_a_package_goes_on_in_the_advisory_that_names_it(here: Ict) -> None:
    package = Update("openssl.x86_64", "openssl", installed="1:3.0.7-20", available="1:3.0.7-28.el9_4")
    linux(here, date(2026, 10, 1), package, manager="dnf", system=RHEL)
    linux(here, date(2026, 11, 24), ADVISORY, manager="dnf", system=RHEL)
    assert lacks(here, date(2026, 11, 26), "srv-a") == [("RHSA-2026:7", "2026-10-01")]
    assert kept(here, date(2026, 11, 26)) == []


KEV = "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes\n{},M,W,Hole,2026-11-25,x,y,2026-12-01,Known,,\n"


def exploited(ict: Ict, cve: str) -> None:
    (ict.folder / "kev.csv").write_text(KEV.format(cve), encoding="utf-8")
    assert ict("patch", "data", "update", "--from", "kev.csv").exit == 0


def test_what_is_exploited_since_the_last_scan_is_critical_at_once(here: Ict) -> None:
    linux(here, date(2026, 11, 10), replace(OPENSSL, cves=("CVE-2026-1000",)))
    linux(here, date(2026, 11, 25), replace(OPENSSL, cves=("CVE-2026-1000",)))
    assert status(here, date(2026, 11, 26), "srv-a")[0] == "ok"
    exploited(here, "CVE-2026-1000")
    assert status(here, date(2026, 11, 26), "srv-a") == (
        "fail", "1 update over the deadline: 1 critical since 2026-11-10",
    )  # fmt: skip


def test_what_is_exploited_of_a_build_is_known_by_the_vulnerabilities_of_its_releases(here: Ict) -> None:
    know(here, 4, cves=("CVE-2026-1000", "CVE-2026-1001"))
    scanned(here, date(2026, 11, 25), at(4700))
    exploited(here, "CVE-2026-9999")
    [row] = here("patch", "export", "srv-b", "-o", "json").json()["data"]
    assert (row["exploited"], row["grade"]) == (False, "unrated")
    scanned(here, date(2026, 11, 25), at(4600))
    know(here, 4, cves=("CVE-2026-1000", "CVE-2026-1001"), unnamed=3)
    [row] = here("patch", "export", "srv-b", "-o", "json").json()["data"]
    assert row["exploited"] is None, "what one of them mends is not known"
    scanned(here, date(2026, 11, 26), at(4700))
    know(here, 4, cves=("CVE-2026-1000", "CVE-2026-1001"))
    exploited(here, "CVE-2026-1001")
    [row] = here("patch", "export", "srv-b", "-o", "json").json()["data"]
    assert (row["exploited"], row["grade"], row["due"]) == (True, "critical", "2026-11-17")
    assert status(here, date(2026, 11, 26))[0] == "fail"


def test_what_is_accepted_lacks_and_is_said_to(here: Ict) -> None:
    linux(here, date(2026, 11, 26), OPENSSL)
    scanned(here, date(2026, 11, 26), at(4500))
    rule = "exceptions: [{check: patch.update, subject: 'host:*', reason: x, until: 2026-11-26}]\n"
    (here.folder / "inventory.yaml").write_text(HOSTS + rule, encoding="utf-8")
    today, tomorrow = date(2026, 11, 26), date(2026, 11, 27)
    assert status(here, today, "srv-a") == ("ok", "1 lacks and is accepted, nothing else lacks")
    assert status(here, today) == (
        "ok", "the monthly security update lacks and is accepted; what else may lack was not asked",
    )  # fmt: skip
    assert status(here, tomorrow)[0] == "fail"


def test_what_is_held_back_is_accepted_package_by_package(here: Ict) -> None:
    linux(here, date(2026, 11, 26), *(replace(OPENSSL, key=key, hold=Hold.HELD) for key in ("a", "b")))
    rule = "exceptions: [{check: patch.held, subject: 'host:*', key: a, reason: x, until: 2026-12-01}]\n"
    (here.folder / "inventory.yaml").write_text(HOSTS + rule, encoding="utf-8")
    found = here("patch", "status", "srv-a", "-o", "json").json()["findings"]
    accepted = {each["key"]: each["accepted"] is not None for each in found if each["check"] == "patch.held"}
    assert accepted == {"a": True, "b": False}


def test_what_failed_and_is_there_by_a_later_update_is_told_no_more(here: Ict) -> None:
    failed = tuple(Failure(NOW - timedelta(days=20), key, "0x80070643") for key in ("KB5000010", "KB5999999"))
    scanned(here, date(2026, 11, 26), at(4800, failures=failed))
    found = here("patch", "status", "srv-b", "-o", "json").json()["findings"]
    assert [each["key"] for each in found if each["check"] == "patch.failures"] == ["KB5999999"]


def test_a_day_is_that_of_the_workspace(here: Ict) -> None:
    """Half past eleven in the evening in UTC is the next day in Brussels."""
    moment = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    told(here, "srv-a", replace(WELL, updates=(OPENSSL,)), (moment - NOW) / timedelta(days=1))
    assert lacks(here, date(2026, 11, 27), "srv-a") == [("openssl", "2026-11-27")]
