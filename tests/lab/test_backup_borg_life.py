"""borg as it lives: locks, rollbacks, other accounts, SSH, odd names, kills, and backups that it takes."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import structs

from lab.borg_rig import (
    BEGAN,
    PASSPHRASE,
    VERSIONS,
    Vault,
    copied,
    flip,
    footprint,
    golden,
    with_source,
    wrapped,
)
from lab.need import lack, need
from lab.servers.openssh import Farm, lab_user
from lab.ssh_rig import farm_target, opened
from schoten_ict.backup.ask import borg
from schoten_ict.backup.facts import BackupFacts, Kind
from schoten_ict.backup.order import Deadline, Slice
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.connect.machines.posix import PosixMachine
from schoten_ict.core.secrets import Secret

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]


@pytest.fixture(params=VERSIONS)
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    return copied(golden(request.param), tmp_path)


@pytest.fixture
def debian(tmp_path: Path) -> Vault:
    return copied(golden("debian"), tmp_path)


def own(vault: Vault) -> Vault:
    """The same with a source of its own, which may be changed."""
    shutil.copytree(vault.source, vault.folder / "source")
    return replace(vault, source=vault.folder / "source")


def lock(vault: Vault, host: str, process: int) -> Path:
    """A lock as a borg on `host` takes it for writing."""
    folder = vault.repository / "lock.exclusive"
    folder.mkdir()
    (folder / f"{host}@0000.{process}-0").touch()
    roster = {"exclusive": [[f"{host}@0000", process, 0]]}
    (vault.repository / "lock.roster").write_text(json.dumps(roster))
    return folder


def dead_process() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


HERE = socket.gethostname()
LOCKS: dict[str, tuple[str, Callable[[], int], bool | None]] = {
    "another host": ("srv-elders", lambda: 4711, None),
    "live": (HERE, os.getpid, True),
    "left behind": (HERE, dead_process, False),
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_told_and_left_where_it_is(debian: Vault, name: str) -> None:
    host, process, alive = LOCKS[name]
    number = process()
    lock(debian, host, number)
    before = footprint(debian.repository)
    facts = debian.look(deep=False)
    assert footprint(debian.repository) == before
    assert facts.locks is not None
    [held] = facts.locks
    assert held.holder == f"process {number} on {host}"
    assert (held.exclusive, held.alive) == (True, alive)
    assert held.since is not None
    assert facts.access.proven
    assert len(facts.points or ()) == 1


def test_an_older_copy_of_the_repository_is_a_rollback(vault: Vault) -> None:
    old = vault.folder / "old"
    shutil.copytree(vault.repository, old)
    vault.archive("nacht-2", 24)
    assert vault.look(now=BEGAN).access.proven
    shutil.rmtree(vault.repository)
    old.rename(vault.repository)
    facts = vault.look(deep=False)
    assert [fault.kind for fault in facts.access.faults] == [Kind.ROLLBACK]
    assert facts.points is not None
    assert len(facts.points) == 1


def test_an_older_copy_that_was_put_back_on_purpose_is_accepted_once_the_named_memory_is_gone(
    vault: Vault,
) -> None:
    old = vault.folder / "old"
    shutil.copytree(vault.repository, old)
    vault.archive("nacht-2", 24)
    assert vault.look(deep=False).access.proven
    shutil.rmtree(vault.repository)
    old.rename(vault.repository)
    for _ in range(2):  # looking again does not help
        [fault] = vault.look(deep=False).access.faults
    assert (fault.kind, Path(fault.where).parent) == (Kind.ROLLBACK, vault.state)
    assert re.fullmatch(r"borg-\d+\.private", Path(fault.where).name)
    shutil.rmtree(fault.where)
    again = vault.look()
    assert again.access.proven
    assert len(again.points or ()) == 1
    assert vault.look(deep=False).access.proven


def test_a_repository_that_goes_on_is_no_rollback(debian: Vault) -> None:
    assert debian.look().access.proven
    debian.archive("nacht-2", 24)
    facts = debian.look(deep=False)
    assert facts.access.proven
    assert len(facts.points or ()) == 2


def test_an_unencrypted_repository_in_the_place_of_an_encrypted_one_is_a_fault(debian: Vault) -> None:
    shutil.rmtree(debian.repository)
    debian.borg("init", "--encryption", "none", str(debian.repository))
    debian.archive("nacht-1", 0)
    facts = debian.look()
    assert [fault.kind for fault in facts.access.faults] == [Kind.OTHER]
    assert facts.points is None


def test_an_unencrypted_repository_is_proven_where_no_passphrase_is_declared(debian: Vault) -> None:
    shutil.rmtree(debian.repository)
    debian.borg("init", "--encryption", "none", str(debian.repository))
    debian.archive("nacht-1", 0)
    facts = debian.look(secrets={}, read=Slice(1, 1), sample=2)
    assert facts.access.proven
    assert facts.reads[0].probe.proven
    assert facts.sample is not None
    assert facts.sample.proven


def test_no_archive_at_all_is_an_empty_list(debian: Vault) -> None:
    debian.borg("delete", f"{debian.repository}::nacht-1")
    facts = debian.look(read=Slice(1, 1), sample=5, drill=True)
    assert facts.points == ()
    assert facts.access.proven
    assert (facts.sample, facts.drill, facts.source) == (None, None, None)


def test_checkpoints_never_count(vault: Vault) -> None:
    vault.archive("nacht-2", 24)
    vault.borg("rename", f"{vault.repository}::nacht-2", "nacht-2.checkpoint")
    facts = vault.look(deep=False)
    assert [point.at for point in facts.points or ()] == [BEGAN]


def test_a_missing_source_makes_the_archive_incomplete(debian: Vault) -> None:
    vault = own(debian)
    gone = vault.folder / "weg"
    vault.archive("nacht-2", 24, paths=(vault.source, gone), code=1)
    facts = vault.look(**with_source(vault))
    assert facts.points is not None
    assert facts.points[-1].complete is False
    assert facts.source is not None
    assert [fault.kind for fault in facts.source.faults][:1] == [Kind.INCOMPLETE]
    assert str(gone) in facts.source.faults[0].message


def test_an_empty_source_is_an_archive_without_files(debian: Vault) -> None:
    empty = debian.folder / "leeg"
    empty.mkdir()
    debian.archive("nacht-2", 24, paths=(empty,))
    facts = debian.look(sample=3, job={"source": {"paths": [str(empty)]}})
    assert facts.points is not None
    assert facts.points[-1].files == 0
    assert facts.sample is not None
    assert [fault.kind for fault in facts.sample.faults] == [Kind.EMPTY]


def test_paths_that_are_backed_up_apart_are_all_looked_at(debian: Vault) -> None:
    one, other = debian.source / "dienst0", debian.source / "dienst1"
    debian.archive("een", 23, paths=(one,))
    debian.archive("twee", 24, paths=(other,))
    declared = {"source": {"paths": [str(one), str(other)]}}
    facts = debian.look(sample=6, drill=True, job=declared, **with_source(debian))
    assert facts.points is not None
    assert [point.files for point in facts.points] == [None, 8, 8]
    for probe, files in ((facts.sample, 6), (facts.drill, 16), (facts.source, 16)):
        assert probe is not None
        assert probe.proven
        assert probe.told["files"] == files


def test_a_partial_source_is_files_missing(debian: Vault) -> None:
    debian = own(debian)
    debian.archive("nacht-2", 24, "--exclude", "*/dienst1", paths=(debian.source,))
    facts = debian.look(**with_source(debian))
    assert facts.source is not None
    assert [fault.kind for fault in facts.source.faults] == [Kind.MISSING_FILES]
    assert facts.source.told["missing"] == 8


def test_encryption_of_the_source_between_two_archives_shows(debian: Vault) -> None:
    vault = own(debian)
    vault.archive("nacht-2", 12)
    dice = Random(5)
    for path in [path for path in vault.source.rglob("*") if path.is_file()]:
        path.with_name(f"{path.name}.locked").write_bytes(dice.randbytes(path.stat().st_size))
        path.unlink()
    vault.archive("nacht-3", 24)
    facts = vault.look()
    assert facts.churn is not None
    assert (facts.churn.new, facts.churn.removed, facts.churn.total) == (40, 40, 40)
    assert facts.churn.suffixes == {".locked": 40}
    assert facts.churn.suffixes_before == {".txt": 30, ".jpg": 10}
    assert facts.points is not None
    newest = facts.points[-1]
    assert newest.added
    assert newest.packed
    assert newest.packed / newest.added > 0.95


def test_a_tool_that_hangs_is_given_up_in_time(debian: Vault) -> None:
    begun = time.monotonic()
    facts = wrapped(debian, "exec sleep 600").look(deadline=Deadline(2))
    assert time.monotonic() - begun < 60
    assert facts.access.blocked is not None
    assert facts.access.blocked.kind is Kind.TIMEOUT
    assert facts.points is None


def test_what_was_proven_before_a_hang_stays(debian: Vault) -> None:
    hanging = wrapped(debian, 'case "$*" in *" check "*) exec sleep 600;; esac; exec $BORG "$@"')
    facts = hanging.look(deadline=Deadline(12), sample=3, read=Slice(1, 4))
    assert facts.access.proven
    assert facts.sample is not None
    assert facts.sample.proven
    assert facts.structure is not None
    assert facts.structure.blocked is not None
    assert facts.structure.blocked.kind is facts.reads[0].probe.blocked.kind is Kind.TIMEOUT  # type: ignore[union-attr]


def test_no_borg_at_all_is_a_missing_program(debian: Vault) -> None:
    facts = replace(debian, program=str(debian.folder / "no-borg")).look()
    assert facts.access.blocked is not None
    assert facts.access.blocked.kind is Kind.NO_PROGRAM


def test_a_silent_exit_code_of_0_proves_nothing(debian: Vault) -> None:
    silent = wrapped(debian, 'case "$*" in *" check "*) exit 0;; esac; exec $BORG "$@"')
    facts = silent.look(read=Slice(1, 4))
    assert facts.structure is not None
    assert facts.structure.blocked is not None
    assert facts.structure.blocked.kind is Kind.PROTOCOL
    assert facts.reads[0].probe.blocked is not None
    assert facts.reads[0].probe.blocked.kind is Kind.PROTOCOL


def test_segments_that_go_during_a_look_are_no_fault_of_the_backup(debian: Vault) -> None:
    moving = wrapped(debian, f'case "$*" in *" check "*) rm -f {debian.data};; esac; exec $BORG "$@"')
    facts = moving.look(read=Slice(1, 1))
    probe = facts.reads[0].probe
    assert not probe.faults
    assert probe.blocked is not None
    assert probe.blocked.kind is Kind.LOCKED


def test_in_the_middle_of_a_transaction_nothing_is_claimed(debian: Vault) -> None:
    last = debian.segments()[-1]
    last.with_name(str(int(last.name) + 1)).write_bytes(b"BORG_SEG")
    assert debian.look(deep=False).access.proven
    debian.data.unlink()
    facts = debian.look()
    assert facts.access.blocked is not None
    assert facts.access.blocked.kind is Kind.LOCKED


def test_a_killed_look_leaves_no_lock_and_its_folder_goes_with_the_next(debian: Vault) -> None:
    script = debian.folder / "look.py"
    slow = wrapped(debian, 'case "$*" in *" check "*) touch $HOME/started; sleep 30;; esac; exec $BORG "$@"')
    script.write_text(
        "import sys; sys.path[:0] = " + repr(sys.path) + "\n"
        "from pathlib import Path; from lab.borg_rig import Vault\n"
        f"Vault(Path({str(slow.folder)!r}), {slow.program!r}, Path({str(slow.source)!r})).look(sample=3)\n"
    )
    environment = {**os.environ, "HOME": str(debian.folder)}
    looking = subprocess.Popen([sys.executable, str(script)], env=environment)
    end = time.monotonic() + 60
    while not (debian.folder / "started").exists() and time.monotonic() < end:
        time.sleep(0.05)
    looking.send_signal(signal.SIGKILL)
    looking.wait()
    assert list((debian.folder / "scratch").iterdir())
    assert not list(debian.repository.glob("lock*"))
    facts = debian.look(sample=3)
    assert facts.structure is not None
    assert facts.structure.proven
    assert not list((debian.folder / "scratch").iterdir())


def test_what_is_larger_than_the_scratch_folder_may_get_is_not_restored(debian: Vault) -> None:
    limit = {"verify": {"scratch_limit": "100kB", "scratch": str(debian.folder / "scratch")}}
    facts = debian.look(job=limit, sample=30, drill=True)
    assert facts.sample is not None
    assert facts.sample.proven
    assert 0 < int(facts.sample.told["bytes"]) <= 100_000
    assert facts.drill is not None
    assert facts.drill.blocked is not None
    assert facts.drill.blocked.kind is Kind.NO_SPACE
    limit["verify"]["scratch_limit"] = "1kB"
    none = debian.look(job=limit, sample=30).sample
    assert none is not None
    assert none.blocked is not None
    assert none.blocked.kind is Kind.NO_SPACE


def test_append_only_is_looked_at(debian: Vault) -> None:
    declared = {"immutable": {"by": "append-only", "for": "30d"}}
    off = debian.look(deep=False, job=declared)
    assert off.immutable is not None
    assert [fault.kind for fault in off.immutable.faults] == [Kind.OTHER]
    debian.borg("config", str(debian.repository), "append_only", "1")
    on = debian.look(deep=False, job=declared)
    assert on.immutable is not None
    assert on.immutable.proven
    assert on.immutable.weak
    assert debian.look(deep=False).immutable is None


def test_an_attribute_that_guards_the_segments_is_looked_at(debian: Vault) -> None:
    need("lsattr")
    declared = {"immutable": {"by": "attribute", "for": "30d"}}
    bare = debian.look(deep=False, job=declared)
    assert bare.immutable is not None
    assert [fault.kind for fault in bare.immutable.faults] == [Kind.OTHER]
    segments = [str(path) for path in debian.segments()]
    if subprocess.run(["chattr", "+i", *segments], capture_output=True, check=False).returncode:
        pytest.skip("this file system or account knows no attributes")
    try:
        guarded = debian.look(deep=False, job=declared)
    finally:
        subprocess.run(["chattr", "-i", *segments], check=True)
    assert guarded.immutable is not None
    assert guarded.immutable.proven


def test_odd_names_links_and_rights_come_back(vault: Vault) -> None:
    source = vault.folder / "vreemd"
    source.mkdir()
    for name in (b"caf\xe9.txt", b"line\nbreak", b" blank ", b"-rf", b"quote'\"", b"{now}", b"?", b"pf:x"):
        Path(os.fsdecode(bytes(source) + b"/" + name)).write_bytes(name * 10)
    (source / "second").hardlink_to(source / "-rf")
    (source / "link").symlink_to("/etc")
    (source / "closed").write_bytes(b"x")
    (source / "closed").chmod(0)
    os.mkfifo(source / "pipe")
    vault = replace(vault, source=source)
    vault.archive("nacht-{{x}}", 24)
    facts = vault.look(sample=50, drill=True, **with_source(vault))
    assert facts.points is not None
    assert facts.points[-1].files == 10
    for probe in (facts.source, facts.sample, facts.drill, facts.structure):
        assert probe is not None
        assert probe.proven, probe
    assert facts.drill is not None
    assert facts.drill.told["files"] == 10
    assert facts.drill.told["compared"] == 9  # of the one that is no UTF-8 the source is not asked


def test_a_relative_path_is_the_declared_one(debian: Vault) -> None:
    debian = own(debian)
    debian.archive("nacht-2", 24, paths=(Path("source"),))
    facts = debian.look(sample=40, **with_source(debian))
    assert facts.points is not None
    assert facts.points[-1].paths == (str(debian.source),)
    assert facts.source is not None
    assert facts.source.proven
    assert facts.sample is not None
    assert facts.sample.told["compared"] == 40


def test_a_canary_that_changed_or_went_is_seen(debian: Vault) -> None:
    there, gone = str(debian.source / "dienst1" / "stuk1.txt"), str(debian.source / "weg")
    canaries = [{"path": there, "sha256": "0" * 64}, {"path": gone, "sha256": "0" * 64}]
    facts = debian.look(job={"verify": {"canaries": canaries, "scratch": str(debian.folder / "scratch")}})
    assert facts.signs is not None
    assert len(facts.signs.canaries[there]) == 64
    assert facts.signs.canaries[gone] == ""


def as_other(vault: Vault, look: Callable[[], BackupFacts]) -> list[str]:
    """The proofs of a look by the account `nobody`, and what is wrong with them, one a line."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.environ["HOME"] = str(vault.folder)
            facts = look()
            probes = {"access": facts.access, "structure": facts.structure, "sample": facts.sample}
            lines = [f"{name} {probe.proven if probe else None} {probe}" for name, probe in probes.items()]
            os.write(writing, "\n".join(lines).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        told = stream.read().splitlines()
    os.waitpid(child, 0)
    return told


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may enter, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="ict-borg-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_an_account_that_may_only_read_proves_as_much_and_writes_nothing(open_folder: Path) -> None:
    if os.geteuid() != 0:
        lack("another account is needed, and only root can be one")
    vault = copied(golden("debian"), open_folder)
    for path in (vault.repository, *vault.repository.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for name in ("scratch", "state"):
        (open_folder / name).mkdir()
        os.chown(open_folder / name, 65534, 65534)
    before = footprint(vault.repository)
    told = as_other(vault, lambda: vault.look(sample=3, source=None))
    assert [line.split()[:2] for line in told] == [
        ["access", "True"],
        ["structure", "True"],
        ["sample", "True"],
    ]
    assert footprint(vault.repository) == before


def test_an_account_that_may_not_read_knows_nothing(open_folder: Path) -> None:
    if os.geteuid() != 0:
        lack("another account is needed, and only root can be one")
    vault = copied(golden("debian"), open_folder)
    for name in ("scratch", "state"):
        (open_folder / name).mkdir()
        os.chown(open_folder / name, 65534, 65534)
    vault.repository.chmod(0o700)
    told = as_other(vault, vault.look)
    assert told[0].startswith("access False")
    assert "Kind.DENIED" in told[0]


def test_a_take_is_complete_and_can_be_proven(vault: Vault) -> None:
    taken = borg.take(HereMachine(vault.folder), vault.order(now=BEGAN))
    assert taken.complete
    assert not taken.faults
    assert taken.told["files"] == 40
    facts = vault.look(deep=False)
    assert facts.points is not None
    assert taken.point_id in {point.id for point in facts.points}


@pytest.mark.parametrize("what", ["missing", "empty"])
def test_a_take_of_a_partial_source_says_so(vault: Vault, what: str) -> None:
    folder = vault.folder / "bron"
    paths = [str(vault.source), str(folder)] if what == "missing" else [str(folder)]
    if what == "empty":
        folder.mkdir()
    taken = borg.take(HereMachine(vault.folder), vault.order(job={"source": {"paths": paths}}))
    assert not taken.complete
    kind = {"missing": Kind.MISSING_FILES, "empty": Kind.EMPTY}[what]
    assert [fault.kind for fault in taken.faults] == [kind]
    assert taken.point_id


def test_a_take_leaves_out_what_is_excluded(debian: Vault) -> None:
    source = {"paths": [str(debian.source)], "exclude": ["*/dienst1/*", "*.jpg"]}
    taken = borg.take(HereMachine(debian.folder), debian.order(job={"source": source}))
    assert taken.complete
    left = [path for path in debian.source.rglob("*.txt") if path.parent.name != "dienst1"]
    assert taken.told["files"] == len(left)


def test_a_take_into_a_locked_or_missing_repository_makes_nothing(debian: Vault) -> None:
    held = lock(debian, "srv-elders", 4711)
    taken = borg.take(HereMachine(debian.folder), debian.order())
    assert [fault.kind for fault in taken.faults] == [Kind.LOCKED]
    assert (taken.point_id, taken.complete) == ("", False)
    assert held.exists()
    shutil.rmtree(debian.repository)
    taken = borg.take(HereMachine(debian.folder), debian.order())
    assert [fault.kind for fault in taken.faults] == [Kind.NO_REPOSITORY]


@pytest.fixture(scope="module")
def server() -> Iterator[Farm]:
    """One OpenSSH server with a user of its own."""
    with lab_user(f"ictborg{os.getpid()}", PASSPHRASE) as user, Farm(user, block=47) as farm:
        yield farm


@pytest.fixture
def afar(open_folder: Path, server: Farm) -> tuple[Vault, dict[str, Any]]:
    """The repository behind a real SSH server, and what an order needs to reach it."""
    need("borg")
    vault = copied(golden("debian"), open_folder)
    for path in (vault.repository, *vault.repository.rglob("*")):
        shutil.chown(path, server.user)
    rsh = (
        f"ssh -o BatchMode=yes -o UserKnownHostsFile={server.known_hosts} -o IdentitiesOnly=yes"
        f" -i {server.key} -p {server.port}"
    )
    url = f"ssh://{server.user}@{server.addresses[0]}{vault.repository}"
    secrets = {"password": Secret(PASSPHRASE), "BORG_RSH": Secret(rsh)}
    return vault, {"secrets": secrets, "job": {"repository": {"url": url, "program": vault.program}}}


def test_behind_ssh_a_sound_repository_is_proven(afar: tuple[Vault, dict[str, Any]]) -> None:
    vault, order = afar
    facts = vault.look(read=Slice(1, 2), sample=3, **order)
    assert facts.access.proven
    assert facts.structure is not None
    assert facts.structure.proven
    assert facts.sample is not None
    assert facts.sample.proven
    [read] = facts.reads
    assert read.probe.proven
    assert 0 < int(read.probe.told["files"]) < 40
    assert read.probe.weak
    assert facts.locks is None
    assert set(facts.cannot) == {"lock"}


def test_behind_ssh_damage_is_named(afar: tuple[Vault, dict[str, Any]]) -> None:
    vault, order = afar
    flip(vault.data, 0.5)
    facts = vault.look(read=Slice(1, 1), **order)
    assert facts.structure is not None
    assert {fault.kind for fault in facts.structure.faults} == {Kind.DATA}
    assert {fault.kind for fault in facts.reads[0].probe.faults} == {Kind.DATA}


def test_behind_ssh_a_lock_a_wrong_host_and_no_repository_are_told_apart(
    afar: tuple[Vault, dict[str, Any]],
) -> None:
    vault, order = afar
    held = lock(vault, "srv-elders", 4711)
    facts = vault.look(**order)
    assert facts.access.blocked is not None
    assert facts.access.blocked.kind is Kind.LOCKED
    shutil.rmtree(held)
    shutil.rmtree(vault.repository)
    facts = vault.look(**order)
    assert [fault.kind for fault in facts.access.faults] == [Kind.NO_REPOSITORY]
    wrong = {"url": "ssh://nobody@127.0.99.1:1/x", "program": vault.program}
    facts = vault.look(**{**order, "job": {"repository": wrong}})
    assert facts.access.blocked is not None
    assert facts.access.blocked.kind is Kind.UNREACHABLE


def test_another_machine_proves_as_much_of_a_repository_on_its_disks(open_folder: Path, server: Farm) -> None:
    vault = copied(golden("debian"), open_folder)
    for path in (vault.repository, *vault.repository.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = footprint(vault.repository)
    with closing(PosixMachine(opened(farm_target(server)), "srv-backup01")) as machine:
        order = vault.order(sample=3, read=Slice(1, 1), state=Path("/nowhere/here"), owner="nacht")
        verify = structs.replace(order.job.verify, scratch=None)
        order = replace(order, job=structs.replace(order.job, verify=verify))
        first, again = borg.observe(machine, order), borg.observe(machine, replace(order, deep=False))
        memory = machine.glob(machine.path(".cache/ict/*"), 10)
    for probe in (first.access, first.structure, first.sample, first.reads[0].probe, again.access):
        assert probe is not None
        assert probe.proven, probe
    assert len(memory) == 1
    assert footprint(vault.repository) == before


UNSAFE = {
    "a path above the folder": [("a/../../evil", b"x", "")],
    "a file below a link": [("l", b"", "/tmp"), ("l/evil", b"x", "")],
}


@pytest.mark.parametrize("name", UNSAFE)
def test_an_archive_that_would_write_elsewhere_is_named_and_not_restored(debian: Vault, name: str) -> None:
    tar = debian.folder / "evil.tar"
    with tarfile.open(tar, "w") as archive:
        for path, content, target in [("good", b"x", ""), *UNSAFE[name]]:
            member = tarfile.TarInfo(path)
            member.size = len(content)
            if target:
                member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member, io.BytesIO(content))
    later = f"{BEGAN + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    debian.borg("import-tar", "--timestamp", later, f"{debian.repository}::evil", str(tar))
    facts = debian.look(sample=9, drill=True)
    assert facts.structure is not None
    assert {fault.kind for fault in facts.structure.faults} == {Kind.PATHS}
    assert facts.drill is not None
    assert {fault.kind for fault in facts.drill.faults} == {Kind.PATHS}
    assert facts.sample is not None
    assert (facts.sample.proven, facts.sample.told["files"]) == (True, 1)
    assert not list(debian.folder.rglob("evil"))
