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
    ("journal", "show"),
    ("journal", "verify"),
    ("journal", "export", "NEW"),
    ("journal", "prune", "--before", "2026-11-11", "--dry-run"),
    ("store", "backup", "NEW"),
    ("store", "check"),
    ("doctor",),
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
    document = ict(*("fresh" if word == "NEW" else word for word in words), "-o", "json").json()
    assert list(document)[: len(ENVELOPE)] == ENVELOPE
    assert list(document)[-2:] == ["findings", "errors"]
    keys = {name: keys_of(value) for name, value in document.items() if isinstance(value, list)}
    for finding in keys["findings"]:
        finding["evidence"] = None
    text = json.dumps(keys, indent=1) + "\n"
    assert json.loads(pinned(PINS / f"{document['kind']}.json", text)) == keys


def test_rows_only_in_jsonl(ict: Ict, recorded: Path) -> None:
    lines = [json.loads(line) for line in ict("journal", "show", "-o", "jsonl").out.splitlines()]
    assert [line["seq"] for line in lines] == [3, 2, 1]
