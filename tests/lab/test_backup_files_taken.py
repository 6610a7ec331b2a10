"""Archives that ict takes itself: whole with their sums, or not there at all."""

import os
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.files_rig import FULL, Shelf, blocked, kinds, open_shelf, probes
from lab.machine_rig import eventually
from lab.need import lack, need
from lab.servers.openssh import Farm
from schoten_ict.backup.facts import Kind
from schoten_ict.core.errors import ConfigurationError

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name != "posix", reason="archives of POSIX files")]


@pytest.fixture(params=["here", "ssh"])
def shelf(request: pytest.FixtureRequest, ssh_farm: Farm) -> Iterator[Shelf]:
    with open_shelf(request.param, ssh_farm) as opened:
        opened.folder.mkdir()
        opened.ground.hand_over()
        yield opened


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("form", ["tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_taken_tar_is_proven_and_other_tools_read_it(shelf: Shelf, form: str, tmp_path: Path) -> None:
    taken = shelf.take(f"app-*.{form}")
    name = f"app-{shelf.now:%Y%m%dT%H%M%SZ}.{form}"
    assert (taken.point_id, taken.complete, taken.faults) == (name, True, ())
    assert taken.told["files"] == shelf.documents
    assert names(shelf.folder) == [name, f"{name}.sha256"]
    subprocess.run(
        ["sha256sum", "-c", "--strict", f"{name}.sha256"], cwd=shelf.folder, check=True, capture_output=True
    )
    subprocess.run(["tar", "-xf", shelf.folder / name, "-C", tmp_path], check=True)
    subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True, capture_output=True
    )
    restored = tmp_path / str(shelf.source)[1:]
    subprocess.run(["diff", "-r", "--no-dereference", shelf.source, restored], check=True)
    facts = shelf.look(f"app-*.{form}", **FULL)
    assert (kinds(facts), blocked(facts)) == ({}, {})
    assert [(point.at, point.complete, point.files) for point in facts.points or ()] == [
        (shelf.now, True, shelf.documents)
    ]


def test_a_taken_zip_is_proven_and_other_tools_read_it(shelf: Shelf, tmp_path: Path) -> None:
    need("unzip")
    odd = next(
        path for path in shelf.source.iterdir() if not path.name.isprintable() and "\n" not in path.name
    )
    taken = shelf.take("app-*.zip")
    assert not taken.complete
    assert [fault.kind for fault in taken.faults] == [Kind.INCOMPLETE]
    assert "utf8.txt" in taken.faults[0].message
    odd.unlink()
    taken = shelf.take("app-*.zip")
    assert (taken.complete, taken.faults) == (True, ())
    with zipfile.ZipFile(shelf.folder / taken.point_id) as archive:
        assert archive.testzip() is None
    subprocess.run(["unzip", "-tq", shelf.folder / taken.point_id], check=True, capture_output=True)
    facts = shelf.look("app-*.zip", **FULL)
    assert (kinds(facts), blocked(facts)) == ({}, {})
    assert probes(facts)["source"].told["files"] == shelf.documents - 1


def test_into_a_folder_goes_an_archive_with_the_jobs_name_and_the_time(shelf: Shelf) -> None:
    taken = shelf.take("")
    assert taken.point_id == f"nacht-{shelf.now:%Y%m%dT%H%M%SZ}.tar.gz"
    assert [point.id for point in shelf.look("", **FULL).points or ()] == [taken.point_id]


def test_what_is_excluded_is_left_out(shelf: Shelf) -> None:
    for pattern in ("*/docs/*", "*/docs"):
        taken = shelf.take("app.tar", source_declared={"exclude": [pattern]})
        with tarfile.open(shelf.folder / "app.tar") as archive:
            assert not [name for name in archive.getnames() if "/docs/" in name]
        assert taken.told["files"] == shelf.documents - 30


def test_an_empty_or_missing_source_makes_no_backup(shelf: Shelf) -> None:
    (shelf.ground.folder / "nothing").mkdir()
    for root, found in (("nothing", {Kind.EMPTY}), ("nonesuch", {Kind.EMPTY, Kind.INCOMPLETE})):
        taken = shelf.take("app-*.tar", source_declared={"paths": [str(shelf.ground.folder / root)]})
        assert (taken.point_id, taken.complete) == ("", False)
        assert {fault.kind for fault in taken.faults} == found
    assert names(shelf.folder) == []


def test_a_file_that_may_not_be_read_makes_the_backup_incomplete_and_is_named(ssh_farm: Farm) -> None:
    with open_shelf("ssh", ssh_farm) as shelf:
        shelf.folder.mkdir()
        shelf.ground.hand_over()
        (shelf.source / "plan.pdf").chmod(0)
        (shelf.source / "docs").chmod(0)
        taken = shelf.take("app-*.tar.gz")
        assert taken.point_id
        assert not taken.complete
        assert {fault.kind for fault in taken.faults} == {Kind.INCOMPLETE}
        assert "plan.pdf" in str(taken.faults)
        assert "/docs" in str(taken.faults)
        (shelf.source / "docs").chmod(0o755)


def test_a_full_disk_leaves_nothing_behind(ssh_farm: Farm) -> None:
    need("mount")
    with open_shelf("here", ssh_farm) as shelf:
        shelf.folder.mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "small", shelf.folder], check=False
        ).returncode:
            lack("a small file system needs root and mount")
        try:
            shelf.ground.put("srv/data/large", os.urandom(3_000_000))
            taken = shelf.take("app-*.tar.gz")
            assert (taken.point_id, [fault.kind for fault in taken.faults]) == ("", [Kind.NO_SPACE])
            assert names(shelf.folder) == []
        finally:
            subprocess.run(["umount", "--lazy", shelf.folder], check=True)


TAKING = """
import sys
from datetime import datetime
from pathlib import Path
sys.path[:0] = {paths!r}
from lab.files_rig import Shelf
from lab.machine_rig import Ground, machine_of
ground = Ground(machine_of("here", Path({folder!r}), None), Path({folder!r}))
shelf = Shelf(ground, "here", None, datetime.fromisoformat({at!r}))
shelf.take("app-*.tar.xz")
"""


def test_a_killed_run_leaves_no_backup_and_the_next_removes_what_it_left(ssh_farm: Farm) -> None:
    with open_shelf("here", ssh_farm) as shelf:
        shelf.folder.mkdir()
        shelf.ground.put("srv/data/large", os.urandom(60_000_000))
        script = TAKING.format(paths=sys.path, folder=str(shelf.ground.folder), at=shelf.at.isoformat())
        killed = subprocess.Popen([sys.executable, "-c", script])
        try:
            eventually(lambda: names(shelf.folder) != [], "nothing was begun")
        finally:
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        assert not [name for name in names(shelf.folder) if name.startswith("app-")]
        assert shelf.look("app-*.tar.xz", deep=False).points == ()
        (shelf.source / "large").unlink()
        taken = shelf.take("app-*.tar.xz")
        assert taken.complete
        assert names(shelf.folder) == [taken.point_id, f"{taken.point_id}.sha256"]


def test_a_declaration_by_which_none_can_be_made_is_refused(shelf: Shelf) -> None:
    with pytest.raises(ConfigurationError, match="no archive that can be made"):
        shelf.take("app-*.rar")
    with pytest.raises(ConfigurationError, match="does not say how a new backup is called"):
        shelf.take("app-?.tar")
    with pytest.raises(ConfigurationError, match="packed where they lie"):
        shelf.take("app-*.tar", source_declared={"hosts": ["srv-other"]})
