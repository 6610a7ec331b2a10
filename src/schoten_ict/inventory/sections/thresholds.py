"""`thresholds`: limits of checks, where the workspace differs from the defaults."""

from collections.abc import Mapping
from typing import Annotated

from schoten_ict.core.errors import ConfigurationError
from schoten_ict.core.times import Duration
from schoten_ict.inventory.fields import Name, pattern
from schoten_ict.inventory.section import Section

CheckId = Annotated[
    str,
    pattern(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*", "the dotted id of a check, such as patch.reboot"),
]
_DAY = 86400
Limit = bool | int | float | str
"""A number, a yes or no, or text that the check itself reads: a duration (26h) or a share (10%)."""

THRESHOLDS: Section[Mapping[str, Mapping[str, Limit]]] = Section(
    key="thresholds",
    shape=dict[CheckId, dict[Name, Limit]],
    empty={},
    purpose="Limits per check id, where they differ from the defaults.",
)
SECTION = THRESHOLDS


def days(declared: Mapping[str, Mapping[str, Limit]], check: str, name: str, default: int) -> int:
    """A limit in whole days, written as `14d` or `14`; raises `ConfigurationError` for anything else."""
    value = declared.get(check, {}).get(name, default)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        limit = Duration.parse(str(value))
    except ValueError as error:
        raise ConfigurationError(f"thresholds.{check}.{name}: {error}", remedy="write 14d") from None
    if limit.months or limit.seconds % _DAY:
        raise ConfigurationError(
            f"thresholds.{check}.{name}: {limit} is no number of days", remedy="write 14d"
        )
    return limit.seconds // _DAY
