"""What is printed on the documents, and that data can do nothing but be printed."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from schoten_ict.core.errors import IctError, NotFoundError, UsageError
from schoten_ict.core.protocols import DocumentWriter
from schoten_ict.render import documents
from schoten_ict.render.shapes import TEMPLATES

WRITER: DocumentWriter = documents.TypstWriter(system_fonts=False)
PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595.3, 841.9, 45.3  # points: A4, and the 16 mm at either side

ORGANISATION = {
    "name": "Lokaal bestuur Voorbeeldgem",
    "address": "Dorpsstraat 3, 2999 Voorbeeldgem",
    "kbo": "0999.999.922",
    "representative": "Jan Peeters, algemeen directeur",
    "privacy": {
        "controller": "College van burgemeester en schepenen",
        "dpo": "dpo@bestuur.test",
        "purpose": "beheer van het ICT-materiaal",
        "legal_basis": "art. 6, lid 1, b) AVG",
        "recipients": "dienst ICT, personeelsdienst",
        "retention": "5 jaar na de inname",
    },
}
PERSON = {
    "key": "100234",
    "name": "Anneleen Van den Broeck",
    "function": "Maatschappelijk assistent",
    "department": "Sociale dienst",
}
POLICY = {
    "id": "ict-policy",
    "version": "3.1",
    "title": "ICT-policy voor medewerkers",
    "valid_from": "2026-01-02",
    "sha256": "0123456789abcdef" * 4,
}
WIPE = {
    "status": "yes",
    "method": "NIST purge",
    "date": "2026-11-27",
    "by": "K. Claes",
    "certificate": "C-9988",
}


def identity(index: int) -> dict[str, Any]:
    return {
        "tag": f"SCH-{index:05}",
        "category": "smartphone",
        "manufacturer": "Samsung",
        "model": "Galaxy XCover7 Enterprise Edition",
        "serial": f"R58N{index:04}ABCDEF12345",
    }


def handover_item(index: int) -> dict[str, Any]:
    return {
        **identity(index),
        "imei": f"35693803564{index:04}",
        "sim": f"893204000000000{index:04}",
        "phone_number": f"+32 470 12 {index:02} 56",
        "accessories": ["lader", "hoes", "oplaadkabel USB-C"],
        "state": "nieuw",
    }


def handover(items: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "number": "H-2026-0042",
        "date": "2026-11-26",
        "organisation": ORGANISATION,
        "issuer": "Karim Claes",
        "person": PERSON,
        "items": [handover_item(index) for index in range(items)],
        "due_back": "2027-06-30",
        "policies": [POLICY],
        "remarks": "Lichte kras op de achterkant.",
        **changes,
    }


def returned() -> dict[str, Any]:
    items = [
        {
            **identity(0),
            "state": "kras",
            "accessories_back": ["lader"],
            "accessories_missing": ["hoes"],
            "wipe": WIPE,
        },
        {**identity(1), "wipe": {"status": "no"}},
        {**identity(2), "wipe": {"status": "not_applicable"}},
    ]
    head = {
        "number": "I-2026-0007",
        "date": "2026-11-26",
        "organisation": ORGANISATION,
        "receiver": "Karim Claes",
    }
    return {**head, "person": PERSON, "handovers": ["H-2026-0042", "H-2025-0107"], "items": items}


def disposal(**changes: Any) -> dict[str, Any]:
    return {
        "number": "A-2026-0003",
        "date": "2026-11-26",
        "organisation": ORGANISATION,
        "responsible": "Karim Claes",
        "reason": "einde levensduur",
        "method": "recycler",
        "processor": "Verwerker bv",
        "processor_reference": "AFG-1177",
        "proceeds_cents": 123405,
        "items": [{**identity(0), "reason": "defect bord", "wipe": WIPE}],
        **changes,
    }


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        if os.environ.get("ICT_LAB") == "required":
            pytest.fail(f"{name} is missing (poppler-utils)")
        pytest.skip(f"{name} is missing (poppler-utils)")
    return path


def pages(pdf: bytes, *options: str) -> list[str]:
    """The text of each page, by an independent reader."""
    done = subprocess.run([tool("pdftotext"), *options, "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode().removesuffix("\f").split("\f")


def squeezed(text: str) -> str:
    """Text without white space, and without the hyphens of broken words."""
    return re.sub(r"\s+", "", text.replace("\u00ad\n", "").replace("-\n", "-"))


def leaves(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("language", documents.LANGUAGES)
@pytest.mark.parametrize(
    ("template", "data"), [("handover", handover(3)), ("return", returned()), ("disposal", disposal())]
)
def test_every_value_is_printed(template: str, data: dict[str, Any], language: str) -> None:
    printed = squeezed("".join(pages(WRITER.pdf(template, data, language))))
    coded = {"yes", "no", "not_applicable", "recycler", POLICY["sha256"]}
    dates = {"2026-11-26", "2026-11-27", "2027-06-30", "2026-01-02"}
    unseen = {"certificate": "C-9988"} if template == "return" else {}
    hyphenless = printed.replace("-", "")
    expected = set(leaves(data)) - coded - dates - set(unseen.values())
    if template != "handover":
        expected -= set(leaves(ORGANISATION["privacy"])) | {str(ORGANISATION["representative"])}
    assert [value for value in expected if squeezed(value).replace("-", "") not in hyphenless] == []


def test_dutch_words_dates_and_policy() -> None:
    printed = squeezed(pages(WRITER.pdf("handover", handover(), "nl"))[0])
    for phrase in (
        "Gebruiksovereenkomst ICT-materiaal",
        "26/11/2026",
        "Terug te bezorgen uiterlijk op 30/06/2027",
        "versie 3.1, geldig vanaf 02/01/2026",
        "0123456789abcdef…",
        "binnen 2 werkdagen",
        "binnen 72 uur",
        "eerst bij de DPO, daarna bij de Vlaamse Toezichtcommissie (VTC)",
        "Voor het bestuur",
        "De gebruiker",
    ):
        assert squeezed(phrase) in printed, phrase


def test_each_policy_is_acknowledged_under_the_one_signature() -> None:
    other = {**POLICY, "id": "gsm-policy", "version": "2.0", "title": "Afspraken over mobiele toestellen"}
    (page,) = pages(WRITER.pdf("handover", handover(8, policies=[POLICY, other]), "nl"))
    assert squeezed("„ICT-policy voor medewerkers” (ict-policy), versie 3.1") in squeezed(page)
    assert squeezed("„Afspraken over mobiele toestellen” (gsm-policy), versie 2.0") in squeezed(page)


def test_english_words_and_dates() -> None:
    printed = squeezed(pages(WRITER.pdf("handover", handover(), "en"))[0])
    for phrase in (
        "Equipment user agreement",
        "26 November 2026",
        "30 June 2027",
        "within 72 hours",
        "For the authority",
    ):
        assert squeezed(phrase) in printed, phrase


def test_return_says_what_is_missing_and_what_was_wiped() -> None:
    printed = squeezed(pages(WRITER.pdf("return", returned(), "nl"))[0])
    for phrase in (
        "Ontbreekt: hoes",
        "Terug: lader",
        "ja, NIST purge, 27/11/2026, door K. Claes",
        "neen",
        "niet van toepassing",
    ):
        assert squeezed(phrase) in printed, phrase


@pytest.mark.parametrize(
    ("cents", "language", "text"),
    [
        (123405, "nl", "€ 1.234,05"),
        (123405, "en", "€1,234.05"),
        (5, "nl", "€ 0,05"),
        (100000000, "nl", "€ 1.000.000,00"),
        (-1250, "nl", "-€ 12,50"),
    ],
)
def test_money_is_printed_from_cents(cents: int, language: str, text: str) -> None:
    printed = pages(WRITER.pdf("disposal", disposal(proceeds_cents=cents), language), "-layout")[0]
    line = next(line for line in printed.splitlines() if "Opbrengst" in line or "Proceeds" in line)
    assert squeezed(line).endswith(squeezed(text))


@pytest.mark.parametrize("language", documents.LANGUAGES)
def test_eight_full_items_fit_on_one_page(language: str) -> None:
    assert len(pages(WRITER.pdf("handover", handover(8), language))) == 1


def test_sixty_items_flow_on_with_header_footer_and_joint_signatures() -> None:
    printed = pages(WRITER.pdf("handover", handover(60), "nl"))
    assert len(printed) >= 3
    for number, page in enumerate(printed, start=1):
        assert squeezed(page).endswith(f"{number}/{len(printed)}")
        assert "H-2026-0042" in page
        assert ("Inventarisnr." in page) == ("SCH-" in page)
    assert all(sum(f"SCH-{index:05}" in page for page in printed) == 1 for index in range(60))
    assert "Afspraken" in printed[-1]
    assert "Handtekening" in printed[-1]


def test_what_is_signed_for_stands_on_the_page_with_the_signatures() -> None:
    for items in range(9, 16):
        last = pages(WRITER.pdf("handover", handover(items), "nl"))[-1]
        assert "Afspraken" in last
        assert last.count("Handtekening") == 2


def test_absent_values_leave_no_trace_of_null() -> None:
    bare = {
        "number": "H-1",
        "date": "2026-11-26",
        "organisation": {"name": "Bestuur", "privacy": None},
        "issuer": "K",
        "person": {"key": None, "name": "A", "function": None, "department": "  "},
        "items": [{"tag": "T-1", "serial": None}],
    }
    printed = pages(WRITER.pdf("handover", bare, "nl"))[0]
    assert "none" not in printed.lower()
    assert "null" not in printed.lower()
    assert "Functie" not in printed
    assert "Personeelsnummer" not in printed
    assert "Dienst" not in printed
    assert "ICT-policy" not in printed
    assert "voor de duur van de tewerkstelling" in printed
    assert "—" in printed


def test_pdf_says_that_it_is_archivable_and_accessible() -> None:
    for template, data in (("handover", handover()), ("return", returned()), ("disposal", disposal())):
        pdf = WRITER.pdf(template, data, "nl")
        assert re.search(rb"pdfaid:part(>|=\")2\b", pdf), template
        assert re.search(rb"pdfaid:conformance(>|=\")A\b", pdf), template
        assert re.search(rb"pdfuaid:part(>|=\")1\b", pdf), template


def test_equal_data_gives_equal_bytes_dated_by_the_data() -> None:
    first = WRITER.pdf("handover", handover(9), "nl")
    documents._compiler.cache_clear()
    again = documents.TypstWriter(system_fonts=False).pdf("handover", handover(9), "nl")
    assert first == again
    assert b"D:20261126000000" in first
    assert b"D:20260101000000" in WRITER.pdf("handover", handover(date="2026-01-01"), "nl")


@pytest.mark.parametrize(
    "text",
    [
        '#eval("1+1") #panic()',
        "*_$<@\\ </script> [x] `y` = - + // /* ~",
        "\"quoted\" 'single' <label> @ref",
        "{title} {version} {sha256}",
        "https://example.test/?a=b#c",
    ],
)
def test_markup_in_data_is_printed_literally(text: str) -> None:
    data = handover(person={**PERSON, "name": text}, policies=[{**POLICY, "title": text}], remarks=text)
    data["items"][0].update(tag=text, model=text)
    printed = squeezed("".join(pages(WRITER.pdf("handover", data, "nl"))))
    assert printed.count(squeezed(text)) >= 4


def test_control_characters_are_made_visible_and_scripts_kept() -> None:
    data = handover(remarks="a\x1b[31mb\nnext", person={**PERSON, "name": "محمد Łukasz Ελλάς Владимир"})
    printed = pages(WRITER.pdf("handover", data, "nl"))[0]
    assert "a\ufffd[31mb\nnext" in printed
    assert set("محمد") <= set(printed)
    assert "Łukasz Ελλάς Владимир" in printed


@pytest.mark.parametrize(
    ("char", "spelled"), [("\U0001f600", "[U+1F600]"), ("\ue000", "[U+E000]"), ("\u5f20", "[U+5F20]")]
)
def test_characters_without_a_glyph_are_spelled_out(char: str, spelled: str) -> None:
    data = handover(person={**PERSON, "name": f"Jan {char}"}, remarks=char)
    assert f"Jan {spelled}" in pages(WRITER.pdf("handover", data, "nl"))[0]


def test_fonts_of_the_machine_change_nothing_where_they_are_not_needed() -> None:
    assert documents.TypstWriter().pdf("handover", handover(), "nl") == WRITER.pdf(
        "handover", handover(), "nl"
    )


def test_a_long_serial_number_is_copied_without_hidden_characters() -> None:
    data = handover()
    data["items"][0]["serial"] = "S" * 60
    printed = pages(WRITER.pdf("handover", data, "nl"))[0]
    assert "\u200b" not in printed
    assert "S" * 60 in squeezed(printed)


def words_off_page(pdf: bytes) -> list[str]:
    """The words that an independent reader finds outside the margins."""
    boxes = re.findall(
        r'<word xMin="(\S+)" yMin="(\S+)" xMax="(\S+)" yMax="(\S+)">', "".join(pages(pdf, "-bbox"))
    )
    assert boxes
    numbers = [tuple(float(edge) for edge in box) for box in boxes]
    return [
        str(box)
        for box in numbers
        if box[0] < MARGIN - 2 or box[2] > PAGE_WIDTH - MARGIN + 2 or box[1] < 0 or box[3] > PAGE_HEIGHT
    ]


def filled_with(text: str, data: Any) -> Any:
    """The handover with every free text replaced, but for the footer's (which is cut off at its box)."""
    kept = ("number", "date", "due_back", "valid_from", "sha256")
    if isinstance(data, Mapping):
        return {key: each if key in kept else filled_with(text, each) for key, each in data.items()}
    if isinstance(data, list):
        return [filled_with(text, each) for each in data]
    return text if isinstance(data, str) else data


@pytest.mark.parametrize("text", ["W" * 200, "ab " * 200, "\u0635" * 200, "x\n" * 40])
def test_long_text_stays_within_the_margins(text: str) -> None:
    data = filled_with(text, handover(2))
    data["organisation"] = ORGANISATION
    assert words_off_page(WRITER.pdf("handover", data, "nl")) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(st.characters(), min_size=1, max_size=60))
@example(text="\u20d0")
def test_any_text_gives_a_document(text: str) -> None:
    data = filled_with(f"x{text}", handover(2))
    assert WRITER.pdf("handover", data, "nl").startswith(b"%PDF-1.7")


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(NotFoundError, match="did you mean handover"):
        WRITER.pdf("handovr", handover(), "nl")
    with pytest.raises(NotFoundError):
        WRITER.pdf("../common", handover(), "nl")
    with pytest.raises(UsageError, match="'fr'"):
        WRITER.pdf("handover", handover(), "fr")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"person": {"key": "1"}}, "name"),
        ({"number": None}, "number"),
        ({"number": " "}, "number"),
        ({"items": []}, "items"),
        ({"items": [{"tag": "T", "serail": "x"}]}, "serail"),
        ({"date": "26/11/2026"}, "date"),
        ({"national_number": "85.07.30-033.28"}, "national_number"),
    ],
)
def test_data_of_the_wrong_shape_names_the_key(change: dict[str, Any], named: str) -> None:
    with pytest.raises(IctError, match=named) as caught:
        WRITER.pdf("handover", {**handover(), **change}, "nl")
    assert caught.value.problems[0].code == "template-data"


def test_a_missing_key_is_named() -> None:
    data = handover()
    del data["issuer"]
    with pytest.raises(IctError, match="issuer"):
        WRITER.pdf("handover", data, "nl")


def test_both_languages_have_the_same_words() -> None:
    words = tomllib.loads((documents.TEMPLATE_FOLDER / "words.toml").read_text(encoding="utf-8"))

    def keys(table: Mapping[str, Any], prefix: str = "") -> set[str]:
        nested = [keys(each, f"{prefix}{key}.") for key, each in table.items() if isinstance(each, Mapping)]
        return {prefix + key for key in table}.union(*nested)

    def places(table: Mapping[str, Any]) -> list[tuple[str, ...]]:
        return [tuple(sorted(re.findall(r"\{\w+\}", leaf))) for leaf in leaves(table)]

    assert set(words) == set(documents.LANGUAGES)
    assert keys(words["nl"]) == keys(words["en"])
    assert places(words["nl"]) == places(words["en"])


def test_templates_are_there_and_need_no_network() -> None:
    names = {path.stem for path in documents.TEMPLATE_FOLDER.glob("*.typ")}
    assert names == {*TEMPLATES, "common"}
    assert not any(
        "@preview" in path.read_text(encoding="utf-8") for path in documents.TEMPLATE_FOLDER.glob("*.typ")
    )
