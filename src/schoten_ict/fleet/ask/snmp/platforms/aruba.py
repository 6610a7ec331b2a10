"""Aruba: AOS-CX switches, Instant access points (AI-AP-MIB)."""

from schoten_ict.fleet.ask.snmp.oids import ENT_SOFTWARE, IF_MAC, SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Own, Platform, Sign

_AP_SERIAL = enterprise("14823.2.3.3.1.2.1.1.4")

PLATFORMS = (
    Platform(
        "arubaos-cx",
        (Sign(enterprise("47196")),),
        vendor="Aruba",
        names=("Aruba Networks",),
        os="ArubaOS-CX",
        places={"os_version": (At(ENT_SOFTWARE),)},
    ),
    Platform(
        "aruba-instant",
        (Sign(enterprise("14823")),),
        vendor="Aruba",
        os="ArubaOS",
        places={
            "model": (At(SYS_DESCR, r"\(MODEL: ([^)]+)\)"),),
            # one access point answers for its whole cluster: its own row is the one with its own address
            "serial": (Own(_AP_SERIAL),),
            "os_version": (At(SYS_DESCR, r"\bVersion (\S+)"),),
        },
        columns=(IF_MAC, _AP_SERIAL),
    ),
)
