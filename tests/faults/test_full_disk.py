"""A disk that is full or read-only, a store that is locked or newer: one line, and nothing half-written."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from desk import Desk
from running import NOW, Answer, Ict
from schoten_ict.store import Store, connection
from wholeness import faults_in

pytestmark = [pytest.mark.faults, pytest.mark.skipif(os.name != "posix", reason="mounts and limits of POSIX")]
FULL = os.environ.get("ICT_FAULTS") == "full"
REQUIRED = os.environ.get("ICT_LAB") == "required"


def line(answer: Answer, *codes: int) -> str:
    assert answer.exit in codes, answer
    assert (answer.out, answer.err.count("\n"), answer.err[:5]) == ("", 1, "ict: ")
    return answer.err


def furnished(root: Path) -> Ict:
    """A workspace with two colleagues and twenty laptops, of which Els holds the first."""
    desk = Desk(root)
    desk.person("1042", "Els Peeters")
    desk.person("1043", "Jan Maes")
    for _ in range(20):
        desk.add("laptop")
    desk.give("LT-0001")
    desk.close()
    return Ict(root)


@pytest.fixture(autouse=True)
def umask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("ICT_CONFIG_DIR", str(tmp_path / "config"))
    before = os.umask(0o007)
    yield
    os.umask(before)


@pytest.fixture
def ict(tmp_path: Path) -> Ict:
    return furnished(tmp_path / "workspace")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB of its own; needs root."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        (pytest.fail if REQUIRED else pytest.skip)("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def leave(disk: Path, free: int) -> None:
    """Fill the disk up to so many bytes."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    state = os.statvfs(disk)
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(state.f_bavail * state.f_frsize - free, 1))


# -- full


@pytest.mark.lab
@pytest.mark.timeout(300)
def test_a_full_disk_refuses_with_one_line_changes_nothing_and_goes_on_with_room(small_disk: Path) -> None:
    ict = furnished(small_disk / "workspace")
    refused = 0
    for number, free in enumerate(range(0, 180_000, 4096 if FULL else 16_384), 2):
        words = ("assets", "transfer", "LT-0001", "--to", "1043" if number % 2 == 0 else "1042")
        leave(small_disk, free)
        answer = ict(*words)
        if answer.exit:
            refused += 1
            said = line(answer, 1)
            assert "is full; nothing was changed - make room, then try again" in said
            assert len(ict("assets", "list").table()) == 20
            (small_disk / "ballast").unlink()
            assert [each for each in faults_in(ict.folder / "data") if not each.startswith("left over")] == []
            answer = ict(*words)  # removes what was left aside, too
        assert answer.exit == 0, answer.err
        assert faults_in(ict.folder / "data") == []
    assert refused >= 3
    assert ict("store", "check").exit == 0


@pytest.mark.parametrize("limit", [60_000, 200_000])
def test_a_file_that_may_not_grow_refuses_with_one_line(ict: Ict, limit: int) -> None:
    """The limit of a process (EFBIG) stands in for a quota; it needs no root."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1]))); "
        "from schoten_ict.cli import main; sys.exit(main(sys.argv[2:]))"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    assert signal.getsignal(signal.SIGXFSZ) in {signal.SIG_IGN, signal.SIG_DFL}
    words = ("assets", "add", "--category", "laptop", "--count", "400", "--set", f"notes={'x' * 1000}")
    run = subprocess.run(
        [sys.executable, "-c", script, str(limit), *words],
        cwd=ict.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    line(Answer(run.returncode, run.stdout, run.stderr), 1)
    assert faults_in(ict.folder / "data") == []
    assert ict(*words).exit == 0
    assert faults_in(ict.folder / "data") == []


# -- read-only


@pytest.mark.lab
def test_on_a_read_only_disk_reading_works_and_writing_gets_one_line(small_disk: Path) -> None:
    ict = furnished(small_disk / "workspace")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert len(ict("assets", "list").table()) == 20
    assert ict("assets", "history", "LT-0001").exit == 0
    assert ict("journal", "verify").exit == 0
    said = line(ict("assets", "assign", "LT-0002", "--to", "1042"), 7)
    assert "nothing was changed - check the permissions" in said
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert ict("assets", "assign", "LT-0002", "--to", "1042").exit == 0
    assert faults_in(ict.folder / "data") == []


# -- locked, newer


def test_a_store_that_another_keeps_busy_is_refused_with_that_name(
    ict: Ict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.1)
    with Store(ict.folder / "data", "hilde", NOW) as store, store.transaction():
        said = line(ict("assets", "assign", "LT-0002", "--to", "1042"), 6)
        assert ict("assets", "list").exit == 0
    assert (
        f"is in use by hilde (process {os.getpid()}, since 2026-11-26T17:05:00Z) - wait for it, then" in said
    )
    assert ict("assets", "assign", "LT-0002", "--to", "1042").exit == 0
    assert faults_in(ict.folder / "data") == []


@pytest.mark.parametrize("words", [("list",), ("assign", "LT-0002", "--to", "1042")])
def test_a_store_that_a_newer_ict_upgraded_is_left_alone(ict: Ict, words: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(ict.folder / "data" / "ict.db", isolation_level=None)) as file:
        file.execute("PRAGMA user_version = 99")
        file.execute("UPDATE meta SET value = '9.1.0' WHERE key = 'ict_version'")
    said = line(ict("assets", *words), 7)
    assert "was upgraded by ict 9.1.0 to version 99" in said
    assert said.endswith(" - upgrade this ict\n")
