"""The rules about the list of backups say all four verdicts, and name what is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import NOW, case, job, judged, nightly, point, seen
from schoten_ict.backup.facts import BackupFacts, Fault, Kind, Point, Probe
from schoten_ict.backup.judge import in_order, judge
from schoten_ict.backup.judge.case import Former, Known, Proof
from schoten_ict.backup.judge.keeping import kept
from schoten_ict.core.times import Duration
from schoten_ict.core.verdict import Verdict
from schoten_ict.inventory.sections.backups import Retention

CET = ZoneInfo("Europe/Brussels")


def test_a_recent_complete_backup_is_ok_until_the_rpo_passes() -> None:
    found = judged(job(), seen(nightly(5)))
    assert found["freshness"].verdict is Verdict.OK
    assert found["freshness"].valid_until == NOW - timedelta(hours=6) + timedelta(hours=26)
    assert found["sources"].verdict is Verdict.OK
    assert found["reachable"].verdict is Verdict.OK


def test_an_old_backup_fails_with_its_age() -> None:
    found = judged(job(), seen((point(27),)))
    assert found["freshness"].verdict is Verdict.FAIL
    assert "27 h old" in found["freshness"].summary


def test_a_partial_backup_does_not_count_as_recent() -> None:
    found = judged(job(), seen((point(1, complete=False), point(30))))
    assert found["freshness"].verdict is Verdict.FAIL
    assert "30 h old" in found["freshness"].summary


def test_only_partial_backups_are_none() -> None:
    found = judged(job(), seen((point(1, complete=False),)))
    assert found["sources"].verdict is Verdict.FAIL
    assert "only partial ones" in found["sources"].summary


def test_a_backup_from_the_future_fails_and_proves_no_freshness() -> None:
    found = judged(job(), seen((point(-48), point(30))))
    assert found["freshness.future"].verdict is Verdict.FAIL
    assert found["freshness"].verdict is Verdict.FAIL


def test_a_clock_that_is_minutes_ahead_is_no_future() -> None:
    found = judged(job(), seen((point(-1 / 30),)))
    assert "freshness.future" not in found
    assert found["freshness"].verdict is Verdict.OK


def test_no_backup_at_all_fails_although_the_repository_opens() -> None:
    found = judged(job(), seen(()))
    assert found["reachable"].verdict is Verdict.OK
    assert found["sources"].verdict is Verdict.FAIL
    assert "no backup at all" in found["sources"].summary


def test_a_list_that_could_not_be_read_says_nothing_of_freshness() -> None:
    facts = seen(None, access=Probe(blocked=Fault(Kind.LOCKED, "by pid 7")))
    found = judged(job(), facts, since_days=1)
    assert found["reachable"].verdict is Verdict.UNKNOWN
    assert "locked" in found["reachable"].summary
    assert set(found) == {"reachable"}


def test_what_keeps_everybody_out_for_a_week_is_a_failure() -> None:
    facts = seen(None, access=Probe(blocked=Fault(Kind.LOCKED, "by pid 7")))
    opened = {("access", ""): Proof(NOW - timedelta(days=9), NOW - timedelta(days=9))}
    found = judged(job(), facts, before=nightly(3), proofs=opened)
    assert found["reachable"].verdict is Verdict.FAIL
    assert "last proven 9 d ago" in found["reachable"].summary


def test_without_a_list_the_newest_backup_that_was_seen_counts_against_the_rpo() -> None:
    facts = seen(None, access=Probe(blocked=Fault(Kind.UNREACHABLE, "no route")))
    assert judged(job(), facts, before=(point(30),))["freshness"].verdict is Verdict.FAIL
    assert judged(job(), facts, before=(point(3),))["freshness"].verdict is Verdict.UNKNOWN


def test_backups_of_another_job_in_the_same_repository_count_for_nothing() -> None:
    others = tuple(point(6 + 24 * number, id=f"o{number}", paths=("/srv/other",)) for number in range(9))
    mine = (point(2),)
    found = judged(
        job(retention={"daily": 7}),
        seen(mine + others),
        before=mine + others + (point(50, id="gone", paths=("/srv/other",)),),
    )
    assert found["rollback"].verdict is Verdict.OK
    assert found["retention"].verdict is Verdict.WARN


def test_retention_is_that_of_each_series() -> None:
    declared = job(source={"hosts": ["srv-a", "srv-b"], "paths": ["/srv/data"]}, retention={"daily": 7})
    found = judged(declared, seen((*nightly(9), point(2, id="b", host="srv-b"))))
    assert found["retention.srv-a:/srv/data"].verdict is Verdict.OK
    assert found["retention.srv-b:/srv/data"].verdict is Verdict.WARN


def test_weekly_backups_are_no_daily_ones_and_weekends_may_lack() -> None:
    weekly = tuple(point(6 + 168 * number) for number in range(9))
    assert judged(job(retention={"daily": 7}), seen(weekly))["retention"].verdict is Verdict.WARN
    weekdays = tuple(each for each in nightly(20) if each.at.weekday() < 5)
    assert judged(job(retention={"daily": 7}), seen(weekdays))["retention"].verdict is Verdict.OK


def test_a_snapshot_that_was_rewritten_did_not_disappear() -> None:
    points = nightly(3)
    rewritten = tuple(replace(each, id=f"new-{each.id}", original=each.id) for each in points)
    found = judged(job(retention={"daily": 7}), seen(rewritten), before=points)
    assert found["rollback"].verdict is Verdict.OK


def test_a_disappearance_without_retention_is_settled_after_some_days() -> None:
    gone = Known(point(60, id="gone"), NOW - timedelta(days=90), NOW - timedelta(days=20))
    settled = case(job(), seen(nightly(3)))
    settled = replace(settled, history=replace(settled.history, known=(*settled.history.known, gone)))
    assert {each.check: each.verdict for each in judge(settled)}["backup.rollback"] is Verdict.OK


def test_many_points_are_judged_in_reasonable_time() -> None:
    points = tuple(point(number, id=str(number)) for number in range(9000))
    found = judged(job(retention={"daily": 7}), seen(points[:9]), before=points)
    assert found["rollback"].verdict is Verdict.OK


def test_a_new_place_is_told() -> None:
    moved = case(job(), seen(nightly(3)))
    moved = replace(moved, history=replace(moved.history, moved_from="/old"))
    assert {each.check: each.verdict for each in judge(moved)}["backup.moved"] is Verdict.WARN


def test_a_wrong_password_fails_by_name() -> None:
    found = judged(job(), seen(None, access=Probe(faults=(Fault(Kind.PASSWORD, "Fatal: wrong password"),))))
    assert found["reachable"].verdict is Verdict.FAIL
    assert "wrong password or damaged key" in found["reachable"].summary


def test_every_host_and_path_must_be_there() -> None:
    declared = job(source={"hosts": ["srv-a", "srv-b"], "paths": ["/srv/data"]})
    found = judged(declared, seen(nightly(3)))
    assert found["sources"].verdict is Verdict.FAIL
    assert "srv-b:/srv/data" in found["sources"].summary


def test_a_host_may_be_named_in_full_and_a_path_lie_in_a_larger_one() -> None:
    found = judged(job(), seen((point(1, host="SRV-A.schoten.test", paths=("/srv",)),)))
    assert found["sources"].verdict is Verdict.OK


def test_a_folder_with_a_longer_name_is_no_part_of_a_shorter_one() -> None:
    found = judged(job(), seen((point(1, paths=("/srv/dat",)),)))
    assert found["sources"].verdict is Verdict.FAIL


def test_freshness_is_that_of_the_series_that_lags() -> None:
    declared = job(source={"hosts": ["srv-a", "srv-b"], "paths": ["/srv/data"]})
    found = judged(declared, seen((point(1), point(40, host="srv-b"))))
    assert found["freshness"].verdict is Verdict.FAIL
    assert "srv-b" in found["freshness"].summary


def test_targets_of_a_product_are_judged_each() -> None:
    declared = job(engine="veeam", repository={"url": "veeam", "jobs": ["vm-1", "vm-2"]})
    found = judged(declared, seen((point(1, target="VM-1"), point(60, target="vm-2"))))
    assert "vm-2" in found["freshness"].summary
    assert found["freshness"].verdict is Verdict.FAIL


def test_the_night_in_which_the_clock_goes_back_makes_no_backup_older() -> None:
    now = datetime(2026, 10, 25, 23, 30, tzinfo=UTC)  # 26 hours on the wall, 25 in truth
    taken = Point("a", datetime(2026, 10, 24, 22, 30, tzinfo=UTC), host="srv-a", paths=("/srv/data",))
    night = replace(case(job(rpo="25h"), seen((taken,))), now=now)
    assert {each.check: each.verdict for each in judge(night)}["backup.freshness"] is Verdict.OK


@pytest.mark.parametrize(
    ("files", "verdict", "word"),
    [
        (100, Verdict.OK, "as usual"),
        (40, Verdict.WARN, "40% of the usual number of files"),
        (160, Verdict.WARN, "160%"),
        (5, Verdict.FAIL, "5%"),
        (0, Verdict.FAIL, "empty"),
    ],
)
def test_the_number_of_files_is_compared_with_what_is_usual(files: int, verdict: Verdict, word: str) -> None:
    newest = point(1, files=files, size=1000 if files else 0)
    found = judged(job(), seen((newest, *nightly(10))))
    size = found["size.srv-a:/srv/data"]
    assert size.verdict is verdict
    assert word in size.summary


def test_a_size_without_history_is_learning() -> None:
    size = judged(job(), seen(nightly(2)))["size.srv-a:/srv/data"]
    assert size.learning
    assert size.counted is Verdict.OK


def test_an_empty_backup_fails_without_any_history() -> None:
    assert judged(job(), seen((point(1, files=0),)))["size.srv-a:/srv/data"].verdict is Verdict.FAIL


def test_a_known_backup_that_retention_keeps_and_is_gone_fails() -> None:
    points = nightly(5)
    declared = job(retention={"daily": 7})
    found = judged(declared, seen(points[:2] + points[3:]), before=points)
    assert found["rollback"].verdict is Verdict.FAIL
    assert found["rollback"].evidence["gone"] == [points[2].id]


def test_what_the_retention_removes_is_no_disappearance() -> None:
    points = nightly(10)
    found = judged(job(retention={"daily": 7}), seen(points[:7]), before=points)
    assert found["rollback"].verdict is Verdict.OK


def test_a_repository_that_goes_back_in_time_fails_as_rolled_back() -> None:
    points = nightly(5)
    found = judged(job(), seen(points[2:]), before=points)
    assert found["rollback"].verdict is Verdict.FAIL
    assert "rolled back" in found["rollback"].summary


def test_all_backups_gone_fails_twice() -> None:
    found = judged(job(), seen(()), before=nightly(5))
    assert found["rollback"].verdict is Verdict.FAIL
    assert found["sources"].verdict is Verdict.FAIL


def test_without_a_retention_a_disappearance_warns() -> None:
    points = nightly(5)
    found = judged(job(), seen(points[:3] + points[4:]), before=points)
    assert found["rollback"].verdict is Verdict.WARN


def test_a_damaged_snapshot_is_damage_and_no_disappearance() -> None:
    points = nightly(5)
    facts = seen(points[:4], damaged={points[4].id: "invalid data returned"}, structure=Probe())
    found = judged(job(), facts, before=points)
    assert found["rollback"].verdict is Verdict.OK
    assert found["structure.damaged"].verdict is Verdict.FAIL
    assert "snapshot damaged" in found["structure.damaged"].summary


def test_retention_that_is_not_reached_warns_once_the_job_is_old_enough() -> None:
    declared = job(retention={"daily": 7})
    assert judged(declared, seen(nightly(3)), since_days=60)["retention"].verdict is Verdict.WARN
    young = judged(declared, seen(nightly(3)), since_days=3)["retention"]
    assert (young.verdict, young.learning) == (Verdict.OK, True)
    assert judged(declared, seen(nightly(7)), since_days=60)["retention"].verdict is Verdict.OK


@given(
    hours=st.lists(st.integers(0, 24 * 400), max_size=40, unique=True),
    limits=st.fixed_dictionaries(
        {name: st.integers(0, 5) for name in ("last", "daily", "weekly", "monthly")}
    ),
)
def test_a_retention_keeps_the_newest_and_no_more_than_it_says(
    hours: list[int], limits: dict[str, int]
) -> None:
    points = [Point(str(each), NOW - timedelta(hours=each)) for each in hours]
    ids = kept(points, Retention(**limits), CET)
    assert len(ids) <= sum(limits.values())
    assert ids <= {each.id for each in points}
    if points and any(limits.values()):
        assert max(points, key=lambda each: each.at).id in ids


@given(hours=st.lists(st.integers(0, 24 * 100), max_size=30, unique=True), daily=st.integers(1, 9))
def test_pruning_again_removes_nothing_more(hours: list[int], daily: int) -> None:
    retention = Retention(daily=daily, weekly=2)
    points = [Point(str(each), NOW - timedelta(hours=each)) for each in hours]
    once = kept(points, retention, CET)
    left = [each for each in points if each.id in once]
    assert kept(left, retention, CET) == once


def test_without_access_no_earlier_ok_survives() -> None:
    facts = BackupFacts("restic", NOW, access=Probe(blocked=Fault(Kind.UNREACHABLE, "no route")))
    proofs = {("structure", ""): Proof(NOW - timedelta(days=1), NOW - timedelta(days=1))}
    found = judged(job(), facts, proofs=proofs)
    assert found["structure"].verdict is Verdict.UNKNOWN


def test_why_it_could_not_be_opened_is_said_once_and_first() -> None:
    facts = BackupFacts("restic", NOW, access=Probe(faults=(Fault(Kind.PASSWORD, "no key fits"),)))
    at = NOW - timedelta(days=1)
    proofs = {(check, ""): Proof(at, at) for check in ("structure", "sample", "source", "runs")}
    found = judge(case(job(), facts, proofs=proofs))
    assert found[0].check == "backup.reachable"
    assert [each.check for each in found if "no key fits" in each.summary] == ["backup.reachable"]
    others = {each.summary.partition(": ")[0] for each in found if each.verdict is Verdict.UNKNOWN}
    assert "not looked at this time; was" in others


def test_findings_of_a_job_stand_in_the_order_of_the_rules() -> None:
    found = judge(case(job(retention={"daily": 3}), seen(nightly(5)), rto=Duration.parse("8h")))
    assert in_order(sorted(found, key=lambda each: each.check)) == found
    assert found[0].check == "backup.reachable"


def test_a_rollback_says_which_memory_to_remove_and_where() -> None:
    back = Probe(faults=(Fault(Kind.ROLLBACK, "replay", "/data/backup/nacht/borg-0.private"),))
    here = judged(job(), seen(None, access=back))["reachable"]
    assert "remove /data/backup/nacht/borg-0.private (" in here.remedy
    there = judged(job(verify={"from": "srv-b"}), seen(None, access=back))["reachable"]
    assert "remove /data/backup/nacht/borg-0.private on srv-b (" in there.remedy


def test_a_place_that_was_known_under_another_name_is_told_with_what_was_open() -> None:
    known_as = Former("oud", NOW - timedelta(days=1), ("read: data damaged",))
    first = case(job(), seen(nightly(3)))
    told = replace(first, history=replace(first.history, former=known_as))
    [moved] = [each for each in judge(told) if each.check == "backup.moved"]
    assert (moved.verdict, moved.key) == (Verdict.WARN, "oud")
    assert "oud, which is no longer declared" in moved.summary
    assert "2026-11-26: read: data damaged" in moved.summary
    assert not [each for each in judge(first) if each.check == "backup.moved"]


def test_names_that_are_no_utf8_can_be_kept_and_shown() -> None:
    bad = Fault(Kind.DATA, "caf\udce9.txt is damaged", "caf\udce9.txt")
    found = judged(job(), seen(nightly(2), sample=Probe(faults=(bad,))))["sample"]
    assert "caf\\xe9.txt is damaged" in found.summary
    assert found.evidence["where"] == ["caf\\xe9.txt"]


def test_a_replica_that_lost_most_of_its_files_since_the_last_look_fails() -> None:
    copy = point(1, id="replica", files=5, size=50)
    lost = case(job(), seen((copy,)), before=(copy,))
    lost = replace(lost, history=replace(lost.history, measured=((82, 900), (82, 900))))
    told = {each.check: each for each in judge(lost)}["backup.size"]
    assert told.verdict is Verdict.FAIL
    assert "of the usual number of files" in told.summary


def test_a_fault_comes_with_what_to_do() -> None:
    wrong = judged(job(), seen(None, access=Probe(faults=(Fault(Kind.PASSWORD, "no"),))))["reachable"]
    assert "second copy of the key" in wrong.remedy
