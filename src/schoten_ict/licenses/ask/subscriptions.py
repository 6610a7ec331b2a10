"""Microsoft 365: what a tenant has bought and assigned, and who has a licence.

`subscribedSkus` of Microsoft Graph (learn.microsoft.com/graph/api/subscribedsku-list) as JSON, in the case
of Graph or of PowerShell; and the admin centre's exports in CSV, whose headers are from documentation of
others and were never read from a tenant.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import printable
from schoten_ict.core.times import parse_utc
from schoten_ict.formats.delimited import decode
from schoten_ict.formats.headers import fold
from schoten_ict.formats.inventories import listing, mapping
from schoten_ict.formats.privacy import refuse_national_numbers
from schoten_ict.formats.refusal import unreadable
from schoten_ict.formats.tables import RawTable
from schoten_ict.licenses.fields import why_not_kept
from schoten_ict.licenses.model import Seat, Sku

_PRODUCTS: Mapping[str, tuple[str, ...]] = {
    "product": ("producttitle", "productname", "product", "productnaam", "producttitel"),
    "enabled": ("totallicenses", "totalquantity", "total", "totaalaantallicenties"),
    "warning": ("expiredlicenses", "expired", "verlopenlicenties"),
    "consumed": ("assignedlicenses", "assigned", "toegewezenlicenties"),
}
_USERS: Mapping[str, tuple[str, ...]] = {
    "user": ("userprincipalname", "upn", "gebruikersnaam", "username"),
    "products": ("licenses", "licenties", "assignedproducts"),
    "blocked": ("blockcredential", "signinblocked", "aanmeldinggeblokkeerd", "accountdisabled"),
    "last_seen": ("lastsignin", "lastsignindatetime", "lastactivitydate", "laatsteaanmelding"),
}
_NOTHING = frozenset({"", "unlicensed", "none", "zonderlicentie"})
_YES, _NO = (
    frozenset({"true", "yes", "1", "ja", "blocked"}),
    frozenset({"false", "no", "0", "nee", "allowed"}),
)
_SEPARATORS = ("+", ";", "|")
_MOST = 10_000_000
_UNNAMED = "tenant"
_INCOMPLETE = "another row of its tenant is refused: what the list lacks would be gone"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of such a list: what it says, or why it says nothing.

    `tenant` is whose list the row is of, as far as it says so.
    """

    place: int
    name: str
    sku: Sku | None = None
    seats: tuple[Seat, ...] = ()
    refused: str = ""
    tenant: str = ""


def is_graph(content: bytes) -> bool:
    """Whether a file may hold `subscribedSkus`."""
    text = content.replace(b"\0", b"").lower()
    return b'"skupartnumber"' in text and b'"consumedunits"' in text


def is_products(table: RawTable) -> bool:
    """Whether a table is the admin centre's list of products."""
    return _has(table, _PRODUCTS, ("product", "enabled", "consumed"))


def is_users(table: RawTable) -> bool:
    """Whether a table is the admin centre's list of users with their licences."""
    return _has(table, _USERS, ("user", "products"))


def graph(content: bytes, name: str, day: date) -> list[Row]:
    """The subscriptions in an answer of Graph or the output of PowerShell, as of `day`.

    Raises `IncompleteError` (code `unreadable`) for anything else.
    """
    text, _ = decode(content, name, None)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise unreadable(name, "is no JSON", remedy="give subscribedSkus as JSON", line=line) from None
    folded = _folded(document) if isinstance(document, dict) else {}
    entries = listing(folded.get("value", document) if isinstance(document, dict) else document)
    if not entries:
        raise unreadable(name, "holds no subscription", remedy="give subscribedSkus as JSON")
    return [_graph_row(place, _folded(each), day) for place, each in enumerate(entries, start=1)]


def products(table: RawTable, day: date) -> list[Row]:
    """The rows of the admin centre's list of products; expired units are in grace and count as `warning`.

    The list names no tenant.
    """
    found = _columns(table, _PRODUCTS)
    rows = [
        _products_row(line, {field: cells[at] for field, at in found.items()}, day)
        for line, cells in table.rows
    ]
    return sorted((*rows, *_misfits(table)), key=lambda row: row.place)


def users(table: RawTable) -> list[Row]:
    """The rows of the admin centre's list of users: one seat per licence of each."""
    refuse_national_numbers(table)
    found = _columns(table, _USERS)
    rows = [
        _users_row(line, {field: cells[at].strip() for field, at in found.items()})
        for line, cells in table.rows
    ]
    return sorted((*rows, *_misfits(table)), key=lambda row: row.place)


def whole(rows: Sequence[Row]) -> list[Row]:
    """The rows, all refused of a tenant that has a refused one: what its last list lacks would be gone.

    A subscription that stands twice is refused too, since nobody can tell which of the two holds.
    """
    seen: set[tuple[str, str]] = set()
    found = []
    for row in rows:
        key = (row.tenant, row.sku.sku) if row.sku is not None else None
        found.append(replace(row, sku=None, refused="is listed before") if key in seen else row)
        seen |= {key} if key is not None else set()
    incomplete = {row.tenant for row in found if row.refused}
    return [
        replace(row, sku=None, refused=_INCOMPLETE)
        if row.sku is not None and incomplete & {"", row.tenant}
        else row
        for row in found
    ]


def of_tenants(rows: Sequence[Row], known: Sequence[str], wanted: str | None) -> list[Row]:
    """The rows with the names of their tenants: as wanted, else as they say, else the only one known.

    Raises `UsageError` where a row may be of a tenant that is known under another name: its units would
    count twice.
    """
    told = {row.tenant for row in rows}
    if wanted is not None and len(told) > 1:
        raise UsageError(f"the list tells of {len(told)} tenants", remedy="leave --tenant out")
    names = {each: _tenant(each, known, wanted) for each in told}
    return [
        replace(row, tenant=names[row.tenant], sku=row.sku and replace(row.sku, tenant=names[row.tenant]))
        for row in rows
    ]


def _tenant(told: str, known: Sequence[str], wanted: str | None) -> str:
    spelled = {each.casefold(): each for each in known}
    name = wanted or told
    if wanted is not None or name.casefold() in spelled or (name and not known):
        return spelled.get(name.casefold(), name)
    if len(known) > 1 or name:
        raise UsageError(
            f"the list is of {name or 'no tenant that it names'}; known: {', '.join(known)}",
            remedy="give --tenant NAME: a known one, or another to add it",
        )
    return known[0] if known else _UNNAMED


def _misfits(table: RawTable) -> list[Row]:
    """The rows that do not fit their header."""
    problems = [each for each in table.problems if each.code == "row"]
    return [Row(int(each.subject.rpartition(":")[2]), "", refused=each.message) for each in problems]


def _graph_row(place: int, entry: Mapping[str, Any], day: date) -> Row:
    name = printable(str(entry.get("skupartnumber") or "")).strip()
    units = _folded(entry.get("prepaidunits"))
    tenant = printable(str(entry.get("accountid") or entry.get("accountname") or "")).strip()
    numbers = {each: _count(units.get(each.replace("_", ""), 0)) for each in
               ("enabled", "warning", "suspended", "locked_out")}  # fmt: skip
    numbers["consumed"] = _count(entry.get("consumedunits"))
    wrong = [each for each, number in numbers.items() if number is None]
    withheld = why_not_kept(name, name=True) or why_not_kept(tenant, name=True)
    if withheld:
        return Row(place, "", refused=f"its name or its tenant {withheld}")
    if not name or not entry.get("skuid"):
        return Row(place, name, refused="names no skuId and skuPartNumber", tenant=tenant)
    if wrong:
        return Row(place, name, refused=f"{', '.join(wrong)} is no number of units", tenant=tenant)
    kept = {each: number for each, number in numbers.items() if number is not None}
    sku = Sku(
        tenant=tenant,
        sku=printable(str(entry["skuid"])).lower(),
        part_number=name,
        taken_on=day,
        applies_to=printable(str(entry.get("appliesto") or "User")),
        status=printable(str(entry.get("capabilitystatus") or "Enabled")),
        **kept,
    )
    return Row(place, name, sku, tenant=tenant)


def _products_row(line: int, cells: Mapping[str, str], day: date) -> Row:
    name = printable(cells["product"]).strip()
    numbers = {each: _count(cells.get(each, "0").replace(".", "").replace(",", "").strip() or "0")
               for each in ("enabled", "warning", "consumed")}  # fmt: skip
    enabled, warning, consumed = (numbers[each] for each in ("enabled", "warning", "consumed"))
    if not name or why_not_kept(name):
        return Row(line, "", refused=f"product {why_not_kept(name)}" if name else "names no product")
    if enabled is None or warning is None or consumed is None:
        return Row(line, name, refused="total, expired or assigned is no number of units")
    sku = Sku(
        "", fold(name), name, day, enabled=max(0, enabled - warning), warning=warning, consumed=consumed
    )
    return Row(line, name, sku)


def _users_row(line: int, cells: Mapping[str, str]) -> Row:
    user = printable(cells["user"]).strip()
    if not user:
        return Row(line, "", refused="names no user")
    kept = {"user": user, "licences": printable(cells["products"])}
    withheld = next((f"{name} {why}" for name, text in kept.items() if (why := why_not_kept(text))), "")
    if withheld:
        return Row(line, "", refused=withheld)
    try:
        last_seen = _moment(cells.get("last_seen", ""))
    except ValueError:
        return Row(line, user, refused=f"last sign-in {printable(cells['last_seen'])!r} cannot be read")
    blocked = _truth(cells.get("blocked", ""))
    names = [each for each in _split(cells["products"]) if fold(each) not in _NOTHING]
    return Row(line, user, seats=tuple(Seat(each, user, blocked, last_seen) for each in names))


def _split(text: str) -> Iterator[str]:
    mark = next((each for each in _SEPARATORS if each in text), ";")
    yield from (printable(each).strip() for each in text.split(mark))


def _truth(text: str) -> bool | None:
    word = fold(text)
    return True if word in _YES else False if word in _NO else None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    return parse_utc(text if "T" in text else f"{text[:10]}T00:00:00Z")


def _count(value: object) -> int | None:
    """A number of units; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < _MOST else None


def _folded(value: object) -> Mapping[str, Any]:
    return {fold(str(key)): each for key, each in mapping(value).items()}


def _has(table: RawTable, names: Mapping[str, Sequence[str]], needed: Sequence[str]) -> bool:
    header = {fold(each) for each in table.header}
    return all(header & set(names[each]) for each in needed)


def _columns(table: RawTable, names: Mapping[str, Sequence[str]]) -> dict[str, int]:
    header = [fold(each) for each in table.header]
    found = {}
    for field, words in names.items():
        place = next((header.index(each) for each in words if each in header), None)
        if place is not None:
            found[field] = place
    first = next(iter(names))
    if first not in found:
        raise UsageError(f"{printable(table.name)}: no column holds the {first}", remedy="check the export")
    return found
