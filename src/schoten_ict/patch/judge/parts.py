"""What several reports tell of one host, made one: of each part the newer counts, and each has its day."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from schoten_ict.core.errors import Problem
from schoten_ict.patch.facts import PatchFacts

_PARTS = (
    ("system",),
    ("updates", "lists_at"),
    ("reboot",),
    ("patched_at",),
    ("feed",),
    ("failures",),
    ("installed",),
)
"""The fields of the facts that belong together: a list of updates and how old it is come from one source."""
_WINDOWS = frozenset({"windows", "wsus", "systeminfo", "hotfixes", "updates"})
_LINUX = frozenset({"apt", "dnf", "zypper"})


def merged(known: PatchFacts, known_at: datetime, new: PatchFacts, at: datetime) -> PatchFacts:
    """The parts of both, with the time of each in `dates`; where both tell one, the one that was told later.

    What neither tells stays in `missing` as the new one says it.
    """
    values: dict[str, Any] = {}
    dates: dict[str, datetime] = {}
    missing: list[Problem] = []
    for part in _PARTS:
        head, before = part[0], known.dates.get(part[0], known_at)
        is_older = getattr(new, head) is None or before > at
        source, when = (known, before) if getattr(known, head) is not None and is_older else (new, at)
        values |= {name: getattr(source, name) for name in part}
        dates |= {head: when} if getattr(source, head) is not None else {}
        missing += [each for each in source.missing if each.subject in part]
    manager = new.manager if dates.get("updates") == at or known.updates is None else known.manager
    called = new.called or known.called
    return replace(new, manager=manager, called=called, dates=dates, missing=tuple(missing), **values)


def kind_of(facts: PatchFacts) -> str | None:
    """What manages its updates: `windows`, `apt`, `dnf` or `zypper`; None where that is not told."""
    if facts.manager in _WINDOWS or (facts.system is not None and facts.system.family == "windows"):
        return "windows"
    return facts.manager if facts.manager in _LINUX else None
