"""`exceptions`: findings that are accepted, why and until when."""

from collections.abc import Iterator
from datetime import date

from schoten_ict.core.finding import ExceptionRule
from schoten_ict.inventory.fields import Declared, Text
from schoten_ict.inventory.flaws import Flaw, shown
from schoten_ict.inventory.section import Known, Section


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


def _check(rules: tuple[ExceptionRule, ...], _known: Known) -> Iterator[Flaw]:
    for index, rule in enumerate(rules):
        if ":" not in rule.subject and "*" not in rule.subject:
            words = f"{shown(rule.subject)} does not say of what kind it is"
            yield Flaw((index, "subject"), words, "write host:NAME, job:NAME, asset:TAG or person:KEY")


EXCEPTIONS: Section[tuple[ExceptionRule, ...]] = Section(
    key="exceptions",
    shape=tuple[Accepted, ...],
    empty=(),
    purpose="Findings that are accepted, why and until when.",
    check=_check,
    build=_build,
)
SECTION = EXCEPTIONS
