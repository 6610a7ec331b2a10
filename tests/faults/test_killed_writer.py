"""A writer that is killed, or interrupted, at any moment between BEGIN and the last rename.

ICT_SEED repeats a run; ICT_FAULTS=full takes 200 moments of each signal instead of a slice.
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from desk import NOW, Desk
from running import Ict
from schoten_ict.store import Store
from schoten_ict.store.upkeep import examine
from wholeness import faults_in

pytestmark = [pytest.mark.faults, pytest.mark.skipif(os.name != "posix", reason="kills by POSIX signals")]
HERE = Path(__file__).parent
FULL = os.environ.get("ICT_FAULTS") == "full"
MOMENTS = 200 if FULL else 25
DEATHS = pytest.mark.parametrize(("name", "status"), [("SIGKILL", 9), ("SIGINT", 130 << 8)])
RECOVERABLE = ("left over: ", "waits for the next change")


class Writer:
    """A process whose children die as told."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "dying.py"), str(root)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])},
        )  # fmt: skip

    def count(self) -> tuple[list[int], int]:
        """The moments that touch the store or the disk, and the number of statements."""
        touching, statements = self("count")
        return touching, statements

    def __call__(self, line: str) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate(timeout=10)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace in which Els holds the one laptop."""
    before = os.umask(0o007)  # as in every run
    desk = Desk(tmp_path / "workspace")
    desk.person("1042", "Els Peeters")
    desk.person("1043", "Jan Maes")
    desk.give(desk.add("laptop"))
    desk.close()
    os.umask(before)
    return desk.root


@pytest.fixture
def writer(root: Path) -> Iterator[Writer]:
    writer = Writer(root)
    yield writer
    writer.close()


@pytest.fixture
def chance() -> random.Random:
    seed = os.environ.get("ICT_SEED") or str(random.SystemRandom().randrange(10**9))
    print(f"ICT_SEED={seed}")
    return random.Random(seed)


def next_write(root: Path) -> None:
    with Store(root / "data", "jan", NOW) as store, store.transaction() as transaction:
        transaction.record("workspace.note", "workspace:after", None, {"note": "a next change"})


def survived(root: Path, moment: object) -> None:
    """Readable at once, with nothing worse than a document that waits; whole after the next write."""
    worse = [each for each in faults_in(root / "data") if not any(word in each for word in RECOVERABLE)]
    assert worse == [], f"at {moment}"
    next_write(root)
    assert faults_in(root / "data") == [], f"after {moment} and a next write"
    with Store(root / "data", "jan", NOW) as store:
        assert [fault for part in examine(store) for fault in part.faults] == [], f"after {moment}"


@pytest.mark.timeout(900 if FULL else 120)
@DEATHS
def test_whatever_the_moment_the_workspace_is_whole_after_the_next_write(
    root: Path, writer: Writer, chance: random.Random, name: str, status: int
) -> None:
    touching, _ = writer.count()
    third = MOMENTS // 3
    others = chance.sample(range(touching[0], touching[-1]), third)
    moments = [*chance.sample(touching, MOMENTS - third), *others]
    died = 0
    for moment in moments:
        died += writer(f"{moment} {name}") == status
        survived(root, moment)
    assert died > 0.9 * len(moments)


@DEATHS
def test_every_moment_around_the_commit_is_survived(
    root: Path, writer: Writer, name: str, status: int
) -> None:
    _, commit = writer.count()
    before = [f"{moment} {name} {commit - 1}" for moment in range(1, 4)]
    after = [f"{moment} {name} {commit}" for moment in range(1, 60 if FULL else 16)]
    for line in (*before, *after):
        assert writer(line) == status
        survived(root, line)


def when_a_document_waits(root: Path, process: subprocess.Popen[str]) -> None:
    """Return when a document lies in `.pending`, or when the process is over."""
    pending = root / "data" / "documents" / ".pending"
    while process.poll() is None:
        with suppress(OSError):
            if any(pending.iterdir()):
                return


@pytest.mark.timeout(300)
def test_the_whole_program_killed_while_its_document_waits(root: Path, chance: random.Random) -> None:
    words = [sys.executable, "-m", "schoten_ict", "assets", "transfer", "LT-0001", "--to"]
    for _ in range(25 if FULL else 3):
        desk = Desk(root)
        other = "1043" if desk.row("LT-0001").holder_key == "person:1042" else "1042"
        desk.close()
        with subprocess.Popen(
            [*words, other], cwd=root, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            when_a_document_waits(root, process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 0.06))
            process.send_signal(signal.SIGKILL)
        survived(root, "a document that waits")
    assert Ict(root)("store", "check").exit == 0
