"""`ict inventory`: hosts as declared, and what was seen of them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from running import NOW, Ict
from schoten_ict.store import Store, observations

HOSTS = """
organisation: {name: A, timezone: Europe/Brussels}
sites: [{name: werf, title: Werf}]
hosts:
  - {name: srv-a, address: 127.0.0.2, kind: server, site: werf, criticality: high, owner: Jan}
  - {name: srv-b, address: 127.0.0.3, kind: server, depends_on: [srv-a]}
  - {name: sw-a, address: 127.0.0.4, kind: switch}
"""


@pytest.fixture
def declared(workspace: Path) -> Path:
    (workspace / "inventory.yaml").write_text(HOSTS)
    return workspace


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), ["srv-a", "srv-b", "sw-a"]),
        (("srv-*",), ["srv-a", "srv-b"]),
        (("kind:switch", "site:werf"), ["srv-a", "sw-a"]),
    ],
)
def test_list_selects(ict: Ict, declared: Path, words: tuple[str, ...], names: list[str]) -> None:
    assert [row["name"] for row in ict("inventory", "list", *words).table()] == names


def test_list_of_an_unknown_word_is_not_found(ict: Ict, declared: Path) -> None:
    assert ict("inventory", "list", "srv-z").exit == 5


def test_show_joins_what_is_declared_with_what_was_seen(ict: Ict, declared: Path) -> None:
    seen = NOW - timedelta(hours=26)
    with Store(declared / "data", "jan", seen) as store, store.transaction() as change:
        observations.observe(change, "host:srv-a", "facts", "ssh", {"os": "linux"})
    with Store(declared / "data", "jan", NOW) as store, store.transaction() as change:
        observations.failed(change, "host:srv-a", "facts", "ssh", "unreachable", "no route")
    document = ict("inventory", "show", "srv-a", "-o", "json").json()
    assert document["data"][0]["needed_by"] == ["srv-b"]
    (observed,) = document["observations"]
    assert (observed["age"], observed["failure"], observed["payload"]) == (
        "26h",
        "no route",
        {"os": "linux"},
    )


def test_show_names_the_nearest_host(ict: Ict, declared: Path) -> None:
    answer = ict("inventory", "show", "srv-aa")
    assert answer.exit == 5
    assert "did you mean srv-a?" in answer.err


def test_looking_makes_no_store(ict: Ict, declared: Path) -> None:
    ict("inventory", "show", "srv-a")
    ict("journal", "verify")
    assert not (declared / "data" / "ict.db").exists()


def test_validate_counts_what_it_read(ict: Ict, declared: Path) -> None:
    answer = ict("inventory", "validate", tty=True)
    assert answer.exit == 0
    assert answer.err == "Valid: 3 hosts, 0 services.\n"


def test_the_schema_knows_the_sections(ict: Ict) -> None:
    schema = json.loads(ict("inventory", "schema").out)
    assert {"hosts", "organisation", "policies", "exceptions"} <= schema["properties"].keys()
