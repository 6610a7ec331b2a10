"""A Linux machine's answer as a whole: which manager, which system, whether it waits for a restart."""

import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.remote import Command, Completed, RemoteError
from schoten_ict.formats.framed import Section
from schoten_ict.patch.ask import linux
from schoten_ict.patch.ask.linux_restarts import read_reboot
from schoten_ict.patch.facts import INCOMPLETE, PatchFacts, Reboot

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
RELEASE = 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nID_LIKE=debian\n'
NOTHING = "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
POLICY = (
    "Package files:\n 500 http://mirror.test/ubuntu jammy-security/main amd64 Packages\n"
    "     release v=22.04,o=Ubuntu,a=jammy-security,n=jammy,l=Ubuntu,c=main,b=amd64\n"
)


def sections(**texts: str | Section) -> dict[str, Section]:
    return {
        name.replace("_", "-"): each if isinstance(each, Section) else Section(each, 0)
        for name, each in texts.items()
    }


def whole(**others: str | Section) -> PatchFacts:
    parts: dict[str, str | Section] = {
        "manager": "apt\n", "release": RELEASE, "uname": "Linux 5.15.0-130-generic x86_64\n",
        "clock": str(int(NOW.timestamp())), "upgrade": NOTHING, "policy": POLICY, "required": "hook /x\n",
        "lists": f"list\t{int(NOW.timestamp())}\tx_Release\t\n", "patched": str(int(NOW.timestamp())),
        "sources": "", "targets": "Ubuntu\tUbuntu\tjammy-security\tjammy\n",
        "pro": '{"summary": {"ua": {"enabled_services": []}}, "packages": []}',
    }  # fmt: skip
    return linux.read(sections(**(parts | others)), NOW)


def problems(facts: PatchFacts) -> Mapping[str, str]:
    return {each.subject: each.message for each in facts.missing}


def test_a_machine_that_tells_everything_misses_nothing() -> None:
    facts = whole()
    assert (facts.manager, facts.updates, facts.missing) == ("apt", (), ())
    assert facts.system is not None
    assert (facts.system.family, facts.system.version, facts.system.name) == (
        "ubuntu", "22.04", "Ubuntu 22.04.5 LTS",
    )  # fmt: skip
    assert (facts.system.kernel, facts.system.architecture) == ("5.15.0-130-generic", "x86_64")
    assert facts.reboot == Reboot(needed=False)
    assert (facts.lists_at, facts.patched_at) == (NOW, NOW)
    assert facts.feed is not None
    assert facts.feed.kind == "repositories"


@pytest.mark.parametrize("manager", ["yum", "apk", ""])
def test_another_package_manager_is_unknown_and_named(manager: str) -> None:
    facts = whole(manager=manager)
    assert (facts.manager, facts.updates, facts.feed) == (manager or "unknown", None, None)
    assert "apt, dnf and zypper only" in problems(facts)["updates"]


def test_a_system_without_a_name_is_missing() -> None:
    facts = whole(release=Section("", 1))
    assert facts.system is None
    assert "system" in problems(facts)


def test_ages_by_a_wrong_clock_mean_nothing() -> None:
    facts = whole(clock=str(int((NOW - timedelta(days=400)).timestamp())))
    assert facts.lists_at is None
    assert "clock" in problems(facts)["lists_at"]


def test_an_ubuntu_that_cannot_tell_of_subscriptions_says_so() -> None:
    assert "ESM" in problems(whole(pro=Section("", 127)))["updates"]
    assert whole(pro=Section("", 127), release="ID=debian\nVERSION_ID=12\n").missing == ()
    told = "Get more security updates through Ubuntu Pro with 'esm-apps' enabled:\n  redis\n"
    assert whole(pro=Section("", 127), upgrade=told + NOTHING).missing == ()


@pytest.mark.parametrize("answer", ['{"result": "failure", "errors": []}', "", "Traceback", "[]"])
def test_an_answer_of_pro_that_tells_nothing_is_none(answer: str) -> None:
    (problem,) = whole(pro=answer).missing
    assert (problem.subject, problem.code) == ("updates", INCOMPLETE)
    assert "pro security-status" in problem.remedy


def test_nothing_that_can_tell_of_a_restart_is_unknown_and_named() -> None:
    facts = whole(required="")
    assert facts.reboot == Reboot(needed=None)
    assert "nothing on the machine tells" in problems(facts)["reboot"]


def reboot(release: str = "6.1.0-28-amd64", **texts: str | Section) -> Reboot:
    return read_reboot(sections(**texts), release)


def test_a_flag_names_the_packages_and_without_names_itself() -> None:
    told = reboot(required="flag\npackage linux-base\npackage dbus\npackage dbus\n")
    assert told == Reboot(needed=True, reasons=("dbus", "linux-base"))
    assert reboot(required="flag\n").reasons == ("reboot-required",)


def test_no_flag_means_no_only_where_something_would_set_it() -> None:
    assert reboot(required="").needed is None
    assert reboot(required="hook /etc/kernel/postinst.d/unattended-upgrades\n").needed is False


BATCH = (
    "NEEDRESTART-VER: 3.6\nNEEDRESTART-KCUR: 6.1.0-28-amd64\nNEEDRESTART-KEXP: 6.1.0-30-amd64\nNEEDRESTART-KSTA: {}\n"
    "NEEDRESTART-UCSTA: 2\nNEEDRESTART-SVC: ssh.service\nNEEDRESTART-SVC: cron.service\n"
)


@pytest.mark.parametrize(
    ("state", "needed"), [("0", None), ("1", False), ("2", True), ("3", True), ("9", None)]
)
def test_needrestart_tells_the_state_of_the_kernel(state: str, needed: bool | None) -> None:
    told = reboot(needrestart=BATCH.format(state))
    assert told.needed is needed
    assert told.services == ("cron", "ssh")
    assert told.shown == ("a newer microcode is installed",)
    assert told.reasons == (("kernel 6.1.0-30-amd64 is installed, 6.1.0-28-amd64 runs",) if needed else ())


NEEDS = (
    "Core libraries or services have been updated since boot-up:\n  * glibc\n  * kernel\n\n"
    "Reboot is required to fully utilize these updates.\n"
)


def test_needs_restarting_is_read_by_its_words_because_errors_end_alike() -> None:
    assert reboot(restarting=Section(NEEDS, 1)) == Reboot(needed=True, reasons=("glibc", "kernel"))
    assert reboot(restarting=Section("No such command: needs-restarting.\n", 1)).needed is None
    assert reboot(restarting="Reboot should not be necessary.\n").needed is False


def test_zypper_tells_by_its_status() -> None:
    assert reboot(rebooting=Section("Reboot is required.\n", 102)).needed is True
    assert reboot(rebooting="Reboot is probably not necessary.\n").needed is False
    assert reboot(rebooting=Section("", 7)).needed is None


def test_one_yes_outweighs_every_no() -> None:
    told = reboot(required="hook x\n", rebooting="", restarting=Section(NEEDS, 1))
    assert told.needed is True


def kernels(*names: str) -> str:
    return "".join(f"/boot/vmlinuz-{name}\n" for name in names)


@pytest.mark.parametrize(
    ("running", "installed", "expected"),
    [
        ("6.1.0-28-amd64", ["6.1.0-9-amd64", "6.1.0-28-amd64"], False),
        ("6.1.0-9-amd64", ["6.1.0-9-amd64", "6.1.0-28-amd64"], True),
        ("6.1.0-9-cloud-amd64", ["6.1.0-9-cloud-amd64", "6.1.0-28-amd64"], False),
        ("6.8.0-99-generic", ["6.8.0-99-generic", "6.8.0-137-generic"], True),
        ("5.14.0-427.13.1.el9_4.x86_64", ["5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.16.1.el9_4.x86_64",
                                          "0-rescue-0123456789abcdef"], True),
        ("5.14.0-427.16.1.el9_4.x86_64", ["5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.16.1.el9_4.x86_64",
                                          "5.14.0-427.20.1.el9_4.x86_64+debug", "0-rescue-0123456789abcdef"], False),
        ("5.14.21-150500.55.7-default", ["5.14.21-150500.55.7-default", "5.14.21-150500.55.19-default"], True),
        ("6.18.44-fc-v657", ["6.1.0-28-amd64"], None),
        ("6.18.44-fc-v657", [], None),
        ("", ["6.1.0-28-amd64"], None),
    ],
)  # fmt: skip
def test_the_running_kernel_is_compared_with_its_own_flavour_only_where_it_is_installed(
    running: str, installed: list[str], expected: bool | None
) -> None:
    told = reboot(running, kernels=kernels(*installed))
    assert told.needed is expected
    assert bool(told.reasons) is (expected is True)
    assert told.shown == (("only the kernel was compared",) if expected is False else ())


def test_a_kernel_whose_number_has_any_length_is_compared() -> None:
    newer = f"6.{'1' * 5000}-amd64"
    told = reboot("6.1.0-3-amd64", kernels=f"/boot/vmlinuz-6.1.0-3-amd64\n/boot/vmlinuz-{newer}\n")
    assert told.needed is True


def test_a_kernel_below_lib_modules_counts_as_one_in_boot() -> None:
    told = reboot(
        "6.4.0-1-default", kernels="/lib/modules/6.4.0-1-default/vmlinuz\n/boot/vmlinuz-6.4.0-2-default\n"
    )
    assert told.needed is True


def test_a_debian_kernel_that_was_replaced_under_its_own_name_waits_for_a_restart() -> None:
    build = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)\n"
    same = {"kernels": kernels("6.1.0-28-amd64"), "build": build}
    assert reboot(**same, kernel_package="6.1.119-1").needed is False
    newer = reboot(**same, kernel_package="6.1.124-1")
    assert newer == Reboot(needed=True, reasons=("kernel 6.1.124-1 is installed, 6.1.119-1 runs",))


class Answering:
    """A machine that prints what it is told to, for the marker that it is given."""

    def __init__(self, body: str, *, cut: bool = False) -> None:
        self.body, self.cut = body, cut

    def run(self, command: Command) -> Completed:
        marker = command.text.partition("B='")[2].partition("'")[0]
        return Completed(0, self.body.replace("@m", marker).encode(), b"", 1, self.cut)

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


@pytest.mark.parametrize("body", ["", "Microsoft Windows\n", "@m begin manager\napt\n@m end 0\n"])
def test_an_answer_that_is_none_of_ours_or_breaks_off_is_an_error(body: str) -> None:
    with pytest.raises(RemoteError) as caught:
        linux.collect(Answering(body), 30, NOW)
    assert caught.value.problems[0].code == "protocol"


def test_an_answer_beyond_the_limit_is_an_error_and_not_a_part() -> None:
    body = "@m begin whole\n@m end 0\n"
    with pytest.raises(RemoteError, match="longer than the limit"):
        linux.collect(Answering(body, cut=True), 30, NOW)
    assert linux.collect(Answering(body), 30, NOW).updates is None


def test_the_script_refreshes_and_installs_nothing() -> None:
    words = Path(linux.__file__).with_name("linux.sh").read_text(encoding="utf-8")
    for forbidden in ("apt-get update", "makecache", "--refresh", "zypper ref", " install ", "sudo", "/tmp"):
        assert forbidden not in words


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say() -> None:
    script = Path(linux.__file__).with_name("linux.sh")
    done = subprocess.run(["shellcheck", "-s", "sh", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


NAMES = [
    "manager", "release", "uname", "clock", "upgrade", "policy", "versions", "required", "kernels", "build",
    "kernel-package", "needrestart", "restarting", "rebooting", "patches", "available",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["apt", "dnf", "zypper", RELEASE, NEEDS, BATCH, kernels("6.1.0-28-amd64", "1"), "Linux 1 2", "flag"]
    ),
)


@given(st.dictionaries(st.sampled_from(NAMES), st.builds(Section, TEXTS, st.integers(-1, 255), TEXTS)))
def test_any_answer_gives_facts_that_name_what_they_lack(found: dict[str, Section]) -> None:
    facts = linux.read(found, NOW)
    lacking = {each.subject for each in facts.missing}
    assert facts.updates is not None or "updates" in lacking
    assert facts.system is not None or "system" in lacking
    assert (facts.reboot is not None and facts.reboot.needed is not None) or "reboot" in lacking
    assert facts.lists_at is not None or facts.manager not in linux.MANAGERS or "lists_at" in lacking


@given(st.binary(max_size=400))
def test_any_bytes_are_an_answer_or_an_error(body: bytes) -> None:
    text = body.decode("utf-8", errors="replace")
    linux.collect(Answering(f"@m begin upgrade\n{text}\n@m end 0\n@m begin whole\n@m end 0\n"), 30, NOW)
