"""A machine's facts as lines for a person: what, value, how old, from where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schoten_ict.fleet.records.known import Part

_SIZES = ("memory_bytes", "size_bytes")
_UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"))
_MOST = 12


@dataclass(frozen=True, slots=True)
class Told:
    """One line."""

    fact: str
    value: str
    seen: datetime
    source: str


def told(parts: Mapping[str, Part]) -> list[Told]:
    """Every fact of one machine; long lists are counted, the others named."""
    return [
        Told(fact, value, part.last_seen, part.source)
        for part in parts.values()
        for fact, value in _lines(part.name, part.payload)
    ]


def _lines(name: str, payload: Any) -> Iterator[tuple[str, str]]:
    if isinstance(payload, Mapping):
        yield from _fields(payload)
    elif len(payload) > _MOST:
        yield name, f"{len(payload)}"
    else:
        yield from ((name, _member(each)) for each in payload)


def _fields(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in payload.items():
        if name == "free_bytes":
            yield from ((f"free on {volume}", size(free)) for volume, free in value.items())
        elif name in _SIZES and value is not None:
            yield name.removesuffix("_bytes"), size(value)
        elif value not in (None, "", [], {}):
            yield name.replace("_", " "), _text(value)


def _member(member: Mapping[str, Any]) -> str:
    """One thing of a list: its name first, then what it has."""
    named = [str(member[key]) for key in ("name", "protocol", "port") if member.get(key) not in (None, "")]
    rest = [
        f"{key.replace('_', ' ').removesuffix(' bytes')} {size(value) if key in _SIZES else _text(value)}"
        for key, value in member.items()
        if key not in {"name", "protocol", "port"} and value not in (None, "", [], {})
    ]
    return " ".join([*named, *([f"({', '.join(rest)})"] if rest else [])])


def size(count: int) -> str:
    """A number of bytes in the unit that people use."""
    for factor, unit in _UNITS:
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return ", ".join(str(each) for each in value) if isinstance(value, (list, tuple)) else str(value)
