"""What a host told itself and what WSUS tells of it: which counts, and that neither makes a false ok."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import patching
from patching import lacks
from schoten_ict.core.errors import Problem
from schoten_ict.core.finding import Finding
from schoten_ict.patch.ask import wsus_facts
from schoten_ict.patch.ask.wsus import Fleet
from schoten_ict.patch.facts import PatchFacts, Reboot, System, Update, WsusComputer
from schoten_ict.patch.judge.joining import counts, joined
from schoten_ict.patch.known import Missing, Scan, WsusReport

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
"""A day on which the data about builds is fresh."""
KB = Update("KB5070002", "2026-11 .NET")
BUILD = System("windows", "Windows 11 Pro", "23H2", "Professional", "Client", 22631, 99999)
"""Newer than all that the data knows."""
OFF = Problem("unreachable", "no route to host")
LATE = Problem("timeout", "it did not come to this computer", "updates", "give it more time")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def judged(known: Scan | None, *missing: Missing) -> dict[tuple[str, str], Finding]:
    """The findings of that day by check and key."""
    return patching.judged(known, missing, now=NOW)


def verdicts(known: Scan | None, *missing: Missing) -> dict[str, str]:
    """The worst verdict of each check on that day."""
    return patching.verdicts(known, missing, now=NOW)


def itself(age: timedelta, *, failed: Problem | None = None, **facts: Any) -> Scan:
    """What a Windows told so long ago: its build is the newest, it waits for nothing, it made no search."""
    plain: dict[str, Any] = {
        "system": BUILD, "updates": None, "reboot": Reboot(needed=False), "lists_at": NOW - age, "failures": (),
    }  # fmt: skip
    at = NOW - age
    told = PatchFacts("windows", **(plain | facts))
    return Scan("srv-a", "winrm", NOW if failed else at, failed, at, told, None)


def report(
    age: timedelta,
    *,
    updates: tuple[Update, ...] | None = (),
    synchronised: timedelta | None = None,
    **more: int,
) -> WsusReport:
    """What WSUS was told so long ago: nothing lacks, unless told otherwise."""
    plain = dict.fromkeys(
        ("missing", "downloaded", "pending_reboot", "failed", "installed", "not_applicable", "not_known"), 0
    )
    at = NOW - age
    computer = WsusComputer(
        "srv-a.schoten.test", "", "Windows 11 Pro", "PCs", at, at, updates=updates,
        problem=LATE if updates is None else None, **(plain | {"missing": len(updates or ())} | more),
    )  # fmt: skip
    fleet = Fleet("SRV-WSUS01", NOW - (HOUR if synchronised is None else synchronised), (computer,))
    told = wsus_facts.facts(computer, fleet, at)
    since = at.date() if computer.pending_reboot else None
    return WsusReport("srv-a", "srv-wsus01", NOW, at, told, since)


NEVER = Scan("srv-a", "winrm", NOW, OFF, None, None, None)
COUNTS: dict[str, Any] = {"updates": None, "missing": 4}


@pytest.mark.parametrize(
    ("own", "told", "expected"),
    [
        # the host alone
        (itself(HOUR), None, ("winrm", HOUR, False, "ok", "ok")),
        (NEVER, None, ("winrm", None, False, "unknown", None)),
        (itself(2 * DAY, failed=OFF), None, ("winrm", 2 * DAY, False, "unknown", "ok")),
        # WSUS alone: never asked, or never answered
        (None, report(DAY), ("wsus", DAY, True, "ok", "ok")),
        (NEVER, report(DAY), ("wsus", DAY, True, "ok", "ok")),
        (None, report(20 * DAY), ("wsus", 20 * DAY, True, "unknown", "ok")),
        (None, report(DAY, **COUNTS), ("wsus", DAY, True, "ok", "unknown")),
        # the host told later than it reported: its own answer wins, WSUS fills the list that it did not tell
        (itself(HOUR, updates=()), report(DAY, updates=(KB,)), ("winrm", HOUR, False, "ok", "ok")),
        (itself(HOUR, updates=()), report(DAY, **COUNTS), ("winrm", HOUR, False, "ok", "ok")),
        (itself(HOUR), report(DAY), ("winrm", HOUR, True, "ok", "ok")),
        (itself(HOUR), report(DAY, **COUNTS), ("winrm", HOUR, True, "ok", "unknown")),
        (itself(HOUR), report(9 * DAY), ("winrm", HOUR, True, "ok", "unknown")),
        (itself(HOUR, patched_at=NOW - 2 * HOUR), report(DAY, **COUNTS), ("winrm", HOUR, False, "ok", "ok")),
        (itself(HOUR, patched_at=NOW - 2 * DAY), report(DAY, **COUNTS), ("winrm", HOUR, True, "ok", "unknown")),
        # and could not be reached since
        (itself(2 * DAY, failed=OFF), report(3 * DAY), ("wsus", 3 * DAY, True, "ok", "ok")),
        (itself(2 * DAY, failed=OFF, updates=()), report(3 * DAY, updates=(KB,)), ("wsus", 3 * DAY, False, "ok", "ok")),
        (itself(2 * DAY, failed=OFF), report(9 * DAY), ("wsus", 9 * DAY, True, "unknown", "ok")),
        # it reported later than it told anything
        (itself(3 * DAY, updates=(KB,)), report(DAY), ("wsus", DAY, True, "ok", "ok")),
        (itself(3 * DAY, updates=()), report(DAY, **COUNTS), ("wsus", DAY, True, "ok", "unknown")),
        (itself(3 * DAY, failed=OFF), report(DAY), ("wsus", DAY, True, "ok", "ok")),
        (itself(30 * DAY, updates=()), report(20 * DAY), ("wsus", 20 * DAY, True, "unknown", "ok")),
    ],
)  # fmt: skip
def test_the_newer_of_both_counts_and_the_other_fills_in(
    own: Scan | None, told: WsusReport | None, expected: tuple[str, timedelta | None, bool, str, str | None]
) -> None:
    """Expected: the source, its age, whether WSUS told what lacks, and two verdicts: scanned and updates."""
    found = joined(own, told)
    assert found is not None
    age = None if found.scanned_at is None else NOW - found.scanned_at
    said = verdicts(found)
    assert (found.source, age, found.lists_of_wsus, said["scanned"], said.get("updates")) == expected


def test_nothing_from_neither_is_nothing() -> None:
    assert joined(None, None) is None


def test_a_host_that_wsus_alone_knows_has_no_build_and_says_so() -> None:
    found = judged(joined(None, report(DAY)))
    assert {check: each.verdict for (check, _), each in found.items()} == {
        "scanned": "ok", "lists": "ok", "updates": "ok", "reboot": "unknown", "build": "unknown",
    }  # fmt: skip
    assert found["scanned", ""].summary == "reported to WSUS (srv-wsus01) on 2026-03-19"
    assert found["updates", ""].summary == "nothing lacks that is approved in WSUS"
    assert "approved updates only" in found["reboot", ""].summary
    assert found["build", ""].summary == "WSUS tells no build, nor by it the end of support"
    assert found["build", ""].remedy == "ask the machine itself while it is on"


def test_counts_without_a_list_are_unknown_with_the_number_and_what_was_late_stays_late() -> None:
    known = joined(itself(3 * DAY), report(DAY, updates=None, missing=2, downloaded=1, failed=1))
    found = judged(known)["updates", ""]
    assert (found.verdict, found.remedy) == ("unknown", "give it more time")
    assert "WSUS counts 4 updates that it lacks" in found.summary
    assert verdicts(known, lacks(clock=date(2026, 3, 18)))["updates"] == "unknown"
    assert verdicts(known, lacks(clock=date(2026, 2, 1)))["updates"] == "fail"


@pytest.mark.parametrize(
    ("age", "verdict"), [(DAY, "ok"), (8 * DAY, "ok"), (9 * DAY, "unknown"), (300 * DAY, "unknown")]
)
def test_a_report_holds_as_long_as_an_answer_and_is_never_of_now(age: timedelta, verdict: str) -> None:
    found = judged(joined(None, report(age)))
    assert found["scanned", ""].verdict == verdict
    assert found["scanned", ""].observed_at == NOW - age


def test_a_server_that_fetches_no_updates_makes_old_lists_however_lately_its_computers_report() -> None:
    assert verdicts(joined(None, report(HOUR, synchronised=30 * DAY)))["lists"] == "unknown"
    told = report(HOUR)
    unsaid = replace(told, facts=replace(told.facts, lists_at=None))
    assert verdicts(joined(itself(2 * HOUR), unsaid))["lists"] == "unknown"


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (3 * DAY, {"build": "ok", "reboot": "ok", "scanned": "ok"}),
        (9 * DAY, {"build": "unknown", "reboot": "unknown", "scanned": "ok"}),
    ],
)
def test_what_only_the_host_can_tell_stays_as_old_as_it_is(age: timedelta, expected: dict[str, str]) -> None:
    found = judged(joined(itself(age), report(HOUR)))
    assert {check: found[check, ""].verdict.value for check in expected} == expected
    assert found["build", ""].observed_at == found["reboot", ""].observed_at == NOW - age
    assert ("not checked lately" in found["build", ""].summary) == (age > 8 * DAY)


def test_a_restart_that_wsus_knows_of_is_waited_for_and_none_that_it_knows_of_proves_nothing() -> None:
    waits = Scan(
        **{
            **_fields(itself(3 * DAY, reboot=Reboot(needed=True, reasons=("x",)))),
            "reboot_since": date(2026, 3, 1),
        }
    )
    found = joined(waits, report(DAY))
    assert found is not None
    assert (found.facts.reboot.needed, found.reboot_since) == (True, date(2026, 3, 1))  # type: ignore[union-attr]
    assert verdicts(found)["reboot"] == "fail"
    new = joined(itself(3 * DAY), report(DAY, pending_reboot=2))
    assert new is not None
    assert new.reboot_since == date(2026, 3, 19)
    assert "2 installed updates, as WSUS was told" in judged(new)["reboot", ""].summary
    assert judged(new)["reboot", ""].observed_at == NOW - DAY
    rebooted = joined(itself(HOUR), report(DAY, pending_reboot=2))
    assert judged(rebooted)["reboot", ""].summary == "waits for no restart"


def _fields(scan: Scan) -> dict[str, Any]:
    return {name: getattr(scan, name) for name in scan.__slots__}


def test_why_a_host_gives_no_answer_is_told_beside_what_wsus_knows() -> None:
    for known in (joined(NEVER, report(DAY)), joined(itself(3 * DAY, failed=OFF), report(DAY))):
        assert judged(known)["scanned", ""].summary == (
            "reported to WSUS (srv-wsus01) on 2026-03-19; itself it gave no answer: no route to host"
        )


def test_a_search_that_was_refused_is_no_gap_where_wsus_tells_the_list() -> None:
    denied = Problem("denied", "this Windows refuses the search", "updates")
    found = joined(itself(HOUR, missing=(denied,)), report(DAY, updates=(KB,)))
    assert found is not None
    assert found.facts is not None
    assert found.facts.missing == ()
    assert judged(found, lacks(clock=date(2026, 3, 14)))["updates", ""].verdict == "warn"


def test_a_linux_of_the_same_name_is_no_computer_of_wsus() -> None:
    debian = itself(3 * DAY, system=System("debian", "Debian GNU/Linux", "12"), updates=())
    assert joined(debian, report(DAY)) == debian
    assert not counts(debian, report(DAY))


ages = st.integers(0, 40).map(lambda days: days * DAY)
lists = st.sampled_from([None, (), (KB,)])


@given(st.none() | st.tuples(ages, lists, st.booleans()), ages, lists, st.integers(0, 2), ages)
def test_a_host_is_ok_only_where_its_own_build_is_fresh_and_nothing_is_counted_that_is_not_listed(
    own: tuple[timedelta, tuple[Update, ...] | None, bool] | None,
    age: timedelta,
    told: tuple[Update, ...] | None,
    missing: int,
    synchronised: timedelta,
) -> None:
    mine = own and itself(own[0], updates=own[1], failed=OFF if own[2] else None)
    known = joined(mine, report(age, updates=told, missing=missing, synchronised=synchronised))
    assert known is not None
    if set(verdicts(known).values()) == {"ok"}:
        assert own is not None
        assert own[0] <= 8 * DAY
        assert not known.lists_of_wsus or told is not None or not missing
        assert not known.lists_of_wsus or max(age, synchronised) <= 8 * DAY


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW - DAY, NOW - DAY),
        (NOW + HOUR, NOW),
        (NOW + 25 * HOUR, None),
        (NOW + 9999 * DAY, None),
        (None, None),
    ],
)
def test_a_report_of_the_future_proves_nothing(at: datetime | None, expected: datetime | None) -> None:
    computer = WsusComputer("x", "", "", "", at, None, 0, 0, 0, 0, 0, 0, 0, ())
    assert wsus_facts.reported(computer, NOW) == expected
