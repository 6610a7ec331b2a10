"""What changed between two answers of a machine. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_QUIET = frozenset({"state"})
"""Parts that change by the minute and say nothing about the machine itself."""
_NAMES = ("name", "port", "address")


@dataclass(frozen=True, slots=True)
class PartChange:
    """One thing of one part that came, went, or changed from one value to another."""

    part: str
    what: str
    before: str | None
    after: str | None

    @property
    def action(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[PartChange]:
    """The differences between parts by name, payloads as kept; a part that only one side has is whole."""
    names = [name for name in dict.fromkeys((*before, *after)) if name not in _QUIET]
    return [
        change
        for name in names
        if before.get(name) != after.get(name)
        for change in _part(name, before.get(name), after.get(name))
    ]


def _part(name: str, before: Any, after: Any) -> Iterator[PartChange]:
    old, new = _items(before), _items(after)
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was != now:
            yield PartChange(name, key, was, now)


def _items(payload: Any) -> dict[str, str]:
    """The members of a payload by name: the fields of one object, or the objects of a list."""
    if payload is None:
        return {}
    if isinstance(payload, Mapping):
        return {key: _text(value) for key, value in payload.items() if value not in (None, [], {})}
    found: dict[str, str] = {}
    for each in payload:
        key = _key(each)
        rest = {name: value for name, value in each.items() if value not in (None, [], {}) and name != "name"}
        text = ", ".join(f"{name} {_text(value)}" for name, value in rest.items()) or "present"
        found[key] = f"{found[key]}; {text}" if key in found else text
    return found


def _key(member: Mapping[str, Any]) -> str:
    named = next((str(member[name]) for name in _NAMES if member.get(name) is not None), "?")
    if "protocol" in member:
        return f"{member['protocol']}/{member.get('port')} on {member.get('address')}"
    return f"{named} ({member['architecture']})" if member.get("architecture") else named


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(str(each) for each in value)
    if isinstance(value, Mapping):
        return " ".join(f"{key}={each}" for key, each in value.items())
    return str(value)
