"""restic among others: locks, accounts, tools that hang, sources that change, and backups that ict takes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.restic_rig import (
    Vault,
    blocked,
    faults,
    fill,
    flip,
    for_nobody,
    probes,
    reachable,
    stood_in,
    untouched,
    with_source,
)
from lab.servers.restic_rest import ResticRest
from schoten_ict.backup.facts import Kind
from schoten_ict.backup.order import Deadline, Slice
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.connect.machines.scratch import folder_name

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]  # the first test may have to fetch the newer restic

NIGHTLY: dict[str, Any] = {"sample": 5, "seed": 3}
FULL: dict[str, Any] = NIGHTLY | {"read": Slice(1, 1)}


@contextmanager
def paused(vault: Vault, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Restic at work that holds its lock and does nothing more."""
    process = subprocess.Popen(
        [vault.program, *words, "--no-cache"], env=vault.environment(), stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(2000):
            if any(len(path.name) == 64 for path in (vault.repository / "locks").iterdir()):
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGSTOP)
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


def test_a_backup_at_work_keeps_no_look_out(restic_vault: Vault) -> None:
    with paused(restic_vault, "backup", "--stdin") as process:
        facts = untouched(restic_vault, **FULL)
        pid = process.pid
    assert not faults(facts)
    assert not blocked(facts)
    assert facts.locks is not None
    (lock,) = facts.locks
    assert (lock.alive, lock.exclusive) == (True, False)
    assert f"(PID {pid})" in lock.holder


def test_a_lock_of_a_dead_process_is_stale_and_stays(restic_vault: Vault) -> None:
    with paused(restic_vault, "backup", "--stdin"):
        pass
    facts = untouched(restic_vault, **FULL)
    assert not faults(facts)
    assert not blocked(facts)
    assert [(lock.alive, lock.exclusive) for lock in facts.locks or ()] == [(False, False)]
    assert list((restic_vault.repository / "locks").iterdir())


def test_nothing_is_looked_at_while_somebody_may_prune(restic_vault: Vault) -> None:
    with paused(restic_vault, "check"):
        facts = untouched(restic_vault, **FULL, drill=True)
    assert facts.points
    assert blocked(facts) == dict.fromkeys(("structure", "read", "sample", "drill"), Kind.LOCKED)
    assert [(lock.alive, lock.exclusive) for lock in facts.locks or ()] == [(True, True)]


def test_an_exclusive_lock_that_was_left_behind_stops_nothing(restic_vault: Vault) -> None:
    with paused(restic_vault, "check"):
        pass
    facts = untouched(restic_vault, **FULL)
    assert not blocked(facts)
    assert [(lock.alive, lock.exclusive) for lock in facts.locks or ()] == [(False, True)]


MISSING_ONCE = """
[ "$1" != check ] || [ -e looked ] && exec "$restic" "$@"
touch looked
mv {pack} aside
"$restic" "$@"
code=$?
mv aside {pack}
exit $code
"""


def test_what_was_missing_only_for_a_while_is_no_damage(restic_vault: Vault) -> None:
    pack = restic_vault.packs("data")[0]
    facts = stood_in(restic_vault, MISSING_ONCE.format(pack=pack)).look(**NIGHTLY)
    assert (restic_vault.folder / "looked").exists()
    assert not faults(facts)
    assert probes(facts)["structure"].proven


def test_snapshots_that_are_gone_are_not_listed_and_check_does_not_mind(restic_vault: Vault) -> None:
    first, last = restic_vault.ids()
    (restic_vault.repository / "snapshots" / last).unlink()
    facts = restic_vault.look(**NIGHTLY)
    assert [point.id for point in facts.points or ()] == [first]
    (restic_vault.repository / "snapshots" / first).unlink()
    facts = restic_vault.look(**FULL, drill=True)
    assert (facts.points, facts.damaged) == ((), {})
    assert set(probes(facts)) == {"access", "structure", "read"}


def test_snapshots_that_are_damaged_are_named_with_their_whole_id(restic_vault: Vault) -> None:
    first, last = restic_vault.ids()
    flip(restic_vault.repository / "snapshots" / last)
    facts = restic_vault.look(deep=False)
    assert [point.id for point in facts.points or ()] == [first]
    assert list(facts.damaged) == [last]
    assert "invalid data" in facts.damaged[last]


HANGING = """
[ "$1" = {command} ] || exec "$restic" "$@"
echo hanging >&2
exec sleep 60
"""


@pytest.mark.parametrize(
    ("command", "kept_out"),
    [("snapshots", {"access"}), ("check", {"structure", "read"}), ("restore", {"sample"})],
)
def test_a_tool_that_hangs_is_ended_and_what_was_proven_stays(
    restic_vault: Vault, command: str, kept_out: set[str]
) -> None:
    vault = stood_in(restic_vault, HANGING.format(command=command))
    facts = untouched(vault, **FULL, deadline=Deadline(3))
    assert not faults(facts)
    assert {name for name in kept_out if blocked(facts).get(name) is Kind.TIMEOUT} == kept_out
    assert all(probe.proven for name, probe in probes(facts).items() if name not in {*kept_out, "sample"})


def test_no_program_is_no_proof(restic_vault: Vault) -> None:
    facts = replace(restic_vault, program="restic-of-nobody").look(**FULL)
    assert blocked(facts) == {"access": Kind.NO_PROGRAM}


def test_a_restore_that_brings_nothing_is_a_fault(restic_vault: Vault) -> None:
    script = 'case $1 in restore) set -- "$@" --include /nope ;; esac; exec "$restic" "$@"'
    nothing = script.replace(
        'set -- "$@" --include', 'set -- restore "$2" "$3" "$4" --no-lock --no-cache --include'
    )
    facts = stood_in(restic_vault, nothing).look(**FULL)
    assert faults(facts) == {"sample": {Kind.MISSING_FILES}}


def test_a_restore_that_brings_less_is_a_fault(restic_vault: Vault) -> None:
    script = """
    [ "$1" = restore ] || exec "$restic" "$@"
    "$restic" "$@" || exit
    find "$4" -type f -size +0 | head -n 1 | while read -r file; do : >"$file"; done
    """
    facts = stood_in(restic_vault, script).look(**FULL)
    assert faults(facts) == {"sample": {Kind.TRUNCATED}}


def test_restores_need_room(restic_vault: Vault) -> None:
    small = {"verify": {"scratch_limit": "100kB"}}
    facts = restic_vault.look(**FULL, drill=True, declared=small)
    assert blocked(facts)["drill"] is Kind.NO_SPACE
    facts = restic_vault.look(**FULL, declared={"verify": {"scratch": "/proc/nothing/here"}})
    assert set(blocked(facts)) == {"sample"}
    assert probes(facts)["read"].proven


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[4:]
from lab.restic_rig import Vault
from datetime import datetime
Vault(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), datetime.fromisoformat("2026-01-01T00:00+00:00")).look(sample=5)
"""


def test_what_a_killed_look_left_is_removed_by_the_next(restic_vault: Vault) -> None:
    waiting = '[ "$1" = restore ] || exec "$restic" "$@"\n"$restic" "$@"\ntouch restored; exec sleep 60'
    vault = stood_in(restic_vault, waiting)
    words = [sys.executable, "-c", KILLED, str(vault.folder), vault.program, str(vault.source), *sys.path]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(6000):
            if (vault.folder / "restored").exists() or process.poll() is not None:
                break
            time.sleep(0.01)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    others = vault.scratch / f"{folder_name('somebody else')}1"
    others.mkdir()
    assert any(path.is_file() for path in vault.scratch.rglob("*"))
    restic_vault.look(**NIGHTLY)
    assert list(vault.scratch.iterdir()) == [others]
    others.rmdir()


RESTORED_BY_NOBODY = """
[ "$1" = restore ] || exec setpriv --reuid 65534 --regid 65534 --clear-groups "$restic" "$@"
mkdir mine && chown 65534 mine
id=$2 target=$4
shift 4
setpriv --reuid 65534 --regid 65534 --clear-groups "$restic" restore "$id" --target mine "$@"
code=$?
mv mine "$target"
exit $code
"""


def test_reading_is_enough_for_everything(restic_vault: Vault, open_folder: Path) -> None:
    reachable(restic_vault.repository)
    vault = for_nobody(restic_vault, open_folder, RESTORED_BY_NOBODY)
    facts = untouched(vault, read=Slice(1, 1), sample=50)
    assert not faults(facts)
    assert not blocked(facts)
    assert facts.sample is not None
    assert facts.sample.told["files"] == 40


def test_what_may_not_be_read_is_not_called_damaged(restic_vault: Vault, open_folder: Path) -> None:
    reachable(restic_vault.repository)
    vault = for_nobody(restic_vault, open_folder)
    vault.repository.chmod(0o700)
    assert blocked(untouched(vault, **FULL)) == {"access": Kind.DENIED}
    vault.repository.chmod(0o755)
    if vault.is_new:  # older ones try for 45 seconds
        for path in (vault.repository / "snapshots").iterdir():
            path.chmod(0)
        facts = untouched(vault, **FULL)
        assert blocked(facts) == {"access": Kind.DENIED}
        assert facts.points is None


def test_a_source_is_compared_file_by_file(restic_vault: Vault, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(restic_vault.source, source, symlinks=True, ignore=shutil.ignore_patterns("pijp"))
    vault = replace(restic_vault, source=source)
    vault.back_up(at=vault.began + timedelta(minutes=1))
    assert probes(vault.look(**FULL, **with_source(vault)))["source"].proven
    (source / "nieuw.txt").write_text("nooit meegenomen")
    (source / "leeg.dat").write_text("veranderd")
    facts = vault.look(**FULL, **with_source(vault))
    assert faults(facts)["source"] == {Kind.MISSING_FILES, Kind.DIFFERS}
    shutil.rmtree(source)
    source.mkdir()
    assert faults(vault.look(**NIGHTLY, **with_source(vault)))["source"] == {Kind.EMPTY}
    source.rmdir()
    assert not probes(vault.look(**NIGHTLY, **with_source(vault)))["source"].proven


def test_content_that_changed_unseen_in_the_source_is_told(restic_vault: Vault, tmp_path: Path) -> None:
    source = tmp_path / "source"
    fill(source)
    vault = replace(restic_vault, source=source)
    vault.back_up(at=vault.began + timedelta(minutes=1))
    times = (source / "archief.bin").stat()
    flip(source / "archief.bin")
    os.utime(source / "archief.bin", ns=(times.st_atime_ns, times.st_mtime_ns))
    facts = vault.look(sample=100, **with_source(vault))
    assert faults(facts) == {"sample": {Kind.DIFFERS}}
    assert facts.sample is not None
    assert facts.sample.faults[0].paths == (str(source / "archief.bin"),)


def test_files_encrypted_and_renamed_between_two_snapshots_show(restic_vault: Vault, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    vault = replace(restic_vault, source=source)
    for number in range(30):
        (source / f"{number}.docx").write_bytes(b"PK\x03\x04" + b"besluit van de raad " * 40)
    (source / "kanarie.pdf").write_bytes(b"%PDF-1.7 kanarie")
    vault.back_up(at=vault.began + timedelta(minutes=1))
    canaries = [
        {"path": str(source / "kanarie.pdf"), "sha256": "0" * 64},
        {"path": "/nergens", "sha256": "0" * 64},
    ]
    declared: dict[str, Any] = {"declared": {"verify": {"canaries": canaries}}}
    calm = vault.look(sample=50, **declared)
    assert calm.signs is not None
    assert (calm.signs.typed, calm.signs.untyped) == (31, ())
    for path in list(source.glob("*.docx")):
        path.write_bytes(os.urandom(800))
        path.rename(path.with_suffix(".docx.locked") if int(path.stem) % 2 else path)
    vault.back_up(at=vault.began + timedelta(minutes=2))
    facts = vault.look(sample=50, **declared)
    assert facts.churn is not None
    assert (facts.churn.new, facts.churn.changed, facts.churn.removed, facts.churn.total) == (15, 15, 15, 31)
    assert (facts.churn.suffixes[".locked"], facts.churn.suffixes_before) == (15, {".docx": 30, ".pdf": 1})
    assert facts.signs is not None
    assert len(facts.signs.untyped) == 15
    assert (
        facts.signs.canaries[str(source / "kanarie.pdf")]
        == calm.signs.canaries[str(source / "kanarie.pdf")]
        != ""
    )
    assert facts.signs.canaries["/nergens"] == ""


def test_relative_sources_and_several_hosts_are_matched(restic_vault: Vault) -> None:
    vault = restic_vault
    later = vault.began + timedelta(minutes=1)
    vault.back_up("source", at=later, host="srv-b", folder=vault.source.parent)
    vault.back_up(".", at=later, host="srv-c.schoten.test", folder=vault.source)
    hosts = ["srv-a", "srv-b", "srv-c"]
    opened: list[str] = []

    def source(host: str) -> HereMachine:
        opened.append(host)
        return HereMachine(vault.folder, host)

    facts = vault.look(sample=9, drill=True, declared={"source": {"hosts": hosts}}, source=source)
    assert sorted(opened) == hosts  # each snapshot is compared with its own host alone
    assert not faults(facts)
    assert not blocked(facts)
    told = {name: probe.told for name, probe in probes(facts).items()}
    assert told["source"]["files"] == told["drill"]["compared"] == 3 * 40
    assert told["sample"]["files"] == told["sample"]["compared"] == 9
    assert [point.files for point in facts.points or ()][1:] == [40, 40, 40]


def served(vault: Vault, rest: ResticRest) -> dict[str, Any]:
    """That the repository is looked at over REST."""
    return {"declared": {"repository": {"url": rest.url}}}


def test_a_repository_elsewhere_is_proven_in_every_way(restic_vault: Vault) -> None:
    with paused(restic_vault, "backup", "--stdin"), ResticRest(restic_vault.repository) as rest:
        facts = untouched(
            restic_vault, **FULL, drill=True, **served(restic_vault, rest), **with_source(restic_vault)
        )
    assert rest.refused == []
    assert not faults(facts)
    assert not blocked(facts)
    assert set(probes(facts)) == {"access", "structure", "source", "sample", "drill", "read"}
    assert [lock.alive for lock in facts.locks or ()] == [True]


def test_damage_elsewhere_is_named(restic_vault: Vault) -> None:
    flip(restic_vault.packs("data")[0], 0.3)
    first, last = restic_vault.ids()
    flip(restic_vault.repository / "snapshots" / first)
    with ResticRest(restic_vault.repository) as rest:
        facts = untouched(restic_vault, **FULL, **served(restic_vault, rest))
    found = faults(facts)
    assert found["structure"] == {Kind.SNAPSHOT}
    assert found["read"] == {Kind.DATA}
    assert [point.id for point in facts.points or ()] == [last]
    assert list(facts.damaged) == [first]


def test_a_repository_elsewhere_that_refuses_us_is_not_called_damaged(restic_vault: Vault) -> None:
    with ResticRest(restic_vault.repository, "svc-ict:geheim") as rest:
        facts = restic_vault.look(**FULL, deadline=Deadline(5), **served(restic_vault, rest))
    assert set(blocked(facts)) == {"access"}
    assert blocked(facts)["access"] in {Kind.DENIED, Kind.TIMEOUT}  # some try again for long
    assert facts.points is None


def test_a_repository_elsewhere_that_is_not_there_is_not_called_missing(restic_vault: Vault) -> None:
    nobody: dict[str, Any] = {"declared": {"repository": {"url": "rest:http://127.0.0.1:9/"}}}
    facts = restic_vault.look(**FULL, deadline=Deadline(3), **nobody)
    assert set(blocked(facts)) == {"access"}
    assert blocked(facts)["access"] in {Kind.UNREACHABLE, Kind.TIMEOUT}
    assert not faults(facts)
