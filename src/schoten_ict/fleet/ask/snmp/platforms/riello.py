"""Riello UPSes behind a NetMan card: UPS-MIB."""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import Platform, Sign

PLATFORMS = (
    Platform(
        "riello-ups",
        (Sign(enterprise("5491")),),
        vendor="Riello",
        expects=frozenset({"interfaces", "batteries"}),
    ),
)
