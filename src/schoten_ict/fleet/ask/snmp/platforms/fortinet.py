"""Fortinet (FORTINET-CORE-MIB, FORTINET-FORTIGATE-MIB, FORTINET-FORTISWITCH-MIB).

entPhysicalModelName is cut short (`FSW_148F-F`); the software revision begins with the whole model.
"""

from schoten_ict.fleet.ask.snmp.oids import ENT_SOFTWARE, enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

_SERIAL = At(enterprise("12356.100.1.1.1.0"))
_MODEL, _VERSION, _BUILD = r"^(Forti\S+) v", r"\bv([0-9][0-9.]*)", r"\bbuild0*([0-9]+)"
_GATE, _SWITCH = enterprise("12356.101.4.1.1.0"), enterprise("12356.106.4.1.1.0")

PLATFORMS = (
    Platform(
        "fortigate",
        (Sign(enterprise("12356")),),
        vendor="Fortinet",
        os="FortiOS",
        places={
            "model": (At(ENT_SOFTWARE, _MODEL),),
            "serial": (_SERIAL,),
            "os_version": (At(_GATE, _VERSION), At(ENT_SOFTWARE, _VERSION)),
            "os_build": (At(_GATE, _BUILD), At(ENT_SOFTWARE, _BUILD)),
        },
    ),
    Platform(
        "fortiswitch",
        (Sign(enterprise("12356.106")),),
        vendor="Fortinet",
        os="FortiSwitchOS",
        places={
            "model": (At(_SWITCH, _MODEL), At(ENT_SOFTWARE, _MODEL)),
            "serial": (_SERIAL,),
            "os_version": (At(_SWITCH, _VERSION),),
            "os_build": (At(_SWITCH, _BUILD),),
        },
    ),
)
