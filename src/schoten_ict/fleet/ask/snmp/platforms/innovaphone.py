"""innovaphone gateways: `13r1 sr8 IP3011[13.2195], Bootcode[132134], Hardware[401#]` in sysDescr."""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "innovaphone",
        (Sign(enterprise("6666")),),
        vendor="innovaphone",
        places={
            "model": (At(SYS_DESCR, r"(\S+)\[[0-9.]+\], Bootcode"),),
            "firmware": (At(SYS_DESCR, r"\S\[([0-9.]+)\], Bootcode"),),
        },
    ),
)
