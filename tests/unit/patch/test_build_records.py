"""At which builds a Windows was seen, and what an older store knew of that."""

import json
from dataclasses import replace
from datetime import timedelta

from schoten_ict.patch.facts import System
from schoten_ict.patch.judge.behind import Stay
from schoten_ict.patch.records import builds
from schoten_ict.store import migrate
from schoten_ict.store.connection import open_for_writing
from storing import NOW, Opener

SERVER = System("windows", "Windows Server 2022", "21H2", "ServerStandard", "Server", 20348, 4500)
DAY = timedelta(days=1)
BEFORE = 10
"""The last version that kept what a build lacks as an update."""


def told(opened: Opener, day: int, system: System | None) -> None:
    with opened.change(NOW + day * DAY) as change:
        builds.keep(change, "srv-a", system, NOW + day * DAY)


def test_a_build_is_kept_with_the_first_and_the_last_time_and_the_newest_comes_last(opened: Opener) -> None:
    for day in (5, 0, 9):
        told(opened, day, SERVER)
    newer = replace(SERVER, ubr=4600)
    told(opened, 12, newer)
    assert builds.of_host(opened().reader, "srv-a") == [
        Stay(SERVER, 20348, 4500, NOW, NOW + 9 * DAY),
        Stay(newer, 20348, 4600, NOW + 12 * DAY, NOW + 12 * DAY),
    ]
    assert builds.every(opened().reader) == {"srv-a": builds.of_host(opened().reader, "srv-a")}
    with opened.change() as change:
        builds.forget(change, "srv-a")
    assert builds.every(opened().reader) == {}


def test_what_is_no_whole_build_of_a_windows_is_not_kept(opened: Opener) -> None:
    for system in (
        None,
        replace(SERVER, ubr=None),
        replace(SERVER, build=None),
        System("debian", build=1, ubr=2),
    ):
        told(opened, 0, system)
    assert builds.every(opened().reader) == {}


def test_an_older_store_keeps_since_when_a_host_was_seen_at_its_build_and_no_update_of_it(
    opened: Opener,
) -> None:
    connection = open_for_writing(opened.data / "ict.db")
    for number in range(1, BEFORE + 1):
        migrate._run(connection, migrate.migrations()[number])
    system = {"family": "windows", "name": "Windows Server 2022", "build": 20348, "ubr": 4500}
    for host, told_system in (
        ("srv-a", system),
        ("srv-b", system),
        ("srv-c", {**system, "ubr": None}),
        ("web", {"family": "debian"}),
    ):
        connection.execute(
            "INSERT INTO patch_scan (host, source, tried_at, scanned_at, told) VALUES (?, 'winrm', ?, ?, ?)",
            (
                host,
                "2026-11-26T17:05:00Z",
                "2026-11-26T17:05:00Z",
                json.dumps({"manager": "windows", "system": told_system}),
            ),
        )
    for key, origin, installed in (("KB1", "build", "20348.4500"), ("KB2", "", None)):
        connection.execute(
            "INSERT INTO patch_update (host, key, first_seen, last_seen, clock, grade, severity, origin, installed, told) "
            "VALUES ('srv-a', ?, '2026-10-02T05:00:00Z', '', '2026-09-08', 'unrated', 'unrated', ?, ?, '{}')",
            (key, origin, installed),
        )
    connection.execute(f"PRAGMA user_version = {BEFORE}")
    connection.close()
    with opened.change():
        pass
    reader = opened().reader
    found = builds.every(reader)
    assert {host: [f"{each.first_seen:%m-%d}" for each in stays] for host, stays in found.items()} == {
        "srv-a": ["10-02"], "srv-b": ["11-26"],
    }  # fmt: skip
    assert found["srv-a"][0].system == System("windows", "Windows Server 2022", build=20348, ubr=4500)
    assert [row["key"] for row in reader.execute("SELECT key FROM patch_update")] == ["KB2"]
