"""What the store remembers of updates: since when each lacks, and when it was there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from patching import WELL
from schoten_ict.core.errors import Problem
from schoten_ict.patch.facts import Hold, PatchFacts, Reboot, Severity, Update
from schoten_ict.patch.known import Episode
from schoten_ict.patch.records import scans, updates
from schoten_ict.patch.records.updates import TOLD, Seen
from storing import NOW, Opener

OPENSSL = Update("openssl", "openssl", security=True, installed="3.0.11", available="3.0.15")
KB = Update("KB5034123", "2026-11 update", Severity.CRITICAL, security=True, cves=("CVE-2026-1",))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(tmp_path / "data")
    yield opener
    opener.close()


def seen(opened: Opener, days: int, *found: Update, origins: tuple[str, ...] = (TOLD,)) -> None:
    """A scan so many days after the first."""
    now = NOW + timedelta(days=days)
    with opened.change(now) as change:
        updates.keep(change, "srv-a", [Seen(each) for each in found], origins, now.date())


def history(opened: Opener) -> list[Episode]:
    return updates.episodes(opened().reader, "host = 'srv-a'")


def days(episode: Episode) -> tuple[int, int | None]:
    """From which day on, and until which."""

    def day(at: datetime) -> int:
        return (at - NOW).days

    return day(episode.first_seen), day(episode.resolved_at) if episode.resolved_at else None


def test_an_update_that_still_lacks_keeps_its_first_day(opened: Opener) -> None:
    seen(opened, 0, OPENSSL)
    seen(opened, 5, replace(OPENSSL, available="3.0.16"))
    (episode,) = updates.open_of(opened().reader, "srv-a")
    assert (days(episode), episode.missing.clock, episode.update.available) == (
        (0, None),
        NOW.date(),
        "3.0.16",
    )


def test_an_update_that_is_there_is_resolved_and_one_that_comes_back_begins_anew(opened: Opener) -> None:
    seen(opened, 0, OPENSSL, KB)
    seen(opened, 3, KB)
    seen(opened, 9, OPENSSL, KB)
    assert [(each.missing.key, *days(each)) for each in history(opened)] == [
        ("KB5034123", 0, None),
        ("openssl", 0, 3),
        ("openssl", 9, None),
    ]


def test_a_newer_one_after_an_install_is_a_new_episode(opened: Opener) -> None:
    seen(opened, 0, OPENSSL)
    seen(opened, 9, replace(OPENSSL, installed="3.0.15", available="3.0.16"))
    assert [days(each) for each in history(opened)] == [(0, 9), (9, None)]


def test_an_update_that_was_held_back_begins_when_the_hold_ends(opened: Opener) -> None:
    seen(opened, 0, replace(OPENSSL, hold=Hold.PHASED))
    seen(opened, 4, OPENSSL)
    assert [days(each) for each in history(opened)] == [(0, 4), (4, None)]


def test_the_vendors_date_counts_where_it_is_earlier(opened: Opener) -> None:
    seen(opened, 0, replace(KB, published=date(2026, 11, 10)))
    seen(opened, 1, replace(KB, published=date(2026, 11, 24)))
    (episode,) = updates.open_of(opened().reader, "srv-a")
    assert episode.missing.clock == date(2026, 11, 10)
    seen(opened, 2, replace(OPENSSL, published=date(2027, 1, 1)))
    (episode,) = updates.open_of(opened().reader, "srv-a")
    assert episode.missing.clock == NOW.date() + timedelta(days=2)


def test_who_was_not_asked_about_updates_resolves_none(opened: Opener) -> None:
    seen(opened, 0, OPENSSL)
    seen(opened, 1, origins=())
    assert [each.missing.key for each in updates.open_of(opened().reader, "srv-a")] == ["openssl"]


def test_what_a_host_lacks_and_what_is_held_back_is_listed_in_short(opened: Opener) -> None:
    with opened.change() as change:
        for host in ("srv-b", "srv-a"):
            found = [Seen(KB, exploited=True), Seen(replace(OPENSSL, hold=Hold.HELD))]
            updates.keep(change, host, found, [TOLD], NOW.date())
    lacks, openssl = updates.missing_of(opened().reader, "srv-a")
    assert (lacks.key, lacks.exploited, lacks.severity, lacks.hold) == (
        "KB5034123",
        True,
        Severity.CRITICAL,
        None,
    )
    assert (openssl.key, openssl.security, openssl.hold) == ("openssl", True, Hold.HELD)
    assert [(each.host, each.key) for each in updates.held(opened().reader)] == [
        ("srv-a", "openssl"), ("srv-b", "openssl"),
    ]  # fmt: skip


def answered(opened: Opener, day: int, facts: PatchFacts) -> None:
    now = NOW + timedelta(days=day)
    with opened.change(now) as change:
        scans.keep(change, "srv-a", "ssh", facts, now, now.date())


def test_an_answer_comes_back_as_it_was_told(opened: Opener) -> None:
    facts = replace(WELL, missing=(Problem("absent", "no needrestart", "reboot"),), patched_at=NOW)
    answered(opened, 0, facts)
    known = scans.of_host(opened().reader, "srv-a")
    assert known is not None
    assert (known.facts, known.scanned_at, known.failed) == (facts, NOW, None)
    assert scans.every(opened().reader) == {"srv-a": known}


def test_a_try_that_fails_keeps_the_last_answer_and_the_next_one_takes_the_failure_away(
    opened: Opener,
) -> None:
    answered(opened, 0, WELL)
    with opened.change(NOW + timedelta(days=1)) as change:
        scans.failed(change, "srv-a", "ssh", Problem("unreachable", "no route"))
    known = scans.of_host(opened().reader, "srv-a")
    assert known is not None
    assert (known.scanned_at, known.tried_at) == (NOW, NOW + timedelta(days=1))
    assert known.failed == Problem("unreachable", "no route", "host:srv-a")
    answered(opened, 2, WELL)
    again = scans.of_host(opened().reader, "srv-a")
    assert again is not None
    assert again.failed is None


def test_a_host_that_never_answered_is_known_by_its_failure(opened: Opener) -> None:
    with opened.change() as change:
        scans.failed(change, "srv-a", "ssh", Problem("timeout", "silent"))
    known = scans.of_host(opened().reader, "srv-a")
    assert known is not None
    assert (known.facts, known.scanned_at) == (None, None)


def test_a_restart_is_waited_for_since_it_was_first_seen_until_it_was_done(opened: Opener) -> None:
    waits, done, silent = (
        replace(WELL, reboot=reboot) for reboot in (Reboot(needed=True), Reboot(needed=False), None)
    )
    found = []
    for day, facts in enumerate((waits, waits, silent, waits, done, waits)):
        answered(opened, day, facts)
        known = scans.of_host(opened().reader, "srv-a")
        assert known is not None
        found.append((known.reboot_since - NOW.date()).days if known.reboot_since else None)
    assert found == [0, 0, 0, 0, None, 5]
