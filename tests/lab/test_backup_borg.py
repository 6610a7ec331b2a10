"""borg for real, in two versions: each fault is made in a repository and found by its name.

Every look also proves that it wrote nothing into the repository, whatever was wrong with it.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.borg_rig import VERSIONS, Vault, copied, cut, edit, flip, footprint, golden, make_vault, with_source
from schoten_ict.backup.ask.borg import files
from schoten_ict.backup.facts import BackupFacts, Kind, Probe
from schoten_ict.backup.order import Slice
from schoten_ict.connect.machines.here import HereMachine
from schoten_ict.core.secrets import Secret

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]  # the first test may have to build borg 1.4

ALL: dict[str, Any] = {"read": Slice(1, 1), "sample": 5, "seed": 3, "drill": True}
Damage = Callable[[Vault], object]


@pytest.fixture(params=VERSIONS)
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Vault]:
    """A copy to damage; with the version of each."""
    yield copied(golden(request.param), tmp_path)
    assert nothing_left(tmp_path)


@pytest.fixture
def debian(tmp_path: Path) -> Iterator[Vault]:
    """A copy to damage, where the version makes no difference."""
    yield copied(golden("debian"), tmp_path)
    assert nothing_left(tmp_path)


def nothing_left(folder: Path) -> bool:
    """Whether looks removed what they put into the scratch folder."""
    return not list(folder.glob("scratch/*"))


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


def untouched(vault: Vault, **order: Any) -> BackupFacts:
    """A look that must leave the repository as it is."""
    before = footprint(vault.repository)
    facts = vault.look(**order)
    assert footprint(vault.repository) == before
    return facts


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sound_repository_is_proven_in_every_way(version: str, tmp_path: Path) -> None:
    vault = make_vault(tmp_path, version)
    new = vault.source / "laatste.txt"
    new.write_bytes(b"een stuk van gisteren\n" * 50)
    vault.archive("nacht-2", 12)
    facts = untouched(vault, **ALL, **with_source(vault))
    assert not faults(facts)
    assert not blocked(facts)
    assert set(probes(facts)) == {"access", "structure", "source", "sample", "drill", "read"}
    assert facts.version.startswith("1.")
    assert facts.locks == ()
    assert facts.points is not None
    first, last = facts.points
    assert (last.at - first.at).total_seconds() == 12 * 3600
    assert first.paths == last.paths == (str(vault.source),)
    assert (last.files, last.new_files, last.changed_files, last.complete) == (41, 1, 0, None)
    assert last.size == sum(path.stat().st_size for path in vault.source.rglob("*") if path.is_file())
    assert last.added == new.stat().st_size
    assert last.packed
    assert last.packed < last.size
    told = {name: probe.told for name, probe in probes(facts).items()}
    assert told["structure"]["archives"] == 2
    assert int(told["read"]["chunks"]) > 40
    assert told["sample"]["files"] == told["sample"]["compared"] == 5
    assert told["drill"]["files"] == told["drill"]["compared"] == told["source"]["files"] == 41
    assert float(told["drill"]["seconds"]) > 0
    assert nothing_left(tmp_path)


def test_a_list_reads_and_restores_nothing(debian: Vault) -> None:
    facts = untouched(debian, deep=False)
    assert set(probes(facts)) == {"access"}
    assert facts.access.proven
    assert [point.files for point in facts.points or ()] == [None]


def change_key(text: str, one: str, other: str) -> str:
    """Another character well inside of the key; `one`, or `other` where that stands there."""
    place = text.index("key = ") + 100
    return text[:place] + (other if text[place] == one else one) + text[place + 1 :]


def in_config(change: Callable[[str], str]) -> Damage:
    return lambda vault: edit(vault.repository / "config", change)


WITHOUT_BORG: dict[str, tuple[Damage, Kind]] = {
    "config missing": (lambda v: (v.repository / "config").unlink(), Kind.CONFIG),
    "config no text": (lambda v: (v.repository / "config").write_bytes(b"\xff\0" * 99), Kind.CONFIG),
    "config without its section": (in_config(lambda text: text[12:]), Kind.CONFIG),
    "id in config damaged": (in_config(lambda text: text.replace("id = ", "id = x")), Kind.CONFIG),
    "another format": (in_config(lambda text: text.replace("version = 1", "version = 2")), Kind.CONFIG),
    "repository missing": (lambda v: shutil.rmtree(v.repository), Kind.NO_REPOSITORY),
    "data missing": (lambda v: shutil.rmtree(v.repository / "data"), Kind.MISSING_DATA),
    "all segments missing": (lambda v: shutil.rmtree(v.repository / "data" / "0"), Kind.MISSING_DATA),
}


@pytest.mark.parametrize("name", WITHOUT_BORG)
def test_a_repository_that_cannot_be_opened_is_named_before_borg_is_asked(debian: Vault, name: str) -> None:
    damage, kind = WITHOUT_BORG[name]
    damage(debian)
    facts = debian.look()
    assert faults(facts) == {"access": {kind}}
    assert facts.points is None
    assert facts.structure is None


def test_an_empty_folder_is_no_repository(debian: Vault) -> None:
    shutil.rmtree(debian.repository)
    debian.repository.mkdir()
    assert faults(debian.look()) == {"access": {Kind.NO_REPOSITORY}}


BY_BORG: dict[str, tuple[Damage, Kind]] = {
    "manifest flipped": (lambda v: flip(v.manifest, 0.5), Kind.SNAPSHOT),
    "manifest missing": (lambda v: v.manifest.unlink(), Kind.MISSING_DATA),
    "manifest cut": (lambda v: cut(v.manifest, 0.5), Kind.TRUNCATED),
    "key flipped": (in_config(lambda text: change_key(text, "A", "B")), Kind.PASSWORD),
    "key no base64": (in_config(lambda text: change_key(text, "!", "!")), Kind.KEY),
    "key missing": (in_config(lambda text: text[: text.index("key = ")]), Kind.KEY),
}


@pytest.mark.parametrize("name", BY_BORG)
def test_what_keeps_borg_from_opening_it_is_named(vault: Vault, name: str) -> None:
    damage, kind = BY_BORG[name]
    damage(vault)
    facts = untouched(vault)
    assert faults(facts) == {"access": {kind}}
    assert facts.points is None


@pytest.mark.parametrize("passphrase", ["fout", ""])
def test_a_wrong_passphrase_is_named_and_proves_nothing(vault: Vault, passphrase: str) -> None:
    facts = untouched(vault, secrets={"password": Secret(passphrase)} if passphrase else {}, **ALL)
    assert faults(facts) == {"access": {Kind.PASSWORD}}
    assert set(probes(facts)) == {"access"}


SHOWN: dict[str, tuple[Damage, Kind, str]] = {
    "segment missing": (lambda v: v.data.unlink(), Kind.MISSING_DATA, "segment "),
    "segment emptied": (lambda v: cut(v.data, 0), Kind.TRUNCATED, "segment "),
    "last commit missing": (lambda v: v.segments()[-1].unlink(), Kind.MISSING_DATA, "segment "),
    "index missing": (lambda v: v.beside("index").unlink(), Kind.INDEX, "index"),
    "index emptied": (lambda v: cut(v.beside("index"), 0), Kind.INDEX, "index"),
    "hints missing": (lambda v: v.beside("hints").unlink(), Kind.INDEX, "hints."),
    "integrity missing": (lambda v: v.beside("integrity").unlink(), Kind.INDEX, "integrity."),
}


@pytest.mark.parametrize("name", SHOWN)
def test_what_the_files_alone_show_is_named(debian: Vault, name: str) -> None:
    damage, kind, where = SHOWN[name]
    damage(debian)
    [fault] = files.look(HereMachine(debian.folder), str(debian.repository), 10).faults
    assert fault.kind is kind
    assert fault.where.startswith(where)


STRUCTURE: dict[str, tuple[Damage, Kind]] = {
    "index flipped": (lambda v: flip(v.beside("index"), 0.5), Kind.INDEX),
    "hints flipped": (lambda v: flip(v.beside("hints"), 0.5), Kind.INDEX),
    "integrity flipped": (lambda v: flip(v.beside("integrity"), 0), Kind.INDEX),
    "archive's metadata flipped": (lambda v: flip(v.metadata, 0.98), Kind.SNAPSHOT),
    "metadata of files flipped": (lambda v: flip(v.metadata, 0.5), Kind.TREE),
}


@pytest.mark.parametrize("name", STRUCTURE)
def test_what_is_wrong_with_the_structure_is_named_in_every_look(debian: Vault, name: str) -> None:
    named_in_structure(debian, *STRUCTURE[name])


@pytest.mark.parametrize("name", ["index flipped", "metadata of files flipped"])
def test_the_newer_borg_says_it_too(tmp_path: Path, name: str) -> None:
    named_in_structure(copied(golden("1.4"), tmp_path), *STRUCTURE[name])


def named_in_structure(vault: Vault, damage: Damage, kind: Kind) -> None:
    damage(vault)
    facts = untouched(vault)
    assert facts.access.proven
    assert faults(facts)["structure"] == {kind}
    assert facts.points is not None
    assert set(facts.damaged) == ({facts.points[0].id} if kind is not Kind.INDEX else set())


def test_a_missing_segment_and_a_lost_commit_are_told_by_every_look(debian: Vault) -> None:
    debian.data.unlink()
    facts = untouched(debian)
    assert faults(facts) == {"structure": {Kind.MISSING_DATA}}
    debian.segments()[-1].unlink()
    facts = untouched(debian)
    assert Kind.MISSING_DATA in faults(facts)["structure"]
    assert facts.points == ()


DATA: dict[str, tuple[Damage, Kind]] = {
    "flipped": (lambda v: flip(v.data, 0.5), Kind.DATA),
    "cut": (lambda v: cut(v.data, 0.98), Kind.TRUNCATED),
    "without its beginning": (lambda v: flip(v.data, 0), Kind.DATA),
}


@pytest.mark.parametrize("name", DATA)
def test_damaged_data_is_found_in_its_slice(debian: Vault, name: str) -> None:
    damage, kind = DATA[name]
    number = int(debian.data.name)
    damage(debian)
    repository = files.look(HereMachine(debian.folder), str(debian.repository), 10)
    [holding] = [part for part in range(1, 5) if number in repository.share(Slice(part, 4))]
    assert faults(untouched(debian, read=Slice(holding, 4))) == {"read": {kind}}


def test_damaged_data_is_found_by_a_full_read(debian: Vault) -> None:
    flip(debian.data, 0.5)
    assert faults(untouched(debian, read=Slice(1, 1))) == {"read": {Kind.DATA}}


def test_a_slice_without_damage_is_proven_beside_one_with_it(debian: Vault) -> None:
    flip(debian.data, 0.5)
    repository = files.look(HereMachine(debian.folder), str(debian.repository), 10)
    spared = [part for part in range(1, 5) if int(debian.data.name) not in repository.share(Slice(part, 4))]
    facts = untouched(debian, read=Slice(spared[0], 4))
    assert not faults(facts)
    assert not blocked(facts)


def test_damaged_data_is_found_by_the_newer_borg_too(vault: Vault) -> None:
    for segment in vault.segments():
        if segment.stat().st_size > 50_000:
            flip(segment, 0.5)
    facts = untouched(vault, sample=40, read=Slice(2, 4))
    assert faults(facts)["read"] == {Kind.DATA}
    assert {Kind.DATA, Kind.MISSING_FILES} <= faults(facts)["sample"]


def test_a_round_of_slices_reads_every_segment(debian: Vault) -> None:
    repository = files.look(HereMachine(debian.folder), str(debian.repository), 10)
    rounds = [set(repository.share(Slice(number, 3))) for number in range(1, 4)]
    assert set.union(*rounds) == set(repository.committed) == {int(each.name) for each in debian.segments()}
    assert all(repository.segments[number].size < 64 * 1024 for number in set.intersection(*rounds))
