"""Xerox printers (XEROX-HOST-RESOURCES-EXT-MIB). `SS` in sysDescr is the system software."""

from schoten_ict.fleet.ask.snmp.oids import PRT_SERIAL, SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "xerox",
        (Sign(enterprise("253")),),
        vendor="Xerox",
        names=("Fuji Xerox",),
        places={
            "model": (At(SYS_DESCR, r"^Xerox\S* ([^;]+);"),),
            "serial": (At(PRT_SERIAL), At(enterprise("253.8.53.3.2.1.3.1"))),
            "firmware": (At(SYS_DESCR, r"\bSS ([0-9][0-9.]*)"),),
        },
        expects=frozenset({"interfaces", "supplies"}),
    ),
)
