"""What the restic engine concludes from what it was told, and how it names files to restic."""

from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import NOW
from schoten_ict.backup.ask.restic.inside import Room
from schoten_ict.backup.ask.restic.looking import pruning, read_probe, slice_words, structure_probe
from schoten_ict.backup.ask.restic.output import Checked
from schoten_ict.backup.ask.restic.paths import REPLACED, Roots, exclude, include
from schoten_ict.backup.ask.restic.tool import ResticError
from schoten_ict.backup.facts import Fault, Kind, Lock
from schoten_ict.backup.order import Slice
from schoten_ict.core.machine import Entry

WHOLE = Checked(clean=True, snapshots=(2, 2), packs=(3, 3), structure=(), reading=())
TREE, DATA = Fault(Kind.TREE, "tree"), Fault(Kind.DATA, "data")
AWAY = Fault(Kind.UNREACHABLE, "connection refused")


def test_a_clean_check_proves_both() -> None:
    assert structure_probe(WHOLE, 0, 1.0).told == {"snapshots": 2}
    assert structure_probe(WHOLE, 0, 1.0).proven
    assert read_probe(WHOLE, 0, 1.0).proven
    assert read_probe(WHOLE, 0, 1.0).told == {"packs": 3}


@pytest.mark.parametrize(
    "said",
    [
        replace(WHOLE, clean=False),
        replace(WHOLE, snapshots=(1, 2)),
        replace(WHOLE, clean=False, snapshots=None),
    ],
)
def test_exit_code_0_alone_proves_no_structure(said: Checked) -> None:
    probe = structure_probe(said, 0, 1.0)
    assert not probe.proven
    assert probe.blocked is not None
    assert probe.blocked.kind is Kind.PROTOCOL


@pytest.mark.parametrize("packs", [None, (2, 3)])
def test_exit_code_0_alone_proves_no_reading(packs: tuple[int, int] | None) -> None:
    probe = read_probe(replace(WHOLE, packs=packs), 0, 1.0)
    assert probe.blocked is not None
    assert probe.blocked.kind is Kind.PROTOCOL


def test_an_exit_code_without_a_word_is_a_fault() -> None:
    silent = replace(WHOLE, clean=False, packs=None)
    assert [fault.kind for fault in structure_probe(silent, 1, 1.0).faults] == [Kind.OTHER]
    assert not read_probe(silent, 1, 1.0).proven


def test_a_fault_in_what_was_read_leaves_the_structure_proven() -> None:
    said = replace(WHOLE, clean=False, reading=(DATA,))
    assert structure_probe(said, 1, 1.0).proven
    assert read_probe(said, 1, 1.0).faults == (DATA,)


def test_a_fault_in_the_structure_leaves_what_was_read_proven() -> None:
    said = replace(WHOLE, clean=False, structure=(TREE,))
    assert structure_probe(said, 1, 1.0).faults == (TREE,)
    assert read_probe(said, 1, 1.0).proven


def test_a_broken_connection_is_no_damage() -> None:
    said = replace(WHOLE, clean=False, structure=(AWAY,), packs=None)
    assert structure_probe(said, 1, 1.0).blocked == AWAY
    assert structure_probe(said, 1, 1.0).faults == ()


@given(st.integers(1, 600))
def test_slices_together_are_everything(of: int) -> None:
    read: set[int] = set()
    for number in range(1, of + 1):
        (word,) = slice_words(Slice(number, of))
        if of == 1:
            assert word == "--read-data"
            return
        part, whole = map(int, word.removeprefix("--read-data-subset=").split("/"))
        assert 1 <= part <= whole <= 256
        read |= {first for first in range(256) if first % whole == part - 1}
    assert read == set(range(256))


def test_no_slice_is_no_reading() -> None:
    assert slice_words(None) == ()


@pytest.mark.parametrize(
    ("exclusive", "alive", "minutes", "keeps_out"),
    [
        (True, True, 1, True), (True, True, 90, True), (True, None, 1, True), (True, None, 31, False),
        (True, False, 1, False), (False, True, 1, False), (False, None, 1, False), (None, None, 1, False),
    ],
)  # fmt: skip
def test_only_who_may_prune_keeps_us_out(
    exclusive: bool | None, alive: bool | None, minutes: int, keeps_out: bool
) -> None:
    lock = Lock("root@srv-a (PID 7)", NOW - timedelta(minutes=minutes), exclusive, alive)
    fault = pruning((lock,), NOW)
    assert (fault is not None) is keeps_out
    assert fault is None or "root@srv-a (PID 7)" in fault.message


def test_locks_that_are_not_known_keep_nobody_out() -> None:
    assert pruning(None, NOW) is None
    assert pruning((), NOW) is None


NAMES = st.text(
    st.characters(exclude_characters="/\0\\" + REPLACED, exclude_categories=["Cs"]), min_size=1, max_size=8
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))


@given(PATHS, PATHS)
def test_a_pattern_fits_its_file_alone(path: str, other: str) -> None:
    assert fnmatchcase(path, include(path))
    assert path == other or not fnmatchcase(other, include(path))


def test_bytes_that_are_not_known_are_any() -> None:
    assert include(f"/caf{REPLACED}.txt") == "/caf?.txt"
    assert include("/back\\slash") == "/back\\\\slash"


@pytest.mark.parametrize(
    ("pattern", "ours"),
    [
        ("*/cache/*", "**/cache/*"), ("*.tmp", "*.tmp"), ("/srv/*.tmp", "/srv/**/*.tmp"), ("/srv/*", "/srv/*"),
        ("*/[!a]", "**/[^a]"), ("!*", "\\!*"), ("/srv/*/x", "/srv/**/x"), ("*\\x", "*\\\\x"),
    ],
)  # fmt: skip
def test_shell_patterns_are_those_of_restic(pattern: str, ours: str) -> None:
    assert exclude(pattern) == ours


@given(PATHS, PATHS)
def test_absolute_sources_keep_their_paths(root: str, below: str) -> None:
    path = root + below
    assert Roots([root]).outside(path) == path


@pytest.mark.parametrize(
    ("roots", "path", "outside"),
    [
        (["/srv/data"], "/data/x", "/srv/data/x"),
        (["/srv/data"], "/x", "/srv/data/x"),
        (["/srv/data"], "/database/x", "/srv/data/database/x"),
        (["/srv/data", "/etc"], "/etc/x", "/etc/x"),
        (["/srv/data", "/home"], "/data/x", "/srv/data/x"),
        (["/srv/data", "/home"], "/x", "/x"),
        (["C:\\data"], "/C/data/x", "C:\\data/x"),
        (["/"], "/etc/x", "/etc/x"),
        ([], "/etc/x", "/etc/x"),
    ],
)
def test_files_stand_where_their_source_stood(roots: list[str], path: str, outside: str) -> None:
    assert Roots(roots).outside(path) == outside


def entry(size: int) -> Entry:
    return Entry(f"/{size}", size, NOW)


def test_a_room_takes_no_more_than_it_has() -> None:
    room = Room("/scratch", 100)
    assert [each.size for each in room.fitting([entry(60), entry(50), entry(40)])] == [60, 40]
    room.take(60)
    with pytest.raises(ResticError) as caught:
        room.take(50)
    assert caught.value.faults[0].kind is Kind.NO_SPACE
    assert room.left == 40
    denied = Room(problem=Fault(Kind.DENIED, "may not be written"))
    assert denied.fitting([entry(1)]) == []
    assert denied.lack([entry(1)]).kind is Kind.DENIED
