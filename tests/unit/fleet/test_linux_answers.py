"""Reading a Linux machine's answer: what it says, what is missing, and no crash on anything."""

import platform
import subprocess
from typing import Self

from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.hostfacts import HostFacts, Interface, Listener, Service, Title, Volume
from schoten_ict.core.remote import Command, Completed
from schoten_ict.fleet.ask import linux
from schoten_ict.formats.framed import Section

PARTS = [
    "uname", "release", "dmi", "virt", "cpu", "memory", "uptime", "clock", "df", "links", "addresses",
    "dpkg", "rpm", "apk", "units", "unitfiles", "listeners",
]  # fmt: skip
RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
DMI = "sys_vendor=Dell Inc.\nproduct_name=PowerEdge R650\nproduct_serial=CZ1234\nchassis_serial=CZ1234\n"
LINKS = (
    "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN link/loopback 00:00:00:00:00:00\n"
    "2: eno1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP link/ether b0:00:00:00:00:01 brd ff\n"
    "3: vlan10@eno1: <BROADCAST,MULTICAST> mtu 1500 state DOWN link/ether b0:00:00:00:00:02 brd ff\n"
)
ADDRESSES = (
    "1: lo    inet 127.0.0.1/8 scope host lo\n"
    "2: eno1    inet 127.10.10.31/24 brd 127.10.10.255 scope global eno1\n"
    "2: eno1    inet6 fe80::1/64 scope link\n"
)
DF = (
    "Filesystem     Type 1-blocks  Used Available Capacity Mounted on\n"
    "/dev/sda1      ext4 1000000 400000    600000      40% /\n"
    "/dev/sdb1      xfs  2000000 400000   1600000      20% /srv/data met spatie\n"
)
DPKG = "ii \topenssl\t3.0.15-1~deb12u1\tamd64\tDebian OpenSSL Team\nrc \toldpackage\t1.0\tamd64\tX\n"


def answers(**texts: str) -> dict[str, Section]:
    return {name.replace("_", "-"): Section(text, 0) for name, text in texts.items()}


def whole() -> HostFacts:
    return linux.read(
        answers(
            uname="Linux srv-web01 6.1.0-28-amd64 x86_64",
            release=RELEASE,
            dmi=DMI,
            virt="none",
            cpu="processor\t: 0\nmodel name\t: Xeon\nphysical id\t: 0\ncore id\t: 0\nprocessor\t: 1\n"
            "physical id\t: 1\ncore id\t: 0\n",
            memory="MemTotal:       16384 kB\n",
            uptime="3600.55 7000.00",
            links=LINKS,
            addresses=ADDRESSES,
            df=DF,
            dpkg=DPKG,
            units="ssh.service loaded active running OpenBSD Secure Shell\n"
            "● bad.service loaded failed failed Bad\ngone.service not-found inactive dead gone\n",
            unitfiles="ssh.service enabled enabled\n",
            listeners='tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))\n'
            "udp UNCONN 0 0 [::1]:323 [::]:*\n",
        )
    )


def test_a_whole_answer_is_read_part_by_part() -> None:
    facts = whole()
    assert facts.missing == ()
    identity = facts.identity
    assert identity is not None
    assert (identity.hostname, identity.vendor, identity.model) == (
        "srv-web01",
        "Dell Inc.",
        "PowerEdge R650",
    )
    assert (identity.serial, identity.os, identity.os_version) == ("CZ1234", "Debian GNU/Linux", "12")
    assert (identity.kernel, identity.architecture) == ("6.1.0-28-amd64", "x86_64")
    assert facts.hardware is not None
    assert (facts.hardware.sockets, facts.hardware.cores, facts.hardware.threads) == (2, 2, 2)
    assert facts.hardware.memory_bytes == 16384 * 1024
    assert facts.interfaces == (
        Interface("eno1", "b0:00:00:00:00:01", ("127.10.10.31/24", "fe80::1/64"), up=True),
        Interface("vlan10", "b0:00:00:00:00:02", (), up=False),
    )
    assert facts.volumes == (
        Volume("/", "ext4", 1_000_000, "/dev/sda1"),
        Volume("/srv/data met spatie", "xfs", 2_000_000, "/dev/sdb1"),
    )
    assert facts.software == (Title("openssl", "3.0.15-1~deb12u1", "Debian OpenSSL Team", "amd64", "dpkg"),)
    assert facts.services == (Service("bad", running=False), Service("ssh", running=True, starts="enabled"))
    assert facts.listeners == (Listener("tcp", "0.0.0.0", 22, "sshd"), Listener("udp", "[::1]", 323))
    assert facts.state is not None
    assert facts.state.uptime_seconds == 3600
    assert facts.state.free_bytes == {"/": 600_000, "/srv/data met spatie": 1_600_000}


def test_a_placeholder_serial_is_no_serial_and_a_virtual_machine_says_so() -> None:
    dmi = "sys_vendor=QEMU\nproduct_name=Standard PC\nproduct_serial=To be filled by O.E.M.\n"
    identity = linux.read(answers(dmi=dmi, virt="kvm")).identity
    assert identity is not None
    assert (identity.serial, identity.virtual) == (None, "kvm")


def test_a_serial_that_only_root_may_read_is_named_as_missing_with_the_way_out() -> None:
    dmi = "sys_vendor=Dell Inc.\nproduct_name=PowerEdge\nproduct_serial=\n"
    missing = {gap.subject: gap for gap in linux.read(answers(dmi=dmi, virt="none")).missing}
    assert missing["serial"].code == "denied"
    assert "sudo" in missing["serial"].remedy


def test_tools_that_did_not_answer_are_missing_parts_and_not_empty_ones() -> None:
    facts = linux.read({"links": Section("", 127), "df": Section("", 1)})
    assert facts.interfaces is None
    assert facts.volumes is None
    assert facts.software is None
    assert facts.services is None
    assert {gap.subject for gap in facts.missing} == {
        "interfaces", "volumes", "listeners", "software", "services",
    }  # fmt: skip


def test_rpm_epochs_and_keys_and_alpine_names() -> None:
    rpm = "bash\t0:5.1.8-9.el9\tx86_64\tRocky\nbind\t32:9.16\tx86_64\t(none)\ngpg-pubkey\t0:1-1\t(none)\t(none)\n"
    assert linux.read(answers(rpm=rpm)).software == (
        Title("bash", "5.1.8-9.el9", "Rocky", "x86_64", "rpm"),
        Title("bind", "32:9.16", None, "x86_64", "rpm"),
    )
    apk = "alpine-baselayout-3.4.3-r2 x86_64 {alpine-baselayout} (GPL-2.0-only) [installed]\n"
    assert linux.read(answers(apk=apk)).software == (
        Title("alpine-baselayout", "3.4.3-r2", None, "x86_64", "apk"),
    )


class Local:
    """Runs the script with this machine's own shell."""

    def run(self, command: Command) -> Completed:
        done = subprocess.run(["sh", "-c", command.text], capture_output=True, check=False, timeout=60)
        return Completed(done.returncode, done.stdout, done.stderr, 1)

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_the_script_asks_this_very_machine() -> None:
    facts = linux.collect(Local(), 60)
    assert facts.identity is not None
    assert facts.identity.kernel == platform.release()
    assert facts.volumes
    assert facts.state is not None
    assert facts.state.clock_offset_ms is not None
    assert abs(facts.state.clock_offset_ms) < 1000


@given(
    st.dictionaries(
        st.sampled_from(PARTS),
        st.builds(Section, st.text(max_size=200), st.integers(-1, 255)),
    )
)
def test_any_answer_gives_facts_that_survive_being_kept(found: dict[str, Section]) -> None:
    facts = linux.read(found)
    assert HostFacts.from_parts(facts.parts()).parts() == facts.parts()
