"""Eaton (XUPS-MIB) and the former MGE (MG-SNMP-UPS-MIB)."""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, UPS_MODEL, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "eaton-ups",
        (Sign(enterprise("534")), Sign(enterprise("705"))),
        vendor="Eaton",
        names=("Eaton Corporation",),
        places={
            "model": (At(enterprise("534.1.1.2.0")), At(UPS_MODEL), At(SYS_DESCR, r"^Eaton (.+)")),
            "serial": (At(enterprise("534.1.1.6.0")), At(enterprise("705.1.1.7.0"))),
            "firmware": (At(enterprise("705.1.1.4.0")), At(enterprise("534.1.1.3.0"))),
        },
        expects=frozenset({"interfaces", "batteries"}),
    ),
)
