"""The rules about proofs: what was shown lately is ok, what could not be shown is not."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import NOW, case, job, judged, nightly, point, seen
from schoten_ict.backup.acts.desk import next_slice
from schoten_ict.backup.facts import CopyFacts, Fault, Kind, Lock, Probe, ReadProbe
from schoten_ict.backup.judge import judge
from schoten_ict.backup.judge.carrying import carried
from schoten_ict.backup.judge.case import Proof
from schoten_ict.backup.judge.limits import not_proven
from schoten_ict.backup.judge.proofs import renewed
from schoten_ict.backup.order import Slice
from schoten_ict.core.times import Duration
from schoten_ict.core.verdict import Verdict

BAD = Fault(Kind.DATA, "pack abc does not match", "abc")
HELD = Fault(Kind.LOCKED, "by pid 7 on srv-b")
POINTS = nightly(5)


def proof(days: float, fault: Fault | None = None) -> Proof:
    """A proof of so many days ago."""
    at = NOW - timedelta(days=days)
    return Proof(at, at, fault)


def test_a_proof_of_now_is_ok_with_its_numbers() -> None:
    facts = seen(POINTS, sample=Probe(told={"files": 20, "bytes": 2_000_000, "compared": 18}))
    sample = judged(job(), facts)["sample"]
    assert sample.verdict is Verdict.OK
    assert sample.summary == "a restored sample is right (20 files, 2.0 MB, 18 compared with the source)"


@pytest.mark.parametrize("check", ["structure", "sample", "source", "database", "runs"])
def test_a_fault_fails_and_names_its_kind(check: str) -> None:
    found = judged(job(), seen(POINTS, **{check: Probe(faults=(BAD,))}))[check]
    assert found.verdict is Verdict.FAIL
    assert re.match(r"data damaged \(.+\): pack abc", found.summary)
    assert found.evidence["kinds"] == ["data damaged"]


@pytest.mark.parametrize("check", ["structure", "sample", "source", "database", "runs"])
def test_what_could_not_be_tried_is_unknown_and_then_a_failure(check: str) -> None:
    facts = seen(POINTS, **{check: Probe(blocked=HELD)})
    lately = judged(job(), facts, proofs={(check, ""): proof(2)})[check]
    assert lately.verdict is Verdict.UNKNOWN
    long_ago = judged(job(), facts, proofs={(check, ""): proof(9)})[check]
    assert long_ago.verdict is Verdict.FAIL
    assert "last proven 9 d ago" in long_ago.summary
    assert judged(job(), facts, since_days=1)[check].verdict is Verdict.UNKNOWN
    assert "never proven" in judged(job(), facts, since_days=30)[check].summary


def test_a_fault_stays_until_the_same_thing_is_proven_again() -> None:
    bad = renewed(NOW, Probe(faults=(BAD,)), None)
    still = renewed(NOW, Probe(blocked=HELD), bad)
    assert still.fault == BAD
    assert (
        judged(job(), seen(POINTS, sample=Probe(blocked=HELD)), proofs={("sample", ""): bad})[
            "sample"
        ].verdict
        is Verdict.FAIL
    )
    assert renewed(NOW, Probe(), still).fault is None


def test_a_try_that_was_held_up_takes_no_proof_away() -> None:
    held = renewed(NOW, Probe(blocked=HELD), proof(2))
    assert held.proven_at == NOW - timedelta(days=2)
    assert held.fault == HELD


def reads(number: int, of: int, probe: Probe) -> tuple[ReadProbe, ...]:
    return (ReadProbe(number, of, probe),)


def test_slices_read_on_schedule_are_ok_and_say_how_much_is_proven() -> None:
    earlier = {("read", f"{number}/10"): proof(10 - number) for number in range(1, 4)}
    read = judged(job(), seen(POINTS, reads=reads(4, 10, Probe())), proofs=earlier, since_days=9)["read"]
    assert read.verdict is Verdict.OK
    assert "40% of the data" in read.summary


def test_all_slices_within_the_time_are_all_of_the_data() -> None:
    earlier = {("read", f"{number}/10"): proof(number) for number in range(1, 11)}
    read = judged(job(), seen(POINTS, reads=reads(10, 10, Probe())), proofs=earlier)["read"]
    assert read.verdict is Verdict.OK
    assert "100%" in read.summary


def test_a_slice_that_was_not_read_again_in_time_is_behind_schedule_and_then_fails() -> None:
    earlier = {("read", f"{number}/10"): proof(32) for number in range(1, 6)}
    read = judged(job(), seen(POINTS, reads=reads(6, 10, Probe())), proofs=earlier)["read"]
    assert read.verdict is Verdict.WARN
    earlier = {("read", f"{number}/10"): proof(60) for number in range(1, 6)}
    read = judged(job(), seen(POINTS, reads=reads(6, 10, Probe())), proofs=earlier)["read"]
    assert read.verdict is Verdict.FAIL


def test_a_bad_slice_stays_bad_while_others_are_read() -> None:
    earlier = {("read", "3/10"): Proof(NOW - timedelta(days=1), None, BAD)}
    read = judged(job(), seen(POINTS, reads=reads(4, 10, Probe())), proofs=earlier)["read"]
    assert read.verdict is Verdict.FAIL
    assert read.evidence["slices"] == ["3/10"]


def test_a_read_that_was_held_up_is_unknown() -> None:
    read = judged(job(), seen(POINTS, reads=reads(1, 10, Probe(blocked=HELD))), since_days=1)["read"]
    assert read.verdict is Verdict.UNKNOWN


@given(share=st.floats(0.01, 1.0), nights=st.integers(1, 3))
def test_reading_night_after_night_reads_everything(share: float, nights: int) -> None:
    proofs: dict[tuple[str, str], Proof] = {}
    read: set[int] = set()
    first = next_slice(proofs, share)
    assert first is not None
    for night in range(first.of * nights):
        part = next_slice(proofs, share)
        assert part is not None
        read.add(part.number)
        at = NOW + timedelta(days=night)
        proofs["read", f"{part.number}/{part.of}"] = Proof(at, at)
    assert read == set(range(1, first.of + 1))


def test_a_bad_slice_is_read_again_first() -> None:
    proofs = {("read", "1/4"): proof(9), ("read", "2/4"): proof(3, BAD)}
    assert next_slice(proofs, 0.25) == Slice(2, 4)


def test_a_drill_is_due_then_overdue() -> None:
    declared = job(verify={"drill_every": "90d"})
    assert judged(declared, seen(POINTS), since_days=10)["drill"].verdict is Verdict.WARN
    assert judged(declared, seen(POINTS), since_days=100)["drill"].verdict is Verdict.FAIL
    assert judged(declared, seen(POINTS), proofs={("drill", ""): proof(20)})["drill"].verdict is Verdict.OK
    assert judged(declared, seen(POINTS), proofs={("drill", ""): proof(95)})["drill"].verdict is Verdict.FAIL


def test_a_drill_that_took_longer_than_the_rto_fails() -> None:
    declared = job(verify={"drill_every": "90d"})
    facts = seen(POINTS, drill=Probe(told={"seconds": 9 * 3600.0}))
    assert judged(declared, facts, rto=Duration.parse("8h"))["rto"].verdict is Verdict.FAIL
    assert judged(declared, facts, rto=Duration.parse("10h"))["rto"].verdict is Verdict.OK


def test_what_no_engine_can_prove_a_person_must() -> None:
    facts = seen(POINTS, cannot={"sample": "no way", "drill": "no way"})
    assert judged(job(), facts, since_days=100)["drill"].verdict is Verdict.FAIL
    assert "drill" not in judged(job(), seen(POINTS))


def test_the_second_key_is_tried_now_and_then() -> None:
    declared = job(escrow={"password": "file:kluis", "every": "30d"})
    assert judged(declared, seen(POINTS, escrow=Probe()))["key"].verdict is Verdict.OK
    assert judged(declared, seen(POINTS), proofs={("key", ""): proof(10)})["key"].verdict is Verdict.OK
    bad = Probe(faults=(Fault(Kind.PASSWORD, "wrong password"),))
    assert judged(declared, seen(POINTS, escrow=bad))["key"].verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("lock", "verdict"),
    [
        (Lock("pid 7 on srv-a", NOW, True, True), Verdict.OK),
        (Lock("pid 7 on srv-a", NOW, True, False), Verdict.WARN),
        (Lock("pid 7 on srv-a", NOW - timedelta(hours=30), True, None), Verdict.WARN),
    ],
)
def test_a_lock_at_work_is_fine_and_one_left_behind_is_not(lock: Lock, verdict: Verdict) -> None:
    assert judged(job(), seen(POINTS, locks=(lock,)))["lock"].verdict is verdict


COPIED = job(copies=[{"name": "depot", "kind": "offsite", "url": "sftp:depot:/b", "within": "48h"}])


def test_a_copy_that_has_what_is_due_is_ok() -> None:
    copy = CopyFacts("depot", tuple(each for each in POINTS if each.at < NOW - timedelta(hours=40)))
    assert judged(COPIED, seen(POINTS, copies=(copy,)))["copies.depot"].verdict is Verdict.OK


def test_a_copy_that_lags_more_than_it_may_fails_with_its_age() -> None:
    copy = CopyFacts("depot", POINTS[3:])
    found = judged(COPIED, seen(POINTS, copies=(copy,)))["copies.depot"]
    assert found.verdict is Verdict.FAIL
    assert "its newest backup of srv-a:/srv/data is 3 d old" in found.summary


def test_a_copy_that_cannot_be_reached_is_unknown_and_an_empty_one_fails() -> None:
    silent = CopyFacts("depot", None, Fault(Kind.UNREACHABLE, "no route"))
    assert judged(COPIED, seen(POINTS, copies=(silent,)))["copies.depot"].verdict is Verdict.UNKNOWN
    gone = CopyFacts("depot", None, Fault(Kind.NO_REPOSITORY, "no such folder"))
    assert judged(COPIED, seen(POINTS, copies=(gone,)))["copies.depot"].verdict is Verdict.FAIL
    assert (
        judged(COPIED, seen(POINTS, copies=(CopyFacts("depot", ()),)))["copies.depot"].verdict is Verdict.FAIL
    )


def test_immutability_is_looked_at_or_confirmed_lately() -> None:
    by_hand = job(immutable={"by": "offline", "for": "30d", "confirmed": "2026-11-01"})
    assert judged(by_hand, seen(POINTS))["immutable"].verdict is Verdict.OK
    old = job(immutable={"by": "offline", "for": "30d", "confirmed": "2026-06-01"})
    assert judged(old, seen(POINTS))["immutable"].verdict is Verdict.UNKNOWN
    looked = job(immutable={"by": "attribute", "for": "30d"})
    assert judged(looked, seen(POINTS))["immutable"].verdict is Verdict.UNKNOWN
    open_to_all = Probe(faults=(Fault(Kind.OTHER, "12 files without the attribute"),))
    assert judged(looked, seen(POINTS, immutable=open_to_all))["immutable"].verdict is Verdict.FAIL
    assert judged(looked, seen(POINTS, immutable=Probe()))["immutable"].verdict is Verdict.OK


def test_a_full_read_proves_all_slices_and_clears_what_was_bad_before() -> None:
    earlier = {("read", "3/10"): Proof(NOW - timedelta(days=2), None, BAD)}
    read = judged(job(), seen(POINTS, reads=reads(1, 1, Probe())), proofs=earlier)["read"]
    assert (read.verdict, read.summary) == (Verdict.OK, "100% of the data read and right within 30d")


def test_a_full_read_that_failed_stays_bad_until_every_slice_was_read_again() -> None:
    whole = {("read", "1/1"): Proof(NOW - timedelta(days=3), None, BAD)}
    one = judged(job(), seen(POINTS, reads=reads(1, 2, Probe())), proofs=whole)["read"]
    assert (one.verdict, one.evidence["slices"]) == (Verdict.FAIL, ["2/2"])
    again = whole | {("read", "1/2"): proof(1)}
    assert judged(job(), seen(POINTS, reads=reads(2, 2, Probe())), proofs=again)["read"].verdict is Verdict.OK
    assert next_slice(again, 0.5) == Slice(2, 2)


def test_a_source_that_changed_altogether_proves_nothing_and_is_not_counted() -> None:
    changed = judged(job(), seen(POINTS, source=Probe(told={"files": 0, "changed": 12})))["source"]
    assert changed.learning
    assert "all 12 files changed" in changed.summary


def test_a_copy_is_old_by_itself_whatever_the_first_keeps() -> None:
    old = CopyFacts("depot", (point(24 * 200),))
    assert judged(COPIED, seen((point(2),), copies=(old,)))["copies.depot"].verdict is Verdict.FAIL
    silent = seen(None, access=Probe(blocked=HELD), copies=(old,))
    assert judged(COPIED, silent, before=())["copies.depot"].verdict is Verdict.FAIL


def test_a_copy_from_the_future_or_a_partial_one_is_no_copy() -> None:
    for only in (point(-48), point(2, complete=False)):
        copy = CopyFacts("depot", (only,))
        assert judged(COPIED, seen(POINTS, copies=(copy,)))["copies.depot"].verdict is Verdict.FAIL


def test_a_copy_with_holes_or_damage_or_that_went_back_fails() -> None:
    holed = CopyFacts("depot", (POINTS[0], POINTS[4]))
    assert "it lacks" in judged(COPIED, seen(POINTS, copies=(holed,)))["copies.depot"].summary
    broken = CopyFacts("depot", POINTS, damaged={"x": "no"})
    assert "cannot be loaded" in judged(COPIED, seen(POINTS, copies=(broken,)))["copies.depot"].summary
    back = case(COPIED, seen(POINTS, copies=(CopyFacts("depot", POINTS[1:]),)))
    back = replace(back, history=replace(back.history, copies={"depot": POINTS[0].at}))
    told = {each.check: each.summary for each in judge(back)}
    assert "rolled back" in told["backup.copies"]


def test_a_failed_drill_stays_failed_where_none_is_declared() -> None:
    failed = {("drill", ""): Proof(NOW - timedelta(days=1), None, BAD)}
    assert judged(job(), seen(POINTS), proofs=failed)["drill"].verdict is Verdict.FAIL


def test_a_bad_slice_stays_bad_when_the_data_is_divided_otherwise() -> None:
    earlier = {("read", "3/10"): Proof(NOW - timedelta(days=1), None, BAD)}
    read = judged(job(), seen(POINTS, reads=reads(1, 4, Probe())), proofs=earlier)["read"]
    assert (read.verdict, read.evidence["slices"]) == (Verdict.FAIL, ["3/10"])
    whole_round = earlier | {("read", f"{number}/4"): proof(0.5) for number in range(1, 4)}
    settled = judged(job(), seen(POINTS, reads=reads(4, 4, Probe())), proofs=whole_round)["read"]
    assert settled.verdict is Verdict.OK


def test_the_gravest_fault_is_named_first() -> None:
    link, escape = Fault(Kind.OTHER, "is a link"), Fault(Kind.PATHS, "../etc/passwd")
    structure = judged(job(), seen(POINTS, structure=Probe(faults=(link, escape))))["structure"]
    assert structure.summary.startswith("unsafe paths in the archive")


def test_a_confirmation_of_tomorrow_confirms_nothing() -> None:
    early = job(immutable={"by": "offline", "for": "30d", "confirmed": "2027-11-01"})
    assert judged(early, seen(POINTS))["immutable"].verdict is Verdict.UNKNOWN


def test_what_was_wrong_and_is_held_up_stays_open_as_unknown() -> None:
    bad = judged(job(retention={"daily": 7}), seen(POINTS[1:]), before=POINTS)["rollback"]
    held = seen(None, access=Probe(blocked=HELD))
    [kept] = carried([bad], [], held)
    assert kept.verdict is Verdict.UNKNOWN
    assert kept.identity == bad.identity
    [again] = carried([kept], [], held)
    assert again.summary == kept.summary
    assert list(carried([bad], [bad], held)) == []
    assert list(carried([bad], [], seen(POINTS))) == []


def test_a_learning_finding_that_was_not_looked_at_is_no_longer_ok() -> None:
    young = judged(job(), seen(POINTS[:1]), before=())["size.srv-a:/srv/data"]
    assert young.learning
    [kept] = carried([young], [], seen(None, access=Probe(blocked=HELD)))
    assert (kept.counted, kept.learning) == (Verdict.UNKNOWN, False)


@pytest.mark.parametrize(
    ("verify", "told"),
    [
        ({"read": "0%"}, {"read": "switched off (read: 0%)"}),
        ({"sample": 0}, {"sample": "switched off (sample: 0)"}),
        ({"compare_source": False}, {"source": "switched off (compare_source: false)"}),
        ({}, {}),
    ],
)
def test_what_is_switched_off_is_not_proven(verify: dict[str, object], told: dict[str, str]) -> None:
    assert not_proven(job(verify=verify), seen(POINTS)) == told


def test_what_was_done_all_the_same_is_proven_and_the_word_of_the_engine_goes_first() -> None:
    off = job(verify={"read": "0%", "sample": 0})
    whole = seen(POINTS, reads=(ReadProbe(1, 1, Probe()),), sample=Probe())
    assert not_proven(off, whole) == {}
    assert not_proven(off, seen(POINTS, cannot={"read": "no sums"}))["read"] == "no sums"


def test_a_fault_of_an_earlier_look_says_so_and_how_to_look_again() -> None:
    drilled = judged(job(), seen(POINTS), proofs={("drill", ""): Proof(NOW - timedelta(days=3), None, BAD)})[
        "drill"
    ]
    assert "seen on 2026-11-24, not looked at again since" in drilled.summary
    assert "--full looks again" in drilled.remedy


def test_files_that_are_not_copied_yet_are_told() -> None:
    source = judged(job(), seen(POINTS, source=Probe(told={"files": 82, "late": 77})))["source"]
    assert source.summary == "what must be there is (82 files, 77 of them not copied yet, within the RPO)"
