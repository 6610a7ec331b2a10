"""What somebody copied from apt, dnf and zypper. All samples are written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IncompleteError
from schoten_ict.patch.ask.reports import Report, read
from schoten_ict.patch.facts import Hold, Severity, Update

SIMULATION = """\
Reading package lists...
Building dependency tree...
The following packages have been kept back:
  linux-image-generic
The following packages will be upgraded:
  curl openssl
Inst openssl [3.0.2-0ubuntu1.15] (3.0.2-0ubuntu1.18 Ubuntu:22.04/jammy-security [amd64])
Inst curl [7.81.0-1] (7.81.0-1ubuntu1.17 Ubuntu:22.04/jammy-updates [amd64])
2 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.
Conf openssl (3.0.2-0ubuntu1.18 Ubuntu:22.04/jammy-security [amd64])
Conf curl (7.81.0-1ubuntu1.17 Ubuntu:22.04/jammy-updates [amd64])
"""
NOTHING_TO_UPGRADE = """\
Reading package lists...
0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.
"""
FOR_SUBSCRIBERS = """\
The following security updates require Ubuntu Pro with 'esm-infra' enabled:
  libssl1.1
0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.
"""
APT_LIST = """\
Listing... Done
openssl/jammy-updates,jammy-security 3.0.2-0ubuntu1.18 amd64 [upgradable from: 3.0.2-0ubuntu1.15]
libapache2-mod-security2/jammy-updates 2.9.5-1ubuntu1 amd64 [upgradable from: 2.9.5-1]
libc6/jammy-updates 2.35-0ubuntu3.8 amd64 [upgradable from: 2.35-0ubuntu3.7]
libc6/jammy-updates 2.35-0ubuntu3.8 i386 [upgradable from: 2.35-0ubuntu3.7]
N: There are 2 additional versions. Please use the '-a' switch to see them.
"""
CHECK_UPDATE = """\
Updating Subscription Management repositories.
Last metadata expiration check: 0:42:20 ago on Mon 05 Jan 2026 11:52:38 AM CET.

kernel-core.x86_64                  5.14.0-427.16.1.el9_4                 baseos
openssl-libs.x86_64                 1:3.0.7-27.el9                        baseos
a-package-with-a-name-that-is-long.noarch
                                    1.2-3.el9                             appstream
"""
UPDATEINFO = """\
RHSA-2024:2758 Important/Sec. kernel-core-5.14.0-427.16.1.el9_4.x86_64
RHBA-2024:0001 bugfix         curl-7.76.1-29.el9_4.1.x86_64
"""
UPDATEINFO_INFO = f"""\
{"=" * 79}
  kernel security update
{"=" * 79}
  Update ID: RHSA-2024:2758
       Type: security
    Updated: 2024-05-08 00:00:00
       CVEs: CVE-2024-1086
   Severity: Important
"""
PATCHES = """\
Repository | Name           | Category    | Severity  | Interactive | Status   | Summary
-----------+----------------+-------------+-----------+-------------+----------+------------------
SLES       | SUSE-2024-0001 | recommended | moderate  | ---         | needed   | Update for a | b
SLES       | SUSE-2024-2758 | security    | important | reboot      | needed   | Kernel
SLES       | SUSE-2024-0002 | optional    |           | ---         | optional | tzdata

1 patch optional (use '--with-optional' to include optional patches)
2 patches needed (1 security patch)
"""
PACKAGES = """\
S | Repository | Name | Current Version | Available Version | Arch
--+------------+------+-----------------+-------------------+-------
v | SLES       | curl | 7.76.1-26       | 7.76.1-29         | x86_64
"""
XML = """\
<?xml version='1.0'?>
<stream>
<message type="info">Loading repository data...</message>
<update-status version="0.6">
<update-list>
<update kind="patch" name="SUSE-2024-2758" status="needed" category="security" severity="important"
 restart="true"><summary>Kernel</summary><source url="dir:/srv" alias="SLES"/>
<issue-date time_t="1715126400" text="2024-05-08T00:00:00Z"/>
<issue-list><issue type="cve" id="CVE-2024-1086"/></issue-list></update>
<update kind="patch" name="SUSE-2024-0002" status="optional" category="optional" severity=""/>
</update-list>
</update-status>
</stream>
"""
WHOLE = [SIMULATION, NOTHING_TO_UPGRADE, APT_LIST, CHECK_UPDATE, UPDATEINFO, PATCHES, PACKAGES, XML]


def reported(text: str) -> Report:
    return read(text.encode(), "report.txt")


def updates(text: str) -> dict[str, Update]:
    found = reported(text).facts.updates
    assert found is not None
    assert len({each.key for each in found}) == len(found)
    return {each.key: each for each in found}


def refused(text: str) -> str:
    with pytest.raises(IncompleteError) as caught:
        reported(text)
    (problem,) = caught.value.problems
    assert problem.remedy
    assert len(problem.line().splitlines()) == 1
    return problem.message


def said(text: str) -> list[str]:
    return [each.message for each in reported(text).facts.missing if each.subject == "updates"]


@pytest.mark.parametrize("text", WHOLE)
def test_a_copied_answer_tells_what_is_newer_and_names_what_it_does_not_tell(text: str) -> None:
    report = reported(text)
    facts = report.facts
    assert (report.host, report.made_at) == (None, None)
    assert (facts.system, facts.reboot, facts.lists_at, facts.installed) == (None,) * 4
    assert {"system", "reboot", "lists_at"} <= {each.subject for each in facts.missing}


BANNER = "Last metadata expiration check: 0:42:20 ago on Mon 05 Jan 2026 11:52:38 AM CET.\n"
REPOSITORIES = "repo id        repo name\nbaseos         Red Hat Enterprise Linux 9 - BaseOS\n"


@pytest.mark.parametrize(
    ("text", "tool"), [("Listing...\n", "apt"), ("Listing... Done\n", "apt"), (BANNER, "dnf"),
                       (f"{BANNER}repo id        repo name\n", "dnf")],
)  # fmt: skip
def test_an_answer_that_lists_nothing_is_refused_with_what_to_bring(text: str, tool: str) -> None:
    assert f"lists nothing, which {tool} also does where no" in refused(text)


def test_nothing_lacks_where_the_repositories_that_dnf_looked_at_stand_beside_it() -> None:
    assert updates(BANNER + REPOSITORIES) == {}
    assert said(BANNER + REPOSITORIES) == []
    assert "no update" in refused(f"{BANNER}nonsense here\n{REPOSITORIES}")


def test_a_simulation_without_upgrades_does_not_name_the_archives_it_looked_at() -> None:
    assert updates(NOTHING_TO_UPGRADE) == {}
    [gap] = [each for each in reported(NOTHING_TO_UPGRADE).facts.missing if each.subject == "updates"]
    assert (gap.code, "no archive is configured" in gap.message) == ("incomplete", True)


def test_a_simulation_gives_its_upgrades_with_the_archives_they_come_from() -> None:
    found = updates(SIMULATION)
    assert set(found) == {"openssl", "curl", "linux-image-generic"}
    assert (found["openssl"].security, found["openssl"].installed) == (True, "3.0.2-0ubuntu1.15")
    assert (found["curl"].security, found["curl"].available) == (False, "7.81.0-1ubuntu1.17")


def test_whether_somebody_holds_back_what_was_kept_back_is_not_told() -> None:
    kept = updates(SIMULATION)["linux-image-generic"]
    assert (kept.title, kept.hold) == ("linux-image-generic (kept back)", None)
    assert "whether somebody holds back what was kept back is not told" in said(SIMULATION)


def test_without_an_archive_of_security_updates_no_upgrade_is_known_to_be_none() -> None:
    assert {
        each.security for each in updates(SIMULATION.replace("jammy-security", "jammy-updates")).values()
    } == {None}


def test_what_only_subscribers_get_is_no_update_that_installs() -> None:
    closed = updates(FOR_SUBSCRIBERS)["libssl1.1"]
    assert (closed.hold, closed.security, closed.source) == (Hold.SUBSCRIPTION, True, "esm-infra")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            SIMULATION[: SIMULATION.index("2 upgraded")],
            "does not count what it lists, so that it may have been cut",
        ),
        (SIMULATION.replace("2 upgraded", "98 upgraded"), "lists 2 upgrades and counts 98"),
        (
            SIMULATION.replace("[3.0.2-0ubuntu1.15] (", "[3.0.2"),
            "has a line of an unknown shape: Inst openssl",
        ),
        (f"E: Could not get lock\n{SIMULATION}", "has an error of apt-get: E: Could not get lock"),
        (
            f"E: http://ict:geheim@mirror.test/\n{SIMULATION}",
            "has an error of apt-get: E: http://mirror.test/",
        ),
        (
            f"{APT_LIST}bash/jammy 5.1-6 amd64 [installed]\n",
            "has a line that is no upgrade: bash/jammy 5.1-6 amd64",
        ),
        (APT_LIST + APT_LIST.splitlines()[1][:-4], "has a line that is no upgrade: openssl/jammy"),
        (APT_LIST.rstrip(), "ends within a line, so that it may have been cut"),
    ],
)
def test_answers_of_apt_that_are_cut_or_wrong_are_refused(text: str, message: str) -> None:
    assert refused(text).startswith(message)


def test_a_list_of_apt_knows_security_by_the_suite_and_never_by_the_name_of_a_package() -> None:
    found = updates(APT_LIST)
    assert {key: each.security for key, each in found.items()} == {
        "openssl": True, "libapache2-mod-security2": None, "libc6": None, "libc6:i386": None,
    }  # fmt: skip
    assert said(APT_LIST) == ["not every row of apt tells whether it is a security update"]
    assert (found["openssl"].installed, found["openssl"].available) == (
        "3.0.2-0ubuntu1.15",
        "3.0.2-0ubuntu1.18",
    )


def test_banners_of_dnf_are_no_packages_and_folded_rows_are_one() -> None:
    found = updates(CHECK_UPDATE)
    assert {key: each.available for key, each in found.items()} == {
        "kernel-core.x86_64": "5.14.0-427.16.1.el9_4",
        "openssl-libs.x86_64": "1:3.0.7-27.el9",
        "a-package-with-a-name-that-is-long.noarch": "1.2-3.el9",
    }
    assert {each.security for each in found.values()} == {None}


def test_advisories_of_dnf_have_their_severity_and_leave_other_packages_untold() -> None:
    found = updates(UPDATEINFO)
    assert (found["RHSA-2024:2758"].severity, found["RHSA-2024:2758"].security) == (Severity.IMPORTANT, True)
    assert (found["RHBA-2024:0001"].severity, found["RHBA-2024:0001"].security) == (Severity.UNRATED, False)
    assert said(UPDATEINFO) == ["only advisories are told, and not the packages that none of them covers"]


def test_packages_and_advisories_of_dnf_in_one_file_complete_each_other() -> None:
    assert set(updates(CHECK_UPDATE + UPDATEINFO)) == {
        "RHSA-2024:2758", "RHBA-2024:0001", "openssl-libs.x86_64", "a-package-with-a-name-that-is-long.noarch",
    }  # fmt: skip


def test_details_of_advisories_of_dnf_are_told_with_them() -> None:
    found = updates(UPDATEINFO + UPDATEINFO_INFO)["RHSA-2024:2758"]
    assert (found.title, found.cves, str(found.published)) == (
        "kernel security update", ("CVE-2024-1086",), "2024-05-08",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"{CHECK_UPDATE}Error: Failed to download metadata for repo 'baseos'\n",
            "has an error of dnf: Error: Failed",
        ),
        (f"{CHECK_UPDATE}Complete!\n", "has lines among its rows that are none"),
        (
            CHECK_UPDATE[: CHECK_UPDATE.index("a-package")] + "tzdata.noarch  2024b-2\n",
            "has lines among its rows",
        ),
        (CHECK_UPDATE.rstrip(), "ends within a line"),
        (f"Available Packages\n{CHECK_UPDATE}", "lists available packages, not updates"),
        (
            CHECK_UPDATE.replace("baseos", "@baseos").replace("appstream", "@appstream"),
            "has a line that is no update: kernel-core.x86_64",
        ),
        (UPDATEINFO.replace("RHSA-2024:2758", "CVE-2024-1086"), "lists CVE numbers, not advisories"),
        (UPDATEINFO.rstrip(), "ends within a line"),
    ],
)
def test_answers_of_dnf_that_are_cut_or_wrong_are_refused(text: str, message: str) -> None:
    assert refused(text).startswith(message)


@pytest.mark.parametrize("text", [PATCHES, PATCHES.replace("|", "│")])
def test_patches_of_zypper_count_as_far_as_they_are_needed(text: str) -> None:
    found = updates(text)
    assert set(found) == {"SUSE-2024-0001", "SUSE-2024-2758"}
    kernel = found["SUSE-2024-2758"]
    assert (kernel.severity, kernel.security, kernel.restart, kernel.source) == (
        Severity.IMPORTANT, True, True, "SLES",
    )  # fmt: skip
    assert (found["SUSE-2024-0001"].security, found["SUSE-2024-0001"].restart) == (False, False)
    assert said(text) == ["only patches are told, and not the packages that none of them covers"]


def test_a_summary_may_have_bars() -> None:
    assert updates(PATCHES)["SUSE-2024-0001"].title == "Update for a | b"


def test_packages_of_zypper_have_both_versions_and_stand_beside_patches() -> None:
    assert updates(PACKAGES)["curl"].installed == "7.76.1-26"
    assert updates(PACKAGES)["curl"].available == "7.76.1-29"
    assert set(updates(PACKAGES + PATCHES)) == {"SUSE-2024-0001", "SUSE-2024-2758", "curl"}
    assert said(PACKAGES + PATCHES) == ["not every row of zypper tells whether it is a security update"]


def test_the_xml_of_zypper_gives_cves_and_dates_too() -> None:
    (found,) = updates(f"admin@srv:~> zypper --xmlout lp\n{XML}").values()
    assert (found.key, found.cves, str(found.published)) == (
        "SUSE-2024-2758",
        ("CVE-2024-1086",),
        "2024-05-08",
    )
    assert (found.severity, found.restart, found.title) == (Severity.IMPORTANT, True, "Kernel")


@pytest.mark.parametrize(
    "text",
    [
        "Loading repository data...\nReading installed packages...\nNo updates found.\n",
        "<stream><update-status><update-list></update-list></update-status></stream>",
    ],
)
def test_an_empty_answer_of_zypper_proves_nothing(text: str) -> None:
    assert refused(text) == "lists nothing, which zypper also does where no repository is enabled"


def test_patches_of_which_none_is_needed_tell_that_nothing_is_missing() -> None:
    assert reported(XML.replace('"needed"', '"applied"')).facts.updates == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            PATCHES.replace("2 patches needed", "12 patches needed"),
            "lists 2 of the 12 patches that it counts",
        ),
        (PATCHES[: PATCHES.index("reboot")], "has a row that is not whole: SLES"),
        (PATCHES[: PATCHES.index("\n1 patch")], "does not count the patches, so that it may have been cut"),
        (PACKAGES.rstrip(), "ends within a line"),
        (PACKAGES.splitlines()[0] + "\n", "lists nothing"),
        (f"Problem retrieving files from 'SLES'.\n{PACKAGES}", "has an error of zypper: Problem retrieving"),
        (
            "Skipping repository 'SLES' because of the above error.\nNo updates found.\n",
            "has an error of zypper",
        ),
        (XML[: XML.index("</update-list>")], "is no whole answer of list-patches or list-updates"),
        (XML.replace('type="info"', 'type="error"'), "has an error of zypper: Loading repository data"),
        ("<stream><repo-list/></stream>", "is no whole answer of list-patches or list-updates"),
    ],
)
def test_answers_of_zypper_that_are_cut_or_wrong_are_refused(text: str, message: str) -> None:
    assert refused(text).startswith(message)


@pytest.mark.parametrize("text", [SIMULATION, PATCHES, XML])
def test_an_answer_that_counts_or_closes_is_never_read_from_a_part_of_it(text: str) -> None:
    whole = updates(text)
    for end in range(len(text)):
        try:
            part = updates(text[:end])
        except AssertionError:
            raise
        except IncompleteError:
            continue
        assert part == whole, end


@given(st.sampled_from(WHOLE), st.integers(0, 2000), st.integers(0, 60), st.text(max_size=6))
def test_mutated_answers_are_read_or_refused_with_one_line(
    text: str, start: int, length: int, put: str
) -> None:
    mutated = text[: start % len(text)] + put + text[start % len(text) + length :]
    try:
        read(mutated.encode(errors="replace"), "report.txt")
    except IncompleteError as error:
        lines = [each.line().splitlines() for each in error.problems]
        if len(lines) != 1 or len(lines[0]) != 1:
            pytest.fail(f"refused with {lines}")
