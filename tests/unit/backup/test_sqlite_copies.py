"""Copies of SQLite databases: what is wrong with one is found and named, and a right one is proven."""

import gzip
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schoten_ict.backup.ask.sqlite import observe, take
from schoten_ict.backup.ask.sqlite_said import database, look_of
from schoten_ict.backup.facts import BackupFacts, Kind, Probe
from schoten_ict.backup.order import Deadline, Order, Slice
from schoten_ict.backup.sent.sqlite import _opened
from schoten_ict.backup.sent.sqlite_file import header_of
from schoten_ict.backup.sent.streams import Clock
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.inventory.fields import decode
from schoten_ict.inventory.sections.backups import BackupJob

ROWS = 2000
NEWEST = "2026-11-27 01:00:00"
NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
DECLARED = {"name": "app", "tables": {"orders": 100}, "newest": {"table": "orders", "column": "made_at"}}
BLOB = b"scan of a letter " * 1000
Damage = Callable[[Path], None]


class Shelf:
    """A workspace with a live database, and a folder with copies of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.live = root / "app.db"
        self.folder = root / "backup"
        self.folder.mkdir()
        self.machine = HereMachine(root)
        with closing(sqlite3.connect(self.live)) as database:
            fill(database)

    def copy(self, name: str = "app-1.db", at: datetime = NIGHT) -> Path:
        """A right copy of the live database, made at this time."""
        path = self.folder / name
        with closing(sqlite3.connect(self.live)) as live, closing(sqlite3.connect(path)) as made:
            live.backup(made)
        return dated(path, at)

    def order(self, declared: dict[str, Any] | None = None, **more: Any) -> Order:
        """A deep look at all copies."""
        plain = {
            "name": "app",
            "engine": "sqlite",
            "source": {"database": DECLARED, "paths": ["app.db"]},
            "repository": {"url": "backup/app-*"},
            "rpo": "26h",
            "verify": {"scratch": str(self.root / "scratch")},
        }
        job = msgspec.convert(plain | (declared or {}), BackupJob, dec_hook=decode)
        deep: dict[str, Any] = {"read": Slice(1, 1), "sample": 20, "owner": "t"}
        return Order(job, NOW, Deadline(60), **(deep | more))

    def look(self, declared: dict[str, Any] | None = None, **more: Any) -> BackupFacts:
        """What the engine sees."""
        return observe(self.machine, self.order(declared, **more))


def fill(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT, made_at TEXT)")
    database.execute("CREATE TABLE letters (id INTEGER PRIMARY KEY, scan BLOB)")
    database.executemany(
        "INSERT INTO orders VALUES (?, ?, ?)", [(number, f"chair {number}", NEWEST) for number in range(ROWS)]
    )
    database.executemany("INSERT INTO letters VALUES (?, ?)", [(number, BLOB) for number in range(20)])
    database.execute("CREATE INDEX by_what ON orders (what)")
    database.commit()


def dated(path: Path, at: datetime) -> Path:
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def listed(*paths: Path) -> None:
    """A manifest beside each of these, of what they are now."""
    import hashlib

    for path in paths:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(path.name + ".sha256").write_text(f"{digest}  {path.name}\n")


def kinds(probe: Probe | None) -> set[Kind]:
    assert probe is not None
    return {fault.kind for fault in probe.faults}


def words(probe: Probe | None) -> str:
    assert probe is not None
    return "; ".join(fault.message for fault in probe.faults) + (
        f"; {probe.blocked.message}" if probe.blocked else ""
    )


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def changed(path: Path, content: bytes) -> None:
    """Other bytes, the same time."""
    status = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def flipped(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x40
    changed(path, bytes(content))


def emptied(path: Path) -> None:
    changed(path, b"")


def cut_in_half(path: Path) -> None:
    changed(path, path.read_bytes()[: path.stat().st_size // 2])


def cut_by_a_page(path: Path) -> None:
    changed(path, path.read_bytes()[:-4096])


def cut_in_a_page(path: Path) -> None:
    changed(path, path.read_bytes()[:-1000])


def cut_to_nearly_nothing(path: Path) -> None:
    changed(path, path.read_bytes()[:60])


def encrypted(path: Path) -> None:
    changed(path, os.urandom(path.stat().st_size))


def page_overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 4] = bytes(range(256)) * 16
    changed(path, bytes(content))


def zipped_and_flipped(path: Path) -> None:
    packed = bytearray(gzip.compress(path.read_bytes()))
    packed[len(packed) // 2] ^= 0x10
    changed(path, bytes(packed))


def zipped_and_cut(path: Path) -> None:
    changed(path, gzip.compress(path.read_bytes())[:-2000])


def nothing_zipped(path: Path) -> None:
    changed(path, gzip.compress(b""))


def test_a_right_copy_is_proven_with_its_numbers(shelf: Shelf) -> None:
    path = shelf.copy()
    facts = shelf.look(drill=True)
    assert facts.access.proven
    assert [(point.id, point.at, point.complete) for point in facts.points or ()] == [
        ("app-1.db", NIGHT, True)
    ]
    for probe in (facts.structure, facts.database, facts.drill, facts.reads[0].probe):
        assert probe is not None
        assert probe.proven
    assert facts.database is not None
    assert facts.database.told == {"tables": 2, "rows": ROWS + 20, "newest": "2026-11-27T01:00:00Z"}
    assert facts.drill is not None
    assert facts.drill.told["bytes"] == path.stat().st_size
    assert list((shelf.root / "scratch").iterdir()) == []


def test_the_copies_are_not_written_to(shelf: Shelf) -> None:
    with closing(sqlite3.connect(shelf.live)) as live:
        live.execute("PRAGMA journal_mode=WAL")
    path = shelf.copy()
    before = {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in shelf.folder.iterdir()}
    assert shelf.look(drill=True).structure
    assert path in before
    assert {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in shelf.folder.iterdir()} == before


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (emptied, Kind.EMPTY),
        (cut_in_half, Kind.TRUNCATED),
        (cut_by_a_page, Kind.TRUNCATED),
        (cut_in_a_page, Kind.TRUNCATED),
        (cut_to_nearly_nothing, Kind.TRUNCATED),
        (encrypted, Kind.DATABASE),
        (page_overwritten, Kind.DATABASE),
        (zipped_and_flipped, Kind.DATA),
        (zipped_and_cut, Kind.TRUNCATED),
        (nothing_zipped, Kind.EMPTY),
    ],
)
def test_damage_is_found_and_named_without_any_manifest(shelf: Shelf, damage: Damage, kind: Kind) -> None:
    damage(shelf.copy())
    facts = shelf.look(drill=True)
    found = kinds(facts.structure) | kinds(facts.database)
    assert kind in found
    assert kind in kinds(facts.reads[0].probe)
    assert facts.drill is not None
    assert not facts.drill.proven
    assert [point.complete for point in facts.points or ()] == [False]


def test_changed_bytes_in_a_value_are_said_to_be_unseen_and_a_manifest_finds_them(shelf: Shelf) -> None:
    path = shelf.copy()
    listed(path)
    flipped(path, path.read_bytes().index(BLOB[:200]) + 100)
    facts = shelf.look()
    assert kinds(facts.structure) == {Kind.MANIFEST}
    assert kinds(facts.sample) == {Kind.MANIFEST}
    assert facts.database is not None
    assert facts.database.proven
    path.with_name("app-1.db.sha256").unlink()
    facts = shelf.look()
    assert facts.structure is not None
    assert "values whose bytes changed are not seen" in facts.structure.weak
    assert facts.sample is None
    assert "sample" in facts.cannot


def test_a_copy_that_changes_after_it_was_read_is_found_without_any_manifest(shelf: Shelf) -> None:
    state = shelf.root / "state"
    state.mkdir()
    timed, undated = (
        shelf.copy("app-20261127T020000Z.db"),
        shelf.copy("app-friday.db", NIGHT - timedelta(days=1)),
    )
    place = timed.read_bytes().index(BLOB[:200]) + 100
    for _ in range(2):
        assert not shelf.look(state=state).reads[0].probe.faults
    flipped(timed, place)
    flipped(undated, place)
    faults = shelf.look(state=state).reads[0].probe.faults
    assert {(fault.kind, fault.where) for fault in faults} == {
        (Kind.CHANGED, timed.name),
        (Kind.CHANGED, undated.name),
    }
    assert "changed since 2026-11-27, when it was first read; one of the two is wrong" in faults[0].message
    for path in (timed, undated):
        dated(path, NOW)
    faults = shelf.look(state=state).reads[0].probe.faults
    assert [fault.where for fault in faults] == [timed.name], "one without a time in its name was made anew"
    assert not shelf.look({"repository": {"url": "backup/app-2*"}}, state=state).reads[0].probe.faults


@pytest.mark.parametrize("read", [Slice(1, 50), None], ids=["a slice", "nothing"])
@pytest.mark.parametrize("back", [0, 300_000_000], ids=["exactly", "to the second"])
def test_rot_in_the_newest_copy_shows_at_the_next_look_whatever_is_read(
    shelf: Shelf, read: Slice | None, back: int
) -> None:
    state = shelf.root / "state"
    state.mkdir()
    shelf.copy("app-2.db", NIGHT - timedelta(days=1))
    path = shelf.copy()
    looking: dict[str, Any] = {"state": state, "read": read, "sample": 0}
    whole, at = path.read_bytes(), int(NIGHT.timestamp()) * 1_000_000_000
    os.utime(path, ns=(at, at + back))
    assert (shelf.look(**looking).structure or Probe()).proven
    flipped(path, whole.index(BLOB[:200]) + 100)
    os.utime(path, ns=(at, at))
    facts = shelf.look(**looking, drill=True)
    assert kinds(facts.structure) == kinds(facts.drill) == {Kind.CHANGED}
    assert [point.complete for point in facts.points or ()][-1] is False
    changed(path, whole)
    assert (shelf.look(**looking).structure or Probe()).proven


def test_a_right_copy_that_comes_back_is_not_called_damaged(shelf: Shelf) -> None:
    state = shelf.root / "state"
    state.mkdir()
    path = shelf.copy()
    whole = path.read_bytes()
    flipped(path, whole.index(BLOB[:200]) + 100)
    assert (shelf.look(state=state).structure or Probe()).proven, "nobody knows better yet"
    changed(path, whole)
    probe = shelf.look(state=state).structure
    assert kinds(probe) == {Kind.CHANGED}
    assert "one of the two is wrong" in words(probe)


def test_a_copy_that_was_still_being_written_is_not_held_against_itself(shelf: Shelf) -> None:
    state = shelf.root / "state"
    state.mkdir()
    path = shelf.copy("app-20261127T020000Z.db")
    whole = path.read_bytes()
    cut_in_half(path)
    assert kinds(shelf.look(state=state).structure) == {Kind.TRUNCATED}
    path.write_bytes(whole)
    assert (shelf.look(state=state).structure or Probe()).proven


def test_the_copy_of_the_latest_day_is_the_newest_whenever_the_files_were_written(shelf: Shelf) -> None:
    shelf.copy("app-20261127.db", NIGHT)
    shelf.copy("app-20261126.db", NIGHT + timedelta(minutes=1))
    emptied(shelf.folder / "app-20261127.db")
    facts = shelf.look()
    assert kinds(facts.structure) == {Kind.EMPTY}
    assert [point.id for point in facts.points or ()] == ["app-20261126.db", "app-20261127.db"]


def test_a_declared_manifest_must_be_there_and_name_the_copy(shelf: Shelf) -> None:
    path = shelf.copy()
    repository = {"url": "backup/app-*", "manifest": "backup/SUMS"}
    assert "is not there" in words(shelf.look({"repository": repository}).structure)
    (shelf.folder / "SUMS").write_text(f"{'0' * 64}  other.db\n")
    assert "does not name app-1.db" in words(shelf.look({"repository": repository}).structure)
    listed(path)
    (path.with_name("app-1.db.sha256")).rename(shelf.folder / "SUMS")
    facts = shelf.look({"repository": repository})
    assert facts.structure is not None
    assert facts.structure.proven
    assert facts.structure.weak == ""


def test_a_packed_copy_is_unpacked_within_its_limit(shelf: Shelf) -> None:
    path = shelf.copy("app-1.db.gz")
    changed(path, gzip.compress(path.read_bytes()))
    assert shelf.look().database == replace(shelf.look().database or Probe())
    assert (shelf.look().database or Probe()).told["rows"] == ROWS + 20
    verify = {"scratch": str(shelf.root / "scratch"), "scratch_limit": "300kB"}
    facts = shelf.look({"verify": verify})
    assert facts.database is not None
    assert facts.database.blocked is not None
    assert facts.database.blocked.kind is Kind.NO_SPACE
    assert list((shelf.root / "scratch").iterdir()) == []


def test_a_copy_larger_than_the_limit_is_not_begun(shelf: Shelf) -> None:
    shelf.copy()
    verify = {"scratch": str(shelf.root / "scratch"), "scratch_limit": "10kB"}
    facts = shelf.look({"verify": verify}, drill=True)
    for probe in (facts.structure, facts.database, facts.drill, facts.reads[0].probe):
        assert probe is not None
        assert probe.blocked is not None
        assert probe.blocked.kind is Kind.NO_SPACE


@pytest.fixture
def logged(shelf: Shelf) -> Iterator[sqlite3.Connection]:
    """A live database in WAL mode whose last rows are in the log alone."""
    with closing(sqlite3.connect(shelf.live)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA wal_autocheckpoint=0")
        for number in range(20):
            database.execute("INSERT INTO orders VALUES (?, 'desk', ?)", (ROWS + number, NEWEST))
            database.commit()
        yield database


def plainly_copied(shelf: Shelf, *suffixes: str) -> Path:
    path = shelf.folder / "app-1.db"
    for suffix in ("", *suffixes):
        shutil.copy(f"{shelf.live}{suffix}", f"{path}{suffix}")
    return dated(path, NIGHT)


def test_a_copy_with_its_log_is_proven_with_what_is_in_the_log(
    shelf: Shelf, logged: sqlite3.Connection
) -> None:
    plainly_copied(shelf, "-wal")
    facts = shelf.look()
    assert facts.structure is not None
    assert facts.structure.proven
    assert facts.database is not None
    assert facts.database.told["rows"] == ROWS + 40


def test_rows_that_were_in_a_missing_log_are_named_so(shelf: Shelf, logged: sqlite3.Connection) -> None:
    plainly_copied(shelf)
    least = {"name": "app", "tables": {"orders": ROWS + 10}}
    facts = shelf.look({"source": {"database": least}})
    assert kinds(facts.database) == {Kind.WAL}
    assert f"table orders has {ROWS} rows, at least {ROWS + 10} declared" in words(facts.database)
    facts = shelf.look({"source": {}})
    assert facts.structure is not None
    assert "without its log beside it" in facts.structure.weak


def test_a_database_that_was_all_in_its_log_is_no_empty_database(shelf: Shelf, tmp_path: Path) -> None:
    shelf.live.unlink()
    with closing(sqlite3.connect(shelf.live)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        fill(database)
        plainly_copied(shelf)
    assert kinds(shelf.look({"source": {}}).database) == {Kind.WAL}


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda log: flipped(log, 5), "damaged"),
        (lambda log: flipped(log, 32 + 3 * (24 + 4096) + 1000), "frames of its write-ahead log can be used"),
        (lambda log: changed(log, log.read_bytes()[:-1000]), "ends in the middle of a frame"),
        (lambda log: changed(log, log.read_bytes()[:20]), "damaged"),
    ],
)
def test_a_damaged_log_which_sqlite_leaves_out_in_silence_is_found(
    shelf: Shelf, logged: sqlite3.Connection, damage: Damage, told: str
) -> None:
    path = plainly_copied(shelf, "-wal")
    damage(path.with_name("app-1.db-wal"))
    facts = shelf.look()
    assert kinds(facts.structure) == {Kind.WAL}
    assert told in words(facts.structure)


def test_a_log_of_another_database_is_found(shelf: Shelf, logged: sqlite3.Connection) -> None:
    path = plainly_copied(shelf)
    with closing(sqlite3.connect(shelf.root / "other.db")) as other:
        other.execute("PRAGMA page_size=1024")
        other.execute("PRAGMA journal_mode=WAL")
        fill(other)
        shutil.copy(shelf.root / "other.db-wal", f"{path}-wal")
    assert "that of another database" in words(shelf.look().structure)


def test_a_journal_that_names_another_file_is_not_followed(shelf: Shelf) -> None:
    path, victim = shelf.copy(), shelf.root / "victim"
    victim.write_bytes(b"must stay")
    name = str(victim).encode()
    end = len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
    path.with_name("app-1.db-journal").write_bytes(
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504) + bytes(4) + name + end
    )
    facts = shelf.look()
    assert victim.read_bytes() == b"must stay"
    assert Kind.OTHER in kinds(facts.structure)
    assert facts.database is not None
    assert not facts.database.proven


@pytest.mark.parametrize(
    ("database", "told"),
    [
        ({"name": "app", "tables": {"invoices": 0}}, "1 table missing: invoices"),
        (
            {"name": "app", "tables": {"orders": ROWS + 1}},
            f"table orders has {ROWS} rows, at least {ROWS + 1}",
        ),
        ({"name": "app", "tables": {"recent": 0}}, "1 table missing: recent (recent is a view)"),
        (DECLARED | {"newest": {"table": "gone", "column": "at"}}, "1 table missing: gone"),
        (DECLARED | {"newest": {"table": "orders", "column": "no_such"}}, "holds no value at all"),
        (
            DECLARED | {"newest": {"table": "orders", "column": "made_at", "within": "30min"}},
            "1 h before the backup",
        ),
    ],
)
def test_what_was_declared_and_is_not_there_is_named(
    shelf: Shelf, database: dict[str, Any], told: str
) -> None:
    with closing(sqlite3.connect(shelf.live)) as live:
        live.execute("CREATE VIEW recent AS SELECT * FROM orders")
    shelf.copy()
    facts = shelf.look({"source": {"database": database}})
    assert kinds(facts.database) == {Kind.TABLES}
    assert told in words(facts.database)


@pytest.mark.parametrize("value", ["2027-06-01 00:00:00", "later", "20261126"])
def test_a_newest_value_that_shows_nothing_is_unknown(shelf: Shelf, value: str) -> None:
    with closing(sqlite3.connect(shelf.live)) as live:
        live.execute("UPDATE orders SET made_at = ?", (value,))
        live.commit()
    shelf.copy()
    database = shelf.look().database
    assert database is not None
    assert database.blocked is not None
    assert database.blocked.kind is Kind.NOT_PROVABLE


def test_an_empty_database_is_empty(shelf: Shelf) -> None:
    shelf.live.unlink()
    with closing(sqlite3.connect(shelf.live)) as live:
        live.execute("CREATE TABLE t (i)")
        live.execute("DROP TABLE t")
    shelf.copy()
    assert kinds(shelf.look({"source": {}}).database) == {Kind.EMPTY}


def test_rows_without_the_rows_they_refer_to_are_told(shelf: Shelf) -> None:
    with closing(sqlite3.connect(shelf.live)) as live:
        live.execute("CREATE TABLE lines (id INTEGER, of INTEGER REFERENCES orders (id))")
        live.execute("INSERT INTO lines VALUES (1, 99999)")
        live.commit()
    shelf.copy()
    database = shelf.look().database
    assert database is not None
    assert database.told["orphans"] == 1
    assert "1 row refer to rows that are not there (in lines)" in database.weak


def test_a_look_that_runs_out_of_time_is_unknown(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shelf.copy()
    monkeypatch.setattr("schoten_ict.backup.sent.sqlite._STEPS", 1)
    seen = _opened(f"{path.as_uri()}?mode=ro", Clock(-1), None)
    header = header_of(path.read_bytes())
    look = look_of({"size": 1, "sha256": "", "unpacked": 1, "header": header, **seen})
    probe = database(look, shelf.order(), NIGHT)
    assert not probe.faults
    assert probe.blocked is not None
    assert probe.blocked.kind is Kind.TIMEOUT
    facts = observe(shelf.machine, replace(shelf.order(), deadline=Deadline(0)))
    assert facts.structure is not None
    assert facts.structure.blocked is not None
    assert facts.structure.blocked.kind is Kind.TIMEOUT


def test_every_copy_is_read_in_its_slice_and_only_there(shelf: Shelf) -> None:
    for number in range(8):
        shelf.copy(f"app-{number}.db", NIGHT - timedelta(days=number))
    flipped(shelf.folder / "app-5.db", 4096 * 3 + 8)
    bad = []
    read = 0
    for number in range(1, 4):
        facts = shelf.look(read=Slice(number, 3))
        (probe,) = [each.probe for each in facts.reads]
        read += int(probe.told["backups"])
        if probe.faults:
            bad.append(probe.faults[0].where)
            assert [each.id for each in facts.points or () if each.complete is False] == ["app-5.db"]
    assert read == 8
    assert bad == ["app-5.db"]


def test_a_bad_newest_copy_is_kept_in_mind_in_its_own_slice(shelf: Shelf) -> None:
    emptied(shelf.copy())
    own = {number: shelf.look(read=Slice(number, 50)).reads for number in (1, 2)}
    for reads in own.values():
        assert any(Kind.EMPTY in kinds(each.probe) for each in reads)
    assert len({each.number for reads in own.values() for each in reads if each.probe.faults}) == 1


def test_the_live_database_must_not_have_more(shelf: Shelf) -> None:
    shelf.copy()
    source: dict[str, Any] = {"source": lambda _: HereMachine(shelf.root)}
    dated(shelf.live, NIGHT - timedelta(hours=1))
    probe = shelf.look(**source).source
    assert probe is not None
    assert probe.proven
    assert probe.told["rows"] == ROWS + 20
    with closing(sqlite3.connect(shelf.live)) as live:
        live.execute("DELETE FROM orders WHERE id = 5")
        live.commit()
    dated(shelf.live, NIGHT - timedelta(hours=1))
    assert kinds(shelf.look(**source).source) == {Kind.DIFFERS}
    dated(shelf.live, NIGHT + timedelta(hours=1))
    assert (shelf.look(**source).source or Probe()).proven
    with closing(sqlite3.connect(shelf.live)) as live:
        live.execute("INSERT INTO orders SELECT id + 100000, what, made_at FROM orders")
        live.execute("INSERT INTO orders SELECT id + 1000000, what, made_at FROM orders")
        live.commit()
    assert kinds(shelf.look(**source).source) == {Kind.TABLES}


def test_the_live_database_in_wal_mode_gets_no_files_beside_it(shelf: Shelf) -> None:
    with closing(sqlite3.connect(shelf.live)) as live:
        live.execute("PRAGMA journal_mode=WAL")
    shelf.copy()
    before = sorted(shelf.root.iterdir())
    assert (shelf.look(source=lambda _: HereMachine(shelf.root)).source or Probe()).proven
    assert sorted(set(shelf.root.iterdir()) - {shelf.root / "scratch"}) == before


def test_a_live_database_that_is_gone_blames_nobody(shelf: Shelf) -> None:
    shelf.copy()
    shelf.live.unlink()
    probe = shelf.look(source=lambda _: HereMachine(shelf.root)).source
    assert probe is not None
    assert probe.blocked is not None
    assert not probe.faults


def test_no_folder_is_no_repository_and_an_empty_one_holds_nothing(shelf: Shelf) -> None:
    assert shelf.look().points == ()
    shelf.folder.rmdir()
    facts = shelf.look()
    assert facts.points is None
    assert kinds(facts.access) == {Kind.NO_REPOSITORY}


def test_a_look_at_the_list_opens_nothing(shelf: Shelf) -> None:
    shelf.copy()
    facts = shelf.look(deep=False)
    assert [point.id for point in facts.points or ()] == ["app-1.db"]
    assert (facts.structure, facts.database, facts.reads) == (None, None, ())


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_copy_that_is_taken_is_whole_and_proven_by_its_sum(shelf: Shelf, mode: str) -> None:
    with closing(sqlite3.connect(shelf.live)) as live:
        live.execute(f"PRAGMA journal_mode={mode}")
        live.execute("INSERT INTO orders VALUES (777777, 'lamp', '2026-11-27 05:59:00')")
        live.commit()
        declared = {"repository": {"url": "backup/app-*.db"}}
        taken = take(shelf.machine, shelf.order(declared))
    assert (taken.point_id, taken.complete, taken.faults) == ("app-20261127T060000Z.db", True, ())
    facts = shelf.look(declared)
    assert [(point.id, point.at, point.complete) for point in facts.points or ()] == [
        (taken.point_id, NOW, True)
    ]
    assert facts.structure is not None
    assert facts.structure.proven
    assert facts.structure.weak == ""
    assert (facts.database or Probe()).told["newest"] == "2026-11-27T05:59:00Z"
    assert (facts.sample or Probe()).told["manifest"] == "sha256"
    assert sorted(each.name for each in shelf.folder.iterdir()) == [
        taken.point_id,
        f"{taken.point_id}.sha256",
    ]


def test_a_taken_copy_is_added_to_the_declared_manifest(shelf: Shelf) -> None:
    repository = {"url": "backup/app-*.db", "manifest": "backup/SUMS"}
    (shelf.folder / "SUMS").write_text(f"{'1' * 64}  older.db")
    for _ in range(2):
        assert take(shelf.machine, shelf.order({"repository": repository})).complete
    lines = (shelf.folder / "SUMS").read_text().splitlines()
    assert [line[66:] for line in lines] == ["older.db", "app-20261127T060000Z.db"]
    assert (shelf.look({"repository": repository}).structure or Probe()).proven


def test_what_a_killed_run_left_is_removed_by_the_next(shelf: Shelf) -> None:
    (shelf.folder / ".app-20261126T060000Z.db.ict-partial").write_bytes(b"half")
    assert take(shelf.machine, shelf.order({"repository": {"url": "backup/app-*.db"}})).complete
    assert not [each for each in shelf.folder.iterdir() if each.name.endswith("partial")]


def test_a_damaged_live_database_gives_no_complete_copy(shelf: Shelf) -> None:
    page_overwritten(shelf.live)
    taken = take(shelf.machine, shelf.order({"repository": {"url": "backup/app-*.db"}}))
    assert not taken.complete
    assert {fault.kind for fault in taken.faults} <= {Kind.DATABASE, Kind.PROTOCOL}
    assert taken.faults


def test_nothing_is_taken_without_knowing_what_and_where(shelf: Shelf) -> None:
    with pytest.raises(ConfigurationError, match="which database to copy"):
        take(shelf.machine, shelf.order({"source": {}}))
    with pytest.raises(ConfigurationError, match="does not say how a new backup is called"):
        take(shelf.machine, shelf.order({"repository": {"url": "backup/app-*-*.db"}}))


def test_a_missing_live_database_is_no_backup(shelf: Shelf) -> None:
    shelf.live.unlink()
    taken = take(shelf.machine, shelf.order({"repository": {"url": "backup/app-*.db"}}))
    assert (taken.point_id, taken.complete) == ("", False)
    assert not shelf.live.exists()
    assert list(shelf.folder.iterdir()) == []
