"""Values of a JSON answer whose shape is not to be trusted."""

import json
from collections.abc import Mapping
from typing import Any

from schoten_ict.core.remote import Completed, RemoteError

Row = Mapping[str, Any]
_LARGEST = 2**63 - 1
_LONGEST = 1000


def document_of(done: Completed, what: str, *, remedy: str = "") -> Any:
    """The JSON that a script printed; raises `RemoteError`: `what` (`gave no answer`) and what was said."""
    if done.cut:
        raise RemoteError("the answer was longer than the limit", code="too-large")
    try:
        return json.loads(done.stdout.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        said = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
        reason = f": {said[0][:200]}" if said else ""
        raise RemoteError(f"{what}{reason}", code="protocol", remedy=remedy) from None


def rows(value: object) -> list[Row]:
    """The objects of a list, empty ones left out.

    PowerShell writes one member as itself, and some lists as `{value, Count}`.
    """
    if isinstance(value, Mapping) and set(value) == {"value", "Count"}:
        value = value["value"]
    if isinstance(value, Mapping):
        return [value] if value else []
    return [each for each in value if isinstance(each, Mapping) and each] if isinstance(value, list) else []


def text(row: Row, name: str) -> str | None:
    """A text without blanks around it, at most 1000 characters; None for an empty one and for no text."""
    value = row.get(name)
    if not isinstance(value, str):
        return None
    whole = value.encode("utf-8", errors="replace").decode("utf-8")  # half a surrogate pair cannot be kept
    return whole.replace("\0", "").strip()[:_LONGEST] or None


def number(value: object) -> int | None:
    """A whole number from 0 that fits in 63 bits, also where it is written as text; else None."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < len(str(_LARGEST)):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST else None
