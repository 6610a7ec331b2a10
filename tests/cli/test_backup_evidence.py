"""What `ict backup evidence`, `status` and `history` say of runs: nothing that nobody measured or saw."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from running import NOW, Ict

INVENTORY = """\
organisation: {name: Proef}
services: [{name: app, rpo: 26h}]
backups:
  - name: app
    engine: sqlite
    source: {database: {name: app, tables: {klant: 3}}}
    repository: {url: "kopie/app-*.db"}
    rpo: 26h
    services: [app]
"""
HOUR = timedelta(hours=1)


@pytest.fixture
def backed_up(ict: Ict) -> Ict:
    """A workspace with one copy of a database of an hour ago."""
    (ict.folder / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (ict.folder / "kopie").mkdir()
    with closing(sqlite3.connect(ict.folder / "kopie" / "app-2026-11-26T1605.db")) as copy, copy:
        copy.execute("CREATE TABLE klant (naam TEXT)")
        copy.executemany("INSERT INTO klant VALUES (?)", [(f"klant {n}",) for n in range(4)])
    return ict


def evidence(ict: Ict, *words: str) -> dict[str, Any]:
    return ict("backup", "evidence", "--since", "2026-11-01", "-o", "json", *words, now=NOW + 3 * HOUR).json()


def entries(ict: Ict) -> list[dict[str, Any]]:
    assert ict("journal", "export", "journal.jsonl").exit == 0
    lines = (ict.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry for entry in map(json.loads, lines) if entry.get("action", "").startswith("backup.")]


def test_a_restore_by_hand_that_nobody_timed_has_no_length(backed_up: Ict) -> None:
    backed_up("backup", "drill", "app", "--by-hand", "worked")
    [line] = evidence(backed_up)["data"]
    assert (line["seconds"], line["content"]["seconds"]) == (None, 0.0)
    [run] = backed_up("backup", "history", "app", "-o", "json").json()["data"]
    assert run["seconds"] is None


def test_a_restore_by_hand_keeps_the_length_that_was_told(backed_up: Ict) -> None:
    backed_up("backup", "drill", "app", "--by-hand", "worked", "--took", "90min")
    assert evidence(backed_up)["data"][0]["seconds"] == 5400.0


def test_a_chain_that_was_signed_stays_the_beginning_of_later_ones(backed_up: Ict) -> None:
    """A run is kept when it ends: one that began earlier and ended later comes behind."""
    backed_up("backup", "drill", "app", "--by-hand", "worked", now=NOW + HOUR)
    signed = evidence(backed_up)["chain"][0]["last"]
    backed_up("backup", "verify", "app")
    assert evidence(backed_up)["data"][0]["sha256"] == signed


def test_the_journal_holds_the_hash_of_every_run(backed_up: Ict) -> None:
    backed_up("backup", "verify", "app")
    backed_up("backup", "drill", "app", "--by-hand", "worked", "--remarks", "é")
    noted = [
        (entry["action"], change[2]["sha256"]) for entry in entries(backed_up) for change in entry["changes"]
    ]
    lines = evidence(backed_up)["data"]
    assert noted == [(f"backup.{row['act']}", _sha256(row["content"])) for row in lines]
    assert [action for action, _ in noted] == ["backup.verify", "backup.drill"]


def _sha256(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_drill_does_not_hide_the_last_backup_that_a_look_saw(backed_up: Ict) -> None:
    backed_up("backup", "verify", "app")
    [before] = backed_up("backup", "status", "app", "-o", "json").json()["data"]
    backed_up("backup", "drill", "app", "--by-hand", "worked", now=NOW + HOUR)
    [after] = backed_up("backup", "status", "app", "-o", "json", now=NOW + HOUR).json()["data"]
    assert before["last_backup_at"] is not None
    assert (after["last_backup_at"], after["verified_at"]) == (
        before["last_backup_at"],
        before["verified_at"],
    )


def test_one_backup_is_asked_for_in_the_singular(backed_up: Ict) -> None:
    asked = backed_up("backup", "run", "app", tty=True, stdin="n\n")
    assert "Take 1 backup?" in asked.err


PLAIN = """\
organisation: {name: Proef}
services: [{name: archief, rpo: 26h}, {name: wiki, criticality: high, rpo: 26h}]
hosts: [{name: srv-1, address: 127.0.0.2, kind: server, criticality: high}]
backups:
  - name: plat
    engine: files
    source: {paths: [bron]}
    repository: {url: kopie}
    rpo: 26h
    services: [archief]
"""


@pytest.fixture
def plain(ict: Ict) -> Ict:
    """A workspace with a plain copy of a folder, which has no sums to read it by."""
    (ict.folder / "inventory.yaml").write_text(PLAIN, encoding="utf-8")
    for name in ("bron", "kopie"):
        (ict.folder / name).mkdir()
        (ict.folder / name / "brief.txt").write_text("beste", encoding="utf-8")
    return ict


def test_what_an_engine_cannot_prove_is_told_by_looks_status_and_evidence(plain: Ict) -> None:
    [looked] = plain("backup", "verify", "-o", "json").json()["data"]
    [known] = plain("backup", "status", "-o", "json").json()["data"]
    [limit] = looked["not_proven"]
    assert limit["check"] == "read"
    assert known["not_proven"] == [limit]
    assert evidence(plain)["not_proven"] == [{"job": "plat", **limit}]


def test_what_an_engine_cannot_prove_is_shown_to_who_asks_for_more(plain: Ict) -> None:
    line = "job:plat: read is not proven: "
    for words in (("verify",), ("status",)):
        assert line not in plain("backup", *words, "-o", "table").err
        assert line in plain("backup", *words, "-o", "table", "-v").err


def test_faults_in_the_evidence_say_with_what_kind_of_thing_they_are(plain: Ict) -> None:
    plain("backup", "coverage")
    subjects = {row["subject"] for row in evidence(plain)["faults"]}
    assert {"host:srv-1", "service:wiki"} <= subjects


def test_evidence_scores_each_service_as_status_does(plain: Ict) -> None:
    plain("backup", "verify")
    services = evidence(plain)["services"]
    assert services == plain("backup", "status", "-o", "json", now=NOW + 3 * HOUR).json()["services"]
    assert [row["service"] for row in services] == ["archief"]


def text_of(pdf: Path) -> str:
    """What a page says, without the line breaks in it."""
    done = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode("utf-8").replace("\u200b", "").split())


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.parametrize(
    ("language", "words"), [("nl", "Wat niet kan worden bewezen"), ("en", "What cannot be")]
)
def test_the_signed_page_tells_services_limits_and_subjects(plain: Ict, language: str, words: str) -> None:
    plain("backup", "verify")
    plain("backup", "coverage")
    evidence(plain, "--pdf", "bewijs.pdf", "--lang", language)
    text = text_of(plain.folder / "bewijs.pdf")
    [service] = evidence(plain)["services"]
    for told in (words, service["score"], "archief", "host:srv-1"):
        assert told in text
