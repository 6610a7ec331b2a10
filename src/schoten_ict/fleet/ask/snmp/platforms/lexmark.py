"""Lexmark printers (LEXMARK-MPS-MIB, LEXMARK-PVT-MIB)."""

from schoten_ict.fleet.ask.snmp.oids import PRT_SERIAL, SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "lexmark",
        (Sign(enterprise("641")),),
        vendor="Lexmark",
        places={
            "model": (At(SYS_DESCR, r"^Lexmark (\S+)"),),
            "serial": (
                At(PRT_SERIAL),
                At(enterprise("641.6.2.3.1.5.1")),
                At(enterprise("641.2.1.2.1.6.1")),
            ),
            "firmware": (At(SYS_DESCR, r"\bversion (\S+)"),),
        },
        expects=frozenset({"interfaces", "supplies"}),
    ),
)
