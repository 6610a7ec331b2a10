"""restic for real, in several versions: what is sound is proven, and each fault is found by its name.

Every look also proves that it wrote nothing into the repository, whatever was wrong with it.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.restic_rig import VERSIONS, Vault, copied, cut, flip, footprint, make_vault, with_source
from schoten_ict.backup.facts import BackupFacts, Kind, Probe
from schoten_ict.backup.order import Slice
from schoten_ict.core.secrets import Secret

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]  # the first test may have to fetch the newer restic

FULL = {"read": Slice(1, 1), "sample": 5, "seed": 3}
NIGHTLY = {"sample": 5, "seed": 3}


@pytest.fixture(scope="session", params=VERSIONS)
def golden(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return make_vault(tmp_path_factory.mktemp("restic"), request.param)


@pytest.fixture
def vault(golden: Vault, tmp_path: Path) -> Iterator[Vault]:
    """A copy that a test may damage; its scratch folder is empty at the end."""
    vault = copied(golden, tmp_path)
    yield vault
    assert not vault.scratch.exists() or not list(vault.scratch.iterdir())


def probes(facts: BackupFacts) -> dict[str, Probe]:
    """The proofs that were tried."""
    named = {
        "access": facts.access, "structure": facts.structure, "source": facts.source,
        "sample": facts.sample, "drill": facts.drill,
    }  # fmt: skip
    named |= {"read": facts.reads[0].probe} if facts.reads else {}
    return {name: probe for name, probe in named.items() if probe is not None}


def faults(facts: BackupFacts) -> dict[str, set[Kind]]:
    """The kinds of faults of each proof that found any."""
    found = {name: {fault.kind for fault in probe.faults} for name, probe in probes(facts).items()}
    return {name: kinds for name, kinds in found.items() if kinds}


def blocked(facts: BackupFacts) -> dict[str, Kind]:
    """What kept a proof from being done."""
    return {name: probe.blocked.kind for name, probe in probes(facts).items() if probe.blocked}


def untouched(vault: Vault, **order: object) -> BackupFacts:
    """A look that must leave the repository as it is."""
    before = footprint(vault.repository)
    facts = vault.look(**order)
    assert footprint(vault.repository) == before
    return facts


def test_a_sound_repository_is_proven_in_every_way(vault: Vault) -> None:
    facts = untouched(vault, **FULL, drill=True, **with_source(vault))
    assert not faults(facts)
    assert not blocked(facts)
    assert set(probes(facts)) == {"access", "structure", "source", "sample", "drill", "read"}
    assert facts.locks == ()
    assert facts.points is not None
    first, last = facts.points
    assert (last.at, (last.at - first.at).total_seconds()) == (vault.began, 24 * 3600)
    assert (last.host, last.paths, last.complete) == ("srv-a", (str(vault.source),), None)
    files = [path for path in vault.source.rglob("*") if path.is_file() and not path.is_symlink()]
    assert last.files == len(files) == 40
    assert last.size == sum(path.stat().st_size for path in files)
    told = {name: probe.told for name, probe in probes(facts).items()}
    assert told["structure"]["snapshots"] == 2
    assert told["read"]["packs"] == len(vault.packs("data")) + len(vault.packs("tree"))
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


def test_newer_versions_tell_what_a_snapshot_added(vault: Vault) -> None:
    facts = vault.look(deep=False)
    assert facts.points is not None
    last = facts.points[-1]
    if vault.is_new:
        assert (last.files, last.new_files, last.changed_files) == (40, 1, 0)
        assert last.packed is not None
        assert last.added is not None
        assert last.packed < last.added
        assert last.seconds is not None
    else:
        assert (last.files, last.size, last.added, last.packed) == (None, None, None, None)


def test_a_list_reads_and_restores_nothing(vault: Vault) -> None:
    facts = untouched(vault, deep=False)
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


DAMAGE: dict[str, tuple[Damage, dict[str, object], dict[str, set[Kind]]]] = {
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
def looked(golden: Vault, tmp_path_factory: pytest.TempPathFactory) -> dict[str, BackupFacts]:
    """What is seen of each damage, each in a copy of its own; several at a time, because restic waits a lot."""

    def look(name: str) -> BackupFacts:
        damage, order, _ = DAMAGE[name]
        vault = copied(golden, tmp_path_factory.mktemp("damage"))
        damage(vault)
        return untouched(vault, **order)

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(DAMAGE, pool.map(look, DAMAGE), strict=True))


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named(looked: dict[str, BackupFacts], name: str) -> None:
    found, allowed = faults(looked[name]), DAMAGE[name][2]
    assert set(found) == set(allowed)
    assert all(kinds <= allowed[probe] for probe, kinds in found.items()), found


def test_a_damaged_second_key_is_named(vault: Vault) -> None:
    flip(vault.keys()[1], 0.6)
    found = faults(untouched(vault, **NIGHTLY))
    assert found in (
        {"structure": {Kind.KEY}},
        {"access": {Kind.KEY}},
    )  # newer versions do not open it at all


def test_what_cannot_be_opened_is_not_looked_into(looked: dict[str, BackupFacts]) -> None:
    for facts in looked.values():
        if "access" in faults(facts):
            assert set(probes(facts)) == {"access"}
            assert facts.points is None


def test_a_wrong_password_is_told_from_a_damaged_key(vault: Vault) -> None:
    facts = untouched(vault, **FULL, secrets={"password": Secret("Kluis-4713")})
    assert faults(facts) == {"access": {Kind.PASSWORD}}
    assert "the key files are whole" in facts.access.faults[0].message
