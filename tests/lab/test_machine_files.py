"""One contract for files, on this machine, over its shell and over SSH: the same answers from all three."""

import hashlib
import os
import socket
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.machine_rig import KINDS, ODD_NAMES, Ground, acting_as, open_ground
from lab.servers.openssh import Farm
from lab.ssh_rig import code_of, nothing_left_over
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.connect.machines.scratch import folder_name
from schoten_ict.core.remote import RemoteError

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name != "posix", reason="names that only POSIX takes")]
SECONDS = 30.0


@pytest.fixture(params=KINDS)
def ground(request: pytest.FixtureRequest, ssh_farm: Farm) -> Iterator[Ground]:
    with nothing_left_over(), open_ground(request.param, ssh_farm) as opened:
        yield opened


def refused(act: object) -> str:
    """The code of the error that a call ends with."""
    assert callable(act)
    with pytest.raises(RemoteError) as caught:
        act()
    assert "srv-web01: " in str(caught.value)
    return code_of(caught.value)


def test_a_tree_names_every_file_whatever_its_name(ground: Ground) -> None:
    names = [os.fsdecode(name) for name in ODD_NAMES]
    for name in names:
        ground.put(f"deep/{name}", name.encode("utf-8", "surrogateescape"))
    tree = ground.machine.tree(str(ground.folder), SECONDS)
    assert [entry.path for entry in tree.entries] == sorted(f"deep/{name}" for name in names)
    assert [entry.size for entry in tree.entries] == [
        len(os.fsencode(each.path)) - 5 for each in tree.entries
    ]
    assert (tree.unreadable, tree.cut) == ({}, False)


def test_times_are_exact_to_the_microsecond_before_and_after_1970(ground: Ground) -> None:
    for number, moment in enumerate(
        [1_700_000_000_123_456_789, -1_750_000_001, 0, 999, 7_258_118_400_000_000_000]
    ):
        os.utime(ground.put(f"{number}"), ns=(moment, moment))
    entries = ground.machine.tree(str(ground.folder), SECONDS).entries
    assert [entry.modified for entry in entries] == [
        datetime(2023, 11, 14, 22, 13, 20, 123456, UTC),
        datetime(1969, 12, 31, 23, 59, 58, 249999, UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2200, 1, 1, tzinfo=UTC),
    ]
    changed = entries[0].changed
    assert changed is not None
    assert changed.timestamp() == pytest.approx((ground.folder / "0").stat().st_ctime, abs=0.001)
    assert entries[4].changed == entries[4].modified


def test_only_regular_files_are_listed_and_no_link_is_followed(ground: Ground) -> None:
    ground.put("real/file")
    (ground.folder / "empty").mkdir()
    (ground.folder / "link").symlink_to(ground.folder / "real/file")
    (ground.folder / "folder-link").symlink_to(ground.folder / "real")
    (ground.folder / "broken").symlink_to("/nonesuch")
    os.mkfifo(ground.folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(ground.folder / "socket"))
    assert [entry.path for entry in ground.machine.tree(str(ground.folder), SECONDS).entries] == ["real/file"]


def test_a_folder_behind_a_link_and_a_single_file_are_trees_too(ground: Ground) -> None:
    ground.put("real/file", b"12345")
    (ground.folder / "link").symlink_to("real")
    assert [each.path for each in ground.machine.tree(f"{ground.folder}/link", SECONDS).entries] == ["file"]
    assert [each.path for each in ground.machine.tree(f"{ground.folder}/real/", SECONDS).entries] == ["file"]
    alone = ground.machine.tree(f"{ground.folder}/real/file", SECONDS).entries
    assert [(each.path, each.size) for each in alone] == [(".", 5)]


def test_an_empty_folder_is_an_empty_tree_and_what_is_no_folder_is_none(ground: Ground) -> None:
    (ground.folder / "empty").mkdir()
    (ground.folder / "broken").symlink_to("/nonesuch")
    os.mkfifo(ground.folder / "pipe")
    tree = ground.machine.tree
    assert tree(f"{ground.folder}/empty", SECONDS).entries == []
    assert refused(lambda: tree(f"{ground.folder}/nonesuch", SECONDS)) == "absent"
    assert refused(lambda: tree(f"{ground.folder}/broken", SECONDS)) == "absent"
    assert refused(lambda: tree(f"{ground.folder}/pipe", SECONDS)) in {"failed", "absent"}


def test_a_tree_stops_at_what_was_asked_for_and_says_so(ground: Ground) -> None:
    for number in range(20):
        ground.put(f"{number}")
    assert len(ground.machine.tree(str(ground.folder), SECONDS, most=7).entries) == 7
    assert ground.machine.tree(str(ground.folder), SECONDS, most=7).cut
    assert not ground.machine.tree(str(ground.folder), SECONDS, most=20).cut


def test_ten_thousand_files_are_listed_and_hashed(ground: Ground) -> None:
    expected = {}
    for number in range(10_000):
        path, content = f"{number % 100}/{'n' * (number % 150)}{number}", b"%d" % number
        ground.put(path, content)
        expected[path] = hashlib.sha256(content).hexdigest()
    tree = ground.machine.tree(str(ground.folder), SECONDS)
    assert {entry.path for entry in tree.entries} == set(expected)
    assert ground.machine.hashes(str(ground.folder), list(expected), SECONDS) == expected


def test_hashes_and_heads_of_odd_names_are_those_of_their_content(ground: Ground) -> None:
    contents = {os.fsdecode(name): name * 300 for name in ODD_NAMES}
    for name, content in contents.items():
        ground.put(name, content)
    root = str(ground.folder)
    assert ground.machine.hashes(root, list(contents), SECONDS) == {
        name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
    }
    assert ground.machine.heads(root, list(contents), 20, SECONDS) == {
        name: content[:20] for name, content in contents.items()
    }


def test_what_cannot_be_read_has_no_hash_and_no_head(ground: Ground) -> None:
    ground.put("good", b"")
    (ground.folder / "folder").mkdir()
    paths = ["good", "nonesuch", "folder", "folder/nonesuch", "."]
    empty = hashlib.sha256(b"").hexdigest()
    assert ground.machine.hashes(str(ground.folder), paths, SECONDS) == {"good": empty}
    assert ground.machine.heads(str(ground.folder), paths, 8, SECONDS) == {"good": b""}
    assert ground.machine.hashes(f"{ground.folder}/good", ["."], SECONDS) == {".": empty}
    assert ground.machine.hashes(str(ground.folder), [], SECONDS) == {}
    assert ground.machine.heads(str(ground.folder), [], 8, SECONDS) == {}


def test_a_small_file_is_read_whole_or_refused(ground: Ground) -> None:
    content = bytes(range(256)) * 4
    path = str(ground.put("it's \n small", content))
    assert ground.machine.read(path, len(content), SECONDS) == content
    assert refused(lambda: ground.machine.read(path, len(content) - 1, SECONDS)) == "too-large"
    assert refused(lambda: ground.machine.read(f"{path}x", 10, SECONDS)) == "absent"
    assert refused(lambda: ground.machine.read(str(ground.folder), 10, SECONDS)) == "failed"


def test_a_pattern_means_stars_and_question_marks_and_nothing_else(ground: Ground) -> None:
    for name in ("app-1.tar", "app-22.tar", "app-[1].tar", ".app-3.tar", "été.tar", "other"):
        ground.put(f"b/{name}")
    (ground.folder / "b/app-4.tar").mkdir()
    (ground.folder / "b/app-5.tar").symlink_to("app-1.tar")

    def found(pattern: str) -> list[str]:
        entries = ground.machine.glob(f"{ground.folder}/{pattern}", SECONDS)
        assert all(each.path.startswith(f"{ground.folder}/b") for each in entries)
        return [Path(each.path).name + "/" * each.is_folder for each in entries]

    assert found("b/app-*.tar") == ["app-1.tar", "app-22.tar", "app-4.tar/", "app-[1].tar"]
    assert found("b/app-?.tar") == ["app-1.tar", "app-4.tar/"]
    assert found("b/app-[1]*") == ["app-[1].tar"]
    assert found("b/?t?.tar") == ["été.tar"]
    assert found("b/*3.tar") == [".app-3.tar"]
    assert found("b/app-1.tar") == ["app-1.tar"]
    assert found("b/app-5.tar") == []
    assert found("b") == ["b/"]
    assert found("b/nonesuch") == []
    assert found("nonesuch/*") == []
    assert found("nonesuch/one") == []
    assert [each.size for each in ground.machine.glob(f"{ground.folder}/b/other", SECONDS)] == [1]


def test_free_space_is_what_the_file_system_says(ground: Ground) -> None:
    status = os.statvfs(ground.folder)
    whole = status.f_blocks * status.f_frsize
    assert 0 < ground.machine.free(str(ground.folder), SECONDS) <= whole
    assert refused(lambda: ground.machine.free(f"{ground.folder}/nonesuch", SECONDS)) == "absent"


def test_scratch_is_private_and_gone_afterwards_whatever_lies_in_it(ground: Ground) -> None:
    with ground.machine.scratch("job", str(ground.folder / "new/base"), SECONDS) as folder:
        made = Path(folder)
        assert made.parent == ground.folder / "new/base"
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        ground.machine.write(f"{folder}/secret 'x'", b"\0\xff", SECONDS)
        assert ground.machine.read(f"{folder}/secret 'x'", 10, SECONDS) == b"\0\xff"
        assert stat.S_IMODE((made / "secret 'x'").stat().st_mode) == 0o600
        ground.put(f"{made}/a/b/c")
        (made / "link").symlink_to(ground.put("outside"))
        ground.hand_over()
        for locked in (made / "a/b", made / "a"):
            locked.chmod(0o555)
        (made / "a/b").chmod(0)
    assert not made.exists()
    assert (ground.folder / "outside").exists()


def test_scratch_removes_what_a_killed_run_left_and_nothing_else(ground: Ground) -> None:
    base = ground.folder / "base"
    own, other = folder_name("job"), folder_name("another job")
    for name in (f"{own}left", f"{other}busy", "unrelated"):
        ground.put(f"base/{name}/file")
    ground.put("treasure/file")
    (base / f"{own}link").symlink_to(ground.folder / "treasure")
    ground.put(f"base/{own}file")
    ground.hand_over()
    (base / f"{own}left").chmod(0o500)
    with ground.machine.scratch("job", str(base), SECONDS) as folder:
        left = {each.name for each in base.iterdir()} - {Path(folder).name}
    assert left == {f"{other}busy", "unrelated", f"{own}link", f"{own}file"}
    assert (ground.folder / "treasure/file").exists()


def test_scratch_that_cannot_be_made_is_refused(ground: Ground) -> None:
    ground.put("file")
    with pytest.raises(RemoteError), ground.machine.scratch("job", f"{ground.folder}/file/below", SECONDS):
        pytest.fail("there is no such folder")


def test_paths_are_absolute_and_count_from_the_home_or_the_workspace(ground: Ground) -> None:
    machine = ground.machine
    assert machine.path("/srv/data") == "/srv/data"
    base = str(ground.folder) if isinstance(machine, HereMachine) else machine.path("~")
    assert machine.path("some/where") == f"{base}/some/where"
    assert machine.path("~/x") == f"{machine.path('~')}/x"
    assert machine.path("~").startswith("/")


@pytest.fixture(params=["here", "ssh"])
def guarded(request: pytest.FixtureRequest, ssh_farm: Farm) -> Iterator[Ground]:
    """A ground of which some is not readable by the account that looks."""
    with nothing_left_over(), open_ground("ssh", ssh_farm) as ground:
        ground.put("open/file", b"1")
        ground.put("shut/file")
        ground.put("listed/file")
        ground.put("unread", b"123").chmod(0)
        (ground.folder / "shut").chmod(0)
        (ground.folder / "listed").chmod(0o744)
        if request.param == "ssh":
            yield ground
        else:
            with acting_as(ground.user):
                yield Ground(HereMachine(ground.folder, "srv-web01"), ground.folder)


def test_what_an_account_may_not_look_at_is_named_and_the_rest_is_listed(guarded: Ground) -> None:
    tree = guarded.machine.tree(str(guarded.folder), SECONDS)
    assert [(each.path, each.size) for each in tree.entries] == [("open/file", 1), ("unread", 3)]
    assert tree.unreadable == {"listed/file": "Permission denied", "shut": "Permission denied"}


def test_a_file_that_an_account_may_not_read_has_no_hash(guarded: Ground) -> None:
    root, paths = str(guarded.folder), ["open/file", "unread", "shut/file"]
    assert guarded.machine.hashes(root, paths, SECONDS) == {"open/file": hashlib.sha256(b"1").hexdigest()}
    assert guarded.machine.heads(root, paths, 4, SECONDS) == {"open/file": b"1"}
    assert refused(lambda: guarded.machine.read(f"{root}/unread", 9, SECONDS)) == "denied"


def test_a_whole_folder_that_may_not_be_read_is_denied(guarded: Ground) -> None:
    machine, folder = guarded.machine, guarded.folder
    assert refused(lambda: machine.tree(f"{folder}/shut", SECONDS)) == "denied"
    assert refused(lambda: machine.tree(f"{folder}/shut/deeper", SECONDS)) == "denied"
    assert refused(lambda: machine.glob(f"{folder}/shut/*", SECONDS)) == "denied"
    assert refused(lambda: machine.write(f"{folder}/shut/new", b"x", SECONDS)) == "denied"
