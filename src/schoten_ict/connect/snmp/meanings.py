"""What the numbers of agents mean. Sources: see `oids`; a number that is not here is shown as itself."""

from collections.abc import Mapping
from typing import Final

from schoten_ict.core.remote import Oid

Meanings = Mapping[int, str]

IF_STATUS: Final[Meanings] = {
    1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "not present", 7: "lower layer down",
}  # fmt: skip
IF_TYPES: Final[Meanings] = {
    6: "ethernet", 24: "loopback", 53: "virtual", 62: "ethernet", 71: "wireless", 117: "ethernet",
    131: "tunnel", 135: "vlan", 136: "vlan", 161: "aggregate", 209: "bridge",
}  # fmt: skip
DUPLEX: Final[Meanings] = {1: "unknown", 2: "half", 3: "full"}

LLDP_CHASSIS_ID_SUBTYPES: Final[Meanings] = {
    1: "component", 2: "interface alias", 3: "port component", 4: "mac", 5: "address", 6: "interface name",
    7: "local",
}  # fmt: skip
LLDP_PORT_ID_SUBTYPES: Final[Meanings] = {
    1: "interface alias", 2: "port component", 3: "mac", 4: "address", 5: "interface name",
    6: "agent circuit", 7: "local",
}  # fmt: skip
LLDP_CAPABILITIES: Final = (
    "other", "repeater", "bridge", "access point", "router", "telephone", "docsis", "station",
)  # fmt: skip
"""By bit, the first being the most significant of the first byte."""

FDB_STATUS: Final[Meanings] = {1: "other", 2: "invalid", 3: "learned", 4: "self", 5: "managed"}
NEIGHBOUR_STATES: Final[Meanings] = {
    1: "reachable", 2: "stale", 3: "delay", 4: "probe", 5: "invalid", 6: "unknown", 7: "incomplete",
}  # fmt: skip

ENTITY_CLASSES: Final[Meanings] = {
    1: "other", 2: "unknown", 3: "chassis", 4: "backplane", 5: "container", 6: "power supply", 7: "fan",
    8: "sensor", 9: "module", 10: "port", 11: "stack", 12: "cpu",
}  # fmt: skip
SENSOR_TYPES: Final[Meanings] = {
    1: "other", 2: "unknown", 3: "volts ac", 4: "volts dc", 5: "amperes", 6: "watts", 7: "hertz",
    8: "celsius", 9: "percent humidity", 10: "rpm", 11: "m3/min", 12: "truth value",
}  # fmt: skip
SENSOR_SCALES: Final[Mapping[int, int]] = {scale: 3 * (scale - 9) for scale in range(1, 18)}
"""Powers of ten: a value stands for `value * 10 ** (scale - precision)`."""
SENSOR_STATUS: Final[Meanings] = {1: "ok", 2: "unavailable", 3: "nonoperational"}

POE_PORT_STATUS: Final[Meanings] = {
    1: "disabled", 2: "searching", 3: "delivering", 4: "fault", 5: "test", 6: "other fault",
}  # fmt: skip
POE_SUPPLY_STATUS: Final[Meanings] = {1: "on", 2: "off", 3: "faulty"}

DEVICE_STATUS: Final[Meanings] = {1: "unknown", 2: "running", 3: "warning", 4: "testing", 5: "down"}
PRINTER_STATUS: Final[Meanings] = {1: "other", 2: "unknown", 3: "idle", 4: "printing", 5: "warming up"}
PRINTER_ERRORS: Final = (
    "low paper", "no paper", "low toner", "no toner", "door open", "jammed", "offline", "service requested",
    "input tray missing", "output tray missing", "marker supply missing", "output near full", "output full",
    "input tray empty", "overdue maintenance",
)  # fmt: skip
"""By bit, the first being the most significant of the first byte; agents send one byte or two."""
SUPPLY_CLASSES: Final[Meanings] = {1: "other", 3: "consumed", 4: "filled"}
SUPPLY_TYPES: Final[Meanings] = {
    1: "other", 2: "unknown", 3: "toner", 4: "waste toner", 5: "ink", 6: "ink cartridge", 7: "ink ribbon",
    8: "waste ink", 9: "drum", 10: "developer", 11: "fuser oil", 12: "solid wax", 13: "ribbon wax",
    14: "waste wax", 15: "fuser", 16: "corona wire", 17: "fuser oil wick", 18: "cleaner unit",
    19: "fuser cleaning pad", 20: "transfer unit", 21: "toner cartridge", 22: "fuser oiler", 23: "water",
    24: "waste water", 25: "glue water additive", 26: "waste paper", 27: "binding supply",
    28: "banding supply", 29: "stitching wire", 30: "shrink wrap", 31: "paper wrap", 32: "staples",
    33: "inserts", 34: "covers",
}  # fmt: skip
SUPPLY_UNITS: Final[Meanings] = {
    1: "other", 2: "unknown", 3: "1/10000 inch", 4: "micrometres", 7: "impressions", 8: "sheets", 11: "hours",
    12: "1/1000 ounce", 13: "tenths of a gram", 14: "1/100 fluid ounce", 15: "tenths of a millilitre",
    16: "feet", 17: "metres", 18: "items", 19: "percent",
}  # fmt: skip
PRINTER_ALERT_SEVERITIES: Final[Meanings] = {
    1: "other", 3: "critical", 4: "warning", 5: "warning",
}  # fmt: skip

UPS_BATTERY_STATES: Final[Meanings] = {1: "unknown", 2: "normal", 3: "low", 4: "depleted"}
UPS_OUTPUT_SOURCES: Final[Meanings] = {
    1: "other", 2: "none", 3: "normal", 4: "bypass", 5: "battery", 6: "booster", 7: "reducer",
}  # fmt: skip
UPS_TEST_RESULTS: Final[Meanings] = {
    1: "passed", 2: "warning", 3: "error", 4: "aborted", 5: "in progress", 6: "never tested",
}  # fmt: skip
APC_REPLACE_BATTERY: Final[Meanings] = {1: "no", 2: "yes"}

STORAGE_TYPES: Final[Mapping[Oid, str]] = {
    (1, 3, 6, 1, 2, 1, 25, 2, 1, number): name
    for number, name in enumerate(
        (
            "other",
            "ram",
            "swap",
            "disk",
            "removable",
            "floppy",
            "compact disc",
            "ram disk",
            "flash",
            "network",
        ),
        1,
    )
}


def set_bits(raw: bytes, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the bits that are set in a BITS value (RFC 2578 section 7.1.4)."""
    return tuple(
        name
        for place, name in enumerate(names)
        if place // 8 < len(raw) and raw[place // 8] & (0x80 >> place % 8)
    )
