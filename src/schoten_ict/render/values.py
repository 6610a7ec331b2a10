"""One value in each of its forms: for JSON, for a cell in a pipe, for a person on a screen."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any

from schoten_ict.core.text import printable, printable_lines
from schoten_ict.core.times import Duration, utc_text

_AS_THEY_ARE = frozenset({str, int, bool})
_FEW = frozenset({str, int, bool, date})
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def plain(value: object) -> Any:
    """The JSON form: times in RFC 3339, amounts as numbers, dataclasses as objects."""
    if value is None or type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, (float, Decimal)):
        return float(value) if isfinite(value) else None  # JSON knows no NaN
    if isinstance(value, (Enum, int, str)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return _plain_structure(value)


def _plain_structure(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, (type, Duration)):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return str(value)


def cell(value: object) -> str:
    """The form in a pipe: untruncated, one line, nested values as compact JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return printable(value.value if isinstance(value, Enum) else value)
    if isinstance(value, Decimal):
        return str(value)
    form = plain(value)
    if not isinstance(form, str):
        form = _compact(form)
    return printable(form)


def cells(column: Sequence[object]) -> list[str]:
    """The form in a pipe of each value of a column; a value that comes again is formed once."""
    if _look_alike(column):
        forms = {value: cell(value) for value in set(column)}
        return list(map(forms.__getitem__, column))
    return list(map(cell, column))


def _look_alike(column: Sequence[object]) -> bool:
    """Whether equal values look alike: not 1 and True, 1.0 and 1.00, or an hour that a zone has twice."""
    kinds = set(map(type, column)) - {type(None)}
    if kinds == {datetime}:
        return {each.tzinfo for each in column if isinstance(each, datetime)} == {UTC}
    return len(kinds) <= 1 and all(kind in _FEW or issubclass(kind, str) for kind in kinds)


def shown(value: object, zone: Callable[[], tzinfo]) -> str:
    """The form on a screen: times in the workspace's zone, lists with commas, yes and no.

    `zone` is asked only for a time: to know it, the inventory must be read.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(zone()):%Y-%m-%d %H:%M}"
    if isinstance(value, Mapping):
        return ", ".join(f"{printable(str(key))} {shown(each, zone)}" for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(each, zone) for each in value)
    if isinstance(value, str) and "\n" in value:
        return printable_lines(value)
    return cell(value)
