"""dnf and zypper for real, each on a machine made for it: a repository with advisories, locks, and lost caches."""

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from lab.box import NOBODY, Box
from lab.need import need
from schoten_ict.patch.ask import linux
from schoten_ict.patch.facts import Hold, PatchFacts, Severity, Update

pytestmark = pytest.mark.lab
SECONDS = 110.0
OLD = (("glibc", "1-1"), ("glibc-common", "1-1"), ("curl", "1-1"), ("kernel-core", "1-1"), ("tzdata", "1-1"))
NEW = (("glibc", "2-1"), ("glibc", "3-1"), ("glibc-common", "3-1"), ("curl", "2-1"), ("kernel-core", "2-1"),
       ("tzdata", "2-1"))  # fmt: skip
SPEC = """Name: {name}
Version: {version}
Release: {release}
Summary: {name}
License: MIT
BuildArch: noarch
%description
{name}
%files
"""
BUILD = """
cd /root
for each in *.spec; do rpmbuild --quiet -bb --define "_rpmdir /root/out" "$each" >/dev/null 2>&1; done
mkdir -p old /srv/repo
mv out/noarch/*-1-1.noarch.rpm old
mv out/noarch/*.rpm /srv/repo
createrepo_c -q /srv/repo
modifyrepo_c --mdtype=updateinfo updateinfo.xml /srv/repo/repodata >/dev/null
cp -r /srv/repo /srv/plain
rm -r /srv/plain/repodata
createrepo_c -q /srv/plain
rpm --initdb
rpm -i --nodeps old/*.rpm 2>/dev/null
tar -cz /srv/repo /srv/plain /var/lib/rpm 2>/dev/null | base64
"""


def advisory(name: str, kind: str, severity: str, title: str, packages: str, cves: str = "") -> str:
    rows = "".join(
        f'<package name="{package}" version="{edition.partition("-")[0]}" release="1" epoch="0" arch="noarch">'
        f"<filename>{package}-{edition}.noarch.rpm</filename></package>"
        for package, _, edition in (each.partition("=") for each in packages.split())
    )
    references = "".join(
        f'<reference href="u" id="{each}" title="{each}" type="cve"/>' for each in cves.split()
    )
    return (
        f'<update from="x" status="final" type="{kind}" version="1"><id>{name}</id><title>{title}</title>'
        f'<issued date="2024-05-08 00:00:00"/><severity>{severity}</severity><description>One\nSeverity: Low\n'
        f'Name : fake</description><references>{references}</references><pkglist><collection short="x"><name>x'
        f"</name>{rows}</collection></pkglist></update>"
    )


ADVISORIES = (
    '<?xml version="1.0"?><updates>'
    + advisory("RHSA-2024:2758", "security", "Critical", "Critical: kernel", "kernel-core=2-1", "CVE-2024-1086")
    + advisory("RHSA-2024:1000", "security", "Moderate", "Moderate: glibc", "glibc=2-1")
    + advisory("RHSA-2024:3339", "security", "Important", "Important: glibc", "glibc=3-1 glibc-common=3-1",
               "CVE-2024-2961 CVE-2024-2962")
    + advisory("RHBA-2024:0001", "bugfix", "None", "curl bug fix", "curl=2-1")
    + "</updates>"
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two repositories (one without advisories) and a database of older packages, packed."""
    for program in ("rpmbuild", "createrepo_c"):
        need(program)
    with Box(tmp_path_factory.mktemp("rpm") / "box") as box:
        box.write("/etc/rpm/macros", "%_dbpath /var/lib/rpm\n")
        box.write("/root/updateinfo.xml", ADVISORIES)
        for name, edition in {*OLD, *NEW}:
            version, _, release = edition.partition("-")
            spec = SPEC.format(name=name, version=version, release=release)
            box.write(f"/root/{name}-{edition}.spec", spec)
        return base64.b64decode(box.shell(BUILD))


@pytest.fixture
def box(world: bytes, tmp_path: Path) -> Iterator[Box]:
    with Box(tmp_path / "box") as made:
        made.write("/etc/rpm/macros", "%_dbpath /var/lib/rpm\n")
        made.put("/world.tar.gz", world)
        made.shell(
            "cd / && rm -rf /var/lib/rpm /etc/yum.repos.d /boot/* && tar -xzf world.tar.gz && rm world.tar.gz"
        )
        yield made


def ask(box: Box) -> PatchFacts:
    return linux.collect(box, SECONDS, datetime.now(UTC))


def by_key(facts: PatchFacts) -> dict[str, Update]:
    assert facts.updates is not None, facts.missing
    return {each.key: each for each in facts.updates}


def problem(facts: PatchFacts, subject: str) -> str:
    return next(each.message for each in facts.missing if each.subject == subject)


REPO = "[baseos]\nname=Base\nbaseurl=file:///srv/{}\ngpgcheck=0\nenabled=1\n"


@pytest.fixture
def red_hat(box: Box) -> Box:
    """A machine with dnf and a fresh cache."""
    need("dnf")
    box.write("/etc/os-release", 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\nPRETTY_NAME="RHEL 9.4"\n')
    box.write("/etc/yum.repos.d/base.repo", REPO.format("repo"))
    box.shell("rm -rf /var/cache/dnf /etc/dnf/plugins/local.conf; dnf -q makecache")
    return box


ADVISED = {
    "RHSA-2024:2758": (Severity.CRITICAL, True, ("kernel-core-2-1",), ("CVE-2024-1086",)),
    "RHSA-2024:1000": (Severity.MODERATE, True, ("glibc-2-1",), ()),
    "RHSA-2024:3339": (
        Severity.IMPORTANT,
        True,
        ("glibc-3-1", "glibc-common-3-1"),
        ("CVE-2024-2961", "CVE-2024-2962"),
    ),
    "RHBA-2024:0001": (Severity.UNRATED, False, ("curl-2-1",), ()),
}


def advised(found: dict[str, Update]) -> dict[str, object]:
    return {
        name: (each.severity, each.security, each.packages, each.cves)
        for name, each in found.items()
        if name.startswith("RH")
    }


@pytest.mark.parametrize("account", [0, NOBODY])
def test_dnf_tells_advisories_and_what_none_covers_to_any_account(red_hat: Box, account: int) -> None:
    red_hat.account = account
    facts = ask(red_hat)
    found = by_key(facts)
    assert advised(found) == ADVISED
    assert set(found) - set(ADVISED) == {"tzdata.noarch"}
    assert (found["tzdata.noarch"].security, found["tzdata.noarch"].installed) == (False, "1-1")
    assert found["RHSA-2024:2758"].published == date(2024, 5, 8)
    assert {each.hold for each in found.values()} == {None}
    assert facts.lists_at is not None
    assert facts.patched_at is not None
    assert facts.system is not None
    assert (facts.manager, facts.system.family) == ("dnf", "rhel")


def test_dnf_without_a_cache_is_unknown_although_repositories_may_be_unavailable(red_hat: Box) -> None:
    red_hat.shell("rm -rf /var/cache/dnf; echo skip_if_unavailable=True >>/etc/dnf/dnf.conf")
    facts = ask(red_hat)
    assert (facts.updates, facts.lists_at) == (None, None)
    assert "no cache for 'baseos'" in problem(facts, "updates")
    assert red_hat.shell("find /var/cache/dnf -path '*/repodata/*'") == ""


def test_dnf_asks_no_repository_and_an_old_cache_is_an_old_answer(red_hat: Box) -> None:
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    red_hat.shell(f"touch -d @{int(old.timestamp())} /var/cache/dnf/*/repodata/*; rm -r /srv/repo")
    facts = ask(red_hat)
    assert facts.lists_at == old
    assert advised(by_key(facts)) == ADVISED


def test_dnf_with_nothing_new_confirms_its_cache_by_one_file_only(red_hat: Box) -> None:
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    red_hat.shell(f"touch -d @{int(old.timestamp())} /var/cache/dnf/*/repodata/*; dnf -q makecache")
    when = ask(red_hat).lists_at
    assert when is not None
    assert datetime.now(UTC) - when < timedelta(hours=1)


def test_dnf_holds_back_what_is_excluded(red_hat: Box) -> None:
    red_hat.shell("echo 'excludepkgs=tzdata curl glibc*' >>/etc/dnf/dnf.conf")
    found = by_key(ask(red_hat))
    held = {name for name, each in found.items() if each.hold is Hold.HELD}
    assert {"tzdata.noarch", "curl.noarch", "glibc.noarch", "glibc-common.noarch"} <= held
    assert found["RHSA-2024:2758"].hold is None


def test_dnf_of_a_repository_without_advisories_leaves_security_open(red_hat: Box) -> None:
    red_hat.write("/etc/yum.repos.d/base.repo", REPO.format("plain"))
    red_hat.shell("rm -rf /var/cache/dnf; dnf -q makecache")
    facts = ask(red_hat)
    assert {name: each.security for name, each in by_key(facts).items()} == {
        f"{name}.noarch": None for name, _ in OLD
    }
    assert "does not tell security updates apart" in problem(facts, "updates")


@pytest.fixture
def suse(box: Box) -> Box:
    """A machine with zypper and a fresh cache."""
    need("zypper")
    box.write("/etc/os-release", 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n')
    box.write(
        "/etc/products.d/Leap.prod",
        '<?xml version="1.0"?><product schemeversion="0"><vendor>x</vendor><name>Leap</name><version>15.6'
        "</version><release>1</release><arch>x86_64</arch><summary>x</summary></product>",
    )
    box.shell(
        "ln -s Leap.prod /etc/products.d/baseproduct; rm -rf /var/cache/zypp /etc/zypp/repos.d/*\n"
        "zypper -nq addrepo -G file:///srv/repo lab >/dev/null && zypper -nq refresh"
    )
    return box


@pytest.mark.parametrize("account", [0, NOBODY])
def test_zypper_tells_needed_patches_and_what_none_covers_to_any_account(suse: Box, account: int) -> None:
    suse.account = account
    facts = ask(suse)
    found = by_key(facts)
    assert {name: each[:2] + each[3:] for name, each in ADVISED.items()} == {
        name: (each.severity, each.security, each.cves) for name, each in found.items() if name != "tzdata"
    }
    assert found["RHSA-2024:3339"].packages == ("glibc-3-1", "glibc-common-3-1")
    assert (found["tzdata"].security, found["tzdata"].installed, found["tzdata"].available) == (
        False,
        "1-1",
        "2-1",
    )
    assert {each.hold for each in found.values()} == {None}
    assert (facts.manager, facts.missing) == ("zypper", ())
    assert facts.lists_at is not None


def test_zypper_holds_back_what_is_locked(suse: Box) -> None:
    suse.shell("zypper -nq addlock 'curl' 'tzd*' >/dev/null")
    found = by_key(ask(suse))
    held = {name for name, each in found.items() if each.hold is Hold.HELD}
    assert held == {"RHBA-2024:0001", "tzdata"}


def test_zypper_without_a_cache_is_unknown(suse: Box) -> None:
    suse.shell("rm -rf /var/cache/zypp")
    suse.account = NOBODY
    facts = ask(suse)
    assert (facts.updates, facts.lists_at) == (None, None)
    assert "Error building the cache" in problem(facts, "updates")


def test_zypper_without_repositories_is_unknown_and_not_nothing(suse: Box) -> None:
    suse.shell("zypper -nq removerepo lab >/dev/null")
    facts = ask(suse)
    assert facts.updates is None
    assert "no repository is enabled" in problem(facts, "updates")


def test_zypper_counts_its_cache_from_the_last_refresh(suse: Box) -> None:
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    suse.shell(f"touch -d @{int(old.timestamp())} /var/cache/zypp/raw/lab/repodata/*")
    assert ask(suse).lists_at == old
    suse.shell("zypper -nq refresh")
    when = ask(suse).lists_at
    assert when is not None
    assert datetime.now(UTC) - when < timedelta(hours=1)


def test_zypper_of_a_repository_without_patches_leaves_security_open(suse: Box) -> None:
    suse.shell("zypper -nq removerepo lab >/dev/null; zypper -nq addrepo -G file:///srv/plain lab >/dev/null")
    suse.shell("zypper -nq refresh")
    facts = ask(suse)
    assert {name: each.security for name, each in by_key(facts).items()} == {name: None for name, _ in OLD}
    assert "does not tell security updates apart" in problem(facts, "updates")
