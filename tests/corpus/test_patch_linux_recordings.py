"""Recorded answers of apt, dnf and zypper: as many updates as a reader counts, and none where there are none."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from schoten_ict.formats.framed import Section
from schoten_ict.patch.ask import dnf, zypper
from schoten_ict.patch.ask.apt import read_simulation, updates_of
from schoten_ict.patch.ask.linux_restarts import read_reboot
from schoten_ict.patch.facts import Reboot, Severity, Update

pytestmark = pytest.mark.corpus

Locate = Callable[[str], Path]
NOW = datetime(2026, 11, 28, tzinfo=UTC)
ORIGIN = "apt_security_origin_test__TestParseAPTUpgrade"
RASPBIAN = f"patchmon/{ORIGIN}_RaspbianHasNoSecurityOrigin__01__L59.txt"
MIXED = f"patchmon/{ORIGIN}_SecurityIsReadFromOriginNotPackageName__01__L19.txt"
NEW = "patchmon/apt_test__TestAPTManager_parseAPTUpgrade_NewInstallsAreNotOutdated__01__L124.txt"
ROWS = "patchmon/dnf_{}.txt"

# Counted by eye and with grep: upgrades, of these security, new packages, packages told as upgraded by apt.
APT_COUNTS = {
    "apt/apt-get_-s_dist-upgrade.txt": (98, 60, 0, 98),
    "apt/apt-get_-s_-t_trixie_dist-upgrade.txt": (676, 14, 177, 676),
    "checkmk/apt_trusty.txt": (6, 2, 0, None),
    "checkmk/apt_stretch_remv.txt": (2, 0, 2, None),
    RASPBIAN: (2, 0, 0, None),
    MIXED: (5, 2, 0, None),
    NEW: (5, 0, 7, None),
    "patchmon/apt_test__TestAPTManager_parseInstalledPackages__01__L24.txt": (0, 0, 0, None),
    "patchmon/apt_test__TestAPTManager_parseInstalledPackages__02__L36.txt": (0, 0, 0, None),
    "checkmk/windows_updates_ok.txt": (0, 0, 0, None),
}

# Rows of dnf check-update and list: name, architecture, version, repository.
DNF_ROWS = {
    "dnf/check_update.txt": [
        ("curl", "noarch", "7.76.1-29.el9_4.1", "baseos"),
        ("glibc", "noarch", "2.34-100.el9_4.2", "baseos"),
        ("kernel-core", "noarch", "5.14.0-427.16.1.el9_4", "baseos"),
        ("openssl-libs", "noarch", "3.0.7-27.el9", "baseos"),
        ("tzdata", "noarch", "2024b-2.el9", "baseos"),
    ],
    "dnf/check_update_sec.txt": [
        ("glibc", "noarch", "2.34-100.el9_4.2", "baseos"),
        ("kernel-core", "noarch", "5.14.0-427.16.1.el9_4", "baseos"),
        ("openssl-libs", "noarch", "3.0.7-27.el9", "baseos"),
    ],
    "dnf/updateinfo_summary.txt": [],
    "dnf/history.txt": [],
    "dnf/needsrestart_r.txt": [],
    "dnf/INDEX": [],
    ROWS.format("archname_test__TestDNFNoDuplicateRowsAfterCombine__01__L62"): [],
    ROWS.format("archname_test__TestDNFNoDuplicateRowsAfterCombine__02__L68"): [
        ("bash", "x86_64", "5.1.8-9.el9", "baseos"),
        ("python3.11", "x86_64", "3.11.5-1.el9", "appstream"),
    ],
    ROWS.format("archname_test__TestMultilibDoesNotProduceDuplicateNames__01__L157"): [],
    ROWS.format("archname_test__TestMultilibDoesNotProduceDuplicateNames__02__L162"): [
        ("glibc", "x86_64", "2.34-125.el9", "baseos"),
        ("glibc", "i686", "2.34-125.el9", "baseos"),
    ],
    ROWS.format("checkupdate_test__TestParseUpgradablePackages_IgnoresSubscriptionManagerBanner__01__L44"): [
        ("docker-compose-plugin", "x86_64", "5.0.1-1.el10", "docker-ce-stable"),
        ("openssl-libs", "x86_64", "1:3.2.4-4.fc42", "updates"),
    ],
    ROWS.format(
        "checkupdate_test__TestParseUpgradablePackages_IgnoresSubscriptionManagerBanner__02__L54"
    ): [],
    ROWS.format("test__TestDNFManager_parseInstalledPackages__01__L23"): [],
    ROWS.format("test__TestDNFManager_parseUpgradablePackages__01__L70"): [
        ("kernel", "x86_64", "5.14.0-284.30.1.el9_2", "baseos"),
        ("systemd", "x86_64", "252-14.el9_2.2", "baseos"),
    ],
}


def words(corpus: Locate, name: str) -> str:
    return (corpus("patch") / name).read_text(encoding="utf-8")


def apt_updates(corpus: Locate, name: str) -> Mapping[str, Update]:
    simulation = read_simulation(words(corpus, name))
    return {each.key: each for each in updates_of(simulation, {}, frozenset(), has_security=True)}


@pytest.mark.parametrize("name", APT_COUNTS)
def test_a_simulation_has_as_many_upgrades_as_a_reader_counts(corpus: Locate, name: str) -> None:
    simulation = read_simulation(words(corpus, name))
    found = apt_updates(corpus, name)
    security = sum(each.security is True for each in found.values())
    assert (len(found), security, len(simulation.added), simulation.upgraded) == APT_COUNTS[name]
    assert simulation.unread == []


def test_security_is_by_origin_where_a_name_says_otherwise(corpus: Locate) -> None:
    assert {name: each.security for name, each in apt_updates(corpus, MIXED).items()} == {
        "libssl1.1": True,
        "libapache2-mod-security2": None,
        "modsecurity-crs": False,
        "debian-security-support": False,
        "curl": True,
    }


def test_raspbian_cannot_tell(corpus: Locate) -> None:
    assert [each.security for each in apt_updates(corpus, RASPBIAN).values()] == [None, None]


def test_an_old_ubuntu_tells_by_its_archive(corpus: Locate) -> None:
    assert {name: each.security for name, each in apt_updates(corpus, "checkmk/apt_trusty.txt").items()} == {
        "dpkg": False, "libtasn1-6-dev": False, "libtasn1-6": False, "ntpdate": True, "udev": False,
        "libxext-dev": True,
    }  # fmt: skip


def test_a_new_kernel_is_told_with_the_package_that_asks_for_it(corpus: Locate) -> None:
    found = apt_updates(corpus, NEW)
    assert set(found) == {
        "linux-generic", "linux-image-generic", "linux-headers-generic", "linux-libc-dev", "linux-tools-common",
    }  # fmt: skip
    assert "linux-image-6.8.0-137-generic-6.8.0-137.137" in found["linux-generic"].packages
    assert (found["linux-generic"].installed, found["linux-generic"].restart) == ("6.8.0-136.136", True)


def test_an_update_of_the_large_recording_is_whole(corpus: Locate) -> None:
    found = apt_updates(corpus, "apt/apt-get_-s_dist-upgrade.txt")
    assert found["libpam-modules-bin"] == Update(
        "libpam-modules-bin", "libpam-modules-bin", security=False, installed="1.5.2-6+deb12u1",
        available="1.5.2-6+deb12u2", source="Debian:oldstable",
    )  # fmt: skip
    assert found["libtiff6"].source == "Debian:oldstable, Debian-Security:oldstable-security"
    assert found["libtiff6"].security is True


def test_needrestart_that_does_not_know_the_kernel_says_nothing(corpus: Locate) -> None:
    section = Section(words(corpus, "apt/needrestart_-b.txt"), 0)
    assert read_reboot({"needrestart": section}, "6.1.0-28-amd64") == Reboot(needed=None)


@pytest.mark.parametrize("name", DNF_ROWS)
def test_rows_of_dnf_are_those_that_a_reader_sees(corpus: Locate, name: str) -> None:
    found = dnf.read_check_update(words(corpus, name))
    assert [(each.name, each.architecture, each.version, each.repository) for each in found] == DNF_ROWS[name]


def test_a_list_of_upgrades_has_the_same_rows_as_the_check(corpus: Locate) -> None:
    listed = list(dnf.read_check_update(words(corpus, "dnf/list_upd.txt")))
    assert listed == list(dnf.read_check_update(words(corpus, "dnf/check_update.txt")))
    assert listed == list(dnf.read_newer(words(corpus, "dnf/repoquery.txt")))


def recorded_dnf(corpus: Locate, **others: str) -> dict[str, Section]:
    files = {"newer": "repoquery", "advisories": "updateinfo_list", "details": "updateinfo_info"} | others
    return {
        "available": Section(words(corpus, "dnf/check_update.txt"), 100),
        **{part: Section(words(corpus, f"dnf/{name}.txt"), 0) for part, name in files.items()},
    }


def test_a_recorded_machine_misses_five_advisories_of_which_three_are_security(corpus: Locate) -> None:
    updates = dnf.read(recorded_dnf(corpus), NOW).updates
    assert updates is not None
    assert [(each.key, each.severity, each.security, each.packages) for each in updates] == [
        ("RHBA-2024:0001", Severity.UNRATED, False, ("curl-7.76.1-29.el9_4.1",)),
        ("RHSA-2024:3339", Severity.IMPORTANT, True, ("glibc-2.34-100.el9_4.2",)),
        ("RHSA-2024:2758", Severity.IMPORTANT, True, ("kernel-core-5.14.0-427.16.1.el9_4",)),
        ("RHSA-2024:2447", Severity.LOW, True, ("openssl-libs-3.0.7-27.el9",)),
        ("RHEA-2024:0002", Severity.UNRATED, False, ("tzdata-2024b-2.el9",)),
    ]
    detailed = updates[2]
    assert (detailed.title, detailed.cves, detailed.published, detailed.restart) == (
        "Important: kernel security update", ("CVE-2024-1086",), date(2024, 5, 8), True,
    )  # fmt: skip
    assert {each.hold for each in updates} == {None}


def test_what_the_security_list_leaves_out_is_no_advisory_and_not_told_apart(corpus: Locate) -> None:
    updates = dnf.read(recorded_dnf(corpus, advisories="updateinfo_list_sec"), NOW).updates
    assert {each.key: each.security for each in updates or ()} == {
        "RHSA-2024:3339": True, "RHSA-2024:2758": True, "RHSA-2024:2447": True,
        "curl.noarch": None, "tzdata.noarch": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["updateinfo_summary", "updateinfo_list_installed", "history", "list_upd"])
def test_other_answers_of_dnf_have_no_advisories(corpus: Locate, name: str) -> None:
    assert dnf.read_advisories(words(corpus, f"dnf/{name}.txt"), "") == {}


def test_a_recorded_machine_waits_for_a_restart_because_of_glibc(corpus: Locate) -> None:
    section = Section(words(corpus, "dnf/needsrestart_r.txt"), 1)
    assert read_reboot({"restarting": section}, "") == Reboot(needed=True, reasons=("glibc",))


def recorded_zypper(corpus: Locate) -> dict[str, Section]:
    files = {"patches": "xml-list-patches", "updates": "xml-list-updates", "newer": "xml-list-updates"}
    repositories = (
        '<stream><repo-list><repo alias="lab" enabled="1"><url>dir:/srv/lab</url></repo></repo-list></stream>'
    )
    return {part: Section(words(corpus, f"zypper/{name}.txt"), 0) for part, name in files.items()} | {
        "repositories": Section(repositories, 0)
    }


def test_a_recorded_machine_needs_four_patches_and_the_optional_one_is_none(corpus: Locate) -> None:
    told = zypper.read(recorded_zypper(corpus), NOW)
    assert [
        (each.key, each.severity, each.security, each.restart, each.cves, each.published)
        for each in (told.updates or ())[:4]
    ] == [
        ("RHSA-2024:2447", Severity.LOW, True, False, ("CVE-2023-2975",), date(2024, 4, 30)),
        ("RHSA-2024:2758", Severity.IMPORTANT, True, True, ("CVE-2024-1086",), date(2024, 5, 8)),
        ("RHSA-2024:3339", Severity.IMPORTANT, True, False, ("CVE-2024-2961",), date(2024, 5, 23)),
        ("RHBA-2024:0001", Severity.UNRATED, False, False, (), date(2024, 6, 1)),
    ]
    assert [(each.key, each.security) for each in (told.updates or ())[4:]] == [
        ("curl", None), ("glibc", None), ("kernel-core", None), ("openssl-libs", None), ("tzdata", None),
    ]  # fmt: skip
    assert any("side by side" in each.message for each in told.missing)


def test_packages_that_are_newer_have_both_versions(corpus: Locate) -> None:
    answer = zypper.read_answer(words(corpus, "zypper/xml-list-updates.txt"))
    assert answer is not None
    assert [(each.get("name"), each.get("edition-old"), each.get("edition")) for each in answer.rows] == [
        ("curl", "7.76.1-26.el9", "7.76.1-29.el9_4.1"),
        ("glibc", "2.34-100.el9", "2.34-100.el9_4.2"),
        ("kernel-core", "5.14.0-427.13.1.el9_4", "5.14.0-427.16.1.el9_4"),
        ("openssl-libs", "3.0.7-24.el9", "3.0.7-27.el9"),
        ("tzdata", "2024a-1.el9", "2024b-2.el9"),
    ]


@pytest.mark.parametrize(
    "name", ["list-patches", "list-updates", "lp-cve", "patch-check", "needs-rebooting", "INDEX"]
)
def test_a_table_for_people_is_no_answer(corpus: Locate, name: str) -> None:
    path = f"zypper/{name}" if name == "INDEX" else f"zypper/{name}.txt"
    assert zypper.read_answer(words(corpus, path)) is None


def test_zypper_that_sees_no_reason_to_reboot_says_no(corpus: Locate) -> None:
    section = Section(words(corpus, "zypper/needs-rebooting.txt"), 0)
    assert read_reboot({"rebooting": section}, "").needed is False
