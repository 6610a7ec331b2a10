"""GLPI inventory files: what an agent wrote about a machine, as JSON or as XML (glpi-agent, FusionInventory).

One file is one asset; an XML answer of a network scan may hold several devices.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from schoten_ict.assets.ask.preset import Preset
from schoten_ict.formats import inventories
from schoten_ict.formats.identifiers import clean_mac
from schoten_ict.formats.inventories import listing, mapping, text
from schoten_ict.formats.refusal import unreadable
from schoten_ict.formats.tables import RawTable

HEADER = ("category", "manufacturer", "model", "serial", "assettag", "mac", "imei", "sim", "phone number")
PRESET = Preset(
    {
        "category": "category",
        "manufacturer": "manufacturer",
        "model": "model",
        "serial": "serial",
        "tag_hint": "assettag",
        "macs": "mac",
        "imei": "imei",
        "sim": "sim",
        "phone_number": "phonenumber",
    }
)
_PORTABLE = ("laptop", "notebook", "portable", "convertible", "detachable", "subnotebook")
_FIXED = ("desktop", "tower", "minipc", "allinone", "lowprofile", "pizzabox", "spacesaving")
_BY_TYPE = {"phone": "smartphone", "printer": "printer", "networkequipment": "switch", "networking": "switch"}


def table(content: bytes, name: str) -> RawTable:
    """The devices of an inventory file as rows under HEADER, counted from 1.

    Raises `IncompleteError` (code `unreadable`) for anything else.
    """
    document = inventories.document(content, name)
    contents = mapping(document.get("content"))
    devices = [_device(document, contents, each) for each in _devices(contents)]
    if not devices:
        raise unreadable(name, "is no GLPI inventory: it describes no machine", remedy="give an agent's file")
    rows = [(number, device) for number, device in enumerate(devices, start=1)]
    return RawTable(name, HEADER, rows, "utf-8", "")


def _devices(contents: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The described machines: one with `hardware` or `bios`, or network devices."""
    if contents.get("bios") or contents.get("hardware"):
        yield contents
    elif contents.get("network_device"):
        yield {**contents, "info": contents["network_device"]}
    else:
        for device in listing(contents.get("device")):
            if mapping(device).get("info"):
                yield mapping(device)


def _device(
    document: Mapping[str, Any], contents: Mapping[str, Any], device: Mapping[str, Any]
) -> tuple[str, ...]:
    info, bios, hardware = (mapping(device.get(name)) for name in ("info", "bios", "hardware"))
    sim = mapping(next(iter(listing(device.get("simcards"))), {}))
    return (
        _category(text(document.get("itemtype")), text(info.get("type")), text(hardware.get("chassis_type"))),
        text(info.get("manufacturer") or bios.get("smanufacturer") or bios.get("mmanufacturer")),
        text(info.get("model") or bios.get("smodel") or bios.get("mmodel")),
        text(info.get("serial") or bios.get("ssn")),
        text(bios.get("assettag")),
        ", ".join(_macs(contents, info)),
        text(hardware.get("imei") or mapping(device.get("phone")).get("imei")),
        text(sim.get("serial") or sim.get("iccid")),
        text(sim.get("phone_number") or sim.get("line_number")),
    )


def _category(item: str, kind: str, chassis: str) -> str:
    known = _BY_TYPE.get(item.lower()) or _BY_TYPE.get(kind.lower())
    if known:
        return known
    word = "".join(char for char in chassis.lower() if char.isalpha())
    if word in _PORTABLE:
        return "laptop"
    return "desktop" if word in _FIXED else (chassis or "computer")


def _macs(contents: Mapping[str, Any], info: Mapping[str, Any]) -> list[str]:
    """The addresses of physical interfaces, without repeats; virtual ones belong to no label."""
    found: dict[str, None] = {}
    networks = [mapping(each) for each in listing(contents.get("networks"))]
    own = [each.get("mac") or each.get("macaddr") for each in networks if not _is_virtual(each)]
    for mac in (info.get("mac"), *own):
        try:
            found[clean_mac(text(mac))] = None
        except ValueError:
            continue
    return list(found)


def _is_virtual(network: Mapping[str, Any]) -> bool:
    return text(network.get("virtualdev")).lower() in {"1", "true", "yes"}
