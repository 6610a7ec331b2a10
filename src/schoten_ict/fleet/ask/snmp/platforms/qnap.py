"""QNAP: ENTITY-MIB; the software revision carries a stray backslash and quote."""

from schoten_ict.fleet.ask.snmp.oids import ENT_SOFTWARE, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "qnap",
        (Sign(enterprise("24681")), Sign(enterprise("55062"))),
        vendor="QNAP",
        os="QTS",
        places={"os_version": (At(ENT_SOFTWARE, r"([0-9][\w.]*)"),)},
    ),
)
