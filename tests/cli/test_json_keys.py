"""The keys of every kind of answer: they may grow, never change. Grown on purpose: ICT_UPDATE_PINS=1."""

import json
from pathlib import Path
from typing import Any

import pytest

from running import NOW, Ict, pinned
from schoten_ict.store import Store, observations

PINS = Path(__file__).parent / "pins"
COMMANDS = [
    ("init", "NEW"),
    ("config", "show"),
    ("inventory", "list"),
    ("inventory", "show", "srv-a"),
    ("inventory", "validate"),
    ("inventory", "forgive"),
    ("journal", "show"),
    ("journal", "verify"),
    ("journal", "export", "NEW"),
    ("journal", "prune", "--before", "2026-11-11", "--dry-run"),
    ("store", "backup", "NEW"),
    ("store", "check"),
    ("doctor",),
    ("doctor", "--winrm", "srv-a"),
]
AT_THE_COUNTER: list[tuple[str, ...]] = [
    (
        "assets",
        "assign",
        "LT-0001",
        "DK-0001",
        "--to",
        "1042",
        "--accessory",
        "lader",
        "--until",
        "2026-12-24",
    ),
    ("assets", "accept", "GO-2026-0001"),
    ("assets", "transfer", "LT-0001", "--to", "1043", "--wiped", "reset"),
    ("assets", "decline", "GO-2026-0002", "--reason", "te zwaar"),
    ("assets", "swap", "DK-0001", "LT-0001", "--missing", "kabel"),
    ("assets", "return", "LT-0001", "--missing", "lader"),
    ("assets", "wiped", "LT-0001", "reset"),
    ("assets", "repair", "start", "LT-0001", "--supplier", "Dell", "--rma", "1"),
    ("assets", "repair", "end", "LT-0001", "--cost", "12,50"),
    ("assets", "lost", "GS-0001", "--note", "trein"),
    ("assets", "found", "GS-0001"),
    ("assets", "stolen", "GS-0001", "--police-report", "1"),
    ("assets", "retire", "MN-001-S"),
    ("assets", "dispose", "MN-001-S", "--processor", "Recupel", "--wiped", "none", "--yes"),
    ("assets", "count", "start", "telling"),
    ("assets", "add", "--category", "monitor"),
    ("assets", "edit", "LT-0001", "--set", "location=Balie"),
    ("assets", "list"),
    ("assets", "show", "LT-0001"),
    ("assets", "find", "latitude"),
    ("assets", "history", "LT-0001"),
    ("assets", "holder", "1042"),
    ("assets", "leavers"),
    ("assets", "check"),
    ("assets", "policies"),
    ("assets", "repair", "list"),
    ("assets", "count", "status", "telling"),
    ("assets", "count", "list"),
    ("assets", "count", "finish", "telling"),
    ("assets", "labels", "LT-0001", "--pdf", "labels.pdf"),
    ("assets", "replace-plan"),
    ("people", "list"),
    ("people", "show", "1042"),
    ("people", "add", "1200", "An Peeters"),
    ("people", "leave", "1042", "--on", "2026-12-31"),
    ("who", "1042"),
]
ON_THE_MACHINE = [
    ("inventory", "collect"),
    ("inventory", "drift"),
    ("inventory", "diff", "me", "--since", "2026-11-26"),
    ("inventory", "software"),
    ("run", "uname", "--on", "me", "--yes"),
]
ENVELOPE = ["schema", "kind", "status", "exit_code", "generated_at", "data"]


def keys_of(value: Any) -> Any:
    """Names of keys, of the first entry of each list; values left out."""
    if isinstance(value, dict):
        return {name: keys_of(each) for name, each in value.items()}
    if isinstance(value, list):
        return [keys_of(value[0])] if value else []
    return None


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: "-".join(words[:2]))
def test_keys_stay(ict: Ict, recorded: Path, words: tuple[str, ...]) -> None:
    host = "hosts: [{name: srv-a, address: 127.0.0.2, kind: server}]\n"
    (recorded / "inventory.yaml").write_text(f"organisation: {{name: A}}\n{host}")
    with Store(recorded / "data", "jan", NOW) as store, store.transaction() as change:
        observations.observe(change, "host:srv-a", "facts", "ssh", "up")
        held_back = ("LAB", "svc-ict", "f", "srv-a", "2026-11-20T08:00:00Z")
        change.connection.execute("INSERT INTO refused_account VALUES (?, ?, ?, ?, ?)", held_back)
    require_pinned_keys(ict(*("fresh" if word == "NEW" else word for word in words), "-o", "json").json())


def test_keys_at_the_counter_stay(counter: Ict) -> None:
    for words in AT_THE_COUNTER:
        require_pinned_keys(counter(*words, "-o", "json").json())


def test_keys_of_machines_stay(ict: Ict, workspace: Path) -> None:
    host = "hosts: [{name: me, address: 127.0.0.1, connect: {local: {}}, expect: {os: nothing}}]\n"
    (workspace / "inventory.yaml").write_text(f"organisation: {{name: A}}\n{host}")
    for words in ON_THE_MACHINE:
        require_pinned_keys(ict(*words, "-o", "json").json())


def require_pinned_keys(document: dict[str, Any]) -> None:
    """The keys of an answer are those that were pinned for its kind."""
    assert list(document)[: len(ENVELOPE)] == ENVELOPE
    assert list(document)[-2:] == ["findings", "errors"]
    keys = {name: keys_of(value) for name, value in document.items() if isinstance(value, list)}
    for finding in keys["findings"]:
        finding["evidence"] = None
    for row in keys["data"]:
        for free in ("facts", "content", "numbers"):  # those that there are
            if row.get(free):
                row[free] = None
    text = json.dumps(keys, indent=1) + "\n"
    assert json.loads(pinned(PINS / f"{document['kind']}.json", text)) == keys


def test_rows_only_in_jsonl(ict: Ict, recorded: Path) -> None:
    lines = [json.loads(line) for line in ict("journal", "show", "-o", "jsonl").out.splitlines()]
    assert [line["seq"] for line in lines] == [3, 2, 1]
