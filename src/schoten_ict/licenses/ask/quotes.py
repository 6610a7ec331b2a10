"""Quotes: a table of lines as suppliers send it, or a UBL invoice that stands for one."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import printable
from schoten_ict.formats import typed
from schoten_ict.formats.headers import choose
from schoten_ict.formats.money import DecimalMark
from schoten_ict.formats.tables import RawTable
from schoten_ict.licenses.ask.invoices import Invoice, Line

FIELDS = ("product", "quantity", "unit_price", "total", "vat")
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


def of_table(table: RawTable, maps: Sequence[str], decimal: DecimalMark | None) -> tuple[Line, ...]:
    """The lines of a quote in a table. Raises `UsageError` where product or quantity have no column."""
    chosen = choose(table.header, _KNOWN, maps, FIELDS)
    for field in ("product", "quantity"):
        if field not in chosen.columns:
            raise UsageError(
                f"{printable(table.name)}: no column holds the {field}",
                remedy=f"name it {field} in its header",
            )
    return tuple(_lines(table, chosen.columns, decimal))


def of_invoice(invoice: Invoice) -> tuple[Line, ...]:
    """The lines of an invoice, to be compared as a quote. Raises `UsageError` for another currency."""
    if invoice.currency != "EUR" or invoice.credit:
        raise UsageError("only an invoice in euros can be compared", remedy="give a quote as CSV or XLSX")
    return invoice.lines


def _lines(table: RawTable, columns: Mapping[str, int], decimal: DecimalMark | None) -> Iterator[Line]:
    amounts = {}
    wrong: dict[int, list[str]] = {}
    for field in ("unit_price", "total"):
        if field in columns:
            name = table.header[columns[field]]
            cents, errors, _ = typed.cents(name, table.column(name), decimal, field)
            amounts[field] = cents
            for error in errors:
                wrong.setdefault(error.index, []).append(f"{name} {error.message}")
    for index, (line, cells) in enumerate(table.rows):
        told = {field: cells[at].strip() for field, at in columns.items()}
        quantity = _number(told["quantity"])
        if quantity is None:
            wrong.setdefault(index, []).append(f"quantity {printable(told['quantity'])!r} is no number")
        vat = _number(told.get("vat", "").removesuffix("%"))
        unit, whole = (
            amounts[field][index] if field in amounts else None for field in ("unit_price", "total")
        )
        if unit is None and whole is not None and quantity:
            unit = round(Decimal(whole) / quantity)
        if whole is None and unit is not None and quantity is not None:
            whole = round(unit * quantity)
        yield Line(
            line,
            printable(told["product"]),
            quantity,
            unit,
            whole,
            vat,
            wrong="; ".join(wrong.get(index, ())),
        )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", ".")) if text.isascii() else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and abs(number) < Decimal("1e9") else None
