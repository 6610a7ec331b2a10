"""Lists of licences in a table: a generic one, and the exports of Snipe-IT (its licences, version 8).

Product keys are never taken over: a column of keys only helps to tell one row from another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import printable
from schoten_ict.formats import typed
from schoten_ict.formats.dates import DateOrder
from schoten_ict.formats.headers import Chosen, choose
from schoten_ict.formats.money import DecimalMark
from schoten_ict.formats.privacy import refuse_national_numbers
from schoten_ict.formats.tables import RawTable
from schoten_ict.licenses import fields
from schoten_ict.licenses.proposals import Proposal, source_of

DATES = ("starts", "expires", "maintenance_until", "bought_on")
FIELDS = (
    "product", "metric", "quantity", "version", "kind", "starts", "expires", "maintenance_until", "notice",
    "supplier", "order_number", "contract", "cost", "unit_cost", "notes", "key", "bought_on", "number",
)  # fmt: skip
"""What `--map FIELD=COLUMN` may name. `key` is never kept; `number` is the row's own id in its list."""
_PLAIN = ("supplier", "order_number", "contract", "version", "notes")
_HASHED = frozenset({"key", "number"})
"""Of these only a hash is kept."""
_LONGEST = 500
PRESETS: Mapping[str, Mapping[str, str]] = {
    "generic": {
        "product": (
            "product software softwarepakket pakket programma toepassing name naam title titel licentie "
            "license licence"
        ),
        "metric": "metric metriek type licentietype licensetype countedby",
        "quantity": "quantity aantal aantallicenties stuks seats count owned licenses licences licenties",
        "version": "version versie versionbought",
        "kind": "kind soort",
        "starts": "starts start from van ingangsdatum startdate startdatum begindatum begin",
        "expires": "expires expiry expirationdate until enddate end tot einddatum einde vervaldatum",
        "maintenance_until": "maintenanceuntil maintenance onderhoudtot softwareassurance sauntil",
        "notice": "notice opzegtermijn",
        "supplier": "supplier leverancier vendor",
        "order_number": "order ordernumber bestelbon bestelbonnummer bestelnummer ponumber purchaseorder",
        "contract": "contract contractnumber contractnummer agreement overeenkomst",
        "cost": "cost kost kostprijs kostprijsexclbtw totaal totaalexclbtw total amount bedrag bedragexclbtw",
        "unit_cost": "unitcost unitprice eenheidsprijs eenheidsprijsexclbtw prijs stukprijs price",
        "notes": "notes notities opmerking opmerkingen comments",
        "key": "key productkey sleutel licentiesleutel licensekey serial serialnumber serienummer",
        "bought_on": "boughton purchasedate aankoopdatum orderdate besteldatum",
        "number": "id number nummer",
    },
    "snipe-it": {
        "product": "itemname licensename license name",
        "quantity": "seats totalseats total",
        "expires": "expirationdate expires expiration",
        "maintenance_until": "terminationdate",
        "supplier": "supplier",
        "order_number": "ordernumber",
        "contract": "purchaseorder purchaseordernumber",
        "cost": "purchasecost",
        "notes": "notes",
        "key": "serialnumber serial productkey",
        "bought_on": "purchasedate",
        "number": "id",
    },
}


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of a list."""

    preset: str = "generic"
    maps: Sequence[str] = ()
    order: DateOrder | None = None
    decimal: DecimalMark | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """The proposals of a list, in its order, and remarks for a person."""

    proposals: tuple[Proposal, ...]
    notes: tuple[str, ...]


def read(table: RawTable, options: Options) -> Listed:
    """What every row of a list proposes; a row that says too little is there, refused with the reason.

    Raises `UsageError` where no column holds product or number, or a column of dates or amounts is
    undecided, and `IncompleteError` for national register numbers.
    """
    refuse_national_numbers(table)
    known = {word: field for field, words in PRESETS[options.preset].items() for word in words.split()}
    chosen = choose(table.header, known, options.maps, FIELDS)
    for field in ("product", "quantity"):
        if field not in chosen.columns:
            raise UsageError(
                f"{printable(table.name)}: no column holds the {field}",
                remedy=f"give --map {field}=COLUMN; its columns: {', '.join(map(printable, table.header))}",
            )
    rows = _typed(table, chosen, options)
    proposals = [_proposal(options.preset, each) for each in rows]
    notes = [f"Columns not used: {', '.join(map(printable, chosen.unused))}"] if chosen.unused else []
    if "key" in chosen.columns:
        notes.append("Product keys are not taken over: set key_reference to where they are kept")
    misfits = [
        Proposal(
            int(each.subject.rpartition(":")[2]), "", source_of("row", each.subject), refused=each.message
        )
        for each in table.problems
        if each.code == "row"
    ]
    return Listed(tuple(sorted((*proposals, *misfits), key=lambda each: each.row)), tuple(notes))


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: its line, its texts by field, its days and amounts, and what is wrong with it.

    `withheld` are the fields whose text may not be kept, with why; they are empty here.
    """

    line: int
    texts: Mapping[str, str]
    days: Mapping[str, date | None]
    cents: Mapping[str, int | None]
    wrong: tuple[str, ...]
    withheld: Mapping[str, str]


def _typed(table: RawTable, chosen: Chosen, options: Options) -> Iterator[_Row]:
    columns = {name: table.column(table.header[index]) for name, index in chosen.columns.items()}
    header = {name: table.header[index] for name, index in chosen.columns.items()}
    withheld = _withhold(columns)
    dated = {header[name]: columns[name] for name in DATES if name in columns}
    days = typed.days(dated, options.order)
    amounts = {
        name: typed.cents(header[name], columns[name], options.decimal, name)
        for name in ("cost", "unit_cost")
        if name in columns
    }
    wrong: dict[int, list[str]] = {}
    for name, errors in days.errors.items():
        for error in errors:
            wrong.setdefault(error.index, []).append(f"{name} {error.message}")
    for name, (_, errors, _) in amounts.items():
        for error in errors:
            wrong.setdefault(error.index, []).append(f"{header[name]} {error.message}")
    for index, (line, _) in enumerate(table.rows):
        yield _Row(
            line,
            {name: " ".join(values[index].split())[:_LONGEST] for name, values in columns.items()},
            {name: _day(days.columns[header[name]][index]) for name in DATES if name in columns},
            {name: column[0][index] for name, column in amounts.items()},
            tuple(wrong.get(index, ())),
            withheld.get(index, {}),
        )


def _withhold(columns: Mapping[str, list[str]]) -> dict[int, dict[str, str]]:
    """Empty the cells whose text may not be kept; the fields with why, by row."""
    found: dict[int, dict[str, str]] = {}
    for name, values in columns.items():
        for index, text in enumerate(values if name not in _HASHED else ()):
            why = fields.why_not_kept(" ".join(text.split()))
            if why:
                found.setdefault(index, {})[name] = why
                values[index] = ""
    return found


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _proposal(preset: str, row: _Row) -> Proposal:
    texts = row.texts
    name = printable(texts.get("product", "")).strip()
    source = source_of(
        preset,
        name,
        *(texts.get(each) for each in ("number", "order_number", "key")),
        row.days.get("bought_on"),
    )
    values: dict[str, Any] = {each: printable(texts[each]) for each in _PLAIN if texts.get(each)}
    values |= {each: day for each, day in row.days.items() if day is not None and each != "bought_on"}
    left_out = {each: why for each, why in row.withheld.items() if each in _PLAIN}
    wrong = [*row.wrong, *(f"{each} {why}" for each, why in row.withheld.items() if each not in left_out)]
    doubts = [f"{each} {why}; left out" for each, why in left_out.items()]
    for each in ("metric", "kind", "notice"):
        _take(each, texts.get(each, ""), values, wrong)
    if texts.get("quantity"):
        _take("quantity", texts["quantity"], values, wrong)
    elif "quantity" not in row.withheld:
        doubts.append("how many is not said")
    cost = _cost(row, values.get("quantity"))
    if cost is not None:
        values["cost_cents"] = cost
    if not name and "product" not in row.withheld:
        wrong.insert(0, "names no product")
    return Proposal(row.line, name, source, values, "; ".join(wrong), tuple(doubts))


def _take(name: str, text: str, values: dict[str, Any], wrong: list[str]) -> None:
    if text:
        try:
            values.update([fields.read(name, text)])
        except ValueError as error:
            wrong.append(f"{name}: {error}")


def _cost(row: _Row, quantity: int | None) -> int | None:
    """The whole cost: as given, else that of a unit as often as there are units."""
    whole, unit = row.cents.get("cost"), row.cents.get("unit_cost")
    if whole is not None or unit is None or quantity is None:
        return whole
    return unit * quantity
