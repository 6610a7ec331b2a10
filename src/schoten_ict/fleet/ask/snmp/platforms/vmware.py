"""VMware (VMWARE-SYSTEM-MIB): ESXi tells the server it runs on, vCenter is a virtual machine.

What vCenter gives as a serial is an identifier cut off at 32 octets.
"""

from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

_PRODUCT = {
    "os": (At(enterprise("6876.1.1.0")),),
    "os_version": (At(enterprise("6876.1.2.0")),),
    "os_build": (At(enterprise("6876.1.4.0")),),
}

PLATFORMS = (
    Platform("esxi", (Sign(enterprise("6876.4.1")),), os="VMware ESXi", places=_PRODUCT),
    Platform(
        "vcenter",
        (Sign(enterprise("6876")),),
        vendor="VMware",
        os="VMware vCenter",
        places=_PRODUCT,
        never=frozenset({"serial"}),
    ),
)
