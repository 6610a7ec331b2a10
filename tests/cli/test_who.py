"""`ict who`: one word finds the thing, what belongs to it and what happened, from every room."""

from pathlib import Path

import pytest

from running import Ict

INVENTORY = """
organisation: {name: Voorbeeld}
sites: [{name: gemeentehuis, title: Gemeentehuis, rooms: [GH-1.01]}]
subnets: [{name: servers, cidr: 127.10.10.0/24, site: gemeentehuis, vlan: 10}]
services: [{name: bestanden, title: Gedeelde mappen, rto: 8h}]
hosts:
  - {name: srv-a, address: 127.10.10.21, kind: server, services: [bestanden], depends_on: [hv-01]}
  - {name: srv-b, address: 127.10.10.22, kind: server, depends_on: [srv-a]}
  - {name: hv-01, address: 127.10.11.5, kind: hypervisor, notes: kast drie}
assets:
  categories: {laptop: {title: Laptop, tag: "LT-{:04}"}}
  departments: [Burgerzaken]
"""
ASSETS = (
    "Tag;Categorie;Merk;Serienummer;MAC;Telefoonnummer;IMEI;Houder\n"
    "LT-0001;Laptop;Dell;5CG100A;3E-95-A9-CA-0E-56;0470 00 00 22;001010505710671;1042\n"
    "LT-0002;Laptop;Lenovo;5CG 200A;;;;lokaal: GH-1.01\n"
    "LT-0003;Laptop;Lenovo;5CG300A;;;;dienst: Burgerzaken\n"
)


@pytest.fixture
def team(ict: Ict) -> Ict:
    (ict.folder / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (ict.folder / "assets.csv").write_text(ASSETS, encoding="utf-8")
    words = ("--username", "peeterel", "--email", "els@schoten.example", "--phone", "03 000 10 42")
    assert ict("people", "add", "1042", "Els Peeters", *words, "--department", "Burgerzaken").exit == 0
    assert ict("assets", "import", "assets.csv", "--yes").exit == 0
    return ict


def found(ict: Ict, word: str) -> list[tuple[str, str]]:
    answer = ict("who", word)
    assert answer.exit == 0, answer.err
    return [(row["kind"], row["key"]) for row in answer.table() if row["kind"] != "journal"]


@pytest.mark.parametrize(
    "word",
    ["1042", "peeterel", "SCHOTEN\\peeterel", "Els@Schoten.example", "els peeters", "03/000.10.42", "+32 3 000 10 42"],
)  # fmt: skip
def test_a_person_by_any_of_their_names(team: Ict, word: str) -> None:
    assert found(team, word) == [("person", "1042"), ("holds", "LT-0001")]


@pytest.mark.parametrize(
    "word", ["lt-0001", "5cg100a", "3e:95:a9:ca:0e:56", "3E95A9CA0E56", "001010505710671", "0470000022", "+32470000022"]
)  # fmt: skip
def test_a_thing_by_any_of_its_numbers(team: Ict, word: str) -> None:
    assert found(team, word) == [("asset", "LT-0001"), ("holder", "person:1042")]


def test_a_serial_counts_without_case_and_spaces(team: Ict) -> None:
    assert found(team, "5cg200a")[0] == ("asset", "LT-0002")


@pytest.mark.parametrize("word", ["srv-a", "127.10.10.21"])
def test_a_host_with_what_it_serves_and_who_needs_it(team: Ict, word: str) -> None:
    assert found(team, word) == [
        ("host", "srv-a"), ("service", "bestanden"), ("depends-on", "hv-01"), ("needed-by", "srv-b"),
        ("subnet", "servers"),
    ]  # fmt: skip


def test_an_address_without_a_host_is_told_its_subnet(team: Ict) -> None:
    assert found(team, "127.10.10.99") == [("subnet", "servers"), ("host", "srv-a"), ("host", "srv-b")]


def test_places_tell_what_they_hold(team: Ict) -> None:
    assert found(team, "gh-1.01") == [("room", "GH-1.01"), ("holds", "LT-0002")]
    assert found(team, "burgerzaken") == [("member", "1042"), ("holds", "LT-0003")]
    assert found(team, "room:GH-1.01") == [("room", "GH-1.01"), ("holds", "LT-0002")]
    assert found(team, "Gedeelde mappen") == [("service", "bestanden"), ("host", "srv-a")]


def test_a_document_an_open_handover_and_its_finding(team: Ict) -> None:
    assert team("assets", "add", "--category", "laptop").exit == 0
    assert team("assets", "assign", "LT-0004", "--to", "1042").exit == 0
    assert team("assets", "check", now=team.now.replace(year=2027)).exit == 4
    rows = found(team, "GO-2026-0001")
    assert rows[:3] == [("document", "GO-2026-0001"), ("handover", "GO-2026-0001"), ("item", "LT-0004")]
    person = found(team, "1042")
    assert ("handover", "GO-2026-0001") in person
    assert ("finding", "assets.unaccepted") in person


def test_repairs_and_losses_are_told(team: Ict) -> None:
    assert team("assets", "repair", "start", "LT-0002", "--supplier", "Dell").exit == 0
    assert team("assets", "lost", "LT-0001").exit == 0
    assert ("repair", "LT-0002") in found(team, "LT-0002")
    assert ("loss", "LT-0001") in found(team, "LT-0001")


def test_the_journal_comes_last_with_at_most_three_entries(team: Ict) -> None:
    for number in range(5):
        team("people", "edit", "1042", "--set", f"phone=03 000 10 5{number}")
    rows = team("who", "1042", "-o", "json").json()["data"]
    assert [row["source"] for row in rows[-3:]] == ["journal"] * 3
    assert sum(row["source"] == "journal" for row in rows) == 3
    assert set(rows[0]) == {"kind", "key", "what", "at", "source", "about"}


def test_without_an_exact_name_the_words_are_looked_for(team: Ict) -> None:
    assert sorted(found(team, "lenov")) == [
        ("asset", "LT-0002"), ("asset", "LT-0003"), ("holder", "department:Burgerzaken"),
        ("holder", "room:GH-1.01"),
    ]  # fmt: skip
    assert found(team, "kast drie") == [("host", "hv-01")]


def test_nothing_found_names_what_is_near(team: Ict) -> None:
    answer = team("who", "Els Peters")
    assert answer.exit == 5
    assert "did you mean Els Peeters?" in answer.err


@pytest.mark.parametrize(
    "word", ['"', "*", "a:b:c", "%", "'; DROP TABLE asset", "\x1b[31m", "room:", "NEAR(", "\\"]
)
def test_no_text_is_a_query(team: Ict, word: str) -> None:
    assert team("who", word).exit in {0, 5}


@pytest.mark.parametrize("tty", [False, True])
def test_a_broken_inventory_stops_nobody_else(team: Ict, tty: bool) -> None:
    (team.folder / "inventory.yaml").write_text("hosts: [{name: 1}]\n", encoding="utf-8")
    answer = team("who", "1042", tty=tty)
    assert answer.exit == 3
    assert "LT-0001" in answer.out
    assert "inventory.yaml:1" in answer.err
    assert team("who", "nobody at all").exit == 3


def test_an_empty_workspace_knows_nothing(ict: Ict, workspace: Path) -> None:
    assert ict("who", "x").exit == 5
    assert not (workspace / "data" / "ict.db").exists()
