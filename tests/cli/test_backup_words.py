"""What answers about backups say to who reads them first: causes once, what to do, and what does not count."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from running import NOW, Ict

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = """\
organisation: {name: Proef}
services: [{name: app, rpo: 26h}]
backups:
  - name: app
    engine: sqlite
    source: {database: {name: app, tables: {klant: 3}}}
    repository: {url: "kopie/app-*.db"}
    rpo: 26h
    retention: {daily: 7}
    services: [app]
"""
DAY = timedelta(days=1)


@pytest.fixture
def backed_up(ict: Ict) -> Ict:
    """A workspace with one copy of a database of an hour ago."""
    declare(ict)
    (ict.folder / "kopie").mkdir()
    copy(ict.folder / "kopie" / "app-2026-11-26T1605.db", rows=4)
    return ict


def declare(ict: Ict, name: str = "app") -> None:
    text = INVENTORY.replace("- name: app", f"- name: {name}")
    (ict.folder / "inventory.yaml").write_text(text, encoding="utf-8")


def copy(path: Path, rows: int) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE klant (naam TEXT)")
        database.executemany("INSERT INTO klant VALUES (?)", [(f"klant {n}",) for n in range(rows)])


def test_what_is_learning_is_counted_apart(backed_up: Ict) -> None:
    backed_up("backup", "verify")
    answer = backed_up("backup", "verify", "-o", "json").json()
    learning = sum(each["learning"] for each in answer["findings"])
    counted = len(answer["findings"]) - learning
    assert learning > 0
    assert answer["data"][0]["told"] == f"{counted} checks in order, {learning} learning"
    total = backed_up("backup", "verify", "-o", "table").out.rstrip().splitlines()[-1]
    assert total == f"ok  0 fail, 0 warn, 0 unknown, {counted} ok, {learning} learning"
    line = backed_up("backup", "verify", "-o", "nagios").out
    assert line.startswith(f"backup.verify OK: {counted} ok, {learning} learning | ")
    assert f"ok={counted};" in line


def test_a_stale_job_begins_with_what_to_do(backed_up: Ict) -> None:
    backed_up("backup", "verify")
    line = backed_up("backup", "status", "-o", "nagios", now=NOW + 3 * DAY)
    assert line.exit == 3
    assert "job:app: run ict backup verify app: not checked lately" in line.out
    [row] = backed_up("backup", "status", "-o", "json", now=NOW + 3 * DAY).json()["data"]
    assert row["checks"][0]["check"] == "reachable"
    assert sum("run ict backup verify" in each["summary"] for each in row["checks"]) == 1


def test_a_repository_that_is_gone_is_said_once(backed_up: Ict) -> None:
    backed_up("backup", "verify")
    (backed_up.folder / "kopie" / "app-2026-11-26T1605.db").unlink()
    (backed_up.folder / "kopie").rmdir()
    [row] = backed_up("backup", "verify", "-o", "json").json()["data"]
    unknown = [each for each in row["checks"] if each["verdict"] == "unknown"]
    cause = row["checks"][0]["summary"]
    assert row["checks"][0]["check"] == "reachable"
    assert not [each for each in row["checks"][1:] if cause in each["summary"]]
    assert all(each["summary"].startswith("not looked at") for each in unknown)
    assert len(unknown) > 1
    assert row["told"] == f"reachable fail, {len(unknown)} others unknown"


def test_what_is_switched_off_stands_in_answers_and_evidence(backed_up: Ict) -> None:
    plain = (
        "backups:\n  - {name: plat, engine: files, repository: {url: kopie}, rpo: 26h, verify: {sample: 0}}\n"
    )
    (backed_up.folder / "inventory.yaml").write_text(plain, encoding="utf-8")
    [looked] = backed_up("backup", "verify", "-o", "json").json()["data"]
    [known] = backed_up("backup", "status", "-o", "json").json()["data"]
    shown = backed_up("backup", "evidence", "--since", "2026-11-01", "-o", "json").json()["not_proven"]
    for limits in (looked["not_proven"], known["not_proven"], shown):
        reasons = {each["check"]: each["reason"] for each in limits}
        assert reasons["sample"] == "switched off (sample: 0)"


def test_a_renamed_job_says_so_once_and_keeps_what_was_open(backed_up: Ict) -> None:
    copy(backed_up.folder / "kopie" / "app-2026-11-26T1700.db", rows=1)
    assert backed_up("backup", "verify").exit == 4
    declare(backed_up, "nieuw")
    first = backed_up("backup", "verify", "-o", "json", now=NOW + timedelta(hours=1)).json()
    [moved] = [each for each in first["findings"] if each["check"] == "backup.moved"]
    assert (moved["verdict"], moved["key"]) == ("warn", "app")
    assert "looked at as app, which is no longer declared" in moved["summary"]
    assert "database: " in moved["summary"]
    second = backed_up("backup", "verify", "-o", "json", now=NOW + timedelta(hours=2)).json()
    assert "backup.moved" not in {each["check"] for each in second["findings"]}
    assert backed_up("backup", "history", "app", "-o", "json").json()["data"]


def test_evidence_says_what_became_of_a_renamed_job(backed_up: Ict) -> None:
    copy(backed_up.folder / "kopie" / "app-2026-11-26T1700.db", rows=1)
    backed_up("backup", "verify")
    declare(backed_up, "nieuw")
    backed_up("backup", "verify", now=NOW + timedelta(hours=1))
    shown = backed_up(
        "backup", "evidence", "--since", "2026-11-01", "-o", "json", now=NOW + timedelta(hours=2)
    ).json()
    [former] = shown["former"]
    assert (former["job"], former["now"], former["verdict"]) == ("app", ["nieuw"], "fail")
    assert former["left_open"]
    old = [each["summary"] for each in shown["faults"] if each["subject"] == "job:app"]
    assert old
    assert all(each.endswith("(not settled by a look: app is called nieuw now)") for each in old)


def test_evidence_tells_of_a_former_job_that_was_not_looked_at_in_the_period(backed_up: Ict) -> None:
    copy(backed_up.folder / "kopie" / "app-2026-11-26T1700.db", rows=1)
    backed_up("backup", "verify")
    declare(backed_up, "nieuw")
    backed_up("backup", "verify", now=NOW + 3 * DAY)
    since = ("backup", "evidence", "--since", "2026-11-28", "-o", "json")
    shown = backed_up(*since, now=NOW + 3 * DAY).json()
    assert [row["job"] for row in shown["data"]] == ["nieuw"]
    assert [row["job"] for row in shown["former"]] == ["app"]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_the_signed_page_keeps_both_names_of_a_renamed_job_together(backed_up: Ict) -> None:
    backed_up("backup", "verify")
    declare(backed_up, "nieuw")
    backed_up("backup", "verify", now=NOW + timedelta(hours=1))
    backed_up("backup", "evidence", "--pdf", "bewijs.pdf", now=NOW + timedelta(hours=1))
    page = ["pdftotext", "-raw", str(backed_up.folder / "bewijs.pdf"), "-"]
    text = subprocess.run(page, capture_output=True, check=True).stdout.decode("utf-8")
    assert "nieuw (ex app)" in " ".join(text.replace("\u200b", "").split())


def test_evidence_of_days_to_come_is_refused(backed_up: Ict) -> None:
    assert backed_up("backup", "evidence", "--since", "2026-11-26").exit == 0
    answer = backed_up("backup", "evidence", "--since", "2026-11-27")
    assert (answer.exit, answer.out) == (2, "")
    assert "--since 2026-11-27 is yet to come" in answer.err


def test_evidence_for_a_folder_that_is_not_there_is_refused(backed_up: Ict) -> None:
    answer = backed_up("backup", "evidence", "--since", "2026-11-01", "--pdf", "nergens/bewijs.pdf")
    assert answer.exit == 5
    assert answer.err == "ict: there is no folder nergens - make it, or name another file\n"
    onto = backed_up("backup", "evidence", "--since", "2026-11-01", "--pdf", "kopie")
    assert (onto.exit, "kopie is a folder" in onto.err) == (6, True)


@pytest.mark.parametrize("changed", [False, True])
def test_the_program_on_the_page_computes_the_chain_again(
    backed_up: Ict, tmp_path: Path, *, changed: bool
) -> None:
    page = (ROOT / "docs" / "backups.md").read_text(encoding="utf-8")
    [program] = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    backed_up("backup", "verify")
    backed_up("backup", "drill", "app", "--by-hand", "worked", "--remarks", "één \x7f \U0001f600")
    shown = backed_up("backup", "evidence", "--since", "2026-11-01", "-o", "json").json()
    if changed:
        shown["data"][0]["content"]["seconds"] += 1
    file = tmp_path / "bewijs.json"
    file.write_text(json.dumps(shown), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == int(changed)
    assert changed or done.stdout.strip() == shown["chain"][0]["last"]
