"""AudioCodes gateways (AC-SYSTEM-MIB)."""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "audiocodes",
        (Sign(enterprise("5003")),),
        vendor="AudioCodes",
        places={
            "model": (At(enterprise("5003.9.10.10.2.3.1.0")),),
            "firmware": (At(enterprise("5003.9.10.10.2.2.1.0")),),
        },
    ),
)
