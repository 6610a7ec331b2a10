"""Makers whose devices describe themselves in the standard MIBs: their number (IANA) is all it takes."""

from schoten_ict.core.remote import Oid
from schoten_ict.fleet.ask.snmp.oids import enterprise
from schoten_ict.fleet.ask.snmp.platform import At, Platform, Sign

_PRINTER = frozenset({"interfaces", "supplies"})
_UPS = frozenset({"interfaces", "batteries"})
_NETWORK = frozenset({"interfaces"})


def _maker(vendor: str, number: int, expects: frozenset[str] = _NETWORK, serial: Oid = ()) -> Platform:
    places = {"serial": (At(serial),)} if serial else {}
    return Platform(
        vendor.casefold(), (Sign(enterprise(str(number))),), vendor=vendor, places=places, expects=expects
    )


PLATFORMS = (
    _maker("Allied Telesis", 207),
    _maker("Alcatel-Lucent Enterprise", 6486),
    _maker("Arista", 30065),
    _maker("Canon", 1602, _PRINTER, enterprise("1602.1.2.1.4.0")),
    _maker("D-Link", 171),
    _maker("Extreme Networks", 1916),
    _maker("F5", 3375),
    _maker("Huawei", 2011),
    _maker("Juniper", 2636, serial=enterprise("2636.3.1.3.0")),
    _maker("Netgear", 4526),
    _maker("OKI", 2001, _PRINTER),
    _maker("Palo Alto Networks", 25461, serial=enterprise("25461.2.1.2.1.3.0")),
    _maker("Ruckus", 25053),
    _maker("Sharp", 2385, _PRINTER),
    _maker("Socomec", 4555, _UPS),
    _maker("Toshiba", 1129, _PRINTER),
    _maker("TP-Link", 11863),
    _maker("Tripp Lite", 850, _UPS, enterprise("850.100.1.1.4.0")),
    _maker("Vertiv", 476, _UPS),
    _maker("Zyxel", 890),
)
