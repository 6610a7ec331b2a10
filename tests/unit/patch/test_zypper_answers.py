"""zypper's answers: needed patches, what none of them covers, locks, and what only looks like *nothing missing*."""

from datetime import UTC, date, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.formats.framed import Section
from schoten_ict.patch.ask import zypper
from schoten_ict.patch.ask.linux_told import Told
from schoten_ict.patch.facts import INCOMPLETE, Hold, Severity, Update

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
DAY = int((NOW - timedelta(days=1)).timestamp())


def stream(body: str) -> str:
    return (
        "<?xml version='1.0'?>\n<stream>\n<message type=\"info\">Loading repository data...</message>\n"
        f'<update-status version="0.6">\n<update-list>\n{body}</update-list>\n</update-status>\n</stream>\n'
    )


def patch(name: str, status: str = "needed", category: str = "security", severity: str = "important") -> str:
    return (
        f'<update kind="patch" name="{name}" edition="1" arch="noarch" status="{status}" category="{category}" '
        f'severity="{severity}" pkgmanager="false" restart="true" interactive="false"><summary>About {name}'
        '</summary><description>Name : fake\nd</description><license/><source url="u" alias="repo-update"/>'
        '<issue-date time_t="1716422400" text="2024-05-23T00:00:00Z"/><issue-list><issue type="cve" '
        'id="CVE-2024-2961"/><issue type="bugzilla" id="CVE-2024-0000"/></issue-list></update>\n'
    )


def package(name: str, edition: str = "2-1", alias: str = "repo-update") -> str:
    return (
        f'<update kind="package" name="{name}" edition="{edition}" arch="x86_64" edition-old="1-1"><summary>'
        f'{escape(name)}</summary><license/><source url="u" alias={quoteattr(alias)}/></update>\n'
    )


DETAILS = """Information for patch SUSE-2024-1:
----------------------------------
Repository  : repo-update
Name        : SUSE-2024-1
Summary     : s
Description :
    Name        : fake
    Conflicts   : [1]
Provides    : patch:SUSE-2024-1 = 1
Conflicts   : [4]
    glibc.x86_64 < 2-1
    glibc.i686 < 2-1
    glibc-devel.x86_64 < 2-1
    srcpackage:glibc < 2-1
"""
REPOSITORIES = (
    '<stream><repo-list><repo alias="repo-update" name="n" enabled="1"><url>https://u:p@mirror.test/x</url></repo>'
    '<repo alias="off" name="n" enabled="0"><url>u</url></repo></repo-list></stream>'
)
CACHES = (
    f"{DAY}\t/var/cache/zypp/raw/repo-update/repodata/repomd.xml\n"
    f"{DAY - 999999}\t/var/cache/zypp/raw/repo-update/repodata/aa-updateinfo.xml.gz\n"
)


def told(**others: Section | str) -> Told:
    parts: dict[str, Section | str] = {
        "patches": stream(patch("SUSE-2024-1")), "updates": stream(package("glibc") + package("vim")),
        "newer": stream(package("glibc") + package("vim")), "details": DETAILS, "caches": CACHES,
        "locks": '<stream><locks size="0"></locks></stream>', "repositories": REPOSITORIES,
        "packages": f"{DAY}\tvim\t0:1-1\tx86_64\n",
    }  # fmt: skip
    whole = parts | others
    return zypper.read(
        {name: part if isinstance(part, Section) else Section(part, 0) for name, part in whole.items()}, NOW
    )


def updates(**others: Section | str) -> dict[str, Update]:
    found = told(**others).updates
    assert found is not None
    return {each.key: each for each in found}


def test_a_patch_is_one_update_and_a_package_that_it_covers_is_no_other() -> None:
    found = updates()
    assert found == {
        "SUSE-2024-1": Update(
            "SUSE-2024-1", "About SUSE-2024-1", Severity.IMPORTANT, security=True, installed="1-1",
            available="2-1", packages=("glibc-2-1",), cves=("CVE-2024-2961",), published=date(2024, 5, 23),
            restart=True, source="repo-update",
        ),
        "vim": Update("vim", "vim", security=False, installed="1-1", available="2-1", source="repo-update"),
    }  # fmt: skip


def test_a_patch_that_is_not_needed_is_not_missing() -> None:
    answer = stream(patch("SUSE-2024-1") + patch("SUSE-2024-2", "optional", "optional", ""))
    assert "SUSE-2024-2" not in updates(patches=answer)


def test_a_patch_that_two_repositories_have_is_one() -> None:
    answer = stream(patch("SUSE-2024-1") + patch("SUSE-2024-1"))
    assert [each.key for each in told(patches=answer).updates or ()] == ["SUSE-2024-1", "vim"]


def test_a_recommended_patch_is_no_security_update() -> None:
    answer = stream(patch("SUSE-2024-1", category="recommended", severity="moderate"))
    found = updates(patches=answer)["SUSE-2024-1"]
    assert (found.security, found.severity) == (False, Severity.MODERATE)


def test_a_locked_package_is_held_and_so_is_a_patch_of_nothing_else() -> None:
    locks = '<stream><locks size="1"><lock number="1"><name>gl*</name><type>package</type></lock></locks></stream>'
    found = updates(locks=locks, updates=stream(package("vim")))
    assert {name: each.hold for name, each in found.items()} == {"SUSE-2024-1": Hold.HELD, "vim": None}


LOCKED = "<stream><locks><lock><name>glib*</name></lock></locks></stream>"


@pytest.mark.parametrize(
    "parts",
    [
        {"locks": Section("", 1, "zypp is locked by http://u:geheim@x")},
        {"locks": "<stream>"},
        {"locks": LOCKED, "newer": Section("", 124, "Terminated")},
        {"locks": LOCKED, "newer": "<stream></stream>"},
        {"locks": LOCKED, "newer": '<stream><message type="error">x</message><update-status/></stream>'},
    ],
)
def test_what_is_locked_may_not_fail_in_silence(parts: dict[str, Section | str]) -> None:
    found = [each for each in told(**parts).missing if (each.subject, each.code) == ("updates", INCOMPLETE)]
    assert ["locked" in each.message for each in found] == [True]
    assert "geheim" not in found[0].message


def test_without_locks_nothing_more_need_be_told() -> None:
    assert told(newer=Section("", 1)).missing == told().missing


def test_what_another_vendor_has_is_no_update() -> None:
    both = stream(package("glibc") + package("vim") + package("vlc", alias="packman"))
    assert "vlc" not in updates(newer=both)


def test_a_repository_without_patches_leaves_security_unknown_and_says_so() -> None:
    found = told(patches=stream(""), details="", updates=stream(package("vim", alias="tumbleweed")))
    assert found.updates is not None
    assert [each.security for each in found.updates] == [None]
    assert "does not tell security updates apart" in found.missing[0].message


def test_without_their_contents_patches_and_packages_stand_side_by_side_and_it_is_said() -> None:
    found = told(details=Section("", 4))
    assert [(each.key, each.security) for each in found.updates or ()] == [
        ("SUSE-2024-1", True), ("glibc", None), ("vim", None),
    ]  # fmt: skip
    assert "side by side" in found.missing[0].message


SKIPPED = (
    '<stream><message type="error">Error building the cache:\nCan&apos;t create /var/cache/zypp\n</message>'
    '<update-status version="0.6"><update-list></update-list></update-status></stream>'
)
NO_PATCHES = stream('<appletinfo status="no-update-repositories"/>')


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        (Section(SKIPPED, 106), "Error building the cache: Can't create /var/cache/zypp"),
        (Section(SKIPPED, 0), "Error building the cache"),
        (Section(stream(""), 106), "exit status 106"),
        (Section("No updates found.\n", 0), "exit status 0"),
        (Section("", 7, "System management is locked by the application with pid 9."), "is locked"),
    ],
)
def test_what_could_not_be_asked_is_unknown_and_not_nothing(section: Section, reason: str) -> None:
    found = told(patches=section)
    assert found.updates is None
    assert (found.missing[0].subject, reason in found.missing[0].message) == ("updates", True)


def test_no_repository_at_all_is_unknown_and_one_without_patches_is_none() -> None:
    nothing = {"patches": NO_PATCHES, "updates": stream(""), "newer": stream(""), "details": ""}
    assert told(**nothing, repositories="<stream><repo-list></repo-list></stream>").updates is None
    assert told(**nothing).updates == ()


def test_packages_that_could_not_be_asked_are_unknown_too() -> None:
    assert told(updates=Section(SKIPPED, 106)).updates is None


def test_hostile_xml_is_no_answer() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><stream><update-status>&b;</update-status></stream>'
    assert zypper.read_answer(bomb) is None


def test_the_cache_is_as_old_as_the_last_refresh_of_an_enabled_repository() -> None:
    assert told().lists_at == NOW - timedelta(days=1)
    assert told(caches="").lists_at is None


def test_an_error_is_told_without_the_account_and_the_token_in_its_address() -> None:
    error = stream("").replace(
        "<update-status", '<message type="error">http://u:p@h/x?token=geheim is away</message><update-status'
    )
    assert told(patches=error).missing[0].message == "zypper list-patches: http://h/x?... is away"


def test_an_address_is_told_without_its_account_and_extended_support_shows() -> None:
    found = told(repositories=REPOSITORIES.replace("repo-update", "SLES15-SP4-LTSS-Updates"))
    assert found.sources == {"SLES15-SP4-LTSS-Updates": "https://mirror.test/x"}
    assert found.subscriptions == ("lts",)


BODIES = st.lists(
    st.sampled_from([patch("a"), package("b"), package("c", alias="x"), "<appletinfo/>", "<x>"]), max_size=5
)
ANSWERS = st.one_of(
    st.text(max_size=120), BODIES.map("".join).map(stream), st.sampled_from([DETAILS, REPOSITORIES, CACHES])
)
PARTS = ["patches", "updates", "newer", "details", "locks", "repositories", "caches", "packages"]


@given(
    st.dictionaries(
        st.sampled_from(PARTS), st.builds(Section, ANSWERS, st.sampled_from([0, 4, 106]), ANSWERS)
    )
)
def test_any_answer_is_read_or_refused(found: dict[str, Section]) -> None:
    result = told(**found)
    assert (result.updates is not None) or any(each.subject == "updates" for each in result.missing)
    assert len({each.key for each in result.updates or ()}) == len(result.updates or ())
