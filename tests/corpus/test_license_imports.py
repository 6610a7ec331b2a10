"""Public lists of licences, software, subscriptions and invoices: every row is accounted for."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schoten_ict.formats.dates import DateOrder
from schoten_ict.formats.tables import read_table
from schoten_ict.licenses.ask import entitlement_lists, invoices, software_lists, subscriptions
from schoten_ict.licenses.ask.entitlement_lists import Options

Corpus = Callable[[str], Path]
DAY = date(2026, 11, 28)


def test_snipe_its_sample_gives_one_proposal_per_row(corpus: Corpus) -> None:
    content = corpus("assets/snipe-it/licenses-sample.csv").read_bytes()
    table = read_table(content, "licenses-sample.csv")
    options = Options("snipe-it", ("cost=",), DateOrder.MDY)
    listed = entitlement_lists.read(table, options)
    assert [each.row for each in listed.proposals] == [line for line, _ in table.rows]
    assert len(listed.proposals) == 50
    assert [each.refused for each in listed.proposals if each.refused] == []
    assert len({each.source for each in listed.proposals}) == 50
    first = listed.proposals[0]
    assert first.name == "Acetaminophen, Chlorpheniramine maleate, Phenylephrine HCl"
    assert (first.values["quantity"], first.values["expires"]) == (56, date(2016, 2, 26))
    assert (first.values["supplier"], first.values["order_number"]) == ("Treutel Inc", "749317252-8")
    assert "4c2713a1-5b73-4ecb-b2e9-62bf0ff57165" not in repr(listed)


def test_subscribed_skus_keep_their_units_apart(corpus: Corpus) -> None:
    content = corpus("assets/m365/subscribedSkus-response.json").read_bytes()
    assert subscriptions.is_graph(content)
    found = subscriptions.graph(content, "skus.json", DAY)
    told = {
        each.name: (each.sku.enabled, each.sku.suspended, each.sku.consumed, each.sku.status)
        for each in found
        if each.sku is not None
    }
    assert told == {
        "ENTERPRISEPREMIUM": (25, 0, 14, "Enabled"),
        "CRMSTANDARD": (0, 25, 14, "Suspended"),
    }


@pytest.mark.parametrize(
    ("name", "host", "titles", "day"),
    [
        ("computer_1.json", "glpixps", 6, date(2020, 6, 12)),
        ("computer_1_partial_softs.json", "glpixps", 6, None),
        ("xml/1.xml", "LF014", 42, date(2017, 6, 9)),
        ("xml/2.xml", "pc-arg-23", 8, date(2017, 5, 15)),
    ],
)
def test_an_agents_file_gives_every_title(
    corpus: Corpus, name: str, host: str, titles: int, day: date | None
) -> None:
    content = corpus(f"assets/glpi-inventory/{name}").read_bytes()
    found = software_lists.glpi(content, name, ZoneInfo("Europe/Brussels"))
    assert list(found.by_host) == [host]
    assert (len(found.by_host[host]), list(found.wrong), found.rows) == (titles, [], titles)
    assert (found.at.date() if found.at else None) == day


@pytest.mark.parametrize(
    ("name", "lines", "proposed"),
    [("base-example.xml", 2, 0), ("Vat-category-S.xml", 3, 3), ("base-creditnote-correction.xml", 2, 0)],
)
def test_every_line_of_an_invoice_is_proposed_or_refused(
    corpus: Corpus, name: str, lines: int, proposed: int
) -> None:
    found = invoices.read(corpus(f"assets/peppol/{name}").read_bytes(), name)
    made = list(invoices.proposals(found))
    assert (len(made), sum(not each.refused for each in made)) == (lines, proposed)
    assert found.supplier
