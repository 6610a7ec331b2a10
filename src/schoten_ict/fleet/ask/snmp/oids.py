"""Object identifiers that collecting needs, as numbers: no MIB file is read at run time.

Sources: SNMPv2-MIB (RFC 3418), IF-MIB (RFC 2863), IP-MIB (RFC 4293), BRIDGE-MIB (RFC 4188), UPS-MIB (RFC
1628), HOST-RESOURCES-MIB (RFC 2790), ENTITY-MIB (RFC 6933), Printer-MIB (RFC 3805), SNMP-FRAMEWORK-MIB (RFC
3411), LLDP-MIB (IEEE 802.1AB-2005), LLDP-V2-MIB (IEEE 802.1AB-2016).
"""

from schoten_ict.core.remote import Oid


def oid(dotted: str) -> Oid:
    """The arcs of dotted text."""
    return tuple(map(int, dotted.split(".")))


def mib(dotted: str) -> Oid:
    """An object below mib-2 (1.3.6.1.2.1)."""
    return (1, 3, 6, 1, 2, 1, *oid(dotted))


def enterprise(dotted: str) -> Oid:
    """An object below enterprises (1.3.6.1.4.1); the first arc is the vendor's number (IANA)."""
    return (1, 3, 6, 1, 4, 1, *oid(dotted))


SYS_DESCR = mib("1.1.0")
SYS_OBJECT_ID = mib("1.2.0")
SYS_UPTIME = mib("1.3.0")
SYS_NAME = mib("1.5.0")
SYS_LOCATION = mib("1.6.0")
HR_UPTIME = mib("25.1.1.0")
HR_DATE = mib("25.1.2.0")
ENGINE_TIME = oid("1.3.6.1.6.3.10.2.1.3.0")

HR_DEVICE_TYPE = mib("25.3.2.1.2.1")
HR_DEVICE_DESCR = mib("25.3.2.1.3.1")
HR_DEVICE_PRINTER = mib("25.3.1.5")
STORAGE = mib("25.2.3.1")
STORAGE_TYPES = mib("25.2.1")

PRT_SERIAL = mib("43.5.1.1.17.1")
PRT_LIFE_COUNT = mib("43.10.2.1.4.1.1")
PRT_COUNTER_UNIT = mib("43.10.2.1.3.1.1")
SUPPLIES = mib("43.11.1.1")
COLORANTS = mib("43.12.1.1.4")

UPS_MANUFACTURER = mib("33.1.1.1.0")
UPS_MODEL = mib("33.1.1.2.0")
UPS_SOFTWARE = mib("33.1.1.3.0")
UPS_STATUS = mib("33.1.2.1.0")
UPS_MINUTES = mib("33.1.2.3.0")
UPS_CHARGE = mib("33.1.2.4.0")
UPS_LOAD = mib("33.1.4.4.1.5")
UPS_ALARMS = mib("33.1.6.2.1.2")
UPS_ALARM_BATTERY_BAD = mib("33.1.6.3.1")

ENTITY = mib("47.1.1.1.1")
ENT_DESCR = (*ENTITY, 2)
ENT_CLASS = (*ENTITY, 5)
ENT_SOFTWARE = (*ENTITY, 10)
ENT_SERIAL = (*ENTITY, 11)
ENT_VENDOR = (*ENTITY, 12)
ENT_MODEL = (*ENTITY, 13)
ENT_COLUMNS = (ENT_DESCR, ENT_SOFTWARE, ENT_SERIAL, ENT_VENDOR, ENT_MODEL)

IF_DESCR = mib("2.2.1.2")
IF_SPEED = mib("2.2.1.5")
IF_MAC = mib("2.2.1.6")
IF_ADMIN = mib("2.2.1.7")
IF_OPER = mib("2.2.1.8")
IF_NAME = mib("31.1.1.1.1")
IF_HIGH_SPEED = mib("31.1.1.1.15")
IF_ALIAS = mib("31.1.1.1.18")
IP_INTERFACE = mib("4.20.1.2")
IP_MASK = mib("4.20.1.3")
ADDRESS_INTERFACE = mib("4.34.1.3")
ADDRESS_PREFIX = mib("4.34.1.5")
BRIDGE_PORT = mib("17.1.4.1.2")

LLDP_REMOTE = oid("1.0.8802.1.1.2.1.4.1.1")
LLDP_LOCAL = oid("1.0.8802.1.1.2.1.3.7.1")
LLDP_CHASSIS = oid("1.0.8802.1.1.2.1.3.2.0")
LLDP2_REMOTE = oid("1.3.111.2.802.1.1.13.1.4.1.1")

STANDARD = (
    SYS_DESCR, SYS_OBJECT_ID, SYS_UPTIME, SYS_NAME, SYS_LOCATION, HR_UPTIME, HR_DATE, ENGINE_TIME,
    HR_DEVICE_TYPE, HR_DEVICE_DESCR, PRT_SERIAL, PRT_LIFE_COUNT, PRT_COUNTER_UNIT,
    UPS_MANUFACTURER, UPS_MODEL, UPS_SOFTWARE, UPS_STATUS, UPS_MINUTES, UPS_CHARGE, LLDP_CHASSIS,
)  # fmt: skip
"""What every agent is asked first."""
