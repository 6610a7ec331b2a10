"""The sums and the charges of a UBL 2.1 invoice, as EN 16931 has them (BG-20 to BG-23)."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from defusedxml.ElementTree import fromstring

from schoten_ict.core.text import printable
from schoten_ict.licenses.offers import QuoteLine, Sum, SumKind

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_BASIC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
_PARTS = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
_SUMS = (
    ("LegalMonetaryTotal", "TaxExclusiveAmount", SumKind.WITHOUT_VAT),
    ("TaxTotal", "TaxAmount", SumKind.VAT),
    ("LegalMonetaryTotal", "TaxInclusiveAmount", SumKind.WITH_VAT),
)
_MOST = 10**13


def sums_and_charges(content: bytes) -> tuple[tuple[Sum, ...], tuple[QuoteLine, ...]]:
    """What an invoice that was read before says of its total, and what it charges besides its lines."""
    root: Element = fromstring(content)
    return tuple(_sums(root)), tuple(_charges(root))


def _sums(root: "Element") -> Iterator[Sum]:
    for part, name, kind in _SUMS:
        element = root.find(f"{_PARTS}{part}/{_BASIC}{name}")
        if element is not None:
            yield Sum(name, kind, _cents(element.text))


def _charges(root: "Element") -> Iterator[QuoteLine]:
    for place, each in enumerate(root.findall(f"{_PARTS}AllowanceCharge"), start=1):
        charged = (each.findtext(f"{_BASIC}ChargeIndicator") or "").strip().casefold() in {"true", "1"}
        cents = _cents(each.findtext(f"{_BASIC}Amount"))
        rate = _number(each.findtext(f"{_PARTS}TaxCategory/{_BASIC}Percent"))
        reason = printable(each.findtext(f"{_BASIC}AllowanceChargeReason") or "").strip()
        text = f"{'charge' if charged else 'allowance'}: {reason}" if reason else "charge or allowance"
        signed = cents if charged or cents is None else -cents
        yield QuoteLine(place, text, None, None, signed, rate)


def _cents(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else round(number * 100)


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _MOST else None
