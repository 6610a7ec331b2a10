"""Copies of SQLite databases on this machine, over its shell and over SSH: found, checked and taken alike."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lab.machine_rig import KINDS, Ground, open_ground
from lab.servers.openssh import Farm
from lab.ssh_rig import nothing_left_over
from schoten_ict.backup.ask.sqlite import observe, take
from schoten_ict.backup.facts import Kind, Probe
from schoten_ict.backup.order import Deadline, Order, Slice
from schoten_ict.inventory.fields import decode
from schoten_ict.inventory.sections.backups import BackupJob

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name != "posix", reason="there is no POSIX shell")]
NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


@pytest.fixture(params=KINDS)
def ground(request: pytest.FixtureRequest, ssh_farm: Farm) -> Iterator[Ground]:
    with nothing_left_over(), open_ground(request.param, ssh_farm) as opened:
        yield opened


def order(folder: Path, **more: Any) -> Order:
    """A deep look at the copies in a folder."""
    declared = {
        "name": "app",
        "engine": "sqlite",
        "source": {"paths": [f"{folder}/app.db"], "database": {"name": "app", "tables": {"orders": 500}}},
        "repository": {"url": f"{folder}/backup/app-*.db"},
        "rpo": "26h",
        "verify": {"scratch": f"{folder}/scratch"},
    }
    job = msgspec.convert(declared, BackupJob, dec_hook=decode)
    deep: dict[str, Any] = {"read": Slice(1, 1), "sample": 5, "owner": "lab"}
    return Order(job, NOW, Deadline(60), **(deep | more))


def live(ground: Ground) -> sqlite3.Connection:
    """A database in WAL mode that somebody has open."""
    (ground.folder / "backup").mkdir()
    database = sqlite3.connect(ground.folder / "app.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)")
    database.executemany("INSERT INTO orders VALUES (?, 'chair')", [(number,) for number in range(500)])
    database.commit()
    return database


def test_a_copy_is_taken_and_proven(ground: Ground) -> None:
    with closing(live(ground)):
        ground.hand_over()
        taken = take(ground.machine, order(ground.folder))
        assert (taken.point_id, taken.complete, taken.faults) == ("app-20261127T060000Z.db", True, ())
    facts = observe(ground.machine, order(ground.folder, drill=True))
    for probe in (facts.structure, facts.database, facts.sample, facts.drill, facts.reads[0].probe):
        assert probe is not None
        assert probe.proven
    assert (facts.database or Probe()).told["rows"] == 500
    assert list((ground.folder / "scratch").iterdir()) == []


def test_a_copy_without_its_log_is_found(ground: Ground) -> None:
    with closing(live(ground)):
        shutil.copy(ground.folder / "app.db", ground.folder / "backup/app-1.db")
    ground.hand_over()
    facts = observe(ground.machine, order(ground.folder))
    assert {fault.kind for fault in (facts.database or Probe()).faults} == {Kind.WAL}


def test_what_may_not_be_read_is_unknown(ssh_farm: Farm) -> None:
    with open_ground("ssh", ssh_farm) as ground:
        live(ground).close()
        ground.hand_over()
        ground.put("backup/app-1.db").chmod(0o600)
        facts = observe(ground.machine, order(ground.folder))
    assert facts.structure is not None
    assert facts.structure.blocked is not None
    assert facts.structure.blocked.kind is Kind.DENIED
