"""Grandstream telephone adapters (GS-HT8XX-MIB), whose agent passes for any Linux.

The first object is a part number; no object holds the serial.
"""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

_PART_NUMBER = enterprise("42397.1.2.1.0")

PLATFORMS = (
    Platform(
        "grandstream-ht",
        (Sign(enterprise("42397")), Sign(holds=_PART_NUMBER)),
        vendor="Grandstream",
        places={
            "model": (At(SYS_DESCR, r"^Linux (HT\S+)"),),
            "firmware": (At(enterprise("42397.1.2.3.3.0")),),
        },
    ),
)
