"""Assets as a sheet for Belgian Excel, with the headers that an import reads back."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from schoten_ict.assets.ask.words import DUTCH, IN_USE, holder_in_dutch
from schoten_ict.assets.model import ASSIGNED, Status
from schoten_ict.core.money import euros
from schoten_ict.formats.writing import Cell
from schoten_ict.inventory import Inventory
from schoten_ict.inventory.sections.sites import SITES

HEADER = (
    "Inventarisnummer", "Categorie", "Merk", "Model", "Serienummer", "Status", "Locatie", "Lokaal",
    "Kostenplaats", "Leverancier", "Bestelnummer", "Aankoopdatum", "Aankoopprijs", "Garantie tot",
    "Einde levensduur", "MAC-adres", "IMEI", "SIM-nummer", "Telefoonnummer", "Houder", "Opmerkingen",
)  # fmt: skip
_QUERY = (
    "SELECT * FROM asset_now WHERE (:category IS NULL OR category = :category) "
    "AND (:state IS NULL OR state = :state) ORDER BY tag"
)


def sheet(
    connection: sqlite3.Connection, inventory: Inventory, category: str | None, state: str | None
) -> tuple[Sequence[str], list[list[Cell]]]:
    """The header and one row per asset, by tag. Each custom field in use has a column `Veld: NAME`."""
    found = connection.execute(_QUERY, {"category": category, "state": state}).fetchall()
    custom = [json.loads(row["fields"]) for row in found]
    names = sorted({name for fields in custom for name in fields})
    words = _Words(inventory)
    rows = [
        [*words.cells(row), *(fields.get(name) for name in names)]
        for row, fields in zip(found, custom, strict=True)
    ]
    return (*HEADER, *(f"Veld: {name}" for name in names)), rows


class _Words:
    """What the sheet calls categories, sites, statuses and holders."""

    def __init__(self, inventory: Inventory) -> None:
        self._categories = {name: each.title for name, each in inventory.categories.items()}
        self._sites = {site.name: site.title or site.name for site in inventory.get(SITES)}

    def cells(self, row: sqlite3.Row) -> Iterator[Cell]:
        """The cells under HEADER."""
        yield row["tag"]
        yield self._categories.get(row["category"], row["category"])
        yield from (row[name] for name in ("manufacturer", "model", "serial"))
        yield IN_USE if row["state"] == ASSIGNED else DUTCH[Status(row["state"])]
        yield self._sites.get(row["site"], row["site"])
        yield from (row[name] for name in ("location", "cost_centre", "supplier", "order_number"))
        yield _day(row["purchase_date"])
        yield euros(row["purchase_cents"])
        yield _day(row["warranty_until"])
        yield _day(row["end_of_life"])
        yield ", ".join(json.loads(row["macs"])).upper().replace(":", "-") or None
        yield from (row[name] for name in ("imei", "sim", "phone_number"))
        yield holder_in_dutch(row["holder_kind"], row["holder"]) if row["holder"] else None
        yield row["notes"]


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
