"""Invoices and credit notes in UBL 2.1, as Peppol BIS Billing 3.0 (docs.peppol.eu) sends them.

An invoice proposes: what its lines are is for a person to confirm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from schoten_ict.core.text import printable
from schoten_ict.core.times import day_of
from schoten_ict.formats.refusal import unreadable
from schoten_ict.licenses.ask.proposals import Proposal, source_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_BASIC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
_PARTS = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
_ROOTS = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": ("InvoiceLine", "InvoicedQuantity"),
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": (
        "CreditNoteLine",
        "CreditedQuantity",
    ),
}
_HUNDRED = 100
_MOST = 10**13


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice or a quote. `unit_cents` and `whole_cents` are without VAT; `vat` is in percent.

    `quantity` is negative on a credit note. `place` is its number in the document.
    """

    place: int
    text: str
    quantity: Decimal | None
    unit_cents: int | None
    whole_cents: int | None
    vat: Decimal | None
    starts: date | None = None
    expires: date | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or a credit note (`credit`). Amounts are in euro, or `currency` says in what."""

    number: str
    issued_on: date | None
    supplier: str
    order: str
    contract: str
    currency: str
    credit: bool
    lines: tuple[Line, ...]


def looks_like_one(content: bytes) -> bool:
    """Whether a file may be an invoice or a credit note in UBL."""
    return b"schema:xsd:Invoice-2" in content or b"schema:xsd:CreditNote-2" in content


def read(content: bytes, name: str) -> Invoice:
    """The invoice in a file; raises `IncompleteError` (code `unreadable`) for anything else."""
    root = _root(content, name)
    line, counted = _ROOTS[root.tag]
    credit = counted == "CreditedQuantity"
    lines = [
        _line(each, counted, place, -1 if credit else 1)
        for place, each in enumerate(root.findall(f"{_PARTS}{line}"), start=1)
    ]
    if not lines:
        raise unreadable(name, "has no lines", remedy="give an invoice or a credit note")
    party = root.find(f"{_PARTS}AccountingSupplierParty/{_PARTS}Party")
    return Invoice(
        number=_text(root, "ID"),
        issued_on=_day(_text(root, "IssueDate")),
        supplier=_supplier(party),
        order=_text(root.find(f"{_PARTS}OrderReference"), "ID"),
        contract=_text(root.find(f"{_PARTS}ContractDocumentReference"), "ID"),
        currency=_text(root, "DocumentCurrencyCode") or "EUR",
        credit=credit,
        lines=tuple(lines),
    )


def proposals(invoice: Invoice) -> Iterator[Proposal]:
    """What the lines of an invoice propose. Credit, other currencies and parts of units are refused."""
    for line in invoice.lines:
        values: dict[str, Any] = {
            "supplier": invoice.supplier or None,
            "order_number": invoice.order or None,
            "contract": invoice.contract or None,
            "starts": line.starts,
            "expires": line.expires,
            "cost_cents": line.whole_cents,
            "notes": f"invoice {invoice.number} of {invoice.issued_on}, line {line.place}",
        }
        if not line.wrong and line.quantity is not None:
            values["quantity"] = int(line.quantity)
        source = source_of("invoice", invoice.supplier, invoice.number, line.place)
        yield Proposal(
            line.place,
            line.text,
            source,
            {name: value for name, value in values.items() if value is not None},
            line.wrong or _refusal(invoice, line),
        )


def _refusal(invoice: Invoice, line: Line) -> str:
    if invoice.credit:
        return "it is a credit note: end or edit what it gives back"
    if invoice.currency != "EUR":
        return f"it is in {printable(invoice.currency)}; amounts are kept in euros"
    if line.quantity is None:
        return "it names no quantity"
    if line.quantity <= 0:
        return f"its quantity is {line.quantity}: end or edit what it gives back"
    if line.quantity != line.quantity.to_integral_value():
        return f"its quantity {line.quantity} is no whole number"
    return ""


def _root(content: bytes, name: str) -> "Element":
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        line, _ = getattr(error, "position", (None, 0))
        raise unreadable(name, "is no plain XML", remedy="give a UBL invoice", line=line) from None
    if root.tag not in _ROOTS:
        raise unreadable(name, "is no UBL invoice or credit note", remedy="give an e-invoice as it came")
    return root


def _line(element: "Element", counted: str, place: int, sign: int) -> Line:
    item = element.find(f"{_PARTS}Item")
    period = element.find(f"{_PARTS}InvoicePeriod")
    words = (_text(item, "Name"), _text(item, "Description"))
    amounts = {
        "quantity": _number(_text(element, counted)),
        "price": _number(_text(element.find(f"{_PARTS}Price"), "PriceAmount")),
        "whole": _number(_text(element, "LineExtensionAmount")),
        "vat": _number(
            _text(item.find(f"{_PARTS}ClassifiedTaxCategory") if item is not None else None, "Percent")
        ),
    }
    wrong = [name for name, amount in amounts.items() if isinstance(amount, str)]
    kept = {name: amount if isinstance(amount, Decimal) else None for name, amount in amounts.items()}
    quantity = kept["quantity"]
    return Line(
        place,
        " - ".join(dict.fromkeys(each for each in words if each)),
        None if quantity is None else sign * quantity,
        _cents(kept["price"]),
        _cents(kept["whole"]),
        kept["vat"],
        _day(_text(period, "StartDate")),
        _day(_text(period, "EndDate")),
        f"{', '.join(wrong)} cannot be read" if wrong else "",
    )


def _supplier(party: "Element | None") -> str:
    if party is None:
        return ""
    trade = _text(party.find(f"{_PARTS}PartyName"), "Name")
    return trade or _text(party.find(f"{_PARTS}PartyLegalEntity"), "RegistrationName")


def _text(element: "Element | None", name: str) -> str:
    found = element.find(f"{_BASIC}{name}") if element is not None else None
    return " ".join(printable(found.text or "").split()) if found is not None else ""


def _number(text: str) -> Decimal | str | None:
    """A number; None where there is none, the text itself where it is no number that can be meant."""
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() and abs(number) < _MOST else text


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else round(amount * _HUNDRED)


def _day(text: str) -> date | None:
    try:
        return day_of(text[:10])
    except ValueError:
        return None
