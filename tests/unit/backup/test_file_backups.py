"""Backups that are files: when they were taken, which are read in turn, and the sums that are kept of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import NOW, job
from schoten_ict.backup.ask.filepoints import (
    Copy,
    Said,
    copies,
    in_slice,
    said_by_name,
    slice_of,
    split,
    taken_at,
)
from schoten_ict.backup.ask.sums import Memory, parsed
from schoten_ict.backup.ask.tables import found_table, moment_of
from schoten_ict.backup.facts import Kind
from schoten_ict.backup.order import Deadline, Order, Slice
from schoten_ict.backup.sent.publish import line_of
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.machine import Entry

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "at", "zoned"),
    [
        ("app-2026-11-26.db", "2026-11-26T00:00", False),
        ("app_20261126.dump.gz", "2026-11-26T00:00", False),
        ("app-20261126-0205.dump", "2026-11-26T02:05", False),
        ("app-20261126020509.sql", "2026-11-26T02:05:09", False),
        ("app.2026-11-26T02:05:09Z.sql", "2026-11-26T02:05:09", True),
        ("20261126T020509Z-app.db", "2026-11-26T02:05:09", True),
        ("app-2026.11.26_02h05.db", "2026-11-26T02:05", False),
        ("v2-2026-02-30_of_2026-11-26.db", "2026-11-26T00:00", False),
    ],
)
def test_a_time_in_a_name_is_read(name: str, at: str, zoned: bool) -> None:
    said = said_by_name(name)
    assert said is not None
    assert (said.at, said.zoned) == (datetime.fromisoformat(at).replace(tzinfo=UTC), zoned)


@pytest.mark.parametrize(
    "name", ["app.db", "app-1.db", "app-2026-13-01.db", "app-120261126.db", "app-2026-1-2.db", ""]
)
def test_a_number_that_is_no_time_is_none(name: str) -> None:
    assert said_by_name(name) is None


@given(st.text())
def test_any_name_is_read(name: str) -> None:
    said_by_name(name)


@pytest.mark.parametrize(
    ("said", "modified", "at"),
    [
        (None, NOON, NOON),
        (Said(NOON, zoned=True), NOON + timedelta(hours=3), NOON),
        (Said(NOON, zoned=False), NOON - timedelta(hours=1), NOON - timedelta(hours=1)),  # local, UTC+1
        (Said(NOON, zoned=False), NOON + timedelta(days=2), NOON),  # copied later
        (Said(NOON, zoned=False, day_only=True), NOON + timedelta(hours=20), NOON + timedelta(hours=20)),
        (Said(NOON, zoned=False), NOON - timedelta(days=3), NOON),
    ],
)
def test_a_local_time_gives_way_to_the_moment_of_writing_that_it_fits(
    said: Said | None, modified: datetime, at: datetime
) -> None:
    assert taken_at(said, modified) == at


def test_each_backup_has_its_slice_and_all_are_read_in_turn(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"app-{number}.db").write_bytes(b"x")
        (tmp_path / f"app-{number}.db.sha256").write_bytes(b"x")
        (tmp_path / f"app-{number}.db-wal").write_bytes(b"x")
    order = Order(job(repository={"url": f"{tmp_path}/app-*"}), NOW, Deadline(60))
    found = copies(HereMachine(tmp_path), order)
    assert isinstance(found, list)
    slices = [in_slice(found, Slice(number, 4)) for number in range(1, 5)]
    assert sorted(copy.name for each in slices for copy in each) == sorted(copy.name for copy in found)
    assert len(found) == 30
    assert in_slice(found, Slice(1, 1)) == found[::-1]
    assert {slice_of(copy.name, 1) for copy in found} == {1}


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/backup/app.db", ("/backup", "app.db")),
        ("/app.db", ("/", "app.db")),
        (r"C:\backup\app.db", (r"C:\backup", "app.db")),
        (r"\\srv\share\backup\app.db", (r"\\srv\share\backup", "app.db")),
        (r"/backup/odd\name", ("/backup", r"odd\name")),
    ],
)
def test_paths_of_windows_and_of_posix_are_split(path: str, parts: tuple[str, str]) -> None:
    assert split(path) == parts


def test_manifests_of_gnu_and_bsd_are_read() -> None:
    digest = "aB" * 32
    text = f"{digest}  app.db\n{digest} *sub/b.db\r\nSHA256 (c d.db) = {digest}\n\\{digest}  a\\nb\\\\c\nno line\n"
    assert parsed(text) == dict.fromkeys(("app.db", "sub/b.db", "c d.db", "a\nb\\c"), digest.lower())


@given(st.text(min_size=1, max_size=30).filter(lambda name: not set(name) & {"\0"}))
def test_a_line_that_is_written_is_read_again(name: str) -> None:
    digest = "0f" * 32
    assert parsed(line_of(digest, name)) == {name: digest}


@given(st.text())
def test_any_manifest_is_read(text: str) -> None:
    assert all(len(digest) == 64 for digest in parsed(text).values())


@pytest.mark.parametrize(
    ("value", "at", "zoned"),
    [
        ("2026-11-26", "2026-11-26T00:00", False),
        ("2026-11-26 02:05", "2026-11-26T02:05", False),
        ("2026-11-26 02:05:09.123456", "2026-11-26T02:05:09.123456", False),
        ("2026-11-26T02:05:09.5Z", "2026-11-26T02:05:09.5", True),
        ("2026-11-26 02:05:09+01", "2026-11-26T01:05:09", True),
        ("2026-11-26 02:05:09.123456789-0330", "2026-11-26T05:35:09.123456", True),
        (1795658709, "2026-11-26T02:05:09", True),
        ("1795658709", "2026-11-26T02:05:09", True),
        (1795658709123, "2026-11-26T02:05:09.123", True),
        (2461370.5, "2026-11-26T00:00", True),
    ],
)
def test_times_of_databases_are_read(value: str | float, at: str, zoned: bool) -> None:
    moment = moment_of(value)
    assert moment is not None
    assert abs(moment.at - datetime.fromisoformat(at).replace(tzinfo=UTC)) < timedelta(milliseconds=1)
    assert moment.zoned is zoned


@pytest.mark.parametrize(
    "value", [None, "", "later", "infinity", "-infinity", "nan", 20261126, "2026-13-01", -5, "1e400"]
)
def test_what_is_no_time_is_none(value: str | int | None) -> None:
    assert moment_of(value) is None


@given(st.none() | st.text() | st.integers() | st.floats() | st.from_regex(r"\d{4}-\d\d-\d\d.{0,20}"))
def test_any_value_is_a_time_or_none(value: str | float | None) -> None:
    moment_of(value)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("orders", "public.orders"),
        ("gis.orders", "gis.orders"),
        ("ORDERS", "public.orders"),
        ("Roads", "gis.Roads"),
        ("roads", "gis.Roads"),
        ("nothing", None),
    ],
)
def test_a_declared_table_is_found_in_its_schema(name: str, found: str | None) -> None:
    assert found_table(name, {"gis.Roads": 1, "gis.orders": 2, "public.orders": 3}) == found


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"repository": "/backup", "sums": {"a": 1}}', b'{"repository": "/backup"}', b"\xff"],
)
def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sums.json").write_bytes(content)
    order = Order(job(), NOW, Deadline(60), state=tmp_path)
    copy = Copy("a", "/backup/a", Entry("/backup/a", 1, NOON), NOON)
    memory = Memory(order)
    assert memory.differs(copy, "1") == []
    memory.keep([copy])
    assert [fault.kind for fault in Memory(order).differs(copy, "2")] == [Kind.CHANGED]
