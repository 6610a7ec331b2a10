"""Brother printers (BROTHER-MIB). sysDescr tells of the network card."""

from schoten_ict.fleet.ask.snmp.oids import HR_DEVICE_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "brother",
        (Sign(enterprise("2435")),),
        vendor="Brother",
        places={
            "model": (At(enterprise("2435.2.4.3.2435.5.13.3.0")), At(HR_DEVICE_DESCR)),
            "serial": (At(enterprise("2435.2.3.9.4.2.1.5.5.1.0")),),
            "firmware": (At(enterprise("2435.2.4.3.1240.6.5.0"), r"Ver\.?\s*(\S+)"),),
        },
        expects=frozenset({"interfaces", "supplies"}),
    ),
)
