"""`ict licenses report`: the same in tables and on the page, in the language of who reads it."""

import re
import shutil
import subprocess
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.test_json_keys import require_pinned_keys
from running import NOW, Ict
from schoten_ict.commands.init import make_workspace
from schoten_ict.core.facts import Person
from schoten_ict.licenses.model import Sku
from schoten_ict.licenses.records import subscriptions
from schoten_ict.store import Store, observations, people

INVENTORY = """\
organisation: {name: Proefgem}
credentials: {linux: {kind: ssh, user: x, key: "file:k"}}
groups: [{name: linux, connect: {ssh: {credential: linux}}}]
hosts:
  - {name: pc-1, address: 127.0.0.2, groups: [linux]}
  - {name: pc-2, address: 127.0.0.3, groups: [linux]}
  - {name: pc-9, address: 127.0.0.4, groups: [linux]}
licenses:
  products:
    kassa: {name: Kassa Pro, publisher: K, family: kassa, metric: device, names: ["kassa pro.*"], rules: [{title: "Kassa Pro (?P<version>[0-9]+)"}]}
    teken: {name: Tekenpakket, publisher: T, family: teken, metric: user, rules: [{title: Teken}]}
    deel: {name: Deelprogramma, publisher: D, family: deel, metric: free, forbidden: deelt alles, rules: [{title: Deel}]}
exceptions:
  - {check: licenses.position, subject: "product:kassa", reason: wacht op gunning, until: 2027-01-31}
"""
UNSAFE = "#eval(1) *Vet* _x_ @ref \\ `y` <l> $z$"


@pytest.fixture
def office(ict: Ict) -> Ict:
    """Two machines that told their software and one that never did, a leaver's licence, a subscription."""
    list(make_workspace(ict.folder))
    (ict.folder / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    ict(
        "licenses",
        "add",
        "kassa",
        1,
        "--set",
        "cost=250",
        "--set",
        "expires=2027-02-28",
        "--set",
        "notice=3m",
    )
    ict("licenses", "add", "teken", 1, "--set", "cost=100")
    with Store(ict.folder / "data", "jan", NOW) as store, store.transaction() as change:
        told(change, "pc-1", "Kassa Pro 3", "Deel", "qBittorrent 4.6")
        told(change, "pc-2", "Kassa Pro 4", UNSAFE, "\x1b[2JStil")
        people.put(change, Person("7", "Wim Weg", leaves=date(2026, 11, 1)))
        subscriptions.keep(
            change,
            Sku("t", "a", "KASSA_365", date(2026, 11, 20), enabled=10, warning=3, suspended=2, consumed=8),
        )
    ict("licenses", "assign", "LIC-0002", "--person", "7")
    return ict


def told(change: Any, host: str, *titles: str) -> None:
    payload = [{"name": title, "version": None, "publisher": None} for title in titles]
    observations.observe(change, f"host:{host}", "host.software", "ssh", payload)


def figures(document: dict[str, Any]) -> dict[str, Any]:
    return {each["figure"]: each["value"] for each in document["summary"]}


def text_of(pdf: Path) -> str:
    """What a page says, without the line breaks in it."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    done = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode("utf-8").split())


def test_the_tables_say_what_stands_lacks_costs_and_is_accepted(office: Ict) -> None:
    answer = office("licenses", "report", "-o", "json")
    assert answer.exit == 0
    document = answer.json()
    require_pinned_keys(document)
    kassa = next(each for each in document["data"] if each["product"] == "kassa")
    assert (kassa["standing"], kassa["to_buy"], kassa["cost"], kassa["accepted_until"]) == (
        "short", 1, 250.0, "2027-01-31",
    )  # fmt: skip
    said = figures(document)
    assert (said["cost excl. VAT"], said["cost incl. VAT"]) == (250.0, 302.5)
    assert (said["idle"], said["worth of what is idle"]) == (1, 100.0)
    assert (said["machines not looked at"], said["next notice by"]) == (1, "2026-11-30")
    assert (said["subscriptions told on"], said["rights without a proof on file"]) == ("2026-11-20", 2)
    [accepted] = document["accepted"]
    assert (accepted["about"], accepted["what"], accepted["count"]) == ("Kassa Pro", "short", 1)
    assert {each["name"]: each["machines"] for each in document["forbidden"]} == {
        "Deelprogramma": ["pc-1"], "qBittorrent": ["pc-1"],
    }  # fmt: skip
    [subscription] = document["subscriptions"]
    assert (subscription["free"], subscription["in_grace"], subscription["suspended"]) == (2, 3, 2)


def test_the_page_says_in_dutch_what_the_tables_say(office: Ict) -> None:
    assert office("licenses", "report", "--pdf", "verslag.pdf", "--lang", "nl").exit == 0
    text = text_of(office.folder / "verslag.pdf")
    for phrase in (
        "Licentieverslag", "1 product, € 250,00 excl. btw, € 302,50 incl. 21 % btw", "aanvaard t/m 31/01/2027",
        "wacht op gunning", "2 programma’s op 1 toestel", "deelt alles",
        "staat op de algemene lijst van ongewenste software", "In respijt", "eerstvolgende opzegdatum 30/11/2026",
        "pc-9 nooit", "oudste opgave van 20/11/2026", "niet in het dossier",
    ):  # fmt: skip
        assert phrase in text


def test_no_sentence_of_a_finding_stands_on_the_dutch_page(office: Ict) -> None:
    findings = office("licenses", "audit", "-o", "json").json()["findings"]
    office("licenses", "report", "--pdf", "verslag.pdf", "--lang", "nl")
    text = text_of(office.folder / "verslag.pdf")
    assert len(findings) > 5
    assert [each["summary"] for each in findings if each["summary"] in text] == []
    english = r"\b(?:owned|required|machines?|must|cannot|because|was never|expires|peer-to-peer|the)\b"
    assert re.findall(english, text) == []


def test_who_left_is_counted_and_not_named(office: Ict) -> None:
    office("licenses", "report", "--pdf", "verslag.pdf")
    assert "Weg" not in text_of(office.folder / "verslag.pdf")


def test_the_page_can_be_had_in_english(office: Ict) -> None:
    office("licenses", "report", "--pdf", "report.pdf", "--lang", "en")
    text = text_of(office.folder / "report.pdf")
    assert "Report on licences" in text
    assert "next notice by 30 November 2026" in text
    assert office("licenses", "report", "--pdf", "report.pdf", "--lang", "fr").exit == 2


def test_titles_with_markup_and_control_characters_are_text(office: Ict) -> None:
    office("licenses", "report", "--pdf", "verslag.pdf")
    text = text_of(office.folder / "verslag.pdf")
    assert UNSAFE in text
    assert "\ufffd[2JStil" in text


def test_what_is_planned_is_counted_and_said(office: Ict) -> None:
    words = ("licenses", "report", "--planned", "5 devices Kassa Pro")
    document = office(*words, "-o", "json", "--pdf", "verslag.pdf").json()
    assert next(each for each in document["data"] if each["product"] == "kassa")["to_buy"] == 6
    assert "5 devices Kassa Pro" in text_of(office.folder / "verslag.pdf")
    assert office("licenses", "report", "--planned", "5 Kasa Pro").exit == 5


def test_how_far_ahead_endings_are_told_can_be_asked(office: Ict) -> None:
    office("licenses", "add", "teken", 1, "--set", "expires=2027-10-31")
    near, far = (
        office("licenses", "report", *words, "-o", "json").json()["expiring"]
        for words in ((), ("--within", "12m"))
    )
    assert [each["number"] for each in near] == ["LIC-0001"]
    assert [each["number"] for each in far] == ["LIC-0001", "LIC-0003"]
    assert office("licenses", "report", "--within", "soon").exit == 2


def test_a_report_keeps_no_position_and_no_finding(office: Ict) -> None:
    office("licenses", "report")
    assert office("licenses", "trend").table() == []


def test_a_file_that_cannot_be_written_is_refused_and_nothing_lies_there(office: Ict) -> None:
    assert office("licenses", "report", "--pdf", "nergens/verslag.pdf").exit == 5
    (office.folder / "map").mkdir()
    assert office("licenses", "report", "--pdf", "map").exit == 6
    assert list((office.folder / "map").iterdir()) == []


def test_a_workspace_that_knows_nothing_says_so(ict: Ict, workspace: Path) -> None:
    answer = ict("licenses", "report", "--pdf", "leeg.pdf", "-o", "json")
    assert (answer.exit, answer.json()["data"]) == (0, [])
    text = text_of(workspace / "leeg.pdf")
    assert "niet te bepalen: van geen enkel toestel is de software bekend" in text
    assert "Er is geen betaalde software bekend." in text


def test_the_oldest_list_is_told_with_its_machine(office: Ict) -> None:
    with (
        Store(office.folder / "data", "jan", NOW + timedelta(days=3)) as store,
        store.transaction() as change,
    ):
        told(change, "pc-1", "Kassa Pro 3")
    office("licenses", "report", "--pdf", "verslag.pdf", now=NOW + timedelta(days=3))
    day = NOW.astimezone(UTC).date()
    assert f"de oudste is van {day:%d/%m/%Y} (pc-2)" in text_of(office.folder / "verslag.pdf")
