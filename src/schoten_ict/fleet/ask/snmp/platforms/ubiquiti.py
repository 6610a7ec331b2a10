"""Ubiquiti: UniFi access points (UBNT-UniFi-MIB) and switches.

A switch's entPhysicalSerialNum is a sentence with its hardware address.
"""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

_ACCESS_POINT = enterprise("41112.1.6.3.3.0")

PLATFORMS = (
    Platform(
        "unifi-switch",
        (Sign(enterprise("41112")),),
        vendor="Ubiquiti",
        names=("UBNT", "Ubiquiti Networks"),
        places={"firmware": (At(SYS_DESCR, r"\bfirmware (\S+)"),)},
    ),
    Platform(
        "unifi-ap",
        (Sign(holds=_ACCESS_POINT),),
        vendor="Ubiquiti",
        places={
            "model": (At(_ACCESS_POINT),),
            "firmware": (At(enterprise("41112.1.6.3.6.0")),),
        },
    ),
)
