"""One pass over the files of an archive: what it was told to hold, what it lacks, and what is not restored."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import job
from schoten_ict.backup.ask.borg.contents import Contents, is_namable, plain, roots_of
from schoten_ict.backup.ask.borg.lists import Archive, Item
from schoten_ict.backup.ask.borg.tool import Borg, escaped, folder_of
from schoten_ict.backup.ask.proving import SourceFiles
from schoten_ict.backup.facts import Kind, Point
from schoten_ict.backup.order import Deadline, Order, Slice
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.machine import Entry, Program
from schoten_ict.core.secrets import Secret

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def order(**changes: Any) -> Order:
    return Order(job=job(engine="borg"), now=NOW, deadline=Deadline(60), **changes)


def contents(
    *items: Item, command: tuple[str, ...] = (), held: tuple[str, ...] = (), **changes: Any
) -> Contents:
    source = SourceFiles(files={path: ("", Entry(path, 5, NOW)) for path in held}, total=len(held))
    found = Contents(order(**changes), Archive("a", Point("a", NOW), command), source)
    for item in items:
        found.feed(item)
    return found


def file(path: str, size: int = 5, **more: Any) -> Item:
    return Item("-", path, size, **more)


COMMANDS = {
    ("borg", "create", "r::a", "/srv/data", "/etc/"): (("/srv/data", "/etc"), ""),
    ("borg", "create", "--exclude", "x", "r::a", "--", "/srv/data"): (("/srv/data",), ""),
    ("borg", "create", "r::a", "data"): (("/srv/data",), "/srv"),
    ("borg", "create", "r::a", "./data/"): (("/srv/data",), "/srv"),
    ("borg", "create", "r::a", "."): (("/srv/data",), "/srv/data"),
    ("borg", "create", "r::a", "/srv/./data"): (("/srv/data",), "/srv"),
    ("borg", "create", "r::a", "elders"): ((), ""),
    ("borg", "create", "r::a", "/srv/data", "data"): ((), ""),
    ("borg", "create", "r::a", "/srv/data", "--exclude", "/srv/data/x"): ((), ""),
    ("borg", "create", "--patterns-from", "p", "r::a"): ((), ""),
    ("borg", "import-tar", "r::a", "/srv/data.tar"): ((), ""),
    (): ((), ""),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_paths_of_an_archive_are_read_from_its_command_or_left_open(command: tuple[str, ...]) -> None:
    roots = roots_of(command, ["/srv/data"])
    assert (roots.paths, roots.above) == COMMANDS[command]


@given(st.lists(st.text(max_size=12), max_size=6), st.lists(st.text(max_size=12), max_size=3))
def test_no_command_upsets_it(command: list[str], declared: list[str]) -> None:
    roots = roots_of(command, declared)
    assert roots.absolute("x").endswith("x")


def test_files_are_counted_by_the_names_of_the_source() -> None:
    found = contents(
        Item("d", "data"), file("data/a"), file("data/b", 7), file("data/c", 0, source="data/a"), Item("l", "data/d", source="a"),
        command=("borg", "create", "r::a", "data"), held=("/srv/data/a", "/srv/data/b", "/srv/data/c", "/srv/data/e"),
    )  # fmt: skip
    assert (found.listing.files, found.listing.size) == (3, 12)
    probe = found.check.probe()
    assert probe is not None
    assert {fault.kind: fault.where for fault in probe.faults} == {
        Kind.MISSING_FILES: "/srv/data/e",
        Kind.DIFFERS: "/srv/data/b",
    }
    assert found.absent() == ()


def test_a_path_of_which_nothing_is_there_is_absent() -> None:
    found = contents(file("srv/data/a"), file("etcetera/x"), command=("create", "r::a", "/srv/data", "/etc"))
    [fault] = found.absent()
    assert (fault.kind, fault.where) == (Kind.INCOMPLETE, "/etc")
    assert contents(command=("create", "r::a", "/srv/data")).absent()
    assert not contents(file("x"), command=("create", "r::a", "/")).absent()
    assert not contents(command=("borg", "create")).absent()


UNSAFE = [
    [file("/etc/passwd")],
    [file("../x")],
    [file("a/../../x")],
    [file("a", source="../../etc/passwd")],
    [file("a", source="/etc/passwd")],
    [Item("l", "l", source="/tmp"), file("l/x")],
    [file("d/y"), Item("l", "d/l", source="/tmp"), Item("d", "d/l/e"), file("d/l/e/x")],
    [Item("l", "d", source="/tmp"), file("d/a"), file("d/b")],
]


@pytest.mark.parametrize("items", UNSAFE)
def test_what_would_be_restored_elsewhere_is_unsafe_and_not_chosen(items: list[Item]) -> None:
    found = contents(*items, sample=10)
    assert found.unsafe
    assert [fault.kind for fault in found.flaws()] == [Kind.PATHS]
    assert not {entry.path for entry in found.chosen()} & set(found.unsafe)


def test_every_file_below_a_link_is_unsafe_and_those_beside_it_are_not() -> None:
    found = contents(
        Item("l", "a/l", source="/tmp"), file("a/l/x"), file("a/l/y"), file("a/x"), file("b..c/..d")
    )
    assert found.unsafe == ["/a/l/x", "/a/l/y"]
    assert found.listing.files == 2


def test_files_with_zeros_after_a_repair_are_damage() -> None:
    [fault] = contents(file("a"), file("b", healthy=False)).flaws()
    assert (fault.kind, fault.paths) == (Kind.DATA, ("/b",))


def test_names_that_are_no_utf8_are_compared_as_borg_lists_them_and_never_asked_for() -> None:
    assert plain("caf\udce9") == "caf?"
    found = contents(file("caf?"), file("b"), held=("/caf\udce9",), sample=5)
    probe = found.check.probe()
    assert probe is not None
    assert not probe.faults
    assert [entry.path for entry in found.chosen()] == ["/b"]


@given(st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=30), st.integers(1, 8))
def test_the_slices_of_an_archive_share_out_its_files(names: list[str], of: int) -> None:
    items = [file(f"d/{name.replace('/', '_').replace('..', '__')}") for name in names]
    shares = [
        [entry.path for entry in contents(*items, read=Slice(number, of)).share]
        for number in range(1, of + 1)
    ]
    namable = [item.path for item in items if is_namable(item.path)]
    assert sorted(path for share in shares for path in share) == sorted(namable)


PLACES = {
    "/backup/borg": "/backup/borg",
    "file:///backup/borg": "/backup/borg",
    "borg/nacht": "/ws/borg/nacht",
    "./nas:borg": "/ws/nas:borg",
    "/backup/a:b": "/backup/a:b",
    "ssh://backup@nas:22/./borg": None,
    "backup@nas:borg": None,
    "nas:borg": None,
    "[::1]:borg": None,
}


@pytest.mark.parametrize("url", PLACES)
def test_a_repository_is_on_a_disk_or_behind_ssh_as_borg_itself_decides(url: str) -> None:
    assert folder_of(HereMachine(Path("/ws")), url) == PLACES[url]


@given(st.text(alphabet="{}ab%:", max_size=12))
def test_names_reach_borg_as_they_stand(name: str) -> None:
    assert escaped(name).format() == name


def program(secrets: dict[str, Secret], *words: str, **more: Any) -> Program:
    borg = Borg(HereMachine(Path("/ws")), order(secrets=secrets), "/r", "/memory", **more)
    return borg._program(words, "a{now}", ("pf:-x",), "/scratch", 60)


def test_secrets_go_by_the_environment_and_nothing_is_asked() -> None:
    made = program({"password": Secret("geheim"), "BORG_RSH": Secret("ssh -i key")}, "extract", "--noflags")
    assert made.argv[0] == "borg"
    assert made.argv[-3:] == ("--noflags", "/r::a{{now}}", "pf:-x")
    assert {name: secret.reveal() for name, secret in made.secrets.items()} == {
        "BORG_PASSPHRASE": "geheim", "BORG_RSH": "ssh -i key",
    }  # fmt: skip
    assert made.environment["BORG_BASE_DIR"] == "/memory"
    assert made.environment["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] == "no"
    assert made.stdin == b""
    bare = program({}, "list")
    assert bare.environment["BORG_PASSPHRASE"] == ""
    assert bare.environment["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] == "yes"
