"""What a WSUS server tells, kept: for whom, as of when, and which updates of a host that begins and ends."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schoten_ict.core.errors import ConfigurationError, Problem
from schoten_ict.core.guard import AccountGuard
from schoten_ict.inventory import load
from schoten_ict.patch import lacking, scanning, wsus
from schoten_ict.patch.ask.wsus import Fleet
from schoten_ict.patch.desk import Desk
from schoten_ict.patch.facts import Hold, PatchFacts, Reboot, Severity, System, Update, WsusComputer
from schoten_ict.patch.judge.case import Case
from schoten_ict.patch.known import Episode
from schoten_ict.patch.records import reports, scans, updates
from schoten_ict.reach import InventoryReach
from schoten_ict.store.refusals import StoredRefusals
from storing import Opener

INVENTORY = """\
credentials: {win: {kind: winrm, user: x, password: "file:p"}, linux: {kind: ssh, user: x, key: "file:k"}}
groups: [{name: windows, connect: {winrm: {credential: win}}}]
hosts:
  - {name: srv-wsus01, address: 127.0.0.2, groups: [windows]}
  - {name: srv-a, address: 127.0.0.3, groups: [windows]}
  - {name: pc-1, address: 127.0.0.4}
  - {name: web, address: 127.0.0.5, connect: {ssh: {credential: linux}}}
patch: {wsus: srv-wsus01}
"""
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BUILD = System("windows", "Windows Server 2022 Standard", "21H2", "ServerStandard", "Server", 20348, 4000)
MONTHLY = "KB5078766"
"""The newest release of that build in the data of the package."""
NET = Update("KB5070002", "2026-03 .NET", Severity.IMPORTANT, True, published=date(2026, 3, 10))
CVES = replace(NET, cves=("CVE-2025-48384",))
LATE = Problem("timeout", "it did not come to this computer", "updates")


@dataclass
class Room:
    """The room at a moment; each act is a transaction of its own."""

    folder: Path
    opened: Opener

    def desk(self, now: datetime) -> Desk:
        store, inventory = self.opened(now), load(self.folder)
        reach = InventoryReach(inventory, AccountGuard(StoredRefusals(store)), ())
        return Desk(inventory, store, reach, now, inventory.zone)

    def itself(self, at: datetime, lacks: tuple[Update, ...] | None = None, **more: Any) -> None:
        """srv-a answers: its build is below the newest, and it made no search unless told otherwise."""
        facts = PatchFacts(
            "windows", BUILD, updates=lacks, reboot=Reboot(needed=False), lists_at=at, failures=(),
        )  # fmt: skip
        desk = self.desk(at)
        with desk.store.transaction() as change:
            scanning.keep_facts(desk, change, "srv-a", "winrm", replace(facts, **more), at)

    def wsus(
        self, at: datetime, *computers: WsusComputer, server: str = "srv-wsus01", unread: int = 0
    ) -> wsus.Reported:
        """The server tells of these at a moment."""
        desk = self.desk(at)
        with desk.store.transaction() as change:
            return wsus.keep(desk, change, server, Fleet("SRV-WSUS01", at, computers, unread))

    def history(self) -> dict[str, tuple[datetime, datetime | None]]:
        """Every episode of srv-a: since when, and until when."""
        return {each.missing.key: (each.first_seen, each.resolved_at) for each in self.episodes()}

    def episodes(self) -> list[Episode]:
        return updates.episodes(self.opened().reader, "host = 'srv-a'")

    def lacks(self) -> list[str]:
        return [each.missing.key for each in lacking.open_of(self.desk(NOW), ["srv-a"])]

    def case(self, now: datetime, host: str = "srv-a") -> Case:
        desk = self.desk(now)
        with desk.store.transaction() as change:
            return scanning.judged(desk, change, host)[0]


@pytest.fixture
def room(tmp_path: Path, opened: Opener) -> Room:
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    return Room(tmp_path, opened)


def computer(
    at: datetime | None, *lacks: Update, name: str = "srv-a.schoten.test", **more: Any
) -> WsusComputer:
    """A computer as WSUS tells it."""
    plain: dict[str, Any] = dict.fromkeys(
        ("downloaded", "pending_reboot", "failed", "installed", "not_applicable", "not_known"), 0
    )
    return WsusComputer(
        name, "", "Windows Server 2022", "Servers", at, at,
        **(plain | {"missing": len(lacks), "updates": lacks} | more),
    )  # fmt: skip


def counted(at: datetime, missing: int = 1) -> WsusComputer:
    return computer(at, missing=missing, updates=None, problem=LATE)


def test_what_lacks_is_of_the_day_of_the_report_and_never_of_now(room: Room) -> None:
    for day in (4, 2):
        room.wsus(NOW - day * DAY, computer(NOW - day * DAY - 3 * HOUR, NET))
    (episode,) = room.episodes()
    assert (episode.first_seen, episode.last_seen, episode.resolved_at) == (
        NOW - 4 * DAY - 3 * HOUR, NOW - 2 * DAY - 3 * HOUR, None,
    )  # fmt: skip
    assert episode.missing.clock == date(2026, 3, 10)
    room.wsus(NOW, computer(NOW - 5 * HOUR))
    assert room.history() == {NET.key: (NOW - 4 * DAY - 3 * HOUR, NOW - 5 * HOUR)}


def test_without_a_date_of_the_vendor_the_deadline_counts_from_the_report(room: Room) -> None:
    room.wsus(NOW, computer(NOW - 6 * DAY, replace(NET, published=None)))
    (episode,) = room.episodes()
    assert episode.missing.clock == (NOW - 6 * DAY).date()


def test_the_same_report_told_again_changes_nothing(room: Room) -> None:
    told = computer(NOW - DAY, NET)
    room.wsus(NOW - HOUR, told)
    before = room.episodes()
    room.wsus(NOW, told)
    assert room.episodes() == before


def test_the_same_update_from_wsus_and_from_the_host_is_one_episode(room: Room) -> None:
    room.itself(NOW - 4 * DAY, (CVES,))
    room.wsus(NOW - DAY, computer(NOW - 2 * DAY, NET))
    assert sorted(room.lacks()) == sorted([NET.key, MONTHLY])
    told = next(each for each in room.episodes() if each.missing.key == NET.key)
    assert (told.first_seen, told.last_seen) == (NOW - 4 * DAY, NOW - 2 * DAY)
    assert (told.update.cves, told.missing.exploited) == (CVES.cves, True)  # WSUS tells no CVEs


def test_what_is_held_on_the_machine_stays_held_where_wsus_tells_of_it(room: Room) -> None:
    room.itself(NOW - 4 * DAY, (replace(NET, hold=Hold.HELD),))
    room.wsus(NOW - DAY, computer(NOW - 2 * DAY, NET))
    told = next(each for each in room.episodes() if each.missing.key == NET.key)
    assert (told.missing.hold, told.resolved_at, told.first_seen) == (Hold.HELD, None, NOW - 4 * DAY)


def test_what_wsus_never_listed_is_not_there_because_it_lists_it_not(room: Room) -> None:
    """It may never have been approved."""
    room.itself(NOW - 4 * DAY, (NET,))
    room.wsus(NOW - DAY, computer(NOW - 2 * DAY))
    assert sorted(room.lacks()) == sorted([NET.key, MONTHLY])
    room.itself(NOW, ())
    assert room.lacks() == [MONTHLY]


def test_a_list_of_the_host_itself_ends_what_wsus_listed(room: Room) -> None:
    room.wsus(NOW - DAY, computer(NOW - 2 * DAY, NET))
    room.itself(NOW, (), system=None)
    assert room.history() == {NET.key: (NOW - 2 * DAY, NOW)}


def test_an_older_list_of_the_host_itself_does_not(room: Room) -> None:
    room.wsus(NOW - HOUR, computer(NOW - 2 * HOUR, NET))
    room.itself(NOW - DAY, (), system=None)
    assert room.lacks() == [NET.key]


def test_an_older_report_neither_begins_nor_ends_what_the_host_told_later(room: Room) -> None:
    room.itself(NOW - HOUR, (), system=None)
    room.wsus(NOW, computer(NOW - DAY, NET))
    assert room.lacks() == []
    assert room.case(NOW).scan.source == "winrm"  # type: ignore[union-attr]


def test_a_host_that_told_no_list_gets_that_of_wsus_unless_something_was_installed_since(room: Room) -> None:
    room.itself(NOW - HOUR, system=None, patched_at=NOW - 2 * HOUR)
    room.wsus(NOW, computer(NOW - DAY, NET))
    assert room.lacks() == []
    room.itself(NOW - HOUR, system=None, patched_at=NOW - 2 * DAY)
    room.wsus(NOW, computer(NOW - DAY, NET))
    assert room.lacks() == [NET.key]


def test_the_monthly_update_of_wsus_and_of_the_build_is_one_and_its_build_ends_it(room: Room) -> None:
    monthly = Update(MONTHLY, "2026-03 Cumulative Update", Severity.CRITICAL, True)
    room.itself(NOW - 3 * DAY)
    assert room.lacks() == [MONTHLY]
    room.wsus(NOW - DAY, computer(NOW - 2 * DAY, monthly))
    room.itself(NOW - HOUR)
    (episode,) = room.episodes()
    assert (episode.update.severity, episode.first_seen, episode.resolved_at) == (
        Severity.CRITICAL, NOW - 2 * DAY, None,
    )  # fmt: skip
    room.itself(NOW, system=replace(BUILD, ubr=99999))
    assert room.history() == {MONTHLY: (NOW - 2 * DAY, NOW)}
    room.wsus(NOW + HOUR, computer(NOW - 2 * DAY, monthly))
    assert room.lacks() == []


def test_counts_without_a_list_end_nothing_and_are_told(room: Room) -> None:
    room.wsus(NOW - 2 * DAY, computer(NOW - 3 * DAY, NET))
    room.wsus(NOW, counted(NOW - DAY, missing=7))
    assert room.lacks() == [NET.key]
    facts = room.case(NOW).facts
    assert facts is not None
    assert (facts.updates, facts.lacking) == (None, 7)


def test_a_list_holds_until_the_next_report_where_the_server_does_not_come_to_it_again(room: Room) -> None:
    room.wsus(NOW - HOUR, computer(NOW - DAY, NET))
    room.wsus(NOW, counted(NOW - DAY))
    assert room.case(NOW).facts.updates == ()  # type: ignore[union-attr]
    room.wsus(NOW, counted(NOW - DAY, missing=2))
    assert room.case(NOW).facts.updates is None  # type: ignore[union-attr]


def test_of_two_servers_the_later_report_counts(room: Room) -> None:
    room.wsus(NOW - HOUR, computer(NOW - DAY, NET))
    found = room.wsus(NOW, computer(NOW - 9 * DAY), server="srv-b")
    assert found.hosts == ()
    assert room.lacks() == [NET.key]
    known = reports.of_host(room.opened().reader, "srv-a")
    assert known is not None
    assert (known.server, known.reported_at) == ("srv-wsus01", NOW - DAY)


def test_a_restart_is_waited_for_since_the_report_that_first_told_it(room: Room) -> None:
    found = []
    for day, pending in enumerate((1, 1, 0, 1)):
        at = NOW + day * DAY
        room.wsus(at, computer(at, pending_reboot=pending))
        known = reports.of_host(room.opened().reader, "srv-a")
        assert known is not None
        found.append((known.reboot_since - NOW.date()).days if known.reboot_since else None)
    assert found == [0, 0, None, 3]


def test_a_failed_try_does_not_hide_what_wsus_knows_in_either_order(room: Room) -> None:
    off = Problem("unreachable", "no route to host")
    for host, first in (("srv-a", True), ("pc-1", False)):
        for is_try in (first, not first):
            if is_try:
                with room.desk(NOW).store.transaction() as change:
                    scans.failed(change, host, "winrm", off)
            else:
                room.wsus(NOW, computer(NOW - DAY, name=f"{host}.schoten.test"))
        scan = room.case(NOW, host).scan
        assert scan is not None
        assert (scan.source, scan.scanned_at, scan.failed) == ("wsus", NOW - DAY, None)
        assert scan.silent is not None
        assert scan.silent.message == "no route to host"


def test_who_is_not_known_on_either_side_is_told_in_a_line_each(room: Room) -> None:
    names = [f"kassa{number}.schoten.test" for number in range(5)]
    found = room.wsus(
        NOW, *(computer(NOW, name=name) for name in names), computer(NOW, name="pc-1.schoten.test"),
        computer(NOW, name="pc-1.oud.test"), computer(None, name="srv-wsus01.schoten.test"),
        computer(NOW, name="\x1b[2Jx"), unread=2,
    )  # fmt: skip
    hosts = ["srv-wsus01", "srv-a", "pc-1", "web"]
    desk = room.desk(NOW)
    assert list(wsus.remarks(desk, hosts, [found])) == [
        f"WSUS knows 6 computers that are no hosts of the inventory: \ufffd[2Jx, {names[0]}, {names[1]} ...",
        "WSUS has no computer of its own for 1 host that it may mean: pc-1 - give each its full name as address",
        "1 host never reported to WSUS: srv-wsus01",
        "WSUS does not know 1 Windows host: srv-a",
    ]
    assert found.problem is not None
    assert found.problem.message == "WSUS told 2 computers without a name or a count"
    assert list(wsus.remarks(desk, ["web"], [found])) == []
    failed = wsus.failed("srv-wsus01", Problem("denied", "no"))
    assert list(wsus.remarks(desk, hosts, [failed])) == []


@pytest.mark.parametrize(
    ("hosts", "asked"),
    [
        (["srv-wsus01"], True), (["srv-a"], True), (["pc-1"], True), (["web"], False), (["web", "pc-1"], True),
        ([], False),
    ],
)  # fmt: skip
def test_the_server_is_asked_once_for_whom_it_may_know(room: Room, hosts: list[str], asked: bool) -> None:
    found = scanning.requests_for(room.desk(NOW), hosts, search=False)
    assert [each.subject for each in found].count("srv-wsus01") == asked
    expected = {*hosts, "srv-wsus01"} if asked else set(hosts)
    assert {each.subject for each in found} == expected - {"pc-1"}


def test_a_host_that_wsus_ever_knew_is_asked_for_whatever_it_declares(room: Room) -> None:
    room.wsus(NOW, computer(NOW, name="web.schoten.test"))
    assert wsus.servers_for(room.desk(NOW), ["web"]) == ["srv-wsus01"]


def test_a_server_without_winrm_is_an_error_with_what_to_do(room: Room) -> None:
    text = INVENTORY.replace("wsus: srv-wsus01", "wsus: [pc-1, srv-wsus01, pc-1]")
    (room.folder / "inventory.yaml").write_text(text, encoding="utf-8")
    desk = room.desk(NOW)
    (problem,) = wsus.without_way(desk, ["srv-a"])
    assert (problem.subject, problem.remedy) == (
        "host:pc-1", "add connect: {winrm: {credential: NAME}} to it",
    )  # fmt: skip
    assert [each.subject for each in scanning.requests_for(desk, ["srv-a"], search=False)] == [
        "srv-a", "srv-wsus01",
    ]  # fmt: skip


@pytest.mark.parametrize(("declared", "path"), [("srv-x", "patch.wsus"), ("[srv-a, srv-x]", "patch.wsus[1]")])
def test_a_server_that_is_no_host_is_named_where_it_is_declared(room: Room, declared: str, path: str) -> None:
    text = INVENTORY.replace("wsus: srv-wsus01", f"wsus: {declared}")
    (room.folder / "inventory.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load(room.folder)
    (problem,) = raised.value.problems
    assert '"srv-x" is not declared in hosts' in problem.message
    assert path in problem.line()
