"""Tables come forward from every older version, with a backup; a newer store is refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from schoten_ict import __version__
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.store import Store, migrate
from schoten_ict.store.connection import open_for_writing
from storing import NOW, Opener

KNOWN = max(migrate.migrations())


def made_by_an_older_ict(data: Path, version: int) -> None:
    """A store that has had the first `version` migrations only, with one person in it."""
    connection = open_for_writing(data / "ict.db")
    for number in range(1, version + 1):
        migrate._run(connection, migrate.migrations()[number])
    connection.execute("INSERT INTO person (key, name) VALUES ('1042', 'An Peeters')")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}


def test_migrations_are_numbered_from_1_without_gaps() -> None:
    assert list(migrate.migrations()) == list(range(1, KNOWN + 1))


def test_a_new_store_has_the_latest_version_and_names_its_maker(opened: Opener) -> None:
    with opened.change():
        pass
    reader = opened().reader
    assert migrate.version_of(reader) == KNOWN
    assert reader.execute("SELECT value FROM meta WHERE key = 'ict_version'").fetchone()[0] == __version__
    assert not (opened.data / "backups").exists()


@pytest.mark.parametrize("version", range(1, KNOWN))
def test_an_older_store_is_upgraded_whole_after_a_backup(opened: Opener, version: int) -> None:
    made_by_an_older_ict(opened.data, version)
    with opened.change():
        pass
    reader = opened().reader
    assert migrate.version_of(reader) == KNOWN
    assert reader.execute("SELECT name FROM person").fetchone()[0] == "An Peeters"
    (backup,) = (opened.data / "backups").iterdir()
    assert backup.name == f"ict-v{version}-20261126T170500Z.db"
    with closing(sqlite3.connect(backup)) as copy:
        assert migrate.version_of(copy) == version
        assert copy.execute("SELECT name FROM person").fetchone()[0] == "An Peeters"


@pytest.mark.parametrize("version", range(1, KNOWN))
def test_an_upgraded_store_has_the_same_tables_as_a_new_one(tmp_path: Path, version: int) -> None:
    made_by_an_older_ict(tmp_path / "old", version)
    for folder in ("old", "new"):
        with Store(tmp_path / folder, "jan", NOW) as store, store.transaction():
            pass
    assert tables(tmp_path / "old" / "ict.db") == tables(tmp_path / "new" / "ict.db")


@pytest.mark.skipif(KNOWN == 1, reason="there is one version only")
def test_reading_an_older_store_upgrades_it_too(opened: Opener) -> None:
    made_by_an_older_ict(opened.data, 1)
    assert migrate.version_of(opened().reader) == KNOWN


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened.change() as change:
        change.connection.execute("INSERT INTO person (key, name) VALUES ('1', 'An')")
    before = tables(opened.data / "ict.db")
    folder = tmp_path / "migrations"
    folder.mkdir()
    for number, path in migrate.migrations().items():
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
        assert number <= KNOWN
    broken = "CREATE TABLE half (a);\nINSERT INTO half VALUES (1);\nCREATE TABLE person (a);\n"
    (folder / f"{KNOWN + 1:04}_broken.sql").write_text(broken)
    monkeypatch.setattr(migrate, "_FOLDER", folder)
    with pytest.raises(Exception, match="already exists"), opened.change():
        pass
    assert tables(opened.data / "ict.db") == before
    assert len(list((opened.data / "backups").iterdir())) == 1


def test_a_statement_may_hold_semicolons_and_triggers(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "0001_x.sql"
    script.write_text(
        "CREATE TABLE t (a TEXT DEFAULT ';');\n"
        "CREATE TRIGGER r BEFORE UPDATE ON t\nBEGIN SELECT 1; SELECT 2;\nEND;\n-- a comment; with one\n"
        "INSERT INTO t VALUES ('x;y');\n"
    )
    with closing(sqlite3.connect(":memory:")) as connection:
        migrate._run(connection, script)
        assert connection.execute("SELECT a FROM t").fetchall() == [("x;y",)]


@pytest.mark.parametrize("use", ["read", "write"])
def test_a_newer_store_is_refused_with_who_upgraded_it(opened: Opener, use: str) -> None:
    with opened.change():
        pass
    opened.behind_its_back(
        f"PRAGMA user_version = {KNOWN + 1}", "UPDATE meta SET value = '9.9' WHERE key = 'ict_version'"
    )
    with pytest.raises(ConfigurationError) as caught:
        _use(opened(), use)
    (problem,) = caught.value.problems
    assert problem.code == "store-newer"
    assert f"was upgraded by ict 9.9 to version {KNOWN + 1}" in problem.message
    assert f"this is ict {__version__}, which knows version {KNOWN}" in problem.message


def _use(store: Store, use: str) -> None:
    if use == "read":
        store.reader.execute("SELECT 1")
        return
    with store.transaction():
        pass


def test_a_copy_of_before_is_never_overwritten(opened: Opener) -> None:
    """Two upgrades in one second: the second copy gets another name."""
    made_by_an_older_ict(opened.data, 1)
    backups = opened.data / "backups"
    backups.mkdir()
    (backups / "ict-v1-20261126T170500Z.db").write_bytes(b"a good copy")
    with opened.change():
        pass
    assert (backups / "ict-v1-20261126T170500Z.db").read_bytes() == b"a good copy"
    assert sorted(path.name for path in backups.iterdir()) == [
        "ict-v1-20261126T170500Z-2.db",
        "ict-v1-20261126T170500Z.db",
    ]


@pytest.mark.parametrize("theirs", [KNOWN, KNOWN + 1])
def test_an_upgrade_by_another_just_before_the_lock_is_seen_under_it(opened: Opener, theirs: int) -> None:
    made_by_an_older_ict(opened.data, 1)
    path = opened.data / "ict.db"
    with closing(open_for_writing(path)) as connection, closing(open_for_writing(path)) as other:

        def first(statement: str) -> None:
            if statement == "BEGIN IMMEDIATE":
                connection.set_trace_callback(None)
                migrate.upgrade(other, path, NOW)
                other.execute(f"PRAGMA user_version = {theirs}")
                other.execute("PRAGMA wal_checkpoint")

        connection.set_trace_callback(first)
        if theirs > KNOWN:
            with pytest.raises(ConfigurationError, match="was upgraded by"):
                migrate.upgrade(connection, path, NOW)
        else:
            migrate.upgrade(connection, path, NOW)
        assert not connection.in_transaction
    assert len(list((opened.data / "backups").iterdir())) == 1
