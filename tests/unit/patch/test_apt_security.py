"""The archive of security updates of the machine's own release: in use, of another one, pinned away, and its age."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.formats.framed import Section
from schoten_ict.patch.ask import apt
from schoten_ict.patch.ask.apt_age import lists_age
from schoten_ict.patch.ask.apt_policy import read_releases
from schoten_ict.patch.ask.apt_security import read_targets, security_of
from schoten_ict.patch.ask.linux_told import Told

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
NOTHING = "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
BOOKWORM = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
JAMMY = 'ID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nUBUNTU_CODENAME=jammy\n'
MINT = "ID=linuxmint\nID_LIKE=ubuntu\nVERSION_CODENAME=virginia\nUBUNTU_CODENAME=jammy\n"
LMDE = "ID=linuxmint\nID_LIKE=debian\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\n"
FORKY = "ID=debian\nVERSION_CODENAME=forky\n"
"""Testing and unstable say the same of themselves."""
MAIN_12 = (500, "Debian", "oldstable", "bookworm")
SECURITY_12 = (500, "Debian-Security", "oldstable-security", "bookworm-security")
SECURITY_11 = (500, "Debian-Security", "oldoldstable-security", "bullseye-security")
MAIN_22 = (500, "Ubuntu", "jammy", "jammy")
SECURITY_22 = (500, "Ubuntu", "jammy-security", "jammy")
ESM_22 = (510, "UbuntuESM", "jammy-infra-security", "jammy")
APPS_22 = (510, "UbuntuESMApps", "jammy-apps-security", "jammy")
Row = tuple[int, str, str, str]


def with_archives(*rows: Row, release: str) -> Told:
    """What a machine with nothing to upgrade tells that has these archives, with their priorities."""
    policy = "Package files:\n" + "".join(
        f" {priority} http://mirror.test/{position} {name}/main amd64 Packages\n"
        f"     release v=1,o={label},a={suite},n={name},l={label},c=main,b=amd64\n"
        for position, (priority, label, suite, name) in enumerate(rows)
    )
    configured = "".join(f"{label}\t{label}\t{suite}\t{name}\n" for _, label, suite, name in rows)
    parts = {"upgrade": NOTHING, "policy": policy, "targets": configured, "release": release, "sources": ""}
    return apt.read({name: Section(each, 0) for name, each in parts.items()}, NOW)


@pytest.mark.parametrize(
    ("rows", "release"),
    [
        ([MAIN_12, SECURITY_12], BOOKWORM),
        ([MAIN_12, SECURITY_12, SECURITY_11], BOOKWORM),
        ([MAIN_12, SECURITY_12, (100, "Debian", "testing", "forky")], BOOKWORM),
        ([MAIN_12, SECURITY_12, (1, "Debian", "experimental", "rc-buggy")], BOOKWORM),
        ([MAIN_12, (500, "Schoten", "bookworm-security", "")], BOOKWORM),
        ([(990, *MAIN_12[1:]), (990, *SECURITY_12[1:])], BOOKWORM),
        (
            [(500, "Debian", "oldoldstable", "buster"), (500, "Debian-Security", "oldoldstable", "buster")],
            "ID=debian\nVERSION_CODENAME=buster\n",
        ),
        (
            [(500, "Debian", "o", "buster"), (500, "Debian-Security", "buster/updates", "")],
            "ID=debian\nVERSION_CODENAME=buster\n",
        ),
        (
            [(500, "Debian", "testing", "forky"), (500, "Debian-Security", "testing-security", "forky-security")],
            FORKY,
        ),
        ([MAIN_22, SECURITY_22], JAMMY),
        ([MAIN_22, SECURITY_22, ESM_22, APPS_22], JAMMY),
        ([(500, "linuxmint", "virginia", "virginia"), MAIN_22, SECURITY_22], MINT),
        ([(500, "linuxmint", "faye", "faye"), MAIN_12, SECURITY_12], LMDE),
        ([MAIN_12, SECURITY_12], "ID=debian\n"),
    ],
)  # fmt: skip
def test_the_security_archive_of_its_own_release_proves_that_nothing_lacks(
    rows: list[Row], release: str
) -> None:
    found = with_archives(*rows, release=release)
    assert found.updates == ()
    assert "updates" not in {each.subject for each in found.missing}


@pytest.mark.parametrize(
    ("rows", "release", "why"),
    [
        ([MAIN_12, SECURITY_11], BOOKWORM, "no archive of security updates of bookworm"),
        ([MAIN_12, SECURITY_11], "ID=debian\n", "no archive of security updates of bookworm"),
        ([(500, "Debian", "oldoldstable", "bullseye"), SECURITY_11], BOOKWORM, "updates of bookworm"),
        ([(500, "Debian", "testing", "forky")], FORKY, "no archive of security updates of forky"),
        ([MAIN_22, ESM_22, APPS_22], JAMMY, "no archive of security updates of jammy"),
        ([MAIN_22, (500, "Ubuntu", "focal-security", "focal")], JAMMY, "updates of jammy"),
        ([MAIN_22, (500, "Ubuntu", "focal-security", "focal")], MINT, "updates of jammy"),
        ([MAIN_22, ESM_22], MINT, "no archive of security updates of jammy"),
        ([(500, "Schoten", "bookworm", "bookworm")], BOOKWORM, "no archive of security updates of bookworm"),
        ([(500, "Schoten", "all", "all")], "ID=debian\n", "no archive of security updates is configured"),
        ([MAIN_12, (50, *SECURITY_12[1:])], BOOKWORM, "lower priority"),
        ([MAIN_12, (-1, *SECURITY_12[1:])], BOOKWORM, "lower priority"),
        ([(990, *MAIN_12[1:]), SECURITY_12], BOOKWORM, "lower priority"),
    ],
)
def test_an_archive_of_another_release_or_for_subscribers_or_pinned_away_proves_nothing(
    rows: list[Row], release: str, why: str
) -> None:
    found = with_archives(*rows, release=release)
    assert found.updates is None
    (problem,) = [each for each in found.missing if each.subject == "updates"]
    assert why in problem.message
    assert problem.remedy


def test_unstable_with_the_security_archive_of_a_stable_release_cannot_tell_either() -> None:
    found = with_archives((500, "Debian", "unstable", "sid"), SECURITY_12, release=FORKY)
    assert found.updates == ()
    assert (
        "do not tell security updates apart"
        in {each.subject: each for each in found.missing}["updates"].message
    )


def test_an_archive_for_subscribers_that_is_pinned_away_is_no_subscription_that_is_on() -> None:
    found = with_archives(MAIN_22, SECURITY_22, (50, *ESM_22[1:]), release=JAMMY)
    assert found.subscriptions == ()


DISTS = "list\t{}\tmirror.test_x_dists_{}_InRelease\t\n"


def _epoch(days: int) -> int:
    return int((NOW - timedelta(days=days)).timestamp())


@pytest.mark.parametrize(
    ("suites", "days"),
    [
        ({"jammy-security": 60, "jammy": 0}, 60),
        ({"bookworm-security": 9, "stable": 0}, 9),
        ({"buster_updates": 9, "buster": 0}, 9),
        ({"buster-updates": 9, "buster": 0}, 0),
        ({"jammy-security": 1, "jammy": 400, "vendor": 900}, 1),
        ({"bionic-security": 900, "bionic-infra-security": 2, "bionic": 900}, 2),
        ({"jammy-security": 60, "jammy-apps-security": 0}, 60),
        ({"jammy-security": 1, "jammy-apps-security": 60}, 1),
        ({"bookworm-security": 0, "bullseye-security": 60}, 60),
        ({"bullseye": 3, "docker": 9}, 0),
    ],
)
def test_where_there_are_archives_of_security_updates_they_alone_tell_the_age(
    suites: dict[str, int], days: int
) -> None:
    lists = "".join(DISTS.format(_epoch(age), suite) for suite, age in suites.items())
    fresh = f"list\t{_epoch(0)}\tdownload.docker.com_linux_InRelease\t\n"
    stamp = f"checked\t{_epoch(0)}\t/var/lib/apt/periodic/update-success-stamp\n"
    assert lists_age(lists + fresh + stamp, "", NOW) == (NOW - timedelta(days=days), [])


WORDS = st.sampled_from(
    ["Debian", "Ubuntu", "Debian-Security", "bookworm", "jammy-security", "unstable", "\t", "\n", "x"]
)
TEXTS = st.one_of(st.text(max_size=100), st.lists(WORDS, max_size=20).map("".join))


@given(TEXTS, TEXTS, st.dictionaries(st.sampled_from(["ID", "VERSION_CODENAME"]), WORDS))
def test_any_archives_are_in_use_or_name_what_lacks_with_a_remedy(
    rows: str, policy: str, system: dict[str, str]
) -> None:
    found = security_of(read_targets(rows), read_releases(policy), system)
    assert bool(found.lacks) == bool(found.remedy)
    assert not (found.is_used and found.lacks)
