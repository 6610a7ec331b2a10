"""Updates that go on under another name, the order of versions, and builds over time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching import lacks
from schoten_ict.patch.data.tables import Release, Table
from schoten_ict.patch.facts import Hold, System, Update
from schoten_ict.patch.judge.behind import Missed, Stay, covers, history, latest, overlaid
from schoten_ict.patch.judge.builds import indexed
from schoten_ict.patch.judge.succession import is_cumulative, successors
from schoten_ict.patch.judge.versions import order

SERVER = System("windows", "Windows Server 2022", "21H2", "ServerStandard", "Server", 20348, 1)
RELEASES = tuple(
    Release("Windows Server 2022", True, 20348, ubr, False, month, f"KB{ubr}")
    for month, ubr in (("2026-09", 4600), ("2026-10", 4700), ("2026-11", 4800))
)
BUILDS = indexed(Table(date(2026, 11, 10), "test", "none", RELEASES))


def moment(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def stay(ubr: int, first: datetime, last: datetime | None = None, build: int = 20348) -> Stay:
    return Stay(replace(SERVER, build=build, ubr=ubr), build, ubr, first, last or first)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("3.0.9", "3.0.11"), ("1.0~rc1", "1.0"), ("1.0", "1.0a"), ("1.0", "1.0-1"), ("1.0-1~deb12u1", "1.0-1"),
        ("9.0", "1:0.1"), ("1.0a", "1.0+b"), ("1:3.0.7-24.el9", "1:3.0.7-27.el9_4"), ("1.09", "1.10"),
        ("20348.4500", "20348.4600"),
    ],
)  # fmt: skip
def test_versions_have_the_order_of_dpkg(older: str, newer: str) -> None:
    assert order(older) < order(newer)


def test_leading_zeros_and_an_absent_epoch_change_nothing_and_no_number_is_too_long() -> None:
    assert order("0:1.07") == order("1.7")
    assert order("1" * 5000) < order("2" * 5000)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_versions_can_be_compared(one: str, other: str) -> None:
    assert (order(one) < order(other)) + (order(one) == order(other)) + (order(one) > order(other)) == 1


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("2021-05 Cumulative Update for Windows Server 2019 (1809) for x64-based Systems (KB5003171)", True),
        ("2026-11 Cumulatieve update voor Windows 11 Version 24H2 (KB5000011)", True),
        ("2026-11 Mise à jour cumulative pour Windows 11", True),
        ("2026-11 Kumulatives Update für Windows 11", True),
        ("2021-05 Cumulative Update for .NET Framework 3.5 and 4.8 for Windows Server 2019", False),
        ("Security Update for Microsoft Visual C++", False),
        ("Cumulative Security Update for Internet Explorer 11", False),
    ],
)
def test_a_cumulative_update_is_known_by_its_title(title: str, expected: bool) -> None:
    assert is_cumulative(Update("KB1", title)) is expected


def month(number: int, ubr: int, hold: Hold | None = None) -> Update:
    title = f"2026-{number} Cumulative Update for Windows Server 2022"
    return Update(f"KB{number}", title, installed=f"20348.{ubr}", hold=hold)


def test_a_cumulative_update_goes_on_in_the_next_where_nothing_was_installed() -> None:
    assert successors([month(10, 4500)], [month(11, 4500)], (), ()) == {"KB10": "KB11"}
    assert successors([month(10, 4500)], [month(11, 4700)], (), ()) == {}
    assert successors([month(10, 4500)], [month(11, 4500, hold=Hold.OPTIONAL)], (), ()) == {}
    assert successors([month(10, 4500)], [], (), ()) == {}


def test_what_the_build_proves_not_to_be_there_goes_on_whatever_it_is_called() -> None:
    old, new = Update("KB4700", "x", installed="20348.4500"), Update("KB4800", "y", installed="20348.4600")
    assert successors([old], [new], {"KB4700", "KB4800"}, {"KB4700"}) == {"KB4700": "KB4800"}
    assert successors([old], [new], {"KB4700", "KB4800"}, set()) == {}


@pytest.mark.parametrize(
    ("key", "named", "expected"),
    [
        ("openssl.x86_64", "openssl-1:3.0.7-28.el9", True),
        ("openssl.x86_64", "openssl-libs-1:3.0.7-28.el9", False),
        ("python3.11", "python3.11-3.11.9-1", True),
        ("ssl", "openssl-1:3.0.7-28.el9", False),
    ],
)
def test_a_package_goes_on_in_the_advisory_that_names_it(key: str, named: str, expected: bool) -> None:
    gone, advisory = Update(key, key, available="1"), Update("RHSA-1", "x", packages=(named,))
    assert bool(successors([gone], [advisory], (), ())) is expected
    assert not successors([replace(gone, packages=("a-1",))], [advisory], (), ())


def test_a_release_is_missed_from_the_day_it_came_out_until_the_host_was_seen_at_it() -> None:
    stays = [stay(4600, moment(10, 1), moment(11, 12)), stay(4800, moment(11, 20))]
    assert list(history(stays, BUILDS)) == [
        Missed(RELEASES[1], datetime(2026, 10, 13, tzinfo=UTC), moment(11, 20)),
        Missed(RELEASES[2], datetime(2026, 11, 10, tzinfo=UTC), moment(11, 20)),
    ]


def test_a_host_that_was_never_seen_without_a_release_never_missed_it() -> None:
    assert list(history([stay(4800, moment(11, 20))], BUILDS)) == []
    early = [stay(4700, moment(10, 1), moment(11, 9)), stay(4800, moment(11, 9))]
    assert list(history(early, BUILDS)) == []


def test_a_later_build_ends_what_an_older_one_missed_and_an_older_revision_begins_it_again() -> None:
    upgraded = [stay(4700, moment(11, 12)), stay(1, moment(11, 25), build=26100)]
    assert [each.resolved_at for each in history(upgraded, BUILDS)] == [moment(11, 25)]
    taken_off = [stay(4800, moment(11, 12)), stay(4700, moment(11, 14))]
    assert [(each.first_seen, each.resolved_at) for each in history(taken_off, BUILDS)] == [
        (moment(11, 14), None)
    ]


def test_the_system_that_is_known_last_is_that_of_before_where_the_newest_does_not_contradict_it() -> None:
    stays = [stay(4600, moment(10, 1)), stay(4700, moment(11, 1))]
    assert latest(None, stays) == stays[1].system
    assert latest(replace(SERVER, ubr=None), stays) == stays[1].system
    other = replace(SERVER, build=26100, ubr=None)
    assert latest(other, stays) == other
    assert latest(None, []) is None


@given(
    st.lists(st.tuples(st.integers(4500, 4900), st.integers(0, 90), st.integers(0, 30)), max_size=6),
)
def test_nothing_ends_before_it_begins_and_only_the_last_known_revision_leaves_anything_open(
    drawn: list[tuple[int, int, int]],
) -> None:
    start = moment(9, 1)
    stays = sorted(
        (
            stay(ubr, start + timedelta(days=day), start + timedelta(days=day + more))
            for ubr, day, more in {each[0]: each for each in drawn}.values()
        ),
        key=lambda each: each.last_seen,
    )
    for each in history(stays, BUILDS):
        assert each.resolved_at is None or each.resolved_at >= each.first_seen
        if each.resolved_at is None:
            assert stays[-1].ubr < each.release.ubr


def test_a_build_adds_an_earlier_day_and_what_is_exploited_and_respects_what_somebody_hid() -> None:
    own = lacks("KB1", date(2026, 9, 8), exploited=True)
    later = lacks("KB1", date(2026, 11, 10))
    assert overlaid(later, own) == own
    assert covers(replace(later, hold=Hold.HELD), own)
    assert overlaid(replace(later, hold=Hold.OPTIONAL), own) == own
    assert covers(replace(own, clock=date(2026, 1, 1)), own)
