"""Samsung printers (SAMSUNG-PRINTER-EXT-MIB)."""

from schoten_ict.fleet.ask.snmp.oids import PRT_SERIAL, SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "samsung-printer",
        (Sign(enterprise("236")),),
        vendor="Samsung",
        places={
            "model": (At(SYS_DESCR, r"^Samsung ([^;]+);"),),
            "serial": (
                At(PRT_SERIAL),
                At(enterprise("236.11.5.1.1.1.4.0")),
                At(SYS_DESCR, r";S/N (\S+)"),
            ),
            "firmware": (At(SYS_DESCR, r";\s*(V[^;\s]+)"),),
        },
        expects=frozenset({"interfaces", "supplies"}),
    ),
)
