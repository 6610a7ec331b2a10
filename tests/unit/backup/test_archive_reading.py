"""Archives from anywhere: read as their formats say, refused as damaged, and nothing else happens."""

import bz2
import gzip
import io
import json
import lzma
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from schoten_ict.backup.ask.files.members import listed, matched, sums_below
from schoten_ict.backup.ask.files.reading import AnswerError, Placement, Reading, names_of, understand
from schoten_ict.backup.facts import Kind
from schoten_ict.backup.sent import archive
from schoten_ict.backup.sent.pack import Hashed, walk
from schoten_ict.backup.sent.streams import Clock, DamageError
from schoten_ict.backup.sent.unpacking import form_of, packing_of, unpacked

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
contents = st.binary(max_size=2000)
cuts = st.lists(st.integers(0, 2500), max_size=8)
paths = st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=8).filter(
    lambda name: name not in {".", ".."}
)
files = st.dictionaries(st.lists(paths, min_size=1, max_size=3).map("/".join), contents, max_size=5)
in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def pieces(data: bytes, at: list[int]) -> Iterator[bytes]:
    ends = [*sorted(min(end, len(data)) for end in at), len(data)]
    starts = [0, *ends[:-1]]
    return (data[start:end] for start, end in zip(starts, ends, strict=True) if end > start)


def looked(path: Path, capsys: pytest.CaptureFixture[str], **request: Any) -> Reading:
    """What the program says of a file, as the engine understands it."""
    capsys.readouterr()
    archive.look({"path": str(path), "seconds": 60, **request})
    reading = Reading()
    understand((json.loads(line) for line in capsys.readouterr().out.splitlines()), reading)
    return reading


@given(
    st.sampled_from(sorted(PACKERS)), st.lists(contents, min_size=1, max_size=3), cuts, st.integers(0, 600)
)
def test_what_was_packed_comes_out_however_it_is_split(
    packer: str, members: list[bytes], at: list[int], padding: int
) -> None:
    packed = b"".join(map(PACKERS[packer], members)) + bytes(padding // 4 * 4)
    assert b"".join(unpacked(packer, pieces(packed, at))) == b"".join(members)


@given(st.sampled_from(sorted(PACKERS)), contents, st.floats(0, 0.999))
def test_packed_data_that_ends_too_early_is_damage(packer: str, content: bytes, share: float) -> None:
    packed = PACKERS[packer](content)
    half = packed[: max(1, int(len(packed) * share))]
    with pytest.raises(DamageError):
        b"".join(unpacked(packer, iter([half])))


@given(st.sampled_from(sorted(PACKERS)), contents.filter(bool), cuts)
def test_anything_else_is_damage(packer: str, content: bytes, at: list[int]) -> None:
    assume(packing_of(content) != packer and content.lstrip(b"\0"))
    with pytest.raises(DamageError):
        b"".join(unpacked(packer, pieces(content, at)))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("app.tar", ("", True)), ("app-1.2.TAR.GZ", ("gzip", True)), ("app.tgz", ("gzip", True)), ("a.txz", ("xz", True)),
        ("app.tar.zst", ("zstd", True)), ("app.zip", ("zip", False)), ("db.sql.gz", ("gzip", False)), ("db.sql", (None, False)),
        ("tar", (None, False)), ("app.tar.gpg", (None, False)), (".gz", (None, False)), ("app.tar.bz2", ("bzip2", True)),
    ],
)  # fmt: skip
def test_a_name_says_what_an_archive_is(name: str, form: tuple[str | None, bool]) -> None:
    assert form_of(name) == form


def tar_bytes(held: dict[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=kind) as made:
        for name, content in held.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return target.getvalue()


@in_a_folder
@given(files, st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]), st.sampled_from(["", *PACKERS]))
def test_every_file_of_a_tar_is_told_with_its_size_and_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], held: dict[str, bytes], kind: int, packer: str
) -> None:
    import hashlib

    ends = {"": ".tar", "gzip": ".tar.gz", "bzip2": ".tar.bz2", "xz": ".tar.xz"}
    path, content = tmp_path / f"a{ends[packer]}", tar_bytes(held, kind)
    path.write_bytes(PACKERS[packer](content) if packer else content)
    reading = looked(path, capsys, slice=[1, 1], raw=True)
    assert {member.path: member.sha256 for member in reading.members.values()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in held.items()
    }
    assert reading.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [fault.kind for fault in reading.faults] == ([] if held else [Kind.EMPTY])


@in_a_folder
@given(files.filter(bool), st.floats(0.01, 0.99))
def test_a_tar_that_was_cut_anywhere_is_truncated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], held: dict[str, bytes], share: float
) -> None:
    content = tar_bytes(held).rstrip(b"\0")
    content += bytes(-len(content) % 512)
    (tmp_path / "a.tar").write_bytes(content[: max(1, int(len(content) * share))])
    reading = looked(tmp_path / "a.tar", capsys)
    assert [fault.kind for fault in reading.faults] == [Kind.TRUNCATED]


@in_a_folder
@given(st.binary(max_size=3000), st.sampled_from(["a.tar", "a.tar.gz", "a.zip", "a.tar.xz", "a.gz", "a.sql"]))
def test_bytes_of_any_kind_are_faults_or_files_and_never_a_crash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, name: str
) -> None:
    (tmp_path / name).write_bytes(content)
    reading = looked(tmp_path / name, capsys, slice=[1, 1])
    assert reading.faults or reading.members or reading.blocked


@in_a_folder
@given(files.filter(bool), st.integers(0, 10**6), st.integers(0, 7))
@example({"a/\x80\x80𐀀": b"x" * 30}, 130, 1)
@example({"0/0000/0000\x80\x80𐀀𐀀": b""}, 13312, 0)
def test_a_changed_bit_of_a_zip_never_changes_what_is_told_without_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], held: dict[str, bytes], place: int, bit: int
) -> None:
    import hashlib

    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in held.items():
            made.writestr(name, content)
    changed = bytearray(path.read_bytes())
    changed[place % len(changed)] ^= 1 << bit
    path.write_bytes(changed)
    reading = looked(path, capsys, slice=[1, 1])
    told = {member.sha256 for member in reading.members.values()}
    expected = {hashlib.sha256(content).hexdigest() for content in held.values()}
    assert reading.faults or reading.blocked or told <= expected


@in_a_folder
@given(
    files.filter(bool),
    st.integers(0, 10**6),
    st.integers(0, 7),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_a_changed_bit_of_a_tar_is_never_a_crash(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    held: dict[str, bytes],
    place: int,
    bit: int,
    kind: int,
) -> None:
    changed = bytearray(tar_bytes({f"{name}-{'é' * 120}": content for name, content in held.items()}, kind))
    changed[place % len(changed)] ^= 1 << bit
    (tmp_path / "a.tar").write_bytes(changed)
    looked(tmp_path / "a.tar", capsys, slice=[1, 1])


@pytest.mark.parametrize(
    ("name", "plain"),
    [("a/b", "a/b"), ("/a//b/./c", "a/b/c"), ("./a", "a"), ("a/../b", None), ("..", None), ("../a", None), ("", None),
     (".", None), ("a..b/...", "a..b/...")],
)  # fmt: skip
def test_no_path_of_an_archive_leads_out_of_it(name: str, plain: str | None) -> None:
    assert archive.safe(name) == plain


@in_a_folder
@given(
    st.dictionaries(paths, contents, min_size=1, max_size=12),
    st.integers(0, 6),
    st.integers(0, 3000),
    st.integers(),
)
def test_a_sample_lies_aside_whole_within_its_room(
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    held: dict[str, bytes],
    most: int,
    room: int,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("aside")
    (folder / "a.tar").write_bytes(tar_bytes(held))
    scratch = folder / "scratch"
    scratch.mkdir()
    reading = looked(
        folder / "a.tar", capsys, scratch=str(scratch), sample=most, seed=seed, limit=room, wanted=[]
    )
    lying = {
        str(path.relative_to(scratch)): path.read_bytes() for path in scratch.rglob("*") if path.is_file()
    }
    assert lying == {place: held[name] for place, name in reading.aside.items()}
    assert len(lying) <= most
    assert sum(map(len, lying.values())) <= room
    if room >= sum(map(len, held.values())):
        assert len(lying) == min(most, len(held))


@pytest.mark.parametrize(("room", "aside"), [(50_000, {}), (60_000, {"0/1": "db.sql"})])
def test_a_packed_file_that_turns_out_too_large_does_not_stay_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], room: int, aside: dict[str, str]
) -> None:
    (tmp_path / "db.sql.gz").write_bytes(gzip.compress(bytes(60_000)))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    reading = looked(tmp_path / "db.sql.gz", capsys, scratch=str(scratch), sample=1, limit=room)
    assert reading.aside == aside
    assert reading.refused == (not aside)
    assert [path.stat().st_size for path in scratch.rglob("*") if path.is_file()] == [60_000] * len(aside)


def test_a_file_that_stands_twice_in_a_tar_counts_as_its_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as made:
        for content in (b"old", b"newer"):
            member = tarfile.TarInfo("a")
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    (tmp_path / "a.tar").write_bytes(target.getvalue())
    (tmp_path / "s").mkdir()
    reading = looked(tmp_path / "a.tar", capsys, scratch=str(tmp_path / "s"), everything=True, limit=100)
    assert [(member.path, member.size) for member in reading.members.values()] == [("a", 5)]
    assert [(tmp_path / "s" / place).read_bytes() for place in reading.aside] == [b"newer"]


lines = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["faults", "trouble", "sha256", "aside", "refused", "told", "manifest", "text"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.lists(lines, max_size=5))
def test_an_answer_of_any_kind_is_understood_or_refused(answer: list[Any]) -> None:
    reading = Reading()
    try:
        understand(answer, reading)
    except AnswerError:
        return
    assert answer


def test_an_answer_that_breaks_off_or_goes_on_is_no_answer() -> None:
    end: dict[str, Any] = {"faults": [], "trouble": None, "sha256": "", "aside": {}, "refused": 0, "told": {}}
    member = ["a", 1, None, ""]
    understand([member, end], Reading())
    for answer in ([member], [], [end, member], [end, end]):
        with pytest.raises(AnswerError):
            understand(answer, Reading())


@pytest.mark.parametrize(
    ("member", "roots", "source"),
    [
        ("srv/data/a/b", ["/srv/data"], "/srv/data/a/b"),
        ("data/a/b", ["/srv/data"], "/srv/data/a/b"),
        ("a/b", ["/srv/data"], "/srv/data/a/b"),
        ("srv/data", ["/srv/data"], "/srv/data"),
        ("srv/other/x", ["/srv/data", "/srv/other"], "/srv/other/x"),
        ("C/Data/a", ["C:\\Data"], "C:\\Data/a"),
        ("Data/a", ["C:\\Data"], "C:\\Data/a"),
        ("etc/x", [], "/etc/x"),
    ],
)
def test_a_member_is_found_in_the_source(member: str, roots: list[str], source: str) -> None:
    placement = Placement([member], roots)
    assert placement.source_of(member) == source
    if roots and source != roots[0]:
        assert member in names_of(source, roots)


def test_a_root_of_which_nothing_is_there_is_missing() -> None:
    placement = Placement(["srv/data/a", "home/b"], ["/srv/data", "/srv/other", "/home"])
    assert placement.missing == ["/srv/other"]
    assert placement.source_of("home/b") == "/home/b"


def test_sums_of_a_manifest_count_from_its_folder_and_lead_nowhere_else() -> None:
    digest = "a" * 64
    text = "".join(f"{digest}  {path}\n" for path in ("x", "./y/z", "/abs", "../up", "../../out", "a/../b"))
    assert set(sums_below(text, "top")) == {"top/x", "top/y/z", "top/abs", "up", "top/b"}
    assert set(sums_below(text, "")) == {"x", "y/z", "abs", "b"}


@given(st.text(max_size=300), st.sampled_from(["", "a/b"]))
def test_a_manifest_of_any_kind_gives_sums_or_none(text: str, folder: str) -> None:
    assert all(len(digest) == 64 for digest in sums_below(text, folder).values())


def test_a_list_of_a_few_files_blames_no_other() -> None:
    sums = {"a": "1"}
    assert [fault.kind for fault in listed(sums, {"a", "b"}, set())] == [Kind.EXTRA]
    assert list(listed(sums, {"a", "b", "c"}, set())) == []
    assert list(listed(sums, {"a", "SUMS"}, {"SUMS"})) == []
    assert [fault.kind for fault in listed(sums, set(), set())] == [Kind.MISSING_FILES]
    assert [fault.kind for fault in matched(sums, {"a": "2", "b": "3"})] == [Kind.MANIFEST]


@given(contents, st.integers(0, 3000), st.lists(st.integers(1, 700), max_size=6))
def test_packed_content_is_exactly_as_long_as_was_said(content: bytes, size: int, reads: list[int]) -> None:
    hashed = Hashed(io.BytesIO(content), size, Clock(60))
    read = b""
    for length in [*reads, 5000, 5000]:
        data = hashed.read(length)
        assert len(data) == min(length, size - len(read))
        read += data
    assert read == content[:size] + bytes(max(0, size - len(content)))
    assert hashed.short == (len(content) < size)


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_walk_follows_no_link_and_goes_as_deep_as_there_is(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(200):
        deep = deep / "d"
        deep.mkdir()
    (deep / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    unread: list[str] = []
    found = list(walk(str(tmp_path), unread))
    assert len(found) == 203
    assert found == sorted(found, key=lambda path: path.split("/"))
    assert unread == []


def test_the_programs_run_in_older_pythons() -> None:
    """No syntax that came after Python 3.9, which is the oldest that still gets mends somewhere."""
    import ast

    for name in ("archive", "aside", "unpacking", "pack"):
        source = Path(archive.__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
        ast.parse(source, feature_version=(3, 9))
    assert sys.version_info >= (3, 9)
