"""Reading what Windows Server Backup tells. The answers are written by hand; none was recorded from Windows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import job, judged
from products import order, shapes, told
from schoten_ict.backup.ask.windows_server_backup import CANNOT, read
from schoten_ict.backup.facts import BackupFacts, Kind
from schoten_ict.core.verdict import Verdict

KEYS = {
    "machine": ["name", "version"],
    "module": ["name"],
    "summary": ["last", "success", "hresult", "detail", "message", "versions", "status"],
    "policy": ["volumes", "files", "state", "bare"],
    "sets": ["version", "at", "target", "items", "volumes", "applications"],
    "jobs": ["type", "start", "end", "state", "hresult", "detail", "error", "version", "items"],
}
DECLARED = job(
    engine="windows-server-backup",
    source={"hosts": ["srv-file01"], "paths": ["D:\\data"]},
    repository={"url": "wsb"},
)
OK = "0x00000000"
VOLUMES = [
    {"path": "C:", "label": "System"},
    {"path": "D:", "label": "Data"},
    {"path": "", "label": "Recovery"},
]


def version(day: int, **more: Any) -> dict[str, Any]:
    plain = {
        "version": f"11/{day:02}/2026-22:00", "at": f"2026-11-{day:02}T22:00:21Z", "target": "E:",
        "items": "Volumes, SystemState, Applications, Files, BareMetalRecovery", "volumes": VOLUMES,
        "applications": ["Registry"],
    }  # fmt: skip
    return plain | more


def run(day: int, **more: Any) -> dict[str, Any]:
    plain = {
        "type": "Backup", "start": f"2026-11-{day:02}T22:00:21Z", "end": f"2026-11-{day:02}T22:31:21Z",
        "state": "Completed", "hresult": OK, "detail": OK, "error": "", "version": f"11/{day:02}/2026-22:00",
        "items": [{"name": "VolumeList", "state": "Completed", "hresult": OK}],
    }  # fmt: skip
    return plain | more


def parts(**more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "machine": {"name": "SRV-FILE01", "version": "10.0.20348.0"},
        "module": {"name": "WindowsServerBackup"},
        "summary": {"last": "2026-11-26T22:00:21Z", "success": "2026-11-26T22:00:21Z", "hresult": OK, "versions": 3},
        "policy": {"volumes": VOLUMES, "files": [], "state": True, "bare": True},
        "sets": [version(24), version(25), version(26)],
        "jobs": [run(26), run(25), run(24)],
    }  # fmt: skip
    return plain | more


def facts(errors: dict[str, Any] | None = None, **more: Any) -> BackupFacts:
    return read(told(parts(**more), errors), order(DECLARED))


def kinds(found: BackupFacts) -> list[Kind]:
    return [fault.kind for fault in found.runs.faults] if found.runs else []


def test_a_healthy_server_is_ok_and_says_what_it_cannot_prove() -> None:
    found = facts()
    assert found.access.proven
    assert found.version == "10.0.20348.0"
    assert found.points is not None
    newest = found.points[-1]
    assert (newest.id, newest.at) == ("11/26/2026-22:00", datetime(2026, 11, 26, 22, 0, tzinfo=UTC))
    assert newest.paths == ("C:\\", "D:\\", "SystemState", "BareMetalRecovery")
    assert (newest.host, newest.complete, newest.seconds) == ("srv-file01", True, 1860.0)
    verdicts = {check: finding.verdict for check, finding in judged(DECLARED, found).items()}
    assert verdicts == dict.fromkeys(("reachable", "freshness", "sources", "source", "runs", "rollback"), Verdict.OK) | {
        "drill": Verdict.FAIL
    }  # fmt: skip
    assert {"structure", "read", "sample", "drill", "database", "size"} <= set(CANNOT)


def test_a_server_that_never_made_a_backup_is_no_success() -> None:
    found = facts(
        sets=[], jobs=[], summary={"last": "", "success": "", "hresult": OK, "versions": 0}, policy=[]
    )
    assert kinds(found) == [Kind.EMPTY]
    assert judged(DECLARED, found)["sources"].verdict is Verdict.FAIL


def test_without_the_feature_nothing_is_known_and_the_remedy_is_named() -> None:
    reason = {
        "message": "m",
        "id": "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand",
    }
    found = read(told({"machine": {}}, {"module": reason}), order(DECLARED))
    assert found.access.blocked is not None
    assert found.access.blocked.kind is Kind.NO_PROGRAM
    assert "Install-WindowsFeature" in found.access.blocked.message
    assert found.points is None


def test_an_account_without_the_right_knows_nothing() -> None:
    denied = {"message": "Access is denied", "hresult": "0x80070005", "id": "x"}
    found = read(told({"machine": {}, "module": {"name": "x"}}, {"sets": denied}), order(DECLARED))
    assert found.access.blocked is not None
    assert found.access.blocked.kind is Kind.DENIED
    assert judged(DECLARED, found, since_days=1)["reachable"].verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("0x807800c5", "the image of a volume could not be prepared (0x807800c5)"),
        ("0x80780119", "not enough disk space for the shadow copy"),
        ("0x80070070", "the disk is full"),
        ("0x800423f2", "a VSS writer timed out"),
        ("0x80789999", "code 0x80789999"),
    ],
)
def test_a_failed_run_fails_by_the_name_of_its_code(code: str, words: str) -> None:
    failed = run(
        26, hresult=code, detail="0x800701b1", error="Un périphérique qui n’existe pas", state="Completed"
    )
    found = facts(jobs=[failed, run(25)], sets=[version(25)])
    assert kinds(found) == [Kind.FAILED]
    finding = judged(DECLARED, found)["runs"]
    assert finding.verdict is Verdict.FAIL
    assert words in finding.summary
    assert "the device does not exist (0x800701b1); Un périphérique" in finding.summary


def test_a_run_that_skipped_a_volume_fails_although_its_code_is_success_and_its_version_is_partial() -> None:
    items = [{"name": "Data (D:)", "state": "Failed", "hresult": "0x80070020"}]
    found = facts(jobs=[run(26, items=items), run(25)])
    assert kinds(found) == [Kind.INCOMPLETE]
    assert found.points is not None
    assert [point.complete for point in found.points] == [None, True, False]
    assert "a file is in use" in judged(DECLARED, found)["runs"].summary


def test_a_state_that_is_not_completed_is_a_failure() -> None:
    assert kinds(facts(jobs=[run(26, state="Failed")])) == [Kind.FAILED]


def test_a_recovery_is_no_backup() -> None:
    assert kinds(facts(jobs=[run(26, type="FileRecovery", hresult="0x80070005"), run(25)])) == []


def test_a_failure_that_only_the_summary_tells_is_one() -> None:
    summary = {
        "last": "2026-11-26T22:00:00Z",
        "hresult": "0x807800c5",
        "detail": "0x800701b1",
        "message": "m",
    }
    found = facts(jobs=[], summary=summary)
    assert kinds(found) == [Kind.FAILED]
    assert "could not be prepared (0x807800c5); the device does not exist" in found.runs.faults[0].message  # type: ignore[union-attr]


def test_past_runs_that_could_not_be_read_are_unknown() -> None:
    plain = parts()
    del plain["jobs"]
    found = read(told(plain, {"jobs": {"message": "RPC"}}), order(DECLARED))
    assert found.runs is not None
    assert found.runs.blocked is not None
    assert judged(DECLARED, found, since_days=1)["runs"].verdict is Verdict.UNKNOWN


def test_a_scheduled_volume_that_is_not_in_the_newest_version_is_missing() -> None:
    found = facts(sets=[version(25), version(26, volumes=VOLUMES[:1], items="Volumes, Files")])
    assert found.source is not None
    assert [(fault.kind, fault.where) for fault in found.source.faults] == [
        (Kind.MISSING_FILES, "D:\\"), (Kind.MISSING_FILES, "SystemState"), (Kind.MISSING_FILES, "BareMetalRecovery"),
    ]  # fmt: skip
    assert judged(DECLARED, found)["source"].verdict is Verdict.FAIL


def test_a_declared_path_on_a_volume_that_is_in_no_version_has_no_backup() -> None:
    declared = job(engine="windows-server-backup", source={"hosts": ["srv-file01"], "paths": ["F:\\archief"]})
    assert judged(declared, facts())["sources"].verdict is Verdict.FAIL


def test_a_version_of_files_alone_does_not_hold_the_volume() -> None:
    sets = [version(26, items="Files", volumes=VOLUMES[1:2])]
    named = facts(
        sets=sets, policy={"volumes": [], "files": ["D:\\data", "D:\\home"], "state": False, "bare": False}
    )
    unnamed = facts(sets=sets, policy=[])
    assert named.points is not None
    assert unnamed.points is not None
    assert named.points[0].paths == ("D:\\data", "D:\\home")
    assert judged(DECLARED, named)["sources"].verdict is Verdict.OK
    assert judged(DECLARED, unnamed)["sources"].verdict is Verdict.FAIL


def test_without_a_policy_what_is_scheduled_elsewhere_still_counts() -> None:
    found = facts(policy=[])
    assert found.source is None
    assert judged(DECLARED, found)["freshness"].verdict is Verdict.OK


def test_the_backups_of_one_server_are_none_of_another() -> None:
    both = job(
        engine="windows-server-backup", source={"hosts": ["srv-file01", "srv-file02"], "paths": ["D:\\"]}
    )
    assert judged(both, facts())["sources"].evidence["missing"] == ["srv-file02:D:\\"]


def test_the_hour_that_the_clock_shows_twice_is_told_apart_by_the_version() -> None:
    """On 2026-10-25 both 00:30 and 01:30 UTC are 02:30 in Brussels; Windows takes the later one."""
    sets = [
        version(24, version="10/25/2026-00:30", at="2026-10-25T01:30:00Z"),
        version(24, version="10/25/2026-01:30", at="2026-10-25T01:30:00Z"),
    ]
    found = facts(sets=sets)
    assert found.points is not None
    assert [f"{point.at:%H:%M}" for point in found.points] == ["00:30", "01:30"]


def test_a_version_whose_name_says_another_day_than_its_time_is_dated_by_its_time() -> None:
    found = facts(sets=[version(26, version="01/01/2020-00:00")])
    assert found.points is not None
    assert found.points[0].at == datetime(2026, 11, 26, 22, 0, 21, tzinfo=UTC)


def test_a_version_without_any_time_is_none() -> None:
    assert facts(sets=[version(26, version="?", at="")]).points == ()


@given(shapes(KEYS), shapes(KEYS))
def test_any_answer_gives_facts_and_none_is_proven_without_rows(
    given_parts: dict[str, Any], errors: dict[str, Any]
) -> None:
    found = read(told(given_parts, errors), order(DECLARED))
    assert found.points is not None or not found.access.proven
    if found.points == () and found.runs is not None and found.runs.proven:
        assert given_parts.get("jobs")


@given(st.text(max_size=20))
def test_any_name_of_a_version_is_kept_or_dropped(name: str) -> None:
    found = facts(sets=[version(26, version=name)])
    assert found.points is not None
    assert len(found.points) == 1
