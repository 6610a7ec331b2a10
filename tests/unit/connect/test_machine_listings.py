"""What POSIX tools say about files: read exactly, however it is split, and nothing else is taken for it."""

import contextlib
import hashlib
import os
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schoten_ict.connect.machines import listing
from schoten_ict.connect.machines.flow import split
from schoten_ict.connect.machines.listing import Found, ListingError, Sums
from schoten_ict.core.remote import RemoteError

names = st.binary(min_size=1, max_size=40).filter(
    lambda name: not {0, 47}.intersection(name) and name not in {b".", b".."}
)
pieces = st.lists(st.integers(0, 400), max_size=6)
needs_gnu = pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` split at `cuts`."""
    ends = [*sorted(min(cut, len(data)) for cut in cuts), len(data)]
    starts = [0, *ends[:-1]]
    return [data[start:end] for start, end in zip(starts, ends, strict=True)]


@given(
    st.lists(
        st.tuples(names, st.integers(0, 2**62), st.integers(-(2**31), 2**33), st.integers(0, 999_999_999))
    ),
    pieces,
)
def test_files_are_read_however_their_listing_is_split(
    files: list[tuple[bytes, int, int, int]], cuts: list[int]
) -> None:
    told = b"".join(
        b"f\0%d\0%d.%09d0\0%d.0000000000\0%s\0" % (size, seconds, nano, seconds, name)
        for name, size, seconds, nano in files
    )
    found = Found(1000)
    for piece in in_pieces(told, cuts):
        found.take(piece)
    found.end()
    assert [(os.fsencode(entry.path), entry.size) for entry in found.entries] == [each[:2] for each in files]
    for entry, (_, _, seconds, nano) in zip(found.entries, files, strict=True):
        since = entry.modified - datetime(1970, 1, 1, tzinfo=UTC)
        assert (since.days * 86400 + since.seconds, since.microseconds) == (seconds, nano // 1000)
        assert entry.changed == entry.modified


def test_a_folder_is_told_apart_and_the_root_itself_is_a_dot() -> None:
    found = Found(10)
    found.take(b"d\x0010\x001.5\x002.25\0\0")
    assert [(entry.path, entry.is_folder) for entry in found.entries] == [(".", True)]
    assert found.entries[0].changed == datetime(1970, 1, 1, 0, 0, 2, 250_000, UTC)


@given(st.binary(max_size=300), pieces)
@example(b"f\0" + b"9" * 5000 + b"\x001\x001\0x\0", [])
@example(b"f\x001\x00" + b"9" * 30 + b"\x00-" + b"9" * 30 + b"\0x\0", [])
def test_a_listing_of_anything_else_is_refused_or_read(data: bytes, cuts: list[int]) -> None:
    found = Found(1000)
    with contextlib.suppress(ListingError):
        for piece in in_pieces(data, cuts):
            found.take(piece)
        found.end()


def test_a_listing_that_breaks_off_is_no_listing() -> None:
    found = Found(10)
    found.take(b"f\x001\x001.0\x001.0\0one\0f\x001\x00")
    with pytest.raises(ListingError, match="breaks off"):
        found.end()


def test_no_more_files_are_kept_than_were_asked_for() -> None:
    found = Found(2)
    found.take(b"f\x001\x001.0\x001.0\0one\0" * 2)
    assert not found.full
    found.take(b"f\x001\x001.0\x001.0\0one\0" * 2)
    assert found.full
    assert len(found.entries) == 2


@given(st.binary(max_size=300))
def test_complaints_of_find_are_read_or_shown(data: bytes) -> None:
    assert all(isinstance(path, str) for path in listing.unreadable(data, "/srv"))


def test_complaints_name_the_path_below_the_root_and_the_reason() -> None:
    said = (
        b"find: '/srv/a\\nb\\'c': Permission denied\n"
        b"find: \xe2\x80\x98/srv/n\\377x\xe2\x80\x99: Input/output error\n"
        b"find: '/srv': Permission denied\n"
        b"find: warning: something\n"
    )
    assert listing.unreadable(said, "/srv/") == {
        "a\nb'c": "Permission denied",
        "n\udcffx": "Input/output error",
        ".": "Permission denied",
    }


@needs_gnu
@given(st.lists(names, min_size=1, max_size=8, unique=True), pieces)
def test_sums_are_those_of_sha256sum_whatever_the_names(
    tmp_path_factory: pytest.TempPathFactory, files: list[bytes], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("sums")
    for name in files:
        (folder / os.fsdecode(name)).write_bytes(name)
    said = subprocess.run(
        ["sha256sum", "--", *(b"./" + name for name in files)], cwd=folder, capture_output=True, check=True
    ).stdout
    sums = Sums({f"./{os.fsdecode(name)}": os.fsdecode(name) for name in files})
    for piece in in_pieces(said, cuts):
        sums.take(piece)
    assert sums.found == {os.fsdecode(name): hashlib.sha256(name).hexdigest() for name in files}
    shutil.rmtree(folder)


@given(st.binary(max_size=200))
def test_a_line_is_a_sum_or_nothing(line: bytes) -> None:
    found = listing.sum_of(line)
    assert found is None or len(found[1]) == 64


def test_sums_of_files_that_nobody_asked_for_are_passed_over() -> None:
    sums = Sums({"/srv/a": "a"})
    one, two = b"0" * 64, b"1" * 64
    sums.take(one + b"  /srv/b\n" + two + b" */srv/a\n" + b"sha256sum: /srv/c: No such file\n")
    assert sums.found == {"a": "1" * 64}


@given(st.lists(st.one_of(st.none(), st.binary(max_size=20)), max_size=10))
def test_heads_are_read_in_their_order(heads: list[bytes | None]) -> None:
    said = b"".join((b"-" if head is None else head.hex(" ").encode()) + b"\n" for head in heads)
    assert listing.heads_of(said, len(heads)) == heads
    with pytest.raises(ListingError):
        listing.heads_of(said, len(heads) + 1)


@given(st.binary(max_size=60), st.integers(0, 3))
def test_heads_of_anything_else_are_refused_or_read(data: bytes, number: int) -> None:
    with contextlib.suppress(ListingError):
        assert len(listing.heads_of(data, number)) == number


@pytest.mark.parametrize(
    ("line", "free"),
    [
        (b"/dev/sda1  1000 600 400 60% /srv", 400 * 1024),
        (b"//nas/my 10 20 30% share  1000 600 400 60% /mnt/with 5 6 7 8% / odd", 400 * 1024),
        (b"overlay 1000 1000 -5 100% /", 0),
        (b"proc 0 0 0 - /proc", 0),
    ],
)
def test_free_space_is_read_whatever_the_names_are(line: bytes, free: int) -> None:
    head = b"Filesystem 1024-blocks Used Available Capacity Mounted on\n"
    assert listing.available(head + line + b"\n") == free


@given(st.binary(max_size=200))
def test_free_space_of_anything_else_is_refused_or_read(data: bytes) -> None:
    with contextlib.suppress(ListingError):
        assert listing.available(data) >= 0


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_pattern_matches_itself_and_what_its_stars_stand_for(name: str, more: str) -> None:
    literal = name.replace("*", "").replace("?", "")
    assert listing.matcher(literal)(literal)
    assert listing.matcher(f"{literal}*")(literal + more)
    assert listing.matcher(f"?{literal}")(f"x{literal}")
    assert not listing.matcher(literal)(f"{literal}x")


@given(
    st.lists(st.binary(max_size=8).filter(lambda line: b"\n" not in line and not line.endswith(b"\r"))),
    pieces,
)
def test_lines_are_whole_however_they_are_split(lines: list[bytes], cuts: list[int]) -> None:
    for end in (b"\n", b"\r\n"):
        told = b"".join(line + end for line in lines)
        assert list(split("srv-a", in_pieces(told, cuts))) == lines
    assert list(split("srv-a", [*in_pieces(b"".join(line + b"\n" for line in lines), cuts), b"last"])) == [
        *lines,
        b"last",
    ]


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(RemoteError, match="a line is too long"):
        list(split("srv-a", (b"x" * 1_000_000 for _ in range(100))))


def test_names_become_text_and_bytes_again() -> None:
    for name in (b"plain", b"\xff\xfe", "été".encode()):
        assert listing.bytes_of(listing.text_of(name)) == name
