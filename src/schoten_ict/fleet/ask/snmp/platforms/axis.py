"""Axis cameras: all in sysDescr."""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "axis",
        (Sign(enterprise("368")),),
        vendor="Axis",
        places={
            "model": (At(SYS_DESCR, r"\bAXIS ([^;]+);"),),
            "firmware": (At(SYS_DESCR, r"\bAXIS [^;]+;[^;]*;\s*([0-9][0-9.]*)"),),
        },
    ),
)
