"""Invoices in UBL propose entitlements; what is no purchase in euros is refused with the reason."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schoten_ict.core.errors import IctError, IncompleteError
from schoten_ict.licenses.ask import invoices

_URN = "urn:oasis:names:specification:ubl:schema:xsd"


def document(
    lines: str, *, credit: bool = False, currency: str = "EUR", order: str = "BB-17", number: str = "F-1"
) -> bytes:
    kind = "CreditNote" if credit else "Invoice"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{kind} xmlns="{_URN}:{kind}-2" xmlns:cac="{_URN}:CommonAggregateComponents-2" xmlns:cbc="{_URN}:CommonBasicComponents-2">
<cbc:ID>{number}</cbc:ID><cbc:IssueDate>2026-11-02</cbc:IssueDate>
<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>
<cac:OrderReference><cbc:ID>{order}</cbc:ID></cac:OrderReference>
<cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Bechtle</cbc:Name></cac:PartyName></cac:Party></cac:AccountingSupplierParty>
{lines}
</{kind}>""".encode()


PERIOD = "<cac:InvoicePeriod><cbc:StartDate>2026-12-01</cbc:StartDate><cbc:EndDate>2027-11-30</cbc:EndDate></cac:InvoicePeriod>"


def line(
    quantity: str = "20", price: str = "282.00", whole: str = "5640.00", kind: str = "Invoice", *,
    unit: str = "C62", period: str = PERIOD, name: str = "Adobe Acrobat Pro",
) -> str:  # fmt: skip
    counted = "InvoicedQuantity" if kind == "Invoice" else "CreditedQuantity"
    return f"""<cac:{kind}Line><cbc:ID>1</cbc:ID><cbc:{counted} unitCode="{unit}">{quantity}</cbc:{counted}>
<cbc:LineExtensionAmount currencyID="EUR">{whole}</cbc:LineExtensionAmount>
{period}
<cac:Item><cbc:Description>12 months</cbc:Description><cbc:Name>{name}</cbc:Name>
<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>21</cbc:Percent></cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">{price}</cbc:PriceAmount></cac:Price></cac:{kind}Line>"""


def test_a_line_proposes_what_was_bought_for_how_long_and_for_how_much() -> None:
    found = invoices.read(document(line()), "factuur.xml")
    assert (found.number, found.supplier, found.order, found.credit) == ("F-1", "Bechtle", "BB-17", False)
    assert (found.lines[0].vat, found.lines[0].unit_cents) == (Decimal(21), 28200)
    (proposal,) = invoices.proposals(found)
    assert (proposal.name, proposal.refused) == ("Adobe Acrobat Pro - 12 months", "")
    assert proposal.values["quantity"] == 20
    assert (proposal.values["starts"], proposal.values["expires"]) == (date(2026, 12, 1), date(2027, 11, 30))
    assert (proposal.values["cost_cents"], proposal.values["order_number"]) == (564000, "BB-17")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (document(line(kind="CreditNote"), credit=True), "credit note"),
        (document(line(), currency="USD"), "it is in USD"),
        (document(line(quantity="-3")), "its quantity is -3"),
        (document(line(quantity="1.5")), "no whole number"),
        (document(line(quantity="")), "names no quantity"),
        (document(line(quantity="many")), "quantity cannot be read"),
        (document(line(price="NaN")), "price cannot be read"),
        (document(line(whole="1E+999999")), "whole cannot be read"),
        (document(line(unit="MON")), "in months, not in licences"),
        (document(line(unit="HUR")), "in hours, not in licences"),
        (document(line(quantity="10000001")), "no whole number"),
        (document(line(name="Acrobat AB12C-DE34F-GH56I-JK78L-MN90P")), "its text looks like a product key"),
    ],
)
def test_what_is_no_purchase_of_whole_units_in_euros_is_refused(content: bytes, says: str) -> None:
    (proposal,) = invoices.proposals(invoices.read(content, "x.xml"))
    assert says in proposal.refused
    assert "AB12C" not in repr(proposal)


@pytest.mark.parametrize(("own", "expires"), [("", date(2027, 11, 30)), (PERIOD.replace("2027", "2028"), date(2028, 11, 30))])  # fmt: skip
def test_a_line_without_a_period_has_that_of_its_document(own: str, expires: date) -> None:
    (proposal,) = invoices.proposals(invoices.read(document(f"{PERIOD}{line(period=own)}"), "x.xml"))
    assert (proposal.values["starts"], proposal.values["expires"]) == (date(2026, 12, 1), expires)
    assert proposal.doubts == ()


def test_a_line_that_says_no_end_is_told() -> None:
    (proposal,) = invoices.proposals(invoices.read(document(line(period="")), "x.xml"))
    assert "expires" not in proposal.values
    assert any("no end is said" in each for each in proposal.doubts)


def test_a_key_in_a_document_is_left_out_and_told() -> None:
    key = "AB12C-DE34F-GH56I-JK78L-MN90P"
    (proposal,) = invoices.proposals(invoices.read(document(line(), order=key), "x.xml"))
    assert (key in repr(proposal), "order_number" in proposal.values, proposal.refused) == (False, False, "")
    assert any(each.startswith("order_number looks like") for each in proposal.doubts)


def test_the_same_line_of_the_same_invoice_is_found_again() -> None:
    def source(number: str) -> str:
        found = invoices.read(document(line(), number=number), "x.xml")
        return next(iter(invoices.proposals(found))).source

    assert source("F-1") == source("F-1") != source("F-2")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        document("")[:-20],
        document(""),
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ],
    ids=["empty", "other XML", "cut off", "no lines", "entities"],
)
def test_what_is_no_invoice_is_refused(content: bytes) -> None:
    with pytest.raises(IncompleteError):
        invoices.read(content, "x.xml")


@given(st.text(alphabet="0123456789.eE+-NaInf, ", max_size=12), st.text(max_size=12))
def test_any_number_is_read_or_refused(quantity: str, price: str) -> None:
    safe = "".join(char for char in price if char.isprintable() and char not in "<&>")
    try:
        found = invoices.read(document(line(quantity=quantity, price=safe)), "x.xml")
    except IctError:
        return
    for each in invoices.proposals(found):
        assert each.refused or each.values["quantity"] > 0
