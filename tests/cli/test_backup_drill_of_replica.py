"""`ict backup` on a replica of young files: what is not in it yet is told, and what was removed is missing."""

import json
import os
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from running import Ict

pytestmark = pytest.mark.skipif(os.name != "posix", reason="trees of POSIX files")
JOBS = """\
organisation: {name: Proef}
backups:
  - {name: schijf, engine: replica, source: {paths: [bron]}, repository: {url: kopie}, rpo: 26h}
"""
FILES = 20


@pytest.fixture
def copied(ict: Ict) -> Ict:
    """A source that was made just now, and its copy."""
    (ict.folder / "inventory.yaml").write_text(JOBS, encoding="utf-8")
    for number in range(FILES):
        path = ict.folder / "bron" / f"map{number % 2}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"document {number}")
    time.sleep(0.05)  # coarse clocks: the copies are younger
    shutil.copytree(ict.folder / "bron", ict.folder / "kopie")
    return Ict(ict.folder, datetime.now(UTC))


def test_a_drill_of_a_replica_says_what_is_not_in_it_yet(copied: Ict) -> None:
    time.sleep(0.05)
    for name in ("a.txt", "b.txt"):
        (copied.folder / "bron" / name).write_text("new")
    drill = copied("backup", "drill", "schijf", "--lang", "en", "-o", "json")
    [row] = drill.json()["data"]
    says = "2 files of the source are not in this backup yet"
    assert (drill.exit, row["verdict"], row["files"]) == (0, "ok", FILES)
    assert row["told"] == f"everything came back; {says}"
    [found] = [each for each in drill.json()["findings"] if each["check"] == "backup.drill"]
    assert says in found["summary"]
    if shutil.which("pdftotext") is not None:
        assert "Not in this backup yet 2 file(s) of the source" in _text(copied.folder / row["document"])
    verified = copied("backup", "verify", "schijf", "-o", "json").json()["data"][0]
    assert "2 of them not copied yet, within the RPO" in _summary(verified["checks"], "source")


def _text(pdf: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def _summary(checks: list[dict[str, str]], check: str) -> str:
    return next(each["summary"] for each in checks if each["check"] == check)


def test_a_drill_of_a_replica_from_which_files_were_removed_fails_by_name(copied: Ict) -> None:
    shutil.rmtree(copied.folder / "kopie" / "map1")
    drill = copied("backup", "drill", "schijf", "-o", "json")
    [row] = drill.json()["data"]
    assert (drill.exit, row["verdict"]) == (4, "fail")
    assert row["told"].startswith(f"files missing: {FILES // 2} files not in the replica: map1/1.txt, ")
    verified = copied("backup", "verify", "schijf", "-o", "json")
    assert verified.exit == 4
    summary = _summary(verified.json()["data"][0]["checks"], "source")
    assert f"{FILES // 2} files not in the replica" in summary
    assert "yet" not in json.dumps(drill.json())
