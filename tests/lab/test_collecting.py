"""From the inventory to the store and back: real SSH servers, a replayed switch, and one machine that is off."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.servers.openssh import Farm, make_key, run_quietly
from lab.servers.snmp_manners import silent, slow
from lab.servers.snmp_replay import Agent, ReplayServer, honest
from lab.snmp_rig import COMMUNITY, switch

pytestmark = pytest.mark.lab
INVENTORY = """
organisation: {{name: A}}
credentials:
  linux: {{kind: ssh, user: {user}, key: "file:{key}"}}
  signed: {{kind: ssh, user: {user}, key: "file:signed", certificate: signed-cert.pub}}
  unsigned: {{kind: ssh, user: {user}, key: "file:signed"}}
  switches: {{kind: snmp, version: 2c, community: "env:LAB_COMMUNITY"}}
groups: [{{name: linux, connect: {{ssh: {{credential: linux, port: {port}}}}}}}]
hosts:
  - {{name: srv-a, address: {addresses[0]}, groups: [linux], expect: {{os: "Debian*"}}}}
  - {{name: srv-b, address: {addresses[1]}, groups: [linux], depends_on: [sw-core-01]}}
  - {{name: srv-signed, address: {addresses[2]}, connect: {{ssh: {{credential: signed, port: {port}}}}}}}
  - {{name: srv-unsigned, address: {addresses[2]}, connect: {{ssh: {{credential: unsigned, port: {port}}}}}}}
  - {{name: srv-off, address: 127.0.24.250, groups: [linux]}}
  - {{name: sw-core-01, address: 127.0.0.1, connect: {{snmp: {{credential: switches, port: {agents[0]}}}}}}}
  - {{name: sw-mute, address: 127.0.0.1, connect: {{snmp: {{credential: switches, port: {agents[1]}}}}}}}
  - {{name: sw-slow, address: 127.0.0.1, connect: {{snmp: {{credential: switches, port: {agents[2]}}}}}}}
"""


class Site:
    """A workspace whose machines answer; runs `ict` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**os.environ, "LAB_COMMUNITY": COMMUNITY, "HOME": str(folder)}

    def __call__(self, *words: str, expect: int = 0) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "schoten_ict", *words, "-o", "json"],
            cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False, timeout=90,
        )  # fmt: skip
        assert done.returncode == expect, done.stderr
        assert "Traceback" not in done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document


@pytest.fixture
def site(ssh_farm: Farm, tmp_path: Path) -> Iterator[Site]:
    key = tmp_path / "id"
    shutil.copy(ssh_farm.key, key)
    key.chmod(0o600)
    known = COMMUNITY.encode()
    manners = (honest, silent, slow(0.9))
    with ReplayServer([Agent(switch(), manner, community=known) for manner in manners]) as agents:
        text = INVENTORY.format(
            user=ssh_farm.user,
            key=key,
            port=ssh_farm.port,
            addresses=ssh_farm.addresses,
            agents=agents.ports,
        )
        (tmp_path / "inventory.yaml").write_text(text, encoding="utf-8")
        yield Site(tmp_path)


def trust(site: Site) -> None:
    for name in ("srv-a", "srv-b"):
        site("inventory", "trust", name, "--yes")


def test_an_unknown_host_key_is_refused_with_the_command_that_trusts_it(site: Site) -> None:
    document = site("inventory", "collect", "srv-a", expect=3)
    (error,) = document["errors"]
    assert error["code"] == "host-key"
    assert "ict inventory trust srv-a" in error["remedy"]


def test_what_answers_is_kept_and_what_does_not_is_a_row(site: Site) -> None:
    trust(site)
    document = site("inventory", "collect", "linux", "sw-core-01", expect=3)
    rows = {row["host"]: row for row in document["data"]}
    assert set(rows) == {"srv-a", "srv-b", "srv-off", "sw-core-01"}
    assert rows["srv-a"]["facts"]["os"].startswith("Debian")
    assert rows["srv-off"]["verdict"] == "unknown"
    assert {error["code"] for error in document["errors"] if error["subject"] == "host:srv-off"} == {
        "unreachable"
    }
    assert rows["sw-core-01"]["via"] == "snmp"
    shown = site("inventory", "show", "srv-a")
    assert {"os", "kernel", "software"} <= {fact["fact"] for fact in shown["facts"]}
    assert site("inventory", "software", "--title", "openssh-server")["data"][0]["count"] == 2


def test_an_unchanged_machine_changes_nothing_but_its_state(site: Site) -> None:
    trust(site)
    site("inventory", "collect", "srv-a", expect=site("inventory", "collect", "srv-a")["exit_code"])
    (row,) = site("inventory", "collect", "srv-a")["data"]
    assert set(row["changed"]) <= {"listeners"}


def test_what_was_never_known_did_not_change(site: Site) -> None:
    trust(site)
    (row,) = site("inventory", "collect", "srv-a")["data"]
    assert row["changed"] == []


def test_drift_tells_what_was_never_collected_and_accepts_what_is_as_expected(site: Site) -> None:
    trust(site)
    site("inventory", "collect", "srv-a")
    findings = {each["subject"]: each for each in site("inventory", "drift", expect=3)["findings"]}
    assert findings["host:srv-a"]["verdict"] == "ok"
    assert findings["host:srv-b"]["verdict"] == "unknown"


def test_a_command_runs_where_it_was_confirmed_and_equal_answers_stand_together(site: Site) -> None:
    trust(site)
    site("run", "id -un", "--on", "linux", expect=8)
    document = site("run", "id -un", "--on", "srv-a", "--on", "srv-b", "--yes")
    (same,) = document["same_answer"]
    assert (same["hosts"], same["exit_code"]) == (["srv-a", "srv-b"], 0)
    assert same["stdout"].startswith("ictlab")
    assert site("run", "exit 7", "--on", "srv-a", "--yes", expect=4)["data"][0]["exit_code"] == 7
    off = site("run", "true", "--on", "srv-off", "--yes", expect=3)
    assert [(row["host"], row["verdict"]) for row in off["data"]] == [("srv-off", "unknown")]
    assert [error["subject"] for error in off["errors"]] == ["host:srv-off"]
    assert (off["same_answer"], off["findings"]) == ([], [])


def test_a_certificate_of_the_inventory_lets_us_in_and_its_key_alone_does_not(
    site: Site, ssh_farm: Farm
) -> None:
    make_key(site.folder / "signed")
    run_quietly("ssh-keygen", "-q", "-s", ssh_farm.folder / "user_ca", "-I", "lab", "-n", ssh_farm.user,
                site.folder / "signed.pub")  # fmt: skip
    site("inventory", "trust", "srv-signed", "--yes")
    (row,) = site("run", "id -un", "--on", "srv-signed", "--yes")["data"]
    assert row["stdout"] == ssh_farm.user
    (error,) = site("run", "id -un", "--on", "srv-unsigned", "--yes", expect=3)["errors"]
    assert error["code"] == "authentication"


def test_new_keys_of_several_machines_are_trusted_together(site: Site) -> None:
    assert site("inventory", "trust", "linux", expect=8)["data"] == []
    assert not (site.folder / "known_hosts").exists()
    document = site("inventory", "trust", "linux", "--yes", expect=3)
    assert [(row["host"], row["action"]) for row in document["data"]] == [
        ("srv-a", "trusted"), ("srv-b", "trusted"),
    ]  # fmt: skip
    assert [error["subject"] for error in document["errors"]] == ["host:srv-off"]
    assert [row["action"] for row in site("inventory", "trust", "srv-a", "srv-b")["data"]] == [
        "unchanged"
    ] * 2


def test_a_changed_key_is_never_replaced_together_with_others(site: Site, ssh_farm: Farm) -> None:
    site("inventory", "trust", "srv-a", "--yes")
    kept = site.folder / "known_hosts"
    text = kept.read_text(encoding="ascii")
    one, other = ssh_farm.addresses[:2]
    kept.write_text(text.replace(one, other).replace("srv-a", "srv-b"), encoding="ascii")
    document = site("inventory", "trust", "srv-a", "srv-b", "--yes", expect=3)
    assert [(row["host"], row["action"]) for row in document["data"]] == [("srv-a", "trusted")]
    (error,) = document["errors"]
    assert (error["code"], error["subject"]) == ("host-key", "host:srv-b")
    assert "changed" in error["message"]
    assert error["remedy"].endswith("ict inventory trust srv-b")


def test_a_fingerprint_is_of_one_machine(site: Site) -> None:
    site("inventory", "trust", "srv-a", "srv-b", "--fingerprint", "SHA256:x", expect=2)


def test_ping_asks_the_agent_where_nothing_else_answers(site: Site) -> None:
    document = site("inventory", "ping", "sw-core-01", "sw-mute", expect=3)
    rows = {row["host"]: row for row in document["data"]}
    assert (rows["sw-core-01"]["verdict"], rows["sw-core-01"]["via"]) == ("ok", "snmp")
    assert (rows["sw-mute"]["verdict"], rows["sw-mute"]["via"]) == ("unknown", "")
    assert "no answer over SNMP" in rows["sw-mute"]["note"]


def test_ping_of_a_machine_whose_secret_is_absent_is_unknown(site: Site) -> None:
    del site.environ["LAB_COMMUNITY"]
    (row,) = site("inventory", "ping", "sw-core-01", expect=3)["data"]
    assert (row["verdict"], "LAB_COMMUNITY" in row["note"]) == ("unknown", True)


def test_a_second_collection_at_the_same_time_is_refused_with_the_holders_name(site: Site) -> None:
    trust(site)
    slow = [sys.executable, "-c", HOLDER, str(site.folder / "data")]
    with subprocess.Popen(slow, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        (error,) = site("inventory", "collect", "srv-a", expect=6)["errors"]
        assert "somebody" in error["message"]
        holder.communicate()


HOLDER = """
import sys, pathlib, datetime
from schoten_ict.store.runlock import run_lock
with run_lock(pathlib.Path(sys.argv[1]), "collect", "somebody", datetime.datetime.now(datetime.UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_ctrl_c_keeps_what_came_in_and_names_what_did_not(site: Site) -> None:
    trust(site)
    with subprocess.Popen(
        [sys.executable, "-m", "schoten_ict", "inventory", "collect", "srv-a", "sw-slow", "-o", "json"],
        cwd=site.folder, env=site.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        _wait_for_an_answer(site)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)
    document = json.loads(out)
    assert (run.returncode, document["exit_code"]) == (130, 130), err
    assert [row["host"] for row in document["data"]] == ["srv-a"]
    assert {each["subject"] for each in document["errors"] if each["code"] == "interrupted"} == {
        "host:sw-slow"
    }
    assert site("inventory", "show", "srv-a")["facts"]


def _wait_for_an_answer(site: Site) -> None:
    for _ in range(200):
        if site("inventory", "show", "srv-a")["facts"]:
            return
        time.sleep(0.05)
    raise AssertionError("srv-a never answered")


def test_a_scan_counts_what_apt_lists_and_a_machine_that_is_off_is_unknown(site: Site) -> None:
    trust(site)
    listed = subprocess.run(["apt", "list", "--upgradable"], capture_output=True, text=True, check=True)
    upgradable = sum("/" in line for line in listed.stdout.splitlines())
    document = site("patch", "scan", "srv-a", "srv-off", expect=3)
    rows = {row["host"]: row for row in document["data"]}
    told, off = rows["srv-a"], rows["srv-off"]
    assert told["system"].startswith("Debian GNU/Linux"), document["errors"]
    assert told["support_until"] is not None
    if told["critical"] is not None:  # where the machine has lists
        assert (
            sum(told[name] for name in ("critical", "important", "moderate", "unrated", "other"))
            == upgradable
        )
    assert (off["verdict"], off["critical"], off["scanned_at"]) == ("unknown", None, None)
    assert [error["subject"] for error in document["errors"]] == ["host:srv-off"]
    again = {row["host"]: row for row in site("patch", "status", "srv-a", "srv-off", expect=3)["data"]}
    assert again == rows
    missing = site("patch", "missing", "srv-a")["data"]
    assert len(missing) == (0 if told["critical"] is None else upgradable)
