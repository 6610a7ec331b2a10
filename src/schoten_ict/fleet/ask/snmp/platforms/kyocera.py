"""Kyocera printers (KYOCERA-Private-MIB)."""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "kyocera",
        (Sign(enterprise("1347")),),
        vendor="Kyocera",
        places={
            "model": (At(enterprise("1347.43.5.1.1.1.1")),),
            "serial": (At(enterprise("1347.43.5.1.1.28.1")),),
            "firmware": (At(enterprise("1347.43.5.4.1.5.1.1")),),
        },
        expects=frozenset({"interfaces", "supplies"}),
    ),
)
