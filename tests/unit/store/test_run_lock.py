"""One run of a kind at a time, and the next one is told who is busy."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schoten_ict.core.errors import ConflictError
from schoten_ict.store.runlock import run_lock

NOW = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
HOLDER = """
import sys, pathlib, datetime
from schoten_ict.store.runlock import run_lock
with run_lock(pathlib.Path(sys.argv[1]), "collect", "an", datetime.datetime.now(datetime.UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_is_refused_with_the_holders_name(tmp_path: Path) -> None:
    with (
        run_lock(tmp_path, "collect", "jan", NOW),
        pytest.raises(ConflictError, match=r"jan.*since 2026-11-26T17:05:00Z"),
        run_lock(tmp_path, "collect", "an", NOW),
    ):
        pass


def test_the_lock_is_free_after_the_run_and_for_another_kind(tmp_path: Path) -> None:
    with run_lock(tmp_path, "collect", "jan", NOW), run_lock(tmp_path, "patch", "jan", NOW):
        pass
    with run_lock(tmp_path, "collect", "an", NOW):
        pass


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ConflictError, match="an "), run_lock(tmp_path, "collect", "jan", NOW):
            pass
        other.kill()
        other.wait()
    with run_lock(tmp_path, "collect", "jan", NOW):
        pass
