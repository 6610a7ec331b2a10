"""The kinds of values that sections share, and how text becomes one of the project's own types."""

from abc import ABC
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from schoten_ict.core.secrets import SCHEMES, SecretReference
from schoten_ict.core.times import Duration

_DURATION_FORMS = "30min, 26h, 90d, 2w, 12m (months) or 5y"

# `$` alone also matches before a last line break; the look-ahead reads the same in editors (ECMA 262)
_END = r"$(?!\n)"


def pattern(regex: str, expected: str) -> Meta:
    """What a text must match as a whole; `expected` describes it in editors and in errors."""
    return Meta(pattern=f"^{regex}{_END}", description=expected, extra={"expected": expected})


Name = Annotated[
    str, pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "a name of letters, digits, dots, dashes and _")
]
Text = Annotated[str, Meta(min_length=1, extra={"expected": "text"})]
Address = Annotated[str, pattern(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]{0,252}", "an IP address or a DNS name")]
RelativeFile = Annotated[
    str,
    pattern(
        r"(?![A-Za-z]:)(?!(.*[\\/])?\.\.([\\/]|$))[^/\\\n][^\n]*",
        "a path relative to the workspace, without ..",
    ),
]
Sha256 = Annotated[str, pattern(r"[0-9a-f]{64}", "a SHA-256 of 64 lower-case hexadecimal digits")]
Port = Annotated[int, Meta(ge=1, le=65535, extra={"expected": "a port from 1 to 65535"})]
Criticality = Literal["low", "medium", "high", "critical"]


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every mapping with fixed keys in the inventory."""


if TYPE_CHECKING:
    SecretField = SecretReference
    DurationField = Duration
else:
    # msgspec reads a dataclass from a mapping of its fields; these stand for the two that are read from text
    class SecretField(ABC):  # noqa: B024 - only a name for isinstance
        """A secret reference in a section."""

    class DurationField(ABC):  # noqa: B024 - idem
        """A duration in a section."""

    SecretField.register(SecretReference)
    DurationField.register(Duration)

EXPECTED: dict[Any, str] = {
    SecretField: f"a reference to a secret ({', '.join(f'{scheme}:...' for scheme in SCHEMES)})",
    DurationField: f"a duration: {_DURATION_FORMS}",
}
"""How an error names the project's own types."""


def decode(kind: Any, value: Any) -> Any:
    """A `Duration` or a `SecretReference` from its text; raises `ValueError` or `TypeError` otherwise."""
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    if kind is SecretField:
        return SecretReference.parse(value)
    return Duration.parse(value)


def describe(kind: Any) -> dict[str, Any]:
    """The JSON Schema of the project's own types."""
    if kind is SecretField:
        return {"type": "string", "pattern": f"^({'|'.join(SCHEMES)}):.+", "description": EXPECTED[kind]}
    return {"type": "string", "pattern": "^[0-9]+(min|h|d|w|m|y)$", "description": EXPECTED[kind]}
