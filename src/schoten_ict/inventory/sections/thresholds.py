"""`thresholds`: limits of checks, where the workspace differs from the defaults."""

from collections.abc import Mapping
from typing import Annotated

from schoten_ict.inventory.fields import Name, pattern
from schoten_ict.inventory.section import Section

CheckId = Annotated[
    str,
    pattern(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*", "the dotted id of a check, such as patch.reboot"),
]
Limit = bool | int | float | str
"""A number, a yes or no, or text that the check itself reads: a duration (26h) or a share (10%)."""

THRESHOLDS: Section[Mapping[str, Mapping[str, Limit]]] = Section(
    key="thresholds",
    shape=dict[CheckId, dict[Name, Limit]],
    empty={},
    purpose="Limits per check id, where they differ from the defaults.",
)
SECTION = THRESHOLDS
