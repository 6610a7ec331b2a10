"""What a replica lacks, by names, sizes and times alone; and what rsync says of its work."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import job
from schoten_ict.backup.ask.replica.comparing import Difference, Held, compared, is_below, parents, place_of
from schoten_ict.backup.ask.replica.taking import Stats, fault_after, stats_of
from schoten_ict.backup.ask.replica.timing import ahead, clock_of, last_taken
from schoten_ict.backup.facts import Kind
from schoten_ict.backup.order import Deadline, Order
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.machine import Entry, Program
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


@pytest.mark.parametrize(
    ("changed", "taken", "kept", "where"),
    [
        (NEW, NEW + timedelta(minutes=1), False, "missing"),
        (NEW, NEW, False, "late"),
        (NEW, NEW - timedelta(minutes=1), False, "late"),
        (NEW, NEW - timedelta(minutes=1), True, "missing"),
        (OLD, OLD - timedelta(days=1), False, "missing"),  # nothing was copied since, for longer than the RPO
    ],
)
def test_a_young_file_is_on_its_way_only_where_nothing_was_copied_since(
    changed: datetime, taken: datetime, kept: bool, where: str
) -> None:
    found = compared(
        {"a": held("a", changed=changed)}, {}, SETTLED, {"srv-a": taken}, {"a"} if kept else set()
    )
    assert getattr(found, where) == ["a"]


def written(*seconds: float, size: int = 5) -> dict[str, Entry]:
    """Files of a replica that were written so many seconds after one another."""
    at = [NEW + timedelta(seconds=sum(seconds[: number + 1])) for number in range(len(seconds))]
    return {f"f{number}": Entry(f"f{number}", size, OLD, each) for number, each in enumerate(at)}


@pytest.mark.parametrize(
    ("replica", "seconds"),
    [
        (written(0, 0.5, 0.5), 0),
        (written(0, 600, 0.5, 0.5), 600),  # the run before wrote the first
        (written(0, 60, 60, size=1_000_000_000), 0),  # large files take their time
        (written(0, 3600, size=1_000_000_000), 3600),
    ],
)
def test_a_replica_took_something_last_when_the_last_run_of_its_copy_began(
    replica: dict[str, Entry], seconds: float
) -> None:
    source = {path: held(path) for path in replica}
    assert last_taken(source, replica | {"stray": copy("stray")}) == NEW + timedelta(seconds=seconds)
    assert last_taken({}, replica) is None


@pytest.mark.parametrize(
    ("output", "seconds"),
    [
        (b"1795843592.250000000\n", 1795843592.25),
        (b"1795843592.%N\n", 1795843592.0),
        (b"1795843592\r\n", 1795843592.0),
        (b"", None),
        (b"date: invalid option\n", None),
    ],
)
def test_the_clock_of_a_machine_is_read_with_or_without_a_fraction(
    output: bytes, seconds: float | None
) -> None:
    assert clock_of(output) == seconds


@given(st.binary(max_size=40) | st.from_regex(rb"[0-9.%N ]{1,30}\n?"))
def test_any_output_of_date_is_a_time_or_none(output: bytes) -> None:
    found = clock_of(output)
    assert found is None or 0 <= found < 1e12


@pytest.mark.parametrize("behind", [-3600, 0, 3600])
def test_two_clocks_are_held_against_each_other(behind: int) -> None:
    apart = ahead(_Clock("srv-b", 0), _Clock("srv-a", behind), ORDER)
    assert timedelta(seconds=behind) <= apart < timedelta(seconds=behind + 60)
    assert ahead(_Clock("srv-a", 0), _Clock("srv-a", behind), ORDER) == timedelta(0)


def test_a_machine_without_date_has_no_clock_to_compare() -> None:
    assert ahead(_Clock("srv-b", 0), _Clock("srv-a", None), ORDER) == timedelta(0)


ORDER = Order(job(engine="replica"), NOW, Deadline(60))


class _Clock(HereMachine):
    """A host whose clock is so many seconds behind; None: it has no `date`."""

    def __init__(self, name: str, behind: int | None) -> None:
        super().__init__(Path(), name)
        self._behind = behind

    def run(self, program: Program) -> Completed:
        assert program.argv == ("date", "+%s.%N")
        if self._behind is None:
            return Completed(127, b"", b"date: not found", 1)
        return Completed(0, b"%.9f\n" % (NOW.timestamp() - self._behind), b"", 1)


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
