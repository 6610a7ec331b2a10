"""Patton SmartNode gateways (SMARTNODE-MIB); their serial is their first hardware address."""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "patton-smartnode",
        (Sign(enterprise("1768")),),
        vendor="Patton",
        places={
            "model": (At(enterprise("1768.100.1.6.0")),),
            "serial": (At(enterprise("1768.100.1.1.0")),),
            "firmware": (At(enterprise("1768.100.1.5.0"), r"^(\S+)"),),
        },
    ),
)
