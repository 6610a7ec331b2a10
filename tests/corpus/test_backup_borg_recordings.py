"""Recorded runs of borg under faults: none yields more than its command could prove."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from schoten_ict.backup.ask.borg.lists import archives, stats_of
from schoten_ict.backup.ask.borg.log import damaged
from schoten_ict.backup.ask.borg.proofs import Ended, ended, read_probe, structure_probe
from schoten_ict.backup.ask.borg.taking import taken
from schoten_ict.backup.facts import Fault, Kind, Point

pytestmark = pytest.mark.corpus

OLD, NEW = "1.2.4", "1.4.5"
CHECKS = ("check", "check --archives-only", "check --repository-only")
# What each command shows under each fault, the same with both versions and both sets of exit codes. No check was
# recorded with `-v`, so that none says what it did: an exit code of 0 without a word is no proof.
EXPECTED: dict[tuple[str, str], Kind | None] = {
    ("none", "list"): None,
    ("none", "check"): Kind.PROTOCOL,
    ("none", "info"): None,
    ("wrong-password", "list"): Kind.PASSWORD,
    ("wrong-password", "check --repository-only"): Kind.PROTOCOL,
    ("no-repo", "list"): Kind.NO_REPOSITORY,
    ("no-archive", "list"): Kind.MISSING_DATA,
    ("missing-source", "create"): Kind.MISSING_FILES,
    ("bitflip-segment", "check"): Kind.DATA,
    ("bitflip-segment", "check --archives-only"): Kind.PROTOCOL,
    ("bitflip-segment", "extract --dry-run"): Kind.DATA,
    ("missing-segment", "check"): Kind.MISSING_DATA,
    ("locked-by-other-host", "list"): Kind.LOCKED,
    ("config-broken", "list"): Kind.CONFIG,
}

Recording = Mapping[str, Any]


@pytest.fixture
def recordings(corpus: Callable[[str], Path]) -> list[Recording]:
    every = json.loads(corpus("backup/recorded-outputs.json").read_text(encoding="utf-8"))
    return [each for each in every if each["tool"] == "borg"]


def command(recording: Recording) -> str:
    """The command of a recording with the option that decides what it looks at."""
    words = [word for word in recording["argv"][1:] if word != "--log-json"]
    options = [word for word in words[1:] if word in {"--repository-only", "--archives-only", "--dry-run"}]
    name = next(word for word in words if word in {"list", "check", "info", "create", "extract"})
    return " ".join((name, *options))


def run(recording: Recording) -> Ended:
    return ended(recording["rc"], recording["stdout"].encode(), recording["stderr"].encode())


def test_every_recording_is_expected_for_both_versions(recordings: list[Recording]) -> None:
    assert len(recordings) == 42
    groups = {(each["version"], "BORG_EXIT_CODES" in each["env"]) for each in recordings}
    assert groups == {(OLD, False), (NEW, False), (NEW, True)}
    for group in groups:
        of_group = [
            each for each in recordings if (each["version"], "BORG_EXIT_CODES" in each["env"]) == group
        ]
        assert {(each["fault"], command(each)) for each in of_group} == set(EXPECTED)


def test_each_fault_is_named_and_silence_proves_nothing(recordings: list[Recording]) -> None:
    for each in recordings:
        said = run(each)
        expected = EXPECTED[each["fault"], command(each)]
        label = (each["version"], each["fault"], command(each))
        if command(each) in CHECKS:
            for probe in (
                structure_probe(said, whole=True),
                structure_probe(said, whole=False),
                read_probe(said, whole=True),
            ):
                assert not probe.proven, label
                assert {fault.kind for fault in (*probe.faults, *_one(probe.blocked))} == {expected}, label
        elif command(each) == "create":
            made = taken(said, {"nonexist"})
            assert not made.complete, label
            assert [fault.kind for fault in made.faults] == [expected], label
        else:
            assert {fault.kind for fault in said.faults} == ({expected} if expected else set()), label


def _one(fault: Fault | None) -> tuple[Fault, ...]:
    return (fault,) if fault else ()


def test_damage_is_told_with_its_place(recordings: list[Recording]) -> None:
    places = {
        (each["fault"], fault.where)
        for each in recordings
        for fault in run(each).faults
        if each["fault"].endswith("-segment")
    }
    assert places == {("bitflip-segment", "segment 2"), ("missing-segment", "segment 2")}
    assert all(not damaged(run(each).log) for each in recordings)  # none was asked to name its archives


def test_lists_give_points_in_utc_and_info_gives_sizes(recordings: list[Recording]) -> None:
    lists = [each for each in recordings if (each["fault"], command(each)) == ("none", "list")]
    for each in lists:
        found = archives(each["stdout"].encode())
        assert [archive.name for archive in found] == ["a1", "a2"]
        points: list[Point] = [archive.point for archive in found]
        assert [point.at.isoformat() for point in points] == sorted(point.at.isoformat() for point in points)
        assert all(point.at.utcoffset() is not None for point in points)
        assert [point.files for point in points] == [None, None]
    for each in recordings:
        if command(each) == "info":
            stats = stats_of(each["stdout"].encode())
            assert (stats.files, stats.size) == (21, 3605728)
            assert 0 <= stats.packed < stats.size


def test_nothing_else_that_was_recorded_is_taken_for_a_list(recordings: list[Recording]) -> None:
    for each in recordings:
        if each["fault"] != "none" or command(each) == "check":
            for read in (archives, stats_of):
                with pytest.raises(ValueError, match="the answer holds no"):
                    read(each["stdout"].encode())
