"""The store on disk: modes, absence, read-only folders, locks, rollbacks, and errors one can act on."""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from schoten_ict.core.errors import ConfigurationError, ConflictError, IctError
from schoten_ict.core.files import PRIVATE, shared_folder
from schoten_ict.store import Store, connection, failures, journal, upkeep
from schoten_ict.store.failures import StorageError
from storing import NOW, Opener

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
NOBODY = 65534


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}


@posix
def test_every_file_is_open_to_the_group_and_closed_to_others(opened: Opener) -> None:
    store = opened()
    with store.transaction() as change:
        change.shelf.add("H-1", "handover", "H-1.pdf", b"%PDF")
        change.record("test", "x:1", None, {})
    found = modes(opened.data)
    assert {"ict.db", "ict.db-wal", "ict.db-shm", "H-1.pdf"} <= found.keys()
    folders = {"data", "documents", ".pending", "2026"}
    assert {
        name: mode for name, mode in found.items() if mode != (0o2770 if name in folders else 0o660)
    } == {}


@posix
def test_what_a_program_keeps_for_one_account_is_closed_and_no_business_of_the_group(opened: Opener) -> None:
    with opened.change():
        pass
    own = shared_folder(opened.data / "backup" / "nacht") / f"borg-0{PRIVATE}"
    own.mkdir(0o700)
    (own / "nonce").touch(0o600)
    assert faults_of_permissions(opened()) == ()
    own.chmod(0o750)
    (fault,) = faults_of_permissions(opened())
    assert f"chmod 700 {own}" in fault
    (own.parent / "leaked").touch(0o644)
    assert len(faults_of_permissions(opened())) == 2


def faults_of_permissions(store: Store) -> tuple[str, ...]:
    (part,) = [part for part in upkeep.examine(store) if part.name == "permissions"]
    return part.faults


def test_an_absent_store_reads_as_empty_and_is_not_made(opened: Opener) -> None:
    store = opened()
    assert journal.entries(store.reader) == []
    assert not store.exists
    assert not opened.data.exists()


def test_a_reader_from_before_the_first_change_sees_it(opened: Opener) -> None:
    store = opened()
    assert journal.entries(store.reader) == []
    with store.transaction() as change:
        change.record("test", "x:1", None, {})
    assert len(journal.entries(store.reader)) == 1


def test_a_reader_cannot_write(opened: Opener) -> None:
    with opened.change():
        pass
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        opened().reader.execute("DELETE FROM person")


def test_an_exception_takes_everything_back(opened: Opener) -> None:
    def fail() -> None:
        with opened.change() as change:
            change.record("test", "x:1", None, {})
            assert change.next_number("LT") == 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with opened.change() as change:
        assert change.next_number("LT") == 1
        assert change.next_number("LT") == 2
    assert journal.entries(opened().reader) == []


def test_references_are_enforced(opened: Opener) -> None:
    with pytest.raises(IctError), opened.change() as change:
        change.connection.execute("INSERT INTO journal_subject VALUES ('x:1', 99)")


@pytest.fixture
def closed_to_nobody() -> Iterator[Path]:
    """A folder that everyone can enter and only its owner can write to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@posix
def test_a_store_in_a_folder_that_cannot_be_written_can_be_read(closed_to_nobody: Path) -> None:
    data = closed_to_nobody / "data"
    with Store(data, "jan", NOW) as store, store.transaction() as change:
        change.record("test", "x:1", None, {})
    data.chmod(0o555)
    (data / "ict.db").chmod(0o444)
    me = os.geteuid()
    if me == 0:
        os.seteuid(NOBODY)
    try:
        if not os.access(journal.__file__, os.R_OK, effective_ids=True):
            pytest.skip("this package lies in a folder that only root can enter")
        with Store(data, "piet", NOW) as store:
            assert len(journal.entries(store.reader)) == 1
            with pytest.raises(ConfigurationError) as caught, store.transaction():
                pass
    finally:
        os.seteuid(me)
        data.chmod(0o755)
    assert caught.value.problems[0].code == "read-only"
    assert "nothing was changed" in str(caught.value)


def test_a_locked_store_names_who_holds_it(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    with opened.change(who="piet"), pytest.raises(ConflictError) as caught, opened.change(who="jan"):
        pass
    (problem,) = caught.value.problems
    assert problem.code == "locked"
    assert f"is in use by piet (process {os.getpid()}, since 2026-11-26T17:05:00Z)" in problem.message


def test_a_locked_store_can_still_be_read(opened: Opener) -> None:
    with opened.change() as change:
        change.record("test", "x:1", None, {})
    with opened.change(who="piet"):
        assert len(journal.entries(opened().reader)) == 1


def test_a_file_that_is_no_database_is_damaged_in_one_line(opened: Opener) -> None:
    opened.data.mkdir()
    (opened.data / "ict.db").write_bytes(b"something else" * 500)
    with pytest.raises(ConfigurationError) as caught:
        _ = opened().reader
    assert caught.value.problems[0].code == "damaged"


def test_a_network_file_system_is_refused(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "file_system", lambda _folder: "cifs")
    with pytest.raises(ConfigurationError) as caught, opened.change():
        pass
    assert caught.value.problems[0].code == "network-file-system"
    assert not (opened.data / "ict.db").exists()


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (sqlite3.OperationalError("database or disk is full"), StorageError, "storage"),
        (sqlite3.OperationalError("database is locked"), ConflictError, "locked"),
        (sqlite3.OperationalError("attempt to write a readonly database"), ConfigurationError, "read-only"),
        (sqlite3.DatabaseError("database disk image is malformed"), ConfigurationError, "damaged"),
        (sqlite3.IntegrityError("UNIQUE constraint failed"), StorageError, "storage"),
        (OSError(28, "No space left on device"), StorageError, "storage"),
        (PermissionError(13, "Permission denied"), ConfigurationError, "read-only"),
    ],
)
def test_errors_become_one_line_with_a_code(error: sqlite3.Error | OSError, kind: type, code: str) -> None:
    explained = failures.explain(error, Path("data/ict.db"))
    assert type(explained) is kind
    assert explained.problems[0].code == code
    assert "\n" not in str(explained)


def test_the_file_system_of_a_folder_is_told_on_linux(tmp_path: Path) -> None:
    if not Path("/proc/self/mountinfo").exists():
        pytest.skip("no /proc")
    kind = connection.file_system(tmp_path)
    assert kind
    assert not connection.is_network(kind)
    assert connection.is_network("nfs4")


@pytest.mark.parametrize(
    "text",
    ["database disk image is malformed", "file is not a database", "Could not decode to UTF-8 column 'who'"],
)
def test_a_damaged_store_names_the_copies_that_there_are(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ict.db"
    (problem,) = failures.explain(sqlite3.DatabaseError(text), path).problems
    assert (problem.code, problem.remedy) == ("damaged", "restore a copy: ict store backup makes them")
    (tmp_path / "backups").mkdir()
    (problem,) = failures.explain(sqlite3.DatabaseError(text), path).problems
    assert problem.remedy.endswith(f"; one of before each upgrade lies in {tmp_path / 'backups'}")


def test_a_disk_that_fails_is_said_to(tmp_path: Path) -> None:
    (problem,) = failures.explain(sqlite3.OperationalError("disk I/O error"), tmp_path / "ict.db").problems
    assert "cannot be read or written (disk I/O error)" in problem.message
    assert problem.remedy == "look at the disk; then restore a copy: ict store backup makes them"
