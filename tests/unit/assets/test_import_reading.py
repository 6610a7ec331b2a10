"""What the rows of a list say of assets: words, dates, amounts, holders, and what is refused."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from schoten_ict.assets.ask import glpi, preset
from schoten_ict.assets.ask.reader import LONGEST, Context, Options, Proposals, read
from schoten_ict.assets.ask.words import DUTCH, IN_USE, SEVERAL, Categories, Holders, status
from schoten_ict.assets.model import Status
from schoten_ict.core.errors import IctError, IncompleteError, UsageError
from schoten_ict.formats.dates import DateOrder
from schoten_ict.formats.tables import RawTable, read_table

PEOPLE = {"1042": "1042", "peeterel": "1042", "els peeters": "1042", "jan maes": SEVERAL}
CONTEXT = Context(
    Categories({"laptop": "laptop", "vaste pc": "desktop", "desktop": "desktop"}),
    Holders(PEOPLE, {"ict": "ICT"}, {"lt-0001": "LT-0001"}),
    {"gemeentehuis": "gemeentehuis"},
    lambda text: text.startswith("LT-"),
)


def said(text: str, name: str = "generic", options: Options | None = None, **own: bool) -> Proposals:
    context = Context(
        Categories(CONTEXT.categories.by_word, **own), CONTEXT.holders, CONTEXT.sites, CONTEXT.tag_hint
    )
    return read(read_table(text.encode(), "a.csv"), preset.named(name), options or Options(), context)


def row(proposals: Proposals, index: int = 0) -> Mapping[str, object]:
    return {name: values[index] for name, values in proposals.columns.items() if values[index] is not None}


def test_a_dutch_row_reads_in_the_form_of_the_store() -> None:
    found = said(
        "Inventarisnummer;Categorie;Serienummer;Status;Locatie;Lokaal;Aankoopdatum;Aankoopprijs;MAC-adres;Houder\n"
        "LT-0001;Vaste pc;5CG1234;in gebruik;GEMEENTEHUIS;GH-1.01;28/05/2026;1.012,77;3E-95-A9-CA-0E-56;1042\n"
    )
    assert row(found) == {
        "tag": "LT-0001", "category": "desktop", "serial": "5CG1234", "status": "in-stock",
        "site": "gemeentehuis", "location": "GH-1.01", "purchase_date": "2026-05-28",
        "purchase_cents": 101277, "macs": '["3e:95:a9:ca:0e:56"]',
    }  # fmt: skip
    assert (found.holders, found.assigned, found.problems) == (["person:1042"], [True], {})


@pytest.mark.parametrize(
    "word", [*DUTCH.values(), *Status, "Deployed", "Ready to Deploy", "Archived", IN_USE]
)
def test_status_words_are_known(word: str) -> None:
    assert status(word).problem is None


def test_the_words_of_an_export_read_back_as_they_were() -> None:
    assert {each: status(word).value for each, word in DUTCH.items()} == {each: each.value for each in DUTCH}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Status;Tag\nkwijtgespeeld;A1\n", "Status: 'kwijtgespeeld' is unknown"),
        ("Categorie;Tag\nlaptp;A1\n", "did you mean laptop?"),
        ("Houder;Tag\nNiemand;A1\n", "nobody is called 'Niemand'"),
        ("Houder;Tag\nJan Maes;A1\n", "several people are called 'Jan Maes'"),
        ("Houder;Tag\nlokaal: ;A1\n", "names nobody"),
        ("IMEI;Tag\n123456789012345;A1\n", "its check digit is wrong"),
        ("MAC-adres;Tag\n00:00:00:00:00:00;A1\n", "no MAC address of a device"),
        ("Aankoopprijs;Tag\n-12,50;A1\n", "Aankoopprijs is negative"),
        (f"Merk;Tag\n{'x' * (LONGEST + 1)};A1\n", f"Merk is longer than {LONGEST} characters"),
        ("Aankoopdatum;Tag\n31/02/2026;A1\n", "Aankoopdatum is no day of the calendar"),
        ("Merk;Tag\nDell;A\x1b1\n", "control character"),
    ],
)
def test_a_row_with_a_wrong_cell_is_refused_with_the_reason(text: str, reason: str) -> None:
    problems = said(text).problems
    assert list(problems) == [0]
    assert reason in "; ".join(problems[0])


@pytest.mark.parametrize(
    ("word", "holder"),
    [
        ("peeterel", "person:1042"),
        ("SCHOTEN\\PeeterEl", "person:1042"),
        ("els peeters", "person:1042"),
        ("lokaal: GH-1.01", "room:GH-1.01"),
        ("Room:GH-1.01", "room:GH-1.01"),
        ("dienst: ict", "department:ICT"),
        ("toestel: lt-0001", "asset:LT-0001"),
    ],
)
def test_holders_are_known_by_what_people_write(word: str, holder: str) -> None:
    assert said(f"Tag;Houder\nA1;{word}\n").holders == [holder]


@pytest.mark.parametrize("serial", ["To be filled by O.E.M.", "Default string", "0000000000", "n.v.t."])
def test_placeholder_serials_are_no_serials(serial: str) -> None:
    assert "serial" not in row(said(f"Tag;Serial\nA1;{serial}\n"))


def test_undecided_dates_and_amounts_name_column_values_and_option() -> None:
    with pytest.raises(UsageError, match=r"'Aankoopdatum'.*'01/02/2026' and '03/04/2026'") as dates:
        said("Tag;Aankoopdatum\nA1;01/02/2026\nA2;03/04/2026\n")
    assert "--dates dmy|mdy" in dates.value.remedy
    with pytest.raises(UsageError, match=r"'Aankoopprijs'.*'1.234' and '5.678'") as amounts:
        said("Tag;Aankoopprijs\nA1;1.234\nA2;5.678\n")
    assert "--decimal" in amounts.value.remedy
    told = said("Tag;Aankoopdatum\nA1;01/02/2026\n", options=Options(order=DateOrder.MDY))
    assert row(told)["purchase_date"] == "2026-01-02"


def test_a_column_of_national_numbers_refuses_the_file() -> None:
    with pytest.raises(IncompleteError, match="law of 8 August 1983"):
        said("Tag;Extra\nA1;85.07.30-033.28\n")


def test_an_apostrophe_before_a_formula_is_no_part_of_the_text() -> None:
    assert row(said("Tag;Opmerkingen;Telefoonnummer\nA1;'=1+1;'+32 470\n")) == {
        "tag": "A1", "notes": "=1+1", "phone_number": "+32 470",
    }  # fmt: skip


def test_custom_fields_have_columns_of_their_own() -> None:
    assert said("Tag;Veld: keyboard\nA1;AZERTY\nA2;\n").custom == {"keyboard": ["AZERTY", None]}


def test_snipe_it_names_people_in_full_and_its_own_categories() -> None:
    found = said(
        "Asset Tag,Category,Checked Out To: Username,Checked Out To: First Name,Checked Out To: Last Name,"
        "Checked Out To: Location\nA1,Ornamental Railings,JanM,Jan,Mees,\nA2,Laptop,,,,Raadzaal\n",
        "snipe-it",
        own=True,
    )
    assert found.columns["category"] == ["ornamental-railings", "laptop"]
    assert found.holders == ["person:janm", "room:Raadzaal"]
    assert {key: person.name for key, person in found.newcomers.items()} == {"janm": "Jan Mees"}


def test_lansweeper_headers_match_without_case() -> None:
    found = said(
        "assetname,ASSETTYPENAME,SerialNumber,Manufacturer,Warrantydate,UserName\n"
        "PC1,Laptop,5CG1,Dell,2027-01-31,SCHOTEN\\peeterel\n",
        "lansweeper",
    )
    assert row(found) == {
        "category": "laptop", "serial": "5CG1", "manufacturer": "Dell", "warranty_until": "2027-01-31",
    }  # fmt: skip
    assert found.holders == ["person:1042"]


def glpi_row(content: bytes) -> Mapping[str, object]:
    return row(read(glpi.table(content, "a.json"), preset.named("glpi"), Options(), CONTEXT))


def test_glpi_takes_the_asset_tag_of_the_firmware_only_where_it_is_one_of_ours() -> None:
    bios = '{"content": {"bios": {"ssn": "S1", "assettag": "%s"}, "hardware": {"chassis_type": "Laptop"}}}'
    assert glpi_row((bios % "LT-0007").encode())["tag"] == "LT-0007"
    assert "tag" not in glpi_row((bios % "COMP1").encode())


def test_glpi_refuses_what_describes_no_machine() -> None:
    for content in (b"{}", b"[1]", b"<a/>", b"<", b"\xff", b"", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'):
        with pytest.raises(IncompleteError) as caught:
            glpi.table(content, "a.json")
        assert caught.value.problems[0].code == "unreadable"


JSON = st.recursive(
    st.none() | st.text(max_size=5) | st.integers() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["content", "bios", "hardware", "network_device", "device", "info", "networks", "simcards"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(JSON)
def test_any_json_is_an_asset_or_is_refused(document: object) -> None:
    import json

    with suppress(IctError):
        table = glpi.table(json.dumps({"content": document}).encode(), "a.json")
        assert isinstance(table, RawTable)
        assert all(len(cells) == len(table.header) for _, cells in table.rows)


@given(st.lists(st.lists(st.text(max_size=8), min_size=5, max_size=5), max_size=6))
def test_any_cells_are_read_or_refused_row_by_row(cells: list[list[str]]) -> None:
    table = RawTable(
        "a.csv", ("tag", "serial", "status", "mac", "holder"),
        [(line, tuple(each)) for line, each in enumerate(cells, start=2)], "utf-8", ";",
    )  # fmt: skip
    with suppress(IctError):
        found = read(table, preset.named("generic"), Options(), CONTEXT)
        assert {len(values) for values in found.columns.values()} <= {len(cells)}
        assert set(found.problems) <= set(range(len(cells)))


@pytest.mark.parametrize("cell", ["zie 85.07.30-033.28 a.u.b.", "(850730-033.28)"])
@pytest.mark.parametrize("column", ["Opmerkingen", "Veld: code", "Houder", "Status"])
def test_a_row_whose_text_holds_a_national_number_is_refused_without_repeating_it(
    column: str, cell: str
) -> None:
    found = said(f"Tag;{column}\nLT-0;{cell}\nLT-1;\n")
    assert "national register number" in " ".join(found.problems[0])
    assert list(found.problems) == [0]
    assert "033" not in str(found)


NUMBERS = "LT-1;85073003328\nLT-2;85073003329\nLT-3;85073003330\n"


def test_eleven_digits_are_refused_as_a_note_and_not_as_a_serial_number() -> None:
    assert list(said(f"Tag;Opmerkingen\n{NUMBERS}").problems) == [0]
    assert said(f"Tag;Serienummer\n{NUMBERS}").problems == {}


@pytest.mark.parametrize(
    ("text", "until"),
    [("36", "2027-01-31"), ("36.0", "2027-01-31"), ("36 maanden", "2027-01-31"), ("3 years", "2027-01-31"),
     ("1 month", "2024-02-29"), ("2 jaar", "2026-01-31"), ("", None), ("0", None)],
)  # fmt: skip
def test_the_length_of_a_warranty(text: str, until: str | None) -> None:
    found = said(f"Asset Tag;Warranty;Purchase Date\nA1;{text};2024-01-31\n", "snipe-it")
    assert (row(found).get("warranty_until"), found.problems) == (until, {})


@pytest.mark.parametrize("text", ["lifetime", "2 years 6 months", "36.5", "999", "-3", "3-5"])
def test_a_length_that_is_none_refuses_its_row(text: str) -> None:
    found = said(f"Asset Tag;Warranty;Purchase Date\nA1;{text};2024-01-31\n", "snipe-it")
    assert "is no length" in found.problems[0][0]


def test_a_place_that_is_no_site_is_the_location_unless_there_is_one() -> None:
    found = said("Tag;Locatie;Lokaal\nA1;Gemeentehuis;GH-1\nA2;Serverkast;\nA3;Gemeentehuys;GH-2\nA4;;GH-3\n")
    assert found.columns["site"] == ["gemeentehuis", None, None, None]
    assert found.columns["location"] == ["GH-1", "Serverkast", "GH-2", "GH-3"]
    assert list(found.problems) == [2]
    assert "did you mean gemeentehuis?" in found.problems[2][0]


def test_number_and_date_cells_of_a_workbook_are_exact_beside_texts() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["Tag", "Aankoopprijs", "Aankoopdatum"])
    page.append(["A1", 1.125, date(2026, 3, 4)])
    page.append(["A2", "1.234,50", "31/01/2026"])
    page.append(["A3", 1234.5, "01/02/2026"])
    page.append(["A4", "1.234", ""])
    content = BytesIO()
    book.save(content)
    table = read_table(content.getvalue(), "a.xlsx")
    found = read(table, preset.named("generic"), Options(), CONTEXT)
    assert found.columns["purchase_cents"] == [None, 123450, 123450, 123400]
    assert found.columns["purchase_date"] == ["2026-03-04", "2026-01-31", "2026-02-01", None]
    assert found.problems == {0: ["Aankoopprijs has more than two decimals"]}
