"""From collected machines to what to buy: real SSH servers, the sample's lists, a plan and a quote."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.servers.openssh import Farm

pytestmark = pytest.mark.lab
SAMPLE = Path(__file__).resolve().parents[2] / "sample"
INVENTORY = """
organisation: {{name: A}}
credentials: {{linux: {{kind: ssh, user: {user}, key: "file:{key}"}}}}
groups: [{{name: linux, connect: {{ssh: {{credential: linux, port: {port}}}}}}}]
hosts:
  - {{name: srv-a, address: {addresses[0]}, groups: [linux]}}
  - {{name: srv-b, address: {addresses[1]}, groups: [linux]}}
  - {{name: srv-off, address: 127.0.24.250, groups: [linux]}}
licenses:
  products:
    openssh-pro:
      name: OpenSSH, as if it were paid
      publisher: Lab
      family: openssh
      metric: server
      names: ["openssh.*"]
      rules: [{{title: openssh-server, source: dpkg}}]
"""
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def ict(ssh_farm: Farm, tmp_path: Path) -> Run:
    """Runs `ict` in a workspace whose first two machines answer."""
    key = tmp_path / "id"
    shutil.copy(ssh_farm.key, key)
    (tmp_path / "inventory.yaml").write_text(
        INVENTORY.format(user=ssh_farm.user, key=key, port=ssh_farm.port, addresses=ssh_farm.addresses)
    )
    environ = {**os.environ, "HOME": str(tmp_path)}

    def run(*words: object, expect: int = 0) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "schoten_ict", *map(str, words), "-o", "json"],
            cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == expect, done.stderr + done.stdout[:2000]
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return run


def row(document: dict[str, Any], product: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in document["data"] if each["product"] == product)
    return found


def test_what_machines_told_is_audited_planned_quoted_and_reported(ict: Run, tmp_path: Path) -> None:
    for name in ("srv-a", "srv-b"):
        ict("inventory", "trust", name, "--yes")
    ict("inventory", "collect", expect=3)
    titles = {each["title"]: each for each in ict("licenses", "titles", "openssh-server")["data"]}
    assert (titles["openssh-server"]["taken"], titles["openssh-server"]["machines"]) == ("product", 2)

    before = ict("licenses", "audit", expect=4)
    short = row(before, "openssh-pro")
    assert (short["owned"], short["required"], short["at_most"], short["to_buy"]) == (0, 2, 3, 2)
    silent = next(each for each in before["findings"] if each["check"] == "licenses.collected")
    assert "srv-off" in silent["summary"]

    ict("licenses", "import", SAMPLE / "licenses.csv", "--yes")
    ict("licenses", "import", SAMPLE / "software.csv", "--yes")
    ict("licenses", "import", SAMPLE / "subscribed-skus.json", "--yes")
    ict("licenses", "add", "openssh-pro", 7, "--set", "cost=700")  # four of the list, and srv-off perhaps
    enough = row(ict("licenses", "audit", expect=4), "openssh-pro")
    assert (enough["verdict"], enough["delta"]) == ("ok", 1)
    lines = ict("licenses", "explain", "openssh-pro")["data"]
    assert any("srv-a" in each["reference"] for each in lines)

    planned = ("--planned", "4 servers OpenSSH, as if it were paid")
    quote = tmp_path / "offerte.csv"
    quote.write_text("omschrijving;aantal;eenheidsprijs\nOpenSSH jaar;2;100,00\n", encoding="utf-8")
    bought = ict("licenses", "audit", *planned, "--quote", quote, expect=4)
    assert (row(bought, "openssh-pro")["required"], row(bought, "openssh-pro")["cost"]) == (10, 300.0)
    assert (bought["quote"][0]["product"], bought["quote"][0]["offer"]) == ("openssh-pro", "too few")
    assert bought["total"][0]["incl_vat"] == 242.0

    reported = ict("licenses", "report", *planned, "--pdf", tmp_path / "verslag.pdf")
    assert row(reported, "openssh-pro")["to_buy"] == 3
    assert (tmp_path / "verslag.pdf").read_bytes().startswith(b"%PDF-")


def test_nothing_of_the_samples_lists_disappears(ict: Run) -> None:
    ict("licenses", "import", SAMPLE / "software.csv", "--yes")
    rows = (SAMPLE / "software.csv").read_text("utf-8-sig").splitlines()[1:]
    told = {line.split(";")[1] for line in rows}
    found = {each["title"]: each["taken"] for each in ict("licenses", "titles")["data"]}
    assert set(found) == told
    assert set(found.values()) <= {"product", "ignored", "unknown"}
