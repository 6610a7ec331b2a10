"""Epson printers: HOST-RESOURCES-MIB and Printer-MIB."""

from schoten_ict.fleet.ask.snmp.oids import HR_DEVICE_DESCR, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "epson",
        (Sign(enterprise("1248")),),
        vendor="Epson",
        names=("Seiko Epson",),
        places={"model": (At(HR_DEVICE_DESCR),)},
        expects=frozenset({"interfaces", "supplies"}),
    ),
)
