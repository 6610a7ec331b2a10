"""GLPI inventory files: what an agent wrote about a machine, as JSON or as XML (glpi-agent, FusionInventory).

One file is one asset; an XML answer of a network scan may hold several devices.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from schoten_ict.assets.ask.preset import Preset
from schoten_ict.core.text import printable
from schoten_ict.formats.identifiers import clean_mac
from schoten_ict.formats.refusal import unreadable
from schoten_ict.formats.tables import RawTable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

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
_DEEPEST = 40


def table(content: bytes, name: str) -> RawTable:
    """The devices of an inventory file as rows under HEADER, counted from 1.

    Raises `IncompleteError` (code `unreadable`) for anything else.
    """
    stripped = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    document = _xml(content, name) if stripped.startswith(b"<") else _json(content, name)
    contents = _map(document.get("content"))
    devices = [_device(document, contents, each) for each in _devices(contents)]
    if not devices:
        raise unreadable(name, "is no GLPI inventory: it describes no machine", remedy="give an agent's file")
    rows = [(number, device) for number, device in enumerate(devices, start=1)]
    return RawTable(name, HEADER, rows, "utf-8", "")


def _json(content: bytes, name: str) -> Mapping[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise unreadable(name, "is no JSON", remedy="give a GLPI inventory file", line=line) from None
    return _map(document)


def _xml(content: bytes, name: str) -> Mapping[str, Any]:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        line, _ = getattr(error, "position", (None, 0))
        raise unreadable(name, "is no plain XML", remedy="give a GLPI inventory file", line=line) from None
    document = _map(_tree(root))
    return {**document, "itemtype": ""}


def _tree(element: "Element", depth: int = 0) -> Any:
    """An element as text or as a mapping with lower-case names; what is repeated is a list."""
    if len(element) == 0 or depth > _DEEPEST:
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in element:
        value = _tree(child, depth + 1)
        key = child.tag.lower()
        if key in found:
            known = found[key]
            found[key] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            found[key] = value
    return found


def _devices(contents: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The described machines: one with `hardware` or `bios`, or network devices."""
    if contents.get("bios") or contents.get("hardware"):
        yield contents
    elif contents.get("network_device"):
        yield {**contents, "info": contents["network_device"]}
    else:
        for device in _list(contents.get("device")):
            if _map(device).get("info"):
                yield _map(device)


def _device(
    document: Mapping[str, Any], contents: Mapping[str, Any], device: Mapping[str, Any]
) -> tuple[str, ...]:
    info, bios, hardware = (_map(device.get(name)) for name in ("info", "bios", "hardware"))
    sim = _map(next(iter(_list(device.get("simcards"))), {}))
    return (
        _category(
            _text(document.get("itemtype")), _text(info.get("type")), _text(hardware.get("chassis_type"))
        ),
        _text(info.get("manufacturer") or bios.get("smanufacturer") or bios.get("mmanufacturer")),
        _text(info.get("model") or bios.get("smodel") or bios.get("mmodel")),
        _text(info.get("serial") or bios.get("ssn")),
        _text(bios.get("assettag")),
        ", ".join(_macs(contents, info)),
        _text(hardware.get("imei") or _map(device.get("phone")).get("imei")),
        _text(sim.get("serial") or sim.get("iccid")),
        _text(sim.get("phone_number") or sim.get("line_number")),
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
    networks = [_map(each) for each in _list(contents.get("networks"))]
    own = [each.get("mac") or each.get("macaddr") for each in networks if not _is_virtual(each)]
    for text in (info.get("mac"), *own):
        try:
            found[clean_mac(_text(text))] = None
        except ValueError:
            continue
    return list(found)


def _is_virtual(network: Mapping[str, Any]) -> bool:
    return _text(network.get("virtualdev")).lower() in {"1", "true", "yes"}


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else printable(str(value)).strip()


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]
