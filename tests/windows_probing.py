"""What the probes of `ict doctor --winrm` answer. Written by hand: no PowerShell runs here."""

import json
import time
from typing import Any

from schoten_ict.commands.doctor.windows.inside import LENGTH, TEXT
from schoten_ict.commands.doctor.windows.reading import SOURCES
from windows_updating import DENIED

ABSENT = {"message": "Invalid namespace", "hresult": "0x8004100e", "id": "HRESULT 0x8004100e"}
LIMITS = {"shells": "30", "memory_mb": "2147483647", "processes": "25", "envelope_kb": "500"}
ADMINISTRATOR = {
    "name": "LAB\\svc-ict", "authentication": "NTLM", "administrator": True, "groups": ["S-1-5-32-544"],
}  # fmt: skip
ORDINARY = {
    "name": "LAB\\svc-ict", "authentication": "Kerberos", "administrator": False,
    "groups": ["S-1-5-32-545", "S-1-5-32-580", "S-1-5-32-573"],
}  # fmt: skip


def parts(**changed: Any) -> dict[str, Any]:
    """The parts of a machine on which the account may read everything, as of now."""
    told = {
        "echo": {"text": TEXT, "length": LENGTH, "last": "z"}, "clock": {"at": int(time.time() * 1000)},
        "account": ADMINISTRATOR, "limits": LIMITS,
    }  # fmt: skip
    told |= {name: {"count": 2} for name in SOURCES}
    return {name: [row] for name, row in (told | changed).items()}


def written(told: dict[str, Any], errors: dict[str, Any] | None = None) -> str:
    """What the script writes."""
    return json.dumps({"schema": "ict-patch/1", "parts": told, "errors": errors or {}})


def without(told: dict[str, Any], *denied: str, absent: tuple[str, ...] = ()) -> str:
    """The answer where some parts are denied, and some are not there."""
    errors = dict.fromkeys(denied, DENIED) | dict.fromkeys(absent, ABSENT)
    return written({name: rows for name, rows in told.items() if name not in errors}, errors)
