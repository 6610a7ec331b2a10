"""Lists of patches: hosts that they cannot speak for, systems that nobody knows, and what fits on a screen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from patching import NOW, WELL
from running import Answer, Ict
from schoten_ict.core.errors import Problem
from schoten_ict.core.guard import AccountGuard
from schoten_ict.inventory import load
from schoten_ict.patch import scanning
from schoten_ict.patch.desk import Desk
from schoten_ict.patch.facts import INCOMPLETE, Feed, Hold, PatchFacts, Severity, System, Update
from schoten_ict.reach import InventoryReach
from schoten_ict.store import Store, observations
from schoten_ict.store.refusals import StoredRefusals

HOSTS = """organisation: {name: Proef}
credentials:
  linux: {kind: ssh, user: ict, key: "file:secrets/key"}
groups:
  - {name: linux, connect: {ssh: {credential: linux}}}
hosts:
  - {name: srv-a, address: 127.0.0.2, groups: [linux], kind: server}
  - {name: srv-b, address: 127.0.0.3, groups: [linux], kind: server}
  - {name: srv-c, address: 127.0.0.4, groups: [linux], kind: server}
  - {name: sw-1, address: 127.0.0.5, kind: switch}
"""
LISTS: tuple[Sequence[str], ...] = (("missing",), ("export",), ("diff", "--since", "1d"), ("eol",))
DEBIAN = System("debian", "Debian GNU/Linux 12 (bookworm)", "12", architecture="amd64")


@pytest.fixture
def site(ict: Ict) -> Ict:
    """Three hosts of which one told everything."""
    (ict.folder / "inventory.yaml").write_text(HOSTS, encoding="utf-8")
    told(ict, "srv-a", replace(WELL, system=DEBIAN))
    return ict


def told(ict: Ict, host: str, facts: PatchFacts, at: datetime = NOW) -> None:
    with Store(ict.folder / "data", "jan", at) as store, store.transaction() as change:
        inventory = load(ict.folder)
        reach = InventoryReach(inventory, AccountGuard(StoredRefusals(store)), ())
        here = Desk(inventory, store, reach, store.now, inventory.zone)
        scanning.keep_facts(here, change, host, "ssh", facts, at)
        scanning.judged(here, change, host)


def errors(answer: Answer) -> dict[str, str]:
    return {each["code"]: each["message"] for each in answer.json()["errors"]}


@pytest.mark.parametrize("words", LISTS, ids=lambda words: words[0])
def test_hosts_that_never_answered_make_a_list_incomplete(site: Ict, words: Sequence[str]) -> None:
    answer = site("patch", *words, "-o", "json")
    assert (answer.exit, errors(answer)) == (3, {"never-scanned": "2 hosts never answered: srv-b, srv-c"})
    assert site("patch", *words, "srv-a", "-o", "json").exit == 0
    assert site("patch", *words, "sw-1", "-o", "json").exit == 3
    assert "2 hosts never answered" in site("patch", *words).err


@pytest.mark.parametrize("words", LISTS, ids=lambda words: words[0])
def test_an_answer_of_long_ago_or_of_a_day_to_come_makes_it_incomplete_too(
    site: Ict, words: Sequence[str]
) -> None:
    later = site("patch", *words, "srv-a", "-o", "json", now=NOW + timedelta(days=9))
    assert (later.exit, errors(later)) == (3, {"stale": "1 host not scanned lately: srv-a"})
    told(site, "srv-b", replace(WELL, system=DEBIAN), datetime(2030, 1, 1, tzinfo=UTC))
    ahead = site("patch", *words, "srv-b", "-o", "json")
    assert (ahead.exit, list(errors(ahead))) == (3, ["stale"])


def test_what_was_told_in_part_or_not_at_all_makes_it_incomplete(site: Ict) -> None:
    gone = Problem("failed", "apt-get: broken", "updates")
    told(site, "srv-b", replace(WELL, system=DEBIAN, updates=None, missing=(gone,)))
    told(site, "srv-c", replace(WELL, system=None, missing=(Problem(INCOMPLETE, "more", "updates"),)))
    assert errors(site("patch", "missing", "-o", "json")) == {
        "untold": "2 hosts did not tell what a list needs, or not all of it: srv-b, srv-c"
    }
    assert list(errors(site("patch", "eol", "srv-b", "-o", "json"))) == []
    assert "srv-c" in errors(site("patch", "eol", "-o", "json"))["untold"]


def test_a_windows_that_was_not_asked_for_more_tells_by_its_build(site: Ict) -> None:
    windows = System("windows", "Windows Server 2022", "21H2", "ServerStandard", "Server", 20348, 1)
    told(site, "srv-b", replace(WELL, manager="windows", system=windows, updates=None))
    assert site("patch", "missing", "srv-b", "-o", "json").exit == 0
    denied = Problem("denied", "this Windows refuses the search", "updates")
    told(site, "srv-b", replace(WELL, manager="windows", system=windows, updates=None, missing=(denied,)))
    assert "untold" in errors(site("patch", "missing", "srv-b", "-o", "json"))
    told(site, "srv-c", replace(WELL, manager="windows", system=replace(windows, ubr=None), updates=None))
    assert "untold" in errors(site("patch", "missing", "srv-c", "-o", "json"))


def test_many_hosts_are_counted_and_the_first_named(site: Ict) -> None:
    hosts = "".join(
        f"  - {{name: pc-{number}, address: 127.0.1.{number}, kind: pc}}\n" for number in range(9)
    )
    (site.folder / "inventory.yaml").write_text(HOSTS + hosts, encoding="utf-8")
    message = errors(site("patch", "missing", "-o", "json"))["never-scanned"]
    assert message == "11 hosts never answered: pc-0, pc-1, pc-2, pc-3, pc-4 and 6 more"


def test_a_system_that_the_data_does_not_know_is_listed_as_unknown(site: Ict) -> None:
    told(site, "srv-b", replace(WELL, system=System("ol", "Oracle Linux Server 7.9", "7.9")))
    [row] = site("patch", "eol", "srv-b", "-o", "json").json()["data"]
    assert (row["product"], row["release"], row["support"], row["on"]) == (
        "Oracle Linux Server 7.9", "7.9", "unknown", ["srv-b"],
    )  # fmt: skip


def test_hosts_of_one_release_with_other_support_are_rows_of_their_own(site: Ict) -> None:
    buster = System("debian", "Debian GNU/Linux 10", "10", architecture="amd64")
    told(site, "srv-b", replace(WELL, system=buster))
    told(site, "srv-c", replace(WELL, system=replace(buster, subscriptions=("lts",))))
    data = site("patch", "eol", "srv-b", "srv-c", "-o", "json").json()["data"]
    assert {(row["support"], *row["on"]) for row in data} == {("ended", "srv-b"), ("unknown", "srv-c")}


def test_extended_updates_of_windows_are_for_no_other_product(site: Ict) -> None:
    ten = System("windows", "Windows 10 Pro", "22H2", "Professional", "Client", 19045, 6000,
                 subscriptions=("esu",), esu_until=NOW.date() + timedelta(days=300))  # fmt: skip
    told(site, "srv-b", replace(WELL, manager="windows", system=ten))
    server = {"name": "Microsoft SQL Server 2014 (64-bit)", "version": "12.3.6024.0",
              "publisher": "Microsoft Corporation"}  # fmt: skip
    with Store(site.folder / "data", "jan", NOW) as store, store.transaction() as change:
        observations.observe(change, "host:srv-b", "host.software", "winrm", [server])
    data = site("patch", "eol", "srv-b", "-o", "json").json()["data"]
    found = {row["product"]: (row["support"], row["until"]) for row in data}
    assert sorted(found.values()) == [("ended", "2024-07-09"), ("extended", "2027-09-22")]


LONG = "libapache2-mod-security2"


def test_an_update_its_day_and_a_host_stay_whole_on_80_columns(
    site: Ict, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Update(
        LONG, LONG, Severity.IMPORTANT, security=True, installed="2.9.7-1+deb12u1~bpo", cves=("CVE-2026-1",),
        available="2.9.7-1+deb12u2~bpo", restart=True, source="Debian-Security:oldstable-security",
    )  # fmt: skip
    held = replace(known, key="linux-image-amd64", hold=Hold.SUBSCRIPTION)
    for host in ("srv-a", "srv-b", "srv-c"):
        told(site, host, replace(WELL, system=DEBIAN, updates=(known, held)))
    monkeypatch.setenv("COLUMNS", "80")
    listed = site("patch", "missing", tty=True).out
    assert all(word in listed for word in (LONG, "important", "2026-12-26", "srv-a", "+2"))
    shown = site("patch", "host", "srv-a", tty=True).out
    assert all(word in shown for word in (LONG, "important", "2026-12-26", "subscription"))
    monkeypatch.setenv("COLUMNS", "200")
    wide = site("patch", "host", "srv-a", tty=True).out
    assert "2.9.7-1+deb12u2~bpo" in wide


def test_what_a_windows_declares_about_updates_is_shown(site: Ict) -> None:
    feed = Feed(
        "policy", told={"deferred": "7 days", "automatic updates": "off", "update service": "disabled"}
    )
    windows = System("windows", "Windows Server 2022", "21H2", "ServerStandard", "Server", 20348, 1)
    told(site, "srv-b", replace(WELL, manager="windows", system=windows, feed=feed))
    facts = {
        row["fact"]: row["value"] for row in site("patch", "host", "srv-b", "-o", "json").json()["facts"]
    }
    assert facts["update policy"] == "automatic updates off, deferred 7 days, update service disabled"
    found = site("patch", "status", "srv-b", "-o", "json").json()["findings"]
    assert [each["verdict"] for each in found if each["check"] == "patch.feed"] == ["warn"]


def test_repositories_are_no_policy(site: Ict) -> None:
    told(
        site,
        "srv-a",
        replace(WELL, system=DEBIAN, feed=Feed("repositories", told={"http://mirror.test": "Debian"})),
    )
    facts = {
        row["fact"]: row["value"] for row in site("patch", "host", "srv-a", "-o", "json").json()["facts"]
    }
    assert facts["updates from"] == "repositories"
    assert "update policy" not in facts
