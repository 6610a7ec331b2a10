"""What Veeam tells of its jobs, and every fault by name. The rows are written by hand from the API reference."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import NOW, job, judged
from products import JSON, order
from schoten_ict.backup.ask.veeam import CANNOT, Seen, facts_of
from schoten_ict.backup.ask.veeam_runs import when
from schoten_ict.backup.facts import BackupFacts, Fault, Kind
from schoten_ict.core.verdict import Verdict
from veeam_rows import JOB, MACHINES, backup, ended, healthy, point, session, task
from veeam_rows import job as veeam_job

DECLARED = job(
    engine="veeam",
    source={"hosts": ["srv-file01", "srv-sql01"]},
    repository={"url": "https://srv-veeam01:9419", "jobs": ["nacht SERVERS"]},
    verify={"from": "srv-veeam01"},
)
FILE, SQL = MACHINES


def seen(**more: Any) -> Seen:
    rows = healthy() | more
    rows["jobs"] = [row for row in rows["jobs"] if row.get("id") == JOB]
    return Seen(version="13.0.1.180", **rows)


def facts(**more: Any) -> BackupFacts:
    return facts_of(seen(**more), order(DECLARED))


def faults(found: BackupFacts) -> list[tuple[Kind, str]]:
    assert found.runs is not None
    return [(fault.kind, fault.where) for fault in found.runs.faults]


def last_tasks(**of_sql: Any) -> list[dict[str, Any]]:
    """The tasks of all nights, the last one of the second machine changed."""
    tasks: list[dict[str, Any]] = healthy()["tasks"]
    return [*tasks[:-1], tasks[-1] | of_sql]


def test_a_healthy_job_is_ok_and_says_what_it_cannot_prove() -> None:
    found = facts()
    assert faults(found) == []
    assert found.points is not None
    newest = found.points[-1]
    assert (newest.target, newest.host, newest.complete) == ("Nacht servers", SQL, True)
    assert (newest.at, newest.size) == (datetime(2026, 11, 26, 22, 1, 30, tzinfo=UTC), 50_000_000_000)
    verdicts = {check: finding.verdict for check, finding in judged(DECLARED, found).items()}
    assert verdicts == {
        "reachable": Verdict.OK, "freshness": Verdict.OK, "sources": Verdict.OK, "runs": Verdict.OK,
        "source": Verdict.OK, "size.nacht SERVERS": Verdict.OK, "rollback": Verdict.OK,
        "ransomware": Verdict.OK, "drill": Verdict.FAIL,
    }  # fmt: skip
    assert {"structure", "read", "sample", "drill", "database"} <= set(CANNOT)


def test_a_warning_of_the_job_does_not_hide_the_machine_that_failed() -> None:
    sessions = [session(24), session(25), session(26, result=ended("Warning"))]
    found = facts(
        sessions=sessions, tasks=last_tasks(result=ended("Failed", "Cannot open disk"), restorePointId=None)
    )
    assert faults(found) == [(Kind.FAILED, f"Nacht servers/{SQL}")]
    assert "Cannot open disk" in judged(DECLARED, found)["runs"].summary


def test_a_retry_that_succeeded_replaces_the_failure() -> None:
    tasks = [
        *last_tasks(result=ended("Failed")),
        task(26, SQL, sessionId="retry", creationTime="2026-11-26T23:00:00Z"),
    ]
    assert faults(facts(tasks=tasks, sessions=[*healthy()["sessions"], session(26, "retry")])) == []


def test_a_retry_that_failed_too_is_one_failure() -> None:
    again = task(26, SQL, sessionId="retry", creationTime="2026-11-26T23:00:00Z", result=ended("Failed"))
    tasks = [*last_tasks(result=ended("Failed")), again]
    assert len(faults(facts(tasks=tasks, sessions=[*healthy()["sessions"], session(26, "retry")]))) == 1


def test_a_warning_of_a_machine_is_said_and_no_failure() -> None:
    found = facts(tasks=last_tasks(result=ended("Warning", "low on space")))
    assert faults(found) == []
    assert found.runs is not None
    assert found.runs.weak == f"warnings in Nacht servers: {SQL} (low on space)"


def test_a_result_that_nobody_knows_is_a_failure() -> None:
    assert faults(facts(tasks=last_tasks(result=ended("Exploded")))) == [
        (Kind.FAILED, f"Nacht servers/{SQL}")
    ]


def test_a_machine_at_work_is_judged_by_its_run_before() -> None:
    tasks = last_tasks(state="Working", result=ended("None"))
    assert faults(facts(tasks=tasks)) == []
    tasks[-3] |= {"result": ended("Failed")}
    assert faults(facts(tasks=tasks)) == [(Kind.FAILED, f"Nacht servers/{SQL}")]


def test_a_run_that_failed_before_any_machine_is_a_failure_of_the_job() -> None:
    sessions = [session(25), session(26, result=ended("Failed", "Repository is not available"))]
    found = facts(sessions=sessions, tasks=[task(25, machine) for machine in MACHINES])
    assert faults(found) == [(Kind.FAILED, "Nacht servers")]
    assert "Repository is not available" in judged(DECLARED, found)["runs"].summary


def test_a_restore_point_that_the_last_run_made_and_that_is_gone_is_missing_data() -> None:
    points = [row for row in healthy()["points"] if row["id"] != f"p26-{SQL}"]
    assert faults(facts(points=points)) == [(Kind.MISSING_DATA, f"Nacht servers/{SQL}")]


def test_a_job_that_never_ran_has_no_backups_and_says_so() -> None:
    never = veeam_job(lastRun="0001-01-01T00:00:00", lastResult="None")
    found = facts(jobs=[never], sessions=[], tasks=[], backups=[], points=[])
    assert faults(found) == [(Kind.EMPTY, "Nacht servers")]
    assert judged(DECLARED, found)["sources"].verdict is Verdict.FAIL


def test_a_job_that_is_not_there_is_named() -> None:
    found = facts(jobs=[], sessions=[], tasks=[], backups=[], points=[])
    assert faults(found) == [(Kind.OTHER, "nacht SERVERS")]


def test_a_disabled_job_is_said() -> None:
    found = facts(jobs=[veeam_job(status="Disabled")])
    assert found.runs is not None
    assert found.runs.weak == "Nacht servers is disabled"


def test_a_declared_machine_without_restore_points_is_missing() -> None:
    points = [row for row in healthy()["points"] if row["name"] == FILE]
    found = facts(points=points, tasks=[task(26, FILE)])
    assert found.source is not None
    assert [(fault.kind, fault.where) for fault in found.source.faults] == [(Kind.MISSING_FILES, "srv-sql01")]


def test_a_declared_machine_that_the_last_runs_left_out_is_incomplete() -> None:
    found = facts(tasks=[row for row in healthy()["tasks"] if row["name"] == FILE])
    assert found.source is not None
    assert [(fault.kind, fault.where) for fault in found.source.faults] == [(Kind.INCOMPLETE, "srv-sql01")]
    assert judged(DECLARED, found)["source"].verdict is Verdict.FAIL


def test_without_tasks_nothing_is_said_of_single_machines() -> None:
    found = facts(tasks=None)
    assert found.runs is not None
    assert found.runs.blocked is not None
    assert found.runs.blocked.kind is Kind.NOT_PROVABLE
    assert judged(DECLARED, found, since_days=1)["runs"].verdict is Verdict.UNKNOWN


def test_a_restore_point_that_veeam_marks_as_corrupted_is_damaged() -> None:
    points = [*healthy()["points"][:-1], point(26, SQL, corrupted=True)]
    found = facts(points=points)
    assert found.damaged == {f"p26-{SQL}": f"{SQL} is marked as corrupted"}
    assert found.points is not None
    assert found.points[-1].complete is False
    assert judged(DECLARED, found)["structure.damaged"].verdict is Verdict.FAIL


def test_the_points_of_an_imported_backup_are_those_of_the_job_by_its_name() -> None:
    found = facts(backups=[backup(jobId="00000000-0000-0000-0000-000000000000", name="Nacht Servers")])
    assert judged(DECLARED, found)["freshness"].verdict is Verdict.OK


def event(**more: Any) -> dict[str, Any]:
    plain = {
        "type": "RansomwareNotes", "severity": "Infected", "state": "Created", "machine": {"name": "SRV-FILE01"},
        "detectionTimeUtc": "2026-11-26T22:10:00Z",
    }  # fmt: skip
    return plain | more


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.FAIL),
        ({"severity": "Suspicious"}, Verdict.WARN),
        ({"severity": "Informative"}, Verdict.OK),
        ({"state": "FalsePositive"}, Verdict.OK),
        ({"machine": {"name": "srv-of-somebody-else"}}, Verdict.OK),
        ({"machine": None}, Verdict.OK),
    ],
)
def test_what_its_malware_detection_found_is_a_sign(changes: dict[str, Any], verdict: Verdict) -> None:
    assert judged(DECLARED, facts(events=[event(**changes)]))["ransomware"].verdict is verdict


def test_the_mark_of_the_newest_restore_point_counts_and_older_ones_do_not() -> None:
    old = [point(24, FILE, malwareStatus="Infected"), *healthy()["points"][1:]]
    new = [*healthy()["points"][:-1], point(26, SQL, malwareStatus="Infected")]
    assert judged(DECLARED, facts(points=old))["ransomware"].verdict is Verdict.OK
    assert (
        "the newest restore point is marked as infected"
        in judged(DECLARED, facts(points=new))["ransomware"].summary
    )


def test_a_server_without_malware_detection_says_nothing_of_it() -> None:
    found = facts(
        events=None, points=[point(26, FILE, malwareStatus=None), point(26, SQL, malwareStatus=None)]
    )
    assert found.signs is None
    assert "ransomware" in found.cannot
    assert "ransomware" not in judged(DECLARED, found)


def test_times_carry_their_zone_and_one_without_is_not_guessed() -> None:
    assert when({"x": "2026-11-26T23:00:00.1234567+01:00"}, "x") == datetime(
        2026, 11, 26, 22, 0, 0, 123456, UTC
    )
    assert when({"x": "2026-11-26T23:00:00"}, "x") is None
    assert when({"x": "0001-01-01T00:00:00Z"}, "x") is None


def test_the_hour_that_the_clock_shows_twice_is_two_hours() -> None:
    twice = [when({"x": f"2026-10-25T02:30:00+0{zone}:00"}, "x") for zone in (2, 1)]
    assert twice[0] is not None
    assert twice[1] is not None
    assert twice[1] - twice[0] == timedelta(hours=1)


def test_restore_points_without_a_readable_time_are_not_left_out_in_silence() -> None:
    found = facts(points=[*healthy()["points"], point(26, "x", creationTime="2026-11-26T23:00:00")])
    assert found.runs is not None
    assert found.runs.blocked is not None
    assert "1 restore point without a readable time" in found.runs.blocked.message


def test_a_point_from_the_future_fails() -> None:
    future = point(26, FILE, id="f", creationTime=(NOW + timedelta(days=2)).isoformat())
    assert (
        judged(DECLARED, facts(points=[*healthy()["points"], future]))["freshness.future"].verdict
        is Verdict.FAIL
    )


def test_what_could_not_be_asked_is_no_access() -> None:
    found = facts(blocked=Fault(Kind.NO_PROGRAM, "no module"))
    assert found.points is None
    assert found.access.blocked is not None


def rows(*keys: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(
        st.dictionaries(st.sampled_from(keys), JSON | st.sampled_from([JOB, "s26", "b1"]), max_size=9),
        max_size=2,
    )


ANYTHING = st.fixed_dictionaries(
    {
        "jobs": rows("id", "name", "status", "lastRun", "lastResult"),
        "sessions": rows("id", "jobId", "creationTime", "state", "result"),
        "tasks": rows("sessionId", "name", "creationTime", "state", "result", "restorePointId"),
        "backups": rows("id", "jobId", "name"),
        "points": rows(
            "id", "name", "backupId", "creationTime", "originalSize", "corrupted", "malwareStatus"
        ),
        "events": rows("type", "severity", "state", "machine"),
    }
)


@given(ANYTHING)
def test_any_rows_give_facts(found: dict[str, list[dict[str, Any]]]) -> None:
    result = facts_of(seen(**found), order(DECLARED))
    assert result.points is not None
    assert result.runs is not None
