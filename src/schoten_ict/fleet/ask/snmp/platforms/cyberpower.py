"""CyberPower (CPS-MIB). The agent's serial (…1.2.9) is that of the network card."""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "cyberpower-ups",
        (Sign(enterprise("3808")),),
        vendor="CyberPower",
        names=("CPS", "Cyber Power"),
        places={
            "model": (At(enterprise("3808.1.1.1.1.1.1.0")),),
            "serial": (At(enterprise("3808.1.1.1.1.2.3.0")),),
            "firmware": (At(enterprise("3808.1.1.1.1.2.1.0")),),
        },
        expects=frozenset({"interfaces", "batteries"}),
    ),
    Platform(
        "cyberpower-pdu",
        (Sign(enterprise("3808.1.1.3")),),
        vendor="CyberPower",
        places={
            "model": (At(enterprise("3808.1.1.3.1.5.0")),),
            "serial": (At(enterprise("3808.1.1.3.1.6.0")),),
        },
    ),
)
