"""What SQL Server tells of its backups, and every fault by name. The answers are written by hand."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import NOW, job, judged
from products import order, shapes, told
from schoten_ict.backup.ask.mssql import CANNOT, Chosen, facts_of, read_probe, readable
from schoten_ict.backup.ask.mssql_history import Instance, Media, Stretch, instance, merged
from schoten_ict.backup.facts import BackupFacts, Kind, Point
from schoten_ict.core.verdict import Verdict

DECLARED = job(engine="mssql", source={"hosts": ["srv-sql01"]}, repository={"url": "."})
KEYS = {
    "server": ["name", "alias", "version", "hadr", "sees_all", "minutes", "clock"],
    "databases": ["name", "id", "recovery", "state", "standby", "fixed", "grouped"],
    "sets": [
        "id", "server", "name", "kind", "start", "finish", "zone", "size", "packed", "damaged", "checksums",
        "snapshot", "base", "last_lsn",
    ],
    "logs": ["server", "name", "stretch", "backups", "first_lsn", "last_lsn", "damaged"],
    "media": ["id", "position", "path", "device"],
    "replicas": ["name", "replica"],
}  # fmt: skip


def database(name: str = "Zaken", **more: Any) -> dict[str, Any]:
    plain = {
        "name": name, "id": 5, "recovery": "FULL", "state": "ONLINE", "standby": False, "fixed": False,
        "grouped": None,
    }  # fmt: skip
    return plain | more


def local(hours: float) -> str:
    """The server's clock (Brussels in winter) so many hours ago."""
    return (NOW - timedelta(hours=hours) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")


def taken(kind: str, hours: float, **more: Any) -> dict[str, Any]:
    plain = {
        "id": f"{kind}{hours:g}", "server": "SQL01", "name": "Zaken", "kind": kind, "start": local(hours),
        "finish": local(hours - 0.1), "zone": 4, "size": "1000", "packed": "300", "damaged": False,
        "checksums": True, "snapshot": False, "base": None, "last_lsn": str(1000 - int(hours)),
    }  # fmt: skip
    return plain | more


def stretch(first: int, last: int, **more: Any) -> dict[str, Any]:
    plain = {
        "server": "SQL01", "name": "Zaken", "stretch": 1, "backups": 9, "first_lsn": str(first),
        "last_lsn": str(last), "damaged": 0,
    }  # fmt: skip
    return plain | more


def parts(**more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "server": {
            "name": "SQL01", "alias": "SQL01", "version": "16.0.4085.2", "hadr": 0, "sees_all": 1, "minutes": 60,
            "clock": local(0),
        },
        "databases": [database()],
        "sets": [taken("D", 54), taken("D", 30), taken("D", 6), taken("L", 1)],
        "logs": [stretch(0, 999)],
        "media": [{"id": "D6", "position": 2, "path": "E:\\zaken.bak", "device": 2}],
    }  # fmt: skip
    return plain | more


def server(host: str = "srv-sql01", **more: Any) -> Instance:
    return instance(told(parts(**more)), host)


def facts(**more: Any) -> BackupFacts:
    return facts_of([server(**more)], order(DECLARED))


def kinds(found: BackupFacts) -> list[Kind]:
    assert found.runs is not None
    return [fault.kind for fault in found.runs.faults]


def by_id(found: BackupFacts) -> dict[str, Point]:
    return {point.id: point for point in found.points or ()}


def test_a_database_with_full_and_log_backups_is_ok_and_says_what_it_cannot_prove() -> None:
    found = facts()
    assert (found.version, found.targets) == ("16.0.4085.2", ("Zaken",))
    assert kinds(found) == []
    newest = by_id(found)["d6"]
    assert newest.at == NOW - timedelta(hours=6)
    assert (newest.target, newest.host, newest.paths) == ("Zaken", "srv-sql01", ("full",))
    assert (newest.complete, newest.size, newest.packed, newest.seconds) == (True, 1000, 300, 360.0)
    assert by_id(found)["l1"].complete is True
    verdicts = {check: finding.verdict for check, finding in judged(DECLARED, found).items()}
    assert verdicts == {
        "reachable": Verdict.OK, "freshness": Verdict.OK, "sources": Verdict.OK, "runs": Verdict.OK,
        "size.Zaken": Verdict.OK, "drill": Verdict.FAIL,
    }  # fmt: skip
    assert {"structure", "sample", "drill", "database", "rollback", "retention"} <= set(CANNOT)


@pytest.mark.parametrize("recovery", ["FULL", "BULK_LOGGED"])
def test_a_full_recovery_model_without_log_backups_fails(recovery: str) -> None:
    found = facts(databases=[database(recovery=recovery)], sets=[taken("D", 6)], logs=[])
    assert kinds(found) == [Kind.INCOMPLETE]
    assert (
        f"the recovery model of Zaken is {recovery} and its log was never backed up"
        in judged(DECLARED, found)["runs"].summary
    )


@pytest.mark.parametrize("words", [{"recovery": "SIMPLE"}, {"fixed": True}, {"id": 3, "name": "Zaken"}])
def test_a_database_whose_log_needs_no_backup_does_not_fail_without(words: dict[str, Any]) -> None:
    assert kinds(facts(databases=[database(**words)], sets=[taken("D", 6)], logs=[])) == []


def test_a_log_that_stopped_while_full_backups_go_on_fails() -> None:
    found = facts(
        sets=[taken("D", 54), taken("L", 50), taken("D", 30), taken("D", 6)], logs=[stretch(0, 950)]
    )
    assert kinds(found) == [Kind.INCOMPLETE]
    assert "was last backed up on 2026-11-25 04:00 UTC" in found.runs.faults[0].message  # type: ignore[union-attr]


def test_a_gap_in_the_log_since_the_full_backup_is_a_missing_log_and_the_last_log_backup_does_not_count() -> (
    None
):
    found = facts(logs=[stretch(0, 995), stretch(997, 999)])
    assert kinds(found) == [Kind.WAL]
    assert (
        "interrupted 1 time since the full backup of 2026-11-27 00:00 UTC"
        in judged(DECLARED, found)["runs"].summary
    )
    assert by_id(found)["l1"].complete is False
    assert "6 h old" in judged(DECLARED, found)["freshness"].summary


def test_a_log_that_does_not_reach_back_to_the_full_backup_is_a_gap() -> None:
    assert kinds(facts(logs=[stretch(995, 999)])) == [Kind.WAL]


def test_a_gap_before_the_last_full_backup_harms_nothing_any_more() -> None:
    assert kinds(facts(logs=[stretch(0, 500), stretch(600, 999)])) == []


def test_a_full_backup_after_the_last_log_is_no_gap() -> None:
    found = facts(sets=[taken("D", 30), taken("L", 7), taken("D", 6)], logs=[stretch(0, 990)])
    assert kinds(found) == []
    assert by_id(found)["l7"].complete is True


def test_without_any_backup_nothing_is_ok() -> None:
    found = facts(sets=[], logs=[])
    assert found.points == ()
    assert judged(DECLARED, found)["sources"].verdict is Verdict.FAIL


def test_each_database_counts_by_itself() -> None:
    found = facts(
        databases=[database(), database("Archief", recovery="SIMPLE")],
        sets=[*parts()["sets"], taken("D", 50, name="Archief", id="a")],
    )
    assert found.targets == ("Zaken", "Archief")
    assert "Archief is 50 h old" in judged(DECLARED, found)["freshness"].summary


def test_a_database_without_a_full_backup_has_nothing_on_which_the_log_rests() -> None:
    found = facts(sets=[taken("L", 1)], logs=[stretch(0, 999)])
    assert kinds(found) == [Kind.INCOMPLETE]
    assert judged(DECLARED, found)["sources"].verdict is Verdict.FAIL


def test_a_backup_that_was_taken_over_damaged_pages_is_damaged_data() -> None:
    found = facts(sets=[taken("D", 30), taken("D", 6, damaged=True), taken("L", 1)])
    assert Kind.DATA in kinds(found)
    assert by_id(found)["d6"].complete is False


def test_a_differential_backup_on_an_unknown_full_one_is_incomplete() -> None:
    sets = [taken("D", 30), taken("I", 6, base="SOMEBODY-ELSES"), taken("L", 1)]
    found = facts(sets=sets, logs=[stretch(0, 999)])
    assert kinds(found) == [Kind.INCOMPLETE]
    assert by_id(found)["i6"].complete is False
    known = facts(sets=[taken("D", 30), taken("I", 6, base="d30"), taken("L", 1)])
    assert kinds(known) == []
    assert by_id(known)["i6"].complete is True


def test_snapshots_of_another_product_are_no_backups_and_no_base() -> None:
    sets = [taken("D", 2, snapshot=True), taken("D", 30), taken("I", 1, base="D2"), taken("L", 1)]
    found = facts(sets=sets)
    assert "d2" not in by_id(found)
    assert Kind.INCOMPLETE in kinds(found)
    assert found.runs is not None
    assert found.runs.told["snapshots"] == 1


def test_history_that_a_restore_brought_in_from_another_server_does_not_count() -> None:
    found = facts(sets=[taken("D", 6, server="SQL-PROD")], logs=[stretch(0, 999, server="SQL-PROD")])
    assert found.points == ()


def test_the_name_of_a_server_that_was_renamed_still_counts() -> None:
    told_of = parts()["server"] | {"name": "SQL01-NEW"}
    assert len(facts(server=told_of).points or ()) == 4


@pytest.mark.parametrize("state", ["SUSPECT", "RECOVERY_PENDING", "EMERGENCY"])
def test_a_broken_database_is_one(state: str) -> None:
    assert kinds(facts(databases=[database(state=state)])) == [Kind.DATABASE]


def test_a_database_that_is_off_is_told_and_not_expected() -> None:
    found = facts(databases=[database(), database("Oud", state="OFFLINE"), database("Standby", standby=True)])
    assert found.targets == ("Zaken",)
    assert found.runs is not None
    assert found.runs.told["not_online"] == "Oud, Standby"


def test_a_database_that_the_job_names_must_be_there_and_online() -> None:
    declared = job(engine="mssql", repository={"url": ".", "jobs": ["zaken", "Weg", "Oud"]})
    found = facts_of([server(databases=[database(), database("Oud", state="OFFLINE")])], order(declared))
    assert found.runs is not None
    assert {fault.where for fault in found.runs.faults} == {"Weg", "Oud"}
    assert "Oud is OFFLINE and cannot be backed up" in {fault.message for fault in found.runs.faults}
    assert judged(declared, found)["sources"].evidence["missing"] == ["Weg", "Oud"]


@pytest.mark.parametrize(
    ("zone", "minutes", "utc"),
    [
        (4, 60, 23),
        (8, 60, 22),
        (0, 60, 0),
        (-20, 60, 5),
        (127, 60, 23),
        (None, 60, 23),
        (127, 120, 22),
        (True, 60, 23),
    ],
)
def test_times_of_the_servers_clock_become_utc_by_their_own_zone(
    zone: object, minutes: int, utc: int
) -> None:
    clock = parts()["server"] | {"minutes": minutes}
    found = facts(server=clock, sets=[taken("D", 6, start="2026-11-26T00:00:00", zone=zone)])
    assert found.points is not None
    assert found.points[0].at.hour == utc
    assert found.runs is not None
    assert ("recorded zone" in found.runs.weak) is (zone in {127, None} or zone is True)


def test_both_hours_that_the_clock_shows_twice_are_told_apart() -> None:
    sets = [taken("D", 6, id=str(zone), start="2026-10-25T02:30:00", zone=zone) for zone in (8, 4)]
    found = by_id(facts(sets=sets))
    assert found["4"].at - found["8"].at == timedelta(hours=1)


def test_backups_without_checksums_are_named_as_weak() -> None:
    found = facts(sets=[taken("D", 6, checksums=False), taken("L", 1)])
    assert found.runs is not None
    assert found.runs.weak == "without checksums: Zaken"


def test_an_account_that_sees_not_every_database_knows_too_little() -> None:
    found = facts(server=parts()["server"] | {"sees_all": 0})
    assert found.runs is not None
    assert found.runs.blocked is not None
    assert found.runs.blocked.kind is Kind.DENIED
    assert judged(DECLARED, found, since_days=1)["runs"].verdict is Verdict.UNKNOWN


GROUP: dict[str, Any] = {
    "databases": [database(grouped="G")],
    "replicas": [{"name": "Zaken", "replica": "SQL01"}, {"name": "Zaken", "replica": "SQL02"}],
}


def two(first: dict[str, Any], second: dict[str, Any]) -> BackupFacts:
    other = parts()["server"] | {"name": "SQL02", "alias": "SQL02"}
    instances = [server(**GROUP, **first), server("srv-sql02", **GROUP, server=other, **second)]
    return facts_of(instances, order(DECLARED))


def test_the_history_of_all_replicas_of_a_group_is_one() -> None:
    found = two(
        {"sets": [taken("D", 6)], "logs": [stretch(990, 996)]},
        {"sets": [taken("L", 1, server="SQL02")], "logs": [stretch(996, 999, server="SQL02")]},
    )
    assert kinds(found) == []
    assert found.targets == ("Zaken",)
    assert by_id(found)["l1"].complete is True


def test_what_a_replica_that_was_not_asked_recorded_is_not_known() -> None:
    found = facts(**GROUP, sets=[taken("D", 6)], logs=[])
    assert kinds(found) == []
    assert found.runs is not None
    assert found.runs.blocked is not None
    assert "recorded on sql02, which was not asked" in found.runs.blocked.message
    assert found.targets == ()


def test_a_group_whose_replicas_the_account_does_not_see_is_not_known() -> None:
    found = facts(databases=[database(grouped="G")], sets=[taken("D", 6)], logs=[])
    assert kinds(found) == []
    assert found.runs is not None
    assert found.runs.blocked is not None
    assert "does not see" in found.runs.blocked.message


def test_databases_of_another_instance_keep_its_name() -> None:
    other = server(
        "srv-sql02", server=parts()["server"] | {"name": "SQL02", "alias": ""}, databases=[database(recovery="SIMPLE")],
        sets=[taken("D", 6, id="x", server="SQL02")],
    )  # fmt: skip
    found = facts_of([server(), other], order(DECLARED))
    assert found.targets == ("Zaken", "srv-sql02/Zaken")
    assert by_id(found)["x"].target == "srv-sql02/Zaken"


def chosen(name: str = "Zaken", identity: str = "d6") -> Chosen:
    return Chosen(name, identity, 1000, Media(1, ("E:\\a.bak",), readable=True))


def verified(**more: Any) -> dict[str, Any]:
    return {"id": "D6", "checksum": True, "number": 0, "message": "", "valid": True} | more


def test_a_backup_that_was_read_is_proven_and_the_weakness_is_said() -> None:
    probe = read_probe(told({"connection": {"state": "Open"}, "verified": [verified()]}), [chosen()])
    assert probe.proven
    assert probe.told == {"backups": 1, "bytes": 1000, "without_checksums": 0}
    assert "does not look inside" in probe.weak


@pytest.mark.parametrize(
    ("number", "message", "kind"),
    [
        (3201, "Cannot open backup device 'E:\\a.bak'. Operating system error 2(The system cannot find the file)", Kind.MISSING_DATA),
        (3201, "Das Sicherungsmedium ... Betriebssystemfehler 5(Zugriff verweigert)", Kind.DENIED),
        (3201, "Operating system error 53(The network path was not found.)", Kind.UNREACHABLE),
        (3203, 'Read on "E:\\a.bak" failed: 38(Reached the end of the file.)', Kind.TRUNCATED),
        (3203, 'Read on "E:\\a.bak" failed: 1117(The request could not be performed)', Kind.DATA),
        (3183, "RESTORE detected an error on page (0:7)", Kind.DATA),
        (3189, "Damage to the backup set was detected.", Kind.DATA),
        (3241, "The media family on device is incorrectly formed.", Kind.DATA),
        (3256, "terminated while it was being created and is incomplete", Kind.TRUNCATED),
        (3254, "The volume on device is empty.", Kind.EMPTY),
        (33111, "Cannot find server certificate with thumbprint", Kind.KEY),
        (262, "CREATE DATABASE permission denied", Kind.DENIED),
        (-2, "Timeout expired.", Kind.TIMEOUT),
        (99999, "something new", Kind.OTHER),
        (None, "no number", Kind.OTHER),
    ],
)  # fmt: skip
def test_what_verifyonly_says_has_a_kind_and_an_unknown_number_is_a_failure(
    number: int | None, message: str, kind: Kind
) -> None:
    row = verified(number=number, message=message, valid=False)
    probe = read_probe(told({"connection": {"state": "Open"}, "verified": [row]}), [chosen()])
    fault = probe.blocked if kind.is_ignorance else probe.faults[0]
    assert fault is not None
    assert fault.kind is kind
    assert not probe.proven


def test_no_error_is_no_proof_without_the_message_that_it_is_valid() -> None:
    probe = read_probe(
        told({"connection": {"state": "Open"}, "verified": [verified(valid=False)]}), [chosen()]
    )
    assert probe.blocked is not None
    assert probe.blocked.kind is Kind.NOT_PROVABLE


def test_a_backup_that_was_not_reached_in_time_is_not_proven() -> None:
    both = [chosen(), chosen("Archief", "d7")]
    probe = read_probe(told({"connection": {"state": "Open"}, "verified": [verified()]}), both)
    assert probe.blocked is not None
    assert probe.blocked.kind is Kind.TIMEOUT
    assert probe.told["backups"] == 1


def test_only_backups_in_files_can_be_read() -> None:
    names = [(each.name, each.media.position) for each in readable(server(), order(DECLARED))]
    assert names == [("Zaken", 2)]
    virtual = [{"id": "D6", "position": 1, "path": "{GUID}", "device": 7}]
    assert readable(server(media=virtual), order(DECLARED)) == []


@given(shapes(KEYS))
def test_any_answer_gives_facts_and_no_point_without_a_time(found: dict[str, Any]) -> None:
    whole = {"server": [], "databases": [], "sets": []} | found
    result = facts_of([instance(told(whole), "h")], order(DECLARED))
    assert all(point.at.tzinfo is UTC for point in result.points or ())


@given(shapes({"connection": ["state"], "verified": ["id", "checksum", "number", "message", "valid"]}))
def test_any_answer_of_verifyonly_proves_nothing_without_its_row(found: dict[str, Any]) -> None:
    probe = read_probe(told(found), [chosen(identity="never there")])
    assert not probe.proven


STRETCHES = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 10)).map(
        lambda pair: Stretch(pair[0], pair[0] + pair[1], 1, 0)
    )
)


@given(STRETCHES)
def test_a_merged_chain_has_no_overlaps_and_loses_nothing(stretches: Sequence[Stretch]) -> None:
    chain = merged(stretches)
    assert all(left.last < right.first for left, right in pairwise(chain))
    assert sum(each.backups for each in chain) == len(stretches)
    covered = {lsn for each in chain for lsn in range(each.first, each.last + 1)}
    assert covered == {lsn for each in stretches for lsn in range(each.first, each.last + 1)}


def test_a_backup_whose_end_is_not_told_has_no_length() -> None:
    assert by_id(facts(sets=[taken("D", 6, finish=None)]))["d6"].seconds is None


def test_a_time_far_away_is_kept_or_dropped_but_never_breaks() -> None:
    rows = [taken("D", 6, id=str(year), start=f"{year:04}-01-01T00:00:00", zone=48) for year in (1, 9999)]
    assert len(facts(sets=rows).points or ()) == 1
