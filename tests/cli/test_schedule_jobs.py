"""Schedules of backups that ict takes itself: of jobs that there are, each under a name of its own."""

import shlex
import sqlite3
from contextlib import closing

import pytest

from running import Ict

INVENTORY = """\
organisation: {name: Proef}
backups:
  - name: app
    engine: sqlite
    source: {paths: [app.db], database: {name: app}}
    repository: {url: "kopie/app-*.db"}
    rpo: 26h
  - {name: wiki, engine: sqlite, source: {paths: [wiki.db]}, repository: {url: "kopie/w-*.db"}, rpo: 26h}
  - {name: veeam, engine: veeam, repository: {url: Veeam, jobs: [VM]}, rpo: 26h}
"""


@pytest.fixture
def declared(ict: Ict) -> Ict:
    (ict.folder / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (ict.folder / "kopie").mkdir()
    with closing(sqlite3.connect(ict.folder / "app.db")) as database, database:
        database.execute("CREATE TABLE klant (naam TEXT)")
    return ict


def test_a_timer_takes_the_backups_of_the_named_jobs(declared: Ict) -> None:
    words = ("--job", "app", "--job", "wiki", "--as", "systemd")
    answer = declared("schedule", "show", "backup.run", *words)
    assert answer.exit == 0
    assert "backup run -q --yes app wiki -o table --no-input" in answer.out
    assert "/etc/systemd/system/ict-backup-run-app-wiki.timer" in answer.out


def test_two_jobs_have_two_timers(declared: Ict) -> None:
    texts = [declared("schedule", "show", "backup.run", "--job", job).out for job in ("app", "wiki")]
    assert "ict-backup-run-app.service" in texts[0]
    assert "ict-backup-run-wiki.service" in texts[1]


def test_the_line_takes_a_backup_and_says_nothing_when_all_is_well(declared: Ict) -> None:
    line = declared("schedule", "show", "backup.run", "--job", "app", "--as", "cron").out
    words = shlex.split(line)[6:]
    taken = declared(*words)
    assert (taken.exit, taken.out, taken.err) == (0, "", "")
    assert len(list((declared.folder / "kopie").glob("app-*.db"))) == 1


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("backup.run",), 2, "backup.run needs a job"),
        (("backup.run", "--job", "ap"), 5, "did you mean app?"),
        (("backup.run", "--job", "veeam"), 2, "taken by the product itself"),
        (("store.check", "--job", "app"), 2, "--job does not go with store.check"),
    ],
)
def test_what_cannot_be_taken_is_no_schedule(
    declared: Ict, words: tuple[str, ...], status: int, told: str
) -> None:
    answer = declared("schedule", "show", *words)
    assert (answer.exit, answer.out) == (status, "")
    assert told in answer.err
