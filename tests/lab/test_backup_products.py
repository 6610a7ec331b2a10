"""`ict backup verify` for products that are asked over the network, from the inventory to the exit code."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from backups import NOW
from lab import http_rig
from lab.servers.veeam import Veeam
from lab.servers.winrm.answers import Answers, Known
from lab.servers.winrm.certificates import Authority
from lab.servers.winrm.server import NtlmAccounts, WinRmServer
from lab.winrm_rig import NAME, PASSWORD, USER
from products import VERSIONS, history, written
from running import Ict
from schoten_ict.backup.ask import powershell
from veeam_rows import ended, healthy

INVENTORY = """
organisation: {{name: Lokaal bestuur Schoten}}
credentials:
  windows: {{kind: winrm, user: '{user}', password: "env:ICT_TEST_WINDOWS"}}
  veeam: {{kind: http, user: '{veeam_user}', password: "env:ICT_TEST_VEEAM"}}
hosts:
  - name: srv-file01
    address: 127.0.0.1
    connect: {{winrm: {{credential: windows, port: {winrm}, tls: {{ca: ca.pem, server_name: {winrm_name}}}}}}}
  - name: srv-sql01
    address: 127.0.0.1
    connect: {{winrm: {{credential: windows, port: {winrm}, tls: {{ca: ca.pem, server_name: {winrm_name}}}}}}}
  - name: srv-veeam01
    address: 127.0.0.1
    connect: {{http: {{credential: veeam, port: {http}, tls: {{ca: ca.pem, server_name: {http_name}}}}}}}
backups:
  - {{name: bestanden, engine: windows-server-backup, rpo: 26h, source: {{hosts: [srv-file01], paths: ['D:\\data']}}, repository: {{url: wsb}}}}
  - {{name: zaken, engine: mssql, rpo: 26h, source: {{hosts: [srv-sql01]}}, repository: {{url: .}}, verify: {{read: 0%}}}}
  - {{name: servers, engine: veeam, rpo: 26h, verify: {{from: srv-veeam01}}, repository: {{url: 'https://srv-veeam01', jobs: [Nacht servers]}}}}
"""


class Estate:
    """A workspace whose three products answer on loopback."""

    def __init__(self, folder: Path, authority: Authority, stack: ExitStack) -> None:
        self.veeam = Veeam(**healthy(), clock=NOW.isoformat())
        self.answers = Answers()
        self.tell("windows_server_backup", VERSIONS)
        self.tell("mssql", history())
        server = WinRmServer(self.answers, certificate=authority.issue(NAME))
        winrm = stack.enter_context(server)
        site = stack.enter_context(http_rig.Web(authority).site(self.veeam))
        (folder / "ca.pem").write_bytes(authority.path.read_bytes())
        text = INVENTORY.format(
            user=USER, veeam_user=http_rig.USER, winrm=winrm.port, http=site.port, winrm_name=NAME,
            http_name=http_rig.NAME,
        )  # fmt: skip
        (folder / "inventory.yaml").write_text(text, encoding="utf-8")
        self.ict = Ict(folder, NOW)

    def tell(self, script: str, parts: dict[str, Any]) -> None:
        self.answers.add(powershell.script(script), Known("written by hand", written(parts)))

    def verify(self, *words: str) -> dict[str, dict[str, Any]]:
        answer = self.ict("backup", "verify", *words, "-o", "json")
        for secret in (PASSWORD, http_rig.PASSWORD, "access-0"):
            assert secret not in answer.out + answer.err
        document = answer.json()
        assert document["exit_code"] == answer.exit
        return {row["job"]: row for row in document["data"]}


@pytest.fixture
def estate(
    tmp_path: Path, authority: Authority, winrm_accounts: NtlmAccounts, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Estate]:
    monkeypatch.setenv("ICT_TEST_WINDOWS", PASSWORD)
    monkeypatch.setenv("ICT_TEST_VEEAM", http_rig.PASSWORD)
    with ExitStack() as stack:
        yield Estate(tmp_path, authority, stack)


def checks(row: dict[str, Any]) -> dict[str, str]:
    return {each["check"].removeprefix("backup."): each["verdict"] for each in row["checks"]}


def test_all_three_are_looked_at_and_only_the_restore_by_hand_is_due(estate: Estate) -> None:
    rows = estate.verify()
    assert set(rows) == {"bestanden", "zaken", "servers"}
    for name, row in rows.items():
        found = checks(row)
        assert found.pop("drill") == "warn", name
        assert set(found.values()) == {"ok"}, (name, found)
    assert rows["servers"]["last_backup_at"] == "2026-11-26T22:01:30Z"
    assert estate.veeam.tokens == {}


def test_a_machine_that_failed_in_veeam_fails_its_job_alone(estate: Estate) -> None:
    tasks = healthy()["tasks"]
    tasks[-1] |= {"result": ended("Failed", "Cannot open disk"), "restorePointId": None}
    estate.veeam.tasks = tasks
    rows = estate.verify()
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "bestanden": "warn", "zaken": "warn", "servers": "fail",
    }  # fmt: skip


def test_a_database_without_log_backups_fails(estate: Estate) -> None:
    told = history()
    told["databases"][0]["recovery"] = "FULL"
    estate.tell("mssql", told)
    row = estate.verify("zaken")["zaken"]
    assert checks(row)["runs"] == "fail"
    assert any("log was never backed up" in each["summary"] for each in row["checks"])


def test_a_server_that_is_gone_is_unknown_and_nothing_old_stays_ok(estate: Estate) -> None:
    estate.verify("servers")
    estate.veeam.revisions = ()
    found = checks(estate.verify("servers")["servers"])
    assert found["reachable"] == "unknown"
    assert "ok" not in found.values()
