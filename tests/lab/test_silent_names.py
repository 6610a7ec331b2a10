"""Name servers that never answer cost only the hosts that have nothing but a name."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.need import lack, need

pytestmark = [pytest.mark.lab, pytest.mark.timeout(150)]
NAMES = 12
AGENTS = 3
# In namespaces of our own: the only name server is a socket that nobody reads, with a long patience.
SCRIPT = """
set -e
ip link set lo up
mount --bind resolv.conf /etc/resolv.conf
mount --bind nsswitch.conf /etc/nsswitch.conf
"$@"
"""
DRIVER = """
import signal, socket, subprocess, sys, time
from lab.servers.snmp_replay import ReplayServer
from lab.snmp_rig import agent
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
with ReplayServer([agent()]) as server:
    text = open("inventory.yaml", encoding="utf-8").read()
    open("inventory.yaml", "w", encoding="utf-8").write(text.replace("AGENT", str(server.ports[0])))
    words = [sys.executable, "-m", "schoten_ict", "inventory", "collect", "-o", "json"]
    with subprocess.Popen(words, stdout=sys.stdout) as run:
        if sys.argv[1:] == ["ctrl-c"]:
            silent.recv(512)  # a name is being asked for
            run.send_signal(signal.SIGINT)
        try:
            run.wait(90)
        finally:
            run.kill()
"""


def collected(folder: Path, *words: str) -> dict[str, Any]:
    """The answer of `ict inventory collect` where no name is ever answered."""
    if sys.platform != "linux" or os.geteuid() != 0:
        lack("network namespaces are root's")
    for program in ("unshare", "ip", "mount"):
        need(program)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    (folder / "nsswitch.conf").write_text("hosts: dns\n")
    connect = "kind: switch, connect: {snmp: {credential: switches, port: AGENT}}"
    named = [f"  - {{name: named-{n}, address: sw-{n}.example.test, {connect}}}" for n in range(NAMES)]
    reached = [f"  - {{name: sw-{n}, address: 127.0.0.1, {connect}}}" for n in range(AGENTS)]
    (folder / "inventory.yaml").write_text(
        "\n".join(
            [
                "organisation: {name: A}",
                'credentials: {switches: {kind: snmp, version: 2c, community: "env:LAB_COMMUNITY"}}',
                "hosts:",
                *named,
                *reached,
                "",
            ]
        ),
        encoding="utf-8",
    )
    inside = ["unshare", "-n", "-m", "sh", "-c", SCRIPT, "sh", sys.executable, "-c", DRIVER, *words]
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        inside, cwd=folder, capture_output=True, text=True, check=False, timeout=140,
        env={**os.environ, "HOME": str(folder), "LAB_COMMUNITY": "sesam-open-u", "PYTHONPATH": tests},
    )  # fmt: skip
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_hosts_with_an_address_are_collected_all_the_same(tmp_path: Path) -> None:
    document = collected(tmp_path)
    rows = {row["host"]: row["verdict"] for row in document["data"]}
    assert {name for name, verdict in rows.items() if verdict == "ok"} == {f"sw-{n}" for n in range(AGENTS)}
    told = {each["subject"]: each for each in document["errors"]}
    assert set(told) == {f"host:named-{n}" for n in range(NAMES)}
    assert {each["code"] for each in told.values()} == {"unreachable"}
    assert told["host:named-0"]["message"] == "the address of sw-0.example.test was not found in time"


def test_ctrl_c_does_not_wait_for_names(tmp_path: Path) -> None:
    document = collected(tmp_path, "ctrl-c")
    assert document["exit_code"] == 130
    assert {each["code"] for each in document["errors"]} >= {"interrupted"}
