"""dnf's answers, of version 4 and 5: advisories, what none of them covers, what is locked, and what is no answer."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.formats.framed import Section
from schoten_ict.patch.ask import dnf
from schoten_ict.patch.ask.linux_told import Told
from schoten_ict.patch.facts import INCOMPLETE, Hold, Severity, Update

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
DAY = int((NOW - timedelta(days=1)).timestamp())
AVAILABLE = """
curl.x86_64                 7.76.1-29.el9_4.1                     baseos
glibc.x86_64                2.34-100.el9_4.2                      baseos
glibc.i686                  2.34-100.el9_4.2                      baseos
kernel-core.x86_64          5.14.0-427.16.1.el9_4                 baseos
"""
NEWER = """curl 0 7.76.1 29.el9_4.1 x86_64 baseos

glibc 0 2.34 100.el9_4.2 x86_64 baseos

glibc 0 2.34 100.el9_4.2 i686 baseos
kernel-core 0 5.14.0 427.16.1.el9_4 x86_64 baseos
"""
LIST4 = """RHBA-2024:0001 bugfix         curl-7.76.1-29.el9_4.1.x86_64
RHSA-2024:3339 Important/Sec. glibc-2.34-100.el9_4.2.i686
RHSA-2024:3339 Important/Sec. glibc-2.34-100.el9_4.2.x86_64
RHSA-2024:2758 Critical/Sec.  kernel-core-5.14.0-427.16.1.el9_4.x86_64
"""
INFO4 = """===============================================================================
  Critical: kernel security
  update
===============================================================================
  Update ID: RHSA-2024:2758
       Type: security
    Updated: 2024-05-08 00:00:00
       Bugs: 222 - 222
       CVEs: CVE-2024-1086
           : CVE-2024-1087
           : 2999
Description: Fixes
           : Severity: Low
           : Update ID: RHSA-1999:1
   Severity: Critical

===============================================================================
  curl bug fix
===============================================================================
  Update ID: RHBA-2024:0001
       Type: bugfix
    Updated: 2024-06-01 00:00:00
Description: d
"""
LIST5 = """Name                   Type        Severity                           Package              Issued
FEDORA-2018-318f184000 bugfix      none             glibc-2.28-26.fc29.x86_64 2019-01-17 00:00:00
FEDORA-2999:002-02     enhancement Moderate          flac-1.3.3-8.fc29.x86_64 2019-01-17 00:00:00
FEDORA-2019-57b5902ed1 security    Critical labirinto-1:1.56.2-6.fc30.x86_64 2019-09-15 01:34:29
DNF-D-2022-9           security                              D-1-1.fc29.x86_64 2019-09-15 01:34:29
"""
INFO5 = """Name        : FEDORA-2019-57b5902ed1
Title       : labirinto-1.56.2-6.fc30
Severity    : Critical
Type        : security
Status      : stable
Issued      : 2019-09-15 01:34:29
Description : mozjs60 60.9.0
            : Name        : fake
Message     : \nReference   : \n  Title     : CVE-2019-9999
  Id        : CVE-2019-9999
  Type      : cve
  Url       : https://foobar/1
Reference   : \n  Title     : another
  Id        : 1696529
  Type      : bugzilla
Collection  : \n  Packages  : labirinto-1.56.2-6.fc30.i686
            : labirinto-1.56.2-6.fc30.x86_64

Name        : FEDORA-2999:002-02
Title       : flac enhacements
Severity    : Moderate
Type        : enhancement
Issued      : 2019-01-17 00:00:00
"""
REPOSITORIES = (
    "repo id                                  repo name\nbaseos                                   Base OS\n"
)
CACHES = (
    f"{DAY}\t/var/cache/dnf/baseos-93ef0015ed0ae167/repodata/aa-primary.xml.gz\n"
    f"{DAY - 9999999}\t/var/cache/dnf/baseos-93ef0015ed0ae167/repodata/repomd.xml\n"
    f"{DAY - 9999999}\t/var/cache/dnf/baseos-93ef0015ed0ae167/repodata/bb-updateinfo.xml.gz\n"
)
PACKAGES = (
    f"{DAY}\tcurl\t0:7.76.1-26.el9\tx86_64\n{DAY - 50}\tkernel-core\t0:5.14.0-1.el9\tx86_64\n"
    f"{DAY - 10}\tkernel-core\t0:5.14.0-427.13.1.el9_4\tx86_64\n{DAY + 5}\tgpg-pubkey\t0:1-1\t(none)\n"
)


def told(**others: Section | str) -> Told:
    parts: dict[str, Section | str] = {
        "available": Section(AVAILABLE, 100), "newer": NEWER, "advisories": LIST4, "details": INFO4,
        "repositories": REPOSITORIES, "caches": CACHES, "packages": PACKAGES,
    }  # fmt: skip
    whole = parts | others
    return dnf.read(
        {name: part if isinstance(part, Section) else Section(part, 0) for name, part in whole.items()}, NOW
    )


def updates(**others: Section | str) -> dict[str, Update]:
    found = told(**others).updates
    assert found is not None
    return {each.key: each for each in found}


def test_an_advisory_is_one_update_with_its_packages_dates_and_cves() -> None:
    found = updates()
    assert list(found) == ["RHBA-2024:0001", "RHSA-2024:3339", "RHSA-2024:2758"]
    assert found["RHSA-2024:2758"] == Update(
        "RHSA-2024:2758", "Critical: kernel security update", Severity.CRITICAL, security=True,
        installed="5.14.0-427.13.1.el9_4", available="5.14.0-427.16.1.el9_4",
        packages=("kernel-core-5.14.0-427.16.1.el9_4",), cves=("CVE-2024-1086", "CVE-2024-1087"),
        published=date(2024, 5, 8), restart=True, source="baseos",
    )  # fmt: skip
    assert (found["RHBA-2024:0001"].security, found["RHBA-2024:0001"].installed) == (False, "7.76.1-26.el9")


def test_an_advisory_without_details_has_what_the_list_says() -> None:
    found = updates(details=Section("", 1))["RHSA-2024:3339"]
    assert (found.title, found.severity, found.security) == ("RHSA-2024:3339", Severity.IMPORTANT, True)
    assert found.packages == ("glibc-2.34-100.el9_4.2",)


def incomplete(**others: Section | str) -> list[str]:
    """Why there may be more than it tells."""
    return [
        each.message
        for each in told(**others).missing
        if (each.subject, each.code) == ("updates", INCOMPLETE)
    ]


ABOUT_GLIBC = """===============================================================================
  glibc security
===============================================================================
  Update ID: RHSA-2024:3339
       Type: security
"""


def test_what_advisories_are_about_may_not_fail_in_silence() -> None:
    assert incomplete(details=INFO4 + ABOUT_GLIBC) == []
    (message,) = incomplete(details=Section(INFO4 + ABOUT_GLIBC, 124, "Terminated"))
    assert "RHBA-2024:0001" in message
    assert "Terminated" in message
    assert "RHSA-2024:3339" in "".join(incomplete())
    assert incomplete(advisories="", details=Section("", 1)) == []


@pytest.mark.parametrize(
    "newer", ["Bezig met laden\n" + NEWER, NEWER.replace("curl 0 ", "curl "), NEWER.partition("\n")[2], ""]
)
def test_what_is_locked_may_not_fail_in_silence(newer: str) -> None:
    (message,) = incomplete(newer=newer, details=INFO4 + ABOUT_GLIBC)
    assert "locked" in message


def test_an_epoch_of_any_length_is_read() -> None:
    epoch = "1" * 5000
    listed = (
        f"RHSA-2024:1 Important/Sec. openssl-{epoch}:3-2.x86_64\nRHSA-2024:2 Low/Sec. vim-00:3-2.x86_64\n"
    )
    found = updates(advisories=listed)
    assert (found["RHSA-2024:1"].available, found["RHSA-2024:2"].available) == (f"{epoch}:3-2", "3-2")


def test_what_no_advisory_covers_is_an_update_of_its_own_and_no_security_update() -> None:
    found = updates(advisories="", details="")
    assert {(name, each.security) for name, each in found.items()} == {
        ("curl.x86_64", False), ("glibc.x86_64", False), ("glibc.i686", False), ("kernel-core.x86_64", False),
    }  # fmt: skip


def test_a_repository_without_advisories_leaves_security_unknown_and_says_so() -> None:
    caches = "".join(line for line in CACHES.splitlines(keepends=True) if "updateinfo" not in line)
    found = told(advisories="", details="", caches=caches)
    assert found.updates is not None
    assert {each.security for each in found.updates} == {None}
    assert "does not tell security updates apart" in found.missing[0].message


def test_an_older_advisory_does_not_cover_a_newer_version() -> None:
    found = updates(advisories="RHSA-2024:1 Low/Sec. curl-7.76.1-28.el9.x86_64\n")
    assert {"RHSA-2024:1", "curl.x86_64"} <= set(found)


def test_an_epoch_is_part_of_a_version_only_where_there_is_one() -> None:
    found = updates(
        available=Section("openssl-libs.x86_64   1:3.2.4-4.fc42   updates\n", 100),
        newer="openssl-libs 1 3.2.4 4.fc42 x86_64 updates\n",
        advisories="FEDORA-2025-1 security openssl-libs-1:3.2.4-4.fc42.x86_64\n",
    )
    assert [(name, each.packages) for name, each in found.items()] == [
        ("FEDORA-2025-1", ("openssl-libs-1:3.2.4-4.fc42",))
    ]


def test_dnf_5_has_a_table_and_other_fields() -> None:
    known = dnf.read_advisories(LIST5, INFO5)
    kinds = {name: (each.kind, each.severity, each.published) for name, (each, _) in known.items()}
    assert kinds == {
        "FEDORA-2018-318f184000": ("bugfix", Severity.UNRATED, None),
        "FEDORA-2999:002-02": ("enhancement", Severity.MODERATE, date(2019, 1, 17)),
        "FEDORA-2019-57b5902ed1": ("security", Severity.CRITICAL, date(2019, 9, 15)),
        "DNF-D-2022-9": ("security", Severity.UNRATED, None),
    }
    advisory, (package,) = known["FEDORA-2019-57b5902ed1"]
    assert (advisory.title, advisory.cves) == ("labirinto-1.56.2-6.fc30", ("CVE-2019-9999",))
    assert (package.name, package.version) == ("labirinto", "1:1.56.2-6.fc30")


def test_what_is_newer_but_not_to_be_installed_is_held() -> None:
    fewer = "\n".join(line for line in AVAILABLE.splitlines() if "glibc" not in line)
    found = updates(available=Section(fewer, 100))
    assert {name: each.hold for name, each in found.items()} == {
        "RHBA-2024:0001": None, "RHSA-2024:3339": Hold.HELD, "RHSA-2024:2758": None,
    }  # fmt: skip
    alone = updates(available=Section(fewer, 100), advisories="", details="")
    assert alone["glibc.i686"].hold is Hold.HELD


def test_everything_locked_is_held_and_not_nothing() -> None:
    found = updates(available=Section("", 0))
    assert {each.hold for each in found.values()} == {Hold.HELD}


BANNERS = """Updating Subscription Management repositories.
Last metadata expiration check: 0:42:20 ago on Mon 05 Jan 2026 11:52:38 AM CET.
Waiting for process with pid 1234 to finish.
This system is not registered.
Error: Failed to download metadata for repo 'appstream'
Fout: kan bestand.x86_64 niet openen
Security: kernel-core-5.14.0-427.16.1.el9_4.x86_64 is an installed security update
Installed Packages
bash.x86_64                       5.1.8-6.el9                     @baseos
a.b c d
"""


def test_banners_errors_and_what_is_installed_are_no_updates() -> None:
    assert list(dnf.read_check_update(BANNERS)) == []


def test_a_folded_row_is_one_and_obsoletes_are_none() -> None:
    answer = (
        "a-very-long-name-of-a-package.noarch\n                 1.0-1.el9            baseos\n"
        "Obsoleting Packages\nnew.noarch    2-1    baseos\n    old.noarch   1-1   @baseos\n"
    )
    assert [each.name for each in dnf.read_check_update(answer)] == ["a-very-long-name-of-a-package"]


@pytest.mark.parametrize(
    ("part", "section"),
    [
        ("available", Section("", 1, "Error: Cache-only enabled but no cache for 'baseos'")),
        ("newer", Section("", 1, "warning\nError: rpmdb open failed")),
        ("advisories", Section("", 3)),
    ],
)
def test_an_error_is_unknown_and_not_nothing(part: str, section: Section) -> None:
    found = told(**{part: section})
    assert found.updates is None
    assert found.missing[0].subject == "updates"
    assert (section.said.splitlines() or ["exit status 3"])[-1] in found.missing[0].message


def test_no_repository_at_all_is_unknown_and_not_nothing() -> None:
    found = told(available="", newer="", advisories="", details="", repositories="")
    assert (found.updates, found.missing[0].message) == (None, "dnf: no repository is enabled")


def test_a_status_that_contradicts_the_rows_is_no_answer() -> None:
    assert told(available=Section("garbage\n", 100)).updates is None
    assert told(available=Section(AVAILABLE, 0)).updates is None


def test_a_cache_is_as_old_as_that_of_the_repository_that_waited_longest() -> None:
    assert told().lists_at == NOW - timedelta(days=1)
    two = REPOSITORIES + "epel                 Extra\n"
    older = f"{DAY - 86400}\t/var/cache/dnf/epel-0123456789abcdef/repodata/x-primary.xml.zst\n"
    assert told(repositories=two, caches=CACHES + older).lists_at == NOW - timedelta(days=2)


def test_a_repository_without_a_known_cache_has_no_age() -> None:
    found = told(repositories=REPOSITORIES + "epel                 Extra\n")
    assert found.lists_at is None
    assert "lists_at" in {each.subject for each in found.missing}


def test_the_last_patch_is_when_a_package_came_and_not_a_key() -> None:
    assert told().patched_at == NOW - timedelta(days=1)
    assert told(packages="").patched_at is None


def test_extended_support_shows_in_the_names_of_repositories() -> None:
    names = "repo id     repo name\nrhel-9-for-x86_64-baseos-eus-rpms   Red Hat\n"
    assert told(repositories=names).subscriptions == ("eus",)


LINES = st.sampled_from([
    *AVAILABLE.splitlines(), *NEWER.splitlines(), *LIST4.splitlines(), *INFO4.splitlines(), *LIST5.splitlines(),
    *INFO5.splitlines(), *BANNERS.splitlines(), *CACHES.splitlines(), *PACKAGES.splitlines(), REPOSITORIES,
])  # fmt: skip
ANSWERS = st.one_of(st.text(max_size=200), st.lists(LINES, max_size=12).map("\n".join))
PARTS = ["available", "newer", "advisories", "details", "repositories", "caches", "packages"]


@given(st.dictionaries(
    st.sampled_from(PARTS), st.builds(Section, ANSWERS, st.sampled_from([-1, 0, 1, 100]), ANSWERS)
))  # fmt: skip
def test_any_answer_is_read_or_refused(found: dict[str, Section]) -> None:
    result = told(**found)
    assert (result.updates is not None) or any(each.subject == "updates" for each in result.missing)
    assert len({each.key for each in result.updates or ()}) == len(result.updates or ())
