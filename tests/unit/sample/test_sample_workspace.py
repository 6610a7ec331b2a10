"""The sample workspace at the root of the repository holds together, whoever reads it."""

import csv
import importlib.util
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from graphlib import TopologicalSorter
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample"
PROCEDURES = sorted((ROOT / "procedures").glob("*.md"))
LOOPBACK = IPv4Network("127.0.0.0/8")
LEFT_BEFORE = date(2026, 11, 1)
STATUSES = "in gebruik|op voorraad|in herstelling|verloren|gestolen|buiten gebruik|afgevoerd|besteld"
SECRET = re.compile(r"(env|file|keyring|command|systemd):.+")
DURATION = re.compile(r"[0-9]+(min|h|d|w|m|y)")
HOURS = {"h": 1, "d": 24, "m": 730, "y": 8766}
FRONT_MATTER = (
    "id titel soort eigenaar vervanger systemen risico goedgekeurd_door goedgekeurd_op herzien_op herzien_elke"
    " cyfun versie"
)
COMMANDS = re.compile(r"ict (who|assets (assign|accept|return|wiped|lost|stolen|show|holder)) .+")

Row = dict[str, str]


@cache
def rows(name: str) -> list[Row]:
    text = (SAMPLE / name).read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True))


@cache
def inventory() -> dict[str, Any]:
    """inventory.yaml with the lists of inventory.d/ behind its own."""
    merged: dict[str, Any] = yaml.safe_load((ROOT / "inventory.yaml").read_text(encoding="utf-8"))
    for path in sorted((ROOT / "inventory.d").glob("*.yaml")):
        for section, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            merged[section] = merged.get(section, []) + entries
    return merged


def names(section: str) -> set[str]:
    return {entry["name"] for entry in inventory()[section]}


def categories() -> dict[str, dict[str, Any]]:
    return {category["title"]: category for category in inventory()["assets"]["categories"].values()}


def day(text: str) -> date:
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", text)
    dd, mm, yyyy = map(int, text.split("/"))
    return date(yyyy, mm, dd)


def hours(text: str) -> int:
    return int(text[:-1]) * HOURS[text[-1]]


def luhn_holds(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for entry in value.values():
            yield from strings(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from strings(entry)
    elif isinstance(value, str):
        yield value


def test_the_generator_writes_exactly_the_tables_that_are_here() -> None:
    spec = importlib.util.spec_from_file_location("sample_generate", SAMPLE / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        tables = cast("Callable[[], dict[str, bytes]]", module.tables)()
    finally:
        del sys.modules[spec.name]
    assert {name: (SAMPLE / name).read_bytes() for name in tables} == tables


@pytest.mark.parametrize(("name", "columns", "count"), [("people.csv", 11, 200), ("assets.csv", 21, 600)])
def test_tables_are_what_belgian_excel_saves(name: str, columns: int, count: int) -> None:
    data = (SAMPLE / name).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\n") == data.count(b"\r\n") == count + 1
    assert len(rows(name)) == count
    assert all(len(row) == columns and None not in row.values() for row in rows(name))


def test_people_are_told_apart_by_number_address_and_account() -> None:
    people = rows("people.csv")
    for column in ("Personeelsnummer", "E-mail", "Gebruikersnaam"):
        given = [row[column] for row in people if row[column]]
        assert len(set(given)) == len(given), column
    assert all(row["E-mail"].isascii() for row in people)
    assert all(row["E-mail"].endswith("@schoten.example") for row in people if row["E-mail"])
    assert Counter((row["Naam"], row["Voornaam"]) for row in people)["Janssens", "An"] == 2


def test_names_hold_what_real_names_hold() -> None:
    surnames = {row["Naam"] for row in rows("people.csv")}
    assert {"Özdemir", "D'Hondt", "Van den Broeck-Claes", "'t Kint", "da Silva Conceição"} <= surnames
    assert "Łukasz" in {row["Voornaam"] for row in rows("people.csv")}


def test_eight_people_leave_two_of_them_in_2027() -> None:
    people = [row for row in rows("people.csv") if row["Uit dienst"]]
    last_days = [day(row["Uit dienst"]) for row in people]
    assert all(day(row["In dienst"]) < last for row, last in zip(people, last_days, strict=True))
    assert [last < LEFT_BEFORE for last in sorted(last_days)] == [True] * 6 + [False] * 2
    assert sum(last.year == 2027 for last in last_days) == 2


def test_people_work_in_departments_and_sites_of_the_inventory() -> None:
    titles = {site["title"] for site in inventory()["sites"]}
    assert {row["Dienst"] for row in rows("people.csv")} == set(inventory()["assets"]["departments"])
    assert {row["Locatie"] for row in rows("people.csv")} <= titles
    assert all(day(row["In dienst"]) for row in rows("people.csv"))


def test_no_table_holds_a_national_register_number_or_a_number_that_could_ring() -> None:
    for name in ("people.csv", "assets.csv"):
        text = (SAMPLE / name).read_text(encoding="utf-8-sig")
        assert not re.search(r"\b\d\d\.?\d\d\.?\d\d-?\d{3}\.?\d\d\b", text)
    phones = [row["Telefoon"] for row in rows("people.csv")] + [
        row["Telefoonnummer"] for row in rows("assets.csv")
    ]
    phones += [member["phone"] for member in inventory()["team"]]
    assert all(re.fullmatch(r"(03 000 \d\d \d\d|0400 00 \d\d \d\d)?", phone) for phone in phones)


def test_the_team_are_colleagues() -> None:
    people = {row["Personeelsnummer"]: row for row in rows("people.csv")}
    assert len(inventory()["team"]) == 5
    for member in inventory()["team"]:
        person = people[member["key"]]
        assert member["name"] == f"{person['Voornaam']} {person['Naam']}"
        assert (member["email"], member["phone"]) == (person["E-mail"], person["Telefoon"])
        assert person["Dienst"] == "ICT"
        assert not person["Uit dienst"]


def test_tags_count_up_within_each_category() -> None:
    counted: Counter[str] = Counter()
    for row in rows("assets.csv"):
        counted[row["Categorie"]] += 1
        assert row["Inventarisnummer"] == categories()[row["Categorie"]]["tag"].format(
            counted[row["Categorie"]]
        )
    assert set(counted) == set(categories())
    assert len({row["Inventarisnummer"] for row in rows("assets.csv")}) == 600


def test_serial_numbers_differ() -> None:
    serials = [row["Serienummer"] for row in rows("assets.csv") if row["Serienummer"]]
    assert len(set(serials)) == len(serials)


def test_amounts_and_days_are_written_the_belgian_way() -> None:
    for row in rows("assets.csv"):
        assert re.fullmatch(r"[1-9]\d{0,2}(\.\d{3})*,\d\d", row["Aankoopprijs"])
        bought = day(row["Aankoopdatum"])
        assert 2018 <= bought.year <= 2026
        if row["Garantie tot"]:
            until = day(row["Garantie tot"])
            assert until.year - bought.year in (3, 4, 5)
            assert (until.month, until.day) == (bought.month, bought.day)
        assert not row["Einde levensduur"] or day(row["Einde levensduur"]) > bought
        assert bool(row["Garantie tot"]) == (row["Status"] != "besteld")
    assert any("." in row["Aankoopprijs"] for row in rows("assets.csv"))


def test_the_end_of_life_follows_from_the_lifetime_of_the_category() -> None:
    for row in rows("assets.csv"):
        lifetime = categories()[row["Categorie"]].get("lifetime", "")
        assert bool(row["Einde levensduur"]) == bool(lifetime and row["Status"] != "besteld")
        if row["Einde levensduur"]:
            assert day(row["Einde levensduur"]).year - day(row["Aankoopdatum"]).year == int(
                lifetime.rstrip("y")
            )


def test_numbers_of_phones_and_network_cards_are_well_formed_and_nobodys() -> None:
    assets = rows("assets.csv")
    imeis = [row["IMEI"] for row in assets if row["IMEI"]]
    sims = [row["SIM-nummer"] for row in assets if row["SIM-nummer"]]
    macs = [row["MAC-adres"] for row in assets if row["MAC-adres"]]
    assert all(re.fullmatch(r"001010\d{9}", imei) and luhn_holds(imei) for imei in imeis)
    assert all(re.fullmatch(r"893299\d{13}", sim) and luhn_holds(sim) for sim in sims)
    assert all(re.fullmatch(r"[0-9A-F][26AE](-[0-9A-F]{2}){5}", mac) for mac in macs)
    for values in (imeis, sims, macs):
        assert len(set(values)) == len(values) > 40


def test_what_is_in_use_has_a_holder_that_exists_and_nothing_else_has_one() -> None:
    rooms = {f"lokaal: {room}" for site in inventory()["sites"] for room in site["rooms"]}
    departments = {f"dienst: {name}" for name in inventory()["assets"]["departments"]}
    people = {row["Personeelsnummer"] for row in rows("people.csv")}
    for row in rows("assets.csv"):
        assert bool(row["Houder"]) == (row["Status"] == "in gebruik"), row["Inventarisnummer"]
        assert not row["Houder"] or row["Houder"] in rooms | departments | people
    held = {row["Houder"] for row in rows("assets.csv")}
    assert all(held & kind for kind in (rooms, departments, people))


def test_equipment_stands_in_rooms_of_its_site() -> None:
    rooms = {site["title"]: {"", *site["rooms"]} for site in inventory()["sites"]} | {"": {""}}
    assert all(row["Lokaal"] in rooms[row["Locatie"]] for row in rows("assets.csv"))


def test_every_status_occurs_and_no_other() -> None:
    assert {row["Status"] for row in rows("assets.csv")} == set(STATUSES.split("|"))


def test_three_people_who_left_still_hold_something() -> None:
    left = {
        row["Personeelsnummer"]
        for row in rows("people.csv")
        if row["Uit dienst"] and day(row["Uit dienst"]) < LEFT_BEFORE
    }
    assert len(left & {row["Houder"] for row in rows("assets.csv")}) == 3


def test_the_blemishes_of_a_real_list_are_there_and_are_few() -> None:
    assets = rows("assets.csv")
    assert sum(row["Serienummer"] == "To be filled by O.E.M." for row in assets) == 1
    assert sum(not row["Serienummer"] and row["Status"] != "besteld" for row in assets) == 1
    assert sorted(row["Opmerkingen"][0] for row in assets if row["Opmerkingen"][:1] in set("=-+@")) == [
        "-",
        "=",
    ]


def test_hosts_that_are_hardware_are_assets_at_the_same_site() -> None:
    titles = {site["name"]: site["title"] for site in inventory()["sites"]}
    sites = {host["name"]: titles[host["site"]] for host in inventory()["hosts"]}
    stand = {
        row["Opmerkingen"][5:]: row["Locatie"]
        for row in rows("assets.csv")
        if row["Opmerkingen"][:5] == "Host "
    }
    assert len(stand) == 22
    assert all(sites[host] == site for host, site in stand.items())


def test_no_address_leaves_the_machine() -> None:
    hosts, subnets = inventory()["hosts"], inventory()["subnets"]
    networks = {subnet["name"]: (IPv4Network(subnet["cidr"]), subnet["site"]) for subnet in subnets}
    assert all(network.subnet_of(LOOPBACK) for network, _ in networks.values())
    for host in hosts:
        address = IPv4Address(host["address"])
        assert [site for network, site in networks.values() if address in network] == [host["site"]], host[
            "name"
        ]
    assert len({host["address"] for host in hosts}) == len(hosts)
    files = [ROOT / "inventory.yaml", *(ROOT / "inventory.d").glob("*.yaml")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    assert all(IPv4Address(found) in LOOPBACK for found in re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text))


@pytest.mark.parametrize("section", ["sites", "team", "groups", "hosts", "subnets", "services"])
def test_names_are_given_once(section: str) -> None:
    given = [entry["name"] for entry in inventory()[section]]
    assert len(set(given)) == len(given)


def test_hosts_refer_to_what_is_declared() -> None:
    for host in inventory()["hosts"]:
        assert {host["site"]} <= names("sites")
        assert {host["owner"]} <= names("team")
        assert set(host.get("groups", [])) <= names("groups")
        assert set(host.get("services", [])) <= names("services")
        assert set(host.get("depends_on", [])) <= names("hosts")
        ways = [host.get("connect", {})]
        ways += [
            group["connect"] for group in inventory()["groups"] if group["name"] in host.get("groups", [])
        ]
        used = {connection["credential"] for way in ways for connection in way.values()}
        assert used
        assert used <= set(inventory()["credentials"])
    assert 28 <= len(inventory()["hosts"]) <= 35


@pytest.mark.parametrize("section", ["hosts", "services"])
def test_nothing_depends_on_itself(section: str) -> None:
    graph = {entry["name"]: entry.get("depends_on", []) for entry in inventory()[section]}
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)


def test_no_service_must_be_back_before_what_it_depends_on() -> None:
    rto = {service["name"]: hours(service["rto"]) for service in inventory()["services"]}
    for service in inventory()["services"]:
        assert all(rto[needed] <= rto[service["name"]] for needed in service.get("depends_on", []))
        assert DURATION.fullmatch(service["rpo"])


def test_every_secret_is_a_reference() -> None:
    found = []
    for credential in inventory()["credentials"].values():
        parts = [credential, credential.get("auth", {}), credential.get("priv", {})]
        found += [part[key] for part in parts for key in ("password", "community", "key") if key in part]
    assert len(found) == 5
    assert all(SECRET.fullmatch(secret) for secret in found)


def test_categories_name_policies_that_exist_and_exceptions_end_in_2027() -> None:
    policies = {policy["id"] for policy in inventory()["policies"]}
    assert {category.get("policy") for category in categories().values()} == policies | {None}
    assert {rule["until"].year for rule in inventory()["exceptions"]} == {2027}
    assert all(
        DURATION.fullmatch(text) for limits in inventory()["thresholds"].values() for text in strings(limits)
    )


@pytest.mark.parametrize("policy", inventory()["policies"], ids=lambda policy: policy["id"])
def test_policy_texts_carry_their_title_and_version(policy: dict[str, Any]) -> None:
    for version in policy["versions"]:
        text = (ROOT / version["file"]).read_text(encoding="utf-8")
        assert text.startswith(f"# {policy['title']}\n")
        assert f"Versie {version['version']}, " in text
        assert 200 < len(text.split()) < 500, "one page"


@pytest.mark.parametrize("path", PROCEDURES, ids=lambda path: path.stem)
def test_procedures_say_whose_they_are_and_when_they_are_reviewed(path: Path) -> None:
    _, head, _ = path.read_text(encoding="utf-8").split("---\n", 2)
    front = yaml.safe_load(head)
    assert list(front) == FRONT_MATTER.split()
    assert front["id"] == path.stem
    assert front["soort"] in {"beheersprocedure", "werkinstructie", "handleiding"}
    assert {front["eigenaar"], front["vervanger"]} <= names("team")
    assert front["eigenaar"] != front["vervanger"]
    assert front["goedgekeurd_op"] <= front["herzien_op"]
    assert int(front["herzien_elke"].removesuffix("m")) <= 24
    assert all(re.fullmatch(r"[A-Z]{2}\.[A-Z]{2}-\d\d\.\d", control) for control in front["cyfun"])


@pytest.mark.parametrize("path", PROCEDURES, ids=lambda path: path.stem)
def test_steps_are_numbered_typed_and_run_only_commands_with_declared_blanks(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    steps = re.findall(r"^## (\d+)\. .+ \((manueel|controle|opdracht|goedkeuring)\)$", text, re.MULTILINE)
    assert [int(number) for number, _ in steps] == list(
        range(1, len(re.findall(r"^## \d", text, re.MULTILINE)) + 1)
    )
    assert len({kind for _, kind in steps}) == 4
    blanks = set(re.findall(r"^\| `(\{\w+\})` \|", text, re.MULTILINE))
    for kind, body in re.findall(
        r"^## \d+\. [^\n]+ \((\w+)\)\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL
    ):
        commands = re.findall(r"^```opdracht\n(.*?)\n```$", body, re.MULTILINE | re.DOTALL)
        assert bool(commands) == (kind in {"controle", "opdracht"}), body
        assert all(COMMANDS.fullmatch(command) for command in commands)
        fenced = "".join(re.findall(r"^```.*?^```$", body, re.MULTILINE | re.DOTALL))
        assert set(re.findall(r"\{\w+\}", fenced)) <= blanks


def test_there_are_three_procedures() -> None:
    assert [path.stem for path in PROCEDURES] == [
        "toestel-innemen",
        "toestel-uitreiken",
        "verlies-of-diefstal",
    ]


def test_examples_in_procedures_are_rows_of_the_tables() -> None:
    tags = {row["Inventarisnummer"] for row in rows("assets.csv")}
    numbers = {row["Personeelsnummer"] for row in rows("people.csv")}
    for path in PROCEDURES:
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"\b[A-Z]{2}-\d{4}\b", text)) <= tags
        assert set(re.findall(r"\| (1\d{3}) \|", text)) <= numbers
