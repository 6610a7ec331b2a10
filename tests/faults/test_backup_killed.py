"""`ict backup verify --full`, killed at any moment: no verdict without its proof, and nothing that stays behind.

ICT_SEED repeats a run; ICT_FAULTS=full takes 60 moments instead of a slice, and borg too.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab import borg_rig, restic_rig
from running import Ict
from wholeness import faults_in

pytestmark = [
    pytest.mark.lab,
    pytest.mark.faults,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc"),
]
FULL = os.environ.get("ICT_FAULTS") == "full"
MOMENTS = 60 if FULL else 4
ENGINES = ("restic", "borg") if FULL else ("restic",)
TABLES = ("finding", "backup_run", "backup_proof", "backup_point")
PROOFS = {"structure", "read", "sample", "source", "drill"}
ENDING_SECONDS = 5
SECONDS = 60
SLOWLY = "bandwidth: 50kB, "
AT = """
import sys
from datetime import datetime
from schoten_ict.cli import main
sys.exit(main(sys.argv[2:], now=datetime.fromisoformat(sys.argv[1])))
"""
"""The program at a time: the backups say that they were taken after their files were made for the test."""
JOB = """\
organisation: {{name: Proef}}
backups:
  - name: nacht
    engine: {site.engine}
    source: {{paths: ["{site.source}"]}}
    repository: {{url: "{site.repository}", password: "file:sleutel"}}
    rpo: 9y
    verify: {{{manner}sample: 5, scratch: {site.scratch}}}
"""


Kept = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Site:
    """A workspace with one job. `locks` says which locks are in its repository."""

    engine: str
    folder: Path
    source: Path
    repository: Path
    now: datetime
    locks: Callable[[], list[str]]

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    def declare(self, password: str, manner: str = "") -> None:
        """Write the declaration and the secret; `manner` is more about how to look."""
        self.folder.mkdir(exist_ok=True)
        text = JOB.format(site=self, manner=manner)
        (self.folder / "inventory.yaml").write_text(text, encoding="utf-8")
        (self.folder / "sleutel").write_text(password, encoding="ascii")
        (self.folder / "sleutel").chmod(0o600)

    def verify(self, minutes: int) -> "subprocess.Popen[bytes]":
        """Begin to look at everything, so many minutes after the first look. What it starts has its HOME."""
        now = (self.now + timedelta(minutes=minutes)).isoformat()
        return subprocess.Popen(
            [sys.executable, "-c", AT, now, "backup", "verify", "nacht", "--full"],
            cwd=self.folder, env={**os.environ, "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def verified(self, minutes: int) -> None:
        """Look to the end: everything is proven, and nothing is left in the scratch folder."""
        with self.verify(minutes) as process:
            said, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, said.decode()
        assert list(self.scratch.iterdir()) == []

    def kept(self) -> Kept:
        """All that the store holds of backups and verdicts."""
        return {table: self._rows(f"SELECT * FROM {table}") for table in TABLES}

    def proven(self) -> dict[str, bool]:
        """Whether each proof of the newest run was tried by it, and succeeded."""
        query = """
            SELECT check_id, tried_at = began_at AND proven_at = began_at
            FROM backup_proof JOIN backup_run USING (job, repository)
            WHERE backup_run.id = (SELECT max(id) FROM backup_run)
        """
        return dict(self._rows(query))

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        place = f"{(self.folder / 'data' / 'ict.db').as_uri()}?mode=ro"
        with closing(sqlite3.connect(place, uri=True)) as database:
            return database.execute(query).fetchall()

    def processes(self) -> list[str]:
        """The command lines of what was started in this workspace and still runs."""
        return list(_started_in(f"HOME={self.folder}".encode()))


def _started_in(home: bytes) -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # gone in the meantime
            if entry.name.isdecimal() and home in (entry / "environ").read_bytes().split(b"\0"):
                yield (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def restic_site(folder: Path) -> Site:
    vault = restic_rig.make_vault(folder / "vault", "debian")

    def locks() -> list[str]:
        return vault.must("list", "locks", "--no-lock", "--no-cache").split()

    now = vault.began + timedelta(hours=1)
    site = Site("restic", folder / "here", vault.source, vault.repository, now, locks)
    site.declare(restic_rig.PASSWORD)
    return site


def borg_site(folder: Path) -> Site:
    vault = borg_rig.make_vault(folder / "vault", "debian")

    def locks() -> list[str]:
        return [path.name for path in vault.repository.glob("lock*")]

    now = borg_rig.BEGAN + timedelta(hours=1)
    site = Site("borg", folder / "here", vault.source, vault.repository, now, locks)
    site.declare(borg_rig.PASSPHRASE)
    return site


SITES = {"restic": restic_site, "borg": borg_site}


@pytest.fixture
def chance() -> random.Random:
    seed = os.environ.get("ICT_SEED") or str(random.SystemRandom().randrange(10**9))
    print(f"ICT_SEED={seed}")
    return random.Random(seed)


def kill(process: "subprocess.Popen[bytes]") -> bool:
    """Kill the program alone, and nothing that it started; whether it still ran."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=SECONDS)
    return process.returncode == -signal.SIGKILL


def outlived(site: Site) -> list[str]:
    """What still runs when it had time to end."""
    until = time.monotonic() + ENDING_SECONDS
    while (left := site.processes()) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def survived(site: Site, before: Kept, moment: str) -> None:
    """Kept whole or not at all, no process, no lock; before anything else runs."""
    assert outlived(site) == [], moment
    assert site.locks() == [], moment
    after = site.kept()
    if after != before:  # it was past its commit
        assert len(after["backup_run"]) == len(before["backup_run"]) + 1, moment
        proven = site.proven()
        assert proven.keys() >= PROOFS, moment
        assert all(proven.values()), moment
    assert faults_in(site.folder / "data") == [], moment


def whole(site: Site) -> None:
    """What is said of the store when all is over."""
    ict = Ict(site.folder)
    assert ict("journal", "verify").exit == 0
    assert ict("store", "check").exit == 0


@pytest.mark.timeout(1200 if FULL else 120)
@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_the_moment_nothing_is_ok_without_proof_and_the_next_run_is_clean(
    tmp_path: Path, chance: random.Random, engine: str
) -> None:
    site = SITES[engine](tmp_path)
    begun = time.monotonic()
    site.verified(0)
    seconds = time.monotonic() - begun
    died = 0
    for number in range(MOMENTS):  # one in each part of a run, so that every phase has its turn
        moment = seconds * (number + chance.random()) / MOMENTS
        before = site.kept()
        with site.verify(2 * number + 1) as process:
            time.sleep(moment)
            died += kill(process)
        survived(site, before, f"{moment:.3f} of {seconds:.3f} s")
        site.verified(2 * number + 2)
        whole(site)
    assert died >= MOMENTS // 2


def test_what_a_killed_run_had_started_ends_with_it(tmp_path: Path, chance: random.Random) -> None:
    site = restic_site(tmp_path)
    site.verified(0)
    site.declare(restic_rig.PASSWORD, SLOWLY)
    before = site.kept()
    with site.verify(1) as process:
        assert appeared(site, "restic check"), "it never read the data"
        time.sleep(chance.uniform(0, 0.5))
        assert kill(process)
    survived(site, before, "reading")
    assert site.kept() == before
    site.declare(restic_rig.PASSWORD)
    site.verified(2)
    whole(site)


def appeared(site: Site, words: str) -> bool:
    """Wait until a process with these words runs."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if any(words in line for line in site.processes()):
            return True
        time.sleep(0.02)
    return False
