"""MikroTik (MIKROTIK-MIB)."""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "routeros",
        (Sign(enterprise("14988")),),
        vendor="MikroTik",
        os="RouterOS",
        places={
            "model": (At(SYS_DESCR, r"^RouterOS (\S.*)"),),
            "serial": (At(enterprise("14988.1.1.7.3.0")),),
            "os_version": (At(enterprise("14988.1.1.4.4.0")),),
        },
    ),
)
