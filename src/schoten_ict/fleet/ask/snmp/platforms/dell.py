"""Dell iDRAC (IDRAC-MIB, DELL-RAC-MIB): the server it manages, by its service tag."""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

PLATFORMS = (
    Platform(
        "dell-idrac",
        (Sign(enterprise("674.10892.5")), Sign(enterprise("674.10892.2"))),
        vendor="Dell",
        names=("Dell EMC",),
        places={
            "model": (At(enterprise("674.10892.5.1.3.12.0")),),
            "serial": (At(enterprise("674.10892.5.1.3.2.0")), At(enterprise("674.10892.2.1.1.11.0"))),
            "firmware": (At(enterprise("674.10892.5.1.1.8.0")), At(enterprise("674.10892.2.1.2.1.0"))),
        },
    ),
)
