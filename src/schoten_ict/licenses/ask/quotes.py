"""Quotes: a table of lines as suppliers send it, or a UBL invoice that stands for one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from schoten_ict.core.errors import UsageError
from schoten_ict.core.money import euros
from schoten_ict.core.text import printable
from schoten_ict.formats.headers import choose
from schoten_ict.formats.money import DecimalMark
from schoten_ict.formats.tables import RawTable
from schoten_ict.licenses.ask import quote_numbers
from schoten_ict.licenses.ask.invoice_sums import sums_and_charges
from schoten_ict.licenses.ask.invoices import TIMES, Invoice
from schoten_ict.licenses.ask.quote_numbers import Numbers, odd_rate, rate
from schoten_ict.licenses.offers import Quote, QuoteLine, Sum, SumKind
from schoten_ict.licenses.proposals import Line

FIELDS = ("product", "quantity", "unit_price", "total", "vat")
_NUMBERS = ("quantity", "unit_price", "total")
_KNOWN: Mapping[str, str] = {
    word: field
    for field, words in {
        "product": "product description omschrijving artikel item name naam titel title",
        "quantity": "quantity aantal qty stuks",
        "unit_price": "unitprice price prijs eenheidsprijs prijsexclbtw stukprijs unitcost",
        "total": "total totaal amount bedrag totaalexclbtw lineamount",
        "vat": "vat btw btwpercentage vatrate vatpercent",
    }.items()
    for word in words.split()
}
_LABELS: Mapping[str, frozenset[str]] = {
    kind: frozenset(words.split())
    for kind, words in {
        "vat": "btw vat tva",
        "total": "totaal totalen subtotaal eindtotaal totaalbedrag totaalprijs total subtotal som sum",
        "pay": "betalen payable",
        "with": "incl inclusief including inclusive met with tvac due",
        "without": "excl exclusief excluding exclusive ex zonder without htva hors netto net",
        "beside": "eur euro bedrag amount prijs price algemeen grand te van deze offerte quote tax sub sous "
        "general of the",
    }.items()
}
"""The words that labels of sums are made of, in Dutch, French and English."""
_WORD = re.compile(r"[^\W\d_]+")


def of_table(table: RawTable, maps: Sequence[str], decimal: DecimalMark | None) -> Quote:
    """The quote in a table: its lines, and apart from them the totals that stand below.

    Raises `UsageError` where product or quantity have no column, and for amounts that are in no euros or
    are written in two ways.
    """
    chosen = choose(table.header, _KNOWN, maps, FIELDS)
    for field in ("product", "quantity"):
        if field not in chosen.columns:
            raise UsageError(
                f"{printable(table.name)}: no column holds the {field}",
                remedy=f"name it {field} in its header",
            )
    cells = {field: table.column(table.header[at]) for field, at in chosen.columns.items()}
    numbers = quote_numbers.read({field: cells[field] for field in _NUMBERS if field in cells}, decimal)
    read = [_row(table, index, cells, numbers) for index in range(len(table.rows))]
    lines = [*(each for each in read if isinstance(each, QuoteLine)), *_misfits(table)]
    return Quote(
        tuple(sorted(lines, key=lambda each: each.place)),
        tuple(each for each in read if isinstance(each, Sum)),
    )


def of_invoice(invoice: Invoice, content: bytes) -> Quote:
    """An invoice, to be compared as a quote. Raises `UsageError` for credit and for another currency."""
    if invoice.currency != "EUR" or invoice.credit:
        raise UsageError("only an invoice in euros can be compared", remedy="give a quote as CSV or XLSX")
    sums, charges = sums_and_charges(content)
    return Quote(tuple(map(_invoiced, invoice.lines)), sums, charges)


def sum_kind(text: str) -> SumKind | None:
    """What a text such as `Totaal excl. btw` is the sum of; None for a text that is no label of a sum."""
    words = set(_WORD.findall(text.casefold()))
    kinds = {kind for kind, known in _LABELS.items() if words & known}
    if not kinds & {"vat", "total", "pay"} or words - frozenset().union(*_LABELS.values()):
        return None
    if "without" in kinds:
        return SumKind.WITHOUT_VAT
    if kinds & {"with", "pay"}:
        return SumKind.WITH_VAT
    return SumKind.VAT if "vat" in kinds else SumKind.NOT_SAID


def _row(
    table: RawTable, index: int, cells: Mapping[str, Sequence[str]], numbers: Numbers
) -> QuoteLine | Sum:
    place, every = table.rows[index]
    product = printable(cells["product"][index]).strip()
    label = product or next((printable(each).strip() for each in every if sum_kind(each)), "")
    kind = sum_kind(label)
    unit, whole = (_number(numbers, field, index) for field in ("unit_price", "total"))
    nameless = not product and not cells["quantity"][index].strip()
    if kind is None and nameless and (unit is not None or whole is not None):
        kind = SumKind.NOT_SAID
    if kind is not None:
        return Sum(label, kind, unit if whole is None else whole, place)
    vat, odd = rate(cells["vat"][index] if "vat" in cells else "", whole, numbers.mark)
    return _line(
        place, product, _quantity(cells, numbers, index), (unit, whole), (vat, odd), _wrong(numbers, index)
    )


def _line(
    place: int,
    text: str,
    quantity: tuple[Decimal | None, str],
    amounts: tuple[int | None, int | None],
    vat: tuple[Decimal | None, str],
    wrong: Sequence[str],
) -> QuoteLine:
    """A line with what follows from the rest of it: the price of one from that of all, or the reverse."""
    (number, doubt), (unit, whole), (rate_, odd) = quantity, amounts, vat
    remarks = [odd] if odd else []
    if number and unit is not None and whole is not None:
        remarks += _differs(number, unit, whole)
    elif number and whole is not None:
        unit = round(Decimal(whole) / number)
    elif number and unit is not None:
        whole = round(unit * number)
    reasons = [*([] if text else ["names no product"]), *([doubt] if doubt else []), *wrong]
    return QuoteLine(place, text, number, unit, whole, rate_, "; ".join(reasons), "; ".join(remarks))


def _quantity(cells: Mapping[str, Sequence[str]], numbers: Numbers, index: int) -> tuple[Decimal | None, str]:
    told = printable(cells["quantity"][index].strip())
    number = _number(numbers, "quantity", index)
    if number is None:
        why = numbers.wrong["quantity"].get(index, "")
        reason = why if why.startswith("can be") else "is no number"
        return None, f"quantity {told!r} {reason}" if told else "says no quantity"
    return checked_quantity(Decimal(number) / 100)


def checked_quantity(number: Decimal | None) -> tuple[Decimal | None, str]:
    """A number of pieces, or why it cannot be one: what is 0 or less offers nothing."""
    if number is None:
        return None, "says no quantity"
    if number <= 0:
        return None, f"quantity {number.normalize():f} offers nothing"
    return number, ""


def _wrong(numbers: Numbers, index: int) -> list[str]:
    found = ((field, numbers.wrong.get(field, {}).get(index)) for field in ("unit_price", "total"))
    return [f"{field.replace('_', ' ')} {why}" for field, why in found if why]


def _differs(number: Decimal, unit: int, whole: int) -> Iterator[str]:
    """A remark where the price of all is not that of one so many times; half a cent of each is rounding."""
    if abs(unit * number - whole) > 1 + number / 2:
        yield f"{number.normalize():f} x {euros(unit)} is {euros(round(unit * number))}, not {euros(whole)}"


def _number(numbers: Numbers, field: str, index: int) -> int | None:
    return numbers.hundredths[field][index] if field in numbers.hundredths else None


def _misfits(table: RawTable) -> Iterator[QuoteLine]:
    """The rows that the table could not take."""
    for each in table.problems:
        if each.code == "row":
            place = int(each.subject.rpartition(":")[2])
            yield QuoteLine(place, "", None, None, None, None, wrong=each.message)


def _invoiced(line: Line) -> QuoteLine:
    number, doubt = checked_quantity(line.quantity)
    wrong = line.wrong or doubt
    unit, whole = line.unit_cents, line.whole_cents
    return QuoteLine(
        line.place,
        line.text,
        number,
        unit,
        whole,
        line.vat,
        wrong,
        odd_rate(line.vat),
        TIMES.get(line.unit, ""),
    )
