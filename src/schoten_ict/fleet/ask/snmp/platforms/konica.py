"""Konica Minolta and Develop printers."""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "konica-minolta",
        (Sign(enterprise("18334")),),
        vendor="Konica Minolta",
        places={
            "model": (
                At(SYS_DESCR, r"^(?:KONICA MINOLTA|Develop) (.+)"),
                At(enterprise("18334.1.1.1.1.6.2.1.0")),
            ),
            "firmware": (At(enterprise("18334.1.1.1.1.6.1.0")),),
        },
        expects=frozenset({"interfaces", "supplies"}),
    ),
)
