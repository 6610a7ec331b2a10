"""Synology (SYNOLOGY-SYSTEM-MIB), whose agent passes for any Linux."""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

_MODEL = enterprise("6574.1.5.1.0")

PLATFORMS = (
    Platform(
        "synology",
        (Sign(enterprise("6574")), Sign(holds=_MODEL)),
        vendor="Synology",
        os="DSM",
        places={
            "model": (At(_MODEL),),
            "serial": (At(enterprise("6574.1.5.2.0")),),
            "os_version": (At(enterprise("6574.1.5.3.0"), r"([0-9]\S*)"),),
        },
    ),
)
