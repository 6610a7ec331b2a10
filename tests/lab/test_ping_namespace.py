"""`ict inventory ping` and `scan` in a network namespace of their own, with one peer and a road to nowhere."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.need import lack, need

INVENTORY = """
organisation: {name: A}
hosts:
  - {name: sw-peer, address: 10.78.0.2, kind: switch}
  - {name: closed, address: 10.78.0.2, connect: {ssh: {}}}
  - {name: hv-gone, address: 10.77.3.9, depends_on: [sw-peer], connect: {ssh: {}}}
  - {name: vm-gone, address: 10.77.3.10, depends_on: [hv-gone], connect: {ssh: {}}}
  - {name: sw-gone, address: 10.77.3.11, kind: switch}
  - {name: no-road, address: 192.0.2.1, connect: {ssh: {}}}
"""
# The peer is another namespace. It forwards nothing, so that what goes through it is never answered.
SCRIPT = """
set -e
unshare -n sleep 60 & peer=$!
trap 'kill $peer' EXIT
until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do :; done
ip link set lo up
ip link add v0 type veth peer name v1 netns $peer
ip addr add 10.78.0.1/24 dev v0; ip link set v0 up
nsenter -t $peer -n ip addr add 10.78.0.2/24 dev v1; nsenter -t $peer -n ip link set v1 up
ip route add 10.77.0.0/16 via 10.78.0.2
"$@"
"""


def inside(folder: Path, *words: str) -> dict[str, Any]:
    """The JSON answer of `ict` in the namespace."""
    if os.name != "posix" or os.geteuid() != 0:
        lack("network namespaces are root's")
    for program in ("unshare", "nsenter", "ip"):
        need(program)
    (folder / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    done = subprocess.run(
        [
            "unshare",
            "-n",
            "sh",
            "-c",
            SCRIPT,
            "sh",
            sys.executable,
            "-m",
            "schoten_ict",
            *words,
            "-o",
            "json",
        ],
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.lab
def test_each_host_answers_as_it_is(tmp_path: Path) -> None:
    document = inside(tmp_path, "inventory", "ping")
    found = {row["host"]: (row["verdict"], row["via"], row["note"]) for row in document["data"]}
    assert document["exit_code"] == 4
    assert found == {
        "sw-peer": ("ok", "icmp", ""),
        "closed": ("warn", "icmp", "is there, but refuses tcp:22"),
        "hv-gone": ("fail", "", "no answer on tcp:22"),
        "vm-gone": ("unknown", "", "behind hv-gone"),
        "sw-gone": ("unknown", "", "no echo, which may be blocked"),
        "no-road": ("unknown", "", "could not be asked: Network is unreachable"),
    }


@pytest.mark.lab
def test_a_machine_without_open_ports_is_seen_by_its_echo(tmp_path: Path) -> None:
    document = inside(tmp_path, "inventory", "scan", "10.78.0.2", "10.77.3.8/30", "192.0.2.1", "--no-dns")
    found = {row["address"]: (row["state"], row["host"]) for row in document["data"]}
    assert found == {
        "10.78.0.2": ("known", "sw-peer, closed"),
        "10.77.3.9": ("silent", "hv-gone"),
        "10.77.3.10": ("silent", "vm-gone"),
        "192.0.2.1": ("not-asked", "no-road"),
    }
    assert [row["mac"] for row in document["data"] if row["address"] == "10.78.0.2"] != [None]
