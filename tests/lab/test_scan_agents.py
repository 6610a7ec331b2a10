"""`ict inventory scan --snmp` against replayed agents on their own port."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.need import lack
from lab.servers.snmp_replay import Agent, ReplayServer
from lab.snmp_rig import COMMUNITY, switch

INVENTORY = """
organisation: {name: A}
credentials: {switches: {kind: snmp, version: 2c, community: env:LAB_COMMUNITY}}
hosts: [{name: sw-core-01, address: 127.77.3.2}]
"""


@pytest.mark.lab
@pytest.mark.parametrize("backend", ["gufo", "pysnmp"])
def test_agents_are_found_by_the_credential_that_was_named_and_no_other(tmp_path: Path, backend: str) -> None:
    if os.name != "posix" or os.geteuid() != 0:
        lack("port 161 is root's")
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    environ = {**os.environ, "LAB_COMMUNITY": COMMUNITY, "ICT_SNMP_BACKEND": backend, "HOME": str(tmp_path)}
    mine, other = Agent(switch(), community=COMMUNITY.encode()), Agent(switch(), community=b"other")
    with ReplayServer([mine], "127.77.3.2", 161), ReplayServer([other], "127.77.3.3", 161):
        done = subprocess.run(
            [sys.executable, "-m", "schoten_ict", "inventory", "scan", "127.77.3.0/28", "--no-dns",
             "--ports", "9", "--snmp", "switches", "-o", "json"],
            cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)["data"]
    assert [(row["address"], row["state"], row["host"]) for row in rows] == [
        ("127.77.3.2", "known", "sw-core-01")
    ]
    assert rows[0]["banner"] == "snmp: sw-core-01, A switch of the lab"
    assert other.asked == []
