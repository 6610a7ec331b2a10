"""Computers with the net-snmp agent (NET-SNMP-EXTEND-MIB).

The agent tells the kernel and no hardware. Where `extend` lines named `distro`, `manufacturer`, `hardware`
and `serial` were set up in snmpd.conf, as monitoring systems ask for, they are read.
"""

from schoten_ict.core.remote import Oid
from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign


def _extended(name: str) -> Oid:
    """The first line of an extension's output; its name is the index, with its length first."""
    return (*enterprise("8072.1.3.2.3.1.1"), len(name), *name.encode("ascii"))


_DISTRIBUTION = _extended("distro")
_LINUX = {
    "vendor": (At(_extended("manufacturer")),),
    "model": (At(_extended("hardware")),),
    "serial": (At(_extended("serial")),),
    "os": (At(_DISTRIBUTION, r"^(.*?\S)\s+[0-9]"),),
    "os_version": (At(_DISTRIBUTION, r"\s([0-9]\S*)"),),
    "kernel": (At(SYS_DESCR, r"^Linux \S+ (\S+)"),),
    "architecture": (At(SYS_DESCR, r"\s(x86_64|aarch64|arm\w+|i[3-6]86|mips\w*|ppc\w*|riscv\w*)$"),),
}

PLATFORMS = (
    Platform("linux", (Sign(enterprise("8072.3.2.10")),), os="Linux", places=_LINUX),
    Platform(
        "proxmox",
        (Sign(enterprise("8072.3.2.10"), r"^Linux .*\bPVE\b"),),
        os="Proxmox VE",
        places=_LINUX,
    ),
    Platform(
        "freebsd",
        (Sign(enterprise("8072.3.2.8")),),
        os="FreeBSD",
        places={
            "os_version": (At(SYS_DESCR, r"^FreeBSD \S+ (\S+)"),),
            "architecture": (At(SYS_DESCR, r"\s(amd64|i386|arm64)$"),),
        },
    ),
)
