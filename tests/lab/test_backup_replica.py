"""Replicas for real, on one machine and on two: each difference is found by its name, and no sync destroys."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.files_rig import blocked, cut, flip, kinds, probes
from lab.machine_rig import acting_as
from lab.need import lack, need
from lab.replica_rig import FILES, FULL, Pair, open_pair
from lab.servers.openssh import Farm, processes_of
from schoten_ict.backup.ask import replica
from schoten_ict.backup.facts import Kind
from schoten_ict.backup.order import Slice
from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.remote import RemoteError

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name != "posix", reason="trees of POSIX files")]


@pytest.fixture(params=["here", "ssh to here", "here to ssh", "ssh"])
def pair(request: pytest.FixtureRequest, ssh_farm: Farm) -> Iterator[Pair]:
    copy, source = {"ssh to here": ("here", "ssh"), "here to ssh": ("ssh", "here")}.get(
        request.param, (request.param, request.param)
    )
    with open_pair(copy, source, ssh_farm) as opened:
        yield opened


@pytest.fixture
def here(ssh_farm: Farm) -> Iterator[Pair]:
    with open_pair("here", "here", ssh_farm) as opened:
        yield opened


def test_a_sound_replica_is_proven_in_every_way(pair: Pair) -> None:
    pair.copied()
    facts = pair.look(**FULL)
    assert (kinds(facts), blocked(facts)) == ({}, {})
    told = {name: probe.told for name, probe in probes(facts).items()}
    assert told["read"]["files"] == told["drill"]["files"] == told["source"]["files"] == FILES
    assert told["sample"]["compared"] == 8
    assert (told["source"]["late"], told["source"]["extra"]) == (0, 0)
    assert [(point.id, point.at, point.complete, point.files) for point in facts.points or ()] == [
        ("replica", pair.now, True, FILES)
    ]


def test_a_changed_bit_with_the_old_time_is_found_where_rsync_sees_nothing(pair: Pair) -> None:
    need("rsync")
    pair.copied()
    flip(pair.copy / "docs/1/5.txt")
    quick = subprocess.run(
        ["rsync", "-ain", "--delete", f"{pair.source}/", f"{pair.copy}/"], capture_output=True, check=True
    )
    assert b"5.txt" not in quick.stdout
    facts = pair.look(**FULL)
    assert kinds(facts) == {"read": {Kind.DIFFERS}, "drill": {Kind.DIFFERS}}
    assert "docs/1/5.txt" in probes(facts)["read"].faults[0].message
    found = [bool(kinds(pair.look(read=Slice(number, 5), sample=0))) for number in range(1, 6)]
    assert sorted(found) == [False, False, False, False, True]


Damage = Callable[[Pair], object]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda pair: (pair.copy / "plan.pdf").unlink(), {"source": {Kind.MISSING_FILES}}),
        (lambda pair: shutil.rmtree(pair.copy / "docs"), {"source": {Kind.MISSING_FILES}}),
        (lambda pair: cut(pair.copy / "plan.pdf"), {"source": {Kind.TRUNCATED}}),
        (lambda pair: os.truncate(pair.copy / "plan.pdf", 0), {"source": {Kind.TRUNCATED}}),
        (lambda pair: (pair.copy / "plan.pdf").write_bytes(bytes(999)), {"source": {Kind.DIFFERS}}),
    ],
)
def test_what_is_missing_or_of_another_size_is_found_by_name(
    here: Pair, damage: Damage, found: dict[str, set[Kind]]
) -> None:
    here.copied()
    damage(here)
    facts = here.look(read=Slice(1, 1))
    assert kinds(facts) == found
    assert [point.complete for point in facts.points or ()] == [False]


def test_what_never_was_in_the_source_is_told_from_what_was_deleted_there(pair: Pair) -> None:
    pair.copied()
    _age_folders(pair.source)
    (pair.copy / "docs/1/stray.txt").write_bytes(b"who put this here")
    facts = pair.look()
    assert kinds(facts) == {"structure": {Kind.EXTRA}}
    assert "docs/1/stray.txt" in probes(facts)["structure"].faults[0].message
    (pair.copy / "docs/1/stray.txt").unlink()
    (pair.source / "docs/2/2.txt").unlink()
    shutil.rmtree(pair.source / "docs/3")
    facts = pair.look()
    assert kinds(facts) == {}
    assert probes(facts)["source"].told["extra"] == 1 + len(list((pair.copy / "docs/3").iterdir()))


def _age_folders(folder: Path) -> None:
    """Nothing was put into these folders or taken out of them for years."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            os.utime(path, (1_700_000_000, 1_700_000_000))


def test_what_changed_lately_is_on_its_way_and_dates_the_replica(pair: Pair) -> None:
    pair.copied()
    pair.now = datetime.now(UTC)
    pair.ground.put("srv/data/new.txt", b"new")
    pair.ground.put("srv/data/plan.pdf", b"%PDF changed")
    facts = pair.look(**FULL)
    assert kinds(facts) == {}
    told = probes(facts)["source"].told
    assert (told["late"], told["missing"]) == (2, 0)
    (point,) = facts.points or ()
    status = (pair.source / "new.txt").stat()
    assert abs(point.at.timestamp() - status.st_ctime) < 1
    assert point.complete


def test_a_replica_of_which_all_is_still_on_its_way_proves_nothing(here: Pair) -> None:
    here.copy.mkdir()
    here.now = datetime.now(UTC)
    facts = here.look(**FULL)
    assert kinds(facts) == {"structure": {Kind.EMPTY}}
    assert blocked(facts) == {"read": Kind.NOT_PROVABLE, "drill": Kind.NOT_PROVABLE}


def _removed(pair: Pair) -> int:
    """Somebody removes a part of the replica; how many files."""
    gone = len([path for path in (pair.copy / "docs").rglob("*") if path.is_file()])
    shutil.rmtree(pair.copy / "docs")
    return gone


def test_what_was_removed_from_a_replica_of_young_files_is_missing_and_no_drill_hides_it(pair: Pair) -> None:
    time.sleep(1)  # the files are older than their copies by more than two clocks may differ
    pair.copied()
    pair.now = datetime.now(UTC)
    gone = _removed(pair)
    facts = pair.look(**FULL)
    told = {name: kinds(facts).get(name) for name in ("source", "drill")}
    assert told == {key: {Kind.MISSING_FILES} for key in told}
    source = probes(facts)["source"]
    assert (source.told["missing"], source.told["late"]) == (gone, 0)
    assert source.faults[0].message.startswith(f"{gone} files not in the replica: docs/0/0.txt, ")


def test_what_changed_after_the_last_copy_is_excused_counted_and_told_by_the_drill(pair: Pair) -> None:
    pair.copied()
    pair.now = datetime.now(UTC)
    time.sleep(0.1)
    for name in ("new.txt", "newer.txt"):
        pair.ground.put(f"srv/data/{name}", b"new")
    facts = pair.look(**FULL)
    assert kinds(facts) == {}
    assert [probes(facts)[name].told["late"] for name in ("source", "drill")] == [2, 2]
    pair.now += timedelta(days=3)
    assert kinds(pair.look(**FULL)) == {key: {Kind.MISSING_FILES} for key in ("source", "drill")}


def test_what_an_earlier_look_saw_is_missing_whatever_happened_to_its_rights(
    here: Pair, tmp_path: Path
) -> None:
    here.copied()
    here.now = datetime.now(UTC)
    assert kinds(here.look(state=tmp_path)) == {}
    time.sleep(0.1)
    for path in here.source.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755)
    gone = _removed(here)
    for _ in range(3):
        facts = here.look(state=tmp_path)
        assert kinds(facts) == {"source": {Kind.MISSING_FILES}}
        assert probes(facts)["source"].told["missing"] == gone
    assert probes(here.look())["source"].told["late"] == gone, "nobody else can know"


@pytest.mark.parametrize("how", ["--partial", "--inplace"])
def test_a_copy_that_goes_on_is_no_fault_and_one_that_was_killed_is(here: Pair, how: str) -> None:
    need("rsync")
    here.ground.put("srv/data/a large file", bytes(4_000_000))
    time.sleep(0.1)
    here.copy.mkdir()
    (here.copy / "plan.pdf").write_bytes((here.source / "plan.pdf").read_bytes())
    copying = subprocess.Popen(
        ["rsync", "-a", "--bwlimit=200", how, f"{here.source}/", f"{here.copy}/"], start_new_session=True
    )
    try:
        _until(lambda: len(list(here.copy.iterdir())) > 1)
        here.now = datetime.now(UTC)
        facts = replica.observe(here.ground.machine, here.order())
        assert copying.poll() is None
        assert "source" not in kinds(facts)
        assert int(probes(facts)["source"].told["late"]) > 0
        assert "a copy is being made right now" in probes(facts)["structure"].weak
    finally:
        os.killpg(copying.pid, signal.SIGKILL)  # all three processes of rsync, which put nothing in order
        copying.wait()
        time.sleep(0.2)
    here.now += timedelta(minutes=20)
    assert Kind.MISSING_FILES in kinds(here.look())["source"]


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_a_sync_that_had_nothing_to_copy_excuses_nothing(syncing: Pair) -> None:
    time.sleep(1)
    for _ in range(2):
        assert syncing.take().complete
    syncing.now = datetime.now(UTC)
    gone = _removed(syncing)
    assert probes(syncing.look())["source"].told["missing"] == gone


def test_files_that_were_encrypted_and_renamed_are_missing(here: Pair, tmp_path: Path) -> None:
    here.copied()
    assert here.look(state=tmp_path).churn is None
    for path in [each for each in here.copy.rglob("*") if each.is_file() and not each.is_symlink()]:
        path.write_bytes(os.urandom(300))
        path.rename(f"{path}.locked")
    facts = here.look(**FULL, state=tmp_path)
    assert kinds(facts)["source"] == {Kind.MISSING_FILES}
    assert facts.churn is not None
    assert (facts.churn.new, facts.churn.removed) == (FILES, FILES)


def test_files_that_were_encrypted_under_their_names_differ_and_lose_their_kind(here: Pair) -> None:
    here.copied()
    plan = here.copy / "plan.pdf"
    plan.write_bytes(os.urandom(plan.stat().st_size))
    facts = here.look(**FULL, again=(str(here.source / "plan.pdf"),))
    assert Kind.DIFFERS in kinds(facts)["read"]
    assert facts.signs is not None
    assert facts.signs.untyped == (f"{here.source}/plan.pdf",)


@pytest.mark.parametrize("side", ["source", "copy"])
def test_an_empty_side_is_told_as_such(pair: Pair, side: str) -> None:
    pair.copied()
    emptied = getattr(pair, side)
    shutil.rmtree(emptied)
    emptied.mkdir()
    facts = pair.look(**FULL)
    if side == "source":
        assert kinds(facts)["source"] == {Kind.EMPTY}
    else:
        assert kinds(facts)["structure"] == {Kind.EMPTY}
        assert kinds(facts)["source"] == {Kind.MISSING_FILES}
    assert [point.complete for point in facts.points or ()] == [False]


def test_a_missing_side_is_told_as_such(pair: Pair) -> None:
    assert kinds(pair.look(**FULL)) == {"access": {Kind.NO_REPOSITORY}}
    pair.copied()
    facts = pair.look(**FULL, source_declared={"paths": ["/nonesuch"]})
    assert kinds(facts)["source"] == {Kind.NO_SOURCE}
    assert "/nonesuch of the source is not there" in str(probes(facts)["source"].faults)


def test_what_may_not_be_read_is_a_fault_on_either_side_and_not_skipped(ssh_farm: Farm) -> None:
    with open_pair("ssh", "ssh", ssh_farm) as pair:
        pair.copied()
        (pair.copy / "plan.pdf").chmod(0)
        (pair.source / "docs/1/5.txt").chmod(0)
        (pair.copy / "docs/2").chmod(0)
        (pair.source / "docs/3").chmod(0)
        facts = pair.look(**FULL)
        assert kinds(facts)["structure"] == {Kind.OTHER}
        assert kinds(facts)["source"] == {Kind.INCOMPLETE}
        assert kinds(facts)["read"] == {Kind.OTHER, Kind.INCOMPLETE}
    with open_pair("here", "here", ssh_farm) as pair:
        pair.copied()
        (pair.copy / "plan.pdf").chmod(0)
        with acting_as(ssh_farm.user):
            assert kinds(pair.look(**FULL))["read"] == {Kind.OTHER}


@pytest.mark.parametrize("place", ["", "data", "whole"])
def test_the_copy_is_found_wherever_rsync_puts_it(here: Pair, place: str) -> None:
    target = here.copy / (str(here.source)[1:] if place == "whole" else place)
    shutil.copytree(here.source, target, symlinks=True)
    assert kinds(here.look(**FULL)) == {}
    flip(target / "plan.pdf")
    assert kinds(here.look(**FULL))["read"] == {Kind.DIFFERS}


def test_several_paths_have_their_copies_side_by_side(here: Pair) -> None:
    here.ground.put("srv/web/index.html", b"<p>")
    for name in ("data", "web"):
        shutil.copytree(here.ground.folder / "srv" / name, here.copy / name, symlinks=True)
    declared = {"paths": [str(here.ground.folder / "srv" / name) for name in ("data", "web")]}
    facts = here.look(**FULL, source_declared=declared)
    assert kinds(facts) == {}
    assert probes(facts)["source"].told["files"] == FILES + 1
    (here.copy / "web/index.html").unlink()
    assert kinds(here.look(source_declared=declared)) == {"source": {Kind.MISSING_FILES}}


def test_what_need_not_be_in_it_is_no_fault(here: Pair) -> None:
    here.copied()
    shutil.rmtree(here.copy / "docs")
    assert kinds(here.look(**FULL, source_declared={"exclude": ["*/docs/*"]})) == {}


def test_a_source_that_cannot_be_reached_leaves_everything_unknown(here: Pair) -> None:
    here.copied()

    def refuse(_host: str) -> object:
        raise RemoteError("srv-a: no connection", code="unreachable")

    facts = here.look(**FULL, source=refuse)
    assert blocked(facts) == dict.fromkeys(["source", "sample", "drill", "read"], Kind.UNREACHABLE)
    assert kinds(facts) == {}
    without = here.look(**FULL, source=None)
    assert set(without.cannot) == {"source", "read", "sample", "drill"}
    assert without.source is None


def test_a_list_reads_nothing(pair: Pair) -> None:
    pair.copied()
    flip(pair.copy / "plan.pdf")
    facts = pair.look(**FULL, deep=False)
    assert set(probes(facts)) == {"access"}
    assert [(point.id, point.files) for point in facts.points or ()] == [("replica", FILES)]


def test_a_server_that_hangs_blocks_the_look_in_time(ssh_farm: Farm) -> None:
    with open_pair("here", "ssh", ssh_farm) as pair:
        pair.copied()
        machine = pair.machine()
        machine.path("~")  # the session is up
        order = pair.order(**FULL, seconds=4, source=lambda _host: machine)
        sessions = [int(line.split()[0]) for line in processes_of(ssh_farm.user) if " sshd: " in line]
        for process in sessions:
            os.kill(process, signal.SIGSTOP)
        try:
            facts = replica.observe(pair.ground.machine, order)
        finally:
            for process in sessions:
                os.kill(process, signal.SIGCONT)
        assert blocked(facts) == dict.fromkeys(["source", "sample", "drill", "read"], Kind.TIMEOUT)


@pytest.fixture(params=["here", "ssh"])
def syncing(request: pytest.FixtureRequest, ssh_farm: Farm) -> Iterator[Pair]:
    need("rsync")
    with open_pair(request.param, request.param, ssh_farm) as opened:
        opened.copy.mkdir()
        opened.ground.hand_over()
        yield opened


def test_a_sync_makes_the_replica_like_its_source(syncing: Pair) -> None:
    taken = syncing.take()
    assert (taken.point_id, taken.complete, taken.faults) == ("replica", True, ())
    assert (taken.told["files"], taken.told["sent"], taken.told["deleted"]) == (FILES, FILES, 0)
    assert kinds(syncing.look(**FULL)) == {}
    (syncing.source / "docs/1/1.txt").unlink()
    syncing.ground.put("srv/data/new.txt", b"new")
    taken = syncing.take()
    assert (taken.told["sent"], taken.told["deleted"]) == (1, 1)
    assert kinds(syncing.look(**FULL)) == {}


@pytest.mark.parametrize("how", ["empty", "absent"])
def test_an_empty_or_missing_source_empties_no_replica(syncing: Pair, how: str) -> None:
    syncing.take()
    shutil.rmtree(syncing.source)
    if how == "empty":
        syncing.source.mkdir()
    taken = syncing.take()
    assert (taken.point_id, taken.complete, [fault.kind for fault in taken.faults]) == (
        "",
        False,
        [Kind.EMPTY],
    )
    assert (
        len([path for path in syncing.copy.rglob("*") if path.is_file() and not path.is_symlink()]) == FILES
    )


def test_a_source_that_lost_more_than_half_deletes_nothing(syncing: Pair) -> None:
    syncing.take()
    shutil.rmtree(syncing.source / "docs")
    syncing.ground.put("srv/data/new.txt", b"new")
    taken = syncing.take()
    assert [fault.kind for fault in taken.faults] == [Kind.MISSING_FILES]
    assert "more than half" in taken.faults[0].message
    assert (syncing.copy / "docs/1/1.txt").exists()
    assert not (syncing.copy / "new.txt").exists()


def test_a_file_that_cannot_be_read_makes_the_sync_incomplete(ssh_farm: Farm) -> None:
    need("rsync")
    with open_pair("ssh", "ssh", ssh_farm) as pair:
        pair.copy.mkdir()
        pair.ground.hand_over()
        shutil.chown(pair.source / "plan.pdf", 0)
        (pair.source / "plan.pdf").chmod(0)
        taken = pair.take()
        assert (taken.point_id, taken.complete) == ("replica", False)
        assert [fault.kind for fault in taken.faults] == [Kind.INCOMPLETE]
        assert "exit code 23" in taken.faults[0].message
        assert "plan.pdf" in taken.faults[0].message


def test_a_full_disk_makes_the_sync_incomplete(ssh_farm: Farm) -> None:
    need("rsync")
    with open_pair("here", "here", ssh_farm) as pair:
        pair.copy.mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "small", pair.copy], check=False
        ).returncode:
            lack("a small file system needs root and mount")
        try:
            pair.ground.put("srv/data/large", os.urandom(3_000_000))
            taken = pair.take()
            assert (taken.complete, [fault.kind for fault in taken.faults]) == (False, [Kind.NO_SPACE])
        finally:
            subprocess.run(["umount", "--lazy", pair.copy], check=True)


def test_what_is_excluded_is_neither_copied_nor_deleted(syncing: Pair) -> None:
    exclude = ["*/docs/*", f"{syncing.source}/plan*"]
    (syncing.copy / "docs").mkdir()
    (syncing.copy / "docs/kept.txt").write_bytes(b"kept")
    taken = syncing.take(source_declared={"exclude": exclude})
    assert taken.complete
    assert sorted(path.name for path in (syncing.copy / "docs").iterdir()) == ["kept.txt"]
    assert not (syncing.copy / "plan.pdf").exists()
    with pytest.raises(ConfigurationError, match="rsync cannot leave out"):
        syncing.take(source_declared={"exclude": ["/srv/*/cache"]})


def test_without_rsync_nothing_is_done_and_that_is_said(here: Pair) -> None:
    here.copied()
    taken = here.take(repository={"program": "/nonesuch/rsync"})
    assert [fault.kind for fault in taken.faults] == [Kind.NO_PROGRAM]
