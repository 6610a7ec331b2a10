"""The page of the report on licences: what it tells in either language, and that it holds whatever is told."""

import re
import tomllib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schoten_ict.core.errors import IctError
from schoten_ict.core.protocols import DocumentWriter
from schoten_ict.render import documents
from unit.render.test_documents import ORGANISATION, pages, squeezed, words_off_page

WRITER: DocumentWriter = documents.TypstWriter(system_fonts=False)
MARKUP = '#eval("1") *vet* _x_ $a$ `b` <l> @ref \\ // {count} [c]'


def summary(**changes: Any) -> dict[str, Any]:
    return {
        "standings": {"in_order": 1, "short": 1, "undetermined": 1, "forbidden": 0},
        "forbidden": 1,
        "forbidden_machines": 9,
        "unknown_titles": 30,
        "unknown_machines": 1412,
        "to_buy": 1,
        "unpriced": 0,
        "cost_cents": 1234567,
        "vat": "21%",
        "vat_cents": 259259,
        "idle": 3,
        "idle_unpriced": 1,
        "idle_cents": 50000,
        "first_notice": "2026-11-30",
        "machines": 412,
        "oldest": "2026-10-01",
        "oldest_machine": "pc-0012",
        "subscriptions": "2026-11-20",
        "silent": 27,
        "unproven": 2,
        "collected_since": "2026-10-22",
        "unseen_since": "2026-09-27",
        "ending_by": "2027-02-24",
        **changes,
    }


def product(index: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "name": f"Adobe Acrobat Pro {index:03}",
        "metric": "concurrent",
        "standing": "short",
        "unlimited": False,
        "forbidden": False,
        "owned": 1200,
        "required": 1234,
        "at_most": 1234,
        "covered": 1200,
        "delta": -34,
        "idle": 4,
        "to_buy": 30,
        "cost_cents": 1234567,
        **changes,
    }


UNDETERMINED = product(
    name="Kassa Pro", metric="device", standing="undetermined", owned=None, required=9, at_most=None, delta=None,
    to_buy=None, cost_cents=None, covered=6, unclear=["rights", "limit", "cover"], accepted="2027-01-31",
)  # fmt: skip


def page(count: int = 3, **changes: Any) -> dict[str, Any]:
    return {
        "number": "LV-2026-11-26",
        "date": "2026-11-26",
        "organisation": ORGANISATION,
        "maker": "Karim Claes",
        "planned": ["20 users Adobe Acrobat Pro"],
        "summary": summary(),
        "products": [UNDETERMINED, *(product(index) for index in range(count))],
        "accepted": [
            {"what": "short", "about": "Visio", "count": 3, "reason": "wacht op gunning", "until": "2027-01-31"},
            {"what": "titles", "count": 30, "reason": "traag werk", "until": "2026-12-31"},
            {"what": "right", "about": "LIC-0001", "on": "2027-02-28", "reason": "loopt uit", "until": "2027-02-28"},
        ],
        "forbidden": [
            {"name": "Deelprogramma", "count": 9, "machines": [f"pc-{n:04}" for n in range(8)], "reason": "deelt alles"}
        ],
        "unknown": [{"name": f"Onbekend {n}", "count": 1, "machines": [f"pc-{n}"]} for n in range(25)],
        "subscriptions": [
            {"name": "Microsoft 365 E3", "taken_on": "2026-11-20", "enabled": 500, "consumed": 480, "free": 20,
             "in_grace": 17, "suspended": 31, "locked_out": 0},
        ],
        "endings": [
            {"number": "LIC-0007", "name": "Adobe Acrobat Pro", "what": "right", "quantity": 20, "on": "2027-02-28",
             "notice_by": "2026-11-20", "notice_passed": True, "supplier": "Leverancier bv", "cost_cents": 564000},
            {"number": "LIC-0008", "name": "Kassa Pro", "what": "maintenance", "on": "2027-01-31", "notice_passed": False},
        ],
        "silent": [{"name": "pc-0400", "last": "2026-08-01"}, {"name": "asset:LT-0009"}],
        **changes,
    }  # fmt: skip


EMPTY = page(
    planned=[], products=[], accepted=[], forbidden=[], unknown=[], subscriptions=[], endings=[], silent=[],
    summary=summary(
        standings={"in_order": 0, "short": 0, "undetermined": 0, "forbidden": 0}, forbidden=0, unknown_titles=0,
        to_buy=0, cost_cents=0, vat_cents=0, idle=0, idle_unpriced=0, idle_cents=0, first_notice=None, machines=0,
        oldest=None, oldest_machine=None, subscriptions=None, silent=0, unproven=0,
    ),
)  # fmt: skip


def printed(data: dict[str, Any], language: str = "nl") -> str:
    return squeezed("".join(pages(WRITER.pdf("licenses", data, language))))


def require(text: str, *phrases: str) -> None:
    hyphenless = text.replace("-", "")
    assert [each for each in phrases if squeezed(each).replace("-", "") not in hyphenless] == []


def test_the_dutch_page_says_what_is_owned_lacks_costs_and_ends() -> None:
    require(
        printed(page()),
        "Licentieverslag",
        "3 producten: 1 in orde, 1 te kort, 1 niet te bepalen",
        "1 programma op 9 toestellen",
        "30 titels op 1.412 toestellen",
        "1 product, € 12.345,67 excl. btw, € 14.938,26 incl. 21 % btw",
        "3 licenties, ter waarde van € 500,00 excl. btw aan de laatst bekende prijzen",
        "van 1 licentie is geen prijs bekend, dus niet meegerekend",
        "2 vervaldata; eerstvolgende opzegdatum 30/11/2026",
        "van 412 toestellen; de oudste is van 01/10/2026 (pc-0012)",
        "27 toestellen",
        "aanvaard t/m 31/01/2027",
        "Van de 9 die nodig zijn, zijn er 6 zeker gedekt",
        "wacht op gunning",
        "pc-0007 en nog 1",
        "En nog 5 titels",
        "20/11/2026 voorbij",
        "sinds 27/09/2026 niet meer zijn gezien",
        "voor 2 licentierechten niet in het dossier",
        "Het diensthoofd",
    )


def test_the_english_page_says_the_same() -> None:
    require(
        printed(page(), "en"),
        "3 products: 1 in order, 1 short, 1 cannot be determined",
        "1 product, €12,345.67 excl. VAT, €14,938.26 incl. 21 % VAT",
        "accepted through 31 January 2027",
        "pc-0007 and 1 more",
        "Head of department",
    )


@pytest.mark.parametrize("language", documents.LANGUAGES)
def test_every_kind_of_thing_has_words(language: str) -> None:
    words = tomllib.loads((documents.TEMPLATE_FOLDER / "words.toml").read_text(encoding="utf-8"))
    own = words[language]["licenses"]
    kinds = ("short", "undetermined", "forbidden", "titles", "idle", "right", "maintenance", "collected")
    accepted = [
        {"what": what, "count": 7, "on": "2027-02-28", "reason": "r", "until": "2027-03-01"} for what in kinds
    ]
    metrics = (
        "device", "user", "concurrent", "subscription", "core", "processor", "server", "site", "free",
    )  # fmt: skip
    unclear = ["catalogue", "rights", "limit", "range", "cover"]
    products = [product(metric=metric, unclear=unclear, standing="undetermined") for metric in metrics]
    text = printed(page(products=products, accepted=accepted), language)
    require(text, *(own[f"metric_{metric}"] for metric in metrics))
    require(text, *(re.split(r"\{", own[f"what_{what}"])[0] for what in kinds))
    require(text, *(re.split(r"\{", own[f"unclear_{why}"])[0] for why in unclear))
    assert "{" not in text


def test_what_is_not_known_is_never_printed_as_none_or_in_order() -> None:
    text = printed(EMPTY)
    assert text.count(squeezed("niet te bepalen: van geen enkel toestel is de software bekend")) == 4
    assert text.count("nietingelezen") == 2
    assert "inorde," not in text


def test_what_has_no_price_is_told_beside_the_sum() -> None:
    require(printed(page(summary=summary(to_buy=3, unpriced=2))), "van 2 producten is geen prijs bekend")
    text = printed(page(summary=summary(to_buy=2, unpriced=2, cost_cents=0, vat_cents=0)))
    require(text, "2 producten; van 2 producten is geen prijs bekend")
    assert "€0,00" not in text


def test_nothing_to_buy_does_not_hide_what_cannot_be_determined() -> None:
    require(printed(page(summary=summary(to_buy=0))), "niets dat zeker ontbreekt")
    sure = summary(to_buy=0, standings={"in_order": 3, "short": 0, "undetermined": 0, "forbidden": 0})
    assert "nietsdatzekerontbreekt" not in printed(page(summary=sure))


def test_a_site_right_is_unlimited_and_a_forbidden_product_is_told_beside_its_numbers() -> None:
    site = product(unlimited=True, owned=None, forbidden=True, standing="short", to_buy=1, cost_cents=None)
    require(printed(page(products=[site])), "onbeperkt", "te kort, verboden", "geen prijs")


def test_many_products_flow_on_under_the_same_header() -> None:
    told = pages(WRITER.pdf("licenses", page(120), "nl"))
    assert len(told) >= 4
    for index in range(120):
        assert sum(f"Adobe Acrobat Pro {index:03}" in each for each in told) == 1
    assert all("Telwijze" in each for each in told if re.search(r"Acrobat Pro \d{3}", each))
    assert "Handtekening" in told[-1]


def test_no_heading_and_no_header_of_a_table_is_left_at_the_foot_of_a_page() -> None:
    words = tomllib.loads((documents.TEMPLATE_FOLDER / "words.toml").read_text(encoding="utf-8"))
    own = words["nl"]["licenses"]
    sections = {squeezed(own[name]) for name in (
        "products", "undetermined", "accepted", "forbidden", "unknown", "subscriptions", "silent", "method",
        "not_proven",
    )}  # fmt: skip
    for count in (24, 26, 28, 30, 32, 34, 36, 38, 56):
        for each in pages(WRITER.pdf("licenses", page(count), "nl"), "-layout"):
            last = squeezed([line for line in each.splitlines() if line.strip()][-2])
            assert last not in sections
            assert not last.endswith(("Reden", "Totenmet", "Welke", "Geblokkeerd", "softwarelijst", "btw"))


def test_numbers_end_at_the_same_edge() -> None:
    rows = [product(required=8765), product(required=7654321)]
    boxes = "".join(pages(WRITER.pdf("licenses", page(products=rows), "nl"), "-bbox"))
    edges = re.findall(r'xMax="(\S+)" yMax="\S+">(?:8\.765|7\.654\.321)</word>', boxes)
    assert len(edges) == 2
    assert float(edges[0]) == pytest.approx(float(edges[1]), abs=0.1)


@pytest.mark.parametrize("text", ["W" * 200, "ab " * 100, "\u0635" * 200, MARKUP * 3])
@pytest.mark.parametrize("language", documents.LANGUAGES)
def test_long_text_stays_within_the_margins(text: str, language: str) -> None:
    assert words_off_page(WRITER.pdf("licenses", filled_with(text), language)) == []


def test_a_row_that_is_longer_than_a_page_goes_on_on_the_next() -> None:
    data = page(1)
    data["accepted"][0]["reason"] = "lang verhaal " * 900 + "slot"
    pdf = WRITER.pdf("licenses", data, "nl")
    assert words_off_page(pdf) == []
    text = squeezed("".join(pages(pdf)))
    assert "verhaalslot" in text
    assert text.count("verhaal") == 900


def filled_with(text: str) -> dict[str, Any]:
    """The page with a text of others wherever one may stand."""
    data = page(2, maker=text, planned=[text], summary=summary(oldest_machine=text))
    for name in ("products", "accepted", "forbidden", "unknown", "subscriptions", "endings", "silent"):
        for row in data[name]:
            row.update({key: text for key in ("name", "about", "reason", "number", "supplier") if key in row})
            if "machines" in row:
                row["machines"] = [text, text]
    return data


def test_markup_in_titles_and_reasons_is_printed_as_text() -> None:
    data = page(unknown=[{"name": MARKUP, "count": 2, "machines": [MARKUP]}])
    data["products"][0]["name"] = data["accepted"][0]["reason"] = data["silent"][0]["name"] = MARKUP
    assert printed(data).count(squeezed(MARKUP)) >= 5


def test_control_characters_in_a_title_are_made_visible() -> None:
    data = page(unknown=[{"name": "a\x1b[31mb\u202ec\nd", "count": 1, "machines": ["pc\x00-1"]}])
    text = printed(data)
    assert "a\ufffd[31mb\ufffdcd" in text
    assert "pc\ufffd-1" in text


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(st.characters(), min_size=1, max_size=40))
def test_any_text_gives_a_page(text: str) -> None:
    assert WRITER.pdf("licenses", filled_with(f"x{text}"), "nl").startswith(b"%PDF-1.7")


@pytest.mark.parametrize("change", [{"maker": None}, {"products": [{"name": "x"}]}, {"sum": 1}])
def test_data_of_the_wrong_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(IctError, match="licenses"):
        WRITER.pdf("licenses", page(**change), "nl")
