"""HP and H3C switches with Comware."""

from schoten_ict.fleet.ask.snmp.oids import ENT_VENDOR, SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "comware",
        (Sign(enterprise("25506")),),
        vendor="H3C",
        os="Comware",
        places={
            "vendor": (At(ENT_VENDOR),),
            "os_version": (At(SYS_DESCR, r"Software,? Version ([^\s,]+)"),),
        },
    ),
)
