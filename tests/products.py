"""Answers of products to the scripts of backups. Written by hand from documentation: none was recorded."""

import json
from typing import Any

from hypothesis import strategies as st

from backups import NOW
from schoten_ict.backup.ask import powershell
from schoten_ict.backup.ask.powershell import Answer
from schoten_ict.backup.order import Deadline, Order
from schoten_ict.core.remote import Completed
from schoten_ict.inventory.sections.backups import BackupJob

_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
JSON = _PLAIN | st.lists(_PLAIN, max_size=3) | st.dictionaries(st.text(max_size=5), _PLAIN, max_size=3)
"""What JSON can say, nested once."""


def order(job: BackupJob, **more: Any) -> Order:
    """A look at a job."""
    return Order(job, NOW, Deadline(60), **more)


def written(parts: dict[str, Any], errors: dict[str, Any] | None = None) -> str:
    """What a script writes."""
    return json.dumps({"schema": "ict-backup/1", "parts": parts, "errors": errors or {}})


def told(parts: dict[str, Any], errors: dict[str, Any] | None = None) -> Answer:
    """The answer as the engine reads it."""
    return powershell.read(Completed(0, written(parts, errors).encode(), b"", 1))


def shapes(parts: dict[str, list[str]]) -> st.SearchStrategy[dict[str, Any]]:
    """Answers whose rows have the right names and anything in them, or are anything at all."""
    rows = {
        name: st.lists(st.dictionaries(st.sampled_from(keys), JSON, max_size=len(keys)), max_size=2) | JSON
        for name, keys in parts.items()
    }
    return st.fixed_dictionaries({}, optional=rows)


VERSIONS = {
    "machine": {"name": "SRV-FILE01", "version": "10.0.20348.0"},
    "module": {"name": "WindowsServerBackup"},
    "summary": {"last": "2026-11-26T22:00:21Z", "hresult": "0x00000000"},
    "policy": [],
    "sets": [
        {"version": "11/26/2026-22:00", "at": "2026-11-26T22:00:21Z", "items": "Volumes", "volumes": [{"path": "D:"}]}
    ],
    "jobs": [{"type": "Backup", "end": "2026-11-26T22:31:21Z", "state": "Completed", "hresult": "0x00000000"}],
}  # fmt: skip
"""A server whose only version is of the last night."""


def history(name: str = "SQL01") -> dict[str, Any]:
    """An instance of SQL Server with one database and one backup."""
    full = {
        "id": f"D-{name}", "server": name, "name": "Zaken", "kind": "D", "start": "2026-11-27T01:00:00",
        "finish": "2026-11-27T01:10:00", "zone": 4, "size": "1000", "checksums": True, "last_lsn": "10",
    }  # fmt: skip
    return {
        "connection": {"state": "Open"},
        "server": {"name": name, "version": "16.0.4085.2", "hadr": 0, "sees_all": 1, "minutes": 60},
        "databases": [{"name": "Zaken", "id": 5, "recovery": "SIMPLE", "state": "ONLINE"}],
        "sets": [full],
        "logs": [],
        "media": [{"id": f"D-{name}", "position": 1, "path": "E:\\zaken.bak", "device": 2}],
    }
