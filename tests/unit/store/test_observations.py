"""Observations are intervals; failed tries are kept."""

from datetime import timedelta

from schoten_ict.core.times import parse_utc
from schoten_ict.store import observations
from storing import NOW, Opener

HOST = ("host:srv-a", "facts", "ssh")


def see(opened: Opener, hours: int, payload: object) -> bool:
    with opened.change(NOW + timedelta(hours=hours)) as change:
        return observations.observe(change, *HOST, payload)


def rows(opened: Opener) -> list[tuple[str, int, int]]:
    found = opened().reader.execute("SELECT * FROM observation ORDER BY id")
    return [
        (each["payload"], *(_hours(each[name]) for name in ("first_seen", "last_seen"))) for each in found
    ]


def _hours(text: str) -> int:
    return int((parse_utc(text) - NOW).total_seconds()) // 3600


def test_an_unchanged_answer_only_moves_last_seen(opened: Opener) -> None:
    assert see(opened, 0, {"os": "linux", "ram": 8})
    assert not see(opened, 1, {"ram": 8, "os": "linux"})
    assert rows(opened) == [('{"os":"linux","ram":8}', 0, 1)]


def test_a_changed_answer_begins_a_new_interval_also_when_it_returns(opened: Opener) -> None:
    assert [see(opened, hours, payload) for hours, payload in enumerate("aba")] == [True, True, True]
    assert rows(opened) == [('"a"', 0, 0), ('"b"', 1, 1), ('"a"', 2, 2)]
    latest = observations.latest(opened().reader, *HOST)
    assert latest is not None
    assert (latest.payload, latest.first_seen) == ("a", NOW + timedelta(hours=2))


def test_a_late_answer_does_not_turn_time_back(opened: Opener) -> None:
    see(opened, 5, "a")
    see(opened, 3, "a")
    assert rows(opened) == [('"a"', 5, 5)]


def test_sources_and_kinds_are_kept_apart(opened: Opener) -> None:
    with opened.change() as change:
        for kind, source in (("facts", "ssh"), ("facts", "snmp"), ("software", "ssh")):
            observations.observe(change, "host:srv-a", kind, source, kind + source)
        observations.observe(change, "host:srv-b", "facts", "ssh", "other")
    found = observations.of_subject(opened().reader, "host:srv-a")
    assert [each.payload for each in found] == ["factssnmp", "factsssh", "softwaressh"]


def test_of_subject_gives_the_last_of_each(opened: Opener) -> None:
    for hours, payload in enumerate("abc"):
        see(opened, hours, payload)
    (found,) = observations.of_subject(opened().reader, "host:srv-a")
    assert (found.payload, found.last_seen) == ("c", NOW + timedelta(hours=2))


def test_what_was_never_seen_is_none(opened: Opener) -> None:
    assert observations.latest(opened().reader, *HOST) is None
    assert observations.last_failure(opened().reader, *HOST) is None


def test_failed_tries_are_kept_and_change_no_answer(opened: Opener) -> None:
    see(opened, 0, "a")
    for hours, reason in ((1, "no route"), (2, "refused")):
        with opened.change(NOW + timedelta(hours=hours)) as change:
            observations.failed(change, *HOST, "unreachable", reason)
    last = observations.last_failure(opened().reader, *HOST)
    assert last is not None
    assert (last.reason, last.at) == ("refused", NOW + timedelta(hours=2))
    assert rows(opened) == [('"a"', 0, 0)]
