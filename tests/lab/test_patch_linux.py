"""apt for real: this machine over SSH against a count of its own, and machines made for what seldom happens."""

import contextlib
import http.server
import os
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from lab.box import NOBODY, Box
from lab.need import need
from lab.servers.openssh import Farm
from lab.ssh_rig import farm_target, opened
from schoten_ict.patch.ask import linux
from schoten_ict.patch.facts import Hold, PatchFacts, Reboot, Update

pytestmark = pytest.mark.lab
SECONDS = 110.0
_ROW = re.compile(r"^(?P<name>[^/]+)/(?P<suites>\S+) \S+ \S+ \[upgradable from: ")


def ask(box: Box) -> PatchFacts:
    return linux.collect(box, SECONDS, datetime.now(UTC))


def by_name(facts: PatchFacts) -> Mapping[str, Update]:
    assert facts.updates is not None, facts.missing
    return {each.key.partition(":")[0]: each for each in facts.updates}


def test_this_machine_misses_what_apt_lists_as_upgradable(ssh_farm: Farm) -> None:
    need("apt-get")
    done = subprocess.run(
        ["apt", "list", "--upgradable"], capture_output=True, text=True, check=True,
        env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    rows = [row for line in done.stdout.splitlines() if (row := _ROW.match(line)) is not None]
    with opened(farm_target(ssh_farm)) as runner:
        facts = linux.collect(runner, SECONDS, datetime.now(UTC))
    if not list(Path("/var/lib/apt/lists").glob("*Packages*")):
        assert (facts.updates, facts.lists_at) == (None, None)
        return
    found = by_name(facts)
    assert set(found) == {row["name"] for row in rows}
    listed = {row["name"] for row in rows if "-security" in row["suites"]}
    assert {name for name, each in found.items() if each.security} >= listed
    assert facts.lists_at is not None
    assert facts.system is not None
    assert (facts.manager, facts.system.kernel) == ("apt", os.uname().release)


def package(name: str, version: str, **fields: str) -> str:
    more = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in fields.items())
    return (
        f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: x\nDescription: x\n{more}"
        f"Filename: ./x.deb\nSize: 1\nSHA256: {'0' * 64}\n\n"
    )


def archive(box: Box, folder: str, label: str, suite: str, *packages: str, valid: str = "") -> None:
    """A flat archive in the box; `valid` is its Valid-Until."""
    box.write(f"{folder}/Packages", "".join(packages))
    head = f"Origin: x\\nLabel: {label}\\nSuite: {suite}\\nCodename: {suite}\\nArchitectures: all amd64\\n"
    until = f"Valid-Until: {valid}\\n" if valid else ""
    box.shell(
        f"cd {folder} && printf '{head}Date: Sat, 01 Nov 2025 10:00:00 UTC\\n{until}SHA256:\\n %s %s Packages\\n' "
        '"$(sha256sum <Packages | cut -d" " -f1)" "$(wc -c <Packages)" >Release'
    )


def installed(box: Box, *names: str, **fields: str) -> None:
    """What dpkg has: each at version 1."""
    text = "".join(
        package(name, "1", Status=f"{'hold' if name == 'held' else 'install'} ok installed", **fields)
        for name in names
    )
    box.write("/var/lib/dpkg/status", text)


def update(box: Box, *sources: str) -> None:
    lines = "".join(f"deb [trusted=yes] {source} ./\n" for source in sources)
    box.write("/etc/apt/sources.list", lines)
    box.shell("apt-get update -q -o Acquire::Retries=0")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A Debian without packages, lists and history."""
    need("apt-get")
    with Box(tmp_path / "box") as made:
        made.shell(
            "rm -rf /etc/apt/* /var/lib/apt /var/cache/apt/* /var/log/apt /etc/localtime /boot/* /run/reboot-required\n"
            "rm -f /etc/kernel/postinst.d/unattended-upgrades /usr/share/update-notifier/notify-reboot-required\n"
            "mkdir -p /etc/apt/preferences.d /etc/apt/apt.conf.d /etc/apt/sources.list.d /etc/apt/trusted.gpg.d"
            " /var/lib/apt/lists/partial /var/cache/apt/archives/partial /var/log/apt"
        )
        made.write("/etc/os-release", 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n')
        yield made


NAMES = ("plain", "secure", "hidden", "held", "pinned", "kept", "phased", "kernel-meta", "lowered")


def populate(box: Box) -> None:
    """One package for each thing that can happen to one."""
    installed(box, *NAMES)
    archive(
        box, "/srv/main", "Debian", "stable",
        package("plain", "2"), package("hidden", "3"), package("held", "2"),
        package("kept", "2", Depends="nowhere"), package("phased", "2", Phased_Update_Percentage="0"),
        package("kernel-meta", "2", Depends="linux-image-2"), package("linux-image-2", "2"),
        package("lowered", "0.5"),
    )  # fmt: skip
    archive(
        box, "/srv/security", "Debian-Security", "stable-security",
        package("secure", "2"), package("hidden", "2"), package("held", "1.5"), package("pinned", "2"),
    )  # fmt: skip
    box.write("/etc/apt/preferences.d/pinned", "Package: pinned\nPin: version 1\nPin-Priority: 1001\n")
    box.write("/etc/apt/preferences.d/lowered", "Package: lowered\nPin: version 0.5\nPin-Priority: 1001\n")
    box.write("/etc/apt/apt.conf.d/phasing", 'APT::Get::Never-Include-Phased-Updates "1";\n')
    update(box, "file:/srv/main", "file:/srv/security")


@pytest.mark.parametrize("account", [0, NOBODY])
def test_every_kind_of_update_is_told_for_what_it_is_to_any_account(box: Box, account: int) -> None:
    populate(box)
    box.account = account
    facts = ask(box)
    found = by_name(facts)
    assert {name: (each.available, each.security, each.hold) for name, each in found.items()} == {
        "plain": ("2", False, None),
        "secure": ("2", True, None),
        "hidden": ("3", True, None),
        "held": ("2", True, Hold.HELD),
        "pinned": ("2", True, Hold.HELD),
        "kept": ("2", False, None),
        "phased": ("2", False, Hold.PHASED),
        "kernel-meta": ("2", False, None),
    }
    assert {each.installed for each in found.values()} == {"1"}
    assert found["kernel-meta"].packages == ("linux-image-2-2",)
    assert "kept back" in found["kept"].title
    assert found["secure"].source == "Debian-Security:stable-security"


def test_nothing_is_missing_after_everything_was_installed(box: Box) -> None:
    installed(box, "plain")
    archive(box, "/srv/main", "Debian-Security", "stable-security", package("plain", "1"))
    update(box, "file:/srv/main")
    facts = ask(box)
    assert facts.updates == ()
    assert {each.subject for each in facts.missing} == {"patched_at", "reboot"}


def test_a_machine_that_has_rpm_and_dnf_as_well_is_a_debian(box: Box) -> None:
    populate(box)
    box.write("/usr/local/bin/dnf", "#!/bin/sh\nexit 1\n")
    box.shell("chmod +x /usr/local/bin/dnf; cp /usr/local/bin/dnf /usr/local/bin/rpm")
    facts = ask(box)
    assert facts.manager == "apt"
    assert facts.updates


def test_a_machine_without_lists_is_unknown(box: Box) -> None:
    installed(box, "plain")
    facts = ask(box)
    assert (facts.updates, facts.lists_at) == (None, None)
    assert any("no package lists" in each.message for each in facts.missing)


def test_a_broken_package_is_unknown_with_the_words_of_apt(box: Box) -> None:
    installed(box, "plain", Depends="nowhere")
    archive(box, "/srv/main", "Debian-Security", "stable-security", package("plain", "2", Depends="nowhere"))
    update(box, "file:/srv/main")
    facts = ask(box)
    assert facts.updates is None
    (problem,) = [each for each in facts.missing if each.subject == "updates"]
    assert problem.message.startswith("apt-get: E: ")


def test_lists_that_are_no_lists_are_unknown(box: Box) -> None:
    populate(box)
    box.shell("cd /var/lib/apt/lists && rm _srv_main_._Packages && echo nonsense >_srv_main_._Packages")
    facts = ask(box)
    assert facts.updates is None
    assert any("Unable to parse package file" in each.message for each in facts.missing)


def test_an_archive_that_cannot_tell_security_updates_apart_leaves_it_open(box: Box) -> None:
    installed(box, "plain")
    archive(box, "/srv/main", "Raspbian", "stable", package("plain", "2"))
    box.write("/etc/os-release", "ID=raspbian\nID_LIKE=debian\n")
    update(box, "file:/srv/main")
    facts = ask(box)
    assert [each.security for each in facts.updates or ()] == [None]
    assert any("do not tell security updates apart" in each.message for each in facts.missing)


def test_a_source_that_was_never_fetched_is_noticed(box: Box) -> None:
    populate(box)
    box.shell("echo 'deb [trusted=yes] file:/srv/never ./' >>/etc/apt/sources.list")
    facts = ask(box)
    assert facts.lists_at is None
    assert "file:/srv/never/./ was never fetched" in next(
        each.message for each in facts.missing if each.subject == "lists_at"
    )
    assert facts.updates


def test_a_debian_without_its_security_archive_is_unknown(box: Box) -> None:
    installed(box, "plain")
    archive(box, "/srv/main", "Debian", "stable", package("plain", "1"))
    update(box, "file:/srv/main")
    facts = ask(box)
    assert facts.updates is None
    assert any("no archive of security updates" in each.message for each in facts.missing)


WRAPPED = {
    "no archive at all": (
        'exec /usr/bin/apt-get -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null "$@"',
        "no package lists",
    ),
    "no archive of security updates": (
        'exec /usr/bin/apt-get -o Dir::Etc::sourcelist=/srv/main.list -o Dir::Etc::sourceparts=/dev/null "$@"',
        "no archive of security updates",
    ),
    "no answer about archives": (
        'case "$*" in *indextargets*) exit 100 ;; esac; exec /usr/bin/apt-get "$@"',
        "apt-get indextargets: ",
    ),
    "nothing and a status of 0": ("exit 0", "no package lists"),
    "half an answer and a status of 0": (
        'case "$*" in *dist-upgrade*) /usr/bin/apt-get "$@" | head -n 3; exit 0 ;; esac; exec /usr/bin/apt-get "$@"',
        "another shape",
    ),
    "killed": ("kill -9 $$", "apt-get"),
}
"""What stands in the way of apt-get, and what is then said of the updates."""


@pytest.mark.parametrize("way", WRAPPED)
def test_an_apt_that_looks_at_less_than_it_should_never_proves_that_nothing_lacks(box: Box, way: str) -> None:
    populate(box)
    script, why = WRAPPED[way]
    box.write("/srv/main.list", "deb [trusted=yes] file:/srv/main ./\n")
    box.write("/usr/local/bin/apt-get", f"#!/bin/sh\n{script}\n")
    box.shell("chmod +x /usr/local/bin/apt-get")
    facts = ask(box)
    assert facts.updates is None
    assert why in next(each.message for each in facts.missing if each.subject == "updates")


def test_lists_whose_sources_are_not_told_have_no_age(box: Box) -> None:
    populate(box)
    assert ask(box).lists_at is not None
    box.write(
        "/usr/local/bin/apt-get",
        '#!/bin/sh\ncase "$*" in *print-uris*) exit 100 ;; esac\nexec /usr/bin/apt-get "$@"\n',
    )
    box.shell("chmod +x /usr/local/bin/apt-get")
    facts = ask(box)
    assert facts.lists_at is None
    assert facts.updates


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder over HTTP; its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_lists_do_not_grow_younger_when_no_server_answers(box: Box, tmp_path: Path) -> None:
    installed(box, "plain")
    archive(box, "/srv/main", "Debian-Security", "stable-security", package("plain", "2"))
    for name in ("Packages", "Release"):
        (tmp_path / name).write_text(box.shell(f"cat /srv/main/{name}"), encoding="ascii")
    with served(tmp_path) as address:
        update(box, address)
        fresh = ask(box).lists_at
    assert fresh is not None
    assert abs(datetime.now(UTC) - fresh) < timedelta(hours=1)
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)
    box.shell(f"touch -d @{int(old.timestamp())} /var/lib/apt/lists/*elease /var/lib/apt/lists")
    update(box, address)
    facts = ask(box)
    assert facts.lists_at == old
    assert len(facts.updates or ()) == 1


def test_a_list_beyond_its_date_is_as_old_as_it_is(box: Box) -> None:
    installed(box, "plain")
    past = (datetime.now(UTC) - timedelta(days=20)).replace(microsecond=0)
    archive(box, "/srv/main", "Debian-Security", "stable", package("plain", "2"),
            valid=past.strftime("%a, %d %b %Y %H:%M:%S UTC"))  # fmt: skip
    box.write("/etc/apt/apt.conf.d/valid", 'Acquire::Check-Valid-Until "false";\n')
    update(box, "file:/srv/main")
    old = past - timedelta(days=7)
    box.shell(f"touch -d @{int(old.timestamp())} /var/lib/apt/lists/*_Release")
    facts = ask(box)
    assert facts.lists_at == old
    assert any(each.code == "stale" for each in facts.missing)


def test_the_last_patch_is_read_in_the_zone_of_the_machine_and_from_older_logs(box: Box) -> None:
    populate(box)
    box.shell("ln -s /usr/share/zoneinfo/Europe/Brussels /etc/localtime; test -e /etc/localtime")
    box.write(
        "/var/log/apt/history.log",
        "\nStart-Date: 2026-03-03  03:00:00\nRemove: gone:all (1)\nEnd-Date: 2026-03-03  03:00:01\n"
        "\nStart-Date: 2026-03-04  03:00:00\nInstall: added:all (1)\nEnd-Date: 2026-03-04  03:00:01\n",
    )
    box.write(
        "/var/log/apt/history.log.1",
        "\nStart-Date: 2025-07-20  10:00:00\nUpgrade: plain:all (0, 1)\nEnd-Date: 2025-07-20  10:01:00\n",
    )
    box.shell("gzip /var/log/apt/history.log.1")
    assert ask(box).patched_at == datetime(2025, 7, 20, 8, 0, tzinfo=UTC)


def test_a_restart_is_due_by_the_flag_and_by_the_kernel(box: Box) -> None:
    populate(box)
    release = os.uname().release
    assert ask(box).reboot == Reboot(needed=None)
    box.write(f"/boot/vmlinuz-{release}", "")
    told = ask(box).reboot
    assert told is not None
    assert (told.needed, told.shown) == (False, ("only the kernel was compared",))
    box.write("/run/reboot-required", "*** System restart required ***\n")
    box.write("/run/reboot-required.pkgs", "linux-base\n")
    assert ask(box).reboot == Reboot(needed=True, reasons=("linux-base",))
