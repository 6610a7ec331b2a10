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
from schoten_ict.licenses import fields
from schoten_ict.licenses.proposals import Line, Proposal, source_of

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
TIMES = {
    "MIN": "minutes", "HUR": "hours", "DAY": "days", "WEE": "weeks", "MON": "months", "QAN": "quarters",
    "SAN": "half years", "ANN": "years",
}  # fmt: skip
"""Units of time of UN/ECE Recommendation 20: they are no number of licences."""
_HUNDRED = 100
_MOST = 10**13


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
    period = root.find(f"{_PARTS}InvoicePeriod")
    lines = [
        _line(each, counted, place, period)
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
    """What the lines of an invoice propose; credit, other currencies and parts of units are refused."""
    for line in invoice.lines:
        told = {
            "supplier": invoice.supplier,
            "order_number": invoice.order,
            "contract": invoice.contract,
            "notes": f"invoice {invoice.number} of {invoice.issued_on}, line {line.place}",
        }
        values: dict[str, Any] = {
            "starts": line.starts,
            "expires": line.expires,
            "cost_cents": line.whole_cents,
            "quantity": int(line.quantity) if line.quantity is not None and not line.wrong else None,
        }
        withheld = {name: why for name, text in told.items() if (why := fields.why_not_kept(text))}
        values |= {name: text or None for name, text in told.items() if name not in withheld}
        doubts = [f"{name} {why}; left out" for name, why in withheld.items()]
        if line.expires is None:
            doubts.append("no end is said: it counts until it is ended")
        unnamed = fields.why_not_kept(line.text)
        yield Proposal(
            line.place,
            "" if unnamed else line.text,
            source_of("invoice", invoice.supplier, invoice.number, line.place),
            {name: value for name, value in values.items() if value is not None},
            line.wrong or (f"its text {unnamed}" if unnamed else _refusal(invoice, line)),
            tuple(doubts),
        )


def _refusal(invoice: Invoice, line: Line) -> str:
    if invoice.credit:
        return "it is a credit note: end or edit what it gives back"
    if invoice.currency != "EUR":
        return f"it is in {printable(invoice.currency)}; amounts are kept in euros"
    if line.quantity is None:
        return "it names no quantity"
    return _no_units(line, line.quantity)


def _no_units(line: Line, quantity: Decimal) -> str:
    if line.unit in TIMES:
        return f"its quantity is in {TIMES[line.unit]}, not in licences: record it by hand with expires"
    if quantity <= 0:
        return f"its quantity is {quantity}: end or edit what it gives back"
    if quantity != quantity.to_integral_value() or quantity > fields.MOST:
        return f"its quantity {quantity} is no whole number of licences"
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


def _line(element: "Element", counted: str, place: int, whole: "Element | None") -> Line:
    """One line; what it does not say of its period is that of the `whole` document."""
    item = element.find(f"{_PARTS}Item")
    period = element.find(f"{_PARTS}InvoicePeriod")
    number = element.find(f"{_BASIC}{counted}")
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
        -quantity if quantity is not None and counted == "CreditedQuantity" else quantity,
        _cents(kept["price"]),
        _cents(kept["whole"]),
        kept["vat"],
        _day(_text(period, "StartDate") or _text(whole, "StartDate")),
        _day(_text(period, "EndDate") or _text(whole, "EndDate")),
        f"{', '.join(wrong)} cannot be read" if wrong else "",
        (number.get("unitCode") or "").strip().upper() if number is not None else "",
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
