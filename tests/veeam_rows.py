"""Rows of Veeam as its API reference describes them, made up for tests."""

from typing import Any

JOB = "11111111-1111-1111-1111-111111111111"


def job(name: str = "Nacht servers", identity: str = JOB, **more: Any) -> dict[str, Any]:
    plain = {
        "id": identity, "name": name, "type": "VSphereBackup", "status": "Inactive", "lastResult": "Success",
        "lastRun": "2026-11-26T23:00:00.123+01:00", "objectsCount": 2,
    }  # fmt: skip
    return plain | more


def ended(result: str = "Success", message: str = "") -> dict[str, Any]:
    return {"result": result, "message": message, "isCanceled": False}


def session(day: int, identity: str = "", job_id: str = JOB, **more: Any) -> dict[str, Any]:
    plain = {
        "id": identity or f"s{day}", "name": "Nacht servers", "jobId": job_id, "sessionType": "BackupJob",
        "creationTime": f"2026-11-{day:02}T22:00:00.0Z", "endTime": f"2026-11-{day:02}T22:40:00.0Z",
        "state": "Stopped", "result": ended(),
    }  # fmt: skip
    return plain | more


def task(day: int, machine: str, **more: Any) -> dict[str, Any]:
    plain = {
        "id": f"t{day}-{machine}", "type": "Backup", "sessionId": f"s{day}", "name": machine,
        "creationTime": f"2026-11-{day:02}T22:01:00.0Z", "endTime": f"2026-11-{day:02}T22:30:00.0Z",
        "state": "Stopped", "result": ended(), "restorePointId": f"p{day}-{machine}",
    }  # fmt: skip
    return plain | more


def backup(identity: str = "b1", job_id: str = JOB, **more: Any) -> dict[str, Any]:
    plain = {
        "id": identity, "name": "Nacht servers", "jobId": job_id, "creationTime": "2026-10-01T20:00:00Z",
    }  # fmt: skip
    return plain | more


def point(day: int, machine: str, **more: Any) -> dict[str, Any]:
    plain = {
        "id": f"p{day}-{machine}", "name": machine, "backupId": "b1", "type": "Increment",
        "creationTime": f"2026-11-{day:02}T22:01:30.0Z", "originalSize": 50_000_000_000, "malwareStatus": "Clean",
    }  # fmt: skip
    return plain | more


MACHINES = ("srv-file01", "srv-sql01.schoten.test")
DAYS = (24, 25, 26)


def healthy() -> dict[str, Any]:
    """A job of two machines that ran well for three nights."""
    return {
        "jobs": [job(), job("Andere", "22222222-2222-2222-2222-222222222222")],
        "sessions": [session(day) for day in DAYS],
        "tasks": [task(day, machine) for day in DAYS for machine in MACHINES],
        "backups": [backup()],
        "points": [point(day, machine) for day in DAYS for machine in MACHINES],
        "events": [],
    }
