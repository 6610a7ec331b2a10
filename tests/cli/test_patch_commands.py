"""`ict patch` on a store that scans have filled."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cli.test_json_keys import require_pinned_keys
from patching import WELL
from running import NOW, Answer, Ict
from schoten_ict.core.errors import Problem
from schoten_ict.core.guard import AccountGuard
from schoten_ict.inventory import load
from schoten_ict.patch import scanning
from schoten_ict.patch.desk import Desk
from schoten_ict.patch.facts import Hold, PatchFacts, Reboot, Severity, System, Update
from schoten_ict.patch.records import scans
from schoten_ict.reach import InventoryReach
from schoten_ict.store import Store, observations
from schoten_ict.store.refusals import StoredRefusals

HOSTS = """\
organisation: {name: Proef}
credentials: {linux: {kind: ssh, user: x, key: "file:k"}, win: {kind: winrm, user: x, password: "file:p"}}
groups:
  - {name: linux, connect: {ssh: {credential: linux}}}
  - {name: windows, connect: {winrm: {credential: win}}}
hosts:
  - {name: srv-a, address: 127.0.0.2, groups: [linux], kind: server}
  - {name: srv-b, address: 127.0.0.3, groups: [windows], kind: server}
  - {name: srv-new, address: 127.0.0.4, groups: [linux]}
  - {name: sw-1, address: 127.0.0.5, kind: switch}
patch:
  groups: [{groups: [windows], windows: [{days: [thu], from: "19:00", until: "23:00"}]}]
  firmware: [{model: "C9300*", approved: "17.9.5"}]
"""
DEBIAN = System("debian", "Debian GNU/Linux 12", "12", kernel="6.1.0-30-amd64")
OPENSSL = Update("openssl", "openssl 3.0.15", security=True, installed="3.0.11", available="3.0.15")
HELD = Update("docker-ce", "docker-ce 27", security=True, hold=Hold.HELD)
KB = Update(
    "KB5034123", "2026-11 cumulative update", Severity.CRITICAL, security=True, cves=("CVE-2026-1000",),
    published=date(2026, 11, 10), restart=True,
)  # fmt: skip


@pytest.fixture
def known(ict: Ict) -> Ict:
    """A Debian that is in time, a Windows that is late and waits for a restart, and one never asked."""
    (ict.folder / "inventory.yaml").write_text(HOSTS, encoding="utf-8")
    told(ict, "srv-a", replace(WELL, system=DEBIAN, updates=(OPENSSL, HELD), lists_at=NOW))
    windows = replace(
        WELL, manager="windows", updates=(KB,), reboot=Reboot(needed=True, reasons=("Windows Update",))
    )
    told(ict, "srv-b", windows)
    return ict


def desk(ict: Ict, store: Store) -> Desk:
    inventory = load(ict.folder)
    reach = InventoryReach(inventory, AccountGuard(StoredRefusals(store)), ())
    return Desk(inventory, store, reach, store.now, inventory.zone)


def told(ict: Ict, host: str, facts: PatchFacts, days: float = 0) -> None:
    """A scan of some days ago (or ahead)."""
    now = NOW + timedelta(days=days)
    with Store(ict.folder / "data", "jan", now) as store, store.transaction() as change:
        here = desk(ict, store)
        scanning.keep_facts(here, change, host, "ssh", facts, now)
        scanning.judged(here, change, host)


def rows(answer: Answer) -> dict[str, dict[str, object]]:
    return {row["host"]: row for row in answer.json()["data"]}


def test_status_shows_every_host_that_can_be_asked_the_worst_first(known: Ict) -> None:
    answer = known("patch", "status", "-o", "json")
    assert answer.exit == 4
    found = rows(answer)
    assert [(name, row["verdict"]) for name, row in found.items()] == [
        ("srv-b", "fail"), ("srv-a", "warn"), ("srv-new", "unknown"),
    ]  # fmt: skip
    late = found["srv-b"]
    assert (late["critical"], late["late"], late["oldest_days"], late["reboot"]) == (1, 1, 16, True)
    assert (found["srv-new"]["critical"], found["srv-new"]["scanned_at"]) == (None, None)
    assert "never scanned" in str(found["srv-new"]["told"])


def test_only_what_is_named_is_judged(known: Ict) -> None:
    told(known, "srv-a", replace(WELL, lists_at=NOW))
    assert known("patch", "status", "srv-a").exit == 0
    assert known("patch", "status", "srv-b").exit == 4
    assert known("patch", "status", "srv-new").exit == 3
    assert known("patch", "status", "srv-x").exit == 5
    assert known("patch", "status", "sw-1").exit == 3


def test_an_answer_of_long_ago_is_unknown_and_what_was_late_stays_late(known: Ict) -> None:
    told(known, "srv-a", replace(WELL, lists_at=NOW))
    later = known("patch", "status", "-o", "json", now=NOW + timedelta(days=9))
    found = rows(later)
    assert found["srv-a"]["verdict"] == "unknown"
    assert found["srv-b"]["verdict"] == "fail"


def test_an_exception_accepts_one_update_until_its_day(known: Ict) -> None:
    rule = "exceptions: [{check: patch.update, subject: host:srv-b, key: KB5034123, reason: leverancier, until: 2026-12-01}]\n"
    (known.folder / "inventory.yaml").write_text(HOSTS + rule, encoding="utf-8")
    assert known("patch", "status", "srv-b").exit == 0
    assert known("patch", "status", "srv-b", now=NOW + timedelta(days=6)).exit == 4


def test_a_try_that_failed_is_told(known: Ict) -> None:
    with Store(known.folder / "data", "jan", NOW) as store, store.transaction() as change:
        scans.failed(change, "srv-a", "ssh", Problem("unreachable", "no route to host"))
    found = rows(known("patch", "status", "srv-a", "-o", "json"))["srv-a"]
    assert found["verdict"] == "warn"
    assert "scanned unknown" in str(found["told"])


def test_a_person_reads_one_line_of_what_is_late_on_a_host_and_a_program_each(known: Ict) -> None:
    many = tuple(replace(KB, key=f"KB503{number}", title="x") for number in range(5000, 5040))
    told(known, "srv-b", replace(WELL, manager="windows", updates=many))
    rule = "exceptions: [{check: patch.update, subject: host:srv-b, key: KB5035001, reason: x, until: 2026-12-01}]\n"
    (known.folder / "inventory.yaml").write_text(HOSTS + rule, encoding="utf-8")
    quiet = known("patch", "status", "srv-b", "-q", "-o", "table")
    assert (quiet.exit, "39 updates over the deadline" in quiet.out) == (4, True)
    assert "KB5035002" not in quiet.out
    assert "KB5035002" in known("patch", "status", "srv-b", "-q", "-v", "-o", "table").out
    shown = known("patch", "status", "srv-b", "-o", "table").out
    assert ("KB5035001" in shown, "accepted" in shown) == (True, True)
    found = known("patch", "status", "srv-b", "-o", "json").json()["findings"]
    assert sum(each["check"] == "patch.update" for each in found) == 40


@pytest.mark.parametrize(("cves", "expected"), [((), None), (("CVE-2026-1000",), False)])
def test_whether_it_is_exploited_is_only_known_where_cves_are_told_and_the_catalogue_is_of_late(
    known: Ict, cves: tuple[str, ...], expected: bool | None
) -> None:
    told(known, "srv-a", replace(WELL, updates=(replace(OPENSSL, cves=cves),)))

    def said() -> list[object]:
        found = [
            known("patch", "missing", "srv-a", "-o", "json").json()["data"],
            known("patch", "export", "srv-a", "-o", "json").json()["data"],
            known("patch", "host", "srv-a", "-o", "json").json()["updates"],
        ]
        return [row["exploited"] for [row] in found]

    assert said() == [None, None, None]
    catalogue = "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes\nCVE-2026-9999,M,W,Hole,2026-11-20,x,y,2026-12-01,Known,,\n"
    (known.folder / "kev.csv").write_text(catalogue, encoding="utf-8")
    assert known("patch", "data", "update", "--from", "kev.csv").exit == 0
    assert said() == [expected] * 3


def test_missing_turns_it_round(known: Ict) -> None:
    told(known, "srv-new", replace(WELL, updates=(OPENSSL,)))
    data = known("patch", "missing", "-o", "json").json()["data"]
    assert [(row["update"], row["hosts"], row["late"], row["on"]) for row in data] == [
        ("KB5034123", 1, 1, ["srv-b"]),
        ("openssl", 2, 0, ["srv-a", "srv-new"]),
    ]
    assert [row["update"] for row in known("patch", "missing", "--late", "-o", "json").json()["data"]] == [
        "KB5034123"
    ]
    for option in ("--grade", "--class"):
        chosen = known("patch", "missing", option, "unrated", "-o", "json").json()["data"]
        assert [(row["update"], row["where"]) for row in chosen] == [("openssl", "srv-a +1")]


def test_reboot_lists_who_waits_with_the_window_and_who_is_not_known(known: Ict) -> None:
    data = known("patch", "reboot", "-o", "json").json()["data"]
    assert [(row["host"], row["since"], row["due"], row["windows"]) for row in data] == [
        ("srv-new", None, None, []),
        ("srv-b", "2026-11-26", "2026-12-03", ["thu 19:00-23:00"]),
    ]


def test_host_shows_what_lacks_what_is_held_and_what_was_told(known: Ict) -> None:
    answer = known("patch", "host", "srv-a", "-o", "json")
    tables = answer.json()
    assert [(row["update"], row["due"], row["hold"]) for row in tables["updates"]] == [
        ("openssl", "2026-12-26", None),
        ("docker-ce", None, "held"),
    ]
    facts = {row["fact"]: row["value"] for row in tables["facts"]}
    assert (facts["system"], facts["lists of"]) == ("Debian GNU/Linux 12 12", "2026-11-26 18:05")
    assert "\\[\\]" not in known("patch", "reboot", "-o", "markdown").out
    never = known("patch", "host", "srv-new")
    assert (never.exit, "never scanned" in never.out) == (3, True)
    silent = known("patch", "host", "sw-1")
    assert (silent.exit, "sw-1 declares no ssh, winrm or local" in silent.err) == (5, True)


def test_a_build_that_is_below_is_an_update_that_lacks_since_the_oldest_release_it_missed(known: Ict) -> None:
    system = System(
        "windows", "Windows Server 2022 Standard", "21H2", "ServerStandard", "Server", 20348, 4000
    )
    told(known, "srv-b", replace(WELL, manager="windows", system=system, updates=None))
    [row] = built(known, NOW)
    assert (row["source"], row["installed"], row["grade"]) == ("build", "20348.4000", "unrated")
    assert row["since"] < "2026-03-01"
    now_well = replace(system, ubr=99999)
    told(known, "srv-b", replace(WELL, manager="windows", system=now_well, updates=None), days=1)
    assert built(known, NOW + timedelta(days=1)) == []


def built(ict: Ict, now: datetime) -> list[dict[str, str]]:
    """What the build of srv-b says that it lacks."""
    found = ict("patch", "host", "srv-b", "-o", "json", now=now).json()["updates"]
    return [row for row in found if row["source"] == "build"]


def test_what_is_exploited_is_critical(known: Ict) -> None:
    told(known, "srv-a", replace(WELL, updates=(replace(OPENSSL, cves=("CVE-2025-48384",)),)))
    [row] = known("patch", "export", "srv-a", "-o", "json").json()["data"]
    assert (row["exploited"], row["grade"], row["due"]) == (True, "critical", "2026-12-03")


def test_diff_tells_what_came_and_went(known: Ict) -> None:
    told(known, "srv-b", WELL, days=3)
    answer = known("patch", "diff", "--since", "2d", "-o", "json", now=NOW + timedelta(days=3))
    assert [(row["host"], row["change"], row["update"]) for row in answer.json()["data"]] == [
        ("srv-b", "gone", "KB5034123")
    ]
    assert known("patch", "diff", "--since", "yesterday").exit == 2


def test_sla_counts_what_was_due(known: Ict) -> None:
    told(known, "srv-b", WELL, days=1)
    answer = known("patch", "sla", "-o", "json", now=NOW + timedelta(days=1)).json()
    assert [
        (row["month"], row["grade"], row["due"], row["late"], row["share"]) for row in answer["data"]
    ] == [("2026-11", "critical", 1, 1, 0.0)]
    assert [(row["month"], row["due"], row["share"]) for row in answer["all_grades"]] == [("2026-11", 1, 0.0)]


def test_sla_counts_what_was_there_in_a_month_before_the_one_in_which_it_was_due(known: Ict) -> None:
    told(known, "srv-a", WELL, days=1)
    assert (
        known("patch", "sla", "--months", "1", "-o", "json", now=NOW + timedelta(days=1)).json()["data"] != []
    )
    later = datetime(2026, 12, 28, 12, tzinfo=UTC)
    data = known("patch", "sla", "srv-a", "--months", "1", "-o", "json", now=later).json()["data"]
    assert [(row["month"], row["grade"], row["due"], row["met"]) for row in data] == [
        ("2026-12", "unrated", 1, 1),
    ]


def test_export_has_a_row_for_each_host_and_update(known: Ict) -> None:
    answer = known("patch", "export", "-o", "csv")
    lines = answer.out.splitlines()
    assert len(lines) == 4
    assert any(line.startswith("srv-b,KB5034123,critical,") for line in lines)


def test_firmware_is_compared_with_what_is_approved(known: Ict) -> None:
    identity = {"model": "C9300-48P", "os_version": "17.9.4"}
    with Store(known.folder / "data", "jan", NOW) as store, store.transaction() as change:
        observations.observe(change, "host:sw-1", "host.identity", "snmp", identity)
    answer = known("patch", "firmware", "-o", "json")
    assert answer.exit == 4
    [row] = answer.json()["data"]
    assert (row["host"], row["version"], row["approved"], row["verdict"]) == (
        "sw-1",
        "17.9.4",
        "17.9.5",
        "fail",
    )
    assert known("patch", "firmware", now=NOW + timedelta(days=9)).exit == 3


SYSTEMINFO = """
Host Name:                 SRV-B
OS Name:                   Microsoft Windows Server 2019 Standard
OS Version:                10.0.17763 N/A Build 17763
OS Manufacturer:           Microsoft Corporation
OS Configuration:          Member Server
OS Build Type:             Multiprocessor Free
Registered Owner:          Windows User
System Manufacturer:       Dell Inc.
System Type:               x64-based PC
Hotfix(s):                 2 Hotfix(s) Installed.
                           [01]: KB4480116
                           [02]: KB4476976
Network Card(s):           1 NIC(s) Installed.
                           [01]: Intel
"""


def report(ict: Ict, name: str = "kassa.txt", days: int = 1) -> Path:
    """A report that was written so many days after the scans."""
    path = ict.folder / name
    path.write_text(SYSTEMINFO, encoding="utf-8")
    moment = (NOW + timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_a_report_by_hand_is_of_the_host_that_it_states(known: Ict) -> None:
    now = NOW + timedelta(days=2)
    answer = known("patch", "import", report(known), "-o", "json", now=now)
    [row] = answer.json()["data"]
    assert (answer.exit, row["host"], row["build"], row["kbs"]) == (
        0,
        "srv-b",
        17763,
        ["KB4476976", "KB4480116"],
    )
    assert row["at"] == "2026-11-27T17:05:00Z"
    found = known("patch", "host", "srv-b", "-o", "json", now=now).json()["data"][0]
    assert (found["source"], found["scanned_at"]) == ("report", "2026-11-27T17:05:00Z")
    require_pinned_keys(answer.json())


def test_a_report_is_refused_where_it_is_old_of_another_host_or_none(known: Ict) -> None:
    now = NOW + timedelta(days=2)
    old = known("patch", "import", report(known, days=-3), now=now)
    assert (old.exit, "srv-b told something newer on 2026-11-26 over ssh" in old.err) == (6, True)
    other = known("patch", "import", report(known), "--host", "srv-a", now=now)
    assert (other.exit, "it is of SRV-B, not of srv-a" in other.err) == (6, True)
    (known.folder / "brief.txt").write_text("Beste collega,\n", encoding="utf-8")
    letter = known("patch", "import", "brief.txt", "--host", "srv-a", now=now)
    assert (letter.exit, "is no report that ict knows" in letter.err) == (3, True)
    absent = known("patch", "import", "weg.txt", now=now)
    assert (absent.exit, "weg.txt: No such file" in absent.err) == (5, True)
    nobody = known("patch", "import", report(known), "--host", "h99", now=now)
    assert (nobody.exit, "no host 'h99' in the inventory" in nobody.err) == (5, True)
    part = known("patch", "import", report(known), "weg.txt", "-o", "json", now=now)
    assert (part.exit, len(part.json()["data"]), len(part.json()["errors"])) == (3, 1, 1)


def test_a_report_of_a_day_to_come_is_refused(known: Ict) -> None:
    ahead = known("patch", "import", report(known, days=30))
    assert (ahead.exit, "is of 2026-12-26, which lies ahead - say of when it is" in ahead.err) == (3, True)
    said = known("patch", "import", report(known), "--at", "2026-12-25")
    assert (said.exit, "--at '2026-12-25' lies ahead" in said.err) == (2, True)
    wrong = known("patch", "import", report(known), "--at", "2027-13-25")
    assert (wrong.exit, "--at '2027-13-25' is neither" in wrong.err) == (2, True)
    today = known(
        "patch", "import", report(known, days=30), "--at", "2026-11-27", now=NOW + timedelta(days=1)
    )
    assert today.exit == 0


LIST = "KB5034123: 2026-11 cumulative update\nKB5034999: 2026-11 .NET\n"
OLD_CLIENT = (
    SYSTEMINFO.replace("SRV-B", "KASSA1")
    .replace("Microsoft Windows Server 2019 Standard", "Microsoft Windows 10 Pro")
    .replace("10.0.17763 N/A Build 17763", "10.0.19044 N/A Build 19044")
)
TILL = HOSTS.replace("patch:", "  - {name: kassa1, address: 127.0.0.6, kind: workstation}\npatch:")


@pytest.fixture
def till(known: Ict) -> Ict:
    """A till that nobody can ask, with two reports of it: what it runs, and what it lacks."""
    (known.folder / "inventory.yaml").write_text(TILL, encoding="utf-8")
    for name, text in (("systeminfo.txt", OLD_CLIENT), ("updates.txt", LIST)):
        (known.folder / name).write_text(text, encoding="utf-8")
        os.utime(known.folder / name, (NOW.timestamp(), NOW.timestamp()))
    return known


def checks(ict: Ict, host: str, now: datetime = NOW) -> dict[str, object]:
    told = ict("patch", "host", host, "-o", "json", now=now).json()["checks"]
    return {row["check"].removeprefix("patch."): row["verdict"] for row in told}


@pytest.mark.parametrize("order", [("systeminfo.txt", "updates.txt"), ("updates.txt", "systeminfo.txt")])
@pytest.mark.parametrize("at_once", [True, False])
def test_reports_of_one_host_complete_each_other_in_any_order(
    till: Ict, order: tuple[str, str], at_once: bool
) -> None:
    for files in [order] if at_once else [(name,) for name in order]:
        done = till("patch", "import", *files, "--host", "kassa1")
        assert done.exit == 0, done.err
    found = checks(till, "kassa1")
    assert (found["support"], found["updates"], found["reboot"], found["lists"]) == (
        "fail", "ok", "unknown", "unknown",
    )  # fmt: skip
    [row] = till("patch", "status", "kassa1", "-o", "json").json()["data"]
    assert (row["unrated"], row["verdict"]) == (2, "fail")
    assert [row["on"] for row in till("patch", "eol", "kassa1", "-o", "json").json()["data"]] == [["kassa1"]]


def test_each_part_of_what_was_imported_has_its_own_day(till: Ict) -> None:
    (till.folder / "new.txt").write_text(SYSTEMINFO.replace("SRV-B", "KASSA1"), encoding="utf-8")
    assert till("patch", "import", "new.txt", "--host", "kassa1", "--at", "2026-11-01").exit == 0
    assert checks(till, "kassa1")["scanned"] == "unknown"
    assert till("patch", "import", "updates.txt", "--host", "kassa1").exit == 0
    found = checks(till, "kassa1")
    assert (found["scanned"], found["support"], found["updates"]) == ("ok", "unknown", "ok")
    later = NOW + timedelta(days=2)
    assert till("patch", "import", "new.txt", "--host", "kassa1", "--at", "1d", now=later).exit == 0
    assert checks(till, "kassa1", later)["support"] == "ok"
    again = till("patch", "import", "updates.txt", "--host", "kassa1", "--at", "2026-11-20", now=later)
    assert (again.exit, "told something newer" in again.err) == (6, True)


def test_a_report_of_another_machine_or_system_is_refused_until_it_is_to_replace(till: Ict) -> None:
    named = (till.folder / "systeminfo.txt").read_text(encoding="utf-8").replace("KASSA1", "DESKTOP-AB12")
    (till.folder / "desktop.txt").write_text(named, encoding="utf-8")
    os.utime(till.folder / "desktop.txt", (NOW.timestamp(), NOW.timestamp()))
    refused = till("patch", "import", "desktop.txt", "--host", "kassa1")
    assert (refused.exit, "it is of DESKTOP-AB12, not of kassa1 - give --replace" in refused.err) == (6, True)
    assert till("patch", "import", "desktop.txt", "--host", "kassa1", "--replace").exit == 0
    later = NOW + timedelta(days=1)
    assert till("patch", "import", "desktop.txt", "--host", "kassa1", "--at", "1d", now=later).exit == 0

    (till.folder / "srv-a.txt").write_text(SYSTEMINFO.replace("SRV-B", "SRV-A"), encoding="utf-8")
    words = ("patch", "import", "srv-a.txt", "--at", "1d")
    now = NOW + timedelta(days=3)
    other = till(*words, now=now)
    assert (other.exit, "it is of windows, and srv-a told of apt" in other.err) == (6, True)
    assert till(*words, "--replace", now=now).exit == 0
    assert till("patch", "export", "srv-a", "-o", "json", now=now).json()["data"] == []
    assert till("patch", "diff", "srv-a", "--since", "2d", "-o", "json", now=now).json()["data"] == []


SILENT = """\
organisation: {name: Proef}
hosts:
  - {name: kassa1, address: 127.0.0.2, kind: workstation}
  - {name: srv-dmz01, address: 127.0.0.3, kind: server}
  - {name: bord, address: 127.0.0.4}
  - {name: sw-1, address: 127.0.0.5, kind: switch}
"""


@pytest.fixture
def silent(ict: Ict) -> Ict:
    """Hosts of which none declares a way to be asked; a board of which somebody brought a report."""
    (ict.folder / "inventory.yaml").write_text(SILENT, encoding="utf-8")
    (ict.folder / "updates.txt").write_text(LIST, encoding="utf-8")
    assert ict("patch", "import", "updates.txt", "--host", "bord", "--at", "0d").exit == 0
    return ict


@pytest.mark.parametrize("command", ["scan", "status"])
def test_a_computer_that_cannot_be_asked_is_a_row_and_an_error_in_every_format(
    silent: Ict, command: str
) -> None:
    whole = silent("patch", command, "-o", "json")
    assert (whole.exit, whole.json()["status"]) == (3, "unknown")
    assert {name: row["verdict"] for name, row in rows(whole).items()} == {
        "kassa1": "unknown", "srv-dmz01": "unknown", "bord": "unknown",
    }  # fmt: skip
    assert [each["subject"] for each in whole.json()["errors"]] == ["host:kassa1", "host:srv-dmz01"]
    assert "ict patch import FILE --host kassa1" in whole.json()["errors"][0]["remedy"]
    table = silent("patch", command, "kassa1", "sw-1", "-o", "csv")
    assert (table.exit, [line.split(",")[0] for line in table.out.splitlines()]) == (
        3, ["host", "kassa1", "sw-1"],
    )  # fmt: skip
    assert "sw-1 declares no ssh, winrm or local" in table.err


def test_a_scan_of_everything_tells_of_a_report_that_grew_old(silent: Ict) -> None:
    def scanned(days: int) -> dict[str, str]:
        found = silent("patch", "scan", "-o", "json", now=NOW + timedelta(days=days)).json()["findings"]
        return {each["check"]: each["verdict"] for each in found if each["subject"] == "host:bord"}

    assert scanned(1)["patch.scanned"] == "ok"
    assert scanned(9)["patch.scanned"] == "unknown"
    assert scanned(40)["patch.updates"] == "fail"


def test_nothing_to_ask_is_never_in_order(ict: Ict) -> None:
    (ict.folder / "inventory.yaml").write_text("organisation: {name: Proef}\n", encoding="utf-8")
    assert ict("patch", "scan").exit == 3
    assert ict("patch", "status").exit == 3


@pytest.mark.parametrize(("word", "told"), [("srv-*", "3 hosts"), ("linux", "2 hosts")])
def test_one_host_is_shown_and_not_what_means_several(known: Ict, word: str, told: str) -> None:
    several = known("patch", "host", word)
    assert (several.exit, f"{word!r} means {told}" in several.err) == (2, True)
    assert known("patch", "host", "windows", "-o", "json").json()["data"][0]["host"] == "srv-b"


@pytest.mark.parametrize(
    ("code", "remedy"), [("host-key", "known_hosts"), ("protocol", "ict patch scan srv-a")]
)
def test_a_try_that_failed_says_what_to_do(known: Ict, code: str, remedy: str) -> None:
    with Store(known.folder / "data", "jan", NOW) as store, store.transaction() as change:
        scans.failed(change, "srv-a", "ssh", Problem(code, "no"))
    found = known("patch", "status", "srv-a", "-o", "json").json()["findings"]
    assert remedy in next(each["remedy"] for each in found if each["check"] == "patch.scanned")


def test_an_import_is_in_the_journal(till: Ict) -> None:
    assert till("patch", "import", "systeminfo.txt", "--host", "kassa1").exit == 0
    [entry] = [
        row for row in till("journal", "show", "-o", "json").json()["data"] if row["action"] == "patch.import"
    ]
    assert entry["subject"] == "host:kassa1"
    assert "systeminfo.txt" in str(entry["changes"])


def test_eol_lists_systems_and_software_by_the_day_on_which_support_ends(known: Ict) -> None:
    software = [
        {"name": "PostgreSQL 13", "version": "13.4", "publisher": "PostgreSQL Global Development Group"}
    ]
    with Store(known.folder / "data", "jan", NOW) as store, store.transaction() as change:
        observations.observe(change, "host:srv-b", "host.software", "winrm", software)
    answer = known("patch", "eol", "--within", "5y", "-o", "json")
    found = {
        (row["product"], row["release"]): (row["support"], row["until"], row["on"])
        for row in answer.json()["data"]
    }
    assert found["PostgreSQL", "13"] == ("ended", "2025-11-13", ["srv-b"])
    assert any(product.startswith("Debian") for product, _release in found)
    assert known("patch", "eol", "--within", "soon").exit == 2
    require_pinned_keys(answer.json())


def test_data_says_how_old_it_is_and_is_renewed_from_a_file(known: Ict) -> None:
    answer = known("patch", "data", "status", "-o", "json")
    assert answer.exit == 4
    assert {row["kind"]: row["origin"] for row in answer.json()["data"]} == {
        "builds": "package", "lifecycle": "package", "exploited": "package",
    }  # fmt: skip
    require_pinned_keys(answer.json())
    catalogue = "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes\nCVE-2026-1000,Microsoft,Windows,Hole,2026-11-20,x,y,2026-12-01,Known,,\n"
    (known.folder / "kev.csv").write_text(catalogue, encoding="utf-8")
    renewed = known("patch", "data", "update", "--from", "kev.csv", "-o", "json")
    assert (renewed.exit, [row["kind"] for row in renewed.json()["data"]]) == (0, ["exploited"]), renewed.err
    require_pinned_keys(renewed.json())
    told(known, "srv-b", replace(WELL, updates=(KB,)))
    [row] = known("patch", "export", "srv-b", "-o", "json").json()["data"]
    assert row["exploited"]
    assert known("patch", "data", "update", "--from", "brief.txt").exit == 5


COMMANDS: list[Sequence[str]] = [
    ("patch", "status"), ("patch", "missing"), ("patch", "reboot"), ("patch", "host", "srv-a"),
    ("patch", "diff", "--since", "1d"), ("patch", "sla"), ("patch", "export"), ("patch", "firmware"),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_keys_of_every_answer_are_pinned(known: Ict, words: Sequence[str]) -> None:
    require_pinned_keys(known(*words, "-o", "json").json())
