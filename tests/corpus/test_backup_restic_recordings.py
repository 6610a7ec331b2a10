"""Recorded runs of restic under faults: none yields more than its command could prove."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schoten_ict.backup.ask.restic.looking import read_probe, structure_probe
from schoten_ict.backup.ask.restic.messages import faults_in, faults_of_restore, messages
from schoten_ict.backup.ask.restic.output import checked, damaged_in, points_of
from schoten_ict.backup.facts import Kind, Probe

pytestmark = pytest.mark.corpus

Locate = Callable[[str], Path]

OLD, NEW = "0.14.0", "0.18.0"
PLAIN, READING = "check --json", "check --read-data --json"
LIST = "snapshots --json"
RESTORE = "restore latest --target t"
# What each run shows, by version, fault and command: `ok` is a proof, `None` nothing at all.
# The summary of `check --json` counts no packs, so that it proves nothing about reading.
EXPECTED: dict[tuple[str, str, str], dict[str, Any]] = {
    (OLD, "none", LIST): {"points": 2},
    (OLD, "none", PLAIN): {"structure": "ok", "read": "PROTOCOL"},
    (OLD, "none", READING): {"structure": "ok", "read": "ok"},
    (OLD, "none", "stats --json --mode raw-data"): {},
    (OLD, "wrong-password", LIST): {"access": "PASSWORD"},
    (OLD, "no-repo", LIST): {"access": "NO_REPOSITORY"},
    (OLD, "unknown-host", "snapshots --json --host nohost"): {"points": 0},
    (OLD, "include-nothing", "restore latest --target t --include /nope"): {"restore": None},
    (OLD, "bitflip-pack", PLAIN): {"structure": "ok", "read": "PROTOCOL"},
    (OLD, "bitflip-pack", READING): {"structure": "ok", "read": "DATA"},
    (OLD, "bitflip-pack", RESTORE): {"restore": "DATA"},
    (OLD, "truncated-pack", PLAIN): {"structure": "TRUNCATED", "read": "NOT_PROVABLE"},
    (OLD, "missing-pack", PLAIN): {"structure": "MISSING_DATA", "read": "NOT_PROVABLE"},
    (OLD, "bitflip-tree", "check --json --no-cache"): {"structure": "TREE", "read": "NOT_PROVABLE"},
    (OLD, "bitflip-index", PLAIN): {"structure": "INDEX", "read": "NOT_PROVABLE"},
    (OLD, "missing-index", PLAIN): {"structure": "INDEX", "read": "NOT_PROVABLE"},
    (OLD, "bitflip-snapshot", "snapshots --json --no-cache"): {"points": 1, "damaged": ["38000455"]},
    (OLD, "bitflip-snapshot", PLAIN): {"structure": "SNAPSHOT", "read": "NOT_PROVABLE"},
    (OLD, "all-snapshots-gone", PLAIN): {"structure": "ok", "read": "PROTOCOL"},
    (OLD, "all-snapshots-gone", LIST): {"points": 0},
    (OLD, "bitflip-key", LIST): {"access": "PASSWORD"},
    (OLD, "config-gone", LIST): {"access": "NO_REPOSITORY"},
    (OLD, "locked", PLAIN): {"structure": "LOCKED", "read": "NOT_PROVABLE"},
    (OLD, "locked", "backup src --json"): {"access": "LOCKED"},
    (OLD, "stale-lock", LIST): {"access": "LOCKED"},
    (NEW, "none", LIST): {"points": 2},
    (NEW, "none", PLAIN): {"structure": "ok", "read": "PROTOCOL"},
    (NEW, "none", READING): {"structure": "ok", "read": "PROTOCOL"},
    (NEW, "none", "stats --json --mode raw-data"): {},
    (NEW, "wrong-password", LIST): {"access": "PASSWORD"},
    (NEW, "no-repo", LIST): {"access": "NO_REPOSITORY"},
    (NEW, "unknown-host", "snapshots --json --host nohost"): {"points": 0},
    (NEW, "include-nothing", "restore latest --target t --include /nope"): {"restore": None},
    (NEW, "bitflip-pack", PLAIN): {"structure": "ok", "read": "PROTOCOL"},
    (NEW, "bitflip-pack", READING): {"structure": "OTHER", "read": "DATA"},
    (NEW, "bitflip-pack", RESTORE): {"restore": "DATA"},
    (NEW, "truncated-pack", PLAIN): {"structure": "TRUNCATED", "read": "NOT_PROVABLE"},
    (NEW, "missing-pack", PLAIN): {"structure": "MISSING_DATA", "read": "NOT_PROVABLE"},
    (NEW, "bitflip-tree", "check --json --no-cache"): {"structure": "TREE", "read": "NOT_PROVABLE"},
    (NEW, "bitflip-index", PLAIN): {"structure": "INDEX", "read": "NOT_PROVABLE"},
    (NEW, "missing-index", PLAIN): {"structure": "INDEX", "read": "NOT_PROVABLE"},
    (NEW, "bitflip-snapshot", "snapshots --json --no-cache"): {
        "points": 1, "damaged": ["05ebd07c410b72f772c221a4486e8844220c535d3647eeae9fb578123e7a0c83"]},
    (NEW, "bitflip-snapshot", PLAIN): {"structure": "SNAPSHOT", "read": "NOT_PROVABLE"},
    (NEW, "all-snapshots-gone", PLAIN): {"structure": "ok", "read": "PROTOCOL"},
    (NEW, "all-snapshots-gone", LIST): {"points": 0},
    (NEW, "bitflip-key", LIST): {"access": "KEY"},
    (NEW, "config-gone", LIST): {"access": "NO_REPOSITORY"},
    (NEW, "locked", PLAIN): {"structure": "LOCKED", "read": "NOT_PROVABLE"},
    (NEW, "locked", "backup src --json"): {"access": "LOCKED"},
    (NEW, "stale-lock", LIST): {"access": "LOCKED"},
}  # fmt: skip


def shown(probe: Probe) -> str:
    """A proof in one word: the first kind of what is wrong, or `ok`."""
    wrong = [*probe.faults, *([probe.blocked] if probe.blocked else [])]
    return wrong[0].kind.name if wrong else "ok"


def seen(run: dict[str, Any]) -> dict[str, Any]:
    """What the engine would see in this run."""
    command, code, stdout, stderr = run["argv"][3], run["rc"], run["stdout"], run["stderr"]
    if command == "check":
        said = checked(stdout, stderr)
        return {"structure": shown(structure_probe(said, code, 0)), "read": shown(read_probe(said, code, 0))}
    if command == "restore":
        faults = faults_of_restore(stderr, ["/src/big.bin"])
        return {"restore": faults[0].kind.name if code else None}
    if code:
        kinds = [fault.kind for fault in faults_in(messages(stderr))]
        return {"access": next(kind.name for kind in kinds if kind is not Kind.OTHER)}
    if command != "snapshots":
        return {}
    damaged = list(damaged_in(stderr))
    return {"points": len(points_of(stdout.encode()))} | ({"damaged": damaged} if damaged else {})


def test_no_run_yields_more_than_it_could_prove(corpus: Locate) -> None:
    runs = json.loads((corpus("backup") / "recorded-outputs.json").read_text(encoding="utf-8"))
    found = {
        (run["version"], run["fault"], " ".join(run["argv"][3:])): seen(run)
        for run in runs
        if run["tool"] == "restic"
    }
    assert len(found) == 50
    assert found == EXPECTED


def test_where_the_damage_is_stands_beside_it(corpus: Locate) -> None:
    runs = json.loads((corpus("backup") / "recorded-outputs.json").read_text(encoding="utf-8"))
    wheres = {}
    for run in runs:
        if run["tool"] == "restic" and run["argv"][3] == "check" and run["rc"] and run["fault"] != "locked":
            said = checked(run["stdout"], run["stderr"])
            (fault,) = [*said.structure, *said.reading]
            wheres[run["version"], run["fault"], fault.kind] = fault.where[:8]
    assert wheres == {
        (OLD, "bitflip-pack", Kind.DATA): "91b2d9c3",
        (OLD, "truncated-pack", Kind.TRUNCATED): "91b2d9c3",
        (OLD, "missing-pack", Kind.MISSING_DATA): "91b2d9c3",
        (OLD, "bitflip-tree", Kind.TREE): "67f70b8f",
        (OLD, "bitflip-index", Kind.INDEX): "3e217615",
        (OLD, "missing-index", Kind.INDEX): "d63de038",
        (OLD, "bitflip-snapshot", Kind.SNAPSHOT): "380004552d"[:8],
        (NEW, "bitflip-pack", Kind.DATA): "cf6c2a7a",
        (NEW, "truncated-pack", Kind.TRUNCATED): "cf6c2a7a",
        (NEW, "missing-pack", Kind.MISSING_DATA): "cf6c2a7a",
        (NEW, "bitflip-tree", Kind.TREE): "8af3957b",
        (NEW, "bitflip-index", Kind.INDEX): "4a7f7936",
        (NEW, "missing-index", Kind.INDEX): "f32fa86e",
        (NEW, "bitflip-snapshot", Kind.SNAPSHOT): "05ebd07c",
    }
