"""Microsoft 365: what a tenant has bought and assigned, and who has a licence.

`subscribedSkus` of Microsoft Graph (learn.microsoft.com/graph/api/subscribedsku-list) as JSON, in the case
of Graph or of PowerShell; and the admin centre's exports in CSV, whose headers are from documentation of
others and were never read from a tenant.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from schoten_ict.core.errors import UsageError
from schoten_ict.core.text import printable
from schoten_ict.core.times import parse_utc
from schoten_ict.formats.delimited import decode
from schoten_ict.formats.headers import fold
from schoten_ict.formats.inventories import listing, mapping
from schoten_ict.formats.refusal import unreadable
from schoten_ict.formats.tables import RawTable
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


@dataclass(frozen=True, slots=True)
class Row:
    """One row of such a list: what it says, or why it says nothing."""

    place: int
    name: str
    sku: Sku | None = None
    seats: tuple[Seat, ...] = ()
    refused: str = ""


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


def products(table: RawTable, tenant: str, day: date) -> list[Row]:
    """The rows of the admin centre's list of products; expired units are in grace and count as `warning`."""
    found = _columns(table, _PRODUCTS)
    return [
        _products_row(line, {field: cells[at] for field, at in found.items()}, tenant, day)
        for line, cells in table.rows
    ]


def users(table: RawTable) -> list[Row]:
    """The rows of the admin centre's list of users: one seat per licence of each."""
    found = _columns(table, _USERS)
    return [
        _users_row(line, {field: cells[at].strip() for field, at in found.items()})
        for line, cells in table.rows
    ]


def _graph_row(place: int, entry: Mapping[str, Any], day: date) -> Row:
    name = printable(str(entry.get("skupartnumber") or "")).strip()
    units = _folded(entry.get("prepaidunits"))
    numbers = {each: _count(units.get(each.replace("_", ""), 0)) for each in
               ("enabled", "warning", "suspended", "locked_out")}  # fmt: skip
    numbers["consumed"] = _count(entry.get("consumedunits"))
    wrong = [each for each, number in numbers.items() if number is None]
    if not name or not entry.get("skuid"):
        return Row(place, name, refused="names no skuId and skuPartNumber")
    if wrong:
        return Row(place, name, refused=f"{', '.join(wrong)} is no number of units")
    kept = {each: number for each, number in numbers.items() if number is not None}
    sku = Sku(
        tenant=printable(str(entry.get("accountid") or entry.get("accountname") or "tenant")),
        sku=printable(str(entry["skuid"])).lower(),
        part_number=name,
        taken_on=day,
        applies_to=printable(str(entry.get("appliesto") or "User")),
        status=printable(str(entry.get("capabilitystatus") or "Enabled")),
        **kept,
    )
    return Row(place, name, sku)


def _products_row(line: int, cells: Mapping[str, str], tenant: str, day: date) -> Row:
    name = printable(cells["product"]).strip()
    numbers = {each: _count(cells.get(each, "0").replace(".", "").replace(",", "").strip() or "0")
               for each in ("enabled", "warning", "consumed")}  # fmt: skip
    enabled, warning, consumed = (numbers[each] for each in ("enabled", "warning", "consumed"))
    if not name:
        return Row(line, "", refused="names no product")
    if enabled is None or warning is None or consumed is None:
        return Row(line, name, refused="total, expired or assigned is no number of units")
    sku = Sku(
        tenant, fold(name), name, day, enabled=max(0, enabled - warning), warning=warning, consumed=consumed
    )
    return Row(line, name, sku)


def _users_row(line: int, cells: Mapping[str, str]) -> Row:
    user = printable(cells["user"]).strip()
    if not user:
        return Row(line, "", refused="names no user")
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
