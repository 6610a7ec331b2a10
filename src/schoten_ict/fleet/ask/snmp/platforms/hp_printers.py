"""HP printers behind JetDirect. In sysDescr, ROM and EEPROM are the card's, but `SN:` is the printer's."""

from schoten_ict.fleet.ask.snmp.oids import HR_DEVICE_DESCR, PRT_SERIAL, SYS_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "hp-printer",
        (Sign(enterprise("11.2.3.9")),),
        vendor="HP",
        places={
            "model": (At(HR_DEVICE_DESCR), At(SYS_DESCR, r"\bPID:([^,]+)")),
            "serial": (
                At(PRT_SERIAL),
                At(enterprise("11.2.3.9.4.2.1.1.3.3.0")),
                At(SYS_DESCR, r",SN:([^,]+)"),
            ),
            "firmware": (At(enterprise("11.2.3.9.4.2.1.1.3.5.0")),),
        },
        expects=frozenset({"interfaces", "supplies"}),
    ),
)
