"""APC (PowerNet-MIB). The serial in sysDescr is that of the network card."""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "apc-ups",
        (Sign(enterprise("318")),),
        vendor="APC",
        names=("American Power Conversion",),
        places={
            "model": (At(enterprise("318.1.1.1.1.1.1.0")),),
            "serial": (At(enterprise("318.1.1.1.1.2.3.0")),),
            "firmware": (At(enterprise("318.1.1.1.1.2.1.0")),),
        },
        expects=frozenset({"interfaces", "batteries"}),
    ),
    Platform(
        "apc-pdu",
        (Sign(enterprise("318.1.3.4")),),
        vendor="APC",
        places={
            "model": (At(enterprise("318.1.1.26.2.1.8.1")), At(enterprise("318.1.1.12.1.5.0"))),
            "serial": (At(enterprise("318.1.1.26.2.1.9.1")), At(enterprise("318.1.1.12.1.6.0"))),
            "firmware": (
                At(enterprise("318.1.1.26.2.1.6.1")),
                At(enterprise("318.1.1.12.1.3.0")),
                At(SYS_DESCR, r"\bAF1:(\S+)"),
            ),
        },
    ),
)
