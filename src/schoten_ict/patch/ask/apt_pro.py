"""Ubuntu Pro: which of its services are on, and which updates are only for subscribers.

Source: the JSON of `pro security-status` of ubuntu-pro-client (schema 0.1), which any account may ask and
which contacts nobody.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from schoten_ict.formats.answers import rows, text

_SERVICES = ("esm-infra", "esm-apps")
_WITHOUT = frozenset({"pending_attach", "pending_enable"})


@dataclass(frozen=True, slots=True)
class Pro:
    """`enabled` services, and the version that each package would get from which service."""

    enabled: tuple[str, ...]
    closed: Mapping[str, tuple[str, str]]


def read_pro(answer: str) -> Pro | None:
    """What `pro security-status --format json` says; None for anything else. Pure."""
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    summary = document.get("summary") if isinstance(document, Mapping) else None
    about = summary.get("ua") if isinstance(summary, Mapping) else None
    on = about.get("enabled_services") if isinstance(about, Mapping) else None
    if not isinstance(on, list):
        return None
    closed = {}
    for row in rows(document.get("packages")):
        name, version, service = (text(row, key) for key in ("package", "version", "service_name"))
        if name and version and service and text(row, "status") in _WITHOUT:
            closed[name] = (version, service)
    return Pro(tuple(each for each in _SERVICES if each in on), closed)
