"""Archives for real, here and over SSH: what is sound is proven, and each fault is found by its name."""

import io
import json
import os
import signal
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.files_rig import FULL, Shelf, blocked, cut, flip, kinds, open_shelf, probes, sums, tar_of
from lab.need import lack, need
from lab.servers.openssh import Farm, processes_of
from lab.ssh_rig import farm_target, opened
from schoten_ict.backup.ask import files
from schoten_ict.backup.ask.filepoints import slice_of
from schoten_ict.backup.facts import Kind
from schoten_ict.backup.order import Slice
from schoten_ict.connect.machines.posix import PosixMachine
from schoten_ict.core.machine import Program

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name != "posix", reason="archives of POSIX files")]
FORMS = ("tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst")
PROOFS = {"access", "structure", "source", "sample", "drill", "read"}
NIGHTLY: dict[str, Any] = {"read": Slice(1, 10), "sample": 8}


@pytest.fixture(params=["here", "ssh"])
def shelf(request: pytest.FixtureRequest, ssh_farm: Farm) -> Iterator[Shelf]:
    with open_shelf(request.param, ssh_farm) as opened:
        yield opened


@pytest.fixture
def here(ssh_farm: Farm) -> Iterator[Shelf]:
    with open_shelf("here", ssh_farm) as opened:
        yield opened


@pytest.mark.parametrize("form", FORMS)
def test_a_sound_tar_is_proven_in_every_way(shelf: Shelf, form: str) -> None:
    shelf.tar(f"app-1.{form}")
    facts = shelf.look("app-*", **FULL)
    assert (kinds(facts), blocked(facts), facts.damaged) == ({}, {}, {})
    assert set(probes(facts)) == PROOFS
    told = {name: probe.told for name, probe in probes(facts).items()}
    assert told["structure"]["files"] == told["source"]["files"] == shelf.documents
    assert (
        told["drill"]["compared"] == shelf.documents - 1
    )  # the second name of one file is not restored twice
    assert told["sample"]["compared"] == 8
    assert facts.points is not None
    (point,) = facts.points
    assert (point.id, point.at, point.complete, point.files) == (
        f"app-1.{form}",
        shelf.at,
        True,
        shelf.documents,
    )


def test_a_sound_zip_is_proven_in_every_way(shelf: Shelf) -> None:
    shelf.zip("app-1.zip")
    for path in shelf.source.iterdir():
        if not path.name.isprintable():
            path.unlink()
    facts = shelf.look("app-*.zip", **FULL)
    assert (kinds(facts), blocked(facts), set(probes(facts))) == ({}, {}, PROOFS)
    assert probes(facts)["drill"].told["compared"] == shelf.documents - 2


def test_a_packed_dump_is_read_to_its_end(shelf: Shelf) -> None:
    dump = shelf.ground.put("backup/db-1.sql", b"INSERT INTO t VALUES (1);\n" * 5000)
    subprocess.run(["gzip", dump], check=True)
    shelf.dated(shelf.folder / "db-1.sql.gz")
    assert kinds(shelf.look("db-*", **NIGHTLY, source=None)) == {}
    flip(shelf.folder / "db-1.sql.gz")
    assert kinds(shelf.look("db-*", **NIGHTLY, source=None))["structure"] == {Kind.DATA}


def test_files_are_found_in_the_source_however_the_archive_names_them(here: Shelf) -> None:
    here.folder.mkdir()
    for number, words in enumerate(
        (["-C", str(here.source), "."], ["-C", str(here.source.parent), "data"], ["-P", str(here.source)])
    ):
        place = here.folder / f"app-{number}.tar"
        subprocess.run(["tar", "-cf", place, *words], check=True, stderr=subprocess.DEVNULL)
        here.dated(place)
        facts = here.look(place.name, **FULL)
        assert (kinds(facts), blocked(facts)) == ({}, {}), words
        assert probes(facts)["source"].told["files"] == here.documents


@pytest.mark.parametrize("form", ["tar.gz", "tar.bz2", "tar.xz", "tar.zst"])
def test_a_changed_bit_and_a_missing_end_are_found(here: Shelf, form: str) -> None:
    shelf, make = here, here.tar
    for share in (0.3, 0.6, 0.9):
        flip(make(f"app-1.{form}"), share)
        facts = shelf.look("app-*", **NIGHTLY)
        assert kinds(facts)["structure"] <= {Kind.DATA, Kind.TRUNCATED, Kind.MANIFEST}, share
        assert kinds(facts)["structure"], share
        assert set(facts.damaged) == {f"app-1.{form}"}
        assert [point.complete for point in facts.points or ()] == [False]
    for share in (0.1, 0.5, 0.98):
        cut(make(f"app-1.{form}"), share)
        assert kinds(shelf.look("app-*", **NIGHTLY))["structure"] == {Kind.TRUNCATED}, share


def test_a_changed_bit_and_a_missing_end_of_a_zip_are_found(shelf: Shelf) -> None:
    archive = shelf.zip("app-1.zip")
    with zipfile.ZipFile(archive) as opened:
        places = [
            member.header_offset + 36 + len(member.filename)
            for member in opened.infolist()
            if member.file_size
        ]
    size = archive.stat().st_size
    for place in places[:2]:
        flip(shelf.zip("app-1.zip"), place / size)
        assert kinds(shelf.look("app-*", **NIGHTLY))["structure"] == {Kind.DATA}
    for share in (0.1, 0.98):
        cut(shelf.zip("app-1.zip"), share)
        assert kinds(shelf.look("app-*", **NIGHTLY))["structure"] == {Kind.TRUNCATED}, share


@pytest.mark.parametrize("packer", [None, "gzip", "zstd"])
def test_an_archive_that_was_written_by_half_ends_before_its_end(here: Shelf, packer: str | None) -> None:
    """Also where the packer finished its own format over what a killed tar had written until then."""
    whole = here.tar("whole.tar")
    with tarfile.open(whole) as archive:
        ends = [member.offset for member in archive][5]
    half = whole.read_bytes()[:ends]
    name = "app-1.tar" + {"gzip": ".gz", "zstd": ".zst", None: ""}[packer]
    words = [need(packer), "-c"] if packer else ["cat"]
    content = subprocess.run(words, input=half, capture_output=True, check=True).stdout
    here.dated(here.ground.put(f"backup/{name}", content))
    assert kinds(here.look("app-*", **NIGHTLY))["structure"] == {Kind.TRUNCATED}


def test_a_plain_tar_shows_a_changed_byte_by_its_manifest_or_its_source_alone(here: Shelf) -> None:
    archive = here.tar("app-1.tar")
    facts = here.look("app-*.tar", **NIGHTLY, source=None)
    assert probes(facts)["structure"].weak == "a plain tar has no checksums of its content"
    here.ground.put("backup/app-1.tar.sha256", sums(here.folder))
    assert probes(here.look("app-*.tar", **NIGHTLY, source=None))["structure"].weak == ""
    content = archive.read_bytes()
    flip(archive, (content.index(b"document 7 ") + 3) / len(content))
    facts = here.look("app-*.tar", **FULL)
    assert kinds(facts) == {"structure": {Kind.MANIFEST}, "drill": {Kind.DIFFERS}} | (
        {"sample": {Kind.DIFFERS}} if "sample" in kinds(facts) else {}
    )


def test_a_newest_tar_that_changes_after_a_look_is_found_at_the_next_without_manifest_or_source(
    here: Shelf, tmp_path: Path
) -> None:
    archive = here.tar("app-1.tar")
    looking = {**NIGHTLY, "source": None, "state": tmp_path}
    for _ in range(2):
        assert kinds(here.look("app-*.tar", **looking)) == {}
    content = archive.read_bytes()
    flip(archive, (content.index(b"document 7 ") + 3) / len(content))
    for _ in range(2):
        facts = here.look("app-*.tar", **looking, drill=True)
        assert kinds(facts) == {"structure": {Kind.CHANGED}, "drill": {Kind.CHANGED}}
        assert "one of the two is wrong" in probes(facts)["structure"].faults[0].message
    here.tar("app-1.tar", hours=-1)  # made anew under its name
    assert kinds(here.look("app-*.tar", **looking)) == {}


def test_an_archive_of_0_bytes_is_no_backup(shelf: Shelf) -> None:
    shelf.tar("app-1.tar.gz", hours=24)
    shelf.dated(shelf.ground.put("backup/app-2.tar.gz", b""))
    facts = shelf.look("app-*", **NIGHTLY)
    assert kinds(facts)["structure"] == {Kind.EMPTY}
    assert {point.id: point.complete for point in facts.points or ()} == {
        "app-1.tar.gz": None,
        "app-2.tar.gz": False,
    }


def test_an_archive_without_files_is_empty(shelf: Shelf) -> None:
    shelf.ground.put("backup/x")
    shelf.dated(tar_of(shelf.folder / "app-1.tar.gz", lambda _: None))
    assert kinds(shelf.look("app-*", **NIGHTLY))["structure"] == {Kind.EMPTY}


def test_a_part_of_the_source_that_is_not_in_it_is_missed(shelf: Shelf) -> None:
    shelf.tar("app-1.tar.gz", "--exclude", "*/docs")
    facts = shelf.look("app-*", **NIGHTLY)
    assert kinds(facts) == {"source": {Kind.MISSING_FILES}}
    assert probes(facts)["source"].faults[0].message.startswith("30 files not in the backup")
    assert not kinds(shelf.look("app-*", **NIGHTLY, source_declared={"exclude": ["*/docs/*"]}))


def test_a_declared_path_of_which_nothing_is_in_it_is_missed_without_the_source(shelf: Shelf) -> None:
    shelf.tar("app-1.tar.gz")
    declared = {"paths": [str(shelf.source), "/srv/other"]}
    facts = shelf.look("app-*", **NIGHTLY, source=None, source_declared=declared)
    assert kinds(facts) == {"structure": {Kind.MISSING_FILES}}


def test_an_empty_or_missing_source_is_told(shelf: Shelf) -> None:
    shelf.tar("app-1.tar.gz")
    (shelf.ground.folder / "empty").mkdir()
    facts = shelf.look("app-*", **NIGHTLY, source_declared={"paths": [str(shelf.ground.folder / "empty")]})
    assert Kind.EMPTY in kinds(facts)["source"]
    facts = shelf.look("app-*", **NIGHTLY, source_declared={"paths": ["/nonesuch"]})
    assert kinds(facts)["source"] == {Kind.NO_SOURCE}


def test_files_and_the_manifest_in_an_archive_must_be_the_same(shelf: Shelf) -> None:
    shelf.ground.put("backup/x")

    def made(listed: dict[str, bytes], held: dict[str, bytes]) -> set[Kind]:
        for name, content in listed.items():
            shelf.ground.put(f"listing/{name}", content)
        manifest = sums(shelf.ground.folder / "listing")

        def fill(archive: tarfile.TarFile) -> None:
            for name, content in {**held, "SHA256SUMS": manifest}.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))

        shelf.dated(tar_of(shelf.folder / "app-1.tar", fill))
        found = kinds(shelf.look("app-*", read=Slice(1, 1), source=None))
        return found.get("structure", set()) | found.get("read", set())

    same = {"a/1": b"one", "a/2": b"two"}
    assert made(same, same) == set()
    assert made(same, {"a/1": b"one"}) == {Kind.MISSING_FILES}
    assert made(same, {**same, "a/3": b"three"}) == {Kind.EXTRA}
    assert made(same, {**same, "a/2": b"TWO"}) == {Kind.MANIFEST}


def test_a_manifest_that_must_be_there_and_is_not_is_a_fault(shelf: Shelf) -> None:
    shelf.tar("app-1.tar.gz")
    declared = {"manifest": str(shelf.folder / "SUMS")}
    assert kinds(shelf.look("app-*", **NIGHTLY, repository=declared)) == {"structure": {Kind.MANIFEST}}
    shelf.ground.put("backup/SUMS", f"{'0' * 64}  other.tar.gz\n".encode())
    assert kinds(shelf.look("app-*", **NIGHTLY, repository=declared)) == {"structure": {Kind.MANIFEST}}
    shelf.ground.put("backup/SUMS", sums(shelf.folder))
    assert kinds(shelf.look("app-*", **NIGHTLY, repository=declared)) == {}
    shelf.ground.put("backup/app-1.tar.gz.sha256", b"nothing of use")
    assert kinds(shelf.look("app-*.gz", **NIGHTLY)) == {"structure": {Kind.MANIFEST}}


def test_archives_that_were_encrypted_are_no_archives_and_renamed_ones_are_gone(shelf: Shelf) -> None:
    archive = shelf.tar("app-1.tar.gz")
    archive.write_bytes(os.urandom(archive.stat().st_size))
    shelf.dated(archive)
    facts = shelf.look("app-*.tar.gz", **NIGHTLY)
    assert kinds(facts)["structure"] == {Kind.DATA}
    assert "does not begin as gzip does" in facts.damaged["app-1.tar.gz"]
    archive.rename(archive.with_name("app-1.tar.gz.locked"))
    facts = shelf.look("app-*.tar.gz", **NIGHTLY)
    assert (facts.points, facts.access.proven) == ((), True)


def test_a_source_that_was_encrypted_shows_in_what_its_backup_holds(here: Shelf, tmp_path: Path) -> None:
    here.tar("app-1.tar.gz", hours=24)
    assert here.look("app-*", **NIGHTLY, state=tmp_path).churn is None
    for path in list(here.source.rglob("*")):
        if path.is_file() and not path.is_symlink():
            path.write_bytes(os.urandom(path.stat().st_size + 16))
            path.rename(f"{path}.locked")
    here.ground.put("srv/data/kept name.pdf", os.urandom(5000))
    here.tar("app-2.tar.gz")
    for _ in range(2):  # a second look at the same archive says the same
        facts = here.look("app-*", **{**NIGHTLY, "sample": 100}, state=tmp_path)
        assert facts.churn is not None
        assert (facts.churn.new, facts.churn.removed, facts.churn.total) == (
            here.documents + 1,
            here.documents,
            here.documents,
        )
        assert facts.churn.suffixes[".locked"] == here.documents
    assert facts.signs is not None
    assert facts.signs.untyped == (f"{here.source}/kept name.pdf",)


def test_a_canary_and_what_was_wrong_before_are_restored_whatever_the_dice_say(here: Shelf) -> None:
    here.tar("app-1.tar.gz")
    canary = str(here.source / "docs/3.txt")
    declared = {"canaries": [{"path": canary, "sha256": "0" * 64}]}
    facts = here.look("app-*", sample=0, again=(str(here.source / "plan.pdf"),), verify=declared)
    assert probes(facts)["sample"].told["files"] == 2
    assert facts.signs is not None
    assert len(facts.signs.canaries[canary]) == 64
    lost = here.look("app-*", sample=1, verify={"canaries": [{"path": "/srv/none", "sha256": "0" * 64}]})
    assert lost.signs is not None
    assert lost.signs.canaries == {"/srv/none": ""}


Members = Callable[[tarfile.TarFile], None]


def evil(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Members:
    """A member that would do harm where it is unpacked as it says."""

    def add(archive: tarfile.TarFile) -> None:
        for inner, each, to in ((name, kind, link), (f"{name}/through", tarfile.REGTYPE, "")):
            if each == tarfile.REGTYPE and inner.endswith("/through") and kind != tarfile.SYMTYPE:
                continue
            member = tarfile.TarInfo(inner)
            member.type, member.linkname, member.size = each, to, 4 if each == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(b"evil") if member.size else None)
        good = tarfile.TarInfo("srv/data/good.txt")
        good.size = 4
        archive.addfile(good, io.BytesIO(b"good"))

    return add


@pytest.mark.parametrize(
    "members",
    [
        evil("../../../outside"),
        evil("a/../../outside"),
        evil("srv/link", tarfile.SYMTYPE, "/tmp"),
        evil(".."),
    ],
    ids=["up", "up inside", "through a link", "folder above"],
)
def test_paths_that_lead_out_of_an_archive_are_a_fault_and_lead_nowhere(
    here: Shelf, members: Members
) -> None:
    here.ground.put("backup/x")
    here.dated(tar_of(here.folder / "app-1.tar.gz", members))
    facts = here.look("app-*", **FULL, source=None)
    assert Kind.PATHS in kinds(facts)["structure"]
    left = {str(path.relative_to(here.ground.folder)) for path in here.ground.folder.rglob("*")}
    assert not any("outside" in path or "through" in path for path in left)
    assert not list(here.ground.folder.parent.glob("outside"))
    assert not Path("/tmp/through").exists()


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE])
def test_devices_pipes_and_links_to_elsewhere_are_not_made(here: Shelf, kind: bytes) -> None:
    here.ground.put("backup/x")
    here.dated(tar_of(here.folder / "app-1.tar.gz", evil("srv/data/odd", kind, "/etc/passwd")))
    facts = here.look("app-*", **FULL, source=None)
    assert kinds(facts).get("structure", set()) == ({Kind.INCOMPLETE} if kind == tarfile.LNKTYPE else set())
    assert probes(facts)["drill"].told["files"] == 1
    assert not any(stat.S_ISCHR(path.lstat().st_mode) for path in here.ground.folder.rglob("*"))


def test_a_zip_whose_files_overlap_is_a_bomb(here: Shelf) -> None:
    archive = here.zip("app-1.zip")
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
    content, directory = bytearray(archive.read_bytes()), archive.read_bytes().index(b"PK\x01\x02")
    largest = max(members, key=lambda member: member.compress_size)
    for at in _entries(content, directory):
        content[at + 20 : at + 24] = (largest.compress_size * 50).to_bytes(4, "little")
    archive.write_bytes(content)
    here.dated(archive)
    assert kinds(here.look("app-*", **FULL))["structure"] == {Kind.OTHER}


def _entries(content: bytearray, at: int) -> Iterator[int]:
    while content[at : at + 4] == b"PK\x01\x02":
        yield at
        lengths = [int.from_bytes(content[at + place : at + place + 2], "little") for place in (28, 30, 32)]
        at += 46 + sum(lengths)


def test_what_does_not_fit_into_the_scratch_folder_is_not_restored(here: Shelf) -> None:
    here.ground.put("srv/data/large", bytes(40_000_000))
    for path in [each for each in here.source.rglob("*") if each.name != "large" and each.is_file()]:
        path.unlink()
    archive = here.tar("app-1.tar.gz")
    assert archive.stat().st_size < 100_000
    facts = here.look("app-*", **FULL, verify={"scratch_limit": "10MB"})
    assert blocked(facts) == {"sample": Kind.NO_SPACE, "drill": Kind.NO_SPACE}
    assert probes(facts)["structure"].proven


def test_times_in_names_and_of_files_are_facts_also_in_the_future(shelf: Shelf) -> None:
    at = {
        "app-2026-10-25-0230.tar": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # summer time in Brussels
        "app-2026-10-25-0231.tar": datetime(2026, 10, 25, 1, 31, tzinfo=UTC),  # winter time, an hour later
        "app-20261025T023000Z.tar": datetime(2026, 10, 25, 2, 30, tzinfo=UTC),
        "app-2026-10-20.tar": datetime(2026, 10, 20, tzinfo=UTC),  # copied later: its own time says nothing
        "app-2199-01-01.tar": datetime(2026, 10, 25, tzinfo=UTC),
        "app-none.tar": datetime(2027, 3, 1, tzinfo=UTC),
    }
    for name, moment in at.items():
        path = shelf.tar(name)
        written = datetime(2026, 10, 26, tzinfo=UTC) if name == "app-2026-10-20.tar" else moment
        os.utime(path, (written.timestamp(), written.timestamp()))
    facts = shelf.look("app-*", read=Slice(1, 10), now=datetime(2026, 10, 26, tzinfo=UTC))
    assert {point.id: point.at for point in facts.points or ()} == at | {
        "app-20261025T023000Z.tar": datetime(2026, 10, 25, 2, 30, tzinfo=UTC)
    }
    assert [point.id for point in facts.points or () if point.files is not None] == [
        "app-20261025T023000Z.tar"
    ]


def test_older_archives_are_read_in_turn_and_named(here: Shelf) -> None:
    for number in range(6):
        here.tar(f"app-{number}.tar.gz", hours=24 * (6 - number))
    flip(here.folder / "app-2.tar.gz")
    found = [kinds(here.look("app-*", read=Slice(number, 4), sample=0)) for number in range(1, 5)]
    assert sorted(map(str, found)) == sorted(map(str, [{}, {}, {}, {"read": {Kind.DATA}}]))
    facts = here.look("app-*", **FULL)
    assert kinds(facts) == {"read": {Kind.DATA}}
    assert probes(facts)["read"].faults[0].message.startswith("app-2.tar.gz: ")
    assert probes(facts)["read"].told["backups"] == 6


def test_a_newest_archive_that_is_wrong_is_told_in_its_own_slice(here: Shelf) -> None:
    flip(here.tar("app-0.tar.gz"))
    own = slice_of("app-0.tar.gz", 4)
    for number in range(1, 5):
        reads = {each.number: each.probe for each in here.look("app-*", read=Slice(number, 4)).reads}
        assert {fault.kind for fault in reads[own].faults} == {Kind.DATA}
        assert set(reads) == {number, own}
        assert all(probe.proven for part, probe in reads.items() if part != own)


def test_an_archive_that_may_not_be_read_is_no_knowledge(ssh_farm: Farm) -> None:
    with open_shelf("ssh", ssh_farm) as shelf:
        archive = shelf.tar("app-1.tar.gz")
        archive.chmod(0o600)
        facts = shelf.look("app-*", **FULL)
        assert blocked(facts)["structure"] == blocked(facts)["read"] == Kind.DENIED
        assert kinds(facts) == {}
        shelf.folder.chmod(0o700)
        assert blocked(shelf.look("app-*", **FULL)) == {"access": Kind.DENIED}


def test_a_missing_folder_is_a_missing_repository(shelf: Shelf) -> None:
    for url in ("app-*.tar", "app-1.tar", ""):
        assert kinds(shelf.look(url, **FULL)) == {"access": {Kind.NO_REPOSITORY}}
    shelf.folder.mkdir()
    assert kinds(shelf.look("app-1.tar", **FULL)) == {"access": {Kind.NO_REPOSITORY}}
    assert shelf.look("app-*.tar", **FULL).points == ()


def test_a_zip_with_a_password_cannot_be_proven(here: Shelf) -> None:
    here.ground.put("backup/x")
    subprocess.run(
        [need("zip"), "-q", "-P", "geheim", "-r", here.folder / "app-1.zip", here.source / "docs"], check=True
    )
    here.dated(here.folder / "app-1.zip")
    facts = here.look("app-*", **NIGHTLY, source=None)
    assert (kinds(facts), blocked(facts)["structure"]) == ({}, Kind.NOT_PROVABLE)


def test_of_other_formats_only_a_sum_proves_anything(shelf: Shelf) -> None:
    archive = shelf.dated(shelf.ground.put("backup/app-1.7z", os.urandom(5000)))
    facts = shelf.look("app-*.7z", **NIGHTLY, source=None)
    assert blocked(facts)["structure"] == Kind.NOT_PROVABLE
    shelf.ground.put("backup/app-1.7z.sha256", sums(shelf.folder))
    assert probes(shelf.look("app-*.7z", **NIGHTLY, source=None))["structure"].proven
    flip(archive)
    assert kinds(shelf.look("app-*.7z", **NIGHTLY, source=None))["structure"] == {Kind.MANIFEST}


class Bare(PosixMachine):
    """A machine without Python, such as a small NAS."""

    def lines(self, program: Program) -> Iterator[bytes]:
        return super().lines(replace(program, argv=("/nonesuch", *program.argv)))


def test_without_python_over_there_nothing_is_proven(ssh_farm: Farm) -> None:
    with open_shelf("ssh", ssh_farm) as shelf:
        shelf.tar("app-1.tar.gz")
        with opened(farm_target(ssh_farm)) as runner:
            facts = files.observe(Bare(runner, "nas"), shelf.order("app-*", **NIGHTLY))
        assert blocked(facts)["structure"] == blocked(facts)["read"] == Kind.NO_PROGRAM
        assert kinds(facts) == {}


def test_time_that_is_up_is_no_knowledge_and_keeps_the_list(here: Shelf) -> None:
    with (here.source / "long").open("wb") as long:
        long.truncate(200_000_000)  # nobody unpacks that in the least time that a step gets
    for number in range(3):
        here.tar(f"app-{number}.tar.gz", hours=24 * (2 - number))
    facts = here.look("app-*", **FULL, seconds=0)
    assert blocked(facts)["structure"] == blocked(facts)["read"] == Kind.TIMEOUT
    assert kinds(facts) == {}
    assert len(facts.points or ()) == 3


def test_a_server_that_hangs_blocks_the_look_in_time(ssh_farm: Farm) -> None:
    with open_shelf("ssh", ssh_farm) as shelf:
        shelf.tar("app-1.tar.gz")
        order = shelf.order("app-*", **FULL, seconds=4)
        sessions = [int(line.split()[0]) for line in processes_of(ssh_farm.user) if " sshd: " in line]
        for process in sessions:
            os.kill(process, signal.SIGSTOP)
        try:
            facts = files.observe(shelf.ground.machine, order)
        finally:
            for process in sessions:
                os.kill(process, signal.SIGCONT)
        assert blocked(facts) == {"access": Kind.TIMEOUT}
        assert kinds(facts) == {}


def test_names_that_are_no_text_can_be_shown_and_stored(here: Shelf) -> None:
    here.tar("app-1.tar").rename(os.fsdecode(os.fsencode(here.folder) + b"/app-\xff.tar"))
    (here.source / os.fsdecode(b"more\xff")).write_bytes(b"not in it")
    facts = here.look("app-*", **FULL)
    assert kinds(facts) == {"source": {Kind.MISSING_FILES}}
    assert [(point.id, point.complete) for point in facts.points or ()] == [("app-\ufffd.tar", True)]
    json.dumps(asdict(facts), default=str, ensure_ascii=False).encode()


def test_an_attribute_guards_young_archives_or_is_missed(here: Shelf) -> None:
    declared = {"declared": {"immutable": {"by": "attribute", "for": "30d"}}}
    archives = [here.tar(f"app-{number}.tar", hours=24 * number) for number in range(2)]
    old = here.tar("app-9.tar", hours=24 * 60)
    assert here.look("app-*", **NIGHTLY).immutable is None
    seen = here.look("app-*", **NIGHTLY, **declared).immutable
    assert seen is not None
    if seen.blocked is not None:
        lack(f"attributes of files need another file system: {seen.blocked.message}")
    assert seen.faults[0].message.startswith("2 files without the attribute i or a")
    guarded(archives, "+i")
    try:
        seen = here.look("app-*", **NIGHTLY, **declared).immutable
        assert seen is not None
        assert (seen.proven, seen.told["files"]) == (True, 2)
    finally:
        guarded(archives, "-i")
    assert old.exists()


def guarded(paths: list[Path], change: str) -> None:
    subprocess.run(["chattr", change, *paths], check=True)


def test_a_list_reads_and_restores_nothing(shelf: Shelf) -> None:
    flip(shelf.tar("app-1.tar.gz"))
    facts = shelf.look("app-*", **FULL, deep=False)
    assert set(probes(facts)) == {"access"}
    assert [point.id for point in facts.points or ()] == ["app-1.tar.gz"]
