"""Ricoh printers (RICOH-PRIVATE-MIB)."""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "ricoh",
        (Sign(enterprise("367")),),
        vendor="Ricoh",
        places={
            "model": (At(enterprise("367.3.2.1.1.1.1.0")),),
            "serial": (At(enterprise("367.3.2.1.2.1.4.0")),),
            "firmware": (At(enterprise("367.3.2.1.1.1.2.0")),),
        },
        expects=frozenset({"interfaces", "supplies"}),
    ),
)
