"""A scan that was confirmed on the screen is kept, whatever happens to the process afterwards."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import NOW, Ict
from schoten_ict.assets.acts import keeping
from schoten_ict.commands.init import make_workspace
from schoten_ict.inventory import load
from schoten_ict.store import Store

pytestmark = pytest.mark.faults
TAGS = [f"LT-{number:04}" for number in range(1, 41)]


@pytest.fixture
def ict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ict]:
    """A workspace with forty laptops and a count of them that has begun."""
    monkeypatch.setenv("ICT_CONFIG_DIR", str(tmp_path / "config"))
    before = os.umask(0o007)  # as in every run
    folder = tmp_path / "workspace"
    list(make_workspace(folder))
    with Store(folder / "data", "jan", NOW) as store:
        keeping.add(store, load(folder), [keeping.Draft("laptop", {})] * len(TAGS))
    ict = Ict(folder)
    assert ict("assets", "count", "start", "voorjaar").exit == 0
    yield ict
    os.umask(before)


def interrupted_after(lines: int, folder: Path) -> set[str]:
    """Send all codes to a scan, kill it after so many lines of feedback, return the confirmed tags."""
    words = [sys.executable, "-m", "schoten_ict", "assets", "count", "scan", "voorjaar"]
    with subprocess.Popen(
        words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "ICT_OUTPUT": "tsv"},
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stderr
        process.stdin.write("".join(f"{tag}\n" for tag in TAGS))
        process.stdin.flush()
        confirmed = [process.stderr.readline() for _ in range(lines)]
        process.kill()
        confirmed += process.stderr.readlines()
    assert process.returncode != 0
    return {line.partition(":")[0] for line in confirmed if line.endswith("\n")}


@pytest.mark.parametrize("lines", [1, 7, 23])
def test_a_kill_loses_no_confirmed_scan_and_the_count_goes_on(ict: Ict, lines: int) -> None:
    confirmed = interrupted_after(lines, ict.folder)
    assert len(confirmed) >= lines
    status = ict("assets", "count", "status", "voorjaar", "--outcome", "found")
    found = {row["tag"] for row in status.table()}
    assert confirmed <= found
    assert len(found - confirmed) <= 1  # kept, and killed before the line was written
    assert ict("store", "check").exit == 0, ict("store", "check").out
    rest = ict("assets", "count", "scan", "voorjaar", stdin="\n".join(TAGS))
    assert rest.err.count("already scanned") == len(found)
    assert ict("assets", "count", "finish", "voorjaar").exit == 0
    assert ict("journal", "verify").exit == 0


def test_two_people_scan_for_one_count_at_the_same_time(ict: Ict) -> None:
    words = [sys.executable, "-m", "schoten_ict", "assets", "count", "scan", "voorjaar"]
    halves = (TAGS[:25], TAGS[15:])
    scanners = [
        subprocess.Popen(
            words, cwd=ict.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in halves
    ]  # fmt: skip
    for scanner, tags in zip(scanners, halves, strict=True):
        assert scanner.stdin
        scanner.stdin.write("\n".join(tags))
        scanner.stdin.flush()
    told = "".join(scanner.communicate()[1] for scanner in scanners)
    assert [scanner.returncode for scanner in scanners] == [0, 0], told
    assert told.count("found") == 50
    assert told.count("already scanned") == 10
    assert ict("assets", "count", "finish", "voorjaar").exit == 0
    assert ict("journal", "verify").exit == 0


def test_a_count_interrupted_at_the_keyboard_keeps_what_it_has(ict: Ict) -> None:
    words = [sys.executable, "-c", _INTERRUPTED]
    done = subprocess.run(words, cwd=ict.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert done.stderr.splitlines()[0] == "LT-0001: found"
    assert ict("assets", "count", "list").table()[0]["found"] == "1"


_INTERRUPTED = """
import sys
from dataclasses import replace
from schoten_ict.cli import main
from schoten_ict.core.streams import Streams

class Keyboard:
    def isatty(self):
        return False

    def __iter__(self):
        yield "LT-0001"
        raise KeyboardInterrupt

sys.exit(main(["assets", "count", "scan", "voorjaar"], replace(Streams.standard(), stdin=Keyboard())))
"""
