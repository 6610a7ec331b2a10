"""The T-SQL runs, put into SQLite's words, over a small msdb, and gives what the engine takes for granted."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from schoten_ict.backup.ask.mssql import queries

SINCE = datetime(2026, 10, 23, 7, 0)
NIGHT = datetime(2026, 11, 26, 23, 0)
COLUMNS = (
    "backup_set_id", "backup_set_uuid", "media_set_id", "position", "server_name", "database_name", "type",
    "backup_start_date", "backup_finish_date", "time_zone", "backup_size", "compressed_backup_size", "is_damaged",
    "has_backup_checksums", "is_snapshot", "is_copy_only", "differential_base_guid", "first_lsn", "last_lsn",
)  # fmt: skip
TABLES = {
    "backupset": COLUMNS,
    "backupmediafamily": ("media_set_id", "family_sequence_number", "physical_device_name", "device_type", "mirror"),
    "databases": (
        "name", "database_id", "recovery_model_desc", "state_desc", "is_in_standby", "is_read_only",
        "group_database_id", "source_database_id",
    ),
    "availability_databases_cluster": ("group_id", "database_name"),
    "availability_replicas": ("group_id", "replica_server_name"),
}  # fmt: skip


def select(text: str) -> exp.Select:
    [statement] = sqlglot.parse(text, read="tsql")
    assert isinstance(statement, exp.Select)
    return statement


@cache
def in_sqlite(name: str) -> str:
    statement = select(queries()[name])
    for table in statement.find_all(exp.Table):
        table.set("db", None)
        table.set("catalog", None)
    return statement.sql("sqlite")


class Msdb:
    """The tables of SQL Server that the queries read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for name, columns in TABLES.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        self._sets = 0

    def add(self, table: str, **values: Any) -> None:
        self._connection.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            list(values.values()),
        )

    def backup(self, kind: str, hours: float = 0, **more: Any) -> str:
        """A backup so many hours before the last night; gives its id."""
        self._sets += 1
        start = NIGHT - timedelta(hours=hours)
        values = {
            "backup_set_id": self._sets, "backup_set_uuid": f"U{self._sets}", "media_set_id": self._sets,
            "position": 1, "server_name": "SQL01", "database_name": "Zaken", "type": kind,
            "backup_start_date": start.isoformat(), "backup_finish_date": (start + timedelta(minutes=9)).isoformat(),
            "time_zone": 4, "is_damaged": 0, "has_backup_checksums": 1, "is_snapshot": 0, "is_copy_only": 0,
            "first_lsn": 0, "last_lsn": 0,
        }  # fmt: skip
        self.add("backupset", **(values | more))
        return str(values["backup_set_uuid"])

    def ask(self, name: str) -> list[dict[str, Any]]:
        cursor = self._connection.execute(in_sqlite(name), {"since": SINCE.isoformat()})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


@pytest.fixture
def msdb() -> Iterator[Msdb]:
    connection = sqlite3.connect(":memory:")
    yield Msdb(connection)
    connection.close()


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_every_query_is_one_statement_that_only_reads() -> None:
    assert set(queries()) == {"server", "databases", "sets", "logs", "media", "replicas"}
    assert all(select(text) for text in queries().values())


def test_every_column_has_the_name_that_the_engine_reads() -> None:
    names = {name: select(text).named_selects for name, text in queries().items()}
    assert names == {
        "server": ["name", "alias", "version", "hadr", "sees_all", "minutes", "clock"],
        "databases": ["name", "id", "recovery", "state", "standby", "fixed", "grouped"],
        "sets": [
            "id", "server", "name", "kind", "start", "finish", "zone", "size", "packed", "damaged", "checksums",
            "snapshot", "base", "last_lsn",
        ],
        "logs": ["server", "name", "stretch", "backups", "first_lsn", "last_lsn", "damaged"],
        "media": ["id", "position", "path", "device"],
        "replicas": ["name", "replica"],
    }  # fmt: skip


def test_tempdb_and_snapshots_of_databases_are_left_out(msdb: Msdb) -> None:
    for identity, name, source in [
        (1, "master", None),
        (2, "tempdb", None),
        (5, "Zaken", None),
        (9, "Foto", 5),
    ]:
        msdb.add("databases", name=name, database_id=identity, source_database_id=source, state_desc="ONLINE")
    assert [row["name"] for row in msdb.ask("databases")] == ["master", "Zaken"]


def test_copies_and_what_is_older_are_left_out_but_the_newest_of_each_kind_never(msdb: Msdb) -> None:
    msdb.backup("D", hours=24 * 90)
    old = msdb.backup("D", hours=24 * 60)
    base = msdb.backup("I", hours=24 * 50)
    msdb.backup("D", hours=1, is_copy_only=1)
    assert ids(msdb.ask("sets")) == [old, base]
    recent = [msdb.backup("D", hours=hours) for hours in (48, 24)]
    assert ids(msdb.ask("sets")) == [base, *recent]


def test_of_the_log_only_the_newest_backup_is_told(msdb: Msdb) -> None:
    msdb.backup("L", hours=2)
    newest = msdb.backup("L", hours=1)
    other = msdb.backup("L", hours=3, server_name="SQL02")
    assert sorted(ids(msdb.ask("sets"))) == sorted([newest, other])


def test_a_snapshot_of_another_product_does_not_hide_the_newest_own_backup(msdb: Msdb) -> None:
    own = msdb.backup("D", hours=24 * 60)
    snapshot = msdb.backup("D", hours=1, is_snapshot=1)
    assert ids(msdb.ask("sets")) == [own, snapshot]
    msdb.add("backupmediafamily", media_set_id=1, physical_device_name="E:\\a.bak", device_type=2, mirror=0)
    assert ids(msdb.ask("media")) == [own]


def test_backups_of_files_and_filegroups_are_no_backups_of_the_database(msdb: Msdb) -> None:
    for kind in "FGPQ":
        msdb.backup(kind)
    assert msdb.ask("sets") == []


def test_striped_media_come_in_their_order_and_mirrors_do_not(msdb: Msdb) -> None:
    newest = msdb.backup("D", position=3)
    for family, path, mirror in [(2, "E:\\b.bak", 0), (1, "E:\\a.bak", 0), (1, "F:\\a.bak", 1)]:
        msdb.add(
            "backupmediafamily", media_set_id=1, family_sequence_number=family, physical_device_name=path,
            device_type=2, mirror=mirror,
        )  # fmt: skip
    assert [(row["id"], row["position"], row["path"]) for row in msdb.ask("media")] == [
        (newest, 3, "E:\\a.bak"), (newest, 3, "E:\\b.bak"),
    ]  # fmt: skip


def test_a_log_without_a_gap_is_one_stretch_per_server_and_database(msdb: Msdb) -> None:
    for place in range(5):
        msdb.backup("L", hours=5 - place, first_lsn=place * 10, last_lsn=place * 10 + 10)
    msdb.backup("L", first_lsn=100, last_lsn=110, database_name="Archief")
    msdb.backup("L", first_lsn=50, last_lsn=60, server_name="SQL02")
    assert [(row["server"], row["name"], row["backups"], row["first_lsn"], row["last_lsn"]) for row in msdb.ask("logs")] == [
        ("SQL01", "Archief", 1, 100, 110), ("SQL01", "Zaken", 5, 0, 50), ("SQL02", "Zaken", 1, 50, 60),
    ]  # fmt: skip


def test_a_copy_of_the_log_leaves_no_gap_and_closes_none(msdb: Msdb) -> None:
    msdb.backup("L", first_lsn=0, last_lsn=10)
    msdb.backup("L", first_lsn=10, last_lsn=20, is_copy_only=1)
    msdb.backup("L", first_lsn=20, last_lsn=30)
    assert [row["backups"] for row in msdb.ask("logs")] == [1, 1]


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=12))
def test_there_are_as_many_stretches_as_gaps_and_one(steps: list[tuple[int, bool]]) -> None:
    connection = sqlite3.connect(":memory:")
    try:
        made, reached, gaps = Msdb(connection), 0, 0
        for place, (length, gap) in enumerate(steps):
            first = reached + (1 if gap and place else 0)
            gaps += bool(gap and place)
            made.backup("L", first_lsn=first, last_lsn=first + length)
            reached = first + length
        found = made.ask("logs")
    finally:
        connection.close()
    assert len(found) == gaps + 1
    assert sum(row["backups"] for row in found) == len(steps)


def test_damaged_backups_of_the_log_are_counted(msdb: Msdb) -> None:
    msdb.backup("L", first_lsn=0, last_lsn=10, is_damaged=1)
    msdb.backup("L", first_lsn=10, last_lsn=20)
    assert [row["damaged"] for row in msdb.ask("logs")] == [1]


def test_replicas_are_told_per_database(msdb: Msdb) -> None:
    msdb.add("availability_databases_cluster", group_id=1, database_name="Zaken")
    for replica in ("SQL01", "SQL02"):
        msdb.add("availability_replicas", group_id=1, replica_server_name=replica)
    msdb.add("availability_replicas", group_id=2, replica_server_name="SQL09")
    assert [(row["name"], row["replica"]) for row in msdb.ask("replicas")] == [
        ("Zaken", "SQL01"),
        ("Zaken", "SQL02"),
    ]
