"""HPE: iLO (CPQSINFO-MIB, CPQSM2-MIB), MSA arrays, ProVision and ArubaOS-Switch switches."""

from schoten_ict.fleet.ask.snmp.oids import (
    ENT_DESCR,
    ENT_MODEL,
    ENT_VENDOR,
    SYS_DESCR,
    enterprise,
)
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

_SERVER_SERIAL = At(enterprise("232.2.2.2.1.0"))
_SERVER_MODEL = At(enterprise("232.2.2.4.2.0"))
_PART = r"\b(J[A-Z]?[0-9]{3,4}[A-Z])\b"

PLATFORMS = (
    Platform(
        "hpe-ilo",
        (Sign(enterprise("232")),),
        vendor="HPE",
        names=("Hewlett Packard Enterprise",),
        places={
            "model": (_SERVER_MODEL,),
            "serial": (_SERVER_SERIAL,),
            "firmware": (
                At(SYS_DESCR, r"^Integrated Lights-Out \d+ ([0-9]\S*)"),
                At(enterprise("232.9.2.2.2.0")),
            ),
        },
    ),
    Platform(
        "hpe-msa",
        (Sign(enterprise("11.2.51")),),
        vendor="HPE",
        places={
            "vendor": (At(SYS_DESCR, r"^(HPE?)\b"),),
            "model": (_SERVER_MODEL,),
            "serial": (_SERVER_SERIAL,),
        },
    ),
    Platform(
        "hp-switch",
        (Sign(enterprise("11.2.3.7")),),
        vendor="HP",
        names=("Hewlett-Packard", "Hewlett Packard"),
        places={
            "vendor": (At(ENT_VENDOR),),
            "model": (At(ENT_MODEL), At(ENT_DESCR, _PART), At(SYS_DESCR, _PART)),
            "serial": (At(enterprise("11.2.36.1.1.2.9.0")),),
            "firmware": (
                At(enterprise("11.2.14.11.5.1.1.3.0")),
                At(SYS_DESCR, r"\brevision ([^\s,]+)"),
            ),
        },
    ),
)
