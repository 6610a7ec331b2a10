"""What others propose: a row of a list, or a line of an invoice or a quote."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Proposal:
    """One row. `name` is how the source calls the product, `values` fields of `Entitlement` without it.

    `source` tells the same row of a later list again. `refused` is why it cannot be recorded; `doubts` are
    remarks for a person.
    """

    row: int
    name: str
    source: str
    values: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice or a quote. `unit_cents` and `whole_cents` are without VAT; `vat` is in percent.

    `quantity` is negative on a credit note, `unit` its code there (UN/ECE Recommendation 20). `place` is its
    number in the document.
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
    unit: str = ""


def source_of(kind: str, *parts: object) -> str:
    """A short name for what identifies a row in its list, that does not show its parts."""
    text = "\0".join("" if each is None else str(each).strip().casefold() for each in parts)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
