"""An asset and the words around it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Any

from schoten_ict.core.finding import subject


class Status(StrEnum):
    """Where an asset stands by itself. That somebody holds it follows from custody."""

    ORDERED = "ordered"
    IN_STOCK = "in-stock"
    IN_REPAIR = "in-repair"
    LOST = "lost"
    STOLEN = "stolen"
    RETIRED = "retired"
    DISPOSED = "disposed"


ASSIGNED = "assigned"
"""What an asset in stock is called while somebody holds it."""

STATES = (ASSIGNED, *Status)


@dataclass(frozen=True, slots=True)
class Asset:
    """One piece of equipment. Empty values are None; amounts are in euro cents; `fields` is by category."""

    tag: str
    category: str
    status: Status = Status.IN_STOCK
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    site: str | None = None
    location: str | None = None
    cost_centre: str | None = None
    supplier: str | None = None
    order_number: str | None = None
    purchase_date: date | None = None
    purchase_cents: int | None = None
    warranty_until: date | None = None
    end_of_life: date | None = None
    macs: tuple[str, ...] = ()
    imei: str | None = None
    sim: str | None = None
    phone_number: str | None = None
    notes: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Its name in findings and in the journal."""
        return subject("asset", self.tag)

    @property
    def make(self) -> str:
        """Manufacturer and model, as people say it."""
        return " ".join(part for part in (self.manufacturer, self.model) if part) or self.category


FIELD_NAMES = tuple(each.name for each in fields(Asset))
DATE_FIELDS = ("purchase_date", "warranty_until", "end_of_life")


def changed(before: Asset, after: Asset) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, with their values before and after, JSON-like."""
    old, new = values_of(before), values_of(after)
    names = [name for name in FIELD_NAMES if old.get(name) != new.get(name)]
    return {name: old.get(name) for name in names}, {name: new.get(name) for name in names}


def values_of(asset: Asset) -> dict[str, Any]:
    """The fields that have a value, JSON-like: for the journal."""
    found = {}
    for name in FIELD_NAMES:
        value = getattr(asset, name)
        if value is None or value in ((), {}):
            continue
        if isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, Mapping):
            value = dict(value)
        found[name] = value
    return found
