"""Folders that are backups, here and over SSH: one plain tree, and dated ones, each with its manifest."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.files_rig import FULL, Shelf, blocked, cut, flip, kinds, open_shelf, probes, sums
from lab.machine_rig import acting_as
from lab.need import lack
from lab.servers.openssh import Farm
from schoten_ict.backup.facts import Kind
from schoten_ict.backup.order import Slice

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name != "posix", reason="folders of POSIX files")]


@pytest.fixture(params=["here", "ssh"])
def shelf(request: pytest.FixtureRequest, ssh_farm: Farm) -> Iterator[Shelf]:
    with open_shelf(request.param, ssh_farm) as opened:
        yield opened


def copied(shelf: Shelf, name: str, *, manifest: bool = True) -> Path:
    """A folder with a copy of the source, and a manifest in it."""
    place = shelf.folder / name
    shutil.copytree(shelf.source, place, symlinks=True)
    if manifest:
        (place / "SHA256SUMS").write_bytes(sums(place))
    return shelf.dated(place)


def test_a_sound_tree_is_proven_in_every_way(shelf: Shelf) -> None:
    copied(shelf, "data")
    facts = shelf.look("data", **FULL)
    assert (kinds(facts), blocked(facts)) == ({}, {})
    told = {name: probe.told for name, probe in probes(facts).items()}
    assert told["structure"]["files"] == told["drill"]["files"] == shelf.documents
    assert told["read"]["files"] == shelf.documents
    assert facts.points is not None
    assert [(point.id, point.complete, point.files) for point in facts.points] == [
        ("data", True, shelf.documents)
    ]


def test_a_drill_copies_everything_elsewhere_where_there_is_room(shelf: Shelf) -> None:
    copied(shelf, "data")
    told = probes(shelf.look("data", sample=0, drill=True))["drill"].told
    assert (told["files"], "seconds" in told) == (shelf.documents, True)
    facts = shelf.look("data", sample=0, drill=True, verify={"scratch_limit": "10kB"})
    assert blocked(facts) == {"drill": Kind.NO_SPACE}


def test_every_kind_of_damage_to_a_tree_is_found_by_name(shelf: Shelf) -> None:
    whole = copied(shelf, "data")
    for damage, found in (
        (lambda: flip(whole / "plan.pdf"), {"read": {Kind.MANIFEST}, "drill": {Kind.MANIFEST}}),
        (lambda: cut(whole / "plan.pdf"), {"read": {Kind.MANIFEST}, "drill": {Kind.MANIFEST}}),
        (lambda: shutil.rmtree(whole / "docs"), {"structure": {Kind.MISSING_FILES}}),
        (lambda: (whole / "ransom.txt").write_bytes(b"pay"), {"structure": {Kind.EXTRA}}),
        (lambda: (whole / "SHA256SUMS").write_bytes(b"gone"), {}),
    ):
        damage()
        facts = shelf.look("data", **FULL, source=None)
        shown = kinds(facts)
        shown.pop("sample", None)
        assert shown == found
        shutil.rmtree(whole)
        copied(shelf, "data")


def test_a_tree_whose_files_were_encrypted_and_renamed_lacks_them_all(shelf: Shelf, tmp_path: Path) -> None:
    whole = copied(shelf, "data")
    before = shelf.look("data", **FULL, state=tmp_path)
    assert before.churn is None
    files = [each for each in whole.rglob("*") if each.is_file() and not each.is_symlink()]
    for path in [each for each in files if each.name != "SHA256SUMS"]:
        path.write_bytes(os.urandom(200))
        path.rename(f"{path}.crypt")
    facts = shelf.look("data", **FULL, state=tmp_path)
    assert kinds(facts)["structure"] == {Kind.MISSING_FILES, Kind.EXTRA}
    assert facts.churn is not None
    assert facts.churn.new == facts.churn.total == shelf.documents
    assert facts.churn.suffixes == {".crypt": shelf.documents}
    assert [point.complete for point in facts.points or ()] == [False]


def test_without_a_manifest_the_source_shows_damage_and_nothing_else_is_claimed(shelf: Shelf) -> None:
    name = f"data-{shelf.at:%Y%m%dT%H%M%SZ}"
    whole = copied(shelf, name, manifest=False)
    sound = shelf.look(name, **FULL)
    assert (kinds(sound), set(sound.cannot)) == ({}, {"read"})
    assert probes(sound)["structure"].weak == "no manifest says what must be in it"
    flip(whole / "plan.pdf")
    facts = shelf.look(name, **FULL)
    assert kinds(facts)["drill"] == {Kind.DIFFERS}
    assert probes(shelf.look(name, **FULL, source=None))["drill"].weak == "nothing to compare them with"


def test_what_the_source_has_and_the_tree_lacks_is_missing(shelf: Shelf) -> None:
    name = f"data-{shelf.at:%Y%m%dT%H%M%SZ}"
    whole = copied(shelf, name, manifest=False)
    (whole / "plan.pdf").unlink()
    assert kinds(shelf.look(name, sample=3)) == {"source": {Kind.MISSING_FILES}}


def test_an_empty_folder_is_an_empty_backup(shelf: Shelf) -> None:
    (shelf.folder / "data").mkdir(parents=True)
    facts = shelf.look("data", **FULL)
    assert kinds(facts)["structure"] == {Kind.EMPTY}
    assert blocked(facts)["drill"] == Kind.NOT_PROVABLE
    assert [point.complete for point in facts.points or ()] == [False]


def test_what_the_account_may_not_read_is_a_fault_and_not_skipped(ssh_farm: Farm) -> None:
    with open_shelf("ssh", ssh_farm) as shelf:
        whole = copied(shelf, "data")
        (whole / "plan.pdf").chmod(0)
        (whole / "docs").chmod(0)
        facts = shelf.look("data", **FULL)
        assert kinds(facts)["structure"] == {Kind.OTHER, Kind.MISSING_FILES}
        assert Kind.OTHER in kinds(facts)["read"]
        (whole / "docs").chmod(0o755)
    with open_shelf("here", ssh_farm) as shelf:
        whole = copied(shelf, "data")
        (whole / "plan.pdf").chmod(0)
        shelf.scratch.mkdir()
        with acting_as(ssh_farm.user):
            facts = shelf.look("data", **FULL, source=None)
        assert Kind.OTHER in kinds(facts)["read"]


def test_dated_folders_are_backups_of_their_days_and_each_share_of_them_is_read(shelf: Shelf) -> None:
    for day in (20, 21, 22):
        copied(shelf, f"2026-11-{day}")
    copied(shelf, "lost+found", manifest=False)
    facts = shelf.look("", **FULL)
    assert (kinds(facts), blocked(facts)) == ({}, {})
    assert [(point.id, point.at.day) for point in facts.points or ()] == [
        (f"2026-11-{day}", day) for day in (20, 21, 22)
    ]
    assert probes(facts)["read"].told["files"] == 3 * shelf.documents
    flip(shelf.folder / "2026-11-20/plan.pdf")
    (shelf.folder / "2026-11-21/empty.txt").unlink()
    shown = [kinds(shelf.look("2026-*", read=Slice(number, 5), sample=0)) for number in range(1, 6)]
    found = [each["read"] for each in shown if each]
    assert sorted(kind for each in found for kind in each) == [Kind.MANIFEST, Kind.OTHER]


def test_an_attribute_must_guard_everything_in_a_folder(ssh_farm: Farm) -> None:
    with open_shelf("here", ssh_farm) as shelf:
        (shelf.source / "link").unlink()  # links have no attributes
        whole = copied(shelf, "data")
        declared = {"declared": {"immutable": {"by": "attribute", "for": "30d"}}}
        try:
            if subprocess.run(["chattr", "-R", "+i", whole], check=False, capture_output=True).returncode:
                lack("attributes of files need root and another file system")
            seen = shelf.look("data", **declared).immutable
            subprocess.run(["chattr", "-i", whole / "plan.pdf"], check=True)
            missed = shelf.look("data", **declared).immutable
        finally:
            subprocess.run(["chattr", "-R", "-i", whole], check=False, capture_output=True)
    assert seen is not None
    assert seen.proven
    assert missed is not None
    assert [fault.where for fault in missed.faults] == [str(whole / "plan.pdf")]


def test_a_folder_of_documents_is_one_tree_whatever_dates_are_in_it(shelf: Shelf) -> None:
    whole = copied(shelf, "data", manifest=False)
    (whole / "2026-01-05 vergadering").mkdir()
    shelf.ground.put("backup/data/notulen-2026-01-05.zip", b"PK\x05\x06" + bytes(18))
    assert [point.id for point in shelf.look("data", sample=1).points or ()] == ["data"]
