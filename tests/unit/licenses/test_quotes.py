"""A quote: how it is read, what it offers beside what is to be bought, and what it costs."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IctError, UsageError
from schoten_ict.core.verdict import Verdict
from schoten_ict.formats.tables import read_table
from schoten_ict.inventory.sections.licenses import CoreRule, Product, Threshold, TitleRule
from schoten_ict.licenses.ask import invoices, quotes
from schoten_ict.licenses.judge import costs, quote
from schoten_ict.licenses.judge.audit import Audited
from schoten_ict.licenses.judge.naming import product_by_name
from schoten_ict.licenses.judge.positions import Position, positions
from schoten_ict.licenses.judge.quote import Compared, Offer
from schoten_ict.licenses.judge.wording import Pack, other_metric, pack, version_of
from schoten_ict.licenses.model import Doubt, Entitlement, Metric, Need
from schoten_ict.licenses.offers import Quote, SumKind

TODAY = date(2026, 11, 28)
VAT = Decimal(21)
ACROBAT = Product(
    name="Adobe Acrobat Pro", publisher="Adobe", family="acrobat", metric="user",
    names=("(adobe )?acrobat pro.*",),
)  # fmt: skip
CORES = Product(
    name="Windows Server", publisher="Microsoft", family="ws", metric="core", cores=CoreRule(),
    names=("windows server.*",),
)  # fmt: skip
COREL = Product(name="CorelDRAW", publisher="Corel", family="cd", metric="device", names=("coreldraw.*",))
OFFICE = Product(
    name="Office", publisher="Microsoft", family="office", metric="device", names=("office.*",),
    versions=("2016", "2019", "2021", "2024"),
)  # fmt: skip
KASSA = Product(
    name="Kassa Pro", publisher="K", family="kassa", metric="device", names=("kassa.*",),
    rules=(TitleRule(title="Kassa Pro (?P<version>[0-9]+)"),),
)  # fmt: skip
PRODUCTS = {"acrobat": ACROBAT, "cores": CORES, "corel": COREL, "office": OFFICE, "kassa": KASSA}
FIND = product_by_name(PRODUCTS)


def table(text: str) -> Quote:
    return quotes.of_table(read_table(text.encode(), "q.csv"), (), None)


def rows(*lines: str, header: str = "omschrijving;aantal;prijs;totaal;btw") -> Quote:
    return table("\n".join((header, *lines)) + "\n")


def need(product: str, number: int, version: str | None = None) -> Need:
    return Need(product, Metric(PRODUCTS[product].metric), number, "host:a", "x", version)


def against(
    offered: Quote,
    needs: Sequence[Need],
    doubts: Sequence[Doubt] = (),
    owned: Sequence[Entitlement] = (),
    shown: set[str] | None = None,
) -> list[Compared]:
    def holding(rights: Sequence[Entitlement]) -> list[Position]:
        return positions(PRODUCTS, [*owned, *rights], needs, doubts, TODAY, {})

    audited = [Audited(each, each.product, 0, each.shortfall, None) for each in holding(())]
    return quote.compare(offered.lines, quote.to_buy(audited), PRODUCTS, FIND, holding, shown)


def told(offered: Quote, needs: Sequence[Need], doubts: Sequence[Doubt] = ()) -> tuple[Offer, str]:
    (found,) = against(offered, needs, doubts)
    return found.offer, found.remark


def test_a_quote_is_compared_product_by_product() -> None:
    offered = rows(
        "Acrobat Pro abonnement;12;;1200,00;", "Acrobat Pro extra;5;;500,00;", "Windows Server;40;;900,00;",
        "Installatie;1;;100,00;", "Acrobat Pro;veel;;100,00;",
    )  # fmt: skip
    found = against(offered, [need("acrobat", 20), need("cores", 32), need("corel", 4)])
    assert [(each.line, each.product, each.offered, each.needed, each.offer) for each in found] == [
        (2, "acrobat", Decimal(17), 20, Offer.TOO_FEW),
        (4, "cores", Decimal(40), 32, Offer.TOO_MANY),
        (5, "", Decimal(1), None, Offer.UNKNOWN),
        (6, "acrobat", None, None, Offer.UNREADABLE),
        (None, "corel", None, 4, Offer.MISSING),
    ]


def test_of_what_is_not_offered_only_the_products_asked_for_are_shown() -> None:
    needs = [need("acrobat", 1), need("corel", 4), need("cores", 2)]
    found = against(rows("Acrobat Pro;1;;5,00;"), needs, shown={"cores"})
    assert [(each.product, each.offer) for each in found] == [
        ("acrobat", Offer.ENOUGH), ("cores", Offer.MISSING),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "needed", "offer"),
    [("20", 20, Offer.ENOUGH), ("1", 0, Offer.NOT_NEEDED), ("1", 2, Offer.TOO_FEW), ("3", 2, Offer.TOO_MANY)],
)
def test_what_is_known_exactly_is_compared_exactly(number: str, needed: int, offer: Offer) -> None:
    needs = [need("acrobat", needed)] if needed else []
    assert told(rows(f"acrobat;{number};;5,00;"), needs)[0] is offer


@pytest.mark.parametrize(
    ("number", "told_as"),
    [
        (2, (Offer.PROVEN, "up to 10 more could be needed")),
        (7, (Offer.PROVEN, "5 more than proven; up to 5 more could be needed")),
        (12, (Offer.ENOUGH, "10 of them may not be needed")),
        (13, (Offer.TOO_MANY, "1 more than could be needed")),
    ],
)
def test_what_could_be_needed_besides_is_told_and_not_called_enough(
    number: int, told_as: tuple[Offer, str]
) -> None:
    doubts = [Doubt("acrobat", "10 machines are silent", 10)]
    assert told(rows(f"acrobat;{number};;5,00;"), [need("acrobat", 2)], doubts) == told_as


def test_where_nobody_can_tell_how_many_are_needed_no_number_is_called_enough() -> None:
    needs, unknown = [need("acrobat", 2)], [Doubt("acrobat", "no list", None)]
    assert told(rows("acrobat;2;;5,00;"), needs, unknown)[0] is Offer.PROVEN
    offer, remark = told(rows("acrobat;5;;5,00;"), [], [Doubt("acrobat", "silent", 5)])
    assert (offer, "covers all that could be needed" in remark) == (Offer.UNCERTAIN, True)


@pytest.mark.parametrize(
    ("text", "offer", "says"),
    [
        ("Office 2016", Offer.OTHER_VERSION, "version 2016 covers 0 of the 2 that lack"),
        ("Office 2021", Offer.ENOUGH, ""),
        ("Office 2024", Offer.ENOUGH, ""),
        ("Office", Offer.UNCERTAIN, "names no version"),
        ("Office 2019/2021", Offer.UNCERTAIN, "names no version"),
    ],
)
def test_a_version_that_does_not_cover_what_lacks_is_not_called_enough(
    text: str, offer: Offer, says: str
) -> None:
    found, remark = told(rows(f"{text};2;;5,00;"), [need("office", 2, "2021")])
    assert found is offer
    assert says in remark


def test_a_version_that_covers_only_a_part_says_how_many() -> None:
    needs = [need("office", 3, "2019"), need("office", 2, "2024")]
    assert told(rows("Office 2019;5;;5,00;"), needs) == (
        Offer.OTHER_VERSION, "version 2019 covers 3 of the 5 that lack",
    )  # fmt: skip
    assert told(rows("Office 2019;3;;5,00;", "Office 2024;2;;5,00;"), needs)[0] is Offer.ENOUGH


def test_what_is_to_be_bought_is_that_of_all_metrics_of_a_product() -> None:
    def stand(metric: Metric, short: int, verdict: Verdict) -> Audited:
        position = Position(
            "office", metric, 0, short, short, 0, 0, 0, short, 0, -short, False, verdict, (), ()
        )
        return Audited(position, "Office", 0, short, None)

    fail, clear = stand(Metric.DEVICE, 3, Verdict.FAIL), stand(Metric.USER, 0, Verdict.OK)
    assert quote.to_buy([fail, clear]) == quote.to_buy([clear, fail]) == {"office": 3}
    assert quote.to_buy([fail, stand(Metric.USER, 4, Verdict.FAIL)]) == {"office": 7}
    unknown = stand(Metric.USER, 0, Verdict.UNKNOWN)
    assert quote.to_buy([unknown, fail]) == quote.to_buy([fail, unknown]) == {"office": None}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Windows Server 2022 Standard - 16 Core License Pack", Pack(16)),
        ("Microsoft Windows Server 2022 Standard 2 Core License Pack", Pack(2)),
        ("WinSvrSTDCore 2022 SNGL OLP 16Lic NL CoreLic", Pack(16)),
        ("Acrobat Pro 2-pack", Pack(2)),
        ("Acrobat Pro, pak van 10", Pack(10)),
        ("Acrobat Pro pack of 10", Pack(10)),
        ("Kassa 5 user license", Pack(5)),
        ("Windows Server 2022 Standard", Pack(1)),
        ("Acrobat Pro 1 user", Pack(1)),
        ("Office 365 Pack", Pack(1)),
        ("Kassa 10-49 users", Pack(1)),
        ("Windows Server 2022 16 core", Pack(16, sure=False)),
        ("Acrobat Pro 20 gebruikers", Pack(20, sure=False)),
        ("2-pack or pack of 10", Pack(10, sure=False)),
    ],
)
def test_a_pack_says_how_many_are_in_it(text: str, found: Pack) -> None:
    assert pack(text) == found


def test_packs_count_as_what_is_in_them_and_are_shown() -> None:
    (found,) = against(rows("Windows Server - 16 Core License Pack;2;;900,00;"), [need("cores", 32)])
    assert (found.offered, found.offer, found.remark) == (Decimal(32), Offer.ENOUGH, "2 x 16 in a pack")
    (found,) = against(rows("Windows Server 16 core;2;;900,00;"), [need("cores", 32)])
    assert (found.offer, found.remark) == (Offer.UNCERTAIN, "whether one piece is 16 units is not said")


@pytest.mark.parametrize(
    ("product", "text", "other"),
    [
        (ACROBAT, "Acrobat Pro per toestel", Metric.DEVICE),
        (ACROBAT, "Acrobat Pro named user", None),
        (COREL, "CorelDRAW Graphics Suite", None),
        (COREL, "CorelDRAW for users", Metric.USER),
        (ACROBAT, "Acrobat Pro with Scorecard", None),
        (Product(name="Device Manager", publisher="x", family="x", metric="user"), "Device Manager", None),
    ],
)
def test_only_whole_words_speak_of_another_metric(product: Product, text: str, other: Metric | None) -> None:
    assert other_metric(product, text) is other


def test_a_line_that_speaks_of_another_metric_is_told() -> None:
    assert told(rows("Acrobat Pro per toestel;20;;5,00;"), [need("acrobat", 20)])[0] is Offer.OTHER_METRIC
    assert told(rows("CorelDRAW 2024;2;;5,00;"), [need("corel", 2)])[0] is Offer.ENOUGH


@pytest.mark.parametrize(
    ("product", "text", "version"),
    [
        (OFFICE, "Office Standard 2021 OLP", "2021"),
        (OFFICE, "Office 2021.1", None),
        (KASSA, "Kassa Pro 3 - 5 jaar", "3"),
        (KASSA, "Kassa Pro", None),
        (Product(name="S", publisher="x", family="x", metric="core", versions=("2012", "2012 R2")),
         "S 2012 R2", "2012 R2"),
    ],
)  # fmt: skip
def test_the_version_is_the_one_that_the_line_names(product: Product, text: str, version: str | None) -> None:
    assert version_of(product, text) == version


@pytest.mark.parametrize(
    ("quantity", "price", "read"),
    [
        ("1.000", "2,00", 1000),
        ("1000", "2,00", 1000),
        ("1,000", "2.00", 1000),
        ("1 000", "2,00", 1000),
        ("20 st.", "2,00", 20),
        ("3 x", "2,00", 3),
        ("1,5", "2,00", Decimal("1.5")),
    ],
)
def test_a_number_is_read_as_the_prices_are_written(quantity: str, price: str, read: Decimal | int) -> None:
    (line,) = rows(f"acrobat;{quantity};{price};;").lines
    assert (line.quantity, line.wrong) == (read, "")
    assert line.whole_cents == round(Decimal(read) * 200)


@pytest.mark.parametrize(
    ("quantity", "price", "why"),
    [
        ("1.000", "2.50", "can be read in two ways"),
        ("1.000", "2", "can be read in two ways"),
        ("1,000", "2,50", "can be read in two ways"),
        ("-5", "2,00", "quantity -5 offers nothing"),
        ("0", "2,00", "quantity 0 offers nothing"),
        ("1_000", "2,00", "is no number"),
        ("12 maanden", "2,00", "is no number"),
        ("veel", "2,00", "is no number"),
        ("", "2,00", "says no quantity"),
        ("\u0663", "2,00", "is no number"),
    ],
)
def test_a_number_that_offers_nothing_or_has_two_readings_is_refused_with_the_reason(
    quantity: str, price: str, why: str
) -> None:
    offered = rows(f"acrobat;{quantity};{price};;")
    assert why in offered.lines[0].wrong
    assert told(offered, [])[0] is Offer.UNREADABLE
    assert costs.total(offered, VAT, (), TODAY).without_vat is None


def test_prices_that_exclude_each_other_or_are_in_no_euros_are_refused() -> None:
    with pytest.raises(UsageError, match="only a decimal point"):
        rows("a;1;1.234,50;;", "b;1;1,234.50;;")
    with pytest.raises(UsageError, match="USD"):
        rows("a;1;USD 12.50;;")
    with pytest.raises(UsageError, match="no column holds the quantity"):
        table("product;prijs\na;1\n")


def test_half_a_licence_cannot_be_compared_and_half_a_day_of_work_costs_what_it_says() -> None:
    offered = rows("acrobat;1,5;10,00;;", "plaatsing;1,5;10,00;;")
    found = against(offered, [])
    assert [each.offer for each in found] == [Offer.UNREADABLE, Offer.UNKNOWN]
    assert found[1].whole_cents == 1500


def test_a_price_is_that_of_one_or_of_all_and_a_difference_is_told() -> None:
    one, all_, both = rows("acrobat;20;282,00;;21%", "x;3;;900,00;", "y;10;100,00;900,00;").lines
    assert (one.unit_cents, one.whole_cents, one.vat) == (28200, 564000, Decimal(21))
    assert (all_.unit_cents, all_.whole_cents, all_.vat) == (30000, 90000, None)
    assert both.remark == "10 x 100.00 is 1000.00, not 900.00"


@pytest.mark.parametrize("text", ["21", "21%", "21 %", "21,0", "0,21", "0.21", "0.210000", "210,00"])
def test_vat_is_read_as_a_rate_a_share_or_its_amount(text: str) -> None:
    (line,) = rows(f"acrobat;10;100,00;1000,00;{text}").lines
    assert (line.vat, line.remark) == (Decimal(21), "")


@pytest.mark.parametrize(
    ("text", "rate", "remark"),
    [
        ("6", Decimal(6), ""),
        ("0", Decimal(0), ""),
        ("0,06", Decimal(6), ""),
        ("19%", Decimal(19), "VAT of 19 % is no rate in Belgium"),
        ("1", Decimal(1), "VAT of 1 % is no rate in Belgium"),
        ("vrij", None, "is no rate: the usual one is taken"),
        ("-21", None, "is no rate: the usual one is taken"),
        ("345,00", None, "is no rate: the usual one is taken"),
    ],
)
def test_a_rate_of_vat_that_belgium_does_not_have_is_told(
    text: str, rate: Decimal | None, remark: str
) -> None:
    (line,) = rows(f"acrobat;10;100,00;1000,00;{text}").lines
    assert line.vat == rate
    assert remark in line.remark
    assert (remark == "") == (line.remark == "")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Totaal", SumKind.NOT_SAID),
        ("Subtotaal", SumKind.NOT_SAID),
        ("Grand total:", SumKind.NOT_SAID),
        ("Totaal excl. btw", SumKind.WITHOUT_VAT),
        ("Total HTVA", SumKind.WITHOUT_VAT),
        ("BTW 21%", SumKind.VAT),
        ("Totaal BTW", SumKind.VAT),
        ("Totaal incl. BTW (EUR)", SumKind.WITH_VAT),
        ("Te betalen", SumKind.WITH_VAT),
        ("Total Commander", None),
        ("VAT calculator", None),
        ("Adobe Acrobat Pro", None),
        ("excl.", None),
        ("", None),
    ],
)
def test_a_label_of_a_sum_is_told_from_a_product(text: str, kind: SumKind | None) -> None:
    assert quotes.sum_kind(text) is kind


LINES = ("acrobat;10;100,00;1000,00;21", "plaatsing;1;500,00;500,00;21")


def test_sums_are_left_out_of_the_lines_and_agree_with_them() -> None:
    offered = rows(
        LINES[0], "Subtotaal;;;1000,00;", LINES[1], "Subtotaal;;;500,00;", "Totaal;1;1500,00;1500,00;",
        "BTW 21%;;;315,00;", ";;Totaal incl. btw;1815,00;", ";;;1815,00;",
    )  # fmt: skip
    assert [each.place for each in offered.lines] == [2, 4]
    assert [each.cents for each in offered.sums] == [100000, 50000, 150000, 31500, 181500, 181500]
    found = costs.total(offered, VAT, (), TODAY)
    assert (found.without_vat, found.vat, found.with_vat, found.remarks) == (150000, 31500, 181500, ())


@pytest.mark.parametrize(
    ("last", "says"),
    [
        ("Totaal excl. btw;;;1600,00;", "line 4: Totaal excl. btw says 1600.00; the lines make 1500.00"),
        ("Totaal;;;1600,00;", "1500.00 or 1815.00 with or without VAT"),
        ("Totaal excl. btw;;;1815,00;", "the lines make 1500.00 without VAT"),
        ("BTW;;;300,00;", "the lines make 315.00 of VAT"),
        ("Totaal;;;veel;", "line 4: Totaal cannot be read"),
    ],
)
def test_a_sum_that_differs_from_the_lines_is_told(last: str, says: str) -> None:
    (remark,) = costs.total(rows(*LINES, last), VAT, (), TODAY).remarks
    assert says in remark


LIMITS = (
    Threshold(name="beperkte waarde", below=30_000, since=date(2018, 1, 1), source="s"),
    Threshold(name="oud", below=1, since=date(2018, 1, 1), until=date(2025, 12, 31), source="s"),
    Threshold(name="Europa", below=216_000, since=date(2026, 1, 1), source="s"),
)


def limits(offered: Quote) -> list[str]:
    return [each.partition(":")[0] for each in costs.total(offered, VAT, LIMITS, TODAY).limits]


@pytest.mark.parametrize(
    ("price", "reached"),
    [("29999,99", []), ("30000,00", ["beperkte waarde"]), ("216000,00", ["beperkte waarde", "Europa"])],
)
def test_a_limit_is_reached_at_its_amount_without_vat_and_only_while_it_holds(
    price: str, reached: list[str]
) -> None:
    assert limits(rows(f"acrobat;1;{price};;")) == reached


def test_the_limits_are_tested_on_what_is_known_where_a_line_has_no_price() -> None:
    offered = rows("acrobat;10;100000,00;;", "opleiding;1;;;")
    found = costs.total(offered, VAT, LIMITS, TODAY)
    assert (found.without_vat, found.with_vat, found.known) == (None, None, 100_000_000)
    assert found.remarks == ("1 line has no price: at least 1000000.00 without VAT",)
    assert limits(offered) == ["beperkte waarde", "Europa"]


def test_the_limits_are_tested_on_the_quotes_own_sum_where_that_is_more() -> None:
    assert limits(rows("acrobat;1;20000,00;;", "Totaal excl. btw;;;35000,00;")) == ["beperkte waarde"]
    assert limits(rows("acrobat;1;29000,00;;", "Totaal incl. btw;;;35090,00;")) == []


def test_vat_is_by_rate_rounded_once() -> None:
    offered = rows("a;1;;10,03;", "b;1;;10,04;21", "c;1;;10,00;6")
    found = costs.total(offered, VAT, (), TODAY)
    assert (found.without_vat, found.vat, found.with_vat) == (3007, 421 + 60, 3488)


def test_a_row_that_does_not_fit_the_table_is_told_and_leaves_no_total() -> None:
    offered = rows("acrobat;1;5,00;5,00;21;x", "acrobat;1;5,00;5,00;21")
    assert "cells" in offered.lines[0].wrong
    assert costs.total(offered, VAT, (), TODAY).without_vat is None


_URN = "urn:oasis:names:specification:ubl:schema:xsd"


def invoice(unit: str = "C62", exclusive: str = "29200.00") -> Quote:
    content = f"""<Invoice xmlns="{_URN}:Invoice-2" xmlns:cac="{_URN}:CommonAggregateComponents-2"
 xmlns:cbc="{_URN}:CommonBasicComponents-2"><cbc:ID>F-1</cbc:ID>
<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount>1500</cbc:Amount>
<cac:TaxCategory><cbc:Percent>21</cbc:Percent></cac:TaxCategory></cac:AllowanceCharge>
<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:Amount>300</cbc:Amount>
<cac:TaxCategory><cbc:Percent>21</cbc:Percent></cac:TaxCategory></cac:AllowanceCharge>
<cac:TaxTotal><cbc:TaxAmount>6132.00</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount>{exclusive}</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount>35332.00</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:InvoicedQuantity unitCode="{unit}">10</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount>28000.00</cbc:LineExtensionAmount><cac:Item><cbc:Name>Acrobat Pro</cbc:Name>
<cac:ClassifiedTaxCategory><cbc:Percent>21</cbc:Percent></cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount>2800.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine></Invoice>""".encode()
    return quotes.of_invoice(invoices.read(content, "a.xml"), content)


def test_an_invoice_costs_its_lines_and_its_charges_and_agrees_with_its_own_sums() -> None:
    found = costs.total(invoice(), VAT, LIMITS, TODAY)
    assert (found.without_vat, found.vat, found.with_vat) == (2_920_000, 613_200, 3_533_200)
    assert (found.limits, found.remarks) == ((), ())


def test_the_limits_are_tested_on_the_taxable_amount_of_an_invoice() -> None:
    found = costs.total(invoice(exclusive="30000.00"), VAT, LIMITS, TODAY)
    assert [each.partition(":")[0] for each in found.limits] == ["beperkte waarde"]
    assert found.remarks == ("TaxExclusiveAmount says 30000.00; the lines make 29200.00 without VAT",)


def test_ten_months_on_an_invoice_are_no_ten_licences() -> None:
    assert told(invoice(), [need("acrobat", 10)])[0] is Offer.ENOUGH
    offer, remark = told(invoice(unit="MON"), [])
    assert (offer, remark) == (Offer.UNREADABLE, "its quantity is in months, not in licences")


CELLS = st.text(alphabet="0123456789.,-+eE%€xX st_()", max_size=10) | st.text(max_size=10)


@given(st.lists(st.tuples(st.text(max_size=30), CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=5))
def test_any_text_and_numbers_are_read_told_or_refused(cells: list[tuple[str, ...]]) -> None:
    body = "\n".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells)
    try:
        offered = table(f"omschrijving;aantal;prijs;totaal;btw\n{body}\n")
    except IctError:
        return
    for each in offered.lines:
        assert each.wrong or (each.quantity is not None and each.quantity > 0 and each.text)
        assert each.vat is None or 0 <= each.vat <= 30 or each.remark
    found = costs.total(offered, VAT, LIMITS, TODAY)
    assert (found.without_vat is None) == any(each.whole_cents is None for each in offered.lines)
    against(offered, [need("acrobat", 3)])


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(["2016", "2019", "2021", "2024"]))
def test_enough_is_said_only_of_a_number_and_a_version_that_leave_nothing_short(
    number: int, lacks: int, version: str
) -> None:
    needs = [need("office", lacks, "2019")]
    offer, _ = told(rows(f"Office {version};{number};;5,00;"), needs)
    bought = Entitlement("LIC-1", "office", Metric.DEVICE, number, version)
    (after,) = positions(PRODUCTS, [bought], needs, [], TODAY, {})
    assert (offer in {Offer.ENOUGH, Offer.TOO_MANY}) == (after.shortfall == 0)
    assert (offer is Offer.ENOUGH) == (after.shortfall == after.surplus == 0)
