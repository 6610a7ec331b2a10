"""`exceptions`: findings that are accepted, why and until when."""

from datetime import date

from schoten_ict.core.finding import ExceptionRule
from schoten_ict.inventory.fields import Declared, Text
from schoten_ict.inventory.section import Section


class Accepted(Declared, frozen=True, kw_only=True):
    """One accepted finding. `check`, `subject` and `key` are patterns with shell wildcards.

    The rule holds through the day `until`; after that it counts as none.
    """

    check: Text
    subject: Text
    reason: Text
    until: date
    key: str = "*"


def _build(entries: tuple[Accepted, ...]) -> tuple[ExceptionRule, ...]:
    return tuple(
        ExceptionRule(entry.check, entry.subject, entry.reason, entry.until, entry.key) for entry in entries
    )


EXCEPTIONS: Section[tuple[ExceptionRule, ...]] = Section(
    key="exceptions",
    shape=tuple[Accepted, ...],
    empty=(),
    purpose="Findings that are accepted, why and until when.",
    build=_build,
)
SECTION = EXCEPTIONS
