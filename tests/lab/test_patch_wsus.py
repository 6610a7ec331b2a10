"""`ict patch scan` with a WSUS server: from the command line over real WinRM to the store, and back out of it.

What the machines answer is written by hand: no Windows and no WSUS runs here.
"""

import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.servers.winrm.answers import Answers, Known
from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.server import NtlmAccounts, WinRmServer
from lab.winrm_rig import NAME, PASSWORD, Lab
from running import Answer, Ict
from schoten_ict.patch.ask import windows_told
from windows_updating import DENIED, computer, machine, missing, search, system, written
from windows_updating import wsus as wsus_answer

BY_HAND = "written by hand"
INVENTORY = """
organisation: {{name: A}}
credentials:
  windows: {{kind: winrm, user: 'LAB\\svc-ict', password: "file:secret", transport: ntlm}}
hosts:
  - {{name: srv-wsus01, address: 127.0.0.1, kind: server, connect: {{winrm: {{credential: windows, port: {wsus}, {tls}}}}}}}
  - {{name: srv-a, address: 127.0.0.1, kind: server, connect: {{winrm: {{credential: windows, port: {other}, {tls}}}}}}}
  - {{name: pc-off, address: 127.0.0.1, connect: {{winrm: {{credential: windows, port: {closed}, {tls}}}}}}}
  - {{name: pc-0001, address: 127.0.0.11}}
  - {{name: pc-0002, address: 127.0.0.12}}
  - {{name: pc-0003, address: 127.0.0.13}}
  - {{name: pc-0004, address: 127.0.0.14}}
patch: {{wsus: srv-wsus01}}
"""
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
AT_ITS_BUILD = machine(
    system("Windows Server 2022 Datacenter", "20348", 4893, display="21H2", edition="ServerDatacenter")
) | {"events": [], "rollups": [], "searches": []}
NET = missing(
    "2026-03 .NET (KB5070002)", "5070002", severity="Critical", id="u-2", published="2026-03-10T00:00:00Z"
)
TLS = f"tls: {{ca: ca.pem, server_name: {NAME}}}"


def reported(name: str, number: int, days: float, **more: Any) -> dict[str, Any]:
    """A computer that reported so many days ago."""
    at = f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
    return computer(f"{name}.schoten.test", number, reported=at, **more)


FLEET = [
    reported("srv-wsus01", 1, 0.1), reported("srv-a", 2, 0.1), reported("pc-off", 3, 1, missing=1),
    reported("pc-0001", 4, 2), reported("pc-0002", 5, 3, missing=4), reported("pc-0003", 6, 30),
    reported("kassa7", 7, 1),
]  # fmt: skip
LISTS: dict[str, Any] = {
    "catalogue": [{"synchronised": f"{NOW - timedelta(hours=9):%Y-%m-%dT%H:%M:%SZ}"}],
    "lists": [{"id": "id-3", "updates": ["u-2"]}],
    "updates": [NET],
}
WHOLE = written(wsus_answer(*FLEET, **LISTS))


@dataclass(frozen=True, slots=True)
class Site:
    """A workspace, its WSUS server and one other server; a third machine is off."""

    ict: Ict
    wsus: WinRmServer
    other: WinRmServer

    def scan(self, *words: str, days: float = 0) -> Answer:
        now = NOW + timedelta(days=days)
        return self.ict("patch", "scan", *words, "-o", "json", "--host-deadline", "1min", now=now)

    def asked(self, name: str, server: WinRmServer | None = None, *, output: str | Known) -> None:
        """From now on a script gives this."""
        known = output if isinstance(output, Known) else Known(BY_HAND, output)
        (server or self.wsus).answers.add(windows_told.script(name), known)


@pytest.fixture
def site(
    authority: Authority, winrm_accounts: NtlmAccounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    monkeypatch.setenv("HOME", str(tmp_path))
    lab = Lab(authority, authority.issue(NAME), tls=True)
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "ca.pem").write_bytes(authority.path.read_bytes())
    (folder / "secret").write_text(PASSWORD, encoding="utf-8")
    (folder / "secret").chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    with lab.server(Answers()) as server, lab.server(Answers()) as other:
        text = INVENTORY.format(wsus=server.port, other=other.port, closed=closed, tls=TLS)
        (folder / "inventory.yaml").write_text(text, encoding="utf-8")
        found = Site(Ict(folder, NOW), server, other)
        for each in (server, other):
            found.asked("windows", each, output=written(AT_ITS_BUILD))
            found.asked("windows_search", each, output=written(search()))
        found.asked("wsus", output=WHOLE)
        yield found
        assert server.shells.open_now() == other.shells.open_now() == 0


def rows(answer: Answer) -> dict[str, dict[str, Any]]:
    return {row["host"]: row for row in answer.json()["data"]}


def test_one_question_to_wsus_tells_of_the_hosts_that_are_off_and_those_that_nobody_can_ask(
    site: Site,
) -> None:
    answer = site.scan()
    found = rows(answer)
    assert {name: (row["source"], row["scanned_at"][:10]) for name, row in found.items()} == {
        "srv-wsus01": ("winrm", "2026-03-20"), "srv-a": ("winrm", "2026-03-20"), "pc-off": ("wsus", "2026-03-19"),
        "pc-0001": ("wsus", "2026-03-18"), "pc-0002": ("wsus", "2026-03-17"), "pc-0003": ("wsus", "2026-02-18"),
    }  # fmt: skip
    assert (found["srv-a"]["verdict"], found["srv-wsus01"]["verdict"]) == ("ok", "ok")
    assert (found["pc-off"]["verdict"], found["pc-off"]["critical"], found["pc-off"]["late"]) == (
        "fail",
        1,
        1,
    )
    assert {found[name]["verdict"] for name in ("pc-0001", "pc-0002", "pc-0003")} == {"unknown"}
    assert "of WSUS" not in found["srv-a"]["told"]
    assert {(each["subject"], each["code"]) for each in answer.json()["errors"]} == {
        ("host:pc-off", "unreachable"), ("host:pc-0003", "no-way"),  # its report is a month old
    }  # fmt: skip
    assert answer.exit == 4
    updates = {
        each["subject"]: each["summary"] for each in answer.json()["findings"] if each["check"] == "patch.updates"
    }  # fmt: skip
    assert "WSUS counts 4 updates that it lacks, and not which" in updates["host:pc-0002"]
    assert "did not come to this computer" in updates["host:pc-0002"]
    assert updates["host:pc-0001"] == "nothing lacks that is approved in WSUS"


def test_on_a_terminal_the_source_is_in_the_table_and_each_kind_of_stranger_in_a_line(site: Site) -> None:
    answer = site.ict("patch", "scan", "-o", "table")
    assert "wsus" in answer.out
    assert "WSUS knows 1 computer that is no host of the inventory: kassa7.schoten.test" in answer.err


def test_status_and_host_answer_from_the_store_with_the_age_of_the_report(site: Site) -> None:
    site.scan()
    status = rows(site.ict("patch", "status", "-o", "json"))
    assert (status["pc-0001"]["source"], status["pc-0001"]["scanned_at"]) == ("wsus", "2026-03-18T12:00:00Z")
    document = site.ict("patch", "host", "pc-off", "-o", "json").json()
    facts = {row["fact"]: row["value"] for row in document["facts"]}
    assert facts["told by WSUS (srv-wsus01)"] == "2026-03-19 13:00 (1 day ago)"
    assert facts["updates from"] == "wsus SRV-WSUS01"
    assert facts["not told: system"].startswith("WSUS tells no build")
    (update,) = document["updates"]
    assert (update["update"], update["since"], update["source"]) == ("KB5070002", "2026-03-10", "wsus")
    later = rows(site.ict("patch", "status", "-o", "json", now=NOW + timedelta(days=8)))
    assert "scanned unknown" in later["pc-0001"]["told"]


def test_a_host_that_answers_later_keeps_since_when_the_update_lacks(site: Site) -> None:
    site.asked("wsus", output=written(wsus_answer(reported("srv-a", 2, 1, missing=1), **LISTS | {"lists": [
        {"id": "id-2", "updates": ["u-2"]}]})))  # fmt: skip
    site.scan("srv-wsus01")
    site.asked("windows_search", site.other, output=written(search(NET | {"cves": ["CVE-2026-1"]})))
    answer = site.scan("srv-a", "--search", days=1)
    assert rows(answer)["srv-a"]["critical"] == 1
    data = site.ict("patch", "missing", "-o", "json", now=NOW + timedelta(days=1)).json()["data"]
    assert [(row["update"], row["hosts"]) for row in data] == [("KB5070002", 1)]
    (episode,) = site.ict("patch", "export", "srv-a", "-o", "json", now=NOW + timedelta(days=1)).json()[
        "data"
    ]
    assert episode["first_seen"] == "2026-03-19T12:00:00Z"


def test_a_chosen_host_is_told_of_and_the_server_is_asked_of_nothing_else(site: Site) -> None:
    answer = site.scan("pc-0001")
    assert set(rows(answer)) == {"pc-0001"}
    assert answer.json()["errors"] == []
    assert site.ict("patch", "status", "srv-wsus01", "-o", "json").json()["data"][0]["source"] in {"", "wsus"}
    assert site.other.counts.attempts == 0


def test_a_report_that_did_not_change_tells_nothing_twice(site: Site) -> None:
    first, second = rows(site.scan()), rows(site.scan(days=0.01))
    assert second["pc-off"] == first["pc-off"]
    diff = site.ict("patch", "diff", "--since", "1h", "-o", "json", now=NOW + timedelta(hours=1))
    assert diff.json()["data"] == []


@pytest.mark.parametrize(
    ("output", "code", "words"),
    [
        (written({}, {"server": DENIED}), "denied", "add the account to the group WSUS Reporters"),
        (written({}, {"server": {"message": "Unable to find type", "id": "TypeNotFound"}}), "absent", "has no WSUS"),
        (Known(BY_HAND, "", ("constrained language mode",), 1), "protocol", "constrained language mode"),
        ("<html>proxy</html>", "protocol", "WSUS"),
        (written({"server": [{"name": "x"}], "computers": [{"host": "x"}]}), "protocol", "WSUS"),
    ],
)  # fmt: skip
def test_a_server_that_does_not_tell_is_one_error_and_the_rest_goes_on(
    site: Site, output: str | Known, code: str, words: str
) -> None:
    site.scan()
    site.asked("wsus", output=output)
    answer = site.scan("srv-a", "srv-wsus01", "pc-0001", days=1)
    (problem,) = answer.json()["errors"]
    assert (problem["code"], problem["subject"]) == (code, "host:srv-wsus01")
    assert words in f"{problem['message']} {problem['remedy']}"
    assert problem["remedy"]
    found = rows(answer)
    assert answer.exit == 3
    assert {found["srv-a"]["verdict"], found["srv-wsus01"]["verdict"]} == {"ok"}


@pytest.mark.parametrize("hosts", [["pc-0001"], ["pc-0001", "srv-wsus01"]])
def test_what_was_reported_before_stays_where_the_server_gives_no_answer_at_all(
    site: Site, hosts: list[str]
) -> None:
    site.scan()
    inventory = site.ict.folder / "inventory.yaml"
    text = inventory.read_text(encoding="utf-8")
    inventory.write_text(text.replace(f"port: {site.wsus.port},", "port: 1,"), encoding="utf-8")
    answer = site.scan(*hosts, days=1)
    (problem,) = answer.json()["errors"]
    assert problem["subject"] == "host:srv-wsus01"
    assert "WSUS was not asked" in problem["message"]
    assert problem["remedy"]
    assert answer.exit == 3
    assert rows(site.ict("patch", "status", "pc-0001", "-o", "json"))["pc-0001"]["source"] == "wsus"


@pytest.mark.parametrize(
    "change",
    [
        {"reported": "2099-01-01T00:00:00Z"}, {"reported": ""}, {"reported": "gisteren"}, {"missing": None},
        {"missing": -1}, {"host": "\x1b]0;x\x07"}, {"host": ""}, {"host": "pc-0001.elders.test"},
    ],
    ids=str,
)  # fmt: skip
def test_a_garbled_computer_makes_no_host_ok_and_costs_no_other(site: Site, change: dict[str, Any]) -> None:
    fleet = [reported("pc-0001", 4, 2) | change, reported("pc-0003", 6, 1)]
    if "elders" in str(change):
        fleet.append(reported("pc-0001", 8, 2))
    site.asked("wsus", output=written(wsus_answer(*fleet, **LISTS | {"lists": []})))
    answer = site.scan("pc-0001", "pc-0003")
    found = rows(answer)
    assert found["pc-0003"]["source"] == "wsus"
    assert (found["pc-0001"]["source"], found["pc-0001"]["verdict"]) == ("", "unknown")
    assert answer.exit == 3
    table = site.ict("patch", "scan", "srv-wsus01", "-o", "table")
    assert "\x1b]" not in table.out + table.err
