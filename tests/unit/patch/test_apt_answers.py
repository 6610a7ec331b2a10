"""apt's answers: what is missing, what is held back, what is for subscribers, and how old the lists are."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.formats.framed import Section
from schoten_ict.patch.ask import apt
from schoten_ict.patch.ask.apt_age import lists_age
from schoten_ict.patch.ask.apt_policy import Origin, is_security, read_policies, read_releases
from schoten_ict.patch.ask.apt_pro import read_pro
from schoten_ict.patch.ask.linux_told import Told
from schoten_ict.patch.facts import INCOMPLETE, Hold, Severity, Update

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
DEBIAN = """Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 http://user:secret@mirror.test/security bookworm-security/main amd64 Packages
     release v=12,o=Debian,a=oldstable-security,n=bookworm-security,l=Debian-Security,c=main,b=amd64
     origin mirror.test
 500 http://mirror.test/debian bookworm/main amd64 Packages
     release v=12.15,o=Debian,a=oldstable,n=bookworm,l=Debian,c=main,b=amd64
     origin mirror.test
Pinned packages:
     pinned -> 1 with priority 1001
"""
MAIN = "        500 http://mirror.test/debian bookworm/main amd64 Packages\n"
SECURITY = "        500 http://user:secret@mirror.test/security bookworm-security/main amd64 Packages\n"
HERE = "        100 /var/lib/dpkg/status\n"
UBUNTU = """Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 http://mirror.test/ubuntu jammy-updates/main amd64 Packages
     release v=22.04,o=Ubuntu,a=jammy-updates,n=jammy,l=Ubuntu,c=main,b=amd64
 500 http://mirror.test/ubuntu jammy-security/main amd64 Packages
     release v=22.04,o=Ubuntu,a=jammy-security,n=jammy,l=Ubuntu,c=main,b=amd64
"""
RASPBIAN = """Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 http://mirror.test/raspbian bullseye/main armhf Packages
     release v=11,o=Raspbian,a=oldoldstable,n=bullseye,l=Raspbian,c=main,b=armhf
"""
OPENSSL = (
    "Inst openssl [3.0.1] (3.0.2 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []\n"
)


def counted(lines: str, upgraded: int, not_upgraded: int = 0) -> str:
    return f"{lines}{upgraded} upgraded, 0 newly installed, 0 to remove and {not_upgraded} not upgraded.\n"


def targets(policy: str) -> str:
    """What apt-get says of the archives in a policy."""
    used = [each.origin for each in read_releases(policy) if not each.is_local]
    return "".join(f"{each.label}\tx\t{each.suite}\tx\n" for each in used)


def told(upgrade: str | Section, policy: str = DEBIAN, **others: str | Section) -> Told:
    more = {"sources": "", "targets": targets(policy)} | others
    parts = {name: each if isinstance(each, Section) else Section(each, 0) for name, each in more.items()}
    answer = upgrade if isinstance(upgrade, Section) else Section(upgrade, 0)
    return apt.read({"upgrade": answer, "policy": Section(policy, 0)} | parts, NOW)


def updates(upgrade: str, policy: str = DEBIAN, **others: str | Section) -> Mapping[str, Update]:
    found = told(upgrade, policy, **others).updates
    assert found is not None
    return {each.key: each for each in found}


def versions(name: str, installed: str, candidate: str, *rows: str) -> str:
    head = f"{name}:\n  Installed: {installed}\n  Candidate: {candidate}\n  Version table:\n"
    return head + "".join(rows)


def row(version: str, *sources: str, here: bool = False, note: str = "") -> str:
    return f" {'***' if here else '   '} {version} 500{note}\n{''.join(sources)}{HERE if here else ''}"


def test_an_update_has_its_versions_and_its_origin_and_no_severity() -> None:
    assert updates(counted(OPENSSL, 1)) == {
        "openssl": Update(
            "openssl", "openssl", Severity.UNRATED, security=True, installed="3.0.1", available="3.0.2",
            source="Debian:oldstable, Debian-Security:oldstable-security",
        )
    }  # fmt: skip


def test_security_is_a_matter_of_the_origin_and_never_of_the_name() -> None:
    lines = "Inst libapache2-mod-security2 [2.9.3] (2.9.4 Debian:12.15/oldstable [amd64])\n"
    assert updates(counted(lines, 1))["libapache2-mod-security2"].security is False


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("Debian-Security:12/oldstable-security", True),
        ("Debian-Security:oldstable", True),
        ("Debian:12.15/oldstable", False),
        ("Debian:12-updates/oldstable-updates", False),
        ("Debian Backports:12/bookworm-backports", False),
        ("Ubuntu:22.04/jammy-security", True),
        ("Ubuntu:22.04/jammy-updates", False),
        ("UbuntuESM:16.04/xenial-infra-security", True),
        ("UbuntuESMApps:22.04/jammy-apps-security", True),
        ("UbuntuESMApps:22.04/jammy-apps-updates", False),
        ("Mirror of Schoten:12/bookworm-security", True),
        ("packages.example.test:1/security", False),
        ("", False),
    ],
)
def test_these_archives_have_security_updates(origin: str, expected: bool) -> None:
    assert is_security(Origin.parse(origin)) is expected


def test_what_third_parties_ship_may_be_a_security_update_or_not() -> None:
    lines = "Inst docker-ce [1] (2 Docker CE:bookworm [amd64])\nInst x [1] (2 Debian Backports:b/c [all])\n"
    found = updates(counted(lines, 2))
    assert (found["docker-ce"].security, found["x"].security) == (None, None)


@pytest.mark.parametrize(
    "answer", [counted("", 0), counted("Inst bash [1] (2 Debian:12/oldstable [amd64])\n", 1)]
)
def test_without_its_archive_of_security_updates_it_is_not_known_what_lacks(answer: str) -> None:
    found = told(
        answer, DEBIAN.replace("Debian-Security", "Debian").replace("oldstable-security", "oldstable")
    )
    assert found.updates is None
    assert "no archive of security updates" in found.missing[0].message


def test_debian_unstable_has_no_such_archive_and_cannot_tell() -> None:
    policy = DEBIAN.replace("l=Debian-Security", "l=Debian").replace("a=oldstable-security", "a=unstable")
    lines = counted("Inst bash [1] (2 Debian:unstable [amd64])\n", 1)
    found = told(lines, policy.replace("a=oldstable,", "a=experimental,"))
    assert [each.security for each in found.updates or ()] == [None]


def test_a_distribution_without_a_security_archive_says_so_even_with_nothing_to_upgrade() -> None:
    found = told(counted("", 0), RASPBIAN)
    assert found.updates == ()
    assert "do not tell security updates apart" in found.missing[0].message


def test_a_security_update_hidden_behind_a_newer_version_counts() -> None:
    lines = counted("Inst hidden [1] (3 Debian:12.15/oldstable [amd64])\n", 1)
    table = versions("hidden", "1", "3", row("3", MAIN), row("2", SECURITY), row("1", MAIN, here=True))
    assert updates(lines, versions=table)["hidden"].security is True
    older = versions("hidden", "1", "3", row("3", MAIN), row("1", SECURITY, here=True), row("0", SECURITY))
    assert updates(lines, versions=older)["hidden"].security is False


def test_a_security_update_above_the_candidate_is_not_brought_by_the_upgrade() -> None:
    lines = counted("Inst low [1] (2 Debian:12.15/oldstable [amd64])\n", 1)
    table = versions("low", "1", "2", row("3", SECURITY), row("2", MAIN), row("1", MAIN, here=True))
    assert updates(lines, versions=table)["low"].security is False


def test_new_packages_are_no_updates_but_told_with_the_upgrade_that_needs_them() -> None:
    lines = (
        "Inst linux-image-6.1.0-30-amd64 (6.1.124-1 Debian-Security:12/oldstable-security [amd64])\n"
        "Inst linux-image-amd64 [6.1.119-1] (6.1.124-1 Debian:12.15/oldstable [amd64])\n"
        "Inst libnew (9 Debian:12.15/oldstable [amd64])\n"
    )
    (update,) = updates(counted(lines, 1)).values()
    assert update.packages == ("linux-image-6.1.0-30-amd64-6.1.124-1",)
    assert (update.security, update.restart) == (True, True)


def test_removals_configurations_and_banners_are_no_updates() -> None:
    lines = (
        "NOTE: This is only a simulation!\nReading package lists...\nRemv old [1]\nRemv old2 [2] [x:amd64 ]\n"
        "Conf openssl (3.0.2 Debian:12.15/oldstable [amd64])\nPurg gone [1]\nUse 'apt autoremove' to remove it.\n"
        "Instructions follow\n"
    )
    assert updates(counted(lines, 0)) == {}


KEPT = (
    "The following packages have been kept back:\n  held kept\n"
    "The following upgrades have been deferred due to phasing:\n  phased\n"
)


def test_held_phased_and_blocked_updates_are_told_apart() -> None:
    table = "".join(
        versions(name, "1", "2", row("2", MAIN), row("1.5", SECURITY), row("1", MAIN, here=True))
        for name in ("held", "kept", "phased")
    )
    found = updates(counted(KEPT, 0, 3), versions=table, held="held\n")
    assert {name: each.hold for name, each in found.items()} == {
        "held": Hold.HELD,
        "kept": None,
        "phased": Hold.PHASED,
    }
    assert found["kept"].title == "kept (kept back by its dependencies)"
    assert {each.security for each in found.values()} == {True}
    assert (found["held"].installed, found["held"].available) == ("1", "2")


def test_older_apt_keeps_phased_updates_back_and_the_policy_tells_why() -> None:
    answer = counted("The following packages have been kept back:\n  libgst\n", 0, 1)
    table = versions(
        "libgst", "1.20.1-1", "1.20.3-0ubuntu1",
        row("1.20.3-0ubuntu1", "        500 http://mirror.test/ubuntu jammy-updates/main amd64 Packages\n",
            note=" (phased 30%)"),
        row("1.20.1-1", here=True),
    )  # fmt: skip
    found = updates(answer, UBUNTU, versions=table)["libgst"]
    assert (found.hold, found.available, found.security) == (Hold.PHASED, "1.20.3-0ubuntu1", False)


def test_what_is_kept_back_without_a_policy_is_missing_all_the_same() -> None:
    found = updates(counted(KEPT, 0, 3))
    assert {name: each.hold for name, each in found.items()} == {
        "held": None, "kept": None, "phased": Hold.PHASED,
    }  # fmt: skip
    assert {each.security for each in found.values()} == {None}


def test_a_hold_without_anything_newer_is_no_update() -> None:
    table = versions("held", "1", "1", row("1", MAIN, here=True))
    assert updates(counted("", 0), versions=table, held="held\n") == {}


def test_a_pin_that_keeps_a_security_update_away_is_a_hold_and_one_without_is_nothing() -> None:
    table = versions("pinned", "1", "1", row("2", SECURITY), row("1", MAIN, here=True)) + versions(
        "backport", "1", "1", row("9", MAIN), row("1", MAIN, here=True)
    )
    found = updates(counted("", 0), versions=table)
    assert {name: (each.hold, each.available) for name, each in found.items()} == {"pinned": (Hold.HELD, "2")}


def test_what_is_pinned_may_not_fail_in_silence() -> None:
    found = told(counted(OPENSSL, 1), versions=Section("", 123, "E: broken at http://u:geheim@mirror.test/"))
    assert [each.key for each in found.updates or ()] == ["openssl"]
    (problem,) = [each for each in found.missing if each.subject == "updates"]
    assert (problem.code, "E: broken at http://mirror.test/" in problem.message) == (INCOMPLETE, True)


def test_a_downgrade_is_no_update() -> None:
    lines = "The following packages will be DOWNGRADED:\n  old\nInst old [2] (1 Debian:12/oldstable [all])\n"
    assert updates(counted(lines, 0)) == {}


ESM = (
    "The following security updates require Ubuntu Pro with 'esm-infra' enabled:\n  libpam0g openssl\n"
    "Learn more about Ubuntu Pro for 16.04 at https://ubuntu.com/16-04\n"
    "Get more security updates through Ubuntu Pro with 'esm-apps' enabled:\n  redis\n"
)


def test_updates_for_subscribers_are_a_gap_and_not_missing() -> None:
    found = updates(counted(ESM, 0), UBUNTU)
    assert {name: (each.hold, each.source, each.security) for name, each in found.items()} == {
        "libpam0g": (Hold.SUBSCRIPTION, "esm-infra", True),
        "openssl": (Hold.SUBSCRIPTION, "esm-infra", True),
        "redis": (Hold.SUBSCRIPTION, "esm-apps", True),
    }


def test_the_older_words_for_subscribers_are_known_too() -> None:
    words = "*The following packages could receive security updates with UA Infra: ESM service enabled:\n  zlib1g\n"
    assert updates(counted(words, 0), UBUNTU)["zlib1g"].source == "esm-infra"


def test_pro_tells_the_versions_and_the_services_that_are_on() -> None:
    package = {"package": "redis", "version": "5:6.0.16~esm1", "service_name": "esm-apps"}
    document = {
        "summary": {"ua": {"attached": True, "enabled_services": ["esm-infra", "livepatch"]}},
        "packages": [
            package | {"status": "pending_enable"},
            package | {"package": "done", "status": "upgrade_available"},
        ],
    }
    found = told(counted("", 0), UBUNTU, pro=json.dumps(document))
    assert found.subscriptions == ("esm-infra",)
    assert found.updates == (
        Update("redis", "redis (esm-apps)", security=True, available="5:6.0.16~esm1", source="esm-apps",
               hold=Hold.SUBSCRIPTION),
    )  # fmt: skip


def test_an_archive_for_subscribers_that_is_in_use_says_that_the_service_is_on() -> None:
    more = (
        " 510 https://esm.ubuntu.com/infra/ubuntu jammy-infra-security/main amd64 Packages\n"
        "     release v=22.04,o=UbuntuESM,a=jammy-infra-security,n=jammy,l=UbuntuESM,c=main,b=amd64\n"
        "-32768 https://esm.ubuntu.com/apps/ubuntu jammy-apps-security/main amd64 Packages\n"
        "     release v=22.04,o=UbuntuESMApps,a=jammy-apps-security,n=jammy,l=UbuntuESMApps,c=main,b=amd64\n"
    )
    assert told(counted("", 0), UBUNTU + more).subscriptions == ("esm-infra",)


def test_an_account_in_an_address_is_not_told() -> None:
    sources = told(counted("", 0)).sources
    assert list(sources) == [
        "http://mirror.test/security bookworm-security/main amd64 Packages",
        "http://mirror.test/debian bookworm/main amd64 Packages",
    ]
    assert "secret" not in str(sources)


@pytest.mark.parametrize(
    "words",
    [
        "E: Conflicting values for source http://user:geheim@mirror.test/debian/ bookworm: a != b",
        "E: Failed to fetch https://user:ge@heim@mirror.test/x?token=geheim  403",
        'E: see "https://mirror.test/x?a=b&geheim=1"',
        f"E: {'x' * 270} http://user:geheim-geheim-geheim-geheim@mirror.test/",
    ],
)
def test_an_account_or_a_token_in_an_error_is_not_told(words: str) -> None:
    found = told(Section("", 100, words))
    assert found.missing[0].message.startswith("apt-get: E: ")
    assert "heim" not in str(found)


def test_an_error_is_unknown_with_its_first_reason() -> None:
    said = "W: old things\nE: Unmet dependencies. Try 'apt --fix-broken install'\nE: another"
    found = told(Section("Reading package lists...\n", 100, said))
    assert found.updates is None
    assert found.missing[0].message == "apt-get: E: Unmet dependencies. Try 'apt --fix-broken install'"


def test_a_list_that_only_the_first_question_complains_of_is_unknown() -> None:
    said = "E: Unable to parse package file /var/lib/apt/lists/x_Packages (1)"
    parts = {"upgrade": Section(counted("", 0), 0), "policy": Section(DEBIAN, 100, said)}
    found = apt.read(parts, NOW)
    assert (found.updates, found.missing[0].message) == (None, f"apt-cache: {said}")


def test_an_error_text_on_the_wrong_stream_counts_no_update() -> None:
    found = told(Section("E: The package lists or status file could not be parsed or opened.\n", 100))
    assert (found.updates, found.missing[0].code) == (None, "failed")


def test_no_lists_at_all_is_unknown_and_not_nothing() -> None:
    found = told(
        counted("", 0), "Package files:\n 100 /var/lib/dpkg/status\n     release a=now\nPinned packages:\n"
    )
    assert found.updates is None
    assert "no package lists" in found.missing[0].message


MAIN_ONLY = "Debian\tDebian\toldstable\tbookworm\n"
DOCKER = "Docker CE\tDocker\tbookworm\tbookworm\n"


@pytest.mark.parametrize(
    ("rows", "family", "why"),
    [
        ("", "debian", "no package lists"),
        (MAIN_ONLY, "debian", "no archive of security updates"),
        (MAIN_ONLY, "linuxmint", "no archive of security updates"),
        (MAIN_ONLY + "\t\t\t\n", "debian", "no archive of security updates"),
        (DOCKER, "debian", "no archive of security updates"),
        (DOCKER, "ubuntu", "no archive of security updates"),
        (f"{MAIN_ONLY}Ubuntu\tUbuntu\tjammy-security\tjammy\n", "debian", "no archive of security updates"),
    ],
)
def test_without_an_archive_of_security_updates_that_is_configured_nothing_lacking_is_unknown(
    rows: str, family: str, why: str
) -> None:
    found = told(counted("", 0), targets=rows, release=f'ID="{family}"\n')
    assert found.updates is None
    assert why in found.missing[0].message


@pytest.mark.parametrize(
    ("rows", "family"),
    [
        (f"{MAIN_ONLY}Debian-Security\tDebian\toldstable-security\tbookworm-security\n", "debian"),
        ("Debian\tDebian\tunstable\tsid\n", "debian"),
        ("Raspbian\tRaspbian\toldoldstable\tbullseye\n", "raspbian"),
    ],
)
def test_with_one_or_where_the_distribution_has_none_nothing_lacks(rows: str, family: str) -> None:
    assert told(counted("", 0), targets=rows, release=f"ID={family}\n").updates == ()


def test_archives_of_which_apt_does_not_tell_prove_nothing() -> None:
    broken = Section("", 100, "E: The list of sources could not be read.")
    found = told(counted("", 0), targets=broken)
    assert (found.updates, found.missing[0].subject) == (None, "updates")
    rows = f"list\t{int(NOW.timestamp())}\tx_Release\t\n"
    assert told(counted("", 0), lists=rows).lists_at == NOW
    found = told(counted("", 0), lists=rows, sources=broken)
    assert found.lists_at is None
    assert {each.subject for each in found.missing} == {"lists_at", "patched_at"}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        OPENSSL,
        counted(OPENSSL, 2),
        counted("Inst openssl [1] 2\n", 0),
        OPENSSL + "1 opgewaardeerd, 0 nieuw geïnstalleerd\n",
    ],
)
def test_an_answer_that_is_not_whole_is_unknown(answer: str) -> None:
    found = told(answer)
    assert (found.updates, found.missing[0].code) == (None, "protocol")


def test_a_policy_ends_where_the_pins_begin() -> None:
    assert [each.source.split()[0] for each in read_releases(DEBIAN)] == [
        "/var/lib/dpkg/status",
        "http://user:secret@mirror.test/security",
        "http://mirror.test/debian",
    ]


def epoch(age: timedelta) -> int:
    return int((NOW - age).timestamp())


def test_lists_are_as_old_as_the_newest_thing_that_apt_got() -> None:
    old, day = epoch(timedelta(days=60)), epoch(timedelta(days=1))
    text = f"checked\t{day}\t/var/lib/apt/lists\nlist\t{old}\tmain_Release\t\n"
    assert lists_age(text, "", NOW) == (NOW - timedelta(days=1), [])


def test_a_list_beyond_its_own_date_is_stale_whatever_else_is_new() -> None:
    old, new = epoch(timedelta(days=30)), epoch(timedelta(0))
    text = (
        f"checked\t{new}\t/var/lib/apt/periodic/update-success-stamp\n"
        f"list\t{old}\tsecurity_InRelease\tFri, 06 Nov 2026 10:00:00 UTC\n"
        f"list\t{new}\tmain_InRelease\tSat, 05 Dec 2026 10:00:00 UTC\n"
    )
    when, (problem,) = lists_age(text, "", NOW)
    assert (when, problem.code) == (NOW - timedelta(days=30), "stale")
    assert "security_InRelease" in problem.message


URIS = """'http://u:p@mirror.test/debian/dists/bookworm/InRelease' mirror.test_debian_dists_bookworm_InRelease 0 \n\
'http://mirror.test/x/InRelease' mirror.test_x_InRelease 0 \n\
'http://mirror.test/x/main/Packages.xz' mirror.test_x_main_Packages 0 \n"""


def test_a_source_that_was_never_fetched_leaves_the_age_unknown() -> None:
    rows = f"list\t{epoch(timedelta(0))}\tmirror.test_x_Release\t\n"
    when, (problem,) = lists_age(rows, URIS, NOW)
    assert (when, problem.message) == (
        None, "the list of http://mirror.test/debian/dists/bookworm/ was never fetched",
    )  # fmt: skip
    both = f"{rows}list\t{epoch(timedelta(0))}\tmirror.test_debian_dists_bookworm_InRelease\t\n"
    assert lists_age(both, URIS, NOW) == (NOW, [])


def test_a_folder_without_lists_has_no_age() -> None:
    text = f"checked\t{epoch(timedelta(0))}\t/var/lib/apt/lists\n"
    assert lists_age(text, "", NOW)[0] is None


def test_a_list_from_the_future_proves_nothing() -> None:
    assert lists_age(f"list\t{epoch(-timedelta(days=30))}\tx_Release\t\n", "", NOW)[0] is None


def test_the_last_patch_is_that_of_the_history_and_its_absence_is_named() -> None:
    assert told(counted("", 0), patched=str(epoch(timedelta(days=3)))).patched_at == NOW - timedelta(days=3)
    missing = told(counted("", 0)).missing
    assert "patched_at" in {each.subject for each in missing}


LINES = st.sampled_from(
    [*OPENSSL.splitlines(), *KEPT.splitlines(), *ESM.splitlines(), *DEBIAN.splitlines(), "Inst x", "Inst x [1] (",
     "9 upgraded, 1 newly installed, ", " *** 1 500", "x:", "  Candidate: 2"]
)  # fmt: skip
ANSWERS = st.one_of(st.text(max_size=200), st.lists(LINES, max_size=12).map("\n".join))
PARTS = ["upgrade", "policy", "versions", "held", "lists", "patched", "pro", "targets", "sources", "release"]


@given(st.dictionaries(st.sampled_from(PARTS), st.builds(Section, ANSWERS, st.integers(-1, 255), ANSWERS)))
def test_any_answer_is_read_or_refused(found: dict[str, Section]) -> None:
    result = apt.read(found, NOW)
    assert (result.updates is not None) or any(each.subject == "updates" for each in result.missing)
    assert len({each.key for each in result.updates or ()}) == len(result.updates or ())


@given(ANSWERS, ANSWERS)
def test_any_text_is_read_as_a_policy(policy: str, table: str) -> None:
    read_policies(table, read_releases(policy))


@given(st.one_of(st.text(max_size=100), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["summary", "ua", "enabled_services", "packages", "package", "version", "status"]), inner),
    max_leaves=12,
).map(json.dumps)))  # fmt: skip
def test_any_answer_of_pro_is_read_or_refused(answer: str) -> None:
    read_pro(answer)


@given(
    st.lists(st.tuples(st.sampled_from(["list", "checked", ""]), st.text(max_size=14), st.text(max_size=30))),
    st.one_of(st.text(max_size=80), st.just(URIS)),
)
def test_any_list_of_ages_is_read(rows: list[tuple[str, str, str]], sources: str) -> None:
    text = "\n".join(f"{kind}\t{seconds}\tx\t{until}" for kind, seconds, until in rows)
    when, _problems = lists_age(text, sources, NOW)
    assert when is None or when <= NOW
