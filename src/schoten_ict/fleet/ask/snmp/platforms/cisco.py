"""Cisco: hardware in ENTITY-MIB, the running software in sysDescr."""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise, mib
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

_CISCO = enterprise("9")
_VERSION = {"os_version": (At(SYS_DESCR, r"\bVersion ([^\s,]+)"),)}

PLATFORMS = (
    Platform(
        "cisco-ios",
        (Sign(_CISCO),),
        vendor="Cisco",
        names=("cisco Systems",),
        os="Cisco IOS",
        places=_VERSION,
    ),
    Platform(
        "cisco-iosxe",
        (Sign(_CISCO, r"IOS[-_ ]?XE"),),
        vendor="Cisco",
        os="Cisco IOS XE",
        places=_VERSION,
    ),
    Platform("cisco-nxos", (Sign(_CISCO, r"NX-OS"),), vendor="Cisco", os="Cisco NX-OS", places=_VERSION),
    Platform(
        "cisco-asa",
        (Sign(_CISCO, r"Adaptive Security Appliance"),),
        vendor="Cisco",
        os="Cisco ASA",
        places=_VERSION,
    ),
    Platform("cisco-business", (Sign(enterprise("9.6.1")),), vendor="Cisco"),
    Platform(
        "cisco-ucos",
        (Sign(enterprise("9.1"), r"^Linux release:"),),
        vendor="Cisco",
        os="Cisco UCOS",
        places={
            # SYSAPPL-MIB (RFC 2287): every installed package carries the version of the whole
            "os_version": (At(mib("54.1.1.1.1.4.1")),),
            "kernel": (At(SYS_DESCR, r"release:(\S+)"),),
            "architecture": (At(SYS_DESCR, r"machine:(\S+)"),),
        },
    ),
)
