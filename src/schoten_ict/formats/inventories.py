"""Inventory files of GLPI: what an agent wrote about a machine, as JSON or XML (also FusionInventory)."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from schoten_ict.core.text import printable
from schoten_ict.formats.refusal import unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DEEPEST = 40


def looks_like_one(content: bytes) -> bool:
    """Whether a file may be one: it begins as JSON or XML does and names what agents name."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start[:1] in {b"<", b"{"} and any(word in content for word in (b'"content"', b"<CONTENT"))


def document(content: bytes, name: str) -> Mapping[str, Any]:
    """What the file holds, as mappings with lower-case names; its `content` describes the machine.

    Raises `IncompleteError` (code `unreadable`) for anything else.
    """
    stripped = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    return _xml(content, name) if stripped.startswith(b"<") else _json(content, name)


def _json(content: bytes, name: str) -> Mapping[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise unreadable(name, "is no JSON", remedy="give a GLPI inventory file", line=line) from None
    return mapping(document)


def _xml(content: bytes, name: str) -> Mapping[str, Any]:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        line, _ = getattr(error, "position", (None, 0))
        raise unreadable(name, "is no plain XML", remedy="give a GLPI inventory file", line=line) from None
    document = mapping(_tree(root))
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


def text(value: object) -> str:
    """A value as one clean line; nothing for what is no value."""
    return "" if value is None or isinstance(value, (dict, list)) else printable(str(value)).strip()


def mapping(value: object) -> Mapping[str, Any]:
    """A value that should be a mapping; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listing(value: object) -> Sequence[Any]:
    """A value that may be a list, one thing, or nothing."""
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]
