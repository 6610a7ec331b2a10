"""What the fields of an entitlement may hold, whether typed by hand or imported."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from schoten_ict.core.money import parse_euros
from schoten_ict.core.secrets import SecretReference
from schoten_ict.core.times import Duration, parse_day
from schoten_ict.licenses.model import Kind, Metric

FIELDS = (
    "product", "metric", "quantity", "version", "kind", "base", "asset", "starts", "expires",
    "maintenance_until", "notice", "supplier", "order_number", "contract", "cost", "key_reference", "notes",
)  # fmt: skip
"""What may be set by hand; `cost` is in euros without VAT."""
_KEY = re.compile(r"(?<![A-Z0-9-])(?:[A-Z0-9]{4,8}-){3,}[A-Z0-9]{4,12}(?![A-Z0-9-])", re.IGNORECASE)
_MOST = 10_000_000


def holds_key(text: str) -> bool:
    """Whether a text has what looks like a product key (`XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`)."""
    return any(re.search(r"[0-9]", match[0]) for match in _KEY.finditer(text))


def read(name: str, text: str) -> tuple[str, Any]:
    """A field of `Entitlement` by its name in FIELDS, and its value; an empty text is None.

    Raises `ValueError` that says what is wrong, without the text where it may hold a key.
    """
    field = "cost_cents" if name == "cost" else name
    if not text:
        return field, Kind.FULL if name == "kind" else None
    if holds_key(text):
        raise ValueError("looks like a product key: keep it in the safe, and give key_reference")
    return field, _READERS.get(name, str)(text)


def metric(text: str) -> Metric:
    """A metric by its name; raises `ValueError` with the known ones."""
    return Metric(_one_of(Metric, text))


def quantity(text: str) -> int:
    """A whole number of units; raises `ValueError`."""
    if not re.fullmatch(r"[0-9]{1,8}", text, re.ASCII) or int(text) > _MOST:
        raise ValueError(f"{text!r} is no number of licences")
    return int(text)


def _one_of(kind: type[StrEnum], text: str) -> str:
    word = text.strip().lower()
    if word not in list(kind):
        raise ValueError(f"{text!r} is none of {', '.join(kind)}")
    return word


def _kind(text: str) -> Kind:
    return Kind(_one_of(Kind, text))


def _reference(text: str) -> str:
    return str(SecretReference.parse(text))


def _number(text: str) -> str:
    return text.strip().upper()


_READERS: dict[str, Callable[[str], Any]] = {
    "metric": metric,
    "quantity": quantity,
    "kind": _kind,
    "base": _number,
    "starts": parse_day,
    "expires": parse_day,
    "maintenance_until": parse_day,
    "notice": Duration.parse,
    "cost": parse_euros,
    "key_reference": _reference,
}
