"""Build and UBR: what is below, what is at the newest, and what old or absent data cannot prove."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.patch.data.tables import Release, Table, patch_tuesday
from schoten_ict.patch.facts import System
from schoten_ict.patch.judge.builds import BuildStanding, State, indexed, standing

AS_OF = date(2026, 3, 10)
FRESH, OLD = AS_OF + timedelta(days=40), AS_OF + timedelta(days=41)
SERVER, CLIENT = "Windows Server 2025", "Windows 11 Version 24H2"


def release(ubr: int, month: str, *, build: int = 26100, product: str = CLIENT, hot: bool = False) -> Release:
    return Release(product, product == SERVER, build, ubr, hot, month, f"KB{5000000 + ubr}")


ROWS = (
    release(6899, "2025-10"),
    release(7092, "2025-11", hot=True), release(7171, "2025-11"),
    release(7623, "2026-01"),
    release(7781, "2026-02", hot=True), release(7840, "2026-02"),
    release(7979, "2026-03", hot=True), release(8037, "2026-03"),
    release(6199, "2025-12", build=22631),
    release(32370, "2026-02", product=SERVER), release(32522, "2026-03", product=SERVER),
)  # fmt: skip
BUILDS = indexed(Table(AS_OF, "test", "none", ROWS))
PC = System("windows", build=26100, edition="Enterprise", installation="Client", hotpatch=False)


def at(ubr: int | None, system: System = PC, today: date = FRESH) -> BuildStanding:
    found = standing(replace(system, ubr=ubr), BUILDS, today)
    assert found is not None
    return found


def test_a_host_below_is_told_with_the_newest_how_many_and_since_when() -> None:
    found = at(7171)
    assert (found.state, found.behind) == (State.BELOW, 3)
    assert found.newest == release(8037, "2026-03")
    assert found.missed_since == date(2026, 1, 13)
    assert found.summary == "build 26100.7171 is 3 security releases behind 26100.8037 (KB5008037, 2026-03)"


def test_the_clock_is_that_of_the_oldest_missed_one_though_a_preview_lies_between() -> None:
    assert at(7700).missed_since == patch_tuesday("2026-02") == date(2026, 2, 10)


def test_at_the_newest_is_current_and_above_it_is_above_while_the_data_is_fresh() -> None:
    assert at(8037).state is State.CURRENT
    assert at(8100).state is State.ABOVE


def test_months_of_which_the_data_has_nothing_begin_the_clock_where_it_is_certain() -> None:
    builds = indexed(Table(AS_OF, "test", "none", tuple(row for row in ROWS if row.month != "2025-12")))

    def at(ubr: int) -> BuildStanding:
        found = standing(replace(PC, ubr=ubr), builds, FRESH)
        assert found is not None
        return found

    found = at(7171)
    assert (found.absent, found.missed_since) == (("2025-12",), date(2025, 12, 9))
    assert "at least 3 security releases behind" in found.summary
    between = at(7172)
    assert (between.absent, between.missed_since) == (("2025-12",), date(2026, 1, 13))
    assert between.since_when == "the data has nothing of 2025-12, which it may have or lack"
    assert (at(7840).absent, at(7840).since_when, at(1).since_when) == ((), "", "")


@pytest.mark.parametrize("ubr", [8037, 8100])
def test_old_data_does_not_prove_that_nothing_lacks_and_says_why(ubr: int) -> None:
    found = at(ubr, today=OLD)
    assert found.state is State.UNKNOWN
    assert found.why == "the data is of 2026-03-10, more than 40 days ago; it misses nothing older"


def test_old_data_still_proves_what_is_below() -> None:
    assert at(7840, today=OLD).state is State.BELOW


def test_a_server_of_the_same_build_is_compared_with_servers() -> None:
    server = replace(PC, edition="ServerStandard", installation="Server")
    assert at(8037, server).state is State.BELOW
    assert at(32522, server).state is State.CURRENT


def test_server_core_has_the_builds_of_the_desktop() -> None:
    core = replace(PC, edition="ServerDatacenter", installation="Server Core")
    assert at(32522, core).state is State.CURRENT


def test_whether_it_is_a_server_follows_from_edition_or_name_and_is_never_guessed() -> None:
    bare = System("windows", build=26100)
    assert at(32522, replace(bare, edition="ServerStandard")).state is State.CURRENT
    assert at(32522, replace(bare, name="Microsoft Windows Server 2025 Standard")).state is State.CURRENT
    assert at(32522, bare).state is State.UNKNOWN


def test_the_hotpatch_track_needs_hotpatches_and_baselines_only() -> None:
    hot = replace(PC, hotpatch=True)
    assert at(7979, hot).state is State.CURRENT
    found = at(6899, hot)
    assert (found.behind, found.newest) == (4, release(7979, "2026-03", hot=True))
    assert at(7092, hot).missed_since == date(2026, 1, 13), "a baseline counts on this track too"


def test_a_baseline_as_the_newest_binds_the_hotpatch_track() -> None:
    builds = indexed(Table(AS_OF, "test", "none", (*ROWS, release(8200, "2026-04"))))
    found = standing(replace(PC, hotpatch=True, ubr=7979), builds, FRESH)
    assert found is not None
    assert (found.state, found.behind) == (State.BELOW, 1)


def test_the_ordinary_track_is_below_at_a_hotpatch() -> None:
    assert at(7979).state is State.BELOW


def test_a_machine_that_does_not_say_is_hotpatched_where_only_a_hotpatch_has_its_ubr() -> None:
    untold = replace(PC, hotpatch=None)
    assert at(7979, untold).state is State.CURRENT
    assert at(7980, untold).state is State.BELOW


@pytest.mark.parametrize(
    ("system", "why"),
    [
        (replace(PC, build=26120, ubr=1), "no release of this build is known"),
        (replace(PC, ubr=None), "the machine did not tell its build and UBR whole"),
        (replace(PC, build=None, ubr=1), "the machine did not tell its build and UBR whole"),
    ],
)
def test_what_is_not_known_is_unknown(system: System, why: str) -> None:
    found = standing(system, BUILDS, FRESH)
    assert found is not None
    assert (found.state, found.why) == (State.UNKNOWN, why)


def test_other_systems_have_no_standing() -> None:
    assert standing(System("debian", version="12", build=1, ubr=1), BUILDS, FRESH) is None


@given(st.integers(0, 10_000), st.sampled_from([True, False, None]), st.integers(-10, 400))
def test_nothing_is_current_on_old_data_and_nothing_below_the_newest_is_ever_well(
    ubr: int, hotpatch: bool | None, age: int
) -> None:
    found = at(ubr, replace(PC, hotpatch=hotpatch), AS_OF + timedelta(days=age))
    assert found.newest is not None
    if found.state in {State.CURRENT, State.ABOVE}:
        assert age <= 40
        assert ubr >= found.newest.ubr
    assert (found.state is State.BELOW) == (ubr < found.newest.ubr)


@pytest.mark.parametrize(
    ("month", "day"), [("2026-03", 10), ("2026-09", 8), ("2025-10", 14), ("2024-07", 9), ("2023-08", 8)]
)
def test_patch_tuesday_is_the_second_one(month: str, day: int) -> None:
    assert patch_tuesday(month) == date.fromisoformat(f"{month}-{day:02}")


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_patch_tuesday_is_a_tuesday_between_the_8th_and_the_14th(day: date) -> None:
    found = patch_tuesday(f"{day:%Y-%m}")
    assert (found.weekday(), 8 <= found.day <= 14, found.month) == (1, True, day.month)
