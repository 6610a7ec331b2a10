"""SonicWall firewalls (SNWL-COMMON-MIB); some answer with a sysObjectID that is none."""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "sonicwall",
        (Sign(enterprise("8741")), Sign(says=r"^SonicWALL\b")),
        vendor="SonicWall",
        os="SonicOS",
        places={
            "model": (At(enterprise("8741.2.1.1.1.0")),),
            "serial": (At(enterprise("8741.2.1.1.2.0")),),
            "os_version": (At(enterprise("8741.2.1.1.3.0"), r"([0-9]\S*)"),),
        },
    ),
)
