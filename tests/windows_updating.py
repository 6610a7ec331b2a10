"""Answers of Windows machines and of WSUS about updates. Written by hand from documentation: none was recorded."""

import json
from typing import Any

from schoten_ict.patch.ask import windows_told
from schoten_ict.patch.ask.windows_told import Answer

WSUS_SERVICE, STORE = "{3da21691-e39d-4da6-8a4b-b43877bcb1b7}", "{855e8a7c-ecb4-4ca3-b045-1dfa50104289}"
SECURITY, UPDATES = "0fa1201d-4330-4fa8-8ae9-b877473b6441", "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83"
DENIED = {
    "message": "Toegang geweigerd.",
    "hresult": "0x80070005",
    "id": "System.UnauthorizedAccessException",
}


def written(parts: dict[str, Any], errors: dict[str, Any] | None = None) -> str:
    """What a script writes."""
    return json.dumps({"schema": "ict-patch/1", "parts": parts, "errors": errors or {}})


def told(parts: dict[str, Any], errors: dict[str, Any] | None = None) -> Answer:
    """The answer as it is read."""
    return windows_told.answer(json.loads(written(parts, errors)))


def event(number: int, title: str, at: str, code: str = "", service: str = WSUS_SERVICE) -> dict[str, Any]:
    """An event of the update client."""
    data = {
        "updateTitle": title,
        "updateGuid": "{1abb2377-20ef-43ff-aabc-0de4711ab205}",
        "serviceGuid": service,
    }
    return {"at": at, "id": number, "data": data | ({"errorCode": code} if code else {})}


def searched(at: str, service: str = WSUS_SERVICE) -> dict[str, Any]:
    """The event of a search that succeeded."""
    return {"at": at, "id": 26, "data": {"updateCount": "3", "serviceGuid": service}}


def reboot(**signs: Any) -> list[dict[str, Any]]:
    """The signs of a restart that is waited for: none, unless told otherwise."""
    plain = {
        "servicing": False, "in_progress": False, "packages": False, "updates": False, "reporting": False,
        "name": "SRV-FILE01", "active": "SRV-FILE01", "joining": False, "renames": [], "rename_count": 0,
    }  # fmt: skip
    return [plain | signs]


def policy(**declared: Any) -> list[dict[str, Any]]:
    """The policies about updates: none, unless told otherwise."""
    plain = {
        "server": "", "status_server": "", "group": "", "use_server": None, "source": None, "defer": None,
        "managed_defer": None, "release": "", "paused": "", "no_auto": None, "automatic": None, "service_starts": 3,
    }  # fmt: skip
    return [plain | declared]


def system(product: str, build: str, ubr: int, **more: Any) -> list[dict[str, Any]]:
    """What the registry says of the system."""
    plain = {
        "product": product, "edition": "ServerStandard", "installation": "Server", "display": "", "release": "",
        "build": build, "ubr": ubr, "architecture": "AMD64",
    }  # fmt: skip
    return [plain | more]


def machine(os: list[dict[str, Any]], **parts: Any) -> dict[str, Any]:
    """A machine that was patched in November and waits for nothing."""
    log = [event(19, "2026-11 Cumulative Update (KB5070001)", "2026-11-12T03:10:00Z")]
    plain = {
        "os": os, "hotpatch": [{"packages": [], "table": None, "vbs": None, "policy": None}], "licences": [],
        "reboot": reboot(), "policy": policy(), "events": log, "searches": [searched("2026-11-26T06:00:00Z")],
        "rollups": [{"name": "Package_for_RollupFix~31bf3856ad364e35~amd64~~1.2", "state": 112, "at": "2026-11-12T03:20:00Z"}],
        "hotfixes": [{"id": "KB5070001"}, {"id": "KB5068000"}],
    }  # fmt: skip
    return plain | parts


SERVER_2019 = machine(system("Windows Server 2019 Standard", "17763", 8027, release="1809"))
SERVER_2022 = machine(
    system("Windows Server 2022 Datacenter", "20348", 4405, display="21H2", edition="ServerDatacenter")
)
SERVER_2025 = machine(
    system("Windows Server 2025 Standard", "26100", 32463, display="24H2"),
    hotpatch=[{"packages": "Hotpatch Enrollment Package", "table": 4096, "vbs": 1, "policy": None}],
)
LTSC = machine(
    system("Windows 10 Enterprise LTSC 2021", "19044", 6575, display="21H2", edition="EnterpriseS", installation="Client")
)  # fmt: skip
DUTCH = machine(
    system("Windows 10 Pro", "26100", 8037, display="24H2", edition="Professional", installation="Client"),
    events=[
        event(20, "Beveiligingsupdate voor Windows (KB5068861)", "2026-11-20T09:00:00Z", "0x80070643"),
        event(19, "2026-11 Cumulatieve update voor Windows 11 (KB5070001)", "2026-11-12T03:10:00Z"),
    ],
)
"""Windows 11, which calls itself 10, in Dutch."""
MACHINES = {"2019": SERVER_2019, "2022": SERVER_2022, "2025": SERVER_2025, "ltsc": LTSC, "dutch": DUTCH}


def missing(title: str, article: str, **more: Any) -> dict[str, Any]:
    """A missing update as the agent tells it: one of security, unless told otherwise."""
    plain = {
        "title": title, "articles": [article], "severity": "", "cves": [], "categories": [SECURITY], "type": 1,
        "optional": False, "selected": True, "hidden": False, "published": "2026-11-10T00:00:00Z", "reboot": 2,
    }  # fmt: skip
    return plain | more


def search(*updates: dict[str, Any], code: int = 2, count: int | None = None) -> dict[str, Any]:
    """The answer of a search."""
    said = {"code": code, "warnings": 0, "count": len(updates) if count is None else count}
    return {"search": [said], "updates": list(updates)}


def refused(hresult: str, message: str = "Exception from HRESULT") -> dict[str, Any]:
    """The errors of a search that failed with a code."""
    return {"search": {"message": message, "hresult": hresult, "id": "COMException"}}


def computer(name: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """A computer as WSUS tells it: it reported and lacks nothing, unless told otherwise."""
    plain = {
        "id": f"id-{number}", "host": name, "address": f"127.10.20.{number}", "os": "Windows 11 Pro", "group": "PCs",
        "reported": "2026-11-25T10:00:00Z", "synchronised": "2026-11-25T09:55:00Z", "missing": 0, "downloaded": 0,
        "pending_reboot": 0, "failed": 0, "installed": 120, "not_applicable": 900, "not_known": 3,
    }  # fmt: skip
    return plain | more


def wsus(*computers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The answer of a WSUS server."""
    plain = {
        "server": [{"name": "SRV-WSUS01", "version": "10.0.20348.1"}],
        "catalogue": [{"synchronised": "2026-11-26T02:00:00Z"}], "computers": list(computers), "lists": [],
        "updates": [],
    }  # fmt: skip
    return plain | more
