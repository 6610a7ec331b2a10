"""What borg lists, and the files of a repository: read, or refused by their one documented error."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.backup.ask.borg.files import (
    Repository,
    Settings,
    holder_of,
    roster_of,
    segments_in_use,
    settings_of,
)
from schoten_ict.backup.ask.borg.lists import (
    BorgOutputError,
    archives,
    change_of,
    item_of,
    stats_of,
)
from schoten_ict.backup.order import Slice
from schoten_ict.core.machine import Entry

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def archive(name: str, start: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "barchive": name, "id": f"{name}-id", "start": start, **more}


def listed(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"archives": rows, "encryption": {"mode": "repokey"}}).encode()


def test_archives_are_points_in_utc_oldest_first() -> None:
    rows = (
        archive("b", "2026-10-25T01:30:00.000000", end="2026-10-25T01:31:30.000000", hostname="srv"),
        archive("a", "2026-10-25T00:30:00.000000", command_line=["borg", "create", "r::a", "/srv"]),
    )
    first, last = archives(listed(*rows))
    assert (first.name, first.point.at.isoformat()) == ("a", "2026-10-25T00:30:00+00:00")
    assert first.command == ("borg", "create", "r::a", "/srv")
    assert (last.point.id, last.point.host, last.point.seconds) == ("b-id", "srv", 90.0)
    assert first.point.seconds is None


@pytest.mark.parametrize("name", ["a.checkpoint", "a.checkpoint.3", "x.checkpoint.checkpoint"])
def test_what_an_interrupted_backup_left_is_no_point(name: str) -> None:
    assert archives(listed(archive(name, "2026-11-27T00:00:00"))) == ()


@pytest.mark.parametrize(
    "row",
    [{"name": "a"}, archive("a", "yesterday"), archive("a", "2026-11-27T00:00:00") | {"id": None}],
)
def test_an_archive_without_name_id_or_time_refuses_the_whole_list(row: dict[str, Any]) -> None:
    with pytest.raises(BorgOutputError):
        archives(listed(archive("b", "2026-11-27T00:00:00"), row))


def test_statistics_are_those_of_the_one_archive() -> None:
    stats = {"nfiles": 21, "original_size": 900, "compressed_size": 700, "deduplicated_size": 5}
    for row in ({"archives": [{"id": "x", "stats": stats}]}, {"archive": {"id": "x", "stats": stats}}):
        found = stats_of(json.dumps(row).encode())
        assert (found.id, found.files, found.size, found.packed) == ("x", 21, 900, 5)
    for broken in (b"", b"{}", b'{"archives": []}', b'{"archive": {"stats": {"nfiles": -1}}}'):
        with pytest.raises(BorgOutputError):
            stats_of(broken)


def test_an_item_tells_links_from_second_names() -> None:
    plain = item_of(b'{"type": "-", "path": "a", "size": 3, "mtime": "2026-11-27T01:02:03.000004"}')
    assert (plain.is_second_name, plain.healthy) == (False, True)
    assert plain.modified.isoformat() == "2026-11-27T01:02:03.000004+00:00"
    assert item_of(b'{"type": "-", "path": "b", "source": "a"}').is_second_name
    assert not item_of(b'{"type": "l", "path": "c", "source": "a"}').is_second_name
    assert item_of(b'{"type": "-", "path": "a", "mtime": "0000-00-00"}').modified.year == 1970


def test_a_difference_is_one_of_content() -> None:
    rows = {
        '{"path": "a", "changes": [{"type": "added", "size": 6}]}': ("added", 6),
        '{"path": "a", "changes": [{"type": "removed", "size": 6}]}': ("removed", 0),
        '{"path": "a", "changes": [{"type": "mode"}, {"type": "modified", "added": 2, "removed": 9}]}': ("modified", 2),
        '{"path": "a", "changes": [{"type": "modified"}]}': ("modified", 0),
    }  # fmt: skip
    for line, expected in rows.items():
        change = change_of(line.encode())
        assert change is not None
        assert (change.what, change.added) == expected
    for what in ("mtime", "ctime", "mode", "owner", "added directory", "changed link"):
        assert change_of(json.dumps({"path": "a", "changes": [{"type": what}]}).encode()) is None


CONFIG = f"""[repository]
version = 1
segments_per_dir = 1000
append_only = 1
id = {"ab" * 32}
key = hqlhbGdvcml0aG2mc2hhMjU2
\tpGRhdGHaAN5
"""


def test_the_settings_are_read_or_the_reason_told() -> None:
    assert settings_of(CONFIG.encode()) == Settings("ab" * 32, 1000, append_only=True)
    broken = (
        CONFIG.replace("[repository]", ""),
        CONFIG.replace("version = 1", "version = 2"),
        CONFIG.replace("ab" * 32, "ab" * 31),
        CONFIG.replace("1000", "0"),
        CONFIG.replace("append_only = 1", "append_only = perhaps"),
        "",
    )
    for text in broken:
        with pytest.raises(BorgOutputError):
            settings_of(text.encode())


def test_hints_tell_which_segments_hold_something() -> None:
    hints = msgspec.msgpack.encode({"version": 2, "segments": {2: 5, 3: 0, 7: 1}, "compact": {3: 40}})
    assert segments_in_use(hints) == frozenset({2, 7})
    identity = b"\xd9\x20" + bytes(range(200, 232))  # as borg writes ids: text that is none
    old = b"\x82\xa8segments\x81\x05\x01\xacshadow_index\x81" + identity + b"\x91\x03"
    assert segments_in_use(old) == frozenset({5})
    assert segments_in_use(hints[:-9]) is None


def test_locks_name_their_holders() -> None:
    holder = holder_of("srv.schoten.test@2485377892354.4711-0")
    assert holder is not None
    assert (holder.name, holder.process, holder.exclusive) == ("srv.schoten.test", 4711, True)
    assert holder_of("x") is None
    roster = b'{"exclusive": [["a@1", 7, 0]], "shared": [["b@2", 8, 1]]}'
    assert [(each.name, each.process, each.exclusive) for each in roster_of(roster)] == [
        ("a", 7, True), ("b", 8, False),
    ]  # fmt: skip
    assert roster_of(b"half a ro") == []


SIZES = st.dictionaries(st.integers(0, 5000), st.integers(0, 200_000), min_size=1, max_size=40)


@given(SIZES, st.integers(1, 30), st.integers(0, 5000))
def test_slices_cover_every_committed_segment_and_never_move(
    sizes: dict[int, int], of: int, last: int
) -> None:
    def repository(known: dict[int, int]) -> Repository:
        entries = {number: Entry(f"0/{number}", size, NOW) for number, size in known.items()}
        return Repository("/r", Settings("", 1000, append_only=False), entries, frozenset(), 1, last, (), ())

    whole = repository(sizes)
    shares = [set(whole.share(Slice(number, of))) for number in range(1, of + 1)]
    assert set.union(*shares) == set(whole.committed) == {number for number in sizes if number <= last}
    large = {number for number in whole.committed if sizes[number] >= 64 * 1024}
    assert sum(len(share & large) for share in shares) == len(large)
    fewer = dict(list(sizes.items())[::2])
    for number, share in enumerate(shares, 1):
        assert set(repository(fewer).share(Slice(number, of))) == share & set(fewer)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
KEYS = st.sampled_from(
    ["archives", "archive", "name", "barchive", "id", "start", "end", "stats", "nfiles", "original_size", "type",
     "deduplicated_size", "path", "size", "mtime", "healthy", "source", "changes", "added", "exclusive", "shared"]
)  # fmt: skip
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5)
)
FOREIGN = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())


@given(FOREIGN)
def test_foreign_bytes_are_read_or_refused(content: bytes) -> None:
    for read in (archives, stats_of, item_of, change_of, settings_of):
        with suppress(BorgOutputError):
            read(content)
    segments_in_use(content)
    roster_of(content)
    holder_of(content.decode("utf-8", "surrogateescape"))


@given(st.text(alphabet="[]=%\n\t repositoyvn1d:;#ab\0\ud800", max_size=80))
def test_a_config_of_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BorgOutputError):
        settings_of(text.encode("utf-8", "surrogatepass"))
