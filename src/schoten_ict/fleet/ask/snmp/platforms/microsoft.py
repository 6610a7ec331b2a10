"""Windows. The agent tells nothing of the hardware, and an NT version (6.3) that no Windows is sold under."""

from schoten_ict.fleet.ask.snmp.oids import SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "windows",
        (Sign(enterprise("311")),),
        os="Windows",
        places={"os_build": (At(SYS_DESCR, r"\(Build ([0-9]+)"),)},
    ),
)
