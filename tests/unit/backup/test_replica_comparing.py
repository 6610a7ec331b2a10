"""What a replica lacks, by names, sizes and times alone; and what rsync says of its work."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.backup.ask.replica.comparing import Difference, Held, compared, is_below, parents, place_of
from schoten_ict.backup.ask.replica.taking import Stats, fault_after, stats_of
from schoten_ict.backup.facts import Kind
from schoten_ict.core.machine import Entry
from schoten_ict.core.remote import Completed

NOW = datetime(2026, 11, 27, 6, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=9), NOW - timedelta(hours=1)
SETTLED = NOW - timedelta(hours=26)


def held(path: str, size: int = 5, modified: datetime = OLD, changed: datetime | None = None) -> Held:
    return Held("srv-a", "/srv/data", Entry(path, size, modified, changed or modified))


def copy(path: str, size: int = 5, modified: datetime = OLD) -> Entry:
    return Entry(path, size, modified, NOW)


def difference(source: list[Held], replica: list[Entry]) -> Difference:
    return compared(
        {each.entry.path: each for each in source}, {each.path: each for each in replica}, SETTLED
    )


@pytest.mark.parametrize(
    ("source", "replica", "where"),
    [
        (held("a"), copy("a"), "same"),
        (held("a"), copy("a", modified=OLD + timedelta(seconds=1)), "same"),  # FAT
        (held("a"), copy("a", modified=NEW), "same"),  # another time, but long enough the same: read it
        (held("a", modified=NEW), copy("a", modified=NEW), "same"),
        (held("a", changed=NEW), copy("a"), "same"),  # only its rights changed
        (held("a"), None, "missing"),
        (held("a", modified=NEW), None, "late"),
        (held("a", changed=NEW), None, "late"),  # moved into the source an hour ago
        (held("a"), copy("a", size=4), "short"),
        (held("a"), copy("a", size=6), "longer"),
        (held("a", modified=NEW), copy("a", size=4), "late"),
        (held("a", modified=NEW), copy("a"), "late"),
        (None, copy("a"), "extra"),
    ],
)
def test_a_file_is_the_same_wrong_or_on_its_way(
    source: Held | None, replica: Entry | None, where: str
) -> None:
    found = difference([source] if source else [], [replica] if replica else [])
    told = {name: getattr(found, name) for name in ("same", "missing", "late", "short", "longer", "extra")}
    assert told == {name: (["a"] if name == where else []) for name in told}


def test_what_rsync_is_writing_is_no_stray_file() -> None:
    found = difference([], [copy("docs/.plan.pdf.Xa09bZ"), copy("docs/.hidden"), copy(".plan.pdf.Xa09bZ9")])
    assert found.running
    assert found.extra == ["docs/.hidden", ".plan.pdf.Xa09bZ9"]


names = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
times = st.sampled_from([OLD, NEW])
sources = st.dictionaries(names, st.tuples(st.integers(0, 2), times))


@given(sources, sources)
def test_every_file_of_the_source_is_told_exactly_once(
    source: dict[str, tuple[int, datetime]], replica: dict[str, tuple[int, datetime]]
) -> None:
    found = difference(
        [held(path, *each) for path, each in source.items()],
        [copy(path, *each) for path, each in replica.items()],
    )
    told = [*found.same, *found.missing, *found.late, *found.short, *found.longer]
    assert sorted(told) == sorted(source)
    assert sorted(found.extra) == sorted(set(replica) - set(source))


@pytest.mark.parametrize(
    ("replica", "alone", "host", "place"),
    [
        ({"a", "b/c"}, True, "", ""),
        ({"data/a", "data/b/c"}, True, "", "data"),
        ({"srv/data/a", "srv/data/b/c"}, False, "", "srv/data"),
        ({"a", "b/c", "data/a"}, True, "", ""),  # the source has a folder of its own name
        (set(), True, "", ""),
        (set(), False, "", "data"),
        ({"srv-a/data/a"}, False, "srv-a", "srv-a/data"),
        ({"srv-a/a", "srv-a/b/c"}, True, "srv-a", "srv-a"),
    ],
)
def test_the_copy_of_a_root_is_where_most_of_its_files_are(
    replica: set[str], alone: bool, host: str, place: str
) -> None:
    assert place_of("/srv/data", ["a", "b/c"], replica, alone=alone, host=host) == place


def test_a_root_that_is_one_file_lies_under_its_name() -> None:
    assert place_of("/srv/app.db", ["."], {"app.db", "other"}, alone=True) == "app.db"


def test_folders_above_a_path() -> None:
    assert list(parents("a/b/c")) == ["a/b", "a"]
    assert is_below("a/b/c", {"a"})
    assert is_below("a", {"a"})
    assert not is_below("ab/c", {"a"})


OUTPUT = """
Number of files: 1,234 (reg: 1,100, dir: 130, link: 4)
Number of created files: 3 (reg: 2, dir: 1)
Number of deleted files: 12 (reg: 10, dir: 2)
Number of regular files transferred: 2
Total file size: 5,000 bytes
Total transferred file size: 1,999 bytes
Literal data: 0 bytes
"""


def test_the_numbers_of_rsync_are_read_however_they_are_grouped() -> None:
    assert stats_of(OUTPUT) == stats_of(OUTPUT.replace(",", ".")) == Stats(1100, 2, 12, 10, 1999)
    assert stats_of("Number of files: 3\nNumber of deleted files: 2\n") == Stats(3, 0, 2, 2, 0)
    assert stats_of("Number of files: 1 (dir: 1)\n") == Stats(0, 0, 0, 0, 0)
    assert stats_of("") is None
    assert stats_of("Number of created files: 3\n") is None


@given(
    st.text(max_size=300) | st.from_regex(r"Number of (files|deleted files): [0-9.,]{1,9}( \(.{0,20}\))?\n")
)
def test_any_output_of_rsync_has_numbers_or_none(output: str) -> None:
    found = stats_of(output)
    assert found is None or found.files >= 0


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        (23, 'rsync: [sender] send_files failed to open "/x": Permission denied (13)', Kind.INCOMPLETE),
        (25, "Deletions stopped due to --max-delete limit (1 skipped)", Kind.INCOMPLETE),
        (11, 'rsync: write failed on "/x": No space left on device (28)', Kind.NO_SPACE),
        (30, "rsync error: timeout in data send/receive (code 30)", Kind.TIMEOUT),
        (255, "ssh: connect to host srv-a port 22: Connection refused", Kind.UNREACHABLE),
        (127, "", Kind.NO_PROGRAM),
        (99, "", Kind.OTHER),
    ],
)  # fmt: skip
def test_every_end_of_rsync_but_a_good_one_is_a_fault_with_its_words(
    code: int, said: str, kind: Kind
) -> None:
    fault = fault_after(Completed(code, b"", said.encode(), 1), "/srv")
    assert fault.kind is kind
    assert f"exit code {code}" in fault.message
    assert (said or "it said nothing") in fault.message
