"""restic for real, in several versions: what is sound is proven, and each fault is found by its name.

Every look also proves that it wrote nothing into the repository, whatever was wrong with it.
"""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lab.restic_rig import Vault, blocked, copied, cut, faults, flip, probes, untouched, with_source
from schoten_ict.backup.facts import BackupFacts, Kind
from schoten_ict.backup.order import Slice
from schoten_ict.connect.local import open_local
from schoten_ict.connect.machines.posix import PosixMachine
from schoten_ict.core.remote import Target, Via
from schoten_ict.core.secrets import Secret

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]  # the first test may have to fetch the newer restic

FULL: dict[str, Any] = {"read": Slice(1, 1), "sample": 5, "seed": 3}
NIGHTLY: dict[str, Any] = {"sample": 5, "seed": 3}


def test_a_sound_repository_is_proven_in_every_way(restic_vault: Vault) -> None:
    facts = untouched(restic_vault, **FULL, drill=True, **with_source(restic_vault))
    assert not faults(facts)
    assert not blocked(facts)
    assert set(probes(facts)) == {"access", "structure", "source", "sample", "drill", "read"}
    assert facts.locks == ()
    assert facts.points is not None
    first, last = facts.points
    assert (last.at, (last.at - first.at).total_seconds()) == (restic_vault.began, 24 * 3600)
    assert (last.host, last.paths, last.complete) == ("srv-a", (str(restic_vault.source),), None)
    files = [path for path in restic_vault.source.rglob("*") if path.is_file() and not path.is_symlink()]
    assert last.files == len(files) == 40
    assert last.size == sum(path.stat().st_size for path in files)
    told = {name: probe.told for name, probe in probes(facts).items()}
    assert told["structure"]["snapshots"] == 2
    assert told["read"]["packs"] == len(restic_vault.packs("data")) + len(restic_vault.packs("tree"))
    assert told["sample"]["files"] == told["sample"]["compared"] == 5
    assert told["drill"]["files"] == told["drill"]["compared"] == told["source"]["files"] == 40
    assert facts.churn is not None
    assert (facts.churn.new, facts.churn.changed, facts.churn.removed, facts.churn.total) == (1, 0, 1, 40)
    assert (
        facts.churn.suffixes
        == facts.churn.suffixes_before
        == {".txt": 34, ".bin": 1, ".docx": 1, ".dat": 1, "": 3}
    )
    assert facts.signs is not None
    assert (facts.signs.typed, facts.signs.untyped) == (1, ())


def test_another_machine_looks_as_this_one(restic_vault: Vault) -> None:
    """The one that `verify: from` names, through its shell: every name and every byte must survive that."""
    here = untouched(restic_vault, read=Slice(1, 1), sample=100, drill=True, **with_source(restic_vault))
    with closing(
        PosixMachine(open_local(Target("srv-backup01", "127.0.0.1", Via.LOCAL)), "srv-backup01")
    ) as machine:
        there = untouched(
            restic_vault,
            machine=machine,
            read=Slice(1, 1),
            sample=100,
            drill=True,
            **with_source(restic_vault),
        )
    assert not faults(there)
    assert not blocked(there)
    for name in ("structure", "sample", "drill", "source"):
        told = [
            {key: value for key, value in probes(facts)[name].told.items() if key != "seconds"}
            for facts in (here, there)
        ]
        assert told[0] == told[1]
    assert (there.points, there.churn, there.signs) == (here.points, here.churn, here.signs)


def test_newer_versions_tell_what_a_snapshot_added(restic_vault: Vault) -> None:
    facts = restic_vault.look(deep=False)
    assert facts.points is not None
    last = facts.points[-1]
    if restic_vault.is_new:
        assert (last.files, last.new_files, last.changed_files) == (40, 1, 0)
        assert last.packed is not None
        assert last.added is not None
        assert last.packed < last.added
        assert last.seconds is not None
    else:
        assert (last.files, last.size, last.added, last.packed) == (None, None, None, None)


def test_a_list_reads_and_restores_nothing(restic_vault: Vault) -> None:
    facts = untouched(restic_vault, deep=False)
    assert set(probes(facts)) == {"access"}
    assert facts.access.proven
    assert facts.locks is None


Damage = Callable[[Vault], None]


def _lose(*paths: Path) -> None:
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _inside(vault: Vault, name: str) -> list[Path]:
    """The files of a folder of the repository, the newest last."""
    return sorted((vault.repository / name).iterdir(), key=lambda path: path.stat().st_mtime_ns)


def _empty(path: Path) -> None:
    cut(path, path.stat().st_size)


DAMAGE: dict[str, tuple[Damage, dict[str, Any], dict[str, set[Kind]]]] = {
    "repository missing": (lambda v: _lose(v.repository), FULL, {"access": {Kind.NO_REPOSITORY}}),
    "empty folder": (lambda v: _lose(*v.repository.iterdir()), FULL, {"access": {Kind.NO_REPOSITORY}}),
    "config missing": (lambda v: _lose(v.repository / "config"), FULL, {"access": {Kind.CONFIG}}),
    "config flipped": (lambda v: flip(v.repository / "config"), FULL, {"access": {Kind.CONFIG}}),
    "config empty": (lambda v: _empty(v.repository / "config"), FULL, {"access": {Kind.CONFIG}}),
    "key flipped": (lambda v: flip(v.keys()[0], 0.6), FULL, {"access": {Kind.KEY}}),
    "salt of the key flipped": (lambda v: flip(v.keys()[0], 0.9), FULL, {"access": {Kind.KEY}}),
    "key cut": (lambda v: cut(v.keys()[0], 200), FULL, {"access": {Kind.KEY}}),
    "keys missing": (lambda v: _lose(*v.keys()), FULL, {"access": {Kind.KEY}}),
    "data flipped": (
        lambda v: flip(v.packs("data")[0], 0.3), FULL, {"read": {Kind.DATA}}),
    "header of data flipped": (
        lambda v: flip(v.packs("data")[0], 0.9999), FULL, {"read": {Kind.DATA}}),
    "tree flipped": (
        lambda v: flip(_tree_of_newest(v), 0.2), FULL,
        {"structure": {Kind.TREE}, "read": {Kind.TREE, Kind.DATA}, "sample": {Kind.TREE}}),
    "index flipped": (
        lambda v: flip(_inside(v, "index")[0]), FULL, {"structure": {Kind.INDEX}, "sample": {Kind.INDEX}}),
    "index cut": (
        lambda v: cut(_inside(v, "index")[0], 9), FULL, {"structure": {Kind.INDEX}, "sample": {Kind.INDEX}}),
    "every index missing": (
        lambda v: _lose(*_inside(v, "index")), FULL, {"structure": {Kind.INDEX}, "sample": {Kind.INDEX}}),
    "older snapshot flipped": (
        lambda v: flip(v.repository / "snapshots" / v.ids()[0]), NIGHTLY, {"structure": {Kind.SNAPSHOT}}),
    "newest snapshot empty": (
        lambda v: _empty(v.repository / "snapshots" / v.ids()[1]), NIGHTLY, {"structure": {Kind.SNAPSHOT}}),
    "data cut": (
        lambda v: cut(v.packs("data")[0], 50), NIGHTLY, {"structure": {Kind.TRUNCATED}}),
    "data missing": (
        lambda v: _lose(v.packs("data")[0]), {"sample": 0}, {"structure": {Kind.MISSING_DATA}}),
}  # fmt: skip


def _tree_of_newest(vault: Vault) -> Path:
    trees = vault.packs("tree")
    return max(trees, key=lambda path: path.stat().st_mtime_ns)


@pytest.fixture(scope="session")
def looked(golden_restic: Vault, tmp_path_factory: pytest.TempPathFactory) -> dict[str, BackupFacts]:
    """What is seen of each damage, each in a copy of its own; several at a time, because restic waits a lot."""

    def look(name: str) -> BackupFacts:
        damage, order, _ = DAMAGE[name]
        vault = copied(golden_restic, tmp_path_factory.mktemp("damage"))
        damage(vault)
        return untouched(vault, **order)

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(DAMAGE, pool.map(look, DAMAGE), strict=True))


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named(looked: dict[str, BackupFacts], name: str) -> None:
    found, allowed = faults(looked[name]), DAMAGE[name][2]
    assert set(found) == set(allowed)
    assert all(kinds <= allowed[probe] for probe, kinds in found.items()), found


def test_a_damaged_second_key_is_named(restic_vault: Vault) -> None:
    flip(restic_vault.keys()[1], 0.6)
    found = faults(untouched(restic_vault, **NIGHTLY))
    assert found in (
        {"structure": {Kind.KEY}},
        {"access": {Kind.KEY}},
    )  # newer versions do not open it at all


def test_what_cannot_be_opened_is_not_looked_into(looked: dict[str, BackupFacts]) -> None:
    for facts in looked.values():
        if "access" in faults(facts):
            assert set(probes(facts)) == {"access"}
            assert facts.points is None


def test_a_wrong_password_is_told_from_a_damaged_key(restic_vault: Vault) -> None:
    facts = untouched(restic_vault, **FULL, secrets={"password": Secret("Kluis-4713")})
    assert faults(facts) == {"access": {Kind.PASSWORD}}
    assert "the key files are whole" in facts.access.faults[0].message
