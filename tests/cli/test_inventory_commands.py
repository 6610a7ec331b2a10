"""`ict inventory`: hosts as declared, and what was seen of them."""

import json
from collections.abc import Mapping
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


def collected(
    folder: Path, days: float, *, failed: str = "", parts: Mapping[str, object] | None = None
) -> None:
    """A collection of srv-a over SSH so many days ago: it gave `parts`, or it failed."""
    with Store(folder / "data", "jan", NOW - timedelta(days=days)) as store, store.transaction() as change:
        for part, payload in (parts or {}).items():
            observations.observe(change, "host:srv-a", f"host.{part}", "ssh", payload)
        if failed:
            observations.failed(change, "host:srv-a", failed, "ssh", "unreachable", "no route")


def shown(ict: Ict) -> list[tuple[str, str, str]]:
    document = ict("inventory", "show", "srv-a", "-o", "json").json()
    return [(each["kind"], each["age"], each["failure"]) for each in document["observations"]]


def test_show_tells_at_each_part_that_the_host_answers_no_more(ict: Ict, declared: Path) -> None:
    collected(declared, 3, parts={"identity": {"os": "linux"}, "state": {}})
    collected(declared, 1, failed="host.*")
    assert shown(ict) == [("host.identity", "3d", "no route"), ("host.state", "3d", "no route")]
    collected(declared, 0, parts={"identity": {"os": "linux"}})
    assert shown(ict) == [("host.identity", "0s", ""), ("host.state", "3d", "no route")]


def test_show_has_a_line_for_a_host_that_never_answered(ict: Ict, declared: Path) -> None:
    collected(declared, 1, failed="host.*")
    assert shown(ict) == [("host.*", "never", "no route")]
    assert "no route" in ict("inventory", "show", "srv-a", tty=True).out


def test_show_has_a_line_for_a_part_that_could_never_be_read(ict: Ict, declared: Path) -> None:
    collected(declared, 2, failed="host.listeners")
    collected(declared, 1, failed="host.software", parts={"state": {}})
    assert shown(ict) == [("host.state", "24h", ""), ("host.software", "never", "no route")]


FACTS = {
    "identity": {"hostname": "srv-a", "os": "Debian"},
    "interfaces": [{"name": "e", "addresses": ["192.0.2.2/24"]}],
}


def drift(ict: Ict) -> dict[str, dict[str, str]]:
    findings = ict("inventory", "drift", "srv-a", "-o", "json").json()["findings"]
    return {each["key"]: each for each in findings}


def test_drift_stands_as_long_as_the_facts_that_it_rests_on(ict: Ict, declared: Path) -> None:
    (declared / "inventory.yaml").write_text(HOSTS.replace("127.0.0.2", "192.0.2.2"))
    collected(declared, 5, parts=FACTS)
    agrees = drift(ict)[""]
    assert (agrees["verdict"], agrees["summary"]) == ("ok", "srv-a is as declared: address")
    assert (agrees["observed_at"], agrees["valid_until"]) == ("2026-11-21T17:05:00Z", "2026-11-29T17:05:00Z")
    (declared / "inventory.yaml").write_text(HOSTS.replace("127.0.0.2", "192.0.2.9"))
    moved = drift(ict)["address"]
    assert (moved["verdict"], moved["observed_at"], moved["valid_until"], moved["first_seen"]) == (
        "warn", "2026-11-21T17:05:00Z", "2026-11-29T17:05:00Z", "2026-11-26T17:05:00Z",
    )  # fmt: skip


def test_drift_of_facts_that_are_too_old_is_one_unknown(ict: Ict, declared: Path) -> None:
    collected(declared, 40, parts=FACTS)
    answer = ict("inventory", "drift", "srv-a", "-o", "json")
    assert answer.exit == 3
    (finding,) = answer.json()["findings"]
    assert (finding["key"], finding["verdict"]) == ("collection", "unknown")
    assert finding["summary"] == "srv-a was last collected 40d ago"
    assert [row["fact"] for row in answer.json()["data"]] == ["collection"]


def test_drift_says_that_the_host_answers_no_more(ict: Ict, declared: Path) -> None:
    collected(declared, 3, parts=FACTS)
    collected(declared, 1, failed="host.*")
    assert (
        drift(ict)["collection"]["summary"] == "srv-a answered last 3d ago; the last try: no route (24h ago)"
    )


def test_drift_tells_who_a_scan_saw_and_no_list_has(ict: Ict, declared: Path) -> None:
    collected(declared, 1, parts=FACTS)
    payload = {"icmp": True, "ports": {"22": "SSH-2.0-x"}, "services": {}, "name": None, "mac": None}
    with Store(declared / "data", "jan", NOW - timedelta(days=2)) as store, store.transaction() as change:
        for address in ("127.0.0.3", "192.0.2.2", "192.0.2.66"):  # declared, told, neither
            observations.observe(change, f"address:{address}", "scan.address", "scan", payload)
    findings = ict("inventory", "drift", "-o", "json").json()["findings"]
    (stranger,) = [each for each in findings if each["key"] == "listed"]
    assert (stranger["subject"], stranger["verdict"]) == ("address:192.0.2.66", "warn")
    assert stranger["summary"] == "192.0.2.66 is in no list, seen 2d ago: port 22"
    assert stranger["observed_at"] == "2026-11-24T17:05:00Z"


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
