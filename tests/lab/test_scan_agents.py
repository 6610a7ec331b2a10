"""`ict inventory scan --snmp` against agents on their own port: replayed ones, and one with accounts."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pysnmp.proto.rfc1902 import OctetString

from lab.need import lack
from lab.servers.snmp_manners import slow
from lab.servers.snmp_replay import Agent, ReplayServer
from lab.servers.snmp_secure import AUTH, PRIV, USER, SecureAgent
from lab.snmp_rig import COMMUNITY, SYSTEM, switch

pytestmark = pytest.mark.lab
INVENTORY = f"""
organisation: {{name: A}}
credentials:
  switches: {{kind: snmp, version: 2c, community: env:LAB_COMMUNITY}}
  users: {{kind: snmp, version: 3, user: {USER}, auth: {{protocol: SHA256, password: env:LAB_AUTH}},
          priv: {{protocol: AES128, password: env:LAB_PRIV}}}}
  unsealed: {{kind: snmp, version: 3, user: {USER}, auth: {{protocol: SHA256, password: env:LAB_AUTH}}}}
hosts: [{{name: sw-core-01, address: 127.77.3.2}}]
"""
Scan = Callable[..., list[dict[str, Any]]]


@pytest.fixture(params=["gufo", "pysnmp"])
def scan(tmp_path: Path, request: pytest.FixtureRequest) -> Scan:
    """Scans with a credential and says what came of it; words set secrets."""
    if os.name != "posix" or os.geteuid() != 0:
        lack("port 161 is root's")
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    environ = {**os.environ, "ICT_SNMP_BACKEND": request.param, "HOME": str(tmp_path)}

    def run(credential: str, **secrets: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "schoten_ict", "inventory", "scan", "127.77.3.0/28", "--no-dns",
             "--ports", "9", "--snmp", credential, "-o", "json"],
            cwd=tmp_path, env={**environ, **secrets}, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        rows: list[dict[str, Any]] = json.loads(done.stdout)["data"]
        return rows

    return run


def test_agents_are_found_by_the_credential_that_was_named_and_no_other(scan: Scan) -> None:
    mine, other = Agent(switch(), community=COMMUNITY.encode()), Agent(switch(), community=b"other")
    with ReplayServer([mine], "127.77.3.2", 161), ReplayServer([other], "127.77.3.3", 161):
        rows = scan("switches", LAB_COMMUNITY=COMMUNITY)
    assert [(row["address"], row["state"], row["host"]) for row in rows] == [
        ("127.77.3.2", "known", "sw-core-01")
    ]
    assert rows[0]["banner"] == "snmp: sw-core-01, A switch of the lab"
    assert other.asked == []


def test_an_agent_that_answers_too_late_is_there(scan: Scan) -> None:
    late = Agent(switch(), slow(1.3), community=COMMUNITY.encode())
    with ReplayServer([late], "127.77.3.2", 161):
        (row,) = scan("switches", LAB_COMMUNITY=COMMUNITY)
    assert (row["state"], row["banner"]) == ("known", "snmp: answers too late")


REFUSED = ["refuses the credential", "an agent is there, not asked: it refused the credential before"]


@pytest.mark.parametrize(
    ("credential", "secrets", "said"),
    [
        ("users", {"LAB_AUTH": "wrong-wrong", "LAB_PRIV": PRIV}, REFUSED),
        ("users", {"LAB_AUTH": AUTH, "LAB_PRIV": "wrong-wrong"}, REFUSED),
        ("unsealed", {"LAB_AUTH": AUTH}, ["answers, but not to what was asked"] * 2),
        ("users", {"LAB_AUTH": AUTH, "LAB_PRIV": PRIV}, ["A switch of the lab"] * 2),
    ],
    ids=["another key", "another cipher key", "too low a level", "let in"],
)
def test_a_device_stays_where_it_is_whatever_its_agent_holds_against_the_credential(
    scan: Scan,
    credential: str,
    secrets: dict[str, str],
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where pysnmp notes the starts of an agent
    with SecureAgent({(*SYSTEM, 1, 0): OctetString("A switch of the lab")}, place=("127.77.3.2", 161)):
        for words in said:
            (row,) = scan(credential, **secrets)
            assert (row["state"], row["host"]) == ("known", "sw-core-01")
            assert row["banner"] == f"snmp: {words}"
